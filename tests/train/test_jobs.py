"""Whoever does the work, the dataset is the same; who is lost on the way is replaced, who cannot be reached is named."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from jambox.errors import BadInput, JamboxError
from jambox.train import cluster as module
from jambox.train.jobs import run_jobs
from jambox.train.prepare import prepare
from tests.train.dask_cluster import cluster
from tests.train.test_folder import content


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with cluster(tmp_path_factory.mktemp("dask"), 2) as at:
        yield at


def negative(number: int) -> int:
    return -number


def killed_once(folder: Path, number: int) -> int:
    """The number; but whoever is first given number 3 is killed by it."""
    if number == 3:
        try:
            (folder / "killed").touch(exist_ok=False)
        except FileExistsError:
            return number
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_two_processes_write_the_very_dataset_that_one_writes(
    recordings: Path, dataset_folder: Path, tmp_path: Path
) -> None:
    prepare(recordings, tmp_path / "two", processes=2, quiet=True)
    assert content(tmp_path / "two") == content(dataset_folder)


def test_two_workers_of_a_dask_cluster_write_the_very_dataset_that_one_process_writes(
    recordings: Path, dataset_folder: Path, tmp_path: Path, address: str
) -> None:
    prepare(recordings, tmp_path / "cluster", cluster=address, quiet=True)
    assert content(tmp_path / "cluster") == content(dataset_folder)


def test_results_come_in_the_order_of_the_jobs(tmp_path: Path) -> None:
    jobs = [(i,) for i in range(20)]
    assert run_jobs(negative, jobs, folder=tmp_path, processes=2, quiet=True) == [-i for i in range(20)]


def test_what_a_lost_worker_had_to_do_is_done_by_another(tmp_path: Path) -> None:
    (tmp_path / "dask").mkdir()
    with cluster(tmp_path / "dask", 2) as at:
        jobs = [(tmp_path, i) for i in range(8)]
        assert run_jobs(killed_once, jobs, folder=tmp_path, cluster=at, quiet=True) == list(range(8))
    assert (tmp_path / "killed").exists()


def test_a_killed_process_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(JamboxError, match=r"ended from outside.*--processes\.$"):
        run_jobs(killed_once, [(tmp_path, i) for i in range(8)], folder=tmp_path, processes=2, quiet=True)


@pytest.mark.parametrize("wrong", ["tcp://127.0.0.1:1", "nonsense://x", "127.0.0.1"])
def test_an_address_where_nobody_answers_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setattr(module, "CONNECT_S", 1)
    with pytest.raises(BadInput, match=f"^No Dask scheduler answers at {wrong}\\.$"):
        run_jobs(negative, [(1,)], folder=tmp_path, cluster=wrong, quiet=True)


def test_workers_that_do_not_see_the_folder_are_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(BadInput, match="same file system"):
        run_jobs(negative, [(1,)], folder=tmp_path / "elsewhere" / "new", cluster=address, quiet=True)
