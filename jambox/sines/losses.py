"""Seven ways to say how far a signal is from another, interchangeable: `LOSSES[name](y, x)`, [B] of y and x [B, N].

What a loss adds is a weight over the spectrum, or deafness to phase; the basin of a frequency stays as narrow as the windows
it looks through are long (docs/sines.md shows it). Gradients come from torch.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from jambox.sines.exponentials import Real

Loss = Callable[[Tensor, Tensor], Tensor]
_SMALLEST_POWER = 1e-20
_FFT_SIZES = (2048, 1024, 512, 256, 128, 64)


def mean_squared_error(y: Tensor, x: Tensor) -> Tensor:
    """Mean of the squared difference."""
    return (y - x).square().mean(-1)


def mean_absolute_error(y: Tensor, x: Tensor) -> Tensor:
    """Mean of the absolute difference: large errors pull no harder than small ones."""
    return (y - x).abs().mean(-1)


def dft_magnitude(y: Tensor, x: Tensor) -> Tensor:
    """Squared difference of the magnitudes of the whole spectra, scaled so that it is the mean squared error where all
    phases agree: deaf to phase."""
    spectra = [torch.fft.fft(signal) for signal in (y, x)]
    ours, theirs = (_magnitude(spectrum) for spectrum in spectra)
    return (ours - theirs).square().mean(-1) / y.shape[-1]


def multi_scale_spectral(y: Tensor, x: Tensor) -> Tensor:
    """Mean absolute difference of short-time magnitudes plus that of their logarithms (nepers), averaged over windows of 64
    to 2048 samples that fit into the signal (Engel et al. 2020); Hann windows, a quarter apart, no padding."""
    sizes = [size for size in _FFT_SIZES if size <= y.shape[-1]]
    if not sizes:
        raise ValueError(f"a spectral distance needs {_FFT_SIZES[-1]} samples at least, not {y.shape[-1]}")
    total = torch.zeros_like(y[..., 0])
    for size in sizes:
        window = torch.hann_window(size, dtype=y.dtype)
        ours, theirs = (
            _magnitude(torch.fft.rfft(signal.unfold(-1, size, size // 4) * window)) * (2.0 / size) for signal in (y, x)
        )
        logarithms = (torch.log(ours + 1e-4) - torch.log(theirs + 1e-4)).abs()
        total = total + (ours - theirs).abs().mean((-1, -2)) + logarithms.mean((-1, -2))
    return total / len(sizes)


def difference(order: int) -> Loss:
    """Mean squared error of the differences of that order: an error at omega counts (2 sin(omega / 2))^(2 order)-fold."""

    def loss(y: Tensor, x: Tensor) -> Tensor:
        return torch.diff(y - x, n=order).square().mean(-1)

    return loss


def pairwise_slopes(y: Tensor, x: Tensor) -> Tensor:
    """Mean over all pairs of points of the squared difference of the slopes between them.

    With the error e it is a mean of (e[j] - e[i])^2 / (j - i)^2: a smooth high-pass on the error.
    """
    error = y - x
    n_samples = error.shape[-1]
    spectrum = torch.fft.rfft(error, 2 * n_samples)
    lagged = torch.fft.irfft(spectrum.real.square() + spectrum.imag.square(), 2 * n_samples)[..., 1:n_samples]
    energy = torch.cumsum(error.square(), -1)
    # Over all pairs at a distance: the energies of their early and of their late points, less twice their products.
    early = energy[..., :-1].flip(-1)
    late = energy[..., -1:] - energy[..., :-1]
    distance = torch.arange(1, n_samples, dtype=error.dtype)
    pairs = 0.5 * n_samples * (n_samples - 1)
    total: Tensor = ((early + late - 2.0 * lagged) / distance.square()).sum(-1) / pairs
    return total


def axis_agreement(y: Tensor, x: Tensor) -> Tensor:
    """1 less the inner product of y and x over their lengths: 0 where one is a positive multiple of the other, 1 where they
    have nothing in common. With the right frequency it is 1 - cos(phase difference), and says nothing of amplitude."""
    lengths = torch.linalg.vector_norm(y, dim=-1) * torch.linalg.vector_norm(x, dim=-1)
    agreement: Tensor = (y * x).sum(-1) / (lengths + _SMALLEST_POWER)
    return 1.0 - agreement


LOSSES: dict[str, Loss] = {
    "mse": mean_squared_error,
    "mae": mean_absolute_error,
    "dft_magnitude": dft_magnitude,
    "multi_scale_spectral": multi_scale_spectral,
    "difference_1": difference(1),
    "difference_2": difference(2),
    "pairwise_slopes": pairwise_slopes,
    "axis_agreement": axis_agreement,
}


def signal_gradient(name: str) -> Callable[[Real, Real], Real]:
    """The gradient of a loss with respect to the model's signal, for `jambox.sines.descent`."""
    loss = LOSSES[name]

    def gradient(y: Real, x: Real) -> Real:
        signal = torch.from_numpy(np.ascontiguousarray(y)).requires_grad_()
        (slope,) = torch.autograd.grad(loss(signal, torch.from_numpy(x)).sum(), signal)
        return np.asarray(slope.numpy())

    return gradient


def _magnitude(spectrum: Tensor) -> Tensor:
    return torch.sqrt(spectrum.real.square() + spectrum.imag.square() + _SMALLEST_POWER)
