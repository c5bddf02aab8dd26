"""The hop clock cannot be heard: ramped controls against controls evaluated at every sample."""

from __future__ import annotations

import pytest

from tests.dsp.sidebands import vibrato_sideband_db


@pytest.mark.parametrize("sample_rate", [44_100, 48_000, 96_000])
def test_a_swelling_vibrato_has_no_side_bands_at_the_hop_rates(sample_rate: int) -> None:
    assert max(vibrato_sideband_db(k, sample_rate) for k in (1, 3, 10, 40)) <= -60.0
