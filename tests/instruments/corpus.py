"""The real recordings that the classifier learns timbre from, changed so that it learns neither room nor library."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve, resample

from tests.instruments.timbre import RATE, Heard, features, read

VOICE = "voice"
# Real singing, one file a singer: nobody is judged by himself. (What `pitch` holds of voices was rebuilt from harmonics.)
SINGERS = {
    "test/singing_vocadito_1.flac": "vocadito 1",
    "test/singing_vocadito_10.flac": "vocadito 10",
    "test/voice_singing_sms_singing-female.flac": "sms female",
    "test/voice_singing_sms_vignesh.flac": "sms vignesh",
}
# Voices too, but not singing: learnt from, never scored.
SPEAKERS = {
    "test/speech_sms_speech-female.flac": "speech sms",
    "test/speech_libri_198-209-0000.flac": "speech libri female",
    "test/speech_libri_5703-47212-0000.flac": "speech libri male",
}
_SECONDS_A_LIBRARY = 300.0
_COPIES, _VOICE_COPIES = 1, 10
_STRETCH_ST, _VOICE_STRETCH_ST = 3.0, 5.0


@dataclass(frozen=True)
class Seconds:
    """Features [n, c] with the class, the library (or singer) and the file of each, all [n]."""

    x: NDArray[np.float64]
    label: NDArray[np.str_]
    library: NDArray[np.str_]
    recording: NDArray[np.str_]

    def __getitem__(self, chosen: NDArray[np.bool_]) -> Seconds:
        return Seconds(self.x[chosen], self.label[chosen], self.library[chosen], self.recording[chosen])


def is_phrase(file: str) -> bool:
    """Whether a recording of the collection is music and no single note."""
    return "phrase" in file or "/bach/" in file


def training_files(data: Path, instruments: tuple[str, ...], seed: int = 0) -> list[tuple[Path, str, str]]:
    """(file, class, library) of the manifest's train split and of the voices: of each instrument and library up to 300 s of
    single notes and as much of phrases, since it is phrases that are judged."""
    with (data / "manifest.csv").open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["split"] == "train" and row["instrument"] in instruments]
    random = np.random.default_rng(seed)
    left: dict[tuple[str, str, bool], float] = {}
    chosen = []
    for i in random.permutation(len(rows)):
        row = rows[int(i)]
        library = row["file"].split("/")[2]
        kind = row["instrument"], library, is_phrase(row["file"])
        taken = left.setdefault(kind, _SECONDS_A_LIBRARY)
        if taken > 0.0:
            left[kind] = taken - float(row["seconds"])
            chosen.append((data / row["file"], row["instrument"], library))
    voices = [(data / name, VOICE, who) for name, who in {**SINGERS, **SPEAKERS}.items()]
    return chosen + voices


def learn_from(data: Path, instruments: tuple[str, ...], seed: int = 0) -> Seconds:
    """Features of all training files, as they are and changed."""
    parts = []
    for number, (path, label, library) in enumerate(training_files(data, instruments, seed)):
        heard = read(path)
        random = np.random.default_rng([seed, number])
        is_voice = label == VOICE
        step_s, copies = (0.5, _VOICE_COPIES) if is_voice else (1.0, _COPIES)
        most_st = _VOICE_STRETCH_ST if is_voice else _STRETCH_ST
        x = np.concatenate(
            [features(heard, step_s), *(features(changed(heard, random, most_st), step_s) for _ in range(copies))]
        )
        parts.append((x, *(np.full(len(x), name) for name in (label, library, path.as_posix()))))
    return Seconds(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def changed(heard: Heard, random: np.random.Generator, most_st: float = _STRETCH_ST) -> Heard:
    """`heard` as another microphone in another room might have heard a slightly larger or smaller instrument."""
    stretch = 2.0 ** (random.uniform(-most_st, most_st) / 12.0)
    out = resample(heard.audio, round(len(heard.audio) * stretch))
    if random.random() < 0.5:
        n = round(random.uniform(0.15, 0.7) * RATE)
        tail = random.standard_normal(n) * 10.0 ** (-3.0 * np.arange(n) / n)
        tail *= 10.0 ** (random.uniform(-18.0, -3.0) / 20.0) / np.sqrt(np.sum(tail**2))
        tail[0] = 1.0
        out = fftconvolve(out, tail)[: len(out)]
    octaves = np.log2(np.maximum(np.fft.rfftfreq(len(out), 1.0 / RATE), 50.0) / 1000.0)
    tilt = random.uniform(-2.0, 2.0) * octaves
    hump = random.uniform(-4.0, 4.0) * np.exp(-0.5 * ((octaves - random.uniform(-2.0, 3.0)) / 0.7) ** 2)
    out = np.fft.irfft(np.fft.rfft(out) * 10.0 ** ((tilt + hump) / 20.0), len(out))
    noise_db = random.uniform(-60.0, -25.0)
    out = out + random.standard_normal(len(out)) * np.sqrt(np.mean(out**2)) * 10.0 ** (noise_db / 20.0)
    frames = np.minimum((np.arange(len(heard.f0_hz) * stretch) / stretch).astype(np.int64), len(heard.f0_hz) - 1)
    return Heard(out.astype(np.float32), heard.f0_hz[frames] / stretch)
