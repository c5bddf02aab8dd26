"""Tunings in the Scala formats: a scale (.scl) and, beside it under the same name, which key plays what of it (.kbm).

Formats: https://www.huygens-fokker.org/scala/scl_format.html and .../help.htm#mappings. [main]
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jambox.errors import BadInput

SCALE_SUFFIX, KEYBOARD_SUFFIX = ".scl", ".kbm"
N_KEYS = 128
# What holds more is no tuning: the largest scale of the Scala archive has fewer than a tenth of it.
LARGEST_BYTES = 1 << 17
MOST_DEGREES = 4096
_A4_KEY, _A4_HZ = 69, 440.0
_LOWEST_HZ, _HIGHEST_HZ = 1e-3, 1e6
_MOST_CENTS = 1e5
# More digits than any number that a refusal need name, few enough to be read at once.
_WHOLE = re.compile(r"[+-]?[0-9]{1,40}")


@dataclass(frozen=True)
class Scale:
    """Pitches of the degrees 1 to n in cents above degree 0; the last is the interval after which the scale repeats."""

    description: str
    cents: tuple[float, ...]

    def cents_of(self, degree: int) -> float:
        """Cents of any degree, below 0 and above n too."""
        octaves, step = divmod(degree, len(self.cents))
        return octaves * self.cents[-1] + (self.cents[step - 1] if step else 0.0)


@dataclass(frozen=True)
class Keyboard:
    """Degrees of the keys from `middle_key` on, None for keys that are silent; the pattern repeats `octave_degree` higher.

    An empty `degrees` gives every key the next degree. Keys outside of first_key to last_key are silent; `reference_key`
    sounds at `reference_hz`.
    """

    first_key: int
    last_key: int
    middle_key: int
    reference_key: int
    reference_hz: float
    octave_degree: int
    degrees: tuple[int | None, ...]

    def degree_of(self, key: int) -> int | None:
        """Degree of the scale that a key plays."""
        if not self.degrees:
            return key - self.middle_key
        octaves, place = divmod(key - self.middle_key, len(self.degrees))
        degree = self.degrees[place]
        return None if degree is None else degree + octaves * self.octave_degree


# Where no keyboard says more: the middle C is degree 0, at its usual pitch.
_MIDDLE_C_HZ = _A4_HZ * 2.0 ** (-9.0 / 12.0)
PLAIN_KEYBOARD = Keyboard(0, N_KEYS - 1, 60, 60, _MIDDLE_C_HZ, 0, ())


def equal_tuning() -> NDArray[np.float64]:
    """Twelve equal steps an octave: every key at its own MIDI pitch, shape [128]."""
    return np.arange(N_KEYS, dtype=np.float64)


def read_tuning(path: Path) -> NDArray[np.float64]:
    """MIDI pitch (69 is 440 Hz, in semitones) of every key, NaN for silent ones, shape [128].

    `path` is a .scl file; a .kbm file of the same name beside it says which key plays what. BadInput for anything else.
    """
    if path.suffix.lower() != SCALE_SUFFIX:
        raise BadInput(f"{path} is not a Scala scale: its name must end in {SCALE_SUFFIX}.")
    scale = parse_scale(_content(path), path)
    for suffix in (KEYBOARD_SUFFIX, KEYBOARD_SUFFIX.upper()):
        keyboard = path.with_suffix(suffix)
        if keyboard.is_file():
            return tuning(scale, parse_keyboard(_content(keyboard), keyboard), path)
    return tuning(scale, PLAIN_KEYBOARD, path)


def tuning(scale: Scale, keyboard: Keyboard, where: object = "the tuning") -> NDArray[np.float64]:
    """As `read_tuning`, from what was read."""
    reference = keyboard.degree_of(keyboard.reference_key)
    if reference is None:
        raise BadInput(
            f"{where} cannot be used: the keyboard gives a pitch to key {keyboard.reference_key}, which it mutes."
        )
    reference_st = _A4_KEY + 12.0 * math.log2(keyboard.reference_hz / _A4_HZ)
    pitches = np.full(N_KEYS, np.nan)
    for key in range(keyboard.first_key, keyboard.last_key + 1):
        degree = keyboard.degree_of(key)
        if degree is not None:
            pitches[key] = reference_st + 0.01 * (scale.cents_of(degree) - scale.cents_of(reference))
    # What nobody can hear is as silent as what is not mapped.
    pitches[np.abs(pitches - 64.0) > 96.0] = np.nan
    if not np.any(np.isfinite(pitches)):
        raise BadInput(f"{where} cannot be used: none of its keys sounds.")
    return pitches


def parse_scale(content: bytes, where: object) -> Scale:
    """The scale in the bytes of a .scl file; `where` is what a refusal calls it."""
    lines = _lines(content)
    if len(lines) < 2:
        raise BadInput(f"The scale {where} ends before its number of notes.")
    n = _whole(lines[1], "its number of notes", where)
    if not 1 <= n <= MOST_DEGREES:
        raise BadInput(f"The scale {where} has {n} notes; 1 to {MOST_DEGREES} can be played.")
    pitches = [line for line in lines[2:] if line.strip()]
    if len(pitches) < n:
        raise BadInput(f"The scale {where} promises {n} notes and has {len(pitches)}.")
    return Scale(lines[0].strip(), tuple(_cents(line, where) for line in pitches[:n]))


def parse_keyboard(content: bytes, where: object) -> Keyboard:
    """The keyboard in the bytes of a .kbm file; `where` is what a refusal calls it."""
    lines = [line for line in _lines(content) if line.strip()]
    if len(lines) < 7:
        raise BadInput(f"The keyboard {where} ends before its seven numbers.")
    size, first, last, middle, reference = (
        _whole(line, name, where)
        for line, name in zip(
            lines, ("its size", "its first key", "its last key", "its middle", "its reference"), strict=False
        )
    )
    hz = _number(lines[5], "its frequency", where)
    octave = _whole(lines[6], "its octave", where)
    if not 0 <= size <= MOST_DEGREES or not abs(octave) <= MOST_DEGREES:
        raise BadInput(f"The keyboard {where} maps {size} keys, {octave} degrees apart; {MOST_DEGREES} are the most.")
    if not 0 <= first <= last < N_KEYS or not 0 <= middle < N_KEYS or not 0 <= reference < N_KEYS:
        raise BadInput(f"The keyboard {where} names keys that are not 0 to {N_KEYS - 1}, or a last one before the first.")
    if not _LOWEST_HZ <= hz <= _HIGHEST_HZ:
        raise BadInput(f"The keyboard {where} has a reference of {hz:g} Hz.")
    entries = [_degree(line, where) for line in lines[7 : 7 + size]]
    # Scala leaves out silent keys at the end.
    entries += [None] * (size - len(entries))
    return Keyboard(first, last, middle, reference, hz, octave, tuple(entries))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise BadInput(f"The tuning {path} cannot be read: {error.strerror or error}.") from error
    if len(content) > LARGEST_BYTES:
        raise BadInput(f"The tuning {path} is larger than {LARGEST_BYTES >> 10} kB; that is no tuning.")
    return content


def _lines(content: bytes) -> list[str]:
    """Lines without comments; the description may be empty, and in any encoding."""
    text = content.decode("utf-8", errors="replace").lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return [line for line in text.split("\n") if not line.startswith("!")]


def _word(line: str) -> str:
    """The first word: what follows is a label."""
    words = line.split()
    return words[0] if words else ""


def _whole(line: str, name: str, where: object) -> int:
    word = _word(line)
    if not _WHOLE.fullmatch(word):
        raise BadInput(f"{where} cannot be read: {name} should be a whole number, not {word[:40]!r}.")
    return int(word)


def _number(line: str, name: str, where: object) -> float:
    word = _word(line)
    try:
        value = float(word) if len(word) <= 40 and "_" not in word else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BadInput(f"{where} cannot be read: {name} should be a number, not {word[:40]!r}.")
    return value


def _cents(line: str, where: object) -> float:
    """A pitch: cents if there is a point in it, else a ratio or a whole number."""
    word = _word(line)
    if "." in word:
        cents = _number(word, "a pitch", where)
    else:
        over, slash, under = word.partition("/")
        parts = (over, under) if slash else (over, "1")
        if not all(part.isascii() and part.isdigit() and len(part) <= 300 and int(part) > 0 for part in parts):
            raise BadInput(f"{where} cannot be read: a pitch should be cents or a ratio above 0, not {word[:40]!r}.")
        cents = 1200.0 * (math.log2(int(parts[0])) - math.log2(int(parts[1])))
    if abs(cents) > _MOST_CENTS:
        raise BadInput(f"{where} cannot be used: a pitch lies {cents:g} cents away.")
    return cents


def _degree(line: str, where: object) -> int | None:
    return None if _word(line).lower() == "x" else _whole(line, "the degree of a key", where)
