"""The two clocks, both counted in samples from sample 0 of a run.

Analysis hop: 64 samples at 48 kHz; pitch, loudness and parameters are read here. Control hop: three analysis hops; the
control network steps here. Device blocks have no part in either, so their size cannot be heard.
"""

from __future__ import annotations

from jambox.errors import BadInput

ANALYSIS_FRAMES_PER_S = 750
ANALYSIS_HOPS_PER_CONTROL_HOP = 3
MIN_SAMPLE_RATE = 44_100
MAX_SAMPLE_RATE = 96_000
MAX_HOP_SIZE = 128


def hop_size(sample_rate: int) -> int:
    """Samples in one analysis hop at `sample_rate` (59 at 44.1 kHz, 64 at 48 kHz, 128 at 96 kHz)."""
    check_sample_rate(sample_rate)
    return round(sample_rate / ANALYSIS_FRAMES_PER_S)


def control_hop_size(sample_rate: int) -> int:
    """Samples in one control hop at `sample_rate` (177 at 44.1 kHz, 192 at 48 kHz, 384 at 96 kHz)."""
    return ANALYSIS_HOPS_PER_CONTROL_HOP * hop_size(sample_rate)


def check_sample_rate(sample_rate: int) -> None:
    """Raise BadInput unless the instrument can run at `sample_rate` (Hz)."""
    if not MIN_SAMPLE_RATE <= sample_rate <= MAX_SAMPLE_RATE:
        raise BadInput(f"The sample rate must lie between {MIN_SAMPLE_RATE} and {MAX_SAMPLE_RATE} Hz, not {sample_rate} Hz.")
