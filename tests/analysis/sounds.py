"""Sounds made to measure by: tones, note steps, noises, rooms and whole random phrases with known pitch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.signal
from numpy.typing import NDArray

from tests.analysis.scoring import HOP, SAMPLE_RATE, Sung

NOISES = ("pink", "breath", "s", "sh")
# Band limits and slope in dB an octave: spectra of the consonants after Shadle 1991, of breath after its first formants.
_NOISE_SHAPES = {
    "pink": (20.0, 20_000.0, -3.0),
    "breath": (300.0, 6_000.0, -6.0),
    "s": (4_500.0, 12_000.0, 0.0),
    "sh": (2_000.0, 7_000.0, -3.0),
}


def noise(kind: str, n_samples: int, seed: int, sample_rate: int = SAMPLE_RATE) -> NDArray[np.float64]:
    """Gaussian noise of the named spectrum and root mean square 1; skirts fall by 24 dB an octave outside its band."""
    low_hz, high_hz, slope_db = _NOISE_SHAPES[kind]
    f_hz = np.maximum(np.fft.rfftfreq(n_samples, 1.0 / sample_rate), 1.0)
    level_db = slope_db * np.log2(f_hz / 1000.0)
    level_db -= 24.0 * np.maximum(np.log2(low_hz / f_hz), 0.0) + 24.0 * np.maximum(np.log2(f_hz / high_hz), 0.0)
    parts = np.random.default_rng([seed, NOISES.index(kind)]).standard_normal((2, len(f_hz)))
    made = np.fft.irfft((parts[0] + 1j * parts[1]) * 10.0 ** (level_db / 20.0), n_samples)
    return np.asarray(made / np.sqrt(np.mean(made**2)))


def with_noise(sung: Sung, snr_db: float, seed: int = 5) -> Sung:
    """`sung` with pink noise, `snr_db` below the mean square of the whole recording."""
    level = np.sqrt(np.mean(sung.audio.astype(np.float64) ** 2)) * 10.0 ** (-snr_db / 20.0)
    noisy = sung.audio + level * noise("pink", len(sung.audio), seed)
    return Sung(sung.name, noisy.astype(np.float32), sung.truth_hz)


def in_room(sung: Sung, rt60_s: float = 0.45, direct_to_reverberant_db: float = 3.0, seed: int = 6) -> Sung:
    """`sung` in a synthetic room: the direct sound, then noise that decays exponentially, starting 2 ms later."""
    n = int(rt60_s * SAMPLE_RATE)
    tail = np.random.default_rng(seed).standard_normal(n) * 10.0 ** (-3.0 * np.arange(n) / n)
    tail *= 10.0 ** (-direct_to_reverberant_db / 20.0) / np.sqrt(np.sum(tail**2))
    answer = np.concatenate([[1.0], np.zeros(int(0.002 * SAMPLE_RATE)), tail])
    wet = scipy.signal.fftconvolve(sung.audio.astype(np.float64), answer)[: len(sung.audio)]
    return Sung(sung.name, wet.astype(np.float32), sung.truth_hz)


def harmonic_sound(
    f0_hz: NDArray[np.float64], amplitudes: Sequence[float], phases: Sequence[float], sample_rate: int = SAMPLE_RATE
) -> NDArray[np.float64]:
    """Harmonics of a pitch given at every sample; those above 0.45 of the sample rate are left out."""
    phase = 2.0 * np.pi * np.cumsum(f0_hz) / sample_rate
    out = np.zeros(len(f0_hz))
    for k, (amplitude, start) in enumerate(zip(amplitudes, phases, strict=True), start=1):
        audible = k * f0_hz < 0.45 * sample_rate
        if np.any(audible):
            out += amplitude * audible * np.sin(k * phase + start)
    return out


def note_step(from_hz: float, to_hz: float, seed: int) -> tuple[NDArray[np.float32], float]:
    """0.3 s of ten harmonics (1/k) at `from_hz`, then 0.2 s at `to_hz`, phase continuous; audio and the change in s.

    The seed moves the change within a hop and draws the phases.
    """
    random = np.random.default_rng(seed)
    change = int(0.3 * SAMPLE_RATE) + int(random.integers(0, 8 * HOP))
    f0_hz = np.full(change + int(0.2 * SAMPLE_RATE), from_hz)
    f0_hz[change:] = to_hz
    phases = random.uniform(0.0, 2.0 * np.pi, 10)
    audio = 0.1 * harmonic_sound(f0_hz, [1.0 / k for k in range(1, 11)], list(phases))
    return audio.astype(np.float32), change / SAMPLE_RATE


def phrase(seed: int) -> Sung:
    """A random phrase of about 2.5 s: notes from 50 to 2500 Hz, rests, glides, vibrato, noise, weak fundamentals.

    A phrase keeps one timbre: harmonics fall by 2 to 12 dB an octave, each 6 dB (one sigma) off that line, the fundamental
    weakened by a further 0 to 20 dB; noise is pink, 15 to 50 dB below the phrase. Truth is -1 for 4 ms after an onset from
    silence and in the 30 ms of a release, 0 in rests.
    """
    random = np.random.default_rng(seed)
    # Centre so that notes within ±9 semitones stay inside 50..2500 Hz.
    centre_hz = 50.0 * 2.0 ** random.uniform(0.75, np.log2(2500.0 / 50.0) - 0.75)
    n_harmonics = int(random.integers(1, 30))
    k = np.arange(1, n_harmonics + 1)
    level_db = -random.uniform(2.0, 12.0) * np.log2(k) + 6.0 * random.standard_normal(n_harmonics)
    if n_harmonics > 2:
        level_db[0] -= random.uniform(0.0, 20.0)
    phases = random.uniform(0.0, 2.0 * np.pi, n_harmonics)
    vibrato_hz, vibrato_cents = random.uniform(4.0, 7.0), random.choice([0.0, random.uniform(5.0, 60.0)])
    pieces_hz: list[NDArray[np.float64]] = []
    pieces_gain: list[NDArray[np.float64]] = []
    pieces_scored: list[NDArray[np.float64]] = []
    last_hz = 0.0
    while sum(map(len, pieces_hz)) < 2.5 * SAMPLE_RATE:
        note_hz = centre_hz * 2.0 ** (random.integers(-9, 10) / 12.0)
        n = int(random.uniform(0.15, 0.6) * SAMPLE_RATE)
        pitch = np.full(n, note_hz)
        glide = int(random.choice([0.0, 0.0, random.uniform(0.02, 0.12)]) * SAMPLE_RATE)
        if last_hz and glide:
            pitch[:glide] = last_hz * (note_hz / last_hz) ** np.linspace(0.0, 1.0, glide)
        gain = 10.0 ** (random.uniform(-12.0, 0.0) / 20.0) * np.ones(n)
        scored = np.ones(n)
        if not last_hz:
            attack = int(random.uniform(0.003, 0.04) * SAMPLE_RATE)
            gain[:attack] *= np.linspace(0.0, 1.0, attack)
            scored[: int(0.004 * SAMPLE_RATE)] = -1.0
        last_hz = note_hz
        if random.uniform() < 0.4:
            release = int(0.03 * SAMPLE_RATE)
            gain[-release:] *= np.linspace(1.0, 0.0, release)
            scored[-release:] = -1.0
            rest = int(random.uniform(0.05, 0.2) * SAMPLE_RATE)
            pitch = np.concatenate([pitch, np.full(rest, note_hz)])
            gain = np.concatenate([gain, np.zeros(rest)])
            scored = np.concatenate([scored, np.zeros(rest)])
            last_hz = 0.0
        pieces_hz.append(pitch)
        pieces_gain.append(gain)
        pieces_scored.append(scored)
    f0_hz, gain, scored = map(np.concatenate, (pieces_hz, pieces_gain, pieces_scored))
    t = np.arange(len(f0_hz)) / SAMPLE_RATE
    f0_hz = np.clip(f0_hz * 2.0 ** (vibrato_cents / 1200.0 * np.sin(2.0 * np.pi * vibrato_hz * t)), 50.0, 2500.0)
    audio = gain * harmonic_sound(f0_hz, list(10.0 ** (level_db / 20.0)), list(phases))
    audio += np.sqrt(np.mean(audio**2)) * 10.0 ** (-random.uniform(15.0, 50.0) / 20.0) * noise("pink", len(audio), seed)
    audio *= 10.0 ** (random.uniform(-30.0, -6.0) / 20.0) / np.max(np.abs(audio))
    ends = np.arange(HOP - 1, len(audio), HOP)
    truth = np.where(scored[ends] > 0.0, f0_hz[ends], scored[ends])
    return Sung(f"phrase {seed}", audio[: len(ends) * HOP].astype(np.float32), truth)


def tone_onset(f0_hz: float, n_harmonics: int, seed: int) -> tuple[NDArray[np.float32], float]:
    """0.2 s of room noise at -100 dBFS, then a tone (harmonics 1/k, amplitude 0.1) that starts at once; audio and the start.

    The seed moves the start within a hop and draws the phases.
    """
    random = np.random.default_rng(seed)
    n = int(0.4 * SAMPLE_RATE)
    start = n // 2 + int(random.integers(0, 8 * HOP))
    phases = list(random.uniform(0.0, 2.0 * np.pi, n_harmonics))
    audio = 0.1 * harmonic_sound(np.full(n, f0_hz), [1.0 / k for k in range(1, n_harmonics + 1)], phases)
    audio[:start] = 0.0
    audio += 1e-5 * random.standard_normal(n)
    return audio.astype(np.float32), start / SAMPLE_RATE
