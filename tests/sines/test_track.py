"""A gliding sound keeps its envelope and its intervals at every pitch, a bell its ratios."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import cumulative_trapezoid

from jambox.control.modal import COLUMNS, TRACK_STEP_S, ModalSound, follows
from jambox.sines.partials import cycles_at, render_partials, render_sound
from jambox.sines.pitch import heard_pitch
from jambox.sines.track import followed
from tests.sines.figures import pitch_hz, scale_from_midi_cents
from tests.sines.sounds import bell

RATE = 48_000
SECONDS = 0.3
NO_NOISE = np.zeros((2, 65), dtype=np.float32)


def row(f_hz: float, chirp: float, amplitude: float, phase: float, decay: float) -> list[float]:
    columns = {"frequency_hz": f_hz, "chirp_hz_per_s": chirp, "amplitude": amplitude, "phase_cycles": phase}
    return [{**columns, "decay_per_s": decay}.get(name, 0.0) for name in COLUMNS]


def beating() -> ModalSound:
    """Five harmonics of a pitch that rises by a third, each of two partials that beat 11 h times a second."""
    rows = [
        row(h * 400.0 + side * 5.5 * h, h * 350.0, (1.0 if side < 0 else 0.6) / h, 0.1 * h * side, 4.0)
        for h in range(1, 6)
        for side in (-1, 1)
    ]
    return followed(np.array(rows), NO_NOISE, 0.004, SECONDS)


def envelope(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power over windows of 10 ms."""
    return np.convolve(y**2, np.hanning(481), "same")


def test_what_beats_goes_on_to_beat_at_every_pitch() -> None:
    sound = beating()
    assert sorted(sound.column("harmonic")) == sorted([1.0, 2.0, 3.0, 4.0, 5.0] * 2)
    n = round(SECONDS * RATE)
    inside = slice(RATE // 50, n - RATE // 50)
    as_it_is = envelope(render_sound(sound, 1.0, RATE, n))[inside]
    for ratio in (0.5, 1.5, 2.0):
        y = envelope(render_sound(sound, ratio, RATE, n))[inside]
        assert np.max(np.abs(y - as_it_is)) < 0.1 * np.max(as_it_is)


@pytest.mark.parametrize("st", [-18, -7, 0, 11, 18])
def test_a_glide_that_beats_is_in_tune_at_every_pitch(st: int) -> None:
    sound = beating()
    hz = heard_pitch(sound).hz * 2.0 ** (st / 12.0)
    y = render_sound(sound, 2.0 ** (st / 12.0), RATE, round(SECONDS * RATE))
    assert abs(1200.0 * np.log2(pitch_hz(y, RATE, hz) / hz)) < 5.0


def test_the_track_is_where_the_harmonics_are() -> None:
    """One partial a harmonic: it must be theirs."""
    rows = [row(h * 400.0, h * 350.0, 1.0 / h, 0.0, 4.0) for h in range(1, 6)]
    sound = followed(np.array(rows), NO_NOISE, 0.004, SECONDS)
    time_s = np.arange(len(sound.track_hz)) * TRACK_STEP_S
    settled = (time_s > 0.02) & (time_s < SECONDS - 0.02)
    assert np.max(np.abs(1200.0 * np.log2(sound.track_hz / (400.0 + 350.0 * time_s)))[settled]) < 1.0


def test_at_its_own_pitch_a_sound_is_what_was_fitted() -> None:
    sound = beating()
    n = round(SECONDS * RATE)
    assert np.array_equal(render_sound(sound, 1.0, RATE, n, fade_at_nyquist=False), render_partials(sound.partials, RATE, n))


@pytest.mark.parametrize("ratio", [0.5, 1.7])
def test_partials_of_no_series_keep_their_ratios(ratio: float) -> None:
    _, truth = bell()
    rows = [row(f_hz, 0.0, amplitude, phase / (2.0 * np.pi), decay) for f_hz, decay, amplitude, phase in truth]
    sound = followed(np.array(rows), NO_NOISE, 0.004, 1.0)
    assert not np.any(follows(sound.column("harmonic")))
    faster = sound.partials.copy()
    faster[:, COLUMNS.index("frequency_hz")] *= ratio
    expected = np.abs(np.fft.rfft(render_partials(faster, RATE, RATE)))
    heard = np.abs(np.fft.rfft(render_sound(sound, ratio, RATE, RATE)))
    # All begin at once, and so with their own phases.
    assert np.max(np.abs(heard - expected)) < 1e-6 * np.max(expected)


@pytest.mark.parametrize("st", [-12, 0, 12])
def test_a_pulse_beside_a_series_stays_what_it_is(st: int) -> None:
    """A fit leaves such ones: of a huge amplitude next to nothing sounds, as the wave begins at a zero of its cosine."""
    rows = beating().partials
    pulse = row(1.6, 4000.0, 14.0, 0.25, 2600.0)
    pulse[COLUMNS.index("onset_s")] = 0.06
    sound = followed(np.vstack([rows, pulse]), NO_NOISE, 0.004, SECONDS)
    assert np.array_equal(sound.column("harmonic")[:-1], beating().column("harmonic"))
    n = round(SECONDS * RATE)
    with_it, without = (render_sound(each, 2.0 ** (st / 12.0), RATE, n) for each in (sound, beating()))
    assert np.max(np.abs(with_it - without)) < 0.05 * np.max(np.abs(without))


def test_cycles_are_the_integral_of_the_pitch() -> None:
    track_hz = 300.0 + 100.0 * np.sin(np.arange(500) * 0.05)
    fine_s = np.linspace(0.0, 499 * TRACK_STEP_S, 499 * 64 + 1)
    hz = np.interp(fine_s, np.arange(500) * TRACK_STEP_S, track_hz)
    expected = cumulative_trapezoid(hz, fine_s, initial=0.0)
    assert np.max(np.abs(cycles_at(track_hz, fine_s) - expected)) < 1e-9


def test_the_bark_plays_a_scale_from_a_midi_file_in_tune(tmp_path: Path) -> None:
    assert scale_from_midi_cents("bark", tmp_path) < 5.0
