"""What the modal fit and the modal instrument reach, measured anew.

python -m tests.sines.figures --data DIR
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import mido
import numpy as np
import soxr
from numpy.typing import NDArray

from jambox.audiofile import read_sound
from jambox.control.card import Training
from jambox.control.kinds import load_instrument
from jambox.control.library import find_instrument
from jambox.control.modal import COLUMNS, ModalBundle, ModalSound
from jambox.instrument import Design, Instrument
from jambox.instrument.note_events import N_KEYS, note_on
from jambox.sines.distance import snr_db
from jambox.sines.excerpt import active_part
from jambox.sines.instrument import Provenance, card_of, heard
from jambox.sines.modal import ModalFit, ModalSettings, fit_modal
from tests.instrument.test_modal import PLAIN, card_for
from tests.sines.sounds import BARK, RATE, bell

HIGH_RATE = 96_000
PLAY_RATE = 48_000
SCALE_ST = range(-18, 19)


def fitted(sound: NDArray[np.float64], **settings: int) -> tuple[ModalFit, float]:
    """The fit and the CPU seconds that it took."""
    began = time.process_time()
    fit = fit_modal(sound, RATE, ModalSettings(**settings), lambda share, where: None)
    return fit, time.process_time() - began


def played(fit: ModalFit, rate: int) -> Instrument:
    """The fit as an instrument."""
    sound = fit.sound()
    card = card_of(sound, "made", heard(sound, RATE), RATE, Provenance("made"), Training(command="none"))
    return Instrument(ModalBundle(Path("made"), card, sound), Design(rate))


def struck(player: Instrument, key: int, seconds: float) -> NDArray[np.float64]:
    player.reset(PLAIN)
    player.play(note_on(key, 1.0, time=0))
    return player.process(np.zeros(round(seconds * player.sample_rate), dtype=np.float32)).astype(np.float64)


def pitch_hz(x: NDArray[np.float64], rate: int, near_hz: float) -> float:
    """Mean pitch (of its logarithm, over energy) within a fourth of `near_hz`: the first peak of the autocorrelation of
    frames of 15 ms or eight periods, where it is clear."""
    n = round(max(0.015, 8.0 / near_hz) * rate)
    size = 1 << int(np.ceil(np.log2(2 * n)))
    window = np.hanning(n)
    own = np.fft.irfft(np.abs(np.fft.rfft(window, size)) ** 2).clip(1e-9)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(x, n), n)[:: n // 16]
    lags = np.fft.irfft(np.abs(np.fft.rfft(frames * window, size, axis=1)) ** 2, axis=1) / own
    low, high = int(rate / (near_hz * 2.0 ** (5 / 12))), int(rate / near_hz * 2.0 ** (5 / 12)) + 2
    logs, energies = [], []
    for lag, frame in zip(lags, frames, strict=True):
        at = low + int(np.argmax(lag[low:high]))
        if lag[0] <= 0.0 or lag[at] < 0.5 * lag[0] or not low < at < high - 1:
            continue
        before, here, after = lag[at - 1 : at + 2]
        logs.append(np.log2(rate / (at + 0.5 * (before - after) / (before - 2.0 * here + after))))
        energies.append(frame @ frame)
    return float(2.0 ** np.average(logs, weights=energies))


def scale_off_cents(player: Instrument) -> float:
    """A chromatic scale over three octaves, as far as there are keys: farthest from equal temperament."""
    assert player.card is not None
    middle = round(69.0 + 12.0 * np.log2(player.card.f0_hz.p50 / 440.0))
    off = []
    for st in SCALE_ST:
        if middle + st >= N_KEYS:
            break
        hz = 440.0 * 2.0 ** ((middle + st - 69) / 12.0)
        off.append(1200.0 * np.log2(pitch_hz(struck(player, middle + st, 0.4), player.sample_rate, hz) / hz))
    return float(np.max(np.abs(off)))


def scale_from_midi_cents(name: str, folder: Path) -> float:
    """The same scale as a MIDI file, rendered by the command with its default settings: farthest from equal temperament."""
    card = load_instrument(find_instrument(name)).card
    middle = round(69.0 + 12.0 * np.log2(card.f0_hz.p50 / 440.0))
    keys = [middle + st for st in SCALE_ST]
    track = mido.MidiTrack()
    for key in keys:
        track.append(mido.Message("note_on", note=key, velocity=127, time=0))
        track.append(mido.Message("note_off", note=key, time=480))  # half a second
    file = mido.MidiFile(ticks_per_beat=480, tracks=[track])
    file.save(folder / "scale.mid")
    command = ["render", str(folder / "scale.mid"), "-i", name, "-o", str(folder / "scale.wav")]
    subprocess.run([sys.executable, "-m", "jambox", *command], check=True, capture_output=True)
    sound = read_sound(folder / "scale.wav")
    off = []
    for i, key in enumerate(keys):
        first, hz = round(0.5 * i * sound.sample_rate), 440.0 * 2.0 ** ((key - 69) / 12.0)
        heard_hz = pitch_hz(sound.samples[first:][: round(0.4 * sound.sample_rate)].astype(float), sound.sample_rate, hz)
        off.append(1200.0 * np.log2(heard_hz / hz))
    return float(np.max(np.abs(off)))


def folded_db(fit: ModalFit) -> float:
    """The upper octave of that scale at 48 kHz against that at 96 kHz, below 20 kHz: what differs, over what there is."""
    twice, once = played(fit, HIGH_RATE), played(fit, PLAY_RATE)
    assert once.card is not None
    middle = round(69.0 + 12.0 * np.log2(once.card.f0_hz.p50 / 440.0))
    worst = -300.0
    for st in range(6, 19, 3):
        y = struck(once, middle + st, 0.4)
        expected = soxr.resample(struck(twice, middle + st, 0.4), HIGH_RATE, PLAY_RATE, quality="VHQ")[: len(y)]
        f_hz = np.fft.rfftfreq(len(y), 1.0 / PLAY_RATE)
        difference, whole = np.abs(np.fft.rfft(y - expected)), np.abs(np.fft.rfft(expected))
        inside = f_hz < 20_000.0
        worst = max(worst, 10.0 * float(np.log10(np.sum(difference[inside] ** 2) / np.sum(whole[inside] ** 2))))
    return worst


def share_of_core(voices: int, n_partials: int, block: int = 128, seconds: float = 2.0) -> float:
    """Real-time factor (CPU time of the thread) of so many notes of which every partial sounds, the cheapest of three."""
    source = np.random.default_rng(0)
    partials = np.zeros((n_partials, len(COLUMNS)))
    partials[:, 0] = source.uniform(50.0, 6000.0, n_partials)
    partials[:, 1] = source.uniform(-50.0, 50.0, n_partials)
    partials[:, 2], partials[:, 4] = 0.01, 0.2
    sound = ModalSound(partials, np.zeros((2, 65), dtype=np.float32), 0.004, 30.0, np.full(60_001, 440.0))
    player = Instrument(ModalBundle(Path("made"), card_for(sound), sound), Design(PLAY_RATE))
    x, y = np.zeros(block, dtype=np.float32), np.zeros(block, dtype=np.float32)
    costs = []
    for _ in range(3):
        player.reset({"source": 2.0})
        for i in range(voices):
            player.play(note_on(60 + i, 0.8, time=0))
        for _ in range(50):
            player.process(x)
        blocks = round(seconds * PLAY_RATE / block)
        began = time.thread_time()
        for _ in range(blocks):
            y = player.process(x)
        costs.append((time.thread_time() - began) / seconds)
    assert np.any(y != 0.0)
    return min(costs)


def measure(data: Path) -> dict[str, float]:
    """Every figure by name."""
    figures: dict[str, float] = {}
    sound, truth = bell()
    fit, _ = fitted(sound, partials=len(truth))
    table = fit.table()[np.argsort(fit.table()[:, 0])]
    n = len(sound) - RATE // 100
    figures["modal_bell_off_hz"] = float(np.max(np.abs(table[:, 0] - truth[:, 0])))
    figures["modal_bell_decay_percent"] = 100.0 * float(np.max(np.abs(table[:, 4] / truth[:, 1] - 1.0)))
    figures["modal_bell_snr_db"] = snr_db(sound[:n], fit.render()[:n])
    figures["modal_bell_scale_cents"] = scale_off_cents(played(_harmonic(), PLAY_RATE))
    samples = read_sound(data / "test" / BARK).samples.astype(np.float64)
    bark = samples[active_part(samples, RATE)]
    figures["modal_bark_s"] = len(bark) / RATE
    alone, _ = fitted(bark, partials=64, sweeps=0)
    together, _ = fitted(bark, partials=64)
    figures["modal_bark_64_gain_db"] = snr_db(bark, together.render()) - snr_db(bark, alone.render())
    for count in (128, 512):
        fit, took_s = fitted(bark, partials=count)
        figures[f"modal_bark_{count}_snr_db"] = snr_db(bark, fit.render())
        figures[f"modal_bark_{count}_cpu_s"] = took_s
        if count == 128:
            figures["modal_bark_scale_cents"] = scale_off_cents(played(fit, PLAY_RATE))
            figures["modal_folded_db"] = folded_db(fit)
    with tempfile.TemporaryDirectory() as folder:
        figures["modal_bark_midi_cents"] = scale_from_midi_cents("bark", Path(folder))
    figures["modal_voices_8_512"] = share_of_core(8, 512)
    return figures


def _harmonic() -> ModalFit:
    """A plucked sound with harmonics, fitted."""
    t = np.arange(RATE // 2) / RATE
    tone = sum(0.3 / k * np.exp(-(3.0 + k) * t) * np.cos(2.0 * np.pi * 440.0 * k * t + k) for k in range(1, 9))
    return fitted(np.asarray(tone), partials=16)[0]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of shared recordings")
    print(json.dumps(measure(parser.parse_args().data), indent=1))
