"""How a note breathes: the curves of pitch and loudness that a key, its velocity and its player's hands become.

A note is played in pieces: a whole hop, or what is left of one after an event. `begin_piece` fixes where everything stands,
`aim_notes` says where it ramps to; what a curve is at a sample depends on nothing but events and the hop clock, so that
device blocks cannot be heard. A player learnt from recordings would take the place of `_pitch_st` and `_loudness_db`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from jambox.control.scaling import HIGHEST_LOUDNESS_DB, LOWEST_LOUDNESS_DB, scale_f0, scale_loudness
from jambox.dsp.harmonic import phase_in_cycles
from jambox.instrument.levels import gain, gain_or_off, loudness_gain
from jambox.instrument.morph import middle_st, touch_share
from jambox.instrument.pool import (
    ATTACK,
    DECAY,
    DOWN,
    ENDED,
    FADE,
    FADING,
    HELD,
    KEYS_PITCH,
    OFF,
    RELEASE,
    VOICE,
    VOICE_PITCH,
    choice,
)
from jambox.instrument.rows import N_ROWS
from jambox.kernels import kernel
from jambox.params import INDEX as P

# The end of a release: 60 dB below the note's level.
SILENT = 1e-3
# Attacks are alike if the first pulse of the waveform falls where the note can be heard already.
FIRST_PULSE_S = 0.002
# Vibrato grows to its depth within this time; pitch wanders to a new place once in this one.
VIBRATO_GROWS_S = 0.4
DRIFT_S = 0.25
HIGHEST_NOTE_HZ = 20_000.0


@kernel
def along(start: float, end: float, n: float, length: int) -> float:
    """[audio] Where a ramp over a piece of `length` samples stands after `n` of them."""
    return start + (end - start) * n / length


@kernel
def _wandering(seed: int, number: int, knot: int) -> float:
    """A random number from -1 to 1, always the same for the same three (splitmix64, Steele et al. 2014)."""
    x = np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(number) * np.uint64(0xBF58476D1CE4E5B9)
    x += np.uint64(knot) * np.uint64(0x94D049BB133111EB)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x = x ^ (x >> np.uint64(31))
    return float(x >> np.uint64(11)) * 2.0**-52 - 1.0


@kernel
def _envelope(h: Any, row: int, n_samples: float) -> tuple[int, float]:
    """Stage and level of the note's envelope so many samples after the start of its piece."""
    n = h.notes
    value = h.param_value
    stage, level, left = n.stage[row], n.level[row], float(n_samples)
    if stage == ATTACK:
        step = 1.0 / (value[P.attack_s] * h.sample_rate)
        if level + left * step < 1.0:
            return stage, level + left * step
        left -= (1.0 - level) / step
        stage, level = DECAY, 1.0
    if stage == DECAY:
        sustain_db = value[P.sustain_db]
        target = gain_or_off(sustain_db)
        if level > target:
            level *= 10.0 ** (min(sustain_db, -1.0) * left / (20.0 * value[P.decay_s] * h.sample_rate))
            level = max(level, target)
        else:
            level = min(level + left / (value[P.decay_s] * h.sample_rate), target)
        if level < SILENT:
            level = 0.0
    elif stage == RELEASE:
        level *= 10.0 ** (-3.0 * left / (value[P.release_s] * h.sample_rate))
        if level < SILENT:
            stage, level = ENDED, 0.0
    elif stage == FADE:
        level = max(0.0, level - n.fade_step[row] * left)
        if level == 0.0:
            stage = ENDED
    return stage, level


@kernel
def _glide(h: Any, row: int, n_samples: float) -> float:
    """Semitones that the pitch is still away from its key."""
    n = h.notes
    left = max(0.0, abs(n.glide_st[row]) - n.glide_step[row] * n_samples)
    return float(left if n.glide_st[row] > 0.0 else -left)


