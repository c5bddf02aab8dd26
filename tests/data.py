"""Where the shared recordings lie; checks that need them skip, and the run says how many did."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared" / "data"


def data_root() -> Path | None:
    """The folder of shared recordings (`JAMBOX_DATA`, else beside the checkout), or None where there is none."""
    root = Path(os.environ.get("JAMBOX_DATA") or _BESIDE_THE_CHECKOUT)
    return root if (root / "manifest.csv").is_file() else None


def shared_data(*parts: str) -> Path:
    """Path of a shared recording; skips the calling test where the folder is missing."""
    root = data_root()
    if root is None:
        pytest.skip("shared recordings are missing (set JAMBOX_DATA)")
    return root.joinpath(*parts)
