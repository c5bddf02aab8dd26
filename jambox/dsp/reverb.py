"""Room: convolution with an impulse response, without added delay.

The response is cut into partitions. The first, of one analysis hop, is convolved directly, sample by sample; those of the
next sixteen hops by overlap-add in the frequency domain (partitioned convolution, Gardner 1995; frequency-domain delay
line), once a hop, for the hop that follows. All that comes later has partitions of eight hops, and eight hops' time to be
computed in: a hop touches a seventh of the memory that it would with small ones only. So the room answers at the very
sample, and its cost is small and even.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jambox.dsp.fft import design_twiddles, inverse_real_fft, real_fft
from jambox.kernels import kernel

LONGEST_RESPONSE_S = 4.0
# Hops in a late partition. What it answers is ready two of them later: there the late part begins.
LATE_HOPS = 8
EARLY_HOPS = 2 * LATE_HOPS


@dataclass(frozen=True)
class Partitions:
    """A response in equal parts of `size` samples: their spectra as (real, imaginary) rows, shape [n, 2, bins]."""

    size: int
    spectra: NDArray[np.float32]

    @property
    def fft_size(self) -> int:
        return reverb_fft_size(self.size)

    @property
    def n(self) -> int:
        return int(self.spectra.shape[0])

    @property
    def row(self) -> int:
        """Numbers in a row: real and imaginary parts of every bin."""
        return self.fft_size + 2

    @property
    def work_size(self) -> int:
        """What the kernels need to work in."""
        return 3 * self.fft_size + 2

    def twiddles(self) -> NDArray[np.float64]:
        return design_twiddles(self.fft_size)


@dataclass(frozen=True)
class ReverbDesign:
    """An impulse response, ready to be laid into an arena.

    head: first partition in the time domain, shape [hop]; early: the partitions of one hop behind it, at least one; late:
    those of LATE_HOPS hops from EARLY_HOPS on, possibly none.
    """

    head: NDArray[np.float32]
    early: Partitions
    late: Partitions


def reverb_fft_size(size: int) -> int:
    """Smallest power of two that holds two partitions."""
    return 1 << (2 * size - 1).bit_length()


def design_reverb(response: NDArray[np.float64], hop: int) -> ReverbDesign:
    """[main] Partition an impulse response (shape [n], any n >= 1, at the device's rate) for hops of `hop` samples."""
    response = np.asarray(response, dtype=np.float64).ravel()
    head = np.zeros(hop, dtype=np.float32)
    head[: len(response)] = response[:hop]
    early = response[hop : EARLY_HOPS * hop]
    return ReverbDesign(
        head=head,
        early=_partitions(early if len(early) else np.zeros(1), hop),
        late=_partitions(response[EARLY_HOPS * hop :], LATE_HOPS * hop),
    )


def _partitions(response: NDArray[np.float64], size: int) -> Partitions:
    n = -(-len(response) // size)
    padded = np.zeros(n * size)
    padded[: len(response)] = response
    spectrum = np.fft.rfft(padded.reshape(n, size), reverb_fft_size(size), axis=1)
    return Partitions(size, np.ascontiguousarray(np.stack([spectrum.real, spectrum.imag], axis=1), dtype=np.float32))


@kernel
def render_reverb_head(
    wet: NDArray[np.float32],
    at: int,
    count: int,
    recent: NDArray[np.float32],
    head: NDArray[np.float32],
    tail: NDArray[np.float32],
) -> None:
    """[audio] Write wet[at:at+count]: the direct partition, plus what `finish_tail` prepared for this hop.

    `recent`, shape [2 * hop], holds what the room hears of the last hop and, up to at + count, of this one; `at` is the
    position inside the hop; `tail`, shape [hop].
    """
    hop = head.shape[0]
    for i in range(at, at + count):
        wet[i] = tail[i]
    for j in range(hop):
        h = head[j]
        for i in range(at, at + count):
            wet[i] += h * recent[hop + i - j]


@kernel
def take_into_line(
    recent: NDArray[np.float32],
    line: NDArray[np.float32],
    newest: int,
    work: NDArray[np.float64],
    twiddles: NDArray[np.float64],
) -> None:
    """[audio] At the end of a hop, or of a late partition: what the room heard of it goes to row `newest` of the delay line.

    line: flat, shape [n_line * 2 * bins]; `newest` counts down from hop to hop, modulo n_line; work: `Partitions.work_size`.
    Afterwards recent[:hop] holds this hop, ready for the next.
    """
    hop = recent.shape[0] // 2
    n = twiddles.shape[0]
    bins = n // 2 + 1
    x = work[:n]
    re = work[n : n + bins]
    im = work[n + bins : n + 2 * bins]
    scratch = work[n + 2 * bins : 2 * n + 2 * bins]
    for i in range(hop):
        x[i] = recent[hop + i]
        recent[i] = recent[hop + i]
    for i in range(hop, n):
        x[i] = 0.0
    real_fft(x, re, im, scratch, twiddles)
    base = newest * 2 * bins
    for b in range(bins):
        line[base + b] = np.float32(re[b])
        line[base + bins + b] = np.float32(im[b])


@kernel
def add_partitions(
    spectra: NDArray[np.float32],
    line: NDArray[np.float32],
    newest: int,
    sums: NDArray[np.float32],
    first: int,
    last: int,
    decay: np.float32,
) -> None:
    """[audio] Add what partitions first..last - 1 of a room answer to a spectrum: `sums`, shape [2 * bins].

    spectra: flat, shape [n * 2 * bins], of at most as many partitions as the line has rows. What is there already is made
    `decay` times as loud with each partition: when all were added from the last to the first, maybe in several calls,
    partition p is decay ** p times as loud (Horner's scheme).
    """
    row = sums.shape[0]
    bins = row // 2
    n_line = line.shape[0] // row
    sums_re = sums[:bins]
    sums_im = sums[bins:row]
    for back in range(last - first):
        p = last - 1 - back
        slot = ((newest + p) % n_line) * row
        x_re = line[slot : slot + bins]
        x_im = line[slot + bins : slot + row]
        h_re = spectra[p * row : p * row + bins]
        h_im = spectra[p * row + bins : (p + 1) * row]
        if decay != 1.0:
            for b in range(row):
                sums[b] *= decay
        for b in range(bins):
            sums_re[b] += x_re[b] * h_re[b] - x_im[b] * h_im[b]
            sums_im[b] += x_re[b] * h_im[b] + x_im[b] * h_re[b]


@kernel
def finish_tail(
    tail: NDArray[np.float32],
    overlap: NDArray[np.float32],
    sums: NDArray[np.float32],
    work: NDArray[np.float64],
    twiddles: NDArray[np.float64],
) -> None:
    """[audio] The tail of the next hop from the spectrum of the answer; what laps over is kept; both of shape [hop]."""
    hop = tail.shape[0]
    n = twiddles.shape[0]
    bins = n // 2 + 1
    x = work[:n]
    re = work[n : n + bins]
    im = work[n + bins : n + 2 * bins]
    scratch = work[n + 2 * bins : 2 * n + 2 * bins]
    for b in range(bins):
        re[b] = sums[b]
        im[b] = sums[bins + b]
    inverse_real_fft(re, im, x, scratch, twiddles)
    for i in range(hop):
        tail[i] = np.float32(x[i]) + overlap[i]
    for i in range(hop):
        overlap[i] = np.float32(x[hop + i])
