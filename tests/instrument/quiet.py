"""Quiet singing: how many of its voiced frames sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from jambox.audiofile import read_sound
from jambox.instrument import Design
from jambox.instrument.opening import open_instrument
from jambox.render import render_samples
from tests.instrument.breathing import RATE

HOP_S = 64 / RATE


def kept_percent(data: Path, file: str = "test/singing_vocadito_1") -> float:
    """Share of the hand-checked voiced frames, at -36 dBFS in the mean, in which the violin plays a note."""
    truth = np.genfromtxt(data / f"{file}.f0.csv", delimiter=",", comments="#")
    truth = truth[np.isfinite(truth[:, 0])]
    rendered = render_samples(open_instrument("violin", Design(RATE)), read_sound(data / f"{file}.flac", RATE).samples)
    at = np.minimum(np.rint(truth[:, 0] / HOP_S).astype(int), len(rendered.voiced) - 1)
    return 100.0 * float(np.mean(rendered.voiced[at][truth[:, 1] > 0.0]))
