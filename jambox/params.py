"""Every parameter of the instrument, one row each. The knob, the preset key, the `--set` flag, the MIDI controller, the text
shown for a value and the table in the README all come from these rows; kernels read values by `INDEX.<id>`, so that a
misspelt name does not compile."""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from jambox.errors import BadInput
from jambox.units import NOTE_NAMES, key_name, named_key

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
    # What each whole number from the minimum on means, in a word or two; empty where all between is meant, too.
    choices: tuple[str, ...] = ()
    whole: bool = False
    # Of a MIDI pitch: a key, shown by its name, as which it may be said too.
    key: bool = False

    def __post_init__(self) -> None:
        assert self.id.isidentifier(), self.id
        assert self.minimum <= self.default <= self.maximum, f"{self.id}: the default lies outside the range"
        assert self.minimum < self.maximum, self.id
        assert self.taper != "log" or self.minimum > 0.0, f"{self.id}: a log taper needs a positive minimum"
        assert not self.choices or len(self.choices) == self.maximum - self.minimum + 1, (
            f"{self.id}: a choice for each number"
        )
        assert self.cc is None or 0 <= self.cc <= 127, self.id

    def text(self, value: float) -> str:
        """The value as shown to a person, with its unit, or the choice that it stands for."""
        if self.choices:
            return self.choices[min(max(round(value - self.minimum), 0), len(self.choices) - 1)]
        return key_name(value) if self.key else f"{value:.3g} {self.unit}".rstrip()

    def named(self, text: str) -> float | None:
        """The value of the choice of that name, or of a key (G3), in whatever case; None if none is called so."""
        if self.key:
            return named_key(text)
        names, wanted = [choice.lower() for choice in self.choices], text.strip().lower()
        return self.minimum + names.index(wanted) if wanted in names else None


# So many harmonics have a level of their own: a curve to be drawn.
N_DRAWN_HARMONICS = 32

OFF_ON = ("off", "on")

