"""A run to listen to while it goes: a held-out phrase, a sung phrase and a sine glide, as wav files, whole or not at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from jambox.analysis import analyse
from jambox.audiofile import read_sound, write_sound
from jambox.control.bundle import Bundle
from jambox.control.card import Card
from jambox.control.export import network_tensors
from jambox.control.model import HarmonicNoiseNetwork
from jambox.control.scaling import f0_scaled, loudness_scaled
from jambox.instrument import Design, Instrument
from jambox.profile import octaves_st
from jambox.render import render_samples
from jambox.train.batches import Side
from jambox.train.dataset import Dataset, Window
from jambox.train.measure import frame_centres
from jambox.train.playback import Playback

PREVIEWS_FOLDER = "previews"
_HELD_OUT_S = 6.0
_LONGEST_PROBE_S = 20.0
_GLIDE_S = 4.0
_TAIL_S = 0.5
_VOWEL_HZ = ((700.0, 110.0), (1150.0, 120.0), (2700.0, 180.0))  # centres and widths of the formants of an open vowel
_PHRASE_ST = (0.0, 2.0, 4.0, 7.0, 5.0, 0.0)
_NOTE_S = 0.5

Samples = NDArray[np.float32]


class Previews:
    """Inputs chosen once, played by the network of any step. `side`: the recordings of which one is resynthesised;
    `probe`: a recording of singing, else a synthesised voice sings. BadInput if the probe is no sound."""

    def __init__(self, dataset: Dataset, side: Side, card: Card, run: Path, probe: Path | None = None) -> None:
        self.sample_rate = dataset.index.sample_rate
        self._card, self._folder = card, run / PREVIEWS_FOLDER
        self._playback = Playback(self.sample_rate, dataset.index.control_hop)
        self._window, self._recorded = _phrase(dataset, side)
        if probe is None:
            self._voice, self._shift_st = sung_phrase(card, self.sample_rate), 0.0
        else:
            voice = read_sound(probe, self.sample_rate).samples[: round(_LONGEST_PROBE_S * self.sample_rate)]
            self._voice, self._shift_st = voice, voice_octaves_st(voice, self.sample_rate, card)
        self._folder.mkdir(parents=True, exist_ok=True)
        write_sound(self._folder / "recording.wav", self._recorded, self.sample_rate)

    def write(self, network: HarmonicNoiseNetwork, name: str) -> dict[str, Samples]:
        """Play all inputs with `network`, write `NAME-held-out.wav`, `NAME-sung.wav` and `NAME-glide.wav`; the samples."""
        bundle = Bundle(self._folder, self._card, network_tensors(network, self._card))
        sounds = {
            "held-out": self._resynthesised(network),
            "sung": self._rendered(bundle, self._voice, self._shift_st),
            "glide": self._rendered(bundle, sine_glide(self._card, self.sample_rate), 0.0),
        }
        for kind, samples in sounds.items():
            write_sound(self._folder / f"{name}-{kind}.wav", samples, self.sample_rate)
        return sounds

    def _resynthesised(self, network: HarmonicNoiseNetwork) -> Samples:
        window, device = self._window, network.level_median.device
        scaled = (f0_scaled(window.f0_hz), loudness_scaled(window.loudness_db))
        pitch, loudness = (torch.from_numpy(x.astype(np.float32))[None, :, None].to(device) for x in scaled)
        with torch.no_grad():
            levels_db = network.sequence(pitch, loudness, network.initial_state(1).to(device))[0][0].cpu().numpy()
        linear = 10.0 ** ((levels_db + window.loudness_db[:, None]) / 20.0)
        n_harmonics = self._card.n_harmonics
        return self._playback.play(window.f0_hz.astype(np.float64), linear[:, :n_harmonics], linear[:, n_harmonics:])

    def _rendered(self, bundle: Bundle, samples: Samples, shift_st: float) -> Samples:
        """Through the real thing: the live signal path, offline."""
        settings = {"auto_octave": 0.0, "auto_level": 0.0, "pitch_shift_st": shift_st}
        instrument = Instrument(bundle, Design(self.sample_rate), settings)
        return render_samples(instrument, samples, _TAIL_S).samples


def sung_phrase(card: Card, sample_rate: int) -> Samples:
    """A sung phrase, synthesised: an open vowel with vibrato and swells, bound notes, in the instrument's middle range."""
    lowest = float(np.clip(card.f0_hz.p50 / 2.0 ** (4.0 / 12.0), card.f0_hz.p05, card.f0_hz.p95))
    n_note = round(_NOTE_S * sample_rate)
    n = n_note * len(_PHRASE_ST)
    t = np.arange(n) / sample_rate
    steps = np.repeat(_PHRASE_ST, n_note)
    bound = np.convolve(steps, np.hanning(round(0.06 * sample_rate)), "same") / np.hanning(round(0.06 * sample_rate)).sum()
    f0_hz = lowest * 2.0 ** ((bound + 0.4 * np.sin(2.0 * np.pi * 5.5 * t)) / 12.0)
    phase = 2.0 * np.pi * np.cumsum(f0_hz) / sample_rate
    voice = np.zeros(n)
    for k in range(1, int(0.45 * sample_rate / f0_hz.max()) + 1):
        f_hz = k * f0_hz
        vowel = sum(1.0 / (1.0 + ((f_hz - centre) / width) ** 2) for centre, width in _VOWEL_HZ)
        voice += (0.05 + vowel) / k * np.sin(k * phase)
    swell = 0.4 + 0.6 * np.sin(np.pi * (t % _NOTE_S) / _NOTE_S)
    edges = np.clip(np.minimum(t, t[-1] - t) / 0.05, 0.0, 1.0)
    return _at_level(voice * swell * edges, card.loudness_db.p50)


