"""Sound files in and out: one mono signal, decoded by libsndfile, resampled by soxr, written whole or not at all."""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from jambox.errors import BadInput
from jambox.flac import ending, find_end
from jambox.frames import MAX_SAMPLE_RATE, MIN_SAMPLE_RATE, check_sample_rate
from jambox.quiet import quiet_stderr
from jambox.riff import claimed_frames

READABLE = (".wav", ".flac", ".mp3", ".ogg", ".aif", ".aiff")
# wav keeps the very samples, as 32-bit floats; flac has no floats and keeps 24 bits.
WRITABLE = (".wav", ".flac")
_BLOCK = 65_536
# A file that claims another rate than these is damaged: resampling it would fill the memory.
LOWEST_FILE_RATE = 4_000
HIGHEST_FILE_RATE = 768_000


@dataclass(frozen=True)
class Sound:
    """A decoded file: mono samples (float32, shape [n], finite), their rate in Hz, and what was done to get them.

    `missing_frames` is what the header of a wav or flac file promises beyond them, at its rate; others are refused if cut
    off. `cut_off`: nobody knows how much is missing, but the last of it was only begun.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    channels: int
    file_rate: int
    broken_samples: int
    missing_frames: int = 0
    cut_off: bool = False

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.sample_rate

    def flaws(self, name: str) -> list[str]:
        """A sentence for each thing that is wrong with the file of this name, but does not keep it from being heard."""
        told = []
        if self.broken_samples:
            told.append(f"{name} held {self.broken_samples} samples that are no numbers; they were silenced.")
        if self.missing_frames:
            missing_s = self.missing_frames / self.file_rate
            told.append(f"{name} was cut off: the last {missing_s:.2f} s of {self.seconds + missing_s:.2f} s are missing.")
        elif self.cut_off:
            told.append(f"{name} was cut off after {self.seconds:.2f} s; it does not say how much is missing.")
        return told


def read_sound(path: Path | str, sample_rate: int | None = None) -> Sound:
    """Decode `path`, mix its channels to one and resample to `sample_rate` (default: `rate_for` the file's own).

    NaN and infinite samples become 0 and are counted. BadInput, one sentence, for what is no readable sound.
    """
    if sample_rate is not None:
        check_sample_rate(sample_rate)
    path = Path(path)
    if not path.exists():
        raise BadInput(f"{path} does not exist.")
    if path.is_dir():
        raise BadInput(f"{path} is a folder, not a sound file.")
    if not path.is_file():
        raise BadInput(f"{path} is a device or a pipe, not a sound file.")
    if path.stat().st_size == 0:
        raise BadInput(f"{path} is empty.")
    if not os.access(path, os.R_OK):
        raise BadInput(f"{path} may not be read.")
    missing, cut_off = 0, False
    try:
        decoded = _decode(path, _openable(path))
    except (soundfile.LibsndfileError, RuntimeError) as error:
        try:
            end = find_end(path)
            if end is None:
                raise _unreadable(path, error) from error
            with ending(path, end) as content:
                decoded = _decode(path, content)
        except (OSError, soundfile.LibsndfileError, RuntimeError):  # what is wrong is not its end
            raise _unreadable(path, error) from error
        if len(decoded.samples) != end.samples:
            raise _unreadable(path, error) from error
        missing, cut_off = max(end.claimed - end.samples, 0), end.cut_off
    samples = decoded.samples
    if len(samples) == 0:
        raise BadInput(f"{path} holds no samples.")
    broken = ~np.isfinite(samples)
    samples[broken] = 0.0
    rate = sample_rate if sample_rate is not None else rate_for(decoded.rate)
    missing = max(missing, claimed_frames(path) - len(samples))
    samples = resample(samples, decoded.rate, rate)
    return Sound(samples, rate, decoded.channels, decoded.rate, int(broken.sum()), missing, cut_off)


class _Decoded(NamedTuple):
    """A file's samples, mixed to one channel, at its own rate."""

    samples: NDArray[np.float32]
    rate: int
    channels: int


def _decode(path: Path, content: Path | bytes | mmap.mmap) -> _Decoded:
    """What libsndfile makes of `content`, which is the file `path` or stands for it."""
    with quiet_decoder(path), soundfile.SoundFile(content) as file:
        rate, channels = int(file.samplerate), int(file.channels)
        if not LOWEST_FILE_RATE <= rate <= HIGHEST_FILE_RATE:
            raise BadInput(f"{path} claims a sample rate of {rate} Hz, which is no rate of a sound.")
        parts = [block.mean(axis=1) for block in file.blocks(_BLOCK, dtype="float32", always_2d=True)]
    return _Decoded(np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32), rate, channels)


def _unreadable(path: Path, error: Exception) -> BadInput:
    reason = _reason(error)
    if reason.startswith("File does not exist"):  # libsndfile's word for an MP3 file without a whole frame
        reason = "it is damaged, or cut off at its beginning."
    return BadInput(f"{path} cannot be read as sound: {reason}")


def quiet_decoder(path: Path) -> contextlib.AbstractContextManager[None]:
    """While it lasts, the decoder of MP3 files says nothing: it writes about damaged ones to stderr, past everybody."""
    return quiet_stderr() if path.suffix.lower() == ".mp3" else contextlib.nullcontext()


