"""The onset detector, on sounds whose beginnings are known."""

from __future__ import annotations

import numpy as np

from jambox.train.judge.onsets import find_onsets, onset_errors_s
from tests.instruments.playing import RATE, note, rest


def test_notes_are_found_where_they_begin_with_the_attack_that_they_have() -> None:
    for edge_s in (0.01, 0.05, 0.1):
        x = np.concatenate([rest(0.3), note(330.0, -20.0, 0.4, edge_s), rest(0.2), note(247.0, -30.0, 0.4, edge_s)])
        first, second = find_onsets(x, RATE)
        # A raised cosine is 10 dB below its top after 0.36 of its length; from -20 to -3 dB it takes 0.37 of it.
        assert abs(first.time_s - (0.3 + 0.38 * edge_s)) < 0.006
        assert abs(second.time_s - (0.9 + 0.38 * edge_s)) < 0.006
        assert abs(first.attack_s - 0.37 * edge_s) < 0.008
        assert abs(first.attack_s - second.attack_s) < 0.003


def test_vibrato_a_swell_a_glide_and_a_hum_far_below_begin_nothing() -> None:
    t = np.arange(2 * RATE) / RATE
    phase = 2.0 * np.pi * np.cumsum(220.0 * 2.0 ** (t + 0.03 * np.sin(2.0 * np.pi * 5.5 * t))) / RATE
    swell = 0.1 * (1.0 + 0.5 * np.sin(2.0 * np.pi * 5.5 * t)) * np.minimum(t / 0.02, 1.0)
    x = np.concatenate([note(60.0, -65.0, 0.5), (swell * np.sin(phase)).astype(np.float32)])
    (only,) = find_onsets(x, RATE)
    assert abs(only.time_s - 0.5) < 0.02


def test_notes_of_one_side_alone_are_counted_and_not_compared() -> None:
    whole = find_onsets(
        np.concatenate([rest(0.2), *[part for _ in range(3) for part in (note(440.0, -20.0, 0.1), rest(0.2))]]), RATE
    )
    errors_s, alone = onset_errors_s(whole, whole[:2])
    assert len(whole) == 3
    assert alone == 1
    assert np.array_equal(errors_s, np.zeros(2))
