"""Only a pitch that the known note confirms is believed."""

from __future__ import annotations

import numpy as np

from jambox.analysis import AnalysisTrack
from jambox.train.guide import believable_f0, control_rows, held
from jambox.train.recordings import Note

N = 3 * 250


def track(f0_hz: np.ndarray, confidence: float = 0.9) -> AnalysisTrack:
    time_s = (np.arange(len(f0_hz)) + 1) / 750.0
    return AnalysisTrack(time_s, f0_hz, np.full(len(f0_hz), confidence), np.full(len(f0_hz), -20.0))


def test_an_octave_error_is_never_believed() -> None:
    f0 = np.full(N, 440.0)
    f0[300:450] = 220.0
    heard, believed = believable_f0(track(f0), [Note(0.0, 1.0, 69)])
    assert not believed[101:149].any()
    assert believed[:99].all()
    assert np.all(np.abs(heard - 440.0) < 1.0)


def test_a_known_single_note_leads_where_the_tracker_errs() -> None:
    f0 = np.full(N, 441.0)
    f0[300:450] = 880.0
    heard, believed = believable_f0(track(f0), [Note(0.0, float("inf"), 69)])
    assert believed.all()
    assert np.all(np.abs(heard - 441.0) < 0.1)


def test_an_instrument_tuned_flat_is_believed_at_the_pitch_it_sounds_at() -> None:
    flat = 440.0 * 2.0 ** (-95.0 / 1200.0)
    heard, believed = believable_f0(track(np.full(N, flat)), [Note(0.0, float("inf"), 69)])
    assert believed.all()
    assert np.max(np.abs(1200.0 * np.log2(heard / flat))) < 1.0


def test_a_note_that_sounds_an_octave_from_its_name_is_not_believed() -> None:
    _, believed = believable_f0(track(np.full(N, 880.0)), [Note(0.0, float("inf"), 69)])
    assert not believed.any()


def test_two_notes_at_once_are_not_believed() -> None:
    f0 = np.full(N, 440.0)
    _, believed = believable_f0(track(f0), [Note(0.0, 1.0, 69), Note(0.4, 0.6, 73)])
    assert not believed[105:145].any()
    assert believed[5:95].all()


def test_an_unsure_tracker_is_not_believed_and_the_pitch_is_held() -> None:
    _, believed = believable_f0(track(np.full(N, 440.0), 0.2), [Note(0.0, 1.0, 69)])
    assert not believed.any()
    values = np.array([1.0, 2.0, 3.0, 4.0])
    assert held(values, np.array([False, True, False, True])).tolist() == [2.0, 2.0, 2.0, 4.0]


def test_a_control_frame_sees_the_newest_of_its_three_analysis_rows() -> None:
    assert control_rows(np.arange(10.0)).tolist() == [2.0, 5.0, 8.0]
