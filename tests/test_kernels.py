"""The folder of compiled kernels is named after everything that decides what they are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import jambox
from jambox.kernels import CACHE_FOLDER, source_digest


@pytest.fixture
def package(tmp_path: Path) -> Path:
    shutil.copytree(Path(jambox.__file__).parent, tmp_path / "jambox", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "jambox"


@pytest.mark.parametrize(
    "name",
    [
        "dsp/harmonic.py",
        "dsp/limiter.py",
        "instrument/layout.py",
        "instrument/chain.py",
        "engine/callback.py",
        "params.py",
        "frames.py",
    ],
)
def test_an_edit_in_any_kernel_layout_or_constant_names_another_folder(package: Path, name: str) -> None:
    before = source_digest(package)
    with (package / name).open("a", encoding="utf-8") as file:
        file.write("# edited\n")
    assert source_digest(package) != before


def test_an_edit_elsewhere_compiles_nothing_anew(package: Path) -> None:
    before = source_digest(package)
    with (package / "cli" / "render.py").open("a", encoding="utf-8") as file:
        file.write("# edited\n")
    assert source_digest(package) == before


def test_a_kernel_that_moves_to_another_file_names_another_folder(package: Path) -> None:
    before = source_digest(package)
    (package / "dsp" / "limiter.py").rename(package / "dsp" / "limits.py")
    assert source_digest(package) != before


def test_this_package_uses_its_own_folder() -> None:
    assert CACHE_FOLDER.name == source_digest()
    assert CACHE_FOLDER.is_dir()
    assert len(list(CACHE_FOLDER.rglob("*.nbi"))) > 0
