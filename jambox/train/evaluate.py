"""How good an instrument is, on recordings that it never saw, beside what bounds it from above and from below.

Everything is rendered by the live kernels from the features of the recording and compared with the recording itself,
where its pitch is known. Rows: `trained`; `bound`, the measured levels played back without a network; `constant`, the
training side's median timbre scaled by loudness; `untrained`, the network before its first step; and of the `recording`
its harmonic-to-noise ratio.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track

from jambox.analysis import analyse
from jambox.control.bundle import Bundle
from jambox.control.scaling import f0_scaled, loudness_scaled
from jambox.control.stepping import CompiledNetwork
from jambox.train.dataset import Dataset, Entry, Window
from jambox.train.guide import control_rows
from jambox.train.losses import spectral_loss
from jambox.train.measure import frame_centres, measure, weighted_powers
from jambox.train.playback import Playback

_LSD_FFT = 2048
_LSD_FLOOR_DB = -90.0
_EDGE = 8
_WITH_HNR = ("trained", "bound")

Levels = NDArray[np.float32]
Render = Callable[[Window], Levels]


def evaluate_dataset(
    dataset: Dataset, bundle: Bundle, *, quiet: bool = False, independent_f0: bool = True
) -> dict[str, dict[str, float]]:
    """Metrics by row on the validation recordings.

    mss: multi-scale spectral loss of `losses.spectral_loss`; lsd_db: log-spectral distance; loudness_l1_db: mean absolute
    difference of the loudness feature; hnr_db: harmonic-to-noise ratio (trained and bound);
    f0_median_cents and f0_within_50_cents (trained only): output pitch as heard by librosa's pYIN and YIN. Averages are
    over files, weighted by their length.
    """
    entries = [entry for entry in dataset.entries(validation=True) if entry.n_believed > 50]
    median = _median_levels(dataset)
    rows: dict[str, Render] = {
        "trained": network_levels(CompiledNetwork(bundle)),
        "bound": lambda window: window.levels_db,
        "constant": lambda window: np.broadcast_to(median, window.levels_db.shape),
        "untrained": network_levels(_untrained(dataset, bundle)),
    }
    playback = Playback(dataset.index.sample_rate, dataset.index.control_hop)
    results: dict[str, dict[str, float]] = {}
    for name, render in rows.items():
        per_file = [
            _compare(dataset, entry, render, playback, name in _WITH_HNR, independent_f0 and name == "trained")
            for entry in track(entries, f"Judging: {name}", disable=quiet)
        ]
        seconds = np.array([entry.n_believed for entry in entries], dtype=np.float64)
        results[name] = {
            key: round(float(np.average([row[key] for row in per_file], weights=seconds)), 4) for key in per_file[0]
        }
    hnr = [_recorded_hnr_db(dataset, entry) for entry in entries]
    results["recording"] = {"hnr_db": round(float(np.average(hnr, weights=[entry.n_believed for entry in entries])), 4)}
    return results


def network_levels(network: CompiledNetwork) -> Render:
    """Levels in dB relative to loudness that a network gives for the features of a window."""

    def render(window: Window) -> Levels:
        network.reset()
        pitch = f0_scaled(window.f0_hz)
        loudness = loudness_scaled(window.loudness_db)
        frames = [np.concatenate(network.step(f, level)) for f, level in zip(pitch, loudness, strict=True)]
        linear = np.maximum(np.stack(frames), 1e-12)
        return np.asarray(20.0 * np.log10(linear) - window.loudness_db[:, None], dtype=np.float32)

    return render


def _compare(
    dataset: Dataset, entry: Entry, render: Render, playback: Playback, with_hnr: bool, independent_f0: bool
) -> dict[str, float]:
    """Metrics of one recording under one row."""
    index = dataset.index
    window = dataset.window(entry)
    linear = 10.0 ** ((render(window) + window.loudness_db[:, None]) / 20.0)
    harmonics, noise = linear[:, : index.n_harmonics], linear[:, index.n_harmonics :]
    audio = playback.play(window.f0_hz.astype(np.float64), harmonics, noise)
    first = int(frame_centres(1)[0]) + 1
    recorded = dataset.samples(entry, first, len(audio))
    believed = window.weight > 0.0
    at = np.arange(len(audio)) / index.control_hop
    mask = np.interp(at, np.arange(len(believed)), np.convolve(believed, np.ones(5) / 5.0, "same")).astype(np.float32)
    ours, theirs = torch.from_numpy(audio * mask)[None], torch.from_numpy(recorded * mask)[None]
    highest = torch.tensor([entry.highest_hz])
    # Both are heard with their true beginnings: output sample n stands for sample n + first of the recording.
    heard = control_rows(analyse(np.concatenate([np.zeros(first, np.float32), audio]), index.sample_rate).loudness_db)
    steady = believed.copy()
    steady[: min(_EDGE, len(steady))] = False
    steady = steady[: len(heard)]
    difference = np.abs(heard - window.loudness_db[: len(heard)])[steady]
    metrics = {
        "mss": float(spectral_loss(ours, theirs, highest, index.sample_rate)),
        "lsd_db": _log_spectral_distance(ours, theirs, entry.highest_hz, index.sample_rate),
        "loudness_l1_db": float(np.mean(difference)) if len(difference) else 0.0,
    }
    if with_hnr:
        metrics["hnr_db"] = _hnr_db(audio, window, believed)
    if independent_f0:
        metrics.update(_independent_f0(audio, window, believed, index.sample_rate, index.control_hop))
    return metrics


def _log_spectral_distance(ours: torch.Tensor, theirs: torch.Tensor, highest_hz: float, sample_rate: int) -> float:
    """Root mean square over frequency of the difference in dB, averaged over frames louder than the floor."""
    window = torch.hann_window(_LSD_FFT)
    spectra = []
    for audio in (ours, theirs):
        power = torch.stft(audio, _LSD_FFT, _LSD_FFT // 4, window=window, return_complex=True)[0].abs() ** 2
        power = power * 4.0 / torch.sum(window) ** 2
        spectra.append(10.0 * torch.log10(power + 10.0 ** (_LSD_FLOOR_DB / 10.0)))
    inside = torch.arange(_LSD_FFT // 2 + 1) * (sample_rate / _LSD_FFT) < highest_hz
    frames = spectra[1].amax(0) > _LSD_FLOOR_DB + 30.0
    difference = (spectra[0] - spectra[1])[inside][:, frames]
    return float(difference.square().mean(0).sqrt().mean())


def _hnr_db(audio: NDArray[np.float32], window: Window, believed: NDArray[np.bool_]) -> float:
    """Harmonic-to-noise ratio as the preparation measures it, over believed frames."""
    shifted = np.concatenate([np.zeros(int(frame_centres(1)[0]) + 1, dtype=np.float32), audio])
    measured = measure(shifted, window.f0_hz.astype(np.float64), 20_000.0)
    harmonic, noise = weighted_powers(measured.f0_hz, measured.amplitudes, measured.noise)
    return float(10.0 * np.log10(harmonic[believed].sum() / max(noise[believed].sum(), 1e-20)))


def _recorded_hnr_db(dataset: Dataset, entry: Entry) -> float:
    window = dataset.window(entry)
    audio = dataset.samples(entry, int(frame_centres(1)[0]) + 1, (entry.n_frames - 1) * dataset.index.control_hop)
    return _hnr_db(audio, window, window.weight > 0.0)


def _independent_f0(
    audio: NDArray[np.float32], window: Window, believed: NDArray[np.bool_], sample_rate: int, control_hop: int
) -> dict[str, float]:
    """Deviation of the output's pitch, heard by pYIN, from the pitch that was asked for."""
    import librosa

    rate, hop = 16_000, 160
    slow = librosa.resample(audio, orig_sr=sample_rate, target_sr=rate)
    asked = window.f0_hz[believed]
    low, high = 0.75 * float(asked.min()), 1.33 * float(asked.max())
    # Four periods of the lowest note at least, no longer: vibrato and note changes are to be followed.
    length = 2048 if low < 130.0 else 512
    ends: dict[str, Any] = {
        "fmin": low,
        "fmax": min(high, 0.45 * rate),
        "sr": rate,
        "frame_length": length,
        "hop_length": hop,
    }
    coarse, voiced, _ = librosa.pyin(slow, **ends)
    # pYIN answers in steps of 10 cents; YIN itself says where between them.
    fine = librosa.yin(slow, **ends)
    heard = np.where(np.abs(1200.0 * np.log2(fine / coarse)) < 20.0, fine, coarse)
    frames = np.clip(np.arange(len(heard)) * hop / rate * sample_rate / control_hop, 0, len(believed) - 1).astype(np.int64)
    # The listener's window must lie inside of one note; it hears the mean of the pitch in it.
    reach = round(0.5 * length / rate * sample_rate / control_hop)
    shape = np.hanning(2 * reach + 3)[1:-1]
    around = np.lib.stride_tricks.sliding_window_view(np.log2(np.pad(window.f0_hz, reach, mode="edge")), len(shape))
    smooth = np.exp2(around @ (shape / shape.sum()))
    one_note = 1200.0 * np.ptp(around, axis=1) < 50.0
    inside = one_note & (np.convolve(believed, np.ones(len(shape)), "same") > len(shape) - 0.5)
    counted = inside[frames] & voiced
    if not counted.any():
        return {"f0_median_cents": 1200.0, "f0_within_50_cents": 0.0}
    cents = np.abs(1200.0 * np.log2(heard[counted] / smooth[frames][counted]))
    return {"f0_median_cents": float(np.median(cents)), "f0_within_50_cents": float(np.mean(cents <= 50.0))}


