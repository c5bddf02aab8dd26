"""A recording of any length as stretches of a minute: an hour of sound never lies in memory, and cores share it."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace

import numpy as np
import soundfile
from numpy.typing import NDArray

from jambox.audiofile import HIGHEST_FILE_RATE, LOWEST_FILE_RATE, quiet_decoder, resample
from jambox.errors import BadInput
from jambox.frames import control_hop_size
from jambox.train.recordings import TRAINING_RATE, Note, Recording
from jambox.train.survey.clipping import count_clipped
from jambox.train.survey.findings import Findings

LONGEST_S = 60
# What is heard on both sides of a stretch beyond what is taken from it. Whole seconds: both clocks have samples there.
MARGIN_S = 1
# libsndfile's length of a flac file whose header does not say it: one out of a pipe, say.
_UNKNOWN = 2**63 - 1
FRAMES_PER_S = TRAINING_RATE // control_hop_size(TRAINING_RATE)


@dataclass(frozen=True)
class Stretch:
    """Seconds start_s to end_s of recording `number` (to its end when end_s is None)."""

    recording: Recording
    number: int
    start_s: int = 0
    end_s: int | None = None

    @property
    def file_stem(self) -> str:
        """Name of its files in a dataset: unique, and sorted as the sound is."""
        return f"{self.number:05d}-{self.start_s:06d}"

    @property
    def first_frame(self) -> int:
        """Control frame of the recording at which it begins."""
        return self.start_s * FRAMES_PER_S

    @property
    def heard_from_s(self) -> int:
        """Where its audio begins: a margin earlier, if there is one."""
        return max(0, self.start_s - MARGIN_S)

    @property
    def notes(self) -> tuple[Note, ...]:
        """The known notes of the recording on the clock of the audio of this stretch."""
        by = self.heard_from_s
        return tuple(replace(note, start_s=note.start_s - by, end_s=note.end_s - by) for note in self.recording.notes)


@dataclass(frozen=True)
class Decoded:
    """The audio of a stretch with its margins: mono, float32 at TRAINING_RATE, the source's gain applied.

    first_frame and n_frames say which control frames of it belong to the stretch. n_samples and n_clipped count samples of
    all channels of the file, digest names their values; broken_samples were no numbers.
    """

    audio: NDArray[np.float32]
    first_frame: int
    n_frames: int
    file_rate: int
    n_samples: int
    n_clipped: int
    broken_samples: int
    digest: str

    def counted(self, found: Findings) -> Findings:
        """Findings with what the samples of the file told."""
        return replace(found, n_samples=self.n_samples, n_clipped=self.n_clipped, broken_samples=self.broken_samples)


def stretches(recording: Recording, number: int) -> list[Stretch]:
    """The stretches of a recording, of equal length; a single one where its length cannot be told.

    `number` is that of the recording among all.
    """
    try:
        with quiet_decoder(recording.path):
            info = soundfile.info(recording.path)
        seconds = float(info.duration) if info.frames < _UNKNOWN else 0.0
    except (soundfile.LibsndfileError, RuntimeError, OSError):
        seconds = 0.0
    n = max(1, math.ceil(seconds / LONGEST_S))
    step = math.ceil(seconds / n)
    ends = [(i + 1) * step if i < n - 1 else None for i in range(n)]
    return [Stretch(recording, number, i * step, end) for i, end in enumerate(ends)]


def read_stretch(stretch: Stretch) -> Decoded:
    """Decode a stretch; BadInput if the file cannot be decoded or holds no sound there."""
    path = stretch.recording.path
    try:
        with quiet_decoder(path), soundfile.SoundFile(path) as file:
            rate = int(file.samplerate)
            if not LOWEST_FILE_RATE <= rate <= HIGHEST_FILE_RATE:
                raise BadInput(f"{path} claims a sample rate of {rate} Hz.")
            if file.frames == _UNKNOWN:
                raise BadInput(f"{path} does not say how long it is; convert it to a wav file.")
            if stretch.heard_from_s > 0:
                file.seek(stretch.heard_from_s * rate)
            until = -1 if stretch.end_s is None else (stretch.end_s + MARGIN_S - stretch.heard_from_s) * rate
            raw = file.read(until, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError, OSError) as error:
        raise BadInput(f"{path} cannot be decoded.") from error
    skipped = stretch.start_s - stretch.heard_from_s
    own = raw[skipped * rate : None if stretch.end_s is None else (stretch.end_s - stretch.heard_from_s) * rate]
    if len(own) == 0:
        raise BadInput(f"{path} holds no samples.")
    finite = np.isfinite(raw).all(axis=1)
    mono = np.where(finite, raw.mean(axis=1), np.float32(0.0)).astype(np.float32)
    audio = resample(mono, rate, TRAINING_RATE) * np.float32(10.0 ** (stretch.recording.gain_db / 20.0))
    heard_frames = len(audio) // control_hop_size(TRAINING_RATE)
    first = skipped * FRAMES_PER_S
    last = heard_frames if stretch.end_s is None else (stretch.end_s - stretch.heard_from_s) * FRAMES_PER_S
    return Decoded(
        audio=audio,
        first_frame=first,
        n_frames=max(0, min(last, heard_frames) - first),
        file_rate=rate,
        n_samples=own.size,
        n_clipped=sum(count_clipped(channel) for channel in own.T),
        broken_samples=int(np.count_nonzero(~finite)),
        digest=hashlib.sha256(np.ascontiguousarray(own).tobytes()).hexdigest(),
    )
