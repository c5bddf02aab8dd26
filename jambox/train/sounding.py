"""How a network sounds, as numbers that tell its diseases: how loud, how noisy, and for how long after a note has ended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from jambox.control.card import Card
from jambox.control.model import HarmonicNoiseNetwork
from jambox.control.scaling import f0_scaled, loudness_scaled
from jambox.train.batches import RegressionBatch
from jambox.train.losses import weighted_powers

_HELD_FRAMES, _FALL_FRAMES, _AFTER_FRAMES = 150, 25, 50
_FALL_DB = 30.0
_N_NOTES = 5
_SETTLED_FRAMES = 150
_LEAST_POWER = 1e-12


@dataclass(frozen=True)
class Sounding:
    """level_db: output over input, A-weighted; hnr_db: harmonic-to-noise ratio, and that of the recordings; tail_db: by
    how much the fifth of a second after a note is louder or noisier than a note held at the level that it has fallen to."""

    level_db: float
    hnr_db: float
    recorded_hnr_db: float
    tail_db: float


def sounding(network: HarmonicNoiseNetwork, card: Card, batches: list[RegressionBatch]) -> Sounding:
    """Measure `network` on the given windows, and its memory of a note on notes of our making."""
    sums = np.zeros(5)
    with torch.no_grad():
        for batch in batches:
            state = network.initial_state(len(batch.weight)).to(batch.weight.device)
            predicted = network.sequence(batch.f0_scaled, batch.loudness_scaled, state)[0]
            ours = weighted_powers(predicted, batch.f0_hz, card.n_harmonics)
            theirs = weighted_powers(batch.levels_db, batch.f0_hz, card.n_harmonics)
            weights = batch.weight
            sums += [float((power * weights).sum()) for power in (*ours, *theirs)] + [float(weights.sum())]
        harmonics, noise, their_harmonics, their_noise, weight = np.maximum(sums, _LEAST_POWER)
        tail_db = _tail_db(network, card)
    return Sounding(
        level_db=_db((harmonics + noise) / weight),
        hnr_db=_db(harmonics / noise),
        recorded_hnr_db=_db(their_harmonics / their_noise),
        tail_db=tail_db,
    )


def _tail_db(network: HarmonicNoiseNetwork, card: Card) -> float:
    """Median over notes across the pitch range: after a loud note has fallen by 30 dB in a tenth of a second, against the
    same pitch held at that soft level, where nothing is left of any note before. The whole output, or its noise if that
    tells more: what a network remembers of a room it mostly plays as noise."""
    f0_hz = np.geomspace(card.f0_hz.p05, max(card.f0_hz.p95, 1.01 * card.f0_hz.p05), _N_NOTES)
    loud_db = card.loudness_db.p95
    soft_db = loud_db - _FALL_DB
    fall = np.linspace(loud_db, soft_db, _FALL_FRAMES)
    after = np.concatenate([np.full(_HELD_FRAMES, loud_db), fall, np.full(_AFTER_FRAMES, soft_db)])
    held = np.full(_SETTLED_FRAMES + _AFTER_FRAMES, soft_db)
    powers = [_powers(network, card, f0_hz, loudness_db)[..., -_AFTER_FRAMES:].mean(dim=-1) for loudness_db in (after, held)]
    ratios = torch.clamp(powers[0], min=_LEAST_POWER) / torch.clamp(powers[1], min=_LEAST_POWER)
    return _db(float(ratios.median(dim=1).values.max()))


def _powers(network: HarmonicNoiseNetwork, card: Card, f0_hz: np.ndarray, loudness_db: np.ndarray) -> Tensor:
    """A-weighted power of the whole output and of its noise over the input's, [2, notes, T], for one course of loudness at
    several pitches."""
    device = network.level_median.device
    shape = (len(f0_hz), len(loudness_db))
    pitch = torch.from_numpy(np.broadcast_to(f0_hz[:, None], shape).astype(np.float32)).to(device)
    scaled = [
        np.broadcast_to(x, shape).astype(np.float32) for x in (f0_scaled(f0_hz)[:, None], loudness_scaled(loudness_db))
    ]
    pitch_scaled, level_scaled = (torch.from_numpy(x)[..., None].to(device) for x in scaled)
    levels = network.sequence(pitch_scaled, level_scaled, network.initial_state(len(f0_hz)).to(device))[0]
    harmonics, noise = weighted_powers(levels, pitch, card.n_harmonics)
    return torch.stack([harmonics + noise, noise])


def _db(ratio: float) -> float:
    return round(float(10.0 * np.log10(max(ratio, _LEAST_POWER))), 2)