def _median_levels(dataset: Dataset) -> Levels:
    """Median timbre of the training side, [H+N]."""
    rows = []
    for entry in dataset.entries(validation=False):
        window = dataset.window(entry)
        rows.append(window.levels_db[window.weight > 0.5][::10])
    return np.asarray(np.median(np.concatenate(rows), axis=0), dtype=np.float32)


def _untrained(dataset: Dataset, bundle: Bundle) -> CompiledNetwork:
    """The network of the same card before its first step, seed 0: all harmonics alike, noise 5 dB below the input."""
    from jambox.control.export import network_tensors
    from jambox.control.model import HarmonicNoiseNetwork

    torch.manual_seed(0)
    network = HarmonicNoiseNetwork(bundle.card)
    with torch.no_grad():
        n_harmonics, n_noise_bands = bundle.card.n_harmonics, bundle.card.n_noise_bands
        network.level_median[:n_harmonics] = -10.0 * np.log10(0.5 * n_harmonics)
        network.level_median[n_harmonics:] = -5.0 - 10.0 * np.log10(n_noise_bands)
        for name in ("pitch_range", "loudness_range"):
            getattr(network, name).copy_(torch.from_numpy(bundle.tensors[name]))
    return CompiledNetwork(Bundle(bundle.path, bundle.card, network_tensors(network, bundle.card)))
