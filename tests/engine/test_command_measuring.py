"""What `jambox` measures and records, as a person runs it: round trips, block sizes, recordings and logs."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import psutil
import pytest

from jambox.audiofile import read_sound
from jambox.engine import buffers, devices, making, search
from jambox.engine.buffers import Trial
from jambox.engine.devices import Route
from jambox.engine.engine import Settings
from jambox.engine.jack import Patchbay
from jambox.engine.plan import Plan
from jambox.errors import DeviceError
from tests.cli.command import Jambox
from tests.engine.commanded import begun, lines_until, playing, run
from tests.engine.engine_process import plays_on, started, until
from tests.engine.jack_server import JackServer

Start = Callable[..., JackServer]


def _period() -> int:
    """The server's; 0 while it takes no client, as in the middle of a change."""
    try:
        with Patchbay() as bay:
            return bay.period
    except DeviceError:
        return 0


def test_a_recording_that_ended_with_its_server_is_said_to_be_there_until_then(jack_server: Start, tmp_path: Path) -> None:
    server = jack_server(128, here=False)
    take = tmp_path / "take.wav"
    process = playing("--record", str(take))
    assert process.stderr is not None
    server.kill()
    told = [process.stderr.readline(), process.stderr.readline()]
    assert f"jambox: The recording {take} ended with the stream.\n" in told
    server.begin()
    lines_until(process.stderr, "Playing again")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert errors == f"jambox: The recording {take} ended before the playing did; it holds what came until then.\n"
    assert read_sound(take).seconds > 0.5


def test_a_logged_run_ends_with_its_server(jack_server: Start, tmp_path: Path) -> None:
    server = jack_server(128, here=False)
    take = tmp_path / "take"
    process = playing("--log", str(take))
    server.end()
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 4
    assert "jambox: system (JACK Audio Connection Kit) went away." in errors
    assert "Traceback" not in errors
    from jambox.take import Take

    assert len(Take(take).output) > 24_000


def test_the_latency_is_measured_and_split(jack_server: Start) -> None:
    jack_server(128, here=False)
    unplugged = run("latency")
    assert unplugged.returncode == 4
    assert unplugged.stderr.count("\n") == 1
    assert "--loop" in unplugged.stderr
    done = run("latency", "--loop", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["parts_s"]["device"], told["parts_s"]["buffering"]) == pytest.approx((128 / 48_000, 0.0))
    assert set(told["round_trip_samples"]) == {128}
    assert set(told["parts_s"]) == {"device", "buffering", "analysis", "synthesis"}
    assert abs(told["total_s"] - sum(told["parts_s"].values())) < 1e-9


def test_a_measurement_whose_server_dies_ends_in_a_sentence(jack_server: Start) -> None:
    server = jack_server(128, here=False)
    process = begun("latency", "--loop")

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
        refused = run(*arguments)
        assert refused.returncode == 1
        assert refused.stderr.startswith("jambox: An engine runs already")
    with Patchbay() as bay:
        assert (bay.connections("jambox:out_0"), bay.connections("jambox:in_0")) == before
    assert plays_on(engine)


def test_a_search_that_the_system_ends_puts_the_servers_period_back(jack_server: Start) -> None:
    jack_server(512, here=False)
    process = begun("play", "--find-buffer")

    until(lambda: _period() == 32)
    process.terminate()
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert _period() == 512


def test_a_search_whose_server_dies_is_one_sentence_and_burns_nothing_any_more(jack_server: Start) -> None:
    server = jack_server(512, here=False)
    process = begun("play", "--find-buffer")

    def descendants() -> list[psutil.Process]:
        return psutil.Process(process.pid).children(recursive=True)

    # The search, and what burns a core for it.
    until(lambda: len(descendants()) == 2)
    until(lambda: _period() == 32)
    burning = descendants()
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
    done = run("play", "--find-buffer")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("   32 frames: ")
    assert "block size" in lines[-1]
    assert "jackd -p" in lines[-1]


def test_a_search_in_json_is_one_object(jack_server: Start) -> None:
    jack_server(256, here=False)
    done = run("play", "--find-buffer", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [trial["block_size"] for trial in told["trials"]] == sorted(trial["block_size"] for trial in told["trials"])
    assert told["best"] in told["trials"]
    assert f"{told['best']['block_size']} frames" in told["recommendation"]


def test_a_search_for_a_block_size_takes_none(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    refused = Jambox(capsys, monkeypatch)("play", "--find-buffer", "--block-size", 128)
    assert (refused.code, refused.out) == (2, "")
    assert refused.refusal() == "--find-buffer tries the block sizes itself: leave --block-size out."


def test_play_says_that_its_latency_is_a_promise(jack_server: Start) -> None:
    jack_server(128, here=False)
    done = run("play", "--seconds", "0.2")
    assert "Latency 7.1 ms, as the device promises: device 2.7, buffering 0.0, analysis and synthesis 4.4 ms" in done.stdout


def test_a_logged_run_of_the_command_replays_to_the_same_samples(jack_server: Start, tmp_path: Path) -> None:
    from jambox.take import Take

    jack_server(128, here=False)
    take = tmp_path / "take"
    assert run("play", "--seconds", "1", "--log", str(take), "--set", "reverb_mix=0.4").returncode == 0
    out = tmp_path / "again.wav"
    done = run("render", "--replay", str(take), "-o", str(out))
    assert done.returncode == 0, done.stderr
    assert "largest difference from the live run: 0\n" in done.stdout
    assert run("render", "--replay", str(take), "-o", str(take / "input.wav")).returncode == 2
    import soundfile

    again, rate = soundfile.read(out, dtype="float32")
    assert rate == 48_000
    assert abs(again - Take(take).output).max() == 0.0
