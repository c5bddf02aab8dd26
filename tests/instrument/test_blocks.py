"""The device's block size cannot be heard: the same samples from any way of cutting the input."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.control.bundle import Bundle
from jambox.instrument import Design, Instrument
from jambox.instrument.events import EVENT_SET
from jambox.params import PARAMS
from tests.dsp.blocks import BLOCK_SIZES
from tests.instrument.notes import some_notes
from tests.instrument.sounds import mixed

RATE = 48_000


def changes(n: int, seed: int = 1) -> list[tuple[int, str, float]]:
    """Every parameter changed several times, at any sample, in order of time."""
    source = np.random.default_rng(seed)
    rows = [(int(source.integers(0, n)), row.id, source.uniform(row.minimum, row.maximum)) for row in PARAMS * 4]
    return sorted(rows)


def play(
    instrument: Instrument, x: NDArray[np.float32], blocks: Iterable[int], params: Mapping[str, float] | None = None
) -> NDArray[np.float32]:
    """The whole of `x` from a fresh state, with changes and notes on the way, in blocks of the given sizes.

    With `params` given only the notes change anything. What left and right have in common, and what left has more: [2, n].
    """
    instrument.reset(params or {})
    turned = changes(len(x)) if params is None else []
    notes = some_notes(len(x))
    for time in sorted({*(time for time, *_ in turned), *(note.time for note in notes)}):
        for at, id, value in turned:
            if at == time:
                instrument.set(id, value, time)
        for note in notes:
            if note.time == time:
                instrument.play(note)
    y = np.empty((2, len(x)), dtype=np.float32)
    first = 0
    for block in blocks:
        last = min(first + block, len(x))
        instrument.process_into(x[first:last], y[0, first:last], y[1, first:last])
        first = last
        if first == len(x):
            return y
    raise AssertionError("the blocks ended before the input")


def same(size: int) -> Iterable[int]:
    while True:
        yield size


def any_size(seed: int) -> Iterable[int]:
    source = np.random.default_rng(seed)
    while True:
        yield int(source.integers(1, 2000)) if source.random() < 0.5 else int(source.integers(1, 130))


@pytest.fixture(scope="module")
def lively_player(lively: Bundle) -> Instrument:
    return Instrument(lively, Design(RATE))


@pytest.fixture(scope="module")
def in_one_block(lively_player: Instrument) -> NDArray[np.float32]:
    return play(lively_player, mixed(RATE), same(1 << 30))


@pytest.mark.parametrize("block", BLOCK_SIZES)
def test_any_block_size_gives_the_same_samples_while_parameters_change(
    lively_player: Instrument, in_one_block: NDArray[np.float32], block: int
) -> None:
    assert np.max(np.abs(play(lively_player, mixed(RATE), same(block)) - in_one_block)) == 0.0


@pytest.mark.parametrize("seed", range(5))
def test_random_block_sizes_give_the_same_samples_while_parameters_change(
    lively_player: Instrument, in_one_block: NDArray[np.float32], seed: int
) -> None:
    assert np.max(np.abs(play(lively_player, mixed(RATE), any_size(seed)) - in_one_block)) == 0.0


@pytest.mark.parametrize("sample_rate", [44_100, 96_000])
def test_blocks_cannot_be_heard_at_other_rates(lively: Bundle, sample_rate: int) -> None:
    instrument = Instrument(lively, Design(sample_rate))
    x = mixed(sample_rate)
    whole = play(instrument, x, same(1 << 30))
    for blocks in (same(65), any_size(7)):
        assert np.max(np.abs(play(instrument, x, blocks) - whole)) == 0.0


def test_the_output_of_that_run_is_a_sound(in_one_block: NDArray[np.float32]) -> None:
    """The comparisons above are not between silences: loud, finite, limited."""
    assert np.all(np.isfinite(in_one_block))
    assert np.max(np.abs(in_one_block)) <= 0.98
    assert np.sqrt(np.mean(in_one_block.astype(np.float64) ** 2)) >= 0.01


def test_changes_are_applied_at_the_first_hop_at_or_after_their_time(lively_player: Instrument) -> None:
    play(lively_player, mixed(RATE), any_size(3))
    applied = lively_player.header["applied"]
    wanted = changes(len(mixed(RATE)))
    n = int(applied["written"][0])
    assert n == len(wanted) + len(some_notes(len(mixed(RATE))))
    due = [-(-time // lively_player.hop) * lively_player.hop for time, _, _ in wanted]
    assert [int(time) for time in applied["time"][:n][applied["kind"][:n] == EVENT_SET]] == due


def test_notes_are_applied_at_their_very_sample(lively_player: Instrument) -> None:
    play(lively_player, mixed(RATE), any_size(3))
    applied = lively_player.header["applied"]
    n = int(applied["written"][0])
    notes = some_notes(len(mixed(RATE)))
    assert [int(time) for time in applied["time"][:n][applied["kind"][:n] != EVENT_SET]] == [note.time for note in notes]
    assert int(lively_player.header["notes"]["late"]) == 0


def test_the_voice_is_the_same_samples_whatever_is_done_to_keys_that_are_not_heard(lively: Bundle) -> None:
    instrument = Instrument(lively, Design(RATE))
    with_notes = play(instrument, mixed(RATE), any_size(4), {"source": 1.0})
    assert int(instrument.header["applied"]["written"][0]) > 100
    instrument.reset({})
    assert np.array_equal(instrument.process(mixed(RATE)), with_notes[0])


@pytest.mark.parametrize("source", [0.0, 2.0, 3.0, 4.0])
def test_notes_alone_are_the_same_samples_in_blocks_of_any_size(lively_player: Instrument, source: float) -> None:
    params = {"source": source, "voice_mode": source % 4.0, "glide_s": 0.03}
    whole = play(lively_player, mixed(RATE), same(1 << 30), params)
    assert np.sqrt(np.mean(whole.astype(np.float64) ** 2)) >= 0.01
    for blocks in (same(65), any_size(8)):
        assert np.max(np.abs(play(lively_player, mixed(RATE), blocks, params) - whole)) == 0.0


def test_a_reset_instrument_is_a_fresh_one(
    lively: Bundle, lively_player: Instrument, in_one_block: NDArray[np.float32]
) -> None:
    assert np.array_equal(play(Instrument(lively, Design(RATE)), mixed(RATE), same(4096)), in_one_block)


def test_the_seed_decides_the_noise_and_nothing_else(lively: Bundle, in_one_block: NDArray[np.float32]) -> None:
    other = play(Instrument(lively, Design(RATE, seed=1)), mixed(RATE), same(4096))
    assert not np.array_equal(other, in_one_block)
    again = play(Instrument(lively, Design(RATE, seed=1)), mixed(RATE), same(512))
    assert np.array_equal(other, again)


def test_a_full_queue_refuses_a_change_instead_of_losing_it(lively_player: Instrument) -> None:
    from jambox.errors import JamboxError
    from jambox.instrument.layout import EVENT_CAPACITY

    lively_player.reset({})
    for _ in range(EVENT_CAPACITY):
        lively_player.set("reverb_mix", 0.5)
    with pytest.raises(JamboxError, match="waiting"):
        lively_player.set("reverb_mix", 0.25)
    lively_player.process(np.zeros(64, dtype=np.float32))
    assert lively_player.params()["reverb_mix"] == 0.5
    lively_player.set("reverb_mix", 0.25)
