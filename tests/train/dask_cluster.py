"""A real Dask cluster on loopback: a scheduler and its workers, each a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from distributed import Client

CHECKOUT = Path(__file__).resolve().parents[2]
_QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": CHECKOUT}


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block."""
    process = subprocess.Popen([sys.executable, *arguments], **_QUIET)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[str]:
    """The address of a scheduler on 127.0.0.1 with so many workers, all of them up."""
    file = folder / "scheduler.json"
    on_loopback = ("--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(file))
    with ExitStack() as stack:
        stack.enter_context(running("-m", "distributed.cli.dask_scheduler", "--port", "0", *on_loopback))
        for _ in range(workers):
            # --no-nanny: a worker that dies stays dead.
            arguments = ("--nworkers", "1", "--nthreads", "1", "--no-nanny", *on_loopback)
            stack.enter_context(running("-m", "distributed.cli.dask_worker", *arguments))
        with Client(scheduler_file=str(file), timeout=90, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=90)
        yield json.loads(file.read_text())["address"]
