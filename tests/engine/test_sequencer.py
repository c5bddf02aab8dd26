"""A song that is played live is the song that is rendered, whoever joins in the middle and whenever it is ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jambox.engine import devices
from jambox.engine.client import EngineClient
from jambox.engine.engine import Engine, Settings
from jambox.engine.sequencer import Sequencer
from jambox.engine.stage import Stage
from jambox.errors import BadInput
from jambox.instrument import Design
from jambox.instrument.events import EVENT_LOUDNESS
from jambox.instrument.note_events import NoteEvent, note_off, note_on
from jambox.instrument.opening import open_instrument
from jambox.midi.song import read_song, song_events
from jambox.render import render_notes
from jambox.take import Take
from tests.engine.engine_process import event, started
from tests.engine.jack_server import JackServer
from tests.engine.patch import Patch
from tests.engine.test_stage import BLOCK, RATE, play
from tests.midi import smf

Start = Callable[..., JackServer]
KEYS = {"source": 2.0}


def song_file(folder: Path, beats: int = 6) -> Path:
    """Chords, a bend and a pedal; 120 beats a minute, then 150."""
    events = [(0, b"\xb0\x40\x7f"), (700, b"\xb0\x40\x00")]
    for beat in range(beats):
        for key in (60, 64 + beat, 67):
            events += [(beat * 480 + key, bytes([0x90, key, 80 + beat])), (beat * 480 + key + 300, bytes([0x80, key, 0]))]
        events.append((beat * 480 + 111, bytes([0xE0, 0, 0x40 + 4 * beat])))
    head = [(0, smf.tempo(500_000)), (960, smf.tempo(400_000))]
    return smf.write(folder / "song.mid", smf.file([smf.track(head), smf.track(events)], 480))


def test_a_song_played_in_freewheel_is_the_rendered_one_sample_for_sample(jack_server: Start, tmp_path: Path) -> None:
    jack_server(128)
    events, passed_over = song_events(read_song(song_file(tmp_path)).tracks, RATE)
    engine = Engine(Settings("violin", KEYS, log=tmp_path / "take"), devices.choose_route())
    engine.begin_song(events, passed_over)
    engine.start()
    with Patch(np.zeros(3 * RATE, dtype=np.float32)) as patch:
        patch.freewheel(True)
        assert patch.done.wait(20)
        patch.freewheel(False)
    assert engine.instrument.header["notes"]["late"] == 0
    engine.stop()
    offline = render_notes(open_instrument("violin", Design(RATE), KEYS), events).samples
    live = Take(tmp_path / "take").output[: 3 * RATE]
    assert len(live) == 3 * RATE
    assert np.max(np.abs(live)) > 0.05
    assert np.max(np.abs(live - offline[: 3 * RATE])) == 0.0


def test_a_song_longer_than_the_queue_goes_on_as_it_is_played_and_can_be_ended() -> None:
    instrument = open_instrument("violin", Design(RATE), KEYS)
    events = [NoteEvent(EVENT_LOUDNESS, 0, None, -1.0, i // 50 * 64) for i in range(20_000)]
    song, stage = Sequencer(events, []), Stage(RATE)
    song.prime(instrument)
    stage.enter(instrument)
    silence = np.zeros(BLOCK, dtype=np.float32)
    while stage.position < 18_000 // 50 * 64:
        song.feed(stage)
        play(stage, silence)
    assert int(instrument.header["scheduled"]["read"][0]) >= 18_000
    assert instrument.header["notes"]["late"] == 0
    song.take_back(stage)
    play(stage, silence)
    done = int(instrument.header["scheduled"]["read"][0])
    play(stage, np.zeros(4 * BLOCK, dtype=np.float32))
    assert int(instrument.header["scheduled"]["read"][0]) == done == int(instrument.header["scheduled"]["written"][0])


def test_whoever_takes_over_plays_the_rest_with_the_controllers_it_missed() -> None:
    stage = Stage(RATE)
    first, second = (open_instrument(name, Design(RATE), KEYS) for name in ("violin", "cello"))
    at = 2 * RATE
    events = [NoteEvent(EVENT_LOUDNESS, 0, None, -6.0, 10)]
    events += [note_on(60, 0.8, time=20), note_off(60, time=30), note_on(62, 0.8, time=at)]
    song = Sequencer(events, [])
    song.prime(first)
    stage.enter(first)
    play(stage, np.zeros(BLOCK * 4, dtype=np.float32))
    stage.enter(second)
    for _ in range(40):
        play(stage, np.zeros(BLOCK, dtype=np.float32))
        song.feed(stage)
    while stage.position < at + BLOCK:
        play(stage, np.zeros(BLOCK, dtype=np.float32))
    assert stage.instruments[-1] is second
    notes = second.header["notes"]
    assert notes["channel_loudness_db"][0] == -6.0
    assert notes["n_sounding"] == 1
    assert notes["last_serial"] == 1
    assert notes["late"] == 0


def test_the_engine_says_when_a_song_is_over_and_refuses_what_is_none(jack_server: Start, tmp_path: Path) -> None:
    jack_server(256, here=False)
    path = song_file(tmp_path, beats=1)
    with pytest.raises(BadInput, match="MIDI file"):
        started(instrument="violin", song=str(Path(__file__)))
    engine = EngineClient.join()
    assert engine.meters()["state"] == "stopped"
    told = engine.request("start", instrument="violin", params=KEYS, song=str(path))
    assert 0.7 < told["song"]["seconds"] < 0.8
    assert event(engine, "song_ended")["event"] == "song_ended"
    assert engine.meters()["notes"] == 0
    assert engine.request("song", path=str(path))["seconds"] == told["song"]["seconds"]
    engine.request("song")
    assert engine.request("status")["song"] is None
