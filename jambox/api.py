"""Jambox from Python.

>>> import jambox
>>> violin = jambox.load("violin", reverb_mix=0.2)
>>> audio = violin.render("singing.wav")
>>> violin.play(seconds=10)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jambox.audiofile import read_sound
from jambox.control.card import Card
from jambox.control.modal import ModalCard
from jambox.errors import BadInput, DeviceError
from jambox.instrument import Design, Instrument, Runtime
from jambox.instrument.opening import open_instrument
from jambox.params import PARAMS, checked, defaults
from jambox.render import render_samples

# A second axis longer than this is time, not channels.
_MOST_CHANNELS = 64


LONGEST_TAIL_S = 60.0


class Player:
    """An instrument with its parameters, ready to render arrays and files, or to play live."""

    def __init__(self, name: str | Path, runtime: Runtime, trusted: bool, params: dict[str, float]) -> None:
        self._name, self._runtime, self._trusted = name, runtime, trusted
        self._params = {id: checked(id, value) for id, value in params.items()}
        self._running: dict[int, Instrument] = {}
        # Opened at once, so that what cannot be played is refused here.
        self._at(48_000)

    @property
    def card(self) -> Card | ModalCard | None:
        """Who the instrument is (None for a foreign TorchScript file)."""
        return self._at(48_000).card

    @property
    def params(self) -> dict[str, float]:
        """Every parameter's value."""
        return {row.id: self._params.get(row.id, float(value)) for row, value in zip(PARAMS, defaults(), strict=True)}

    def set(self, id: str, value: float) -> None:
        """Change a parameter for what is rendered or played from now on; BadInput if it does not exist or take the value."""
        self._params[id] = checked(id, value)

    def render(
        self, source: str | Path | ArrayLike, sample_rate: int | None = None, tail_s: float = 0.0
    ) -> NDArray[np.float32]:
        """What the instrument makes of `source`: float32, shape [n + tail_s * rate], or [.., 2] if it has a `stereo_width`.

        source: path of a sound file, or samples of shape [n] (mono) or [n, channels] at `sample_rate` Hz, 44.1 to 96 kHz.
        A file is rendered at `sample_rate`, by default at its own (see `jambox.audiofile.rate_for`).
        Raises BadInput. Nothing is kept from one call to the next: the same source gives the same samples.
        """
        if not 0.0 <= tail_s <= LONGEST_TAIL_S:
            raise BadInput(f"tail_s must lie between 0 and {LONGEST_TAIL_S:g} s, not {tail_s:g} s.")
        if isinstance(source, (str, Path)):
            sound = read_sound(source, sample_rate)
            samples, rate = sound.samples, sound.sample_rate
        else:
            if sample_rate is None:
                raise BadInput("An array needs its sample_rate.")
            samples, rate = _mono(source), sample_rate
        instrument = self._at(rate)
        instrument.reset(self._params)
        return render_samples(instrument, samples, tail_s).frames

    def play(
        self, seconds: float | None = None, input_device: str | int | None = None, output_device: str | int | None = None
    ) -> None:
        """Play live on the default devices (or those named), for some seconds or until Ctrl-C. Raises DeviceError."""
        # Opening PortAudio takes a moment and needs a sound system: only live playing pays for it.
        from jambox.engine.devices import choose_route
        from jambox.engine.engine import Engine, Settings

        settings = Settings(self._name, dict(self._params), self._runtime, self._trusted)
        source, target = (None if name is None else str(name) for name in (input_device, output_device))
        route = choose_route(source, target)
        engine = Engine(settings, route)
        engine.start()
        try:
            ended = engine.wait(seconds)
        except KeyboardInterrupt:
            ended = False
        finally:
            closed = engine.stop()
        if ended or not closed:
            raise DeviceError(f"{route.describe()} went away.")

    def _at(self, sample_rate: int) -> Instrument:
        if sample_rate not in self._running:
            self._running[sample_rate] = open_instrument(
                self._name, Design(sample_rate), self._params, self._runtime, self._trusted
            )
        return self._running[sample_rate]


def load(name: str | Path, runtime: Runtime = "compiled", trusted: bool = False, **params: float) -> Player:
    """The instrument `name` (see `jambox instruments`), or the one in the folder of that path, with parameters set.

    Imports torch only if `runtime` is "torchscript". Raises BadModel or BadInput with one sentence.
    """
    return Player(name, runtime, trusted, params)


def _mono(samples: ArrayLike) -> NDArray[np.float32]:
    array = np.asarray(samples)
    if not np.issubdtype(array.dtype, np.floating):
        raise BadInput(f"Samples are floats with full scale at 1, not {array.dtype}.")
    if array.ndim == 2 and array.shape[1] <= _MOST_CHANNELS:
        array = array.mean(axis=1)
    if array.ndim != 1 or array.size == 0:
        raise BadInput(f"Samples have the shape [n] or [n, channels], not {np.shape(samples)}.")
    return np.ascontiguousarray(array, dtype=np.float32)