@kernel
def _channel_share(h: Any, row: int) -> float:
    """1 while the note listens to its channel; once released it does no more."""
    return 1.0 if h.notes.state[row] == HELD else 0.0


@kernel
def _pitch_st(h: Any, row: int, n_samples: float) -> float:
    """MIDI pitch of the note so many samples after the start of its piece: key, glide, bend, vibrato, drift."""
    n = h.notes
    value = h.param_value
    channel = n.channel[row]
    age_s = (n.age[row] + n_samples) / h.sample_rate
    pitch_st = h.tuning_st[n.key[row]] + value[P.note_transpose_st] + _glide(h, row, n_samples) + n.bend_st[row]
    pitch_st += _channel_share(h, row) * n.channel_bend_st[channel]
    grown = min(max((age_s - value[P.vibrato_delay_s]) / VIBRATO_GROWS_S, 0.0), 1.0)
    cents = grown * value[P.vibrato_cents] + n.channel_modulation[channel] * value[P.modulation_cents]
    if cents > 0.0:
        pitch_st += 0.01 * cents * np.sin(2.0 * np.pi * value[P.vibrato_rate_hz] * age_s)
    if value[P.drift_cents] > 0.0:
        knot = int(age_s / DRIFT_S)
        share = age_s / DRIFT_S - knot
        here = _wandering(n.seed, n.serial[row], knot) if knot > 0 else 0.0
        there = _wandering(n.seed, n.serial[row], knot + 1)
        pitch_st += 0.01 * value[P.drift_cents] * (here + (there - here) * share * share * (3.0 - 2.0 * share))
    return float(pitch_st)


@kernel
def _loudness_db(h: Any, row: int) -> float:
    """Loudness at the top of the note's envelope: velocity in the instrument's own range, key, pedals, hands."""
    n = h.notes
    value = h.param_value
    channel = n.channel[row]
    touch = n.velocity[row] ** value[P.velocity_curve]
    share = touch_share(h, n.key[row])
    softest_db = n.softest_db + share * (n.softest_b_db - n.softest_db)
    loudest_db = n.loudest_db + share * (n.loudest_b_db - n.loudest_db)
    loudness_db = loudest_db - (loudest_db - softest_db) * value[P.velocity_range] * (1.0 - touch)
    loudness_db += value[P.key_loudness_db] * (n.key[row] - middle_st(h, n.key[row])) / 12.0
    pressure = max(n.pressure[row], _channel_share(h, row) * n.channel_pressure[channel])
    loudness_db += value[P.pressure_db] * pressure + n.channel_loudness_db[channel]
    if n.soft[channel] >= DOWN:
        loudness_db += value[P.soft_pedal_db]
    return float(min(max(loudness_db, LOWEST_LOUDNESS_DB), HIGHEST_LOUDNESS_DB))


@kernel
def timbre(h: Any, row: int) -> float:
    """[audio] Tilt of the note's harmonics in dB an octave."""
    n = h.notes
    position = n.timbre[row] + _channel_share(h, row) * n.channel_timbre[n.channel[row]]
    return float(h.param_value[P.brightness_db] * min(max(position, -1.0), 1.0))


@kernel
def _f0_hz(h: Any, row: int, n_samples: float) -> float:
    if choice(h.param_value[P.source]) == VOICE_PITCH and h.voice.f0_to_hz > 0.0:
        return float(h.voice.f0_to_hz)
    a4_hz = h.param_value[P.a4_hz]
    return float(min(a4_hz * 2.0 ** ((_pitch_st(h, row, n_samples) - 69.0) / 12.0), HIGHEST_NOTE_HZ))