def rate_for(file_rate: int) -> int:
    """The rate at which a file of `file_rate` Hz is played: its own if the instrument can, else the nearest usual one."""
    if file_rate < MIN_SAMPLE_RATE:
        return 48_000
    return min(file_rate, MAX_SAMPLE_RATE)


def resample(samples: NDArray[np.float32], rate_from: int, rate_to: int) -> NDArray[np.float32]:
    """Samples at another rate, shape [round(n * rate_to / rate_from)], soxr's highest quality; float32."""
    if rate_from == rate_to:
        return np.ascontiguousarray(samples, dtype=np.float32)
    return np.ascontiguousarray(soxr.resample(samples, rate_from, rate_to, quality="VHQ"), dtype=np.float32)


def check_output(path: Path | str) -> Path:
    """`path` if a sound can be written there; BadInput otherwise, before any work is done."""
    path = Path(path)
    if path.suffix.lower() not in WRITABLE:
        raise BadInput(f"{path} must end in {' or '.join(WRITABLE)}.")
    try:
        has_folder, is_folder = path.parent.is_dir(), path.is_dir()
    except OSError as error:  # a name that is too long, say
        raise BadInput(f"{path} cannot be written: {error.strerror}.") from error
    if not has_folder:
        raise BadInput(f"The folder {path.parent} does not exist.")
    if is_folder:
        raise BadInput(f"{path} is a folder.")
    if not os.access(path.parent, os.W_OK):
        raise BadInput(f"The folder {path.parent} cannot be written to.")
    return path


def refuse_overwriting(target: Path, sources: Iterable[Path | None]) -> None:
    """BadInput if writing `target` would destroy one of the files that it is made from."""
    for source in sources:
        if source is not None and source.exists() and target.exists() and target.samefile(source):
            raise BadInput(f"The output {target} would take the place of the input {source}: name another output.")


def check_table(path: Path, source: Path | None = None) -> None:
    """BadInput if figures (of the recording `source`) cannot be written to `path`, before any work is done."""
    if not path.parent.is_dir():
        raise BadInput(f"The folder {path.parent} does not exist.")
    if path.is_dir():
        raise BadInput(f"{path} is a folder.")
    if not os.access(path.parent, os.W_OK):
        raise BadInput(f"The folder {path.parent} cannot be written to.")
    refuse_overwriting(path, [source])


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A new file beside `path` that takes its place at the end, or leaves no trace: `path` is never half written.

    BadInput if the file cannot be made, written or put in place.
    """
    target = path.resolve()
    part: Path | None = None
    try:
        handle, name = tempfile.mkstemp(suffix=".part", prefix=".jambox.", dir=target.parent)
        part = Path(name)
        os.close(handle)
        yield part
        umask = os.umask(0)
        os.umask(umask)
        part.chmod(0o666 & ~umask)
        part.replace(target)
    except OSError as error:
        raise BadInput(f"{path} could not be written: {error.strerror or error}.") from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def write_sound(path: Path | str, samples: NDArray[np.float32], sample_rate: int) -> None:
    """Write samples (shape [n], or [n, channels]) to a wav (32-bit float) or flac (24 bit) file.

    An old one is replaced in one step. The same samples give the same bytes.
    """
    path = check_output(path)
    with replacing(path) as part:
        if path.suffix.lower() == ".wav":
            with part.open("wb") as file:
                file.write(wav_header(len(samples), sample_rate, 1 if samples.ndim == 1 else samples.shape[1]))
                file.write(np.ascontiguousarray(samples, dtype="<f4").data)
            return
        try:
            soundfile.write(part, samples, sample_rate, subtype="PCM_24", format="FLAC")
        except soundfile.LibsndfileError as error:
            raise BadInput(f"{path} could not be written: {_reason(error)}") from error
        except AssertionError as error:  # soundfile's way to say that fewer samples were written than given
            raise BadInput(f"{path} could not be written: the disk is full.") from error


def wav_header(n: int, sample_rate: int, channels: int = 1) -> bytes:
    """What precedes `n` float frames in a wav file. libsndfile would add the time of day: no two files would match."""
    width = 4 * channels
    n_bytes = width * n
    if n_bytes > 2**32 - 64:
        raise BadInput("A wav file cannot hold more than 4 GB.")
    ieee_float = 3
    form = struct.pack("<4sIHHIIHHH", b"fmt ", 18, ieee_float, channels, sample_rate, width * sample_rate, width, 32, 0)
    fact = struct.pack("<4sII", b"fact", 4, n)
    chunks = b"WAVE" + form + fact + struct.pack("<4sI", b"data", n_bytes)
    return struct.pack("<4sI", b"RIFF", len(chunks) + n_bytes) + chunks


def _openable(path: Path) -> Path | bytes:
    """soundfile encodes names strictly; a POSIX name may be any bytes."""
    return os.fsencode(path) if os.name == "posix" else path


def _reason(error: Exception) -> str:
    text = getattr(error, "error_string", None) or str(error)
    return text.strip().rstrip(".") + "."
