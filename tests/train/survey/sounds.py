"""Sounds whose faults are known: rooms, speech-like babble, lossy bandwidth, hard clipping."""

from __future__ import annotations

import numpy as np

from tests.train.conftest import RATE, bowed


def in_a_room(dry: np.ndarray, rt60_s: float, direct_to_reverberant_db: float, seed: int = 0) -> np.ndarray:
    """A sound in a room whose response is white noise that falls by 60 dB in rt60_s, behind the direct sound."""
    random = np.random.default_rng(seed)
    t = np.arange(int(1.3 * rt60_s * RATE)) / RATE
    tail = random.standard_normal(len(t)) * 10.0 ** (-3.0 * t / rt60_s)
    tail *= 10.0 ** (-direct_to_reverberant_db / 20.0) / np.sqrt(np.sum(tail**2))
    n = len(dry) + len(tail)
    size = 1 << (n - 1).bit_length()
    wet = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(tail, size), size)[:n]
    return (np.pad(dry, (0, len(tail))) + wet).astype(np.float32)


def detached_notes(
    seconds: float, seed: int, gap_s: float = 0.5, softest_db: float = -28.0, note_s: float = 0.5
) -> np.ndarray:
    """Notes with rests between them, and noise at -80 dBFS."""
    random = np.random.default_rng(seed)
    parts: list[np.ndarray] = []
    while sum(map(len, parts)) < seconds * RATE:
        f0_hz = 220.0 * 2.0 ** (int(random.integers(0, 20)) / 12.0)
        parts += [
            bowed(f0_hz, float(random.uniform(softest_db, -14.0)), note_s, seed),
            np.zeros(int(gap_s * RATE), dtype=np.float32),
        ]
    audio = np.concatenate(parts)
    return (audio + 1e-4 * random.standard_normal(len(audio))).astype(np.float32)


def babble(seconds: float, seed: int) -> np.ndarray:
    """Speech as far as its pitch goes: syllables of 80 to 200 ms that glide all the time, hisses and pauses between them."""
    random = np.random.default_rng(seed)
    parts: list[np.ndarray] = []
    while sum(map(len, parts)) < seconds * RATE:
        n = int(random.uniform(0.08, 0.2) * RATE)
        t = np.linspace(0.0, 1.0, n)
        glide_st = float(random.choice([-1.0, 1.0]) * random.uniform(3.0, 7.0))
        f0_hz = 130.0 * 2.0 ** ((float(random.uniform(-4.0, 4.0)) + glide_st * t) / 12.0)
        phase = 2.0 * np.pi * np.cumsum(f0_hz) / RATE
        k = np.arange(1, 24)[:, None]
        formants = sum(np.exp(-(((k * 130.0 - f_hz) / 300.0) ** 2)) for f_hz in (500.0, 1500.0, 2500.0))
        voiced = np.sin(np.pi * t) * np.sum(formants * np.sin(k * phase), axis=0)
        hiss = 0.1 * random.standard_normal(int(random.uniform(0.03, 0.1) * RATE))
        parts += [0.1 * voiced, 0.3 * hiss, np.zeros(int(random.uniform(0.0, 0.1) * RATE))]
    return np.concatenate(parts).astype(np.float32)


def ended_at(audio: np.ndarray, end_hz: float) -> np.ndarray:
    """The same without anything above end_hz."""
    spectrum = np.fft.rfft(audio)
    spectrum[np.fft.rfftfreq(len(audio), 1.0 / RATE) > end_hz] = 0.0
    return np.fft.irfft(spectrum, len(audio)).astype(np.float32)


def band(seconds: float, seed: int) -> np.ndarray:
    """Four players at once, each with notes of its own that begin at other times."""
    n = int(seconds * RATE)
    mixed = np.zeros(n)
    for player in range(4):
        line = detached_notes(seconds + 1.0, 10 * seed + player, gap_s=0.05, softest_db=-16.0, note_s=1.4)
        shift = int((0.13 * player + 0.05) * RATE)
        # A quarter tone apart, so that no partial of one hides under one of another.
        mixed += np.interp(np.arange(n) * 2.0 ** (0.37 * player / 12.0) + shift, np.arange(len(line)), line, right=0.0)
    return (0.3 * mixed).astype(np.float32)
