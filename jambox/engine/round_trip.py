"""The true way from output to input, measured: noise bursts out, through a cable or a JACK connection, and back. [main]"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.analysis import analyse
from jambox.engine.devices import Route, abandon, closed, portaudio
from jambox.engine.jack import Patchbay
from jambox.errors import DeviceError
from jambox.instrument import Instrument

BURST = 64
LONGEST_S = 0.5
# A burst counts as heard if it is so much like the one that was played.
LEAST_LIKENESS = 0.5
_CLIENT = "jambox"


@dataclass(frozen=True)
class RoundTrip:
    """Samples from output to input for each burst that came back, and frames in a block."""

    samples: list[int]
    block_size: int
    sample_rate: int

    @property
    def seconds(self) -> float:
        """The median."""
        return float(np.median(self.samples)) / self.sample_rate


def measure_round_trip(
    route: Route, sample_rate: int, block_size: int = 0, repeats: int = 8, channel_in: int = 0, *, loop: bool = False
) -> RoundTrip:
    """Play `repeats` bursts and find them in the input. `loop` lays a JACK cable from our output to our input meanwhile.

    DeviceError if nothing comes back.
    """
    sd = portaudio()
    interval = round(LONGEST_S * sample_rate)
    burst = np.random.default_rng(1).choice([-0.25, 0.25], BURST).astype(np.float32)
    train = np.zeros((repeats + 1) * interval, dtype=np.float32)
    for number in range(repeats):
        train[number * interval + interval // 4 : number * interval + interval // 4 + BURST] = burst
    heard = np.zeros_like(train)
    state = {"at": -1, "block": 0}
    done, begun = threading.Event(), threading.Event()

    def callback(indata: Any, outdata: Any, frames: int, time: Any, status: Any) -> None:
        outdata[:] = 0.0
        state["block"] = max(state["block"], frames)
        at = state["at"]
        if at < 0:
            begun.set()
            return
        part = train[at : at + frames]
        outdata[: len(part), :] = part[:, None]
        heard[at : at + len(part)] = indata[: len(part), channel_in]
        state["at"] = at + frames
        if at + frames >= len(train):
            done.set()

    channels = (max(channel_in + 1, min(2, route.input.channels_in)), min(2, route.output.channels_out))
    try:
        stream = sd.Stream(
            samplerate=sample_rate,
            blocksize=block_size,
            device=(route.input.index, route.output.index),
            channels=channels,
            dtype="float32",
            latency="low",
            callback=callback,
            finished_callback=done.set,
        )
    except (sd.PortAudioError, ValueError) as error:
        raise DeviceError(f"{route.describe()} could not be opened at {sample_rate} Hz: {error}.") from error
    try:
        stream.start()
        begun.wait(2.0)
        if loop:
            _connect_to_itself(route, channel_in)
        state["at"] = 0
        done.wait(2.0 * len(train) / sample_rate + 2.0)
    finally:
        if not closed(stream.close):
            abandon()
            raise DeviceError(f"{route.describe()} went away.")
    lags = [
        lag
        for number in range(repeats)
        if (lag := _lag(heard[number * interval + interval // 4 :][: interval - BURST], burst)) is not None
    ]
    if not lags:
        raise DeviceError(
            f"Nothing came back from {route.describe()}: connect its output to its input with a cable"
            f"{', or say --loop' if route.is_jack else ''}."
        )
    return RoundTrip(lags, state["block"], sample_rate)


def _connect_to_itself(route: Route, channel_in: int) -> None:
    if not route.is_jack:
        raise DeviceError("Only JACK can connect an output to an input without a cable.")
    with Patchbay() as bay:
        source = bay.ports(_CLIENT, inputs=False)[0]
        target = bay.ports(_CLIENT, inputs=True)[channel_in]
        for other in bay.connections(target):
            bay.disconnect(other, target)
        for other in bay.connections(source):
            bay.disconnect(source, other)
        bay.connect(source, target)


def _lag(heard: NDArray[np.float32], burst: NDArray[np.float32]) -> int | None:
    """Where `burst` stands in `heard`, by normalised correlation; None if it is not there."""
    windows = np.lib.stride_tricks.sliding_window_view(heard.astype(np.float64), len(burst))
    energy = np.sqrt(np.sum(windows**2, axis=1) * float(np.sum(burst.astype(np.float64) ** 2)))
    likeness = np.abs(windows @ burst.astype(np.float64)) / np.maximum(energy, 1e-9)
    best = int(np.argmax(likeness))
    return best if likeness[best] >= LEAST_LIKENESS else None


def instrument_latency_s(instrument: Instrument) -> tuple[float, float]:
    """Seconds that analysis and synthesis take: from a 20 dB step of a 220 Hz tone to half of it (in dB).

    Means of a step up and one down at several places of a hop; the instrument should play without room.
    """
    rate = instrument.sample_rate
    n = rate // 2
    t = np.arange(n) / rate
    analysis, whole = [], []
    for offset in range(0, 3 * instrument.hop, instrument.hop // 2):
        at = n // 2 + offset
        for before_db, after_db in ((-40.0, -20.0), (-20.0, -40.0)):
            gain = np.where(np.arange(n) < at, 10.0 ** (before_db / 20.0), 10.0 ** (after_db / 20.0))
            x = (gain * np.sin(2.0 * np.pi * 220.0 * t)).astype(np.float32)
            instrument.reset()
            up = after_db > before_db
            entered = _half(_level_db(x, rate), at, n, up)
            track = analyse(x, rate)
            loud = np.interp(np.arange(n), track.time_s * rate, track.loudness_db)
            analysis.append((_half(loud, at, n, up) - entered) / rate)
            whole.append((_half(_level_db(instrument.process(x), rate), at, n, up) - entered) / rate)
    heard, sounded = float(np.mean(analysis)), float(np.mean(whole))
    return heard, sounded - heard


def _level_db(x: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    period = round(rate / 220.0)
    power = np.convolve(x.astype(np.float64) ** 2, np.ones(period) / period)[: len(x)]
    return np.asarray(10.0 * np.log10(power + 1e-14))


def _half(level_db: NDArray[np.float64], at: int, n: int, up: bool) -> int:
    """First sample, counted from the step, at which the level has gone half of its way."""
    half = 0.5 * (np.median(level_db[at - n // 8 : at - n // 48]) + np.median(level_db[-n // 8 :]))
    after = level_db[at:]
    return int(np.argmax(after > half if up else after < half))
