"""Where the one engine of a user is found: a folder of the owner's own with its lock, its socket, its record, its state."""

from __future__ import annotations

import os
import stat
import sys
import warnings
from pathlib import Path
from typing import IO

import platformdirs

from jambox.errors import JamboxError

LOCK_FILE = "engine.lock"
SOCKET_FILE = "engine.sock"
RECORD_FILE = "engine.record"
STATE_FILE = "engine.json"
LOG_FILE = "engine.log"


def runtime_folder() -> Path:
    """The folder, made with the owner's rights only; `JAMBOX_RUNTIME_DIR` moves it, so that engines can live side by side.

    JamboxError if it belongs to somebody else: whoever owns it could pose as the engine.
    """
    with warnings.catch_warnings():
        # Without a folder for the session it takes one beside the temporary files: that is looked at below.
        warnings.simplefilter("ignore")
        usual = platformdirs.user_runtime_dir("jambox", appauthor=False)
    folder = Path(os.environ.get("JAMBOX_RUNTIME_DIR") or usual)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name == "posix":
            found = folder.stat()
            if found.st_uid != os.getuid():
                raise JamboxError(f"The folder {folder} belongs to another user; set JAMBOX_RUNTIME_DIR to one of your own.")
            if stat.S_IMODE(found.st_mode) & 0o077:
                folder.chmod(0o700)
    except OSError as error:
        raise JamboxError(f"The folder {folder} cannot be used: {error.strerror or error}.") from error
    return folder


def log_folder() -> Path:
    """Where the engine's log lies: beside the runtime files if those were moved, else where the platform keeps logs."""
    if os.environ.get("JAMBOX_RUNTIME_DIR"):
        return runtime_folder()
    folder = Path(platformdirs.user_log_dir("jambox", appauthor=False))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def private_file(path: Path, size: int) -> IO[bytes]:
    """`path` open for reading and writing, with the owner's rights only and at least `size` bytes long (zeros at first)."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    file = os.fdopen(handle, "r+b")
    if os.name == "posix":
        os.fchmod(handle, 0o600)
    if os.fstat(handle).st_size < size:
        file.truncate(size)
    return file


class Lock:
    """Held by the living engine. The system lets go of it when its process ends, however it ends."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    @staticmethod
    def take(folder: Path) -> Lock | None:
        """The lock, or None if another engine lives."""
        file = private_file(folder / LOCK_FILE, 1)
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return None
        return Lock(file)

    def holds(self, folder: Path) -> bool:
        """Whether the lock in `folder` is this one still: the folder may have been deleted, and another made."""
        try:
            found = (folder / LOCK_FILE).stat()
        except OSError:
            return False
        return os.path.samestat(found, os.fstat(self.file.fileno()))
