"""Room: convolution with an impulse response, without added delay.

The response is cut into partitions of one analysis hop. The first is convolved directly, sample by sample; the others by
overlap-add in the frequency domain (uniformly partitioned convolution, Gardner 1995; frequency-domain delay line), once a
hop, for the hop that follows. So the room answers at the very sample, and its cost is even.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jambox.dsp.fft import design_twiddles, inverse_real_fft, real_fft
from jambox.kernels import kernel

LONGEST_RESPONSE_S = 4.0


@dataclass(frozen=True)
class ReverbDesign:
    """An impulse response, ready to be laid into an arena.

    head: first partition in the time domain, shape [hop]; spectra: partitions 1.. as (real, imaginary) rows, shape
    [n_partitions, 2, bins]; twiddles: shape [fft_size].
    """

    hop: int
    fft_size: int
    head: NDArray[np.float32]
    spectra: NDArray[np.float32]
    twiddles: NDArray[np.float64]

    @property
    def n_partitions(self) -> int:
        return int(self.spectra.shape[0])

    @property
    def n_bins(self) -> int:
        return self.fft_size // 2 + 1


def reverb_fft_size(hop: int) -> int:
    """Smallest power of two that holds two partitions."""
    return 1 << (2 * hop - 1).bit_length()


def design_reverb(response: NDArray[np.float64], hop: int) -> ReverbDesign:
    """[main] Partition an impulse response (shape [n], any n >= 1, at the device's rate) for hops of `hop` samples."""
    response = np.asarray(response, dtype=np.float64).ravel()
    fft_size = reverb_fft_size(hop)
    n_partitions = max(1, -(-len(response) // hop) - 1)
    padded = np.zeros((n_partitions + 1) * hop)
    padded[: len(response)] = response
    parts = padded.reshape(n_partitions + 1, hop)
    spectrum = np.fft.rfft(parts[1:], fft_size, axis=1)
    return ReverbDesign(
        hop=hop,
        fft_size=fft_size,
        head=parts[0].astype(np.float32),
        spectra=np.ascontiguousarray(np.stack([spectrum.real, spectrum.imag], axis=1), dtype=np.float32),
        twiddles=design_twiddles(fft_size),
    )


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
    """[audio] At the end of a hop: what the room heard in it goes to row `newest` of the delay line.

    line: flat, shape [n_line * 2 * bins]; `newest` counts down from hop to hop, modulo n_line; work:
    [2 * fft_size + 2 * bins]. Afterwards recent[:hop] holds this hop, ready for the next.
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
    decay: np.float32,
) -> None:
    """[audio] What a room answers, as a spectrum: `sums`, shape [2 * bins].

    spectra: flat, shape [n_partitions * 2 * bins], of at most as many partitions as the line has rows. With a `decay` below
    1 partition p is made decay ** p times as loud, counted from 1 (Horner's scheme).
    """
    row = sums.shape[0]
    bins = row // 2
    n_partitions = spectra.shape[0] // row
    n_line = line.shape[0] // row
    for b in range(row):
        sums[b] = np.float32(0.0)
    sums_re = sums[:bins]
    sums_im = sums[bins:row]
    for back in range(n_partitions):
        p = n_partitions - 1 - back
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
    if decay != 1.0:
        for b in range(row):
            sums[b] *= decay


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
