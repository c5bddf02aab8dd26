"""Modal bank: partials with onsets, decays and chirps of their own, as rotors that are set anew for every piece of a hop.

Phases (cycles, float64) and levels are kept from piece to piece in closed form; inside a piece each partial is a rotor with
a decaying step, and the step another rotor where the pitch moves. Partials lie side by side in tiles, so that one vector
instruction turns eight of them; those that rise, or that fade near Nyquist, are rendered one by one. A piece is always
rendered whole, whatever the device asks for: any split into blocks gives the same samples.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jambox.dsp.harmonic import FADE_END, FADE_START
from jambox.kernels import kernel

# Columns of the table of partials, one after the other, each of as many values as there are partials. Frequency and chirp
# in cycles per sample and per sample squared, decay in nepers a sample and as the factors of a sample and of a hop, onset
# and rise in samples, octaves above the pitch of the sound; its place in the series of that pitch, and 1 for those that go
# their own way, 0 for those that follow it.
FREQUENCY, CHIRP, AMPLITUDE, PHASE, DECAY, DECAY_SAMPLE, DECAY_HOP, ONSET, RISE, OCTAVES, PLACE, OWN = range(12)
N_COLUMNS = 12
TILE = 64
# A tile: the starts of its rotors (cycles, cycles per sample, cycles per sample squared, amplitude, factor of a sample) ...
N_STARTS = 5
# ... and the rotors: value, step, and what the step turns by, each real and imaginary.
N_ROTORS = 6
_INAUDIBLE = 1e-8
_NEPERS_PER_DB = np.log(10.0) / 20.0
_FADE_SLOPE = 1.0 / (FADE_END - FADE_START)


@kernel
def track_at(track: NDArray[np.float64], step: float, age: float) -> tuple[float, float]:
    """[audio] Pitch of the sound (cycles per sample) `age` samples after its strike, and how far it has come (cycles).

    The track holds pitches `step` samples apart, straight lines between them, then the cycles at each of them.
    """
    n = len(track) // 2
    place = min(max(age / step, 0.0), n - 1.001)
    at = int(place)
    past = place - at
    bend = track[at + 1] - track[at]
    return track[at] + bend * past, track[n + at] + (track[at] + 0.5 * bend * past) * past * step


@kernel
def _frequencies(
    table: NDArray[np.float64],
    n_partials: int,
    stretch: NDArray[np.float64],
    p: int,
    after: float,
    length: float,
    ratio_from: float,
    ratio_to: float,
    more_from: float,
    more_to: float,
) -> tuple[float, float]:
    """Of a partial at both ends of a piece that begins `after` its onset, in cycles per sample; see `advance_modal`."""
    f, chirp = table[FREQUENCY * n_partials + p], table[CHIRP * n_partials + p]
    own = table[OWN * n_partials + p]
    place = (1.0 - own) * table[PLACE * n_partials + p]
    f_from = (1.0 + own * (ratio_from - 1.0)) * (f + chirp * after) + place * more_from
    f_to = (1.0 + own * (ratio_to - 1.0)) * (f + chirp * (after + length)) + place * more_to
    return stretch[p] * f_from, stretch[n_partials + p] * f_to


@kernel
def advance_modal(
    table: NDArray[np.float64],
    n_partials: int,
    stretch: NDArray[np.float64],
    phases: NDArray[np.float64],
    levels: NDArray[np.float64],
    started: int,
    age: float,
    played: float,
    length: float,
    hop: float,
    ratio_from: float,
    ratio_to: float,
    more_from: float,
    more_to: float,
) -> None:
    """[audio] Phases and levels of the first `started` partials after `played` samples of a piece of `length`.

    The piece began `age` samples after the strike. What follows the track is its place times `more_from`, at the end of the
    piece `more_to`, faster than itself (cycles per sample), what goes its own way `ratio_from` to `ratio_to` times as fast;
    `stretch` holds what each is multiplied by besides at the start of the piece, then at its end, [2 K].
    """
    whole = played == hop
    for p in range(started):
        after = age - table[ONSET * n_partials + p]
        f_from, f_to = _frequencies(table, n_partials, stretch, p, after, length, ratio_from, ratio_to, more_from, more_to)
        cycles = phases[p] + f_from * played + (f_to - f_from) * played * played / (2.0 * length)
        phases[p] = cycles - np.floor(cycles)
    for p in range(started):
        level = levels[p]
        if level > 0.0:
            level *= table[DECAY_HOP * n_partials + p] if whole else np.exp(-table[DECAY * n_partials + p] * played)
            levels[p] = level if level > _INAUDIBLE else 0.0


@kernel
def begin_partials(
    table: NDArray[np.float64],
    n_partials: int,
    stretch: NDArray[np.float64],
    phases: NDArray[np.float64],
    levels: NDArray[np.float64],
    started: int,
    age: float,
    length: float,
    ratio_from: float,
    ratio_to: float,
    more_from: float,
    more_to: float,
    more_cycles: float,
) -> int:
    """[audio] Phase and level, as of the start of a piece, of the partials whose onset lies in it; how many have begun.

    At its start the pitch has come `more_cycles` farther than the sound's own: so much later in their cycle they begin.
    """
    while started < n_partials and table[ONSET * n_partials + started] < age + length:
        p = started
        after = age - table[ONSET * n_partials + p]
        f_from, f_to = _frequencies(table, n_partials, stretch, p, after, length, ratio_from, ratio_to, more_from, more_to)
        back = f_from * -after + (f_to - f_from) * after * after / (2.0 * length)
        more = more_cycles + more_from * -after + (more_to - more_from) * after * after / (2.0 * length)
        phases[p] = table[PHASE * n_partials + p] + table[PLACE * n_partials + p] * more - back
        levels[p] = table[AMPLITUDE * n_partials + p] * np.exp(-table[DECAY * n_partials + p] * after)
        started += 1
    return started


@kernel
def _turn_tile(starts: NDArray[np.float64], rotors: NDArray[np.float32], width: int) -> None:
    """Rotors from their starts; sine and cosine of a half turn by their series (error below 1e-9), then doubled."""
    for part in range(2):
        for i in range(width):
            x = starts[part * TILE + i]
            t = np.pi * (x - np.floor(x + 0.5))
            u = t * t
            sine = t * (
                1.0
                + u
                * (
                    -1.0 / 6.0
                    + u
                    * (
                        1.0 / 120.0
                        + u * (-1.0 / 5040.0 + u * (1.0 / 362880.0 + u * (-1.0 / 39916800.0 + u * (1.0 / 6227020800.0))))
                    )
                )
            )
            cosine = 1.0 + u * (
                -0.5
                + u
                * (
                    1.0 / 24.0
                    + u
                    * (
                        -1.0 / 720.0
                        + u * (1.0 / 40320.0 + u * (-1.0 / 3628800.0 + u * (1.0 / 479001600.0 - u * (1.0 / 87178291200.0))))
                    )
                )
            )
            size = starts[(3 + part) * TILE + i]
            rotors[2 * part * TILE + i] = np.float32(size * (1.0 - 2.0 * sine * sine))
            rotors[(2 * part + 1) * TILE + i] = np.float32(size * 2.0 * sine * cosine)
    for i in range(width):
        angle = 2.0 * np.pi * starts[2 * TILE + i]
        rotors[4 * TILE + i] = np.float32(1.0 - 0.5 * angle * angle)
        rotors[5 * TILE + i] = np.float32(angle - angle * angle * angle / 6.0)


@kernel
def _run_tile(rotors: NDArray[np.float32], lanes: NDArray[np.float32], count: int, width: int) -> None:
    """Add `count` samples of a tile's partials to their lanes, [count x TILE]."""
    for n in range(count):
        at = n * TILE
        for i in range(width):
            re, im = rotors[i], rotors[TILE + i]
            step_re, step_im = rotors[2 * TILE + i], rotors[3 * TILE + i]
            turn_re, turn_im = rotors[4 * TILE + i], rotors[5 * TILE + i]
            lanes[at + i] += re
            rotors[i] = re * step_re - im * step_im
            rotors[TILE + i] = re * step_im + im * step_re
            rotors[2 * TILE + i] = step_re * turn_re - step_im * turn_im
            rotors[3 * TILE + i] = step_re * turn_im + step_im * turn_re


