"""The models that fit sines to a sound, by name: what each takes and what each gives. [main]"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from jambox.control.modal import ModalSound
from jambox.errors import BadInput, JamboxError

Samples = NDArray[np.float64]
# Told how far a fit is (0 to 1) and, in a few words, where it stands.
Progress = Callable[[float, str], None]


class Fit(Protocol):
    """What came out: a sum of sines that stands for the sound."""

    @property
    def curve(self) -> Sequence[tuple[int, float]]:
        """The course of the fit: so many steps (or partials), and the loss then."""

    @property
    def curve_labels(self) -> tuple[str, str]:
        """What the two numbers of the curve are, for the axes of a picture."""

    @property
    def partials(self) -> int:
        """How many sines there are."""

    def render(self, ratio: float = 1.0) -> Samples:
        """The sines at `ratio` times their frequencies, at the rate of the sound that was fitted, shape [n]."""

    def report(self) -> dict[str, Any]:
        """What else there is to tell, for the report."""

    def sound(self) -> ModalSound | None:
        """The same for an instrument to play; None if it cannot become one."""


@dataclass(frozen=True)
class Model:
    """A way to fit: the class of its settings, `fit(samples, sample_rate, settings, progress)` for mono samples [n],
    settings with a name of their own, and `minutes_for(settings)`, roughly what a second of sound takes on one core: half of
    that on a quick machine, three times as much on a slow one or for a sound full of noise."""

    settings: type[BaseModel]
    fit: Callable[[Samples, int, Any, Progress], Fit]
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    minutes_for: Callable[[Any], float] = lambda settings: 4.0

    def preset(self, model: str, name: str) -> Mapping[str, Any]:
        """The settings of that name; BadInput if this model, called `model`, has none such."""
        if name not in self.presets:
            known = f"only {', '.join(self.presets)}" if self.presets else "nor any other"
            raise BadInput(f"The model {model} has no preset {name!r}, {known}.")
        return self.presets[name]


# Name: the module whose MODEL it is, read when it is asked for (some need torch).
MODELS = {"modal": "jambox.sines.modal", "csn": "jambox.sines.csn", "siren": "jambox.sines.siren"}


def find_model(name: str) -> Model:
    """The model of that name; BadInput says which there are."""
    if name not in MODELS:
        raise BadInput(f"There is no model {name!r}; the models are: {', '.join(MODELS)}.")
    try:
        found = importlib.import_module(MODELS[name]).MODEL
    except ImportError as error:
        raise JamboxError(f"The model {name} needs {error.name}: pip install 'jambox[train]'.") from error
    assert isinstance(found, Model)
    return found
