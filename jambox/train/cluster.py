"""Work on a Dask cluster: what was lost with a worker is done again by another; who cannot help is told so beforehand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from jambox.analysis import feature_hash
from jambox.errors import BadInput, JamboxError

Result = TypeVar("Result")

CONNECT_S = 10


def on_cluster(
    work: Callable[..., Result], jobs: Sequence[tuple[Any, ...]], address: str, folder: Path
) -> Iterator[tuple[int, Result]]:
    """(i, work(*jobs[i])) as they are done by the workers of the scheduler at `address`, which must all see `folder`.

    BadInput if nothing answers there, if there are no workers, or if they see other files or hear otherwise than this
    process does; JamboxError if jobs end their workers again and again.
    """
    try:
        import distributed
    except ImportError as error:
        raise JamboxError(
            f"--dask needs dask.distributed: pip install 'jambox[cluster]' ({error.name} is missing)."
        ) from error
    # dask.distributed is not typed.
    dask: Any = distributed
    try:
        client = dask.Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:  # TimeoutError is an OSError
        raise BadInput(f"No Dask scheduler answers at {address}.") from error
    with client, client.as_current():
        _check_workers(client, address, folder)
        pending = {client.submit(work, *job, pure=False): i for i, job in enumerate(jobs)}
        try:
            for future, result in dask.as_completed(list(pending), with_results=True):
                yield pending.pop(future), result
        except dask.KilledWorker as error:
            raise JamboxError(f"The workers at {address} ended again and again, perhaps for lack of memory.") from error
        finally:
            client.cancel(list(pending))


def look_around(folder: str) -> tuple[bool, str]:
    """Whether a worker sees `folder`, and which analysis it has."""
    return Path(folder).is_dir(), feature_hash()


def _check_workers(client: Any, address: str, folder: Path) -> None:
    if not client.scheduler_info()["workers"]:
        raise BadInput(f"The Dask scheduler at {address} has no workers.")
    try:
        seen = client.run(look_around, str(folder)).values()
    except ImportError as error:
        raise BadInput(f"The workers at {address} cannot run Jambox: {error.name} is missing there.") from error
    if not all(sees for sees, _ in seen):
        raise BadInput(f"The workers at {address} do not see {folder.parent}: they need the same file system.")
    if {version for _, version in seen} != {feature_hash()}:
        raise BadInput(f"The workers at {address} have another version of Jambox.")