@kernel
def _run_one(
    lanes: NDArray[np.float32],
    count: int,
    cycles: float,
    step: float,
    turn: float,
    level: float,
    factor: float,
    after: float,
    rise: float,
    fade_from: float,
    fade_slope: float,
) -> None:
    """Add `count` samples of one partial that rises or fades to the first lane; the fade stays between 0 and 1."""
    angle, step_angle, turn_angle = 2.0 * np.pi * cycles, 2.0 * np.pi * step, 2.0 * np.pi * turn
    re, im = level * np.cos(angle), level * np.sin(angle)
    step_re, step_im = factor * np.cos(step_angle), factor * np.sin(step_angle)
    turn_re, turn_im = np.cos(turn_angle), np.sin(turn_angle)
    for n in range(count):
        t = after + n
        if t >= 0.0:
            gain = min(max(fade_from + fade_slope * n, 0.0), 1.0)
            if t < rise:
                gain *= 0.5 - 0.5 * np.cos(np.pi * t / rise)
            lanes[n * TILE] += np.float32(gain * re)
        re, im = re * step_re - im * step_im, re * step_im + im * step_re
        step_re, step_im = step_re * turn_re - step_im * turn_im, step_re * turn_im + step_im * turn_re


@kernel
def tilt_power(
    table: NDArray[np.float64], n_partials: int, levels: NDArray[np.float64], started: int, tilt_db: float
) -> float:
    """[audio] Gain that keeps the power of the partials what it is, when each octave of them is `tilt_db` louder."""
    if tilt_db == 0.0:
        return 1.0
    before, after = 1e-30, 1e-30
    for p in range(started):
        power = levels[p] * levels[p]
        before += power
        after += power * np.exp(2.0 * _NEPERS_PER_DB * tilt_db * table[OCTAVES * n_partials + p])
    return float(np.sqrt(before / after))


