"""What a performer's controls do, measured anew: scale snap, morph, and what all of it costs at once.

    python -m tests.instrument.performing --data DIR

All inputs are made here; the folder of recordings is taken so that every set of figures is measured the same way.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jambox.instrument import Design, Instrument
from jambox.instrument.opening import open_instrument
from tests.instrument.singing_in_scale import AS_SUNG, RATE, extent_st, melody, of_each_note, played_st
from tests.instrument.sounds import tone
from tests.instruments.collection import shipped

MAJOR = [60, 64, 62, 65, 67, 71, 72, 60]
SEEDS = (3, 4, 5)
PAIRS = ("flute+trumpet", "violin+clarinet", "cello+alto_sax")
EVERYTHING = {
    "scale_amount": 1.0,
    "scale": 1.0,
    "voice_vibrato_cents": 20.0,
    "vibrato_delay_s": 0.0,
    "tilt_db": 3.0,
    "odd_even": -0.3,
    "formant_st": 2.0,
    "stretch_cents": 5.0,
    "morph": 0.5,
    "room_size": 0.8,
    "room_damping": 0.3,
    "room_predelay_s": 0.02,
    "reverb_mix": 0.2,
    "harmonic_02_db": -3.0,
    "stereo_width": 1.0,
}


def snap(player: Instrument, amount: float) -> tuple[float, float]:
    """Worst distance of a note from where it should be, in cents, and worst change of a vibrato's extent, in percent."""
    off, changed = [], []
    for seed in SEEDS:
        for vibrato_st in (0.0, 0.4):
            sung = melody(MAJOR, seed, vibrato_st=vibrato_st)
            player.reset(AS_SUNG)
            before = of_each_note(played_st(player, sung.x), sung, player.hop)
            player.reset({**AS_SUNG, "scale": 1.0, "scale_amount": amount})
            after = of_each_note(played_st(player, sung.x), sung, player.hop)
            wanted = sung.meant_st + (1.0 - amount) * sung.missed_st
            off += [abs(float(np.mean(part)) - pitch) for part, pitch in zip(after, wanted, strict=True)]
            if vibrato_st > 0.0:
                changed += [abs(extent_st(a) / extent_st(b) - 1.0) for a, b in zip(after, before, strict=True)]
    return 100.0 * max(off), 100.0 * max(changed)


def centroids_hz(player: Instrument, power: float) -> NDArray[np.float64]:
    """Of a held note at eleven steps of the morph; power 1 weights by magnitude, 2 by power."""
    found = []
    for share in np.linspace(0.0, 1.0, 11):
        player.reset({**AS_SUNG, "morph": float(share), "reverb_mix": 0.0})
        y = player.process(tone(440.0, 1.0, RATE)).astype(np.float64)[RATE // 2 :]
        spectrum = np.abs(np.fft.rfft(y * np.hanning(len(y)))) ** power
        found.append(float(np.sum(spectrum * np.fft.rfftfreq(len(y), 1.0 / RATE)) / np.sum(spectrum)))
    return np.array(found)


def turns_back(centroids: NDArray[np.float64]) -> float:
    """The largest step of a way in the wrong direction, in percent of the whole way."""
    ways = np.diff(centroids) * np.sign(centroids[-1] - centroids[0])
    return max(0.0, 100.0 * float(-np.min(ways)) / abs(centroids[-1] - centroids[0]))


def ends_apart(player: Instrument, name: str) -> float:
    """Largest difference of a sample between the ends of a morph and the single instruments."""
    x = tone(440.0, 0.5, RATE)
    apart = 0.0
    for share, alone in zip((0.0, 1.0), name.split("+"), strict=True):
        player.reset({**AS_SUNG, "morph": share})
        apart = max(
            apart, float(np.max(np.abs(player.process(x) - open_instrument(alone, Design(RATE), AS_SUNG).process(x))))
        )
    return apart


def sweep_step(player: Instrument) -> float:
    """Largest step of a sample in a morph of 10 Hz over the largest of held ones."""
    x = tone(440.0, 1.0, RATE)

    def largest(share: float | None) -> float:
        player.reset({**AS_SUNG, "reverb_mix": 0.0, "morph": share or 0.0})
        for at in range(0, len(x), player.hop) if share is None else ():
            player.set("morph", 0.5 - 0.5 * float(np.cos(2.0 * np.pi * 10.0 * at / RATE)), at)
        return float(np.max(np.abs(np.diff(player.process(x)))))

    return largest(None) / max(largest(float(share)) for share in np.linspace(0.0, 1.0, 11))


def spread(player: Instrument) -> tuple[float, float]:
    """Of a held note at full width: correlation of left and right, and how far the two added are from the mono sound."""
    x = tone(330.0, 1.0, RATE)
    player.reset({**AS_SUNG, "output_gain_db": -6.0})
    mono = player.process(x).astype(np.float64)
    player.reset({**AS_SUNG, "output_gain_db": -6.0, "stereo_width": 1.0})
    frames = player.process_stereo(x).astype(np.float64)
    likeness = np.corrcoef(frames[RATE // 4 :].T)[0, 1]
    return float(likeness), float(np.max(np.abs(frames.mean(axis=1) - mono)))


def real_time_factor(player: Instrument, params: dict[str, float]) -> float:
    """Least of three: CPU time over sounding time, voice alone, blocks of 128."""
    x = tone(330.0, 4.0, RATE)
    y = np.empty_like(x)
    took = []
    for _ in range(3):
        player.reset({**AS_SUNG, **params})
        began = time.process_time()
        for first in range(0, len(x), 128):
            player.process_into(x[first : first + 128], y[first : first + 128])
        took.append(time.process_time() - began)
    return min(took) / 4.0


def measure(data: Path) -> dict[str, float]:
    """Every figure by name."""
    violin = open_instrument("violin", Design(RATE))
    whole_off, whole_changed = snap(violin, 1.0)
    half_off, half_changed = snap(violin, 0.5)
    hybrids = {name: open_instrument(name, Design(RATE)) for name in PAIRS}
    spreads = [spread(open_instrument(name, Design(RATE))) for name in shipped()]
    return {
        "snap_off_cents": whole_off,
        "snap_half_off_cents": half_off,
        "snap_vibrato_percent": max(whole_changed, half_changed),
        "morph_ends": max(ends_apart(player, name) for name, player in hybrids.items()),
        "morph_turns_back_percent": max(turns_back(centroids_hz(player, 2.0)) for player in hybrids.values()),
        "morph_turns_back_magnitude_percent": max(turns_back(centroids_hz(player, 1.0)) for player in hybrids.values()),
        "morph_sweep_step": max(sweep_step(player) for player in hybrids.values()),
        "width_likeness": max(likeness for likeness, _ in spreads),
        "width_mono_apart": max(apart for _, apart in spreads),
        "everything_on_real_time_factor": real_time_factor(hybrids[PAIRS[0]], EVERYTHING),
        "everything_off_real_time_factor": real_time_factor(violin, {}),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of shared recordings")
    print(json.dumps(measure(parser.parse_args().data), indent=1))
