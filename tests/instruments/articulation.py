"""Do short notes stay short notes, and does a glide stay one note? One onset detector hears what went in and what came out.

The melody is a sine at the card's median pitch and loudness: eight staccato notes (0.1 s every 0.25 s), four with slow
attacks (0.08 s), and one glide over a fifth up and an octave down. The settings are those that a player finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from jambox.control.bundle import load_bundle
from jambox.control.card import Card
from jambox.train.judge.onsets import Onset, find_onsets
from tests.instruments.playing import RATE, Signal, loud_gain, note, opened, rendered, rest

STACCATO_ST = (0, 3, 7, 5, 3, 2, 0, 7)
SLOW_ST = (0, 4, 7, 2)
SLOW_EDGE_S = 0.08
_REST_S = 0.5


@dataclass(frozen=True)
class Articulation:
    """How many notes the detector hears at the output (and at the input), and how far attack times lie apart in ms."""

    staccato: int
    staccato_in: int
    slow: int
    glide: int
    glide_in: int
    attack_off_ms: float


def measured(folder: Path) -> Articulation:
    """The instrument in `folder`."""
    card = load_bundle(folder).card
    instrument = opened(folder)
    heard = {}
    for name, x in melodies(card).items():
        heard[name] = find_onsets(x, RATE), find_onsets(rendered(instrument, x), RATE)
    (short_in, short), (slow_in, slow), (glide_in, glide) = heard["staccato"], heard["slow"], heard["glide"]
    off = [*_attack_off_ms(short_in, short), *_attack_off_ms(slow_in, slow)]
    return Articulation(
        len(short), len(short_in), len(slow), len(glide), len(glide_in), float(np.median(off)) if off else float("inf")
    )


def melodies(card: Card) -> dict[str, Signal]:
    """The three test melodies for an instrument."""
    middle_hz, loudness_db = card.f0_hz.p50, card.loudness_db.p50
    staccato = [part for st in STACCATO_ST for part in (note(_up(middle_hz, st), loudness_db, 0.1), rest(0.15))]
    slow = [part for st in SLOW_ST for part in (note(_up(middle_hz, st), loudness_db, 0.4, SLOW_EDGE_S), rest(0.2))]
    return {
        "staccato": np.concatenate([rest(_REST_S), *staccato, rest(_REST_S)]),
        "slow": np.concatenate([rest(_REST_S), *slow, rest(_REST_S)]),
        "glide": np.concatenate([rest(_REST_S), _glide(middle_hz, loudness_db), rest(_REST_S)]),
    }


def _glide(middle_hz: float, loudness_db: float, seconds: float = 2.4) -> Signal:
    """A sine that is held, glides up a fifth, is held, and glides down an octave; as loud all the way."""
    t = np.arange(round(seconds * RATE)) / RATE
    st = np.interp(t, [0.0, 0.4, 0.8, 1.2, 1.9, seconds], [0.0, 0.0, 7.0, 7.0, -5.0, -5.0])
    f0_hz = _up(middle_hz, st)
    grid = np.geomspace(f0_hz.min() * 0.99, f0_hz.max() * 1.01, 64)
    gain = np.interp(f0_hz, grid, [loud_gain(loudness_db, hz) for hz in grid])
    edges = np.clip(np.minimum(t, seconds - t) / 0.012, 0.0, 1.0)
    wave = np.sin(2.0 * np.pi * np.cumsum(f0_hz) / RATE)
    return np.asarray(gain * (0.5 - 0.5 * np.cos(np.pi * edges)) * wave, dtype=np.float32)


def _up(f0_hz: float, st: object) -> np.ndarray | float:
    return f0_hz * 2.0 ** (np.asarray(st, dtype=np.float64) / 12.0)


def _attack_off_ms(asked: list[Onset], played: list[Onset]) -> list[float]:
    """Attack times of notes played against those asked for, where the numbers agree."""
    if len(asked) != len(played):
        return []
    return [1e3 * abs(ours.attack_s - theirs.attack_s) for theirs, ours in zip(asked, played, strict=True)]