@kernel
def render_modal(
    out: NDArray[np.float64],
    count: int,
    starts: NDArray[np.float64],
    rotors: NDArray[np.float32],
    lanes: NDArray[np.float32],
    table: NDArray[np.float64],
    n_partials: int,
    stretch: NDArray[np.float64],
    phases: NDArray[np.float64],
    levels: NDArray[np.float64],
    started: int,
    age: float,
    ratio_from: float,
    ratio_to: float,
    more_from: float,
    more_to: float,
    tilt_from_db: float,
    tilt_to_db: float,
) -> None:
    """[audio] Write a whole piece of `count` samples of the bank to out, from `age` samples after the strike on.

    Frequencies are those of `advance_modal`; the tilt (dB an octave) ramps in dB, the fade at Nyquist goes by the
    sample. starts, rotors and lanes are scratch of N_STARTS * TILE, N_ROTORS * TILE and count * TILE.
    Error against a float64 evaluation: below 1e-4 of a partial's amplitude (tests/dsp/test_modal.py).
    """
    for i in range(count * TILE):
        lanes[i] = np.float32(0.0)
    tilted = tilt_from_db != 0.0 or tilt_to_db != 0.0
    filled = 0
    for p in range(started + 1):
        if p < started:
            level = levels[p]
            if level == 0.0:
                continue
            after = age - table[ONSET * n_partials + p]
            f_from, f_to = _frequencies(
                table, n_partials, stretch, p, after, count, ratio_from, ratio_to, more_from, more_to
            )
            fade_from, fade_to = _FADE_SLOPE * (FADE_END - abs(f_from)), _FADE_SLOPE * (FADE_END - abs(f_to))
            if fade_from <= 0.0 and fade_to <= 0.0:
                continue
            factor = table[DECAY_SAMPLE * n_partials + p]
            if tilted:
                octaves = _NEPERS_PER_DB * table[OCTAVES * n_partials + p]
                level *= np.exp(octaves * tilt_from_db)
                factor *= np.exp(octaves * (tilt_to_db - tilt_from_db) / count)
            turn = (f_to - f_from) / count
            rise = table[RISE * n_partials + p]
            if after < rise or after < 0.0 or fade_from < 1.0 or fade_to < 1.0:
                slope = (fade_to - fade_from) / count
                _run_one(lanes, count, phases[p], f_from + 0.5 * turn, turn, level, factor, after, rise, fade_from, slope)
                continue
            starts[filled] = phases[p]
            starts[TILE + filled] = f_from + 0.5 * turn
            starts[2 * TILE + filled] = turn
            starts[3 * TILE + filled] = level
            starts[4 * TILE + filled] = factor
            filled += 1
        if filled == TILE or (p == started and filled > 0):
            width = -(-filled // 16) * 16
            for i in range(filled, width):
                starts[3 * TILE + i] = 0.0
            _turn_tile(starts, rotors, width)
            _run_tile(rotors, lanes, count, width)
            filled = 0
    for n in range(count):
        at = n * TILE
        for i in range(32):
            lanes[at + i] += lanes[at + 32 + i]
        for i in range(16):
            lanes[at + i] += lanes[at + 16 + i]
        for i in range(8):
            lanes[at + i] += lanes[at + 8 + i]
        total = 0.0
        for i in range(8):
            total += lanes[at + i]
        out[n] = total