# fmt: off
# One row a parameter, to be read as a table:
# id, name, unit, minimum, maximum, default, taper, smoothing_ms, cc, group, help
PARAMS: tuple[Param, ...] = (
    Param("input_gain_db", "Input gain", "dB", -24, 36, 0, "linear", 10, None, "input",
          "Gain of the microphone before pitch and loudness are measured."),
    Param("auto_octave", "Automatic octave", "", 0, 1, 1, "linear", 0, None, "pitch",
          "1: what you sing is moved by whole octaves into the instrument's range; 0: it stays where you sing it.",
          choices=OFF_ON),
    Param("pitch_shift_st", "Pitch shift", "st", -36, 36, 0, "linear", 2, None, "pitch",
          "Semitones added to the pitch you sing, on top of the automatic octave; 12 is an octave up."),
    Param("auto_level", "Automatic level", "", 0, 1, 1, "linear", 0, None, "dynamics",
          "1: in rests your loudness is brought to what the instrument plays in; 0: it counts as it comes.",
          choices=OFF_ON),
    Param("loudness_shift_db", "Loudness shift", "dB", -36, 36, 0, "linear", 10, None, "dynamics",
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
    Param("reverb_mix", "Reverb", "", 0, 1, 0.05, "linear", 20, 91, "room",
          "Share of the room in the output: 0 is dry, 1 is only the room."),
    Param("voice_level_db", "Own voice", "dB", -60, 12, -60, "linear", 10, None, "output",
          "Level of your own input in the output, in time with the instrument; -60 is off."),
    Param("output_gain_db", "Output gain", "dB", -60, 24, 0, "linear", 10, None, "output",
          "Level of the output, before the limiter."),
    Param("howl_guard", "Howl guard", "", 0, 1, 1, "linear", 0, None, "output",
          "1: the output is turned down when the microphone hears the loudspeaker feed back; 0: it is not.",
          choices=OFF_ON),
    Param("source", "Source", "", 0, 4, 0, "linear", 0, None, "notes",
          "What plays: 0 voice and keys each for themselves, 1 the voice, 2 the keys, 3 keys choose the pitch and the voice "
          "gives loudness and breath, 4 the voice chooses the pitch and keys give loudness.",
          choices=("voice and keys", "voice", "keys", "keys' pitch", "voice's pitch")),
    Param("polyphony", "Polyphony", "", 1, 32, 16, "linear", 0, None, "notes",
          "Notes that can sound at once; one more takes the place of the oldest released, else of the quietest.",
          whole=True),
    Param("voice_mode", "Voice mode", "", 0, 3, 0, "linear", 0, None, "notes",
          "0 chords, 1 one note at a time and every key begins it anew, 2 overlapping keys go on in one note, "
          "3 the same and only those glide.",
          choices=("chords", "mono", "legato", "legato glide")),
    Param("glide_s", "Glide", "s", 0, 5, 0, "linear", 0, None, "notes",
          "Time in which the pitch goes from the last key's to the new one's."),
    Param("glide_by", "Glide by", "", 0, 1, 0, "linear", 0, None, "notes",
          "0: the glide takes the same time for any interval; 1: for each octave of it.",
          choices=("time", "rate")),
    Param("note_transpose_st", "Transpose keys", "st", -36, 36, 0, "linear", 0, None, "notes",
          "Semitones added to the pitch of a key."),
    Param("attack_s", "Attack", "s", 0.001, 5, 0.008, "log", 0, 73, "notes",
          "Time in which a key's note rises to its level."),
    Param("decay_s", "Decay", "s", 0.001, 10, 0.4, "log", 0, 75, "notes",
          "Time in which it falls from there to the level at which it stays."),
    Param("sustain_db", "Sustain", "dB", -60, 0, -2, "linear", 0, None, "notes",
          "Level at which it stays, against its first; -60 is silence."),
    Param("release_s", "Release", "s", 0.003, 10, 0.25, "log", 0, 72, "notes",
          "Time in which it falls by 60 dB when the key is let go."),
    Param("velocity_curve", "Velocity curve", "", 0.25, 4, 0.7, "log", 0, None, "notes",
          "Below 1 a soft touch plays louder, above 1 softer; the range is the instrument's own."),
    Param("velocity_range", "Velocity range", "", 0, 1, 1, "linear", 0, None, "notes",
          "Share of the instrument's range of loudness that velocity plays over, from its loudest down."),
    Param("key_loudness_db", "Key loudness", "dB", -12, 12, 0, "linear", 0, None, "notes",
          "Loudness added for each octave above the middle of the instrument, and taken off below."),
    Param("soft_pedal_db", "Soft pedal", "dB", -24, 0, -8, "linear", 0, None, "notes",
          "Loudness added to notes begun while the soft pedal is down."),
    Param("vibrato_rate_hz", "Vibrato rate", "Hz", 0.1, 12, 5.3, "log", 0, 76, "notes",
          "Speed of the vibrato of keys' notes."),
    Param("vibrato_cents", "Vibrato depth", "cents", 0, 200, 6, "linear", 0, 77, "notes",
          "Depth of the vibrato that comes by itself in a long note."),
    Param("vibrato_delay_s", "Vibrato delay", "s", 0, 5, 0.5, "linear", 0, 78, "notes",
          "Time before it begins."),
    Param("modulation_cents", "Modulation depth", "cents", 0, 200, 50, "linear", 0, None, "notes",
          "Depth of the vibrato that the modulation wheel adds at its end, without delay."),
    Param("drift_cents", "Drift", "cents", 0, 30, 1, "linear", 0, None, "notes",
          "How far the pitch of a held note wanders by itself."),
    Param("pressure_db", "Pressure", "dB", 0, 36, 9, "linear", 0, None, "notes",
          "Loudness that full pressure adds to a note."),
    Param("brightness_db", "Brightness", "dB", 0, 12, 4, "linear", 0, None, "notes",
          "Tilt of a note's harmonics at the end of its timbre control, for each octave."),
    Param("scale_amount", "Scale snap", "", 0, 1, 0, "linear", 10, None, "scale",
          "How far the pitch you sing is drawn to the nearest note of the scale: 0 not at all, 1 onto it. Vibrato is kept."),
    Param("scale", "Scale", "", 0, 13, 0, "linear", 0, None, "scale",
          "0 chromatic, 1 major, 2 natural, 3 harmonic and 4 melodic minor, 5 dorian, 6 phrygian, 7 lydian, 8 mixolydian, "
          "9 locrian, 10 major and 11 minor pentatonic, 12 blues, 13 every key of the tuning.",
          choices=("chromatic", "major", "natural minor", "harmonic minor", "melodic minor", "dorian", "phrygian", "lydian",
                   "mixolydian", "locrian", "major pentatonic", "minor pentatonic", "blues", "every key")),
    Param("scale_key", "Key", "", 0, 11, 0, "linear", 0, None, "scale",
          "Root of the scale: 0 C, 1 C sharp, up to 11 B.",
          choices=NOTE_NAMES),
    Param("scale_glide_s", "Scale glide", "s", 0, 1, 0.05, "linear", 0, None, "scale",
          "Time in which the pitch is drawn to another note of the scale."),
    Param("scale_hold", "Hold the note", "", 0, 1, 0, "linear", 0, None, "scale",
          "1: a note of the scale is kept until you sing the next one clearly; what lies between is not heard.",
          choices=OFF_ON),
    Param("a4_hz", "Pitch of A4", "Hz", 400, 480, 440, "linear", 10, None, "scale",
          "Pitch of the A above the middle C, for keys and for the scale."),
    Param("voice_vibrato_cents", "Voice vibrato", "cents", 0, 200, 0, "linear", 10, None, "pitch",
          "Depth of a vibrato added to the pitch you sing; speed and delay are those of keys' notes."),
    Param("tilt_db", "Tilt", "dB", -12, 12, 0, "linear", 10, None, "tone",
          "Brightness: dB for each octave above the fundamental, the power of the sound unchanged."),
    Param("odd_even", "Odd or even", "", -1, 1, 0, "linear", 10, None, "tone",
          "Balance of the harmonics: towards -1 only the odd ones stay, towards 1 only the even ones."),
    Param("formant_st", "Formants", "st", -24, 24, 0, "linear", 10, None, "tone",
          "Semitones by which the resonances of the instrument's body are moved, apart from the pitch."),
    Param("stretch_cents", "Stretch", "cents", -100, 100, 0, "linear", 20, None, "tone",
          "Inharmonicity: cents by which each octave of partials is wider than an octave."),
    Param("stereo_width", "Stereo width", "", 0, 1, 0, "linear", 20, None, "tone",
          "How far the sound spreads between left and right; their mean is the same sound at any width. 0 is mono."),
    Param("morph", "Morph", "", 0, 1, 0, "linear", 10, None, "morph",
          "Where two instruments play as one: 0 is the first, 1 the second."),
    Param("morph_by", "Morph by", "", 0, 2, 0, "linear", 0, None, "morph",
          "What else moves the morph: 0 nothing, 1 the pitch, 2 the loudness, over the range below.",
          choices=("nothing", "pitch", "loudness")),
    Param("morph_low_st", "Morph from key", "st", 0, 127, 55, "linear", 10, None, "morph",
          "Key (60 is C4) at which the first instrument plays alone.", whole=True, key=True),
    Param("morph_high_st", "Morph to key", "st", 0, 127, 79, "linear", 10, None, "morph",
          "Key at which the second does.", whole=True, key=True),
    Param("morph_soft_db", "Morph from loudness", "dB", -80, 0, -40, "linear", 10, None, "morph",
          "Loudness at which the first instrument plays alone."),
    Param("morph_loud_db", "Morph to loudness", "dB", -80, 0, -18, "linear", 10, None, "morph",
          "Loudness at which the second does."),
    Param("room", "Room", "", 0, 5, 0, "linear", 0, None, "room",
          "0 the instrument's own room or the one from your file, 1 studio, 2 chamber, 3 plate, 4 hall, 5 church.",
          choices=("own", "studio", "chamber", "plate", "hall", "church")),
    Param("room_size", "Room size", "", 0.1, 1, 1, "linear", 20, None, "room",
          "Share of the room's own time in which it rings out."),
    Param("room_damping", "Damping", "", 0, 1, 0, "linear", 20, None, "room",
          "How much of the high frequencies the room swallows: from none to all far above 1 kHz."),
    Param("room_predelay_s", "Pre-delay", "s", 0, 0.2, 0, "linear", 20, None, "room",
          "Time before the room answers."),
    *(Param(f"harmonic_{k:02d}_db", f"Harmonic {k}", "dB", -60, 12, 0, "linear", 10, None, "harmonics",
            f"Level of harmonic {k}{' and all above it' if k == N_DRAWN_HARMONICS else ''}; -60 is off.")
      for k in range(1, N_DRAWN_HARMONICS + 1)),
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


def row_of(id: str) -> Param:
    """The row of parameter `id`; BadInput with those of a like name if it is none."""
    row = BY_ID.get(id)
    if row is None:
        near = [name for name in BY_ID if len(id) > 2 and id in name] or get_close_matches(id, BY_ID)
        meant = f"did you mean {' or '.join(near[:3])}? " if near else ""
        raise BadInput(f"There is no parameter {id!r}; {meant}`jambox params` lists them all.")
    return row


def checked(id: str, value: float) -> float:
    """`value` if parameter `id` exists and takes it; BadInput with the allowed range otherwise."""
    row = row_of(id)
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
    """`["reverb_mix=0.3", "scale=dorian", ...]` as a mapping; BadInput names the first that is not `id=value`."""
    changes: dict[str, float] = {}
    for setting in settings:
        id, equals, text = (part.strip() for part in setting.partition("="))
        if not equals:
            raise BadInput(f"--set takes id=value, not {setting!r}.")
        changes[id] = checked(id, _value_of(row_of(id), text))
    return changes


def _value_of(row: Param, text: str) -> float:
    """The number that a text says, or the one that its choice stands for."""
    named = row.named(text)
    if named is not None:
        return named
    try:
        value = float(text)
    except ValueError:
        choices = f" or one of: {', '.join(row.choices)}" if row.choices else " or a key as C4" if row.key else ""
        raise BadInput(f"{row.id} takes a number{choices}, not {text!r}.") from None
    if (row.choices or row.whole) and math.isfinite(value) and value != round(value):
        raise BadInput(f"{row.id} takes whole numbers, not {text}.")
    return value
