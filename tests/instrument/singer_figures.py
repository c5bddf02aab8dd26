"""Figures of the singer's input: `python -m tests.instrument.singer_figures --data DIR` prints JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from jambox.analysis import analyse
from jambox.audiofile import read_sound
from jambox.control.bundle import load_bundle
from jambox.control.library import find_instrument
from jambox.instrument import Design, Instrument
from jambox.instrument.opening import open_instrument
from jambox.melody import find_notes
from jambox.midi.melody_file import live_messages, melody_messages
from jambox.profile import measure_profile
from jambox.render import render_samples
from tests.engine.feedback import SAME_PITCH, began, peak_db, play_round, struck
from tests.instrument.mosquitoes import SEEDS, heard_db, noises
from tests.instrument.octaves import SUNG, in_range_percent, sung_hops
from tests.instrument.own_voice import apart_ms
from tests.instrument.quiet import kept_percent
from tests.instruments.collection import shipped
from tests.instruments.playing import RATE
from tests.midi.singing import f1, notes_of

HOWLED_S = 0.3
# Of every singer, for the howl guard.
HELD_S = 12.0


def measure(data: Path) -> dict[str, float]:
    """All figures by name; the worst of all cases. `data` is the folder of shared recordings."""
    names = shipped()
    sung = [sung_hops(data, file) for file in SUNG]
    figures = {"octave_percent": min(in_range_percent(name, hops) for name in names for hops in sung)}
    cases = [case for seed in SEEDS for case in noises(seed=seed).items()]
    heard = [(kind, *heard_db(instrument, x)) for instrument in map(_opened, names) for kind, x in cases]
    figures["mosquito_harmonics_db"] = max(harmonics for _, harmonics, _ in heard)
    figures["mosquito_all_db"] = max(all_db for kind, _, all_db in heard if kind != "hiss")
    figures["mosquito_hiss_db"] = max(all_db for kind, _, all_db in heard if kind == "hiss")
    figures["quiet_kept_percent"] = kept_percent(data)
    figures["calibrated_apart_db"] = calibrated_apart_db(data)
    figures |= melody_figures(data)
    figures["own_voice_ms"] = apart_ms(open_instrument("violin", Design(RATE)))
    return figures | howl_figures(data)


def _opened(name: str) -> Instrument:
    return open_instrument(name, Design(RATE))


def calibrated_apart_db(data: Path) -> float:
    """How much a loud singer sounds louder in the violin than one 20 dB softer, each with a profile of their own."""
    loudness = []
    for number in (1, 10):
        x = read_sound(data / "test" / f"singing_vocadito_{number}.flac", RATE).samples[: 10 * RATE]
        settings = measure_profile(x, RATE, "singer").settings_for(load_bundle(find_instrument("violin")).card)
        track = analyse(render_samples(open_instrument("violin", Design(RATE), settings), x).samples, RATE)
        loudness.append(float(np.percentile(track.loudness_db[track.f0_confidence > 0.5], 75.0)))
    return abs(loudness[1] - loudness[0])


def melody_figures(data: Path) -> dict[str, float]:
    """Notes written as MIDI against those that people wrote down: of the whole recording, and live."""
    track = analyse(read_sound(data / "test" / "singing_vocadito_1.flac", RATE).samples, RATE)
    written = [np.loadtxt(data / "test" / f"singing_vocadito_1.notes{who}.csv", delimiter=",") for who in ("A1", "A2")]
    told = {"melody_f1": melody_messages(find_notes(track), track), "melody_live_f1": live_messages(track)}
    return {id: min(f1(notes_of(messages), one) for one in written) for id, messages in told.items()}


def howl_figures(data: Path) -> dict[str, float]:
    """A loop of 20 ms and +6 dB through every instrument, and whether held notes are left alone."""
    loops = [play_round(name, struck(2.5), 6.0, **SAME_PITCH) for name in shipped()]
    cut = [one.changes[0][0] - began(one.y) if one.changes else len(one.y) for one in loops]
    after = [began(one.y) + round(HOWLED_S * RATE) for one in loops]
    held = [read_sound(data / f"{file}.flac", RATE).samples[: round(HELD_S * RATE)] for file in SUNG]
    return {
        "howl_cut_ms": 1e3 * max(cut) / RATE,
        "howl_first_db": max(peak_db(one.y[:at]) for one, at in zip(loops, after, strict=True)),
        "howl_after_db": max(peak_db(one.y[at:]) for one, at in zip(loops, after, strict=True)),
        "held_ducked": float(sum(len(play_round("flute", x, None).changes) for x in held)),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of shared recordings")
    print(json.dumps(measure(parser.parse_args().data), indent=1))
