"""MIDI files rendered: every note at its time and pitch, judged on the output; bad files refused in a sentence."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from jambox.errors import BadInput
from jambox.instrument import Instrument
from jambox.midi.song import read_song, song_events
from jambox.render import render_notes
from tests.instrument.test_notes import cents, key_hz, partial_hz
from tests.midi import smf

RATE = 48_000
TICKS = 480
# From these beats on a beat lasts so many microseconds.
TEMPI = {0.0: 500_000, 4.0: 400_000, 7.5: 731_234}
# Beat, length in beats, keys: chords within an octave, each with all of its notes new.
SCORE = [
    (0.5, 0.5, (60,)),
    (1.5, 0.5, (64, 67)),
    (2.5, 0.5, (57, 60, 65)),
    (3.5, 1.6, (62,)),
    (4.5, 0.5, (66, 69)),
    (5.5, 0.5, (59, 62, 67)),
    (6.5, 0.5, (71,)),
    (7.5, 0.5, (55, 59, 62)),
    (8.5, 0.8, (64,)),
]
DRY = {"source": 2.0, "reverb_mix": 0.0, "noise_level_db": -60.0, "output_gain_db": -18.0}


def seconds(beat: float) -> float:
    """When a beat is, by adding up the beats before it."""
    starts = [*TEMPI, 1e9]
    return sum(max(0.0, min(beat, end) - start) * TEMPI[start] * 1e-6 for start, end in pairwise(starts))


def song_bytes() -> bytes:
    tempi = [(round(beat * TICKS), smf.tempo(length)) for beat, length in TEMPI.items()]
    notes = []
    for beat, length, keys in SCORE:
        for key in keys:
            notes.append((round(beat * TICKS), bytes([0x90, key, 90])))
            notes.append((round((beat + length) * TICKS), bytes([0x90, key, 0])))
    # a program change; and the last note is held by the pedal for a beat more
    notes += [(0, b"\xc0\x05"), (round(8.6 * TICKS), b"\xb0\x40\x7f"), (round(10.5 * TICKS), b"\xb0\x40\x00")]
    return smf.file([smf.track(tempi), smf.track(notes)], TICKS)


@pytest.fixture(scope="module")
def rendered(player: Instrument, tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.float64]:
    song = read_song(smf.write(tmp_path_factory.mktemp("song") / "song.mid", song_bytes()))
    events, notes = song_events(song.tracks, RATE)
    assert len(notes) == 1
    assert "program" in notes[0]
    player.reset(DRY)
    return render_notes(player, events, 0.5).samples.astype(np.float64)


def onset_s(y: NDArray[np.float64], about_s: float) -> float:
    """When something begins that 60 ms before `about_s` do not foretell: the residual of linear prediction jumps."""
    order, at = 256, round(about_s * RATE)
    first, learnt, last = at - round(0.06 * RATE), at - round(0.006 * RATE), at + round(0.008 * RATE)
    past = np.lib.stride_tricks.sliding_window_view(y[first - order : last], order)[:-1]
    wanted = y[first:last]
    known = learnt - first
    weights = np.linalg.lstsq(past[:known], wanted[:known], rcond=1e-9)[0]
    residual = np.abs(wanted - past @ weights)[known:]
    before = residual[: round(0.003 * RATE)]
    loud = 5.0 * np.max(before) + 1e-5
    return (learnt + int(np.argmax(residual > loud))) / RATE


def test_every_onset_is_within_2_ms_of_the_file(rendered: NDArray[np.float64]) -> None:
    for beat, _, _ in SCORE:
        assert abs(onset_s(rendered, seconds(beat)) - seconds(beat)) <= 0.002


def test_every_pitch_is_within_3_cents_of_the_file(rendered: NDArray[np.float64]) -> None:
    for beat, _, keys in SCORE:
        heard = rendered[round((seconds(beat) + 0.08) * RATE) :]
        for key in keys:
            assert abs(cents(partial_hz(heard, key_hz(key)), key_hz(key))) <= 3.0


def test_the_pedal_keeps_the_last_note_and_its_tail_is_kept(rendered: NDArray[np.float64]) -> None:
    held = rendered[round(seconds(10.2) * RATE) : round(seconds(10.4) * RATE)]
    assert np.max(np.abs(held)) > 1e-3
    assert len(rendered) / RATE > seconds(10.5) + 0.5
    assert np.max(np.abs(rendered[-100:])) < 1e-5


def test_two_channels_of_a_zone_are_bent_apart_by_a_fifth(player: Instrument, tmp_path: Path) -> None:
    lower = [b"\xb0\x65\x00", b"\xb0\x64\x06", b"\xb0\x06\x05"]
    fifth = round(8192 + 8191 * 7 / 48)
    messages = [(0, message) for message in lower]
    messages += [(480, b"\x91\x3c\x60"), (480, b"\x92\x3c\x60")]
    messages += [(600, bytes([0xE2, fifth & 0x7F, fifth >> 7])), (1900, b"\x81\x3c\x00"), (1900, b"\x82\x3c\x00")]
    song = read_song(smf.write(tmp_path / "mpe.mid", smf.file([smf.track(messages)], TICKS, 0)))
    player.reset(DRY)
    y = render_notes(player, song_events(song.tracks, RATE)[0], 0.0).samples.astype(np.float64)
    for key in (60, 67):
        assert abs(cents(partial_hz(y[round(0.8 * RATE) :], key_hz(key)), key_hz(key))) <= 3.0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is no MIDI file, or one that is damaged"),
        (b"MThd\x00\x00\x00\x06\x00\x01", "is no MIDI file, or one that is damaged"),
        (song_bytes()[:60], "is no MIDI file, or one that is damaged"),
        (smf.file([smf.track([])], TICKS), "no notes"),
        (smf.file([smf.track([(0, b"\x99\x3c\x40"), (96, b"\x89\x3c\x40")])], TICKS), "nothing but drums"),
        (smf.file([smf.track([(0, b"\x90\x3c\x40")])], TICKS, 2), "type 2"),
        (smf.file([smf.track([(0, b"\x90\x3c\x40")])], 0xE728), "beats"),
        (smf.file([smf.track([(0, b"\x90\x3c\x40"), (1 << 27, b"\x80\x3c\x40")])], 1), "hours"),
    ],
)
def test_a_bad_file_is_refused_in_a_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(BadInput, match=says) as refused:
        read_song(smf.write(tmp_path / "bad.mid", content))
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_played_or_refused_and_nothing_else(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(song_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = smf.write(tmp_path / "damaged.mid", bytes(content[: data.draw(st.integers(0, len(content)))]))
    try:
        song = read_song(path)
    except BadInput:
        return
    events, _ = song_events(song.tracks, RATE)
    assert all(event.time <= song.seconds * RATE + 1 for event in events)
