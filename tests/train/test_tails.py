"""Which frames are taken for a room that still sounds: after notes that end, and never while a player plays softer."""

from __future__ import annotations

import numpy as np

from jambox.train.tails import FALLEN_DB, FRAME_S, dying_away

ROOM_S = 0.5


def falling(seconds: float, by_db: float, then_s: float = 1.0) -> np.ndarray:
    """A second at -20 dB, a fall by `by_db` within `seconds`, and what stays."""
    n = round(seconds / FRAME_S)
    return np.concatenate(
        [np.full(250, -20.0), -20.0 - by_db * np.arange(1, n + 1) / n, np.full(round(then_s / FRAME_S), -20.0 - by_db)]
    )


def test_after_a_note_ends_at_once_the_room_is_heard_as_long_as_it_takes_to_fall_as_far() -> None:
    dying = dying_away(falling(0.02, 30.0), ROOM_S)
    expected_s = ROOM_S * (30.0 - FALLEN_DB) / 60.0
    assert not dying[:250].any()
    assert abs(dying.sum() * FRAME_S - expected_s) <= 2 * FRAME_S
    assert np.all(np.diff(np.flatnonzero(dying)) == 1)


def test_a_diminuendo_slower_than_the_room_is_no_tail() -> None:
    assert not dying_away(falling(1.1 * ROOM_S, 60.0), ROOM_S).any()


def test_a_small_accent_leaves_no_tail() -> None:
    assert not dying_away(falling(0.02, FALLEN_DB - 0.1), ROOM_S).any()


def test_a_new_note_ends_the_tail() -> None:
    level_db = np.concatenate([falling(0.02, 30.0, then_s=0.05), np.full(50, -20.0)])
    assert not dying_away(level_db, ROOM_S)[-50:].any()
