"""What a modal instrument lays into the memory of a running one: its table of partials and its noise. [main]"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.control.modal import END_FADE_S, TRACK_STEP_S, ModalBundle, follows, track_cycles
from jambox.dsp.modal import N_COLUMNS, N_ROTORS, N_STARTS, TILE
from jambox.instrument.rows import N_ROWS

# One harmonic, always silent: the kind has no harmonic bank.
N_HARMONICS = 1


def modal_regions(bundle: ModalBundle, sample_rate: int, hop: int) -> tuple[dict[str, int], dict[str, NDArray[Any]]]:
    """Sizes of the regions that the kind needs, and the contents of those that are designs."""
    n = len(bundle.sound.partials)
    contents: dict[str, NDArray[Any]] = {
        "modal_table": _table(bundle, sample_rate, hop).ravel(),
        "modal_stretch": np.ones(2 * n),
        "modal_track": np.concatenate([bundle.sound.track_hz / sample_rate, track_cycles(bundle.sound.track_hz)]),
        "modal_noise": (_noise(bundle) / _unity(bundle)).ravel(),
    }
    sizes = {name: content.size for name, content in contents.items()} | {
        "modal_phases": (N_ROWS + 1) * n,
        "modal_levels": (N_ROWS + 1) * n,
        "modal_starts": N_STARTS * TILE,
        "modal_rotors": N_ROTORS * TILE,
        "modal_lanes": hop * TILE,
    }
    return sizes, contents


def fill_modal(record: Any, bundle: ModalBundle, sample_rate: int) -> None:
    """The sizes and times of the sound, in samples."""
    record["reference_hz"] = bundle.card.reference_hz
    record["n_partials"] = len(bundle.sound.partials)
    record["n_noise"] = len(_noise(bundle))
    record["noise_step"] = bundle.sound.noise_step_s * sample_rate
    record["track_step"] = TRACK_STEP_S * sample_rate
    record["duration"] = bundle.sound.duration_s * sample_rate
    record["end_fade"] = END_FADE_S * sample_rate


def _unity(bundle: ModalBundle) -> float:
    """Amplitude of the loudest moment, by which all is divided: a row's gain is then its loudness."""
    return float(10.0 ** (bundle.card.sound_db / 20.0))


def _noise(bundle: ModalBundle) -> NDArray[np.float32]:
    """The noise with silence at its end."""
    noise = bundle.sound.noise
    return np.concatenate([noise, np.zeros((2, noise.shape[1]), dtype=np.float32)])


def _table(bundle: ModalBundle, sample_rate: int, hop: int) -> NDArray[np.float64]:
    """The columns of dsp/modal.py, [N_COLUMNS, K]."""
    sound = bundle.sound
    frequency_hz, decay = sound.column("frequency_hz"), sound.column("decay_per_s") / sample_rate
    columns = [
        frequency_hz / sample_rate,
        sound.column("chirp_hz_per_s") / sample_rate**2,
        sound.column("amplitude") / _unity(bundle),
        sound.column("phase_cycles"),
        decay,
        np.exp(-decay),
        np.exp(-decay * hop),
        sound.column("onset_s") * sample_rate,
        sound.column("rise_s") * sample_rate,
        np.log2(np.maximum(np.abs(frequency_hz), 1.0) / bundle.card.reference_hz),
        sound.column("harmonic"),
        np.where(follows(sound.column("harmonic")), 0.0, 1.0),
    ]
    assert len(columns) == N_COLUMNS
    return np.stack(columns)