@kernel
def begin_piece(h: Any, row: int, at: int) -> None:
    """[audio] The piece of the note that sounds is over; the next begins where it stands, at sample `at` of the hop."""
    n = h.notes
    end = at if at > 0 else h.hop
    played, length = end - n.piece_start[row], h.hop - n.piece_start[row]
    n.piece_start[row] = at
    n.stage[row], n.level[row] = _envelope(h, row, played)
    n.glide_st[row] = _glide(h, row, played)
    n.phase[row] = phase_in_cycles(n.phase[row], n.f0_from_hz[row], n.f0_to_hz[row], played, length, h.sample_rate)
    n.f0_from_hz[row] = along(n.f0_from_hz[row], n.f0_to_hz[row], played, length)
    n.harmonics_from[row] = along(n.harmonics_from[row], n.harmonics_to[row], played, length)
    n.noise_from[row] = along(n.noise_from[row], n.noise_to[row], played, length)
    n.age[row] += played
    if at == 0 and n.stage[row] == ENDED:
        n.state[row] = OFF


@kernel
def _begin_fresh(h: Any, row: int, at: int) -> None:
    """A note that begins at sample `at` of the hop: its own pitch at once, its first pulse where it can be heard."""
    n = h.notes
    n.piece_start[row] = at
    n.f0_from_hz[row] = _f0_hz(h, row, 0.0)
    cycles = n.f0_from_hz[row] * min(FIRST_PULSE_S, h.param_value[P.attack_s])
    n.phase[row] = np.ceil(cycles) - cycles


@kernel
def _aim(h: Any, row: int) -> None:
    """Pitch and gains at the end of the hop."""
    n = h.notes
    value = h.param_value
    left = h.hop - n.piece_start[row]
    _, level = _envelope(h, row, left)
    n.f0_to_hz[row] = _f0_hz(h, row, left)
    n.loudness_db[row] = _loudness_db(h, row)
    source = choice(value[P.source])
    harmonics, noise = level, level
    if source == KEYS_PITCH:
        n.loudness_db[row] = h.loudness_db
        harmonics *= h.level * h.voice.gate
        noise *= h.level * h.breath_gain
    elif source == VOICE:
        harmonics, noise = 0.0, 0.0
    else:
        harmonics *= loudness_gain(n.loudness_db[row])
        noise = harmonics
    volume = gain(n.channel_volume_db[n.channel[row]])
    n.harmonics_to[row] = harmonics * volume * gain_or_off(value[P.harmonics_level_db])
    n.noise_to[row] = noise * volume * gain_or_off(value[P.noise_level_db])


@kernel
def want_step(h: Any, row: int, f0_hz: float, told_db: float, fresh: int) -> None:
    """[audio] The network of this row must be stepped before the next sample."""
    n = h.notes
    n.told_db[row] = min(max(told_db, LOWEST_LOUDNESS_DB), HIGHEST_LOUDNESS_DB)
    n.wanted[n.n_wanted] = row
    n.wanted_fresh[n.n_wanted] = fresh
    n.wanted_f0[n.n_wanted] = scale_f0(f0_hz)
    n.wanted_loudness[n.n_wanted] = scale_loudness(n.told_db[row])
    n.n_wanted += 1


@kernel
def aim_notes(h: Any, at: int, control_hop: bool) -> None:
    """[audio] All notes aim at the end of the hop from its sample `at` on; networks of new ones, at a control hop of all,
    ask for a step. They are told what the note will be when the coming control hop is over."""
    n = h.notes
    n.n_sounding = 0
    for row in range(1, N_ROWS):
        if n.state[row] == OFF:
            continue
        n.n_sounding += 1
        fresh = n.fresh[row]
        if fresh == 1:
            _begin_fresh(h, row, at)
        _aim(h, row)
        n.fresh[row] = 0
        if n.state[row] == FADING or not (fresh == 1 or control_hop):
            continue
        _, level = _envelope(h, row, h.ramp)
        if level > 0.0 or n.harmonics_from[row] > 0.0 or n.noise_from[row] > 0.0:
            told_db = n.loudness_db[row]
            if choice(h.param_value[P.source]) != KEYS_PITCH:
                told_db += 20.0 * np.log10(max(level, SILENT))
            want_step(h, row, n.f0_to_hz[row], told_db, fresh)
