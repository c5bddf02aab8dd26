"""The same work for every recording, on one core, on several, or on a Dask cluster; results in the order of the jobs."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from rich.progress import track
from threadpoolctl import threadpool_limits

from jambox.errors import JamboxError

Result = TypeVar("Result")
Jobs = Sequence[tuple[Any, ...]]


def run_jobs(
    work: Callable[..., Result],
    jobs: Jobs,
    *,
    folder: Path,
    processes: int = 1,
    cluster: str | None = None,
    quiet: bool = False,
) -> list[Result]:
    """work(*jobs[i]) for every i: on the Dask cluster at the address `cluster`, else in processes of this machine.

    `folder` is where the work writes; every worker must see it. BadInput if the cluster cannot be used, JamboxError when
    processes that do the work are ended from outside.
    """
    if cluster is not None:
        from jambox.train.cluster import on_cluster

        results = on_cluster(partial(alone, work), jobs, cluster, folder)
    elif min(processes, len(jobs)) > 1:
        results = _in_processes(work, jobs, min(processes, len(jobs)))
    else:
        results = ((i, alone(work, *job)) for i, job in enumerate(jobs))
    found = dict(track(results, "Preparing", total=len(jobs), disable=quiet))
    return [found[i] for i in range(len(jobs))]


def alone(work: Callable[..., Result], *job: Any) -> Result:
    """Do one job on one thread: libraries that add in another order on more of them would give other last digits."""
    with threadpool_limits(1):
        return work(*job)


def _in_processes(work: Callable[..., Result], jobs: Jobs, processes: int) -> Iterator[tuple[int, Result]]:
    # Started afresh: a copy of this process would inherit locks that its threads hold.
    context = multiprocessing.get_context("spawn")
    before = set(multiprocessing.active_children())
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_leave_ctrl_c_to_the_parent) as pool:
        pending = {pool.submit(alone, work, *job): i for i, job in enumerate(jobs)}
        try:
            for future in as_completed(pending):
                yield pending[future], future.result()
        except BrokenProcessPool as error:
            raise JamboxError(
                "A process that measured recordings was ended from outside, perhaps for lack of memory: "
                "try fewer --processes."
            ) from error
        finally:
            # All done, or nobody will read what is still on the way.
            pool.shutdown(wait=False, cancel_futures=True)
            for process in set(multiprocessing.active_children()) - before:
                process.terminate()


def _leave_ctrl_c_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
