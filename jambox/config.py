"""Where things lie: instruments, presets, user folders, compiled kernels."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent

# Who plays where nobody is named.
DEFAULT_INSTRUMENT = "violin"


def cache_folder() -> Path:
    """Folder of compiled kernels; `JAMBOX_CACHE_DIR` moves it. Where it cannot be written to, a temporary one serves."""
    folder = Path(os.environ.get("JAMBOX_CACHE_DIR") or platformdirs.user_cache_dir("jambox", appauthor=False))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    logging.getLogger("jambox").warning("%s cannot be written to: what is compiled now is not kept.", folder)
    return Path(tempfile.mkdtemp(prefix="jambox-"))


def data_folder() -> Path:
    """Folder of the user's own instruments and presets; `JAMBOX_DATA_DIR` moves it."""
    return Path(os.environ.get("JAMBOX_DATA_DIR") or platformdirs.user_data_dir("jambox", appauthor=False))


def model_folders() -> list[Path]:
    """Folders that are searched for instruments, the user's own first."""
    return [data_folder() / "models", _shipped("models")]


def shipped_models() -> Path:
    """Folder of the instruments that come with Jambox."""
    return _shipped("models")


def preset_folders() -> list[Path]:
    """Folders that are searched for presets, the user's own first."""
    return [data_folder() / "presets", _shipped("presets")]


def _shipped(name: str) -> Path:
    """Inside an installed wheel the shipped files lie in the package; in a checkout, beside it."""
    inside = _PACKAGE / "shipped" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name
