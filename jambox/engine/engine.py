"""The live driver: an instrument under a sounddevice stream."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jambox.control.library import instrument_names
from jambox.engine.block import begin_block, end_block, give_output, take_input
from jambox.engine.callback import compile_callback
from jambox.engine.devices import Device, Route, portaudio
from jambox.engine.load import LoadMeter
from jambox.engine.log import RING_S, RunLog
from jambox.errors import DeviceError
from jambox.frames import MAX_SAMPLE_RATE, MIN_SAMPLE_RATE, check_sample_rate
from jambox.instrument import Design, Runtime
from jambox.instrument.instrument import LARGEST_BLOCK
from jambox.instrument.opening import instrument_hash, open_instrument
from jambox.take import Session

# From a 20 dB step of a 220 Hz tone at the input to half of it (in dB) at the output, beyond the device: the mean of a step
# up and one down, each the median over where in a hop it falls, rounded up (tests/engine/test_latency.py measures it).
ANALYSIS_LATENCY_S = 0.0044
STOP_FADE_S = 0.08
CLOSE_WITHIN_S = 3.0


@dataclass(frozen=True)
class Latency:
    """From microphone to loudspeaker, by cause, in seconds."""

    device: float
    buffering: float
    analysis: float

    @property
    def total(self) -> float:
        return self.device + self.buffering + self.analysis


@dataclass(frozen=True)
class Settings:
    """How to play: what `jambox play` can be told."""

    instrument: str | Path
    params: Mapping[str, float]
    runtime: Runtime = "compiled"
    trusted: bool = False
    room: Path | None = None
    sample_rate: int | None = None
    block_size: int = 0  # 0: as the device likes it, which is also the lowest latency
    fade_in_s: float = 0.0
    seed: int = 0
    log: Path | None = None
    channel_in: int = 0


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
        design = Design(rate, settings.seed, settings.fade_in_s, RING_S if settings.log is not None else 0.0)
        self.instrument = open_instrument(
            settings.instrument, design, settings.params, settings.runtime, settings.trusted, settings.room
        )
        device = self.instrument.header["device"]
        device["channels_in"] = self._input_channels(route.input)
        device["channels_out"] = min(2, route.output.channels_out)
        device["channel_in"] = settings.channel_in
        self._times = np.zeros(2)
        self._finished = threading.Event()
        self._woken = threading.Event()
        self._closed = False
        self._callback: Any = None
        self._warm_up()
        self._stream = self._open()
        self._log = self._open_log(design)
        self.load = LoadMeter(self.instrument.header)

    @property
    def sample_rate(self) -> int:
        return self.instrument.sample_rate

    @property
    def position(self) -> int:
        """Samples played since the start."""
        header = self.instrument.header
        return int(header["position"] + header["hop_position"])

    @property
    def latency(self) -> Latency:
        """Device (as PortAudio reports it), our own block on top of the device's, and analysis."""
        source, target = self._stream.latency
        return Latency(source + target, self.settings.block_size / self.sample_rate, ANALYSIS_LATENCY_S)

    @property
    def playing(self) -> bool:
        return bool(self._stream.active)

    def start(self) -> None:
        """[main] Sound begins; the log, if any, from the first callback on."""
        if self._log is not None:
            self._log.start()
        try:
            self._stream.start()
        except portaudio().PortAudioError as error:
            raise DeviceError(f"The audio device could not be started: {error}.") from error

    def set(self, id: str, value: float) -> None:
        """[one thread at a time] Change a parameter at the next hop."""
        self.instrument.set(id, value)

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
        closing = threading.Thread(target=self._stream.close, daemon=True)
        closing.start()
        closing.join(CLOSE_WITHIN_S)
        self._closed = not closing.is_alive()
        if self._log is not None:
            self._log.stop()
        return self._closed

    @property
    def gone(self) -> bool:
        """Whether the stream ended by itself."""
        return self._finished.is_set()

    @property
    def log_problem(self) -> str | None:
        """Why the log of the run is not whole, in a sentence; None for a healthy one."""
        return self._log.problem if self._log is not None else None

    def _end(self) -> None:
        self._finished.set()
        self._woken.set()

    def _input_channels(self, source: Device) -> int:
        if self.settings.channel_in >= source.channels_in:
            raise DeviceError(f"{source.name} has {source.channels_in} input channels, not {self.settings.channel_in + 1}.")
        return max(self.settings.channel_in + 1, min(2, source.channels_in))

    def _warm_up(self) -> None:
        """Code and memory are touched once before they meet a deadline."""
        self.instrument.process(np.zeros(4 * self.instrument.hop, dtype=np.float32))
        self.instrument.reset()
        if self.settings.runtime == "compiled":
            self._callback = compile_callback()

    def _open(self) -> Any:
        sd = portaudio()
        device = self.instrument.header["device"]
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
                return sd.RawStream(callback=self._python_callback, **common)
            return sd._StreamBase(
                kind="duplex",
                callback=sd._ffi.cast("PaStreamCallback*", self._callback.address),
                userdata=sd._ffi.cast("void*", self.instrument.memory.block.ctypes.data),
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
        session = Session(
            instrument=self._instrument_for_log(),
            instrument_hash=instrument_hash(self.settings.instrument),
            runtime=self.settings.runtime,
            sample_rate=design.sample_rate,
            seed=design.seed,
            fade_in_s=design.fade_in_s,
            params=self.instrument.params(),
            room=str(self.settings.room.resolve()) if self.settings.room else None,
        )
        return RunLog(self.instrument, self.settings.log, session)

    def _instrument_for_log(self) -> str:
        """A name stays a name; a path must be found again from any folder."""
        named = str(self.settings.instrument)
        return named if named in instrument_names() else str(Path(named).resolve())

    def _python_callback(self, indata: Any, outdata: Any, frames: int, time: Any, status: Any) -> None:
        """[audio] The torchscript runtime: the same compiled entry, with the network stepped by torch in between."""
        instrument = self.instrument
        header, f32 = instrument.header, instrument.memory.f32
        if header["device"]["callbacks"] == 0 and instrument.network is not None:
            instrument.network.warm_up()
        begin_block(header, self._times, int(status._flags))
        frames_in = np.frombuffer(indata, dtype=np.float32)
        frames_out = np.frombuffer(outdata, dtype=np.float32)
        x, y = instrument.memory.region("device_in"), instrument.memory.region("device_out")
        for first in range(0, frames, LARGEST_BLOCK):
            count = min(frames - first, LARGEST_BLOCK)
            take_input(header, f32, frames_in, first, count)
            instrument.process_into(x[:count], y[:count])
            give_output(header, f32, frames_out, first, count)
        end_block(header, self._times, frames)
