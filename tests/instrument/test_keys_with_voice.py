"""Keys and microphone together, on real singing: one chooses the pitch, the other gives loudness and breath."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.analysis.track import analyse
from jambox.audiofile import read_sound
from jambox.instrument import Instrument
from jambox.instrument.note_events import note_off, note_on
from jambox.units import midi_to_hz
from tests.data import shared_data
from tests.instrument.conftest import Violin

RATE = 48_000
FRAME = 2400  # 50 ms
STILL = {"vibrato_cents": 0.0, "drift_cents": 0.0, "reverb_mix": 0.0}


@pytest.fixture(scope="module")
def player(violin: Violin) -> Instrument:
    return violin(RATE)


@pytest.fixture(scope="module")
def sung() -> NDArray[np.float32]:
    return read_sound(shared_data("test", "singing_vocadito_10.flac"), RATE).samples[: 6 * RATE]


def level_db(x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Level of every 50 ms, shape [frames]."""
    frames = x[: len(x) // FRAME * FRAME].astype(np.float64).reshape(-1, FRAME)
    return np.asarray(20.0 * np.log10(np.sqrt(np.mean(frames**2, axis=1)) + 1e-6))


def astray_cents(x: NDArray[np.float32], f0_hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each 50 ms repeats from the pitch it should have, by autocorrelation within a semitone; NaN: not at all."""
    found = np.full(len(f0_hz), np.nan)
    for i, expected in enumerate(f0_hz):
        frame = x[i * FRAME : (i + 1) * FRAME].astype(np.float64)
        if np.max(np.abs(frame)) < 1e-3:
            continue
        lags = np.arange(int(RATE / expected / 1.06), int(RATE / expected * 1.06) + 2)
        alike = np.array([float(np.corrcoef(frame[:-lag], frame[lag:])[0, 1]) for lag in lags])
        best = int(np.argmax(alike))
        if alike[best] > 0.5 and 0 < best < len(lags) - 1:
            left, top, right = alike[best - 1 : best + 2]
            lag = lags[best] + 0.5 * (left - right) / (left - 2.0 * top + right)
            found[i] = 1200.0 * np.log2(RATE / lag / expected)
    return found


def test_keys_choose_the_pitch_and_a_singer_gives_loudness_and_breath(player: Instrument, sung: NDArray[np.float32]) -> None:
    player.reset(STILL | {"source": 3.0})
    for event in (note_on(64), note_off(64, time=3 * RATE), note_on(67, time=3 * RATE)):
        player.play(event)
    y = player.process(sung)
    voice, instrument = level_db(sung), level_db(y)
    loud = voice > np.max(voice) - 20.0
    assert loud.sum() > 40
    keys = np.where(np.arange(len(loud)) * FRAME < 3 * RATE, 64.0, 67.0)
    assert np.mean(np.abs(astray_cents(y, midi_to_hz(keys))[loud]) < 10.0) > 0.9
    assert np.corrcoef(voice[loud], instrument[loud])[0, 1] > 0.7
    assert np.median(instrument[loud]) - np.median(instrument[voice < np.max(voice) - 45.0]) > 15.0


def test_a_singer_chooses_the_pitch_and_keys_give_loudness(player: Instrument, sung: NDArray[np.float32]) -> None:
    heard = analyse(sung, RATE)
    f0_hz = np.maximum(np.interp((np.arange(len(sung) // FRAME) + 0.5) * FRAME / RATE, heard.time_s, heard.f0_hz), 60.0)
    moved_cents = np.abs(1200.0 * np.diff(np.log2(f0_hz), prepend=np.log2(f0_hz[0]), append=np.log2(f0_hz[-1])))
    steady = np.maximum(moved_cents[:-1], moved_cents[1:]) < 80.0
    levels = []
    for velocity in (0.2, 1.0):
        player.reset(STILL | {"source": 4.0})
        for event in (note_on(60, velocity, time=RATE), note_off(60, time=4 * RATE)):
            player.play(event)
        y = player.process(sung)
        assert np.max(np.abs(y[:RATE])) < 1e-4
        assert np.max(np.abs(y[5 * RATE :])) < 1e-3
        sounding = slice(RATE // FRAME + 2, 4 * RATE // FRAME - 2)
        voice = level_db(sung)[sounding]
        loud = voice > np.max(voice) - 20.0
        held = loud & steady[sounding]
        assert held.sum() > 15
        assert np.mean(np.abs(astray_cents(y, f0_hz)[sounding][held]) < 30.0) >= 0.9
        levels.append(float(np.median(level_db(y)[sounding][loud])))
        # How loud it is sung counts for little: the key holds it.
        assert np.std(level_db(y)[sounding][loud]) < np.std(voice[loud])
    assert levels[1] - levels[0] > 6.0
