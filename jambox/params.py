"""Every parameter of the instrument, one row each. The knob, the preset key, the `--set` flag, the MIDI controller, the text
shown for a value and the table in the README all come from these rows; kernels read values by `INDEX.<id>`, so that a
misspelt name does not compile."""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from jambox.errors import BadInput

Taper = Literal["linear", "log"]


@dataclass(frozen=True)
class Param:
    """A parameter's whole truth. Checked when the module is imported.

    `smoothing_ms` is the time constant with which the sound follows a change (on top of the ramp over one analysis hop);
    `cc` is the MIDI controller that moves it by default (None: none).
    """

    id: str
    name: str
    unit: str
    minimum: float
    maximum: float
    default: float
    taper: Taper
    smoothing_ms: float
    cc: int | None
    group: str
    help: str

    def __post_init__(self) -> None:
        assert self.id.isidentifier(), self.id
        assert self.minimum <= self.default <= self.maximum, f"{self.id}: the default lies outside the range"
        assert self.minimum < self.maximum, self.id
        assert self.taper != "log" or self.minimum > 0.0, f"{self.id}: a log taper needs a positive minimum"
        assert self.cc is None or 0 <= self.cc <= 127, self.id

    def text(self, value: float) -> str:
        """The value as shown to a person, with its unit."""
        return f"{value:.3g} {self.unit}".rstrip()


# fmt: off
# One row a parameter, to be read as a table:
# id, name, unit, minimum, maximum, default, taper, smoothing_ms, cc, group, help
PARAMS: tuple[Param, ...] = (
    Param("input_gain_db", "Input gain", "dB", -24, 36, 0, "linear", 10, None, "input",
          "Gain of the microphone before pitch and loudness are measured."),
    Param("pitch_shift_st", "Pitch shift", "st", -36, 36, 0, "linear", 2, None, "pitch",
          "Semitones added to the pitch you sing; 12 is an octave up."),
    Param("loudness_shift_db", "Loudness shift", "dB", -36, 36, 0, "linear", 10, 11, "dynamics",
          "Added to the loudness you sing before the instrument hears it: a stronger or a softer player."),
    Param("voicing_threshold", "Voicing threshold", "", 0.05, 0.95, 0.5, "linear", 0, None, "input",
          "Confidence of the pitch above which the harmonics sound; below it only the breath does."),
    Param("gate_db", "Gate", "dB", -100, -20, -66, "linear", 0, None, "input",
          "A-weighted input level below which the instrument is silent."),
    Param("unvoiced_level_db", "Breath level", "dB", -60, 12, -12, "linear", 10, None, "tone",
          "Level of the instrument's noise while you breathe or hiss, against its level in a note."),
    Param("harmonics_level_db", "Harmonics", "dB", -60, 12, 0, "linear", 10, None, "tone",
          "Level of the harmonic part of the sound."),
    Param("noise_level_db", "Noise", "dB", -60, 12, 0, "linear", 10, None, "tone",
          "Level of the bow, breath and reed noise in the sound."),
    Param("reverb_mix", "Reverb", "", 0, 1, 0.15, "linear", 20, 91, "room",
          "Share of the room in the output: 0 is dry, 1 is only the room."),
    Param("voice_level_db", "Own voice", "dB", -60, 12, -60, "linear", 10, None, "output",
          "Level of your own input in the output, undelayed; -60 is off."),
    Param("output_gain_db", "Output gain", "dB", -60, 24, 0, "linear", 10, 7, "output",
          "Level of the output, before the limiter."),
)
# fmt: on

N_PARAMS = len(PARAMS)
BY_ID: Mapping[str, Param] = {row.id: row for row in PARAMS}
_Index = namedtuple("_Index", [row.id for row in PARAMS])  # type: ignore[misc]  # the ids are data
INDEX: Any = _Index(*range(N_PARAMS))
assert len(BY_ID) == N_PARAMS, "two parameters share an id"


def defaults() -> NDArray[np.float64]:
    """Default value of every parameter, in table order, shape [N_PARAMS]."""
    return np.array([row.default for row in PARAMS], dtype=np.float64)


def checked(id: str, value: float) -> float:
    """`value` if parameter `id` exists and takes it; BadInput with the allowed range otherwise."""
    row = BY_ID.get(id)
    if row is None:
        raise BadInput(f"There is no parameter {id!r}; the parameters are: {', '.join(BY_ID)}.")
    if not (math.isfinite(value) and row.minimum <= value <= row.maximum):
        unit = f" {row.unit}" if row.unit else ""
        raise BadInput(f"{id} must lie between {row.minimum:g} and {row.maximum:g}{unit}, not {value:g}.")
    return float(value)


def values_with(changes: Mapping[str, float]) -> NDArray[np.float64]:
    """The defaults with `changes` applied, each checked; shape [N_PARAMS]."""
    values = defaults()
    for id, value in changes.items():
        values[getattr(INDEX, id) if id in BY_ID else 0] = checked(id, value)
    return values


def parse_settings(settings: Iterable[str]) -> dict[str, float]:
    """`["reverb_mix=0.3", ...]` as a mapping; BadInput names the first that is not `id=value`."""
    changes: dict[str, float] = {}
    for setting in settings:
        id, equals, text = setting.partition("=")
        try:
            value = float(text)
        except ValueError:
            value = math.nan
            equals = ""
        if not equals:
            raise BadInput(f"--set takes id=value with a number, not {setting!r}.")
        changes[id.strip()] = checked(id.strip(), value)
    return changes
