"""A chromatic scale over the whole range in three dynamics: no hole, no wrong octave, no jump, brighter when louder.

Every note is played in (six harmonics, 0.35 s, at the A-weighted level of the card's 5th, 50th and 95th percentile) and
judged at the output over its middle 0.2 s: its A-weighted level by librosa's curve, its pitch by librosa's YIN over two
octaves and a half, its spectral centroid.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np
import soundfile
from numpy.typing import NDArray

from jambox.control.bundle import load_bundle
from tests.instruments.playing import RATE, Signal, chromatic_hz, opened, rendered, rest, voiced_note

NOTE_S, REST_S = 0.35, 0.1
_MIDDLE_S, _HEARD_S = 0.13, 0.2
HOLE_DB = 12.0
WRONG_CENTS = 50.0
LINE_DB = 10.0
SOFT = ("pianissimo", "piano", "pp", "p")
LOUD = ("forte", "fortissimo", "f", "ff")
_MOST_PAIRS = 40
# Recordings whose centroid moves by less say nothing about which way it should.
CLEARLY_OCTAVES = 0.05

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Scale:
    """Notes played, holes and wrong pitches among them, the largest step between neighbours in dB, and by how many octaves
    the centroid rises from the softest to the loudest (median of all notes)."""

    notes: int
    holes: int
    wrong: int
    largest_jump_db: float
    brighter_octaves: float


def played_scale(folder: Path) -> Scale:
    """The instrument in `folder`, with default settings."""
    card = load_bundle(folder).card
    instrument = opened(folder)
    notes_hz = chromatic_hz(card)
    levels, centroids, wrong = [], [], 0
    dynamics = (card.loudness_db.p05, card.loudness_db.p50, card.loudness_db.p95)
    for loudness_db in dynamics:
        parts = [part for hz in notes_hz for part in (voiced_note(hz, loudness_db, NOTE_S), rest(REST_S))]
        y = rendered(instrument, np.concatenate([rest(REST_S), *parts]))
        heard = [_middle(y, number) for number in range(len(notes_hz))]
        spectra = [spectrum_of(part) for part in heard]
        levels.append([a_level_db(spectrum) - loudness_db for spectrum in spectra])
        centroids.append([_centroid_hz(spectrum) for spectrum in spectra])
        wrong += sum(is_wrong(part, hz) for part, hz in zip(heard, notes_hz, strict=True))
    level = np.array(levels)
    return Scale(
        notes=level.size,
        holes=int(np.sum(level < -HOLE_DB)),
        wrong=wrong,
        largest_jump_db=float(np.max(np.abs(np.diff(level, axis=1)))),
        brighter_octaves=float(np.median(np.log2(np.array(centroids[2]) / np.array(centroids[0])))),
    )


def recorded_brighter_octaves(data: Path, instrument: str) -> float:
    """By how many octaves the centroid of real notes rises from soft to loud: median over notes that one library holds in
    both, of the loudest 0.2 s of each; NaN where there is none."""
    with (data / "manifest.csv").open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["instrument"] == instrument and row["split"] != "test"]
    by_note: dict[tuple[str, str], dict[str, Path]] = {}
    for row in rows:
        side = "soft" if row["dynamic"] in SOFT else "loud" if row["dynamic"] in LOUD else ""
        if side and row["note"] and float(row["seconds"]) >= 2.0 * _HEARD_S:
            by_note.setdefault((row["file"].split("/")[2], row["note"]), {}).setdefault(side, data / row["file"])
    pairs = [found for _, found in sorted(by_note.items()) if len(found) == 2]
    chosen = pairs[:: max(1, len(pairs) // _MOST_PAIRS)]
    ratios = [np.log2(_recorded_centroid(pair["loud"]) / _recorded_centroid(pair["soft"])) for pair in chosen]
    return float(np.median(ratios)) if ratios else float("nan")


def _recorded_centroid(path: Path) -> float:
    audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    mono = librosa.resample(audio.mean(axis=1), orig_sr=rate, target_sr=RATE) if rate != RATE else audio.mean(axis=1)
    n = round(_HEARD_S * RATE)
    running = np.concatenate([[0.0], np.cumsum(mono.astype(np.float64) ** 2)])
    first = int(np.argmax(running[n:] - running[:-n]))
    return _centroid_hz(spectrum_of(mono[first : first + n]))


def _middle(y: Signal, number: int) -> Signal:
    first = round((REST_S + number * (NOTE_S + REST_S) + _MIDDLE_S) * RATE)
    return y[first : first + round(_HEARD_S * RATE)]


def spectrum_of(audio: Signal) -> Vector:
    """One-sided power spectrum under a Hann window; its sum is the mean square."""
    window = np.hanning(len(audio))
    return np.asarray(2.0 * np.abs(np.fft.rfft(audio * window)) ** 2 / (len(audio) * np.sum(window**2)))


def _f_hz(spectrum: Vector) -> Vector:
    return np.linspace(0.0, RATE / 2.0, len(spectrum))


def a_level_db(spectrum: Vector) -> float:
    weights = 10.0 ** (librosa.A_weighting(np.maximum(_f_hz(spectrum), 10.0), min_db=None) / 10.0)
    return float(10.0 * np.log10(np.sum(spectrum * weights) + 1e-14))


def _centroid_hz(spectrum: Vector) -> float:
    """Centre of the power between 50 Hz and 12 kHz."""
    f_hz = _f_hz(spectrum)
    inside = (f_hz > 50.0) & (f_hz < 12_000.0)
    return float(np.sum(f_hz[inside] * spectrum[inside]) / max(np.sum(spectrum[inside]), 1e-20))


def is_wrong(audio: Signal, f0_hz: float) -> bool:
    """Whether the middle of a note has another pitch than f0_hz, as YIN hears it.

    An octave that YIN hears is looked at again: the second harmonic of a violin's A#3 is 20 dB above the first and the
    third, in the recordings too, and YIN hears the octave in both. There the lines of the spectrum decide.
    """
    low_hz = f0_hz / 2.4
    length = int(2 ** np.ceil(np.log2(2.5 * RATE / low_hz)))
    padded = audio if len(audio) >= length else np.pad(audio, (0, length - len(audio)))
    heard = librosa.yin(padded, fmin=low_hz, fmax=2.4 * f0_hz, sr=RATE, frame_length=length, center=False)
    off_cents = 1200.0 * np.log2(float(np.median(heard)) / f0_hz)
    if abs(abs(off_cents) - 1200.0) <= WRONG_CENTS:
        return not _has_lines_of(spectrum_of(audio), f0_hz)
    return bool(abs(off_cents) > WRONG_CENTS)


def _has_lines_of(spectrum: Vector, f0_hz: float) -> bool:
    """Whether the lines of a spectrum are those of f0_hz: an odd multiple stands LINE_DB above the middles between its
    neighbours (no octave above), and the strongest line as far above every odd multiple of its half (no octave below)."""
    f_hz = _f_hz(spectrum)

    def peak_db(multiple: float) -> float:
        near = np.abs(1200.0 * np.log2(np.maximum(f_hz, 1.0) / (multiple * f0_hz))) < WRONG_CENTS
        return float(10.0 * np.log10(spectrum[near].max() + 1e-16)) if near.any() else -160.0

    lines = {k: peak_db(k) for k in range(1, 11)}
    halves = {k: peak_db(k + 0.5) for k in range(11)}
    odd = any(lines[k] - max(halves[k - 1], halves[k]) > LINE_DB for k in (1, 3, 5, 7, 9))
    return odd and max(lines.values()) - max(halves.values()) > LINE_DB
