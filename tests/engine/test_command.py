"""`jambox play`, `start` and `devices` as a person runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np

from jambox.audiofile import read_sound
from jambox.engine.client import EngineClient
from tests.engine.commanded import NO_SERVER, begun, lines_until, playing, run
from tests.engine.engine_process import plays_on
from tests.engine.jack_server import JackServer
from tests.midi import smf

Start = Callable[..., JackServer]


def test_play_says_its_latency_load_and_dropouts_every_second(jack_server: Start) -> None:
    jack_server(128, here=False)
    done = run("play", "--seconds", "2", "--json")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 2
    assert 40_000 <= lines[0]["position"] <= 60_000
    latency = lines[1]["latency_s"]
    assert abs(latency["total"] - latency["device"] - latency["buffering"] - latency["analysis"]) < 1e-9
    assert 0.0 < latency["device"] < 0.05
    load = lines[1]["load"]
    assert 0.0 < load["mean"] <= load["maximum"]
    assert load["callbacks"] > 300


def test_without_options_the_host_api_with_a_usable_device_is_chosen_and_named(jack_server: Start) -> None:
    jack_server(128, here=False)
    done = run("play", "--seconds", "0.2")
    assert done.returncode == 0, done.stderr
    assert "system (JACK Audio Connection Kit) at 48000 Hz" in done.stdout
    assert "headphones" in done.stdout


def test_an_interrupt_ends_a_run_cleanly(jack_server: Start) -> None:
    jack_server(128, here=False)
    process = playing()
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    assert "Stopped" in rest
    assert "Traceback" not in errors


def test_a_second_interrupt_does_not_wait_for_an_engine_that_hangs(jack_server: Start) -> None:
    jack_server(128, here=False)
    process = playing()
    engine = EngineClient.join()
    os.kill(engine.pid, signal.SIGSTOP)
    try:
        for _ in range(20):
            process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=2.0)
                break
            except subprocess.TimeoutExpired:
                continue
        # The system's own way to say so, if it was asked again while it ended.
        assert process.returncode in (130, -signal.SIGINT)
    finally:
        os.kill(engine.pid, signal.SIGCONT)


def test_a_reader_that_leaves_ends_the_run_without_a_crash(jack_server: Start) -> None:
    jack_server(128, here=False)
    process = begun("play", "--json")
    assert process.stdout is not None
    assert process.stderr is not None
    assert "position" in process.stdout.readline()
    process.stdout.close()
    assert process.wait(20) == 1
    assert process.stderr.read() == ""


def test_start_without_a_terminal_plays_ten_seconds(jack_server: Start) -> None:
    jack_server(256, here=False)
    done = run("start")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("dropouts") == 11
    assert "Stopped" in done.stdout


def test_start_without_a_device_says_so_and_renders_the_demo(tmp_path: Path) -> None:
    done = run("start", cwd=tmp_path, **NO_SERVER)
    assert done.returncode == 0, done.stderr
    assert "no audio device" in done.stdout
    assert (tmp_path / "demo" / "demo.wav").stat().st_size > 100_000
    assert (tmp_path / "demo" / "demo.png").stat().st_size > 10_000


def test_play_without_a_device_is_one_sentence_and_exit_code_4() -> None:
    done = run("play", **NO_SERVER)
    assert done.returncode == 4
    assert done.stderr == "jambox: There is no audio device on this machine.\n"


def test_a_device_that_does_not_exist_is_named(jack_server: Start) -> None:
    jack_server(128, here=False)
    done = run("play", "--input-device", "no such thing")
    assert done.returncode == 4
    assert done.stderr.count("\n") == 1
    assert "no such thing" in done.stderr


def test_a_server_that_dies_is_reported_and_playing_resumes_when_it_returns(jack_server: Start) -> None:
    server = jack_server(128, here=False)
    process = playing()
    assert process.stderr is not None
    server.kill()
    assert "system (JACK Audio Connection Kit) went away." in process.stderr.readline()
    server.begin()
    lines_until(process.stderr, "Playing again on system (JACK Audio Connection Kit).")
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert "Stopped" in rest


def test_a_server_that_returns_at_another_rate_than_was_wished_is_played_at_its_own_and_that_is_said(
    jack_server: Start,
) -> None:
    server = jack_server(128, here=False)
    process = playing("--sample-rate", "48000")
    assert process.stderr is not None
    server.kill()
    assert "went away." in process.stderr.readline()
    jack_server(128, 44_100, here=False)
    told = lines_until(process.stderr, "Playing again")
    assert told[-2] == "jambox: system (JACK Audio Connection Kit) runs at 44100 Hz now, not at 48000 Hz as was wished.\n"
    engine = EngineClient.join()
    assert plays_on(engine)
    assert engine.meters()["sample_rate"] == 44_100
    engine.close()
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert "Stopped" in rest


def test_a_second_play_joins_the_first_and_leaves_it_running(jack_server: Start, tmp_path: Path) -> None:
    jack_server(128, here=False)
    first = playing()
    sound = ("-i", "cello", "--set", "reverb_mix=0.3")
    second = run("play", *sound, "--seconds", "0.2", "--record", str(tmp_path / "a.flac"))
    assert second.returncode == 0, second.stderr
    assert "Joined the engine that plays already" in second.stdout
    assert "Playing cello on system" in second.stdout
    assert "Left; the engine plays on." in second.stdout
    assert (tmp_path / "a.flac").stat().st_size > 42
    refused = run("play", "--log", str(tmp_path / "log"), "--seconds", "0.2")
    assert refused.returncode == 2
    assert "plays already" in refused.stderr
    told = json.loads(run("engine", "status", "--json").stdout)
    assert told["state"] == "playing"
    assert told["plan"]["instrument"] == "cello"
    kept = run("preset", "save", "kept", "--playing", JAMBOX_DATA_DIR=str(tmp_path))
    assert kept.returncode == 0, kept.stderr
    preset = json.loads((tmp_path / "presets" / "kept.json").read_text())
    assert (preset["instrument"]["name"], preset["params"]) == ("cello", {"reverb_mix": 0.3})
    assert run("engine", "stop").returncode == 0
    _, errors = first.communicate(timeout=30)
    assert first.returncode == 1
    assert errors == "jambox: The engine was ended.\n"


def test_who_started_an_engine_that_others_use_leaves_it_and_says_so(jack_server: Start) -> None:
    jack_server(128, here=False)
    process = playing()
    other = EngineClient.join()
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    assert rest.endswith("Left; the engine plays on.\n")
    assert plays_on(other)


def test_without_an_engine_there_is_nothing_to_look_at() -> None:
    done = run("engine", "status")
    assert done.returncode == 1
    assert done.stderr == "jambox: No engine runs.\n"


def test_a_rate_that_the_device_does_not_have_is_one_sentence(jack_server: Start) -> None:
    jack_server(128, here=False)
    done = run("play", "--sample-rate", "44100")
    assert done.returncode == 4
    assert done.stderr.count("\n") == 1
    assert "44100 Hz" in done.stderr


def test_play_ends_with_its_midi_file_and_says_what_it_left_out(jack_server: Start, tmp_path: Path) -> None:
    jack_server(256, here=False)
    notes = [(0, b"\x90\x45\x64"), (240, b"\x80\x45\x00"), (0, b"\xc0\x05")]
    path = smf.write(tmp_path / "song.mid", smf.file([smf.track(notes)], 480))
    done = run("play", "--midi-file", str(path), "--set", "source=2", "--record", str(tmp_path / "take.wav"))
    assert done.returncode == 0, done.stderr
    assert "program changes were ignored" in done.stderr
    assert "Stopped" in done.stdout
    assert np.max(np.abs(read_sound(tmp_path / "take.wav").samples)) > 0.01
    refused = run("play", "--midi-file", str(Path(__file__)))
    assert refused.returncode == 2
    assert "MIDI file" in refused.stderr


def test_play_waits_for_a_port_that_is_not_there_and_has_ports_of_its_own(jack_server: Start) -> None:
    jack_server(256, here=False)
    done = run("play", "--midi-port", "none such", "--melody-port", "all", "--seconds", "0.5")
    assert done.returncode == 0, done.stderr
    assert "There is no MIDI port 'none such' yet" in done.stderr
    assert "MIDI ports played from: jambox-midi:in." in done.stdout
    assert "MIDI ports told what you sing: jambox-midi:melody." in done.stdout
