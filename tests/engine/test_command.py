"""`jambox play`, `start` and `devices` as a person runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from jambox.audiofile import read_sound
from jambox.engine import buffers, devices, making, search
from jambox.engine.buffers import Trial
from jambox.engine.client import EngineClient
from jambox.engine.devices import Route
from jambox.engine.engine import Settings
from jambox.engine.jack import Patchbay
from jambox.engine.plan import Plan
from tests.cli.command import Jambox
from tests.engine.engine_process import plays_on, started, until
from tests.engine.jack_server import JackServer
from tests.midi import smf

Start = Callable[..., JackServer]
JAMBOX = [sys.executable, "-m", "jambox"]


def _run(*arguments: str, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*JAMBOX, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        env=os.environ | environment,
    )


NO_SERVER = {"JACK_NO_START_SERVER": "1", "JACK_DEFAULT_SERVER": "jambox-no-such-server"}


def test_play_says_its_latency_load_and_dropouts_every_second(jack_server: Start) -> None:
    jack_server(128, here=False)
    done = _run("play", "--seconds", "2", "--json")
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
    done = _run("play", "--seconds", "0.2")
    assert done.returncode == 0, done.stderr
    assert "system (JACK Audio Connection Kit) at 48000 Hz" in done.stdout
    assert "headphones" in done.stdout


def test_an_interrupt_ends_a_run_cleanly(jack_server: Start) -> None:
    jack_server(128, here=False)
    process = subprocess.Popen([*JAMBOX, "play"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if "dropouts" in line:
            break
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    assert "Stopped" in rest
    assert "Traceback" not in errors


def test_a_second_interrupt_does_not_wait_for_an_engine_that_hangs(jack_server: Start) -> None:
    jack_server(128, here=False)
    process = subprocess.Popen([*JAMBOX, "play"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if "dropouts" in line:
            break
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
    command = [*JAMBOX, "play", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    assert "position" in process.stdout.readline()
    process.stdout.close()
    assert process.wait(20) == 1
    assert process.stderr.read() == ""


def test_start_without_a_terminal_plays_ten_seconds(jack_server: Start) -> None:
    jack_server(256, here=False)
    done = _run("start")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("dropouts") == 11
    assert "Stopped" in done.stdout


def test_start_without_a_device_says_so_and_renders_the_demo(tmp_path: Path) -> None:
    done = _run("start", cwd=tmp_path, **NO_SERVER)
    assert done.returncode == 0, done.stderr
    assert "no audio device" in done.stdout
    assert (tmp_path / "demo" / "demo.wav").stat().st_size > 100_000
    assert (tmp_path / "demo" / "demo.png").stat().st_size > 10_000


def test_play_without_a_device_is_one_sentence_and_exit_code_4() -> None:
    done = _run("play", **NO_SERVER)
    assert done.returncode == 4
    assert done.stderr == "jambox: There is no audio device on this machine.\n"


def test_a_device_that_does_not_exist_is_named(jack_server: Start) -> None:
    jack_server(128, here=False)
    done = _run("play", "--input-device", "no such thing")
    assert done.returncode == 4
    assert done.stderr.count("\n") == 1
    assert "no such thing" in done.stderr


def test_a_server_that_dies_is_reported_and_playing_resumes_when_it_returns(jack_server: Start) -> None:
    server = jack_server(128, here=False)
    process = subprocess.Popen([*JAMBOX, "play"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    for line in process.stdout:
        if "dropouts" in line:
            break
    server.kill()
    assert "system (JACK Audio Connection Kit) went away." in process.stderr.readline()
    server.begin()
    for line in process.stderr:
        if "Playing again on system (JACK Audio Connection Kit)." in line:
            break
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert "Stopped" in rest


def test_a_server_that_returns_at_another_rate_than_was_wished_is_played_at_its_own_and_that_is_said(
    jack_server: Start,
) -> None:
    server = jack_server(128, here=False)
    command = [*JAMBOX, "play", "--sample-rate", "48000"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    for line in process.stdout:
        if "dropouts" in line:
            break
    server.kill()
    assert "went away." in process.stderr.readline()
    jack_server(128, 44_100, here=False)
    told = []
    for line in process.stderr:
        told.append(line)
        if "Playing again" in line:
            break
    assert told[-2] == "jambox: system (JACK Audio Connection Kit) runs at 44100 Hz now, not at 48000 Hz as was wished.\n"
    engine = EngineClient.join()
    assert plays_on(engine)
    assert engine.meters()["sample_rate"] == 44_100
    engine.close()
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors
    assert "Stopped" in rest


def test_a_recording_that_ended_with_its_server_is_said_to_be_there_until_then(jack_server: Start, tmp_path: Path) -> None:
    server = jack_server(128, here=False)
    take = tmp_path / "take.wav"
    command = [*JAMBOX, "play", "--record", str(take)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    for line in process.stdout:
        if "dropouts" in line:
            break
    server.kill()
    told = [process.stderr.readline(), process.stderr.readline()]
    assert f"jambox: The recording {take} ended with the stream.\n" in told
    server.begin()
    for line in process.stderr:
        if "Playing again" in line:
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors == f"jambox: The recording {take} ended before the playing did; it holds what came until then.\n"
    assert read_sound(take).seconds > 0.5


def test_a_logged_run_ends_with_its_server(jack_server: Start, tmp_path: Path) -> None:
    server = jack_server(128, here=False)
    take = tmp_path / "take"
    command = [*JAMBOX, "play", "--log", str(take)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if "dropouts" in line:
            break
    server.end()
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 4
    assert "jambox: system (JACK Audio Connection Kit) went away." in errors
    assert "Traceback" not in errors
    from jambox.take import Take

    assert len(Take(take).output) > 24_000


def test_a_second_play_joins_the_first_and_leaves_it_running(jack_server: Start, tmp_path: Path) -> None:
    jack_server(128, here=False)
    first = subprocess.Popen([*JAMBOX, "play"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert first.stdout is not None
    for line in first.stdout:
        if "dropouts" in line:
            break
    sound = ("-i", "cello", "--set", "reverb_mix=0.3")
    second = _run("play", *sound, "--seconds", "0.2", "--record", str(tmp_path / "a.flac"))
    assert second.returncode == 0, second.stderr
    assert "Joined the engine that plays already" in second.stdout
    assert "Playing cello on system" in second.stdout
    assert "Left; the engine plays on." in second.stdout
    assert (tmp_path / "a.flac").stat().st_size > 42
    refused = _run("play", "--log", str(tmp_path / "log"), "--seconds", "0.2")
    assert refused.returncode == 2
    assert "plays already" in refused.stderr
    told = json.loads(_run("engine", "status", "--json").stdout)
    assert told["state"] == "playing"
    assert told["plan"]["instrument"] == "cello"
    kept = _run("preset", "save", "kept", "--playing", JAMBOX_DATA_DIR=str(tmp_path))
    assert kept.returncode == 0, kept.stderr
    preset = json.loads((tmp_path / "presets" / "kept.json").read_text())
    assert (preset["instrument"]["name"], preset["params"]) == ("cello", {"reverb_mix": 0.3})
    assert _run("engine", "stop").returncode == 0
    _, errors = first.communicate(timeout=30)
    assert first.returncode == 1
    assert errors == "jambox: The engine was ended.\n"


def test_who_started_an_engine_that_others_use_leaves_it_and_says_so(jack_server: Start) -> None:
    jack_server(128, here=False)
    process = subprocess.Popen([*JAMBOX, "play"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if "dropouts" in line:
            break
    other = EngineClient.join()
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=20)
    assert process.returncode == 0, errors
    assert rest.endswith("Left; the engine plays on.\n")
    assert plays_on(other)


def test_the_latency_is_measured_and_split(jack_server: Start) -> None:
    jack_server(128, here=False)
    unplugged = _run("latency")
    assert unplugged.returncode == 4
    assert unplugged.stderr.count("\n") == 1
    assert "--loop" in unplugged.stderr
    done = _run("latency", "--loop", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert set(told["round_trip_samples"]) == {128}
    assert set(told["parts_s"]) == {"device", "buffering", "analysis", "synthesis"}
    assert abs(told["total_s"] - sum(told["parts_s"].values())) < 1e-9


def test_a_measurement_whose_server_dies_ends_in_a_sentence(jack_server: Start) -> None:
    server = jack_server(128, here=False)
    process = subprocess.Popen([*JAMBOX, "latency", "--loop"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def looped() -> bool:
        with Patchbay() as bay:
            return "jambox:in_0" in bay.connections("jambox:out_0")

    until(looped)
    server.kill()
    try:
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()  # it is deaf to anything else while PortAudio waits
    assert process.returncode == 4
    assert "jambox: system (JACK Audio Connection Kit) went away." in errors


def test_nothing_is_measured_beside_an_engine_whose_cables_it_would_take(jack_server: Start) -> None:
    jack_server(256, here=False)
    engine = started(instrument="violin")
    with Patchbay() as bay:
        before = bay.connections("jambox:out_0"), bay.connections("jambox:in_0")
    for arguments in (("latency", "--loop"), ("play", "--find-buffer")):
        refused = _run(*arguments)
        assert refused.returncode == 1
        assert refused.stderr.startswith("jambox: An engine runs already")
    with Patchbay() as bay:
        assert (bay.connections("jambox:out_0"), bay.connections("jambox:in_0")) == before
    assert plays_on(engine)


def test_a_search_that_the_system_ends_puts_the_servers_period_back(jack_server: Start) -> None:
    jack_server(512, here=False)
    command = [*JAMBOX, "play", "--find-buffer"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def period() -> int:
        with Patchbay() as bay:
            return bay.period

    until(lambda: period() == 32)
    process.terminate()
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert period() == 512


def test_a_search_whose_server_dies_is_one_sentence_and_burns_nothing_any_more(jack_server: Start) -> None:
    server = jack_server(512, here=False)
    command = [*JAMBOX, "play", "--find-buffer"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def looked_for() -> bool:
        with Patchbay() as bay:
            return bay.period == 32 and bool(bay.ports("jambox", inputs=True))

    until(looked_for)
    burning = psutil.Process(process.pid).children()
    assert burning
    server.kill()
    out, errors = process.communicate(timeout=60)
    assert errors == "jambox: system (JACK Audio Connection Kit) went away.\n"
    assert process.returncode == 4
    assert out == ""
    assert psutil.wait_procs(burning, timeout=10)[1] == []


def test_the_search_plays_what_would_be_played(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tried: list[Settings] = []

    def try_sizes(settings: Settings, route: Route) -> Iterator[Trial]:
        tried.append(settings)
        yield Trial(64, 4.0, 0, 0.1, 0.01)

    card = devices.Device(0, "Card", "ALSA", 2, 2, 48_000, True, True)

    def here(plan: Plan) -> Generator[str, None, None]:
        """The search in this process, where devices and trials are ours."""
        yield from (step["recommendation"] for step in search.steps(plan) if "recommendation" in step)

    monkeypatch.setattr(buffers, "try_sizes", try_sizes)
    monkeypatch.setattr(search, "search", here)
    monkeypatch.setattr(making, "choose_route", lambda *names: Route(card, card))
    jambox = Jambox(capsys, monkeypatch)
    ended = jambox("play", "--find-buffer", "--preset", "octave-violin", "--set", "reverb_mix=0.3", "--input-channel", 2)
    assert ended.code == 0, ended.err
    ended = jambox("play", "--find-buffer", "-i", "cello", "--runtime", "torchscript", "--output-channels", "2")
    assert ended.code == 0, ended.err
    preset, plain = tried
    assert (preset.instrument, preset.params["pitch_shift_st"], preset.params["reverb_mix"]) == ("violin", 12.0, 0.3)
    assert preset.channel_in == 1
    assert (plain.instrument, plain.runtime, plain.first_out, plain.n_out) == ("cello", "torchscript", 1, 1)


def test_the_smallest_safe_buffer_is_said_in_one_sentence(jack_server: Start) -> None:
    jack_server(256, here=False)
    done = _run("play", "--find-buffer")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("   32 frames: ")
    assert "block size" in lines[-1]
    assert "jackd -p" in lines[-1]


def test_without_an_engine_there_is_nothing_to_look_at() -> None:
    done = _run("engine", "status")
    assert done.returncode == 1
    assert done.stderr == "jambox: No engine runs.\n"


def test_a_rate_that_the_device_does_not_have_is_one_sentence(jack_server: Start) -> None:
    jack_server(128, here=False)
    done = _run("play", "--sample-rate", "44100")
    assert done.returncode == 4
    assert done.stderr.count("\n") == 1
    assert "44100 Hz" in done.stderr


def test_a_logged_run_of_the_command_replays_to_the_same_samples(jack_server: Start, tmp_path: Path) -> None:
    from jambox.take import Take

    jack_server(128, here=False)
    take = tmp_path / "take"
    assert _run("play", "--seconds", "1", "--log", str(take), "--set", "reverb_mix=0.4").returncode == 0
    out = tmp_path / "again.wav"
    done = _run("render", "--replay", str(take), "-o", str(out))
    assert done.returncode == 0, done.stderr
    assert "largest difference from the live run: 0\n" in done.stdout
    assert _run("render", "--replay", str(take), "-o", str(take / "input.wav")).returncode == 2
    import soundfile

    again, rate = soundfile.read(out, dtype="float32")
    assert rate == 48_000
    assert abs(again - Take(take).output).max() == 0.0


def test_play_ends_with_its_midi_file_and_says_what_it_left_out(jack_server: Start, tmp_path: Path) -> None:
    jack_server(256, here=False)
    notes = [(0, b"\x90\x45\x64"), (240, b"\x80\x45\x00"), (0, b"\xc0\x05")]
    path = smf.write(tmp_path / "song.mid", smf.file([smf.track(notes)], 480))
    done = _run("play", "--midi-file", str(path), "--set", "source=2", "--record", str(tmp_path / "take.wav"))
    assert done.returncode == 0, done.stderr
    assert "program changes were ignored" in done.stderr
    assert "Stopped" in done.stdout
    assert np.max(np.abs(read_sound(tmp_path / "take.wav").samples)) > 0.01
    refused = _run("play", "--midi-file", str(Path(__file__)))
    assert refused.returncode == 2
    assert "MIDI file" in refused.stderr


def test_play_waits_for_a_port_that_is_not_there_and_has_ports_of_its_own(jack_server: Start) -> None:
    jack_server(256, here=False)
    done = _run("play", "--midi-port", "none such", "--melody-port", "all", "--seconds", "0.5")
    assert done.returncode == 0, done.stderr
    assert "There is no MIDI port 'none such' yet" in done.stderr
    assert "MIDI ports played from: jambox-midi:in." in done.stdout
    assert "MIDI ports told what you sing: jambox-midi:melody." in done.stdout
