"""Every shipped preset played in the ways that it is meant for, and what is heard then."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jambox.audiofile import read_sound
from jambox.config import preset_folders
from jambox.instrument import Design, Instrument
from jambox.instrument.opening import open_instrument
from jambox.presets.library import read_preset
from tests.instrument.sounds import at_level, phrase
from tests.presets.playing import RATE, Who, integrated_loudness, played, scenes, source_of

SHIPPED = {path.stem: path for path in sorted(preset_folders()[1].glob("*.json"))}
VOICE_DB = -20.0
VOICE_S = 2
# Recordings, and from which second on.
RECORDED = {"voice": ("singing_vocadito_1.flac", 18.0), "whistle": ("whistling_porrasm_1.flac", 1.0)}


@dataclass(frozen=True)
class Heard:
    """One preset in one of its scenes."""

    loudness: float
    peak: float
    # Of what it is, so much is not the instrument with default settings (dB).
    own_db: float


# By preset, who plays it, and the number of the voice that sings.
AllHeard = dict[tuple[str, Who, int], Heard]


class Instruments(dict[str, Instrument]):
    """Instruments by name at 48 kHz, each opened when it is first asked for."""

    def __missing__(self, name: str) -> Instrument:
        self[name] = open_instrument(name, Design(RATE))
        return self[name]


def middle_key(instrument: Instrument) -> int:
    """MIDI key in the middle of what the instrument learnt from."""
    card = instrument.card
    assert card is not None
    return round(69.0 + 12.0 * np.log2(card.f0_hz.p50 / 440.0))


def voices(data: Path | None) -> dict[str, list[NDArray[np.float32]]]:
    """What is sung and what is whistled: a synthesised voice, and a recorded one where the recordings are at hand."""
    made = at_level(phrase(RATE)[0][: VOICE_S * RATE].astype(np.float64), VOICE_DB)
    found: dict[str, list[NDArray[np.float32]]] = {"voice": [made], "whistle": [made]}
    if data is not None:
        for kind, (name, from_s) in RECORDED.items():
            samples = read_sound(data / "test" / name, RATE).samples[round(from_s * RATE) :][: VOICE_S * RATE]
            found[kind].append(at_level(samples.astype(np.float64), VOICE_DB))
    return found


def hear_all(opened: Instruments, data: Path | None) -> AllHeard:
    """Every shipped preset in every scene that it is meant for."""
    found: AllHeard = {}
    inputs = voices(data)
    usual: dict[tuple[object, ...], NDArray[np.float64]] = {}
    for name, path in SHIPPED.items():
        preset = read_preset(path)
        instrument = opened[preset.instrument]
        settings = {"source": float(source_of(preset))}
        kind = "whistle" if "whistle" in preset.tags else "voice"
        for number, voice in enumerate(inputs[kind]):
            for who, scene in scenes(preset, voice, middle_key(instrument)).items():
                if who == "keys" and number > 0:
                    continue  # no voice has a part in it
                y = played(instrument, preset.params, scene)
                own_db = 0.0
                if number == 0:  # to be different once is enough
                    place = (preset.instrument, kind, who, scene.keys)
                    usual[place] = plain = usual[place] if place in usual else played(instrument, settings, scene)
                    share = float(plain @ y) / max(float(plain @ plain), 1e-20)
                    own_db = float(10.0 * np.log10(np.sum((y - share * plain) ** 2) / np.sum(y**2)))
                found[name, who, number] = Heard(integrated_loudness(y), float(np.max(np.abs(y))), own_db)
    return found


def farthest_db(heard: AllHeard) -> float:
    """How far the loudest or the softest is from the median, in dB."""
    loudness = np.array([one.loudness for one in heard.values()])
    return float(np.max(np.abs(loudness - np.median(loudness))))
