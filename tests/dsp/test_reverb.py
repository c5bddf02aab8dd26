"""The room against a convolution in float64 over the whole signal."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

from jambox.dsp.reverb import (
    EARLY_HOPS,
    LATE_HOPS,
    Partitions,
    ReverbDesign,
    add_partitions,
    design_reverb,
    finish_tail,
    render_reverb_head,
    take_into_line,
)
from jambox.dsp.room import DESIGN_RATE, design_room
from jambox.frames import hop_size
from jambox.params import BY_ID
from tests.dsp.blocks import BLOCK_SIZES, error_db, pieces

RATE = 48_000


class Part:
    """One size of partitions with its own memory."""

    def __init__(self, parts: Partitions, decay: float) -> None:
        self.n, self.row, self.decay = parts.n, parts.row, np.float32(decay)
        self.spectra, self.twiddles = parts.spectra.ravel(), parts.twiddles()
        self.recent = np.zeros(2 * parts.size, dtype=np.float32)
        self.tail = np.zeros(parts.size, dtype=np.float32)
        self.overlap = np.zeros(parts.size, dtype=np.float32)
        self.line = np.zeros(max(1, parts.n) * parts.row, dtype=np.float32)
        self.work = np.zeros(parts.work_size)
        self.newest = 0

    def answer(self, gain: float) -> None:
        rows = max(1, self.n)
        self.newest = (self.newest + rows - 1) % rows
        take_into_line(self.recent, self.line, self.newest, self.work, self.twiddles)
        sums = np.zeros(self.row, dtype=np.float32)
        half = self.n // 2
        add_partitions(self.spectra, self.line, self.newest, sums, half, self.n, self.decay)
        add_partitions(self.spectra, self.line, self.newest, sums, 0, half, self.decay)
        finish_tail(self.tail, self.overlap, sums * np.float32(gain), self.work, self.twiddles)


class Room:
    """A running convolution with its own memory."""

    def __init__(self, design: ReverbDesign, decay: float = 1.0) -> None:
        self.head, self.decay = design.head, decay
        self.early, self.late = Part(design.early, decay), Part(design.late, decay**LATE_HOPS)
        self.coming = np.zeros(design.late.size, dtype=np.float32)
        self.sounding = np.zeros(design.late.size, dtype=np.float32)

    def process(self, x: NDArray[np.float32], block: int = 1 << 30) -> NDArray[np.float32]:
        hop = len(self.head)
        out = np.zeros(len(x), dtype=np.float32)
        wet = np.zeros(hop, dtype=np.float32)
        for first, count in pieces(len(x), block, hop):
            at = first % hop
            self.early.recent[hop + at : hop + at + count] = x[first : first + count]
            render_reverb_head(wet, at, count, self.early.recent, self.head, self.early.tail)
            out[first : first + count] = wet[at : at + count]
            if at + count == hop:
                self.end_hop(first // hop % LATE_HOPS, hop)
        return out

    def end_hop(self, number: int, hop: int) -> None:
        self.early.answer(self.decay)
        self.late.recent[(LATE_HOPS + number) * hop :][:hop] = self.early.recent[:hop]
        if number == LATE_HOPS - 1:
            self.sounding, self.coming = self.coming, self.sounding
            self.late.answer(self.decay ** (EARLY_HOPS + 0.5 * (LATE_HOPS - 1)))
            self.coming[:] = self.late.tail
        self.early.tail += self.sounding[(number + 1) % LATE_HOPS * hop :][:hop]


def noise(n: int, seed: int = 0) -> NDArray[np.float32]:
    return (0.2 * np.random.default_rng(seed).standard_normal(n)).astype(np.float32)


@pytest.mark.parametrize("sample_rate", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("seconds", [0.3, 1.0])
def test_the_room_is_within_90_db_of_a_float64_convolution(sample_rate: int, seconds: float) -> None:
    response = design_room(length_s=seconds)
    x = noise(sample_rate)
    y = Room(design_reverb(response, hop_size(sample_rate))).process(x)
    assert error_db(y, fftconvolve(x.astype(np.float64), response)[: len(x)]) <= -90.0


def test_what_decays_faster_is_the_response_with_each_partition_softer_than_the_one_before() -> None:
    response = design_room(length_s=0.3)
    x = noise(20_000)
    y = Room(design_reverb(response, 64), 0.98).process(x)
    hops = np.arange(len(response)) // 64
    late = EARLY_HOPS + 0.5 * (LATE_HOPS - 1) + (hops - EARLY_HOPS) // LATE_HOPS * LATE_HOPS
    softer = response * 0.98 ** np.where(hops < EARLY_HOPS, hops, late)
    assert error_db(y, fftconvolve(x.astype(np.float64), softer)[: len(x)]) <= -90.0


@pytest.mark.parametrize("length", [1, 2, 63, 64, 65, 128, 129, 1000, 1023, 1024, 1025, 1536, 1537, 5000])
def test_a_response_of_any_length_is_played_whole(length: int) -> None:
    response = np.random.default_rng(length).standard_normal(length)
    x = noise(8192)
    y = Room(design_reverb(response, 64)).process(x)
    assert error_db(y, fftconvolve(x.astype(np.float64), response)[: len(x)]) <= -90.0


def test_the_room_answers_at_the_very_sample() -> None:
    """A click through a response that begins with 1 comes out at once, wherever it falls in a hop."""
    response = np.zeros(2000)
    response[[0, 64, 200, 1023, 1024, 1999]] = 1.0, 0.5, -0.25, 0.125, 0.25, -0.5
    for at in (0, 1, 63, 64, 100):
        x = np.zeros(2560, dtype=np.float32)
        x[at] = 1.0
        y = Room(design_reverb(response, 64)).process(x)
        for delay in (0, 64, 200, 1023, 1024, 1999):
            assert y[at + delay] == pytest.approx(response[delay], abs=1e-6)
        assert np.sum(np.abs(y)) == pytest.approx(2.625, abs=1e-3)


@pytest.mark.parametrize("block", BLOCK_SIZES)
def test_any_block_size_gives_the_same_samples(block: int) -> None:
    design = design_reverb(design_room(length_s=0.2), 64)
    x = noise(20_000)
    assert np.array_equal(Room(design).process(x, block), Room(design).process(x))


def test_extreme_input_stays_finite_and_silence_comes_back() -> None:
    room = Room(design_reverb(design_room(length_s=0.2), 64))
    assert np.all(np.isfinite(room.process(noise(4096) * 1e6)))
    assert np.all(room.process(np.zeros(20_032, dtype=np.float32))[-4096:] == 0.0)


def test_our_room_is_as_loud_as_what_it_hears_has_no_offset_and_rings_as_long_as_it_says() -> None:
    response = design_room(length_s=2.0, decay_s=0.9)
    spectrum_db = 20.0 * np.log10(np.abs(np.fft.rfft(response)) + 1e-12)
    f_hz = np.fft.rfftfreq(len(response), 1.0 / DESIGN_RATE)
    middle = sosfilt(butter(4, (200.0, 2000.0), "bandpass", fs=DESIGN_RATE, output="sos"), noise(10 * DESIGN_RATE))
    assert 20.0 * np.log10(np.std(fftconvolve(middle, response)) / np.std(middle)) == pytest.approx(0.0, abs=1.2)
    assert np.max(spectrum_db[f_hz < 5.0]) <= np.median(spectrum_db[(f_hz > 200.0) & (f_hz < 2000.0)]) - 20.0
    low = sosfilt(butter(2, (100.0, 250.0), "bandpass", fs=DESIGN_RATE, output="sos"), response)
    decay_db = 10.0 * np.log10(np.cumsum(low[::-1] ** 2)[::-1] / np.sum(low**2))
    t60_s = 2.0 * (np.argmax(decay_db < -35.0) - np.argmax(decay_db < -5.0)) / DESIGN_RATE
    assert t60_s == pytest.approx(0.86, abs=0.12)


def test_no_two_neighbouring_notes_come_out_more_than_6_db_apart() -> None:
    mix = BY_ID["reverb_mix"].default
    n = 4 * DESIGN_RATE
    response = np.abs((1.0 - mix) + mix * np.fft.rfft(design_room(), n))
    for mistuned_st in np.linspace(-0.5, 0.5, 9):
        notes_hz = 440.0 * 2.0 ** ((np.arange(-34, 31) + mistuned_st) / 12.0)
        levels_db = 20.0 * np.log10(response[np.rint(notes_hz * n / DESIGN_RATE).astype(int)])
        assert np.max(np.abs(np.diff(levels_db))) < 6.0


def test_one_seed_is_one_room() -> None:
    assert np.array_equal(design_room(seed=3), design_room(seed=3))
    assert not np.array_equal(design_room(seed=3), design_room(seed=4))