def sine_glide(card: Card, sample_rate: int) -> Samples:
    """A sine that glides once through the instrument's range and back."""
    t = np.arange(round(_GLIDE_S * sample_rate)) / sample_rate
    low, high = np.log2([card.f0_hz.p05, card.f0_hz.p95])
    course = 1.0 - np.abs(2.0 * t / _GLIDE_S - 1.0)
    phase = 2.0 * np.pi * np.cumsum(2.0 ** (low + (high - low) * course)) / sample_rate
    edges = np.clip(np.minimum(t, t[-1] - t) / 0.05, 0.0, 1.0)
    return _at_level(np.sin(phase) * edges, card.loudness_db.p50)


def _at_level(signal: NDArray[np.float64], level_db: float) -> Samples:
    rms = np.sqrt(np.mean(signal**2))
    return np.asarray(np.clip(signal * (10.0 ** (level_db / 20.0) / rms), -1.0, 1.0), dtype=np.float32)


def voice_octaves_st(voice: Samples, sample_rate: int, card: Card) -> float:
    """Whole octaves, in semitones, that bring the voice nearest to the instrument's middle."""
    track = analyse(voice, sample_rate)
    sung = track.f0_hz[(track.f0_confidence > 0.5) & (track.f0_hz > 0.0)]
    if len(sung) == 0:
        return 0.0
    return octaves_st(float(np.median(sung)), card)


def _phrase(dataset: Dataset, side: Side) -> tuple[Window, Samples]:
    """The fullest seconds of one recording, as frames and as it was recorded."""
    entry = max(side.entries, key=lambda entry: (min(entry.n_believed, entry.n_frames), entry.recording))
    index = dataset.index
    n = min(round(_HELD_OUT_S * index.sample_rate / index.control_hop), entry.n_frames)
    best, first = -1.0, 0
    for start in range(0, entry.n_frames - n + 1, n):
        (weight,) = dataset.columns(entry, ("weight",), start, start + n)
        if float(weight.sum()) > best:
            best, first = float(weight.sum()), start
    window = dataset.window(entry, first, n)
    start = int(frame_centres(first + 1)[-1]) + 1
    return window, dataset.samples(entry, start, (n - 1) * index.control_hop)
