"""The figures of the synthesis (errors, side bands, sameness at all rates), measured anew.

python -m tests.dsp.figures --data DIR
"""

from __future__ import annotations

import argparse
import json
from functools import cache
from pathlib import Path

import numpy as np

from jambox.audiofile import read_sound
from jambox.demo import MELODY, REST_S, demo_melody
from jambox.instrument import Design, Instrument
from jambox.instrument.opening import open_instrument
from tests.dsp.sidebands import vibrato_sideband_db
from tests.instrument.rates import differences, play_at_all_rates
from tests.instrument.sidebands import tracker_sideband_db
from tests.instrument.sounds import phrase
from tests.instrument.synthesis import synthesis_error_db

RATE = 48_000
HARMONICS = (1, 2, 3, 5, 10, 20, 40)
FIXED = {"auto_octave": 0.0, "pitch_shift_st": 12.0}
TONES_HZ = (110.0, 146.8, 196.0, 220.0, 261.6, 329.6, 440.0, 587.3, 659.3, 880.0, 1318.5)


@cache
def violin(sample_rate: int) -> Instrument:
    return open_instrument("violin", Design(sample_rate))


def measure(data: Path) -> dict[str, float]:
    """Every figure by name; the worst of all cases."""
    sung = read_sound(data / "test" / "singing_vocadito_1.flac")
    sung_48k = read_sound(data / "test" / "singing_vocadito_1.flac", RATE)
    tracker = [tracker_sideband_db(violin(RATE), f0_hz, 30.0, seed) for f0_hz in TONES_HZ for seed in (0, 1)]
    figures = {
        "synthesis_error_db": max(
            synthesis_error_db(violin(RATE), phrase(RATE)[0]),
            synthesis_error_db(violin(RATE), sung_48k.samples[: 10 * RATE]),
        ),
        "sideband_vibrato_db": max(vibrato_sideband_db(k, RATE) for k in HARMONICS),
        "sideband_tracker_db": max(side["of_hops"] for side in tracker),
        "sideband_tracker_in_all_db": max(side["in_all"] for side in tracker),
    }
    x, starts_s = phrase(96_000)
    short = MELODY[0]
    demo_starts_s = REST_S + short.note_s * np.arange(len(short.notes))
    apart = {
        "phrase": differences(play_at_all_rates(violin, x, 96_000, {}), 220.0),
        "singing": differences(play_at_all_rates(violin, sung.samples, sung.sample_rate, FIXED), 260.0),
        "demo": differences(play_at_all_rates(violin, demo_melody(96_000), 96_000, {}), 440.0),
    }
    figures["rate_loudness_db"] = max(each["loudness_db"] for each in apart.values())
    figures["rate_bands_db"] = max(apart[name]["bands_db"] for name in ("phrase", "singing"))
    figures["rate_bands_demo_db"] = apart["demo"]["bands_db"]
    figures["rate_below_the_notes_db"] = max(each["below_db"] for each in apart.values())
    dry = {"reverb_mix": 0.0}
    figures["rate_onset_ms"] = max(
        differences(play_at_all_rates(violin, x, 96_000, dry), 220.0, starts_s)["onset_ms"],
        differences(play_at_all_rates(violin, demo_melody(96_000), 96_000, dry), 440.0, demo_starts_s)["onset_ms"],
    )
    return {name: round(float(value), 3) for name, value in figures.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of shared recordings")
    print(json.dumps(measure(parser.parse_args().data), indent=1))
