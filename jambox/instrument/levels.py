"""Levels in dB as factors, for kernels."""

from __future__ import annotations

from jambox.control.scaling import LOWEST_LOUDNESS_DB
from jambox.kernels import kernel

OFF_DB = -60.0


@kernel
def gain(level_db: float) -> float:
    """[audio] Amplitude factor of a level in dB."""
    return float(10.0 ** (level_db / 20.0))


@kernel
def gain_or_off(level_db: float) -> float:
    """[audio] The same, but nothing at all at OFF_DB and below: the bottom of a level parameter is off."""
    return 0.0 if level_db <= OFF_DB else float(10.0 ** (level_db / 20.0))


@kernel
def loudness_gain(loudness_db: float) -> float:
    """[audio] Gain of a loudness; silence is none at all, so that it costs nothing."""
    return 0.0 if loudness_db <= LOWEST_LOUDNESS_DB else gain(loudness_db)
