"""Every parameter does something that can be measured, and none of them clicks, however fast it is turned.

MOVES says for each parameter which quantity it moves: a new row needs a line here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.instrument import Design, Instrument
from jambox.instrument.events import EVENT_MODULATION, EVENT_PRESSURE, EVENT_SOFT, EVENT_TIMBRE
from jambox.instrument.note_events import NoteEvent, note_off, note_on
from jambox.instrument.opening import open_instrument
from jambox.params import BY_ID, N_DRAWN_HARMONICS
from jambox.units import gain_to_db
from tests.instrument.singing_in_scale import AS_SUNG

RATE = 48_000
F0_HZ = 220.0
KEYS, KEY = {"source": 2.0, "reverb_mix": 0.0}, 57
Samples = NDArray[np.float64]
Quantity = Callable[[Samples, Instrument], float] | Callable[[Samples, Instrument], Samples]


def sung(seconds: float = 0.5, level: float = 0.1, f0_hz: float = F0_HZ) -> NDArray[np.float32]:
    t = np.arange(round(seconds * RATE)) / RATE
    x = sum(0.5**k * np.sin(2.0 * np.pi * k * f0_hz * t + k) for k in range(1, 7))
    return np.asarray(level * x, dtype=np.float32)


def breathed() -> NDArray[np.float32]:
    return (0.05 * np.random.default_rng(1).standard_normal(round(0.5 * RATE))).astype(np.float32)


# What is measured: of the output, or of where the instrument stands at the end.


def level_db(y: Samples, player: Instrument) -> float:
    return float(gain_to_db(np.std(y[len(y) // 2 :]) + 1e-9))


def side_db(y: Samples, player: Instrument) -> float:
    """Level of what left has more than right, over another half second of what was held last."""
    frames = player.process_stereo(sung(0.5)).astype(np.float64)
    return float(gain_to_db(np.std(frames[:, 0] - frames[:, 1]) + 1e-9))


def early_db(y: Samples, player: Instrument) -> float:
    """Level 30 ms after a key goes down."""
    return float(gain_to_db(np.std(y[1440:2400]) + 1e-9))


def rest_db(y: Samples, player: Instrument) -> float:
    """Level of the last 100 ms."""
    return float(gain_to_db(np.std(y[-4800:]) + 1e-9))


def pitch_st(y: Samples, player: Instrument) -> float:
    """Pitch at the end, of the newest note if there is one."""
    notes, voice = player.header["notes"], player.header["voice"]
    sounding = np.flatnonzero(notes["state"])
    newest = max(sounding, key=lambda row: notes["serial"][row], default=None)
    hz = float(voice["f0_to_hz"] if newest is None else notes["f0_to_hz"][newest])
    return 12.0 * float(np.log2(hz / 440.0))


def pitch_spread_st(y: Samples, player: Instrument) -> float:
    """How far apart the pitches of a note lie while it is played, from its cycles: see `trace`."""
    return float(np.ptp(trace(player)))


def centroid_hz(y: Samples, player: Instrument) -> float:
    power = np.abs(np.fft.rfft(y[len(y) // 2 :] * np.hanning(len(y) - len(y) // 2))) ** 2
    f_hz = np.fft.rfftfreq(len(y) - len(y) // 2, 1.0 / RATE)
    return float(np.sum(power * f_hz) / np.sum(power))


def partials_hz(y: Samples, player: Instrument) -> float:
    """Frequency of the partial near the fourth harmonic."""
    n = len(y) // 2
    power = np.abs(np.fft.rfft(y[n:] * np.hanning(len(y) - n)))
    f_hz = np.fft.rfftfreq(len(y) - n, 1.0 / RATE)
    near = (f_hz > 3.55 * F0_HZ) & (f_hz < 4.45 * F0_HZ)
    return float(f_hz[near][np.argmax(power[near])])


def partial_db(k: int) -> Quantity:
    def level_of_partial_db(y: Samples, player: Instrument) -> float:
        t = np.arange(4800) / RATE
        return float(gain_to_db(abs(np.mean(y[-4800:] * np.hanning(4800) * np.exp(-2j * np.pi * k * F0_HZ * t))) + 1e-7))

    return level_of_partial_db


def n_notes(y: Samples, player: Instrument) -> float:
    return float(player.header["notes"]["n_sounding"])


def waveform(y: Samples, player: Instrument) -> Samples:
    """The sound itself; what it moves by is a share of it."""
    return y


def trace(player: Instrument) -> NDArray[np.float64]:
    """Pitch (semitones) once a hop over another half second of what was held last."""
    silence = sung(0.5)
    pitches = []
    for first in range(0, len(silence), player.hop):
        player.process(silence[first : first + player.hop])
        pitches.append(pitch_st(np.zeros(0), player))
    return np.array(pitches)


@dataclass(frozen=True)
class Move:
    """The quantity that a parameter moves from its one end to the other, by at least so much, under these conditions."""

    quantity: Quantity
    least: float
    params: Mapping[str, float] = field(default_factory=dict)
    events: tuple[NoteEvent, ...] = ()
    ducked_db: float = 0.0
    x: Callable[[], NDArray[np.float32]] = sung
    ends: tuple[float, float] | None = None


ON = (note_on(KEY, time=0),)
UP = (note_on(KEY, time=0), note_off(KEY, time=9600))
TWO = (note_on(KEY, time=0), note_on(KEY + 12, time=9600))
SNAPPED = {"scale_amount": 1.0, "reverb_mix": 0.0, "scale_glide_s": 0.0}


def off_key() -> NDArray[np.float32]:
    return sung(f0_hz=440.0 * 2.0 ** (-11.7 / 12.0))


def step() -> NDArray[np.float32]:
    """Two notes, a second apart in the scale, the later one short."""
    return np.concatenate([sung(0.4), sung(0.1, f0_hz=F0_HZ * 2.0 ** (2.4 / 12.0))])


def softly() -> NDArray[np.float32]:
    """A phrase, a rest in which the level may move, and a note."""
    return np.concatenate([sung(1.2, 0.01), np.zeros(RATE, dtype=np.float32), sung(2.2, 0.01)])


MOVES: dict[str, Move] = {
    "input_gain_db": Move(level_db, 6.0),
    "pitch_shift_st": Move(pitch_st, 60.0),
    "auto_octave": Move(pitch_st, 11.9, x=lambda: sung(f0_hz=0.5 * F0_HZ)),
    "loudness_shift_db": Move(level_db, 12.0),
    "auto_level": Move(level_db, 3.0, x=softly),
    "voicing_threshold": Move(partial_db(1), 12.0, ends=(0.05, 0.95), x=lambda: sung() + 0.5 * breathed()),
    "gate_db": Move(level_db, 12.0, x=lambda: sung(level=0.003)),
    "unvoiced_level_db": Move(level_db, 12.0, x=breathed),
    "harmonics_level_db": Move(level_db, 12.0),
    "noise_level_db": Move(level_db, 6.0, {"harmonics_level_db": -60.0}),
    "reverb_mix": Move(waveform, 0.1),
    "voice_level_db": Move(level_db, 1.0),
    "output_gain_db": Move(level_db, 20.0),
    "howl_guard": Move(level_db, 20.0, ducked_db=-40.0),
    "source": Move(level_db, 12.0, {"reverb_mix": 0.0}, ends=(0.0, 2.0)),
    "polyphony": Move(n_notes, 1.0, KEYS, TWO, ends=(1.0, 2.0)),
    "voice_mode": Move(n_notes, 1.0, KEYS, TWO, ends=(0.0, 1.0)),
    "glide_s": Move(pitch_st, 5.0, KEYS, TWO),
    "glide_by": Move(
        pitch_st, 1.0, {**KEYS, "glide_s": 1.0}, (note_on(KEY, time=0), note_on(KEY + 24, time=9600)), ends=(0.0, 1.0)
    ),
    "note_transpose_st": Move(pitch_st, 60.0, KEYS, ON),
    "attack_s": Move(early_db, 12.0, KEYS, ON),
    "decay_s": Move(level_db, 6.0, {**KEYS, "sustain_db": -40.0}, ON),
    "sustain_db": Move(level_db, 12.0, {**KEYS, "decay_s": 0.1}, ON),
    "release_s": Move(rest_db, 12.0, KEYS, UP),
    "velocity_curve": Move(level_db, 3.0, KEYS, (note_on(KEY, 0.3, time=0),)),
    "velocity_range": Move(level_db, 6.0, KEYS, (note_on(KEY, 0.1, time=0),)),
    "key_loudness_db": Move(level_db, 3.0, KEYS, (note_on(KEY - 18, time=0),)),
    "soft_pedal_db": Move(level_db, 6.0, KEYS, (NoteEvent(EVENT_SOFT, 0, None, 1.0, 0), *ON)),
    "vibrato_rate_hz": Move(waveform, 0.01, {**KEYS, "vibrato_cents": 50.0, "vibrato_delay_s": 0.0}, ON),
    "vibrato_cents": Move(pitch_spread_st, 1.0, {**KEYS, "vibrato_delay_s": 0.0}, ON),
    "vibrato_delay_s": Move(pitch_spread_st, 1.0, {**KEYS, "vibrato_cents": 100.0}, ON),
    "modulation_cents": Move(pitch_spread_st, 1.0, KEYS, (NoteEvent(EVENT_MODULATION, 0, None, 1.0, 0), *ON)),
    "drift_cents": Move(pitch_spread_st, 0.05, {**KEYS, "vibrato_cents": 0.0}, ON),
    "pressure_db": Move(level_db, 6.0, KEYS, (NoteEvent(EVENT_PRESSURE, 0, None, 1.0, 0), note_on(KEY, 0.3, time=0))),
    "brightness_db": Move(centroid_hz, 20.0, KEYS, (NoteEvent(EVENT_TIMBRE, 0, None, 1.0, 0), *ON)),
    "scale_amount": Move(pitch_st, 0.2, {"scale_glide_s": 0.0}, x=off_key),
    "scale": Move(pitch_st, 0.5, {**SNAPPED, "scale_key": 1.0}, x=off_key, ends=(0.0, 10.0)),
    "scale_key": Move(pitch_st, 0.5, {**SNAPPED, "scale": 1.0}, x=off_key, ends=(0.0, 1.0)),
    "scale_glide_s": Move(pitch_st, 0.1, SNAPPED | {"scale_hold": 1.0}, x=step),
    "scale_hold": Move(pitch_st, 0.1, SNAPPED | {"scale_glide_s": 0.5}, x=step),
    "a4_hz": Move(pitch_st, 3.0, KEYS, ON),
    "voice_vibrato_cents": Move(pitch_spread_st, 1.0, {"vibrato_delay_s": 0.0}),
    "tilt_db": Move(centroid_hz, 100.0, {"reverb_mix": 0.0}),
    "odd_even": Move(centroid_hz, 20.0, {"reverb_mix": 0.0}),
    "formant_st": Move(waveform, 0.05, {"reverb_mix": 0.0}),
    "stretch_cents": Move(partials_hz, 80.0, {"reverb_mix": 0.0}, ends=(-60.0, 60.0)),
    "stereo_width": Move(side_db, 40.0),
    "morph": Move(waveform, 0.1, {"reverb_mix": 0.0}),
    "morph_by": Move(waveform, 0.1, {"morph_high_st": 56.0}, ends=(0.0, 1.0)),
    "morph_low_st": Move(waveform, 0.1, {"morph_by": 1.0, "morph_high_st": 60.0}, ends=(0.0, 57.0)),
    "morph_high_st": Move(waveform, 0.1, {"morph_by": 1.0, "morph_low_st": 50.0}, ends=(51.0, 127.0)),
    "morph_soft_db": Move(waveform, 0.1, {"morph_by": 2.0, "morph_loud_db": -10.0}, ends=(-80.0, -22.0)),
    "morph_loud_db": Move(waveform, 0.1, {"morph_by": 2.0, "morph_soft_db": -40.0}),
    "room": Move(waveform, 0.1, {"reverb_mix": 1.0}),
    "room_size": Move(waveform, 0.1, {"reverb_mix": 1.0}),
    "room_damping": Move(waveform, 0.1, {"reverb_mix": 1.0}),
    "room_predelay_s": Move(waveform, 0.1, {"reverb_mix": 1.0}),
    **{
        f"harmonic_{k:02d}_db": Move(partial_db(k), 12.0, {"reverb_mix": 0.0, "noise_level_db": -60.0}, x=lambda: sung(0.2))
        for k in range(1, N_DRAWN_HARMONICS + 1)
    },
}


@pytest.fixture(scope="module")
def player() -> Instrument:
    return open_instrument("violin+clarinet", Design(RATE))


def test_every_parameter_has_a_quantity_that_it_moves() -> None:
    assert set(MOVES) == set(BY_ID)


def at_both_ends(player: Instrument, id: str) -> Iterator[NDArray[np.float32]]:
    """What the player, set to the one end and then to the other, is to be given to show what the parameter moves."""
    move, row = MOVES[id], BY_ID[id]
    for value in move.ends or (row.minimum, row.maximum):
        player.reset({**AS_SUNG, **move.params, id: value})
        for event in move.events:
            player.play(event)
        player.duck(move.ducked_db)
        yield move.x()


@pytest.mark.parametrize("id", BY_ID)
def test_a_parameter_moves_its_quantity(player: Instrument, id: str) -> None:
    move, measured = MOVES[id], []
    for x in at_both_ends(player, id):
        measured.append(np.asarray(move.quantity(player.process(x).astype(np.float64), player)))
    moved = measured[1] - measured[0]
    assert (abs(moved) if moved.ndim == 0 else np.std(moved) / np.std(measured[0])) >= move.least


SWEEP_FROM, SWEEP_S, SWEEP_STEPS = 0.2, 0.05, 38
# A quiet enough sound that no limiter is at work.
PLAYED = {**AS_SUNG, "output_gain_db": -6.0, "reverb_mix": 0.3}
DRAWN = tuple(f"harmonic_{k:02d}_db" for k in range(1, N_DRAWN_HARMONICS + 1))


def held(player: Instrument, ids: tuple[str, ...], values: NDArray[np.float64], seconds: float) -> Samples:
    """Voice and a key while the parameters go through `values`, one a hop, from SWEEP_FROM on."""
    player.reset({**PLAYED, **dict.fromkeys(ids, float(values[0]))})
    player.play(note_on(64, 0.7, time=0))
    first = round(SWEEP_FROM * RATE)
    for i, value in enumerate(values):
        for id in ids:
            player.set(id, float(value), first + round(i * SWEEP_S / len(values) * RATE))
    return player.process(sung(seconds)).astype(np.float64)


def steps(y: Samples, after_s: float) -> float:
    return float(np.max(np.abs(np.diff(y[round(after_s * RATE) :]))))


@pytest.mark.parametrize("ids", [*((id,) for id in BY_ID if id not in DRAWN), DRAWN], ids=lambda ids: ids[0])
def test_a_sweep_from_end_to_end_in_50_ms_makes_no_step_beyond_the_sounds_own(
    player: Instrument, ids: tuple[str, ...]
) -> None:
    row = BY_ID[ids[0]]
    places = np.linspace(row.minimum, row.maximum, SWEEP_STEPS)
    own = max(steps(held(player, ids, places[i : i + 1], 0.35), 0.05) for i in (0, 8, 16, 24, 31, 37))
    for values in (places, places[::-1]):
        y = held(player, ids, values, 0.35)
        assert np.all(np.isfinite(y))
        assert np.max(np.abs(y)) < 1.0
        # What lies between the six places that were held has steps of its own.
        assert steps(y, SWEEP_FROM) <= 1.25 * own
