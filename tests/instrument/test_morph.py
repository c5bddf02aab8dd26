"""Two instruments as one: at the ends each alone, between them a way that goes one way, and no click on it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.control.bundle import Bundle
from jambox.errors import BadInput, BadModel
from jambox.instrument import Design, Instrument
from jambox.instrument.hybrid import joined, parts_of
from jambox.instrument.note_events import note_on
from jambox.instrument.opening import instrument_hash, open_instrument
from jambox.presets import load_preset
from tests.instrument.singing_in_scale import AS_SUNG
from tests.instrument.sounds import tone
from tests.instrument.test_blocks import any_size, play, same

RATE = 48_000
DRY = {**AS_SUNG, "reverb_mix": 0.0}
PAIRS = ("flute+trumpet", "violin+clarinet")


@pytest.fixture(scope="module")
def hybrid() -> Callable[[str], Instrument]:
    opened: dict[str, Instrument] = {}

    def named(name: str) -> Instrument:
        if name not in opened:
            opened[name] = open_instrument(name, Design(RATE))
        return opened[name]

    return named


def output(player: Instrument, params: dict[str, float], f0_hz: float = 440.0, seconds: float = 0.7) -> NDArray[np.float64]:
    player.reset({**AS_SUNG, **params})
    player.play(note_on(76, 0.7, time=4800))
    return player.process(tone(f0_hz, seconds, RATE)).astype(np.float64)


def centroid_hz(y: NDArray[np.float64], power: float) -> float:
    part = y[len(y) // 2 :]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)))) ** power
    return float(np.sum(spectrum * np.fft.rfftfreq(len(part), 1.0 / RATE)) / np.sum(spectrum))


@pytest.mark.parametrize("name", PAIRS)
def test_at_its_ends_it_is_the_one_and_the_other(hybrid: Callable[[str], Instrument], name: str) -> None:
    for share, alone in zip((0.0, 1.0), name.split("+"), strict=True):
        difference = output(hybrid(name), {"morph": share}) - output(hybrid(alone), {})
        assert np.max(np.abs(difference)) <= 1e-6


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("f0_hz", [329.6, 523.3])
def test_the_centroid_goes_one_way(hybrid: Callable[[str], Instrument], name: str, f0_hz: float) -> None:
    held = [
        output(hybrid(name), {**DRY, "morph": share, "noise_level_db": -60.0, "source": 1.0}, f0_hz)
        for share in np.linspace(0, 1, 11)
    ]
    centroids = np.diff([centroid_hz(y, 2.0) for y in held])
    assert np.all(centroids > 0.0) or np.all(centroids < 0.0)


def test_sweeping_it_at_10_hz_makes_no_click(hybrid: Callable[[str], Instrument]) -> None:
    player = hybrid(PAIRS[0])
    own = max(np.max(np.abs(np.diff(output(player, {**DRY, "morph": share})))) for share in np.linspace(0.0, 1.0, 6))
    player.reset(DRY)
    player.play(note_on(76, 0.7, time=4800))
    for time in range(0, round(0.7 * RATE), player.hop):
        player.set("morph", 0.5 - 0.5 * float(np.cos(2.0 * np.pi * 10.0 * time / RATE)), time)
    y = player.process(tone(440.0, 0.7, RATE))
    assert np.all(np.isfinite(y))
    assert np.max(np.abs(np.diff(y))) <= 1.1 * own


def test_between_the_two_it_is_as_loud_as_they_are(hybrid: Callable[[str], Instrument]) -> None:
    levels = [
        20.0 * np.log10(np.std(output(hybrid(PAIRS[0]), {**DRY, "morph": share})[16_800:])) for share in (0.0, 0.5, 1.0)
    ]
    assert min(levels[0], levels[2]) - 1.0 <= levels[1] <= max(levels[0], levels[2]) + 1.0


def test_the_pitch_moves_it(hybrid: Callable[[str], Instrument]) -> None:
    player = hybrid(PAIRS[0])
    by_pitch = {**DRY, "morph_by": 1.0, "morph_low_st": 60.0, "morph_high_st": 80.0, "source": 1.0}
    for f0_hz, share in ((261.6, 0.0), (1046.5, 1.0), (466.16, 0.5)):
        moved, by_hand = output(player, by_pitch, f0_hz), output(player, {**DRY, "morph": share, "source": 1.0}, f0_hz)
        assert np.std(moved - by_hand) <= 0.05 * np.std(by_hand)


def test_the_loudness_moves_it(hybrid: Callable[[str], Instrument]) -> None:
    player = hybrid(PAIRS[0])
    by_loudness = {**DRY, "morph_by": 2.0, "morph_soft_db": -50.0, "morph_loud_db": -30.0, "source": 1.0}
    for shift_db, share in ((-35.0, 0.0), (0.0, 1.0)):
        params = {"loudness_shift_db": shift_db}
        moved = output(player, by_loudness | params)
        by_hand = output(player, {**DRY, "morph": share, "source": 1.0, **params})
        # What went before the note was loud enough is another matter.
        assert np.std((moved - by_hand)[16_800:]) <= 0.01 * np.std(by_hand[16_800:])


def test_blocks_cannot_be_heard_of_two_as_one(hybrid: Callable[[str], Instrument]) -> None:
    player = hybrid(PAIRS[1])
    x = tone(330.0, 0.5, RATE)
    whole = play(player, x, same(1 << 30))
    for blocks in (same(65), any_size(9)):
        assert np.array_equal(play(player, x, blocks), whole)


def test_a_broken_second_network_is_silent_and_counted() -> None:
    player = open_instrument(PAIRS[0], Design(RATE), {"morph": 0.5})
    player.memory.region("weights_b")[:] = np.nan
    y = player.process(tone(330.0, 0.2, RATE))
    assert np.all(np.isfinite(y))
    assert int(player.header["network_faults"]) > 0


def test_names_of_two_are_told_apart(tmp_path: object) -> None:
    assert parts_of("flute") == ("flute", None)
    assert parts_of("flute+trumpet") == ("flute", "trumpet")
    assert joined("flute", "trumpet") == "flute+trumpet"
    assert joined(None, None) is None
    assert instrument_hash("flute+trumpet") == f"{instrument_hash('flute')}+{instrument_hash('trumpet')}"
    for bad in ("flute+", "+flute", "a+b+c"):
        with pytest.raises(BadInput):
            parts_of(bad)
    with pytest.raises(BadInput, match="first"):
        joined(None, "trumpet")


def test_what_cannot_play_as_one_is_refused(lively: Bundle, odd: Bundle) -> None:
    with pytest.raises(BadModel, match="harmonics"):
        Instrument(lively, Design(RATE), partner=odd)
    with pytest.raises(BadModel, match="no_such"):
        open_instrument("violin+no_such", Design(RATE))
    with pytest.raises(BadInput, match="compiled"):
        open_instrument("violin+flute", Design(RATE), runtime="torchscript")


def test_a_hybrid_that_nobody_recorded_is_shipped(hybrid: Callable[[str], Instrument]) -> None:
    preset = load_preset("flumpet")
    assert parts_of(preset.instrument)[1] is not None
    y = output(open_instrument(preset.instrument, Design(RATE)), preset.params)
    assert np.std(y) > 0.01
