"""Recording while playing: a thread that carries output and input from the stage's rings to two files, sample-aligned.

The file that was named gets the output, left and right if it goes to more than one channel, `<name>-input` beside it the
input; frame n of both was in the same device frame.
What was written stays readable whatever happens next: the header is brought up to date with every piece.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import numpy as np
import soundfile
from numpy.typing import NDArray

from jambox.audiofile import check_output, wav_header
from jambox.engine.stage import Stage
from jambox.errors import BadInput
from jambox.flac import HEADER_BYTES, TOTAL_AT, claim, claimed_samples, largest_block
from jambox.instrument.instrument import left_and_right

_EVERY_S = 0.1
# Each file must find so much room, or a recording does not begin.
_LEAST_ROOM = 1 << 16
_LARGEST_WAV_BYTES = 2**32 - 64


class _Wav:
    """A float32 wav file whose header is always true."""

    def __init__(self, path: Path, sample_rate: int, channels: int) -> None:
        self._file: IO[bytes] = path.open("wb", buffering=0)
        self.path, self._rate, self._channels, self._n = path, sample_rate, channels, 0
        self._file.write(self._header())

    def write(self, samples: NDArray[np.float32]) -> None:
        """Append; OSError on a full disk, with what fitted kept."""
        width = 4 * self._channels
        if width * (self._n + len(samples)) > _LARGEST_WAV_BYTES:
            raise OSError("a wav file cannot hold more than 4 GB")
        header = len(self._header())
        content = np.ascontiguousarray(samples, dtype="<f4").tobytes()
        written = 0
        try:
            while written < len(content):
                written += self._file.write(content[written:]) or 0
        finally:
            self._n += written // width
            self._file.truncate(header + width * self._n)
            self._file.seek(0)
            self._file.write(self._header())
            self._file.seek(0, 2)

    def _header(self) -> bytes:
        return wav_header(self._n, self._rate, self._channels)

    @property
    def kept(self) -> bool:
        """Whether the file holds any sample."""
        return self._n > 0

    def close(self) -> None:
        self._file.close()


class _Flac:
    """A 24-bit flac file whose header is always true: it promises the frames that are whole.

    Without a promise most programs open no flac file, and with one that is too high only until the end.
    """

    def __init__(self, path: Path, sample_rate: int, channels: int) -> None:
        self.path = path
        self._n = self._whole = self._end = 0  # samples handed over, those of the whole frames, where these end
        self._file = soundfile.SoundFile(path, "w", sample_rate, channels, "PCM_24", format="FLAC")
        # Beside libsndfile, which writes the header at the end only. By the name it could be another file by then.
        self._beside: IO[bytes] = path.open("r+b", buffering=0)

    def write(self, samples: NDArray[np.float32]) -> None:
        """Append; OSError on a full disk."""
        try:
            self._file.write(samples)
            self._file.flush()
        except (AssertionError, soundfile.LibsndfileError) as error:
            raise OSError("the disk is full") from error
        self._n += len(samples)
        header = self._header()
        if self._n == 0 or len(header) < HEADER_BYTES:
            return
        # The encoder writes a block when a sample of the next one has come.
        block = largest_block(header)
        self._whole = (self._n - 1) // block * block
        self._end = self._beside.seek(0, 2)
        self._promise(header)

    def _header(self) -> bytes:
        self._beside.seek(0)
        return self._beside.read(HEADER_BYTES)

    def _promise(self, header: bytes) -> None:
        self._beside.seek(TOTAL_AT)
        self._beside.write(claim(header, self._whole))

    @property
    def kept(self) -> bool:
        """Whether the closed file holds any sample."""
        return self._whole > 0

    def close(self) -> None:
        """OSError if the rest found no room: what was promised before is kept."""
        with self._beside:
            self._file.close()
            header = self._header()
            if claimed_samples(header) == self._n:
                self._whole = self._n
                return
            # libsndfile says nothing of it, and leaves a part of a frame.
            self._promise(header)
            self._beside.truncate(self._end)
        raise OSError("the disk is full")


def input_file(path: Path) -> Path:
    """Where the input goes that belongs to the output in `path`."""
    return path.with_name(f"{path.stem}-input{path.suffix}")


def lost_files(path: Path) -> str | None:
    """What to say of a recording that was finished, if not both of its files are there; None if they are.

    Where an open file may be taken away, everything is written into it as if nothing had happened.
    """
    gone = [file for file in (path, input_file(path)) if not file.exists()]
    if not gone:
        return None
    if len(gone) > 1:
        return f"The recording {path} is lost: its files were taken away while it was recorded."
    kept = path if gone[0] != path else input_file(path)
    return f"{gone[0]} is lost: it was taken away while it was recorded; {kept} is whole."


def _take_room(paths: tuple[Path, ...]) -> None:
    """Make the files, empty; OSError, and none of them, if the disk is full.

    A flac file's first samples are written long after its making: nobody would be there any more to be told.
    """
    made: list[Path] = []
    try:
        with contextlib.ExitStack() as opened:
            files = []
            for path in paths:
                files.append(opened.enter_context(path.open("xb", buffering=0)))
                made.append(path)
            for file in files:
                left = _LEAST_ROOM
                while left > 0:
                    left -= file.write(bytes(left))
            for file in files:
                file.truncate(0)
    except OSError:
        _remove(made)
        raise


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()


class Recorder:
    """Runs from its making to `stop`; `problem` says why it ended earlier, or what became of its files."""

    def __init__(self, stage: Stage, path: Path, from_start: bool = False) -> None:
        """From now on; `from_start`: from the stream's first sample on, as long as the rings still hold it.

        BadInput, and no file, if the path cannot be written to or the disk is full.
        """
        path = check_output(path)
        paths = path, input_file(path)
        for target in paths:
            if target.exists():
                raise BadInput(f"{target} exists already; name a new file for the recording.")
        kind = _Wav if path.suffix.lower() == ".wav" else _Flac
        rate = int(stage.record["sample_rate"])
        self.path = path
        self._stage = stage
        self._stereo = int(stage.record["n_out"]) > 1
        channels = 1 + self._stereo, 1
        try:
            _take_room(paths)
            self._files = [kind(target, rate, n) for target, n in zip(paths, channels, strict=True)]
        except (OSError, soundfile.LibsndfileError) as error:
            raise BadInput(f"{path} cannot be written to: {getattr(error, 'strerror', None) or error}.") from error
        position = stage.position
        self._at = self._begin = 0 if from_start and position < len(stage.ring_in) // 2 else position
        self.problem: str | None = None
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="jambox-record", daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        """How much has been recorded."""
        return (self._at - self._begin) / float(self._stage.record["sample_rate"])

    def stop(self) -> None:
        """[main] Write the rest and close the files; a second call does nothing."""
        if self._done.is_set():
            return
        self._done.set()
        self._thread.join()
        self._write_new()
        for file in self._files:
            try:
                file.close()
            except (OSError, soundfile.LibsndfileError) as error:
                self.problem = self.problem or f"The recording {self.path} ended early: {error}."
        if self.problem is not None:
            _remove(file.path for file in self._files if not file.kept)
        else:
            self.problem = lost_files(self.path)

    def _run(self) -> None:
        while not self._done.wait(_EVERY_S):
            self._write_new()

    def _write_new(self) -> None:
        if self.problem is not None:
            return
        until, size = self._stage.position, len(self._stage.ring_in)
        if until - self._at > size:
            self.problem = f"The recording {self.path} ended early: the disk was too slow."
            return
        slots = np.arange(self._at, until) % size
        try:
            output = self._stage.ring_out[slots]
            if self._stereo:
                output = left_and_right(output, self._stage.ring_side[slots])
            for file, samples in zip(self._files, (output, self._stage.ring_in[slots]), strict=True):
                file.write(samples)
        except OSError as error:
            self.problem = f"The recording {self.path} ended early: {error.strerror or error}."
            return
        self._at = until
