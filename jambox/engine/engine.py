"""The live driver: an instrument under a sounddevice stream."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jambox.engine.callback import AudioCallback
from jambox.engine.devices import Device, Route, closed, portaudio
from jambox.engine.load import LoadMeter
from jambox.engine.log import LOG_RING_S, RunLog
from jambox.engine.python_callback import PythonCallback
from jambox.engine.sequencer import Sequencer
from jambox.engine.stage import ALL_CHANNELS, RING_S, Stage
from jambox.errors import BadInput, DeviceError
from jambox.frames import MAX_SAMPLE_RATE, MIN_SAMPLE_RATE, check_sample_rate
from jambox.instrument import Design, Instrument, Runtime
from jambox.instrument.hybrid import absolute
from jambox.instrument.note_events import NoteEvent, released
from jambox.instrument.opening import instrument_hash, open_instrument
from jambox.instrument.own_voice import ANALYSIS_LATENCY_S
from jambox.take import Origin, Session

STOP_FADE_S = 0.08
WARM_UP_RING_S = 0.1
# From the wish for a song to its first sample.
SONG_LEAD_S = 0.1


@dataclass(frozen=True)
class Latency:
    """From microphone to loudspeaker, by cause, in seconds; synthesis is in `analysis`."""

    device: float
    buffering: float
    analysis: float

    @property
    def total(self) -> float:
        return self.device + self.buffering + self.analysis


def device_and_buffering(whole_s: float, asked_s: float) -> tuple[float, float]:
    """The way from input to output in two: device or sound server with its own period, and the block that was asked for.

    PortAudio's promise holds both already, as a measured round trip does. `asked_s` is 0 where no block was asked for.
    """
    buffering_s = min(asked_s, whole_s)
    return whole_s - buffering_s, buffering_s


@dataclass(frozen=True)
class Settings:
    """How to play: what `jambox play` can be told."""

    instrument: str | Path
    params: Mapping[str, float]
    runtime: Runtime = "compiled"
    trusted: bool = False
    room: Path | None = None
    scale: Path | None = None
    sample_rate: int | None = None
    block_size: int = 0  # 0: as the device likes it, which is also the lowest latency
    fade_in_s: float = 0.0
    seed: int = 0
    log: Path | None = None
    channel_in: int = 0  # from 0, or ALL_CHANNELS
    first_out: int = 0  # the first output channel that sounds, from 0 ...
    n_out: int = 2  # ... and how many do


class Engine:
    """An instrument that plays: made silent, `start`ed, `set`, `stop`ped.

    With the compiled runtime the callback is a C function and no interpreter runs on the audio thread; with torchscript it
    is a Python callback around the same compiled entry.
    """

    def __init__(self, settings: Settings, route: Route) -> None:
        self.settings, self.route = settings, route
        rate = settings.sample_rate or route.output.default_rate
        if settings.sample_rate is None and not MIN_SAMPLE_RATE <= rate <= MAX_SAMPLE_RATE:
            raise DeviceError(
                f"{route.describe()} runs at {rate} Hz; Jambox plays at {MIN_SAMPLE_RATE} to {MAX_SAMPLE_RATE} Hz."
            )
        check_sample_rate(rate)
        design = Design(rate, settings.seed, settings.fade_in_s)
        self.stage = Stage(rate, RING_S if settings.log is None else LOG_RING_S)
        device = self.stage.record
        device["channels_in"] = self._input_channels(route.input)
        device["channels_out"], device["n_out"] = self._output_channels(route.output)
        device["channel_in"], device["first_out"] = settings.channel_in, settings.first_out
        self.instrument = open_instrument(
            settings.instrument, design, settings.params, settings.runtime, settings.trusted, settings.room, settings.scale
        )
        self._finished = threading.Event()
        self._woken = threading.Event()
        self._closed = False
        self._ducked_db = 0.0
        self._callback: Any = AudioCallback() if settings.runtime == "compiled" else PythonCallback(self.stage)
        self.warm_up(self.instrument)
        self.stage.enter(self.instrument)
        self._stream: Any = self._open()
        self.stage.stream_time = self._time_s
        self._log = self._open_log(design)
        self.song: Sequencer | None = None
        self.load = LoadMeter(self.stage.record)

    @property
    def sample_rate(self) -> int:
        return self.instrument.sample_rate

    @property
    def position(self) -> int:
        """Samples played since the start."""
        return self.stage.position

    @property
    def latency(self) -> Latency:
        """What the device promises, and the analysis; nothing of it is measured here (see round_trip.py)."""
        source, target = self._stream.latency
        asked_s = self.settings.block_size / self.sample_rate
        return Latency(*device_and_buffering(source + target, asked_s), ANALYSIS_LATENCY_S)

    @property
    def playing(self) -> bool:
        return self._stream is not None and bool(self._stream.active)

    def start(self) -> None:
        """[main] Sound begins; the log, if any, from the first callback on."""
        if isinstance(self._callback, PythonCallback):
            self._callback.prepare()
        if self._log is not None:
            self._log.start()
        try:
            self._stream.start()
        except portaudio().PortAudioError as error:
            raise DeviceError(f"The audio device could not be started: {error}.") from error

    def set(self, id: str, value: float) -> None:
        """[any] Change a parameter at the next hop, in whoever plays and whoever is about to."""
        with self.stage.lock:
            for instrument in self.stage.instruments:
                instrument.set(id, value)

    def play(self, event: NoteEvent) -> None:
        """[any] A note, at its sample of the stream; a late one at once."""
        self.stage.play(event)

    def begin_song(self, events: list[NoteEvent], passed_over: list[str]) -> None:
        """[control] Play these events: from the stream's first sample on if it has not begun, else from just now on.

        `passed_over` says what else was in their file.
        """
        if not self.stage.record["callbacks"]:
            self.song = Sequencer(events, passed_over)
            self.song.prime(self.instrument)
            return
        self.end_song()
        now, _ = self.stage.now()
        self.song = Sequencer(events, passed_over, now + round(SONG_LEAD_S * self.sample_rate))
        self.song.feed(self.stage)

    def end_song(self) -> None:
        """[control] Play no more of the song; its keys and pedals go up."""
        if self.song is None:
            return
        self.song.take_back(self.stage)
        self.song = None
        now, block = self.stage.now()
        for event in released(now + block):
            self.play(event)

    def panic(self) -> None:
        """[any] End all sound at once, without a click; parameters stay."""
        with self.stage.lock:
            for instrument in self.stage.instruments:
                instrument.panic()

    def duck(self, level_db: float) -> None:
        """[any] Turn the output down, or up again to 0, in whoever plays and whoever is about to."""
        with self.stage.lock:
            self._ducked_db = level_db
            for instrument in self.stage.instruments:
                instrument.duck(level_db)

    def swap(self, instrument: Instrument, origin: Origin | None = None) -> bool:
        """[one thread at a time] Let another instrument take over by crossfade; False while a change is under way.

        It must run at this rate; one that torch steps needs an engine that was made with the torchscript runtime; a run that
        is logged must be told its `origin`. Raises BadInput otherwise.
        """
        if self._log is not None and origin is None:
            raise BadInput("A run that is logged cannot take an instrument whose origin is unknown.")
        if instrument.sample_rate != self.sample_rate:
            raise BadInput(f"The instrument runs at {instrument.sample_rate} Hz, the device at {self.sample_rate} Hz.")
        if instrument.network is not None and self.settings.runtime == "compiled":
            raise BadInput("The torchscript runtime needs an engine that was started with it.")
        self.stage.free_retired()
        if self.stage.occupied:
            return False
        if self._log is not None and origin is not None:
            self._log.enters(instrument, origin)
        if self._ducked_db < 0.0:
            instrument.duck(self._ducked_db)
        self.stage.enter(instrument)
        self.instrument = instrument
        return True

    def warm_up(self, instrument: Instrument) -> None:
        """[any] Touch code and memory of one that does not play yet, before they meet a deadline; it stays a fresh one."""
        silence = np.zeros(4 * instrument.hop, dtype=np.float32)
        if isinstance(self._callback, AudioCallback):
            stage = Stage(instrument.sample_rate, WARM_UP_RING_S)
            stage.enter(instrument)
            self._callback.play(stage, silence, np.empty_like(silence))
        else:
            instrument.process(silence)
        instrument.reset()

    def wait(self, seconds: float | None) -> bool:
        """[main] Let it play, until `wake` at most; True if it ended by itself meanwhile (the device went away)."""
        self._woken.wait(seconds)
        return self.gone

    def wake(self) -> None:
        """[any] End a `wait` now."""
        self._woken.set()

    def stop(self) -> bool:
        """[main] Fade out, stop, close, complete the log. False if the stream could not be closed.

        PortAudio waits for ever for a sound server that died; then the process should end at once, by `os._exit`.
        """
        if self._closed:
            return True
        before = self.position
        if self.playing:
            self.set("output_gain_db", -60.0)
            self._finished.wait(STOP_FADE_S)
        if self._log is not None and self.position == before:
            self._log.stop()  # nobody plays any more; what was played is kept whatever closing does
        self._closed = closed(self._stream.close)
        if self._closed:
            # Both know this engine, whom to tell of an end and whom to ask for the time: circles that would keep its memory.
            self._stream = None
            self.stage.stream_time = None
        if self._log is not None:
            self._log.stop()
        return self._closed

    def abandon(self) -> None:
        """[main] The device died: complete the log, leave the stream as it is. The process must end, or become another."""
        if self._log is not None:
            self._log.stop()

    @property
    def gone(self) -> bool:
        """Whether the stream ended by itself."""
        return self._finished.is_set()

    @property
    def log_problem(self) -> str | None:
        """Why the log of the run is not whole, in a sentence; None for a healthy one."""
        return self._log.problem if self._log is not None else None

    def _time_s(self) -> float:
        """The stream's time at this moment; 0 once it is closed, when nobody counts any more."""
        try:
            return float(self._stream.time)
        except (AttributeError, portaudio().PortAudioError):
            return 0.0

    def _end(self) -> None:
        self._finished.set()
        self._woken.set()

    def _input_channels(self, source: Device) -> int:
        if self.settings.channel_in >= source.channels_in:
            raise DeviceError(f"{source.name} has {source.channels_in} input channels, not {self.settings.channel_in + 1}.")
        if self.settings.channel_in == ALL_CHANNELS:
            return source.channels_in
        return max(self.settings.channel_in + 1, min(2, source.channels_in))

    def _output_channels(self, target: Device) -> tuple[int, int]:
        """How many channels are opened, and how many of them sound."""
        first, wanted = self.settings.first_out, self.settings.n_out
        if first >= target.channels_out:
            raise DeviceError(f"{target.name} has {target.channels_out} output channels, not {first + 1}.")
        last = min(first + wanted, target.channels_out)
        return last, last - first

    def _open(self) -> Any:
        sd = portaudio()
        device = self.stage.record
        common: dict[str, Any] = {
            "samplerate": self.sample_rate,
            "blocksize": self.settings.block_size,
            "device": (self.route.input.index, self.route.output.index),
            "channels": (int(device["channels_in"]), int(device["channels_out"])),
            "dtype": "float32",
            "latency": "low",
            "clip_off": True,
            "dither_off": True,
            "finished_callback": self._end,
        }
        try:
            if self.settings.runtime == "torchscript":
                return sd.RawStream(callback=self._callback, **common)
            return sd._StreamBase(
                kind="duplex",
                callback=sd._ffi.cast("PaStreamCallback*", self._callback.address),
                userdata=sd._ffi.cast("void*", self.stage.block.ctypes.data),
                wrap_callback=None,
                **common,
            )
        except (sd.PortAudioError, ValueError) as error:
            raise DeviceError(
                f"{self.route.describe()} could not be opened at {self.sample_rate} Hz (its own rate is "
                f"{self.route.output.default_rate} Hz): {str(error).partition(':')[2].strip() or error}."
            ) from error

    def _open_log(self, design: Design) -> RunLog | None:
        if self.settings.log is None:
            return None
        setup = self.settings
        origin = origin_of(setup.instrument, setup.runtime, design.seed, self.instrument.params(), setup.room, setup.scale)
        session = Session(**origin.model_dump(), sample_rate=design.sample_rate, fade_in_s=design.fade_in_s)
        return RunLog(self.stage, self.instrument, self.settings.log, session)


def origin_of(
    instrument: str | Path,
    runtime: Runtime,
    seed: int,
    params: Mapping[str, float],
    room: Path | None,
    scale: Path | None,
) -> Origin:
    """[main] What a log keeps of an instrument; paths are absolute there."""
    return Origin(
        instrument=absolute(instrument),
        instrument_hash=instrument_hash(instrument),
        runtime=runtime,
        seed=seed,
        params=dict(params),
        room=str(room.resolve()) if room else None,
        scale=str(scale.resolve()) if scale else None,
    )
