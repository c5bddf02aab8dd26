"""Does it stay an instrument when somebody sings into it? A few numbers about input that is none of its recordings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jambox.analysis import analyse
from jambox.audiofile import read_sound
from jambox.control.bundle import Bundle
from jambox.control.card import Card
from jambox.control.stepping import CompiledNetwork
from jambox.train.dataset import Dataset, Entry, Window
from jambox.train.guide import believable_f0, control_rows
from jambox.train.judge.distance import harmonic_to_noise_db, loudness_errors_db
from jambox.train.judge.pitch import pitch_errors_cents
from jambox.train.judge.playing import Levels, network_levels, play_window
from jambox.train.judge.split import reporting
from jambox.train.playback import Playback
from jambox.train.previews import sung_phrase, voice_octaves_st

_LONGEST_S = 30.0
_SUNG_BELOW_LOUDEST_DB = 30.0
# Of so many frames each is the nearest sought; differences below the floor are not heard.
_MOST_FRAMES, _MOST_RECORDINGS = 3000, 60
_FLOOR_DB = -70.0


def probe_instrument(dataset: Dataset, bundle: Bundle, singing: Path | None = None) -> dict[str, float]:
    """What the instrument makes of `singing` (a sound file; by default a synthesised sung phrase), moved by whole octaves
    into its range. Empty if nothing is sung.

    loudness_l1_db: output against input; f0_within_50_cents: share of frames that an independent tracker hears within 50
    cents; hnr_db: harmonic-to-noise ratio of the output; timbre_away: how far its levels lie from the nearest frame of the
    training recordings, against how far frames of recordings that it never saw lie from them (1: no farther than those).
    Raises BadInput if the file is no sound.
    """
    rate = dataset.index.sample_rate
    window = sung_window(_voice(singing, bundle.card, rate), bundle.card, rate)
    if window is None:
        return {}
    entry = Entry(
        file="",
        recording="probe",
        source="",
        validation=True,
        n_frames=len(window.f0_hz),
        n_believed=int(np.count_nonzero(window.weight)),
        highest_hz=20_000.0,
        reverberant=False,
        weight=1.0,
    )
    levels_db = network_levels(CompiledNetwork(bundle))(window)
    played = play_window(
        entry, window, levels_db, Playback(rate, dataset.index.control_hop), rate, dataset.index.control_hop
    )
    result = {"hnr_db": harmonic_to_noise_db(played, played.audio)}
    errors_db = loudness_errors_db(played)
    if len(errors_db):
        result["loudness_l1_db"] = float(np.mean(errors_db))
    cents = np.abs(pitch_errors_cents(played))
    if len(cents):
        result["f0_within_50_cents"] = float(np.mean(cents <= 50.0))
    away = _timbre_away(dataset, levels_db[window.weight > 0.0])
    if away is not None:
        result["timbre_away"] = away
    return {name: round(value, 4) for name, value in result.items()}


def sung_window(voice: NDArray[np.float32], card: Card, rate: int) -> Window | None:
    """Features of `voice`, in the instrument's octave; weight is 1 where a pitch is sung. None where none is."""
    heard = analyse(voice, rate)
    pitch_hz, sung = believable_f0(heard, ())
    level_db = control_rows(heard.loudness_db)
    if sung.any():
        sung &= level_db > float(np.percentile(level_db[sung], 95.0)) - _SUNG_BELOW_LOUDEST_DB
    if not sung.any():
        return None
    f0_hz = (pitch_hz * 2.0 ** (voice_octaves_st(voice, rate, card) / 12.0)).astype(np.float32)
    loudness_db, weight = level_db.astype(np.float32), sung.astype(np.float32)
    levels_db = np.zeros((len(f0_hz), card.n_harmonics + card.n_noise_bands), dtype=np.float32)
    return Window(f0_hz, loudness_db, weight, weight, levels_db)


def _voice(singing: Path | None, card: Card, rate: int) -> NDArray[np.float32]:
    if singing is None:
        return sung_phrase(card, rate)
    return read_sound(singing, rate).samples[: round(_LONGEST_S * rate)]


def _timbre_away(dataset: Dataset, levels_db: Levels) -> float | None:
    """Median distance of levels [T,H+N] to the nearest training frame, over that of unseen recordings; None without any."""
    seen = _frames(dataset, [entry for entry in dataset.entries(validation=False) if entry.n_believed])
    unseen = _frames(dataset, reporting(dataset))
    if not len(seen) or not len(unseen):
        return None
    return float(np.median(_nearest(levels_db, seen)) / max(float(np.median(_nearest(unseen, seen))), 1e-6))


def _frames(dataset: Dataset, entries: list[Entry]) -> Levels:
    """Some of the believed levels of some recordings, [n,H+N], of the player whose instrument this is."""
    home = [entry for entry in entries if dataset.index.source_number(entry) == 0]
    chosen = home[:: max(1, len(home) // _MOST_RECORDINGS)]
    rows = []
    for entry in chosen:
        window = dataset.window(entry)
        believed = np.flatnonzero(window.weight > 0.5)
        rows.append(window.levels_db[believed[:: max(1, len(believed) * len(chosen) // _MOST_FRAMES)]])
    n_levels = dataset.index.n_harmonics + dataset.index.n_noise_bands
    return np.concatenate(rows) if rows else np.zeros((0, n_levels), dtype=np.float32)


def _nearest(levels_db: Levels, among: Levels) -> NDArray[np.float64]:
    """Root mean square difference in dB of each row of levels_db [n,L] to the nearest row of `among` [m,L], [n]."""
    ours, theirs = (np.maximum(x, _FLOOR_DB).astype(np.float64) for x in (levels_db[:_MOST_FRAMES], among))
    squares = np.sum(ours**2, axis=1)[:, None] + np.sum(theirs**2, axis=1) - 2.0 * ours @ theirs.T
    return np.asarray(np.sqrt(np.maximum(squares.min(axis=1), 0.0) / ours.shape[1]))
