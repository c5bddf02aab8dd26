"""From recordings to a dataset: decode, hear with the live analysis, measure harmonics and noise, write.

prepare("models/recipes/violin.toml", "DATASET", data="DATA")
prepare("folder/of/recordings", "DATASET")
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from jambox.analysis import FEATURE_VERSION, analyse, feature_hash
from jambox.control.card import Quantiles
from jambox.dsp.noise import N_NOISE_BANDS, noise_band_centres_hz
from jambox.errors import BadInput, JamboxError
from jambox.frames import control_hop_size
from jambox.train.dataset import DatasetIndex, Entry, write_index, write_recording
from jambox.train.folder import RECORDINGS_FOLDER, check_out, replacing
from jambox.train.guide import believable_f0, control_rows, held
from jambox.train.measure import LOWEST_AMPLITUDE, N_HARMONICS, Measurement, measure, weighted_powers
from jambox.train.recipe import Recipe, load_recipe, recipe_for_folder
from jambox.train.recordings import TRAINING_RATE, Recording, find_recordings, read_recording
from jambox.train.tails import steady

# Frames this far below the loudest ones teach nothing (they are room and hiss), frames FULL_DB below them teach fully.
QUIETEST_DB, FULL_DB = 45.0, 30.0
LEAST_HARMONIC_SHARE = 0.2
# Relative to the A-weighted level of the frame.
LOUDEST_RUMBLE_DB = -20.0
SHORTEST_S = 0.3
_STEEPEST_DB_PER_OCTAVE, _FLATTEST_DB_PER_OCTAVE = -36.0, -9.0

Matrix = NDArray[np.float64]


def prepare(
    recipe_or_folder: Path | str, out: Path | str, *, data: Path | str = ".", processes: int = 1, quiet: bool = False
) -> DatasetIndex:
    """Write a dataset into the folder `out` and return its index; a dataset that was there is replaced at the end.

    `recipe_or_folder` is a recipe (.toml, whose globs are relative to `data`) or a folder of recordings. Recordings that
    cannot be used are named with the reason in `index.dropped`; BadInput if none is left on the training side, or if `out`
    holds anything but a dataset or lies where the recordings are.
    """
    recipe_or_folder, out = Path(recipe_or_folder), Path(out)
    recipe, root = _recipe_and_root(recipe_or_folder, Path(data))
    recordings = find_recordings(recipe, root)
    # The data root of a recipe is a whole tree, by default the current folder: a dataset may lie somewhere in it.
    check_out(out, root, inside=not recipe_or_folder.is_dir())
    with replacing(out) as folder:
        entries, dropped = _measure_all(recordings, folder, processes, quiet)
        if not any(_teaches(entry) for entry in entries):
            raise BadInput(f"No recording in {root} can be learnt from: {_cause(entries, dropped)}.")
        index = _index(recipe, folder, entries, dropped, _command(recipe_or_folder))
        write_index(folder, index)
    return index


def _measure_all(
    recordings: list[Recording], folder: Path, processes: int, quiet: bool
) -> tuple[list[Entry], dict[str, str]]:
    """Measure all recordings into `folder`: those that can be used, and the names of the others with the reasons."""
    files = (f"{RECORDINGS_FOLDER}/{number:05d}.safetensors" for number in range(len(recordings)))
    jobs = [(recording, folder, file) for recording, file in zip(recordings, files, strict=True)]
    results = list(zip(recordings, _run(jobs, processes, quiet), strict=True))
    entries = [entry for _, (entry, _) in results if entry is not None]
    dropped = {recording.name: reason for recording, (entry, reason) in results if entry is None}
    drawn = {recording.name for recording in recordings if recording.drawn}
    return _with_a_training_side(entries, drawn), dropped


def _with_a_training_side(entries: list[Entry], drawn: set[str]) -> list[Entry]:
    """The entries; if none on the training side teaches, those that were merely drawn for validation go there.

    One of them stays for validation if there are several. What a recipe or manifest keeps for validation stays there.
    """
    usable = [entry for entry in entries if entry.validation and entry.n_believed and entry.recording in drawn]
    if not usable or any(_teaches(entry) for entry in entries):
        return entries
    moved = {entry.recording for entry in usable[: max(1, len(usable) - 1)]}
    return [entry.model_copy(update={"validation": False}) if entry.recording in moved else entry for entry in entries]


def _teaches(entry: Entry) -> bool:
    return not entry.validation and entry.n_believed > 0


def _cause(entries: list[Entry], dropped: dict[str, str]) -> str:
    """Why nothing teaches: what is kept for validation, else every reason with the number of recordings it holds for."""
    kept = sum(entry.validation and entry.n_believed > 0 for entry in entries)
    if kept:
        return f"those that can be used ({kept}) are kept for validation"
    reasons = Counter(dropped.values())
    reasons.update("no frame of clear harmonics" for entry in entries if not entry.n_believed)
    if not reasons:
        return "all of them are kept for testing"
    if len(reasons) == 1:
        return next(iter(reasons))
    return ", ".join(f"{reason} ({count})" for reason, count in reasons.most_common())


def _index(recipe: Recipe, folder: Path, entries: list[Entry], dropped: dict[str, str], command: str) -> DatasetIndex:
    """The index of the recordings in `folder`."""
    f0_hz, loudness_db = _quantiles(folder, entries)
    return DatasetIndex(
        name=recipe.name,
        description=recipe.description,
        licence=recipe.licence,
        sources=[source.as_card() for source in recipe.sources],
        sample_rate=TRAINING_RATE,
        control_hop=control_hop_size(TRAINING_RATE),
        n_harmonics=N_HARMONICS,
        n_noise_bands=N_NOISE_BANDS,
        feature_version=FEATURE_VERSION,
        feature_hash=feature_hash(),
        f0_hz=f0_hz,
        loudness_db=loudness_db,
        entries=entries,
        dropped=dropped,
        training=recipe.training,
        command=command,
    )


def prepare_recording(recording: Recording, out: Path, file: str) -> tuple[Entry | None, str]:
    """Measure one recording and write it; (None, reason) when it cannot be used."""
    try:
        audio = read_recording(recording)
    except JamboxError as error:
        # The name is told beside the reason.
        return None, str(error).removeprefix(f"{recording.path} ").rstrip(".")
    if len(audio) < SHORTEST_S * TRAINING_RATE:
        return None, "shorter than 0.3 s"
    heard = analyse(audio, TRAINING_RATE)
    f0_hz, believed = believable_f0(heard, recording.notes)
    if not believed.any():
        return None, "no pitch that can be believed"
    loudness_db = control_rows(heard.loudness_db)
    source = recording.source
    measured = measure(audio, f0_hz, source.highest_hz, source.reverberation_s)
    levels_db, weight = targets(measured, loudness_db, believed, source.highest_hz)
    n_frames = len(f0_hz)
    arrays: dict[str, NDArray[Any]] = {
        "f0_hz": held(measured.f0_hz, believed),
        "loudness_db": loudness_db,
        "weight": weight,
        "noise_weight": weight * (steady(measured.f0_hz) if source.reverberation_s > 0.0 else 1.0),
        "levels_db": levels_db.astype(np.float16),
        "audio": audio[: n_frames * control_hop_size(TRAINING_RATE)],
    }
    narrow = {name: array if name == "levels_db" else array.astype(np.float32) for name, array in arrays.items()}
    write_recording(out / file, narrow)
    entry = Entry(
        file=file,
        recording=recording.name,
        source=source.name,
        validation=recording.validation,
        n_frames=n_frames,
        n_believed=int(np.count_nonzero(weight > 0.0)),
        highest_hz=source.highest_hz,
        reverberant=source.reverberation_s > 0.0,
        weight=recording.weight,
    )
    return entry, ""


def targets(
    measured: Measurement, loudness_db: NDArray[np.float64], believed: NDArray[np.bool_], highest_hz: float
) -> tuple[Matrix, NDArray[np.float64]]:
    """Levels in dB relative to the frame's own A-weighted level, [T,H+N], and how much each frame teaches, [T].

    The level comes from the measured parts themselves: they share one time window, so that an onset does not look as if
    its harmonics were louder than the sound. What lies above highest_hz is continued smoothly.
    """
    harmonic_power, noise_power = weighted_powers(measured.f0_hz, measured.amplitudes, measured.noise)
    level_db = 10.0 * np.log10(np.maximum(harmonic_power + noise_power, LOWEST_AMPLITUDE**2))
    harmonics_db = 20.0 * np.log10(np.maximum(measured.amplitudes, LOWEST_AMPLITUDE)) - level_db[:, None]
    noise_db = 20.0 * np.log10(np.maximum(measured.noise, LOWEST_AMPLITUDE)) - level_db[:, None]
    k = np.arange(1, harmonics_db.shape[1] + 1)
    continue_above(harmonics_db, measured.f0_hz[:, None] * k, highest_hz)
    continue_above(noise_db, np.broadcast_to(noise_band_centres_hz(), noise_db.shape), 0.97 * highest_hz)
    limit_rumble(noise_db, measured.f0_hz)
    loudest = float(np.percentile(loudness_db[believed], 98.0))
    weight = np.clip((loudness_db - loudest + QUIETEST_DB) / (QUIETEST_DB - FULL_DB), 0.0, 1.0)
    weight *= believed & (measured.harmonic_share > LEAST_HARMONIC_SHARE)
    return np.concatenate([harmonics_db, noise_db], axis=1), weight


def limit_rumble(noise_db: Matrix, f0_hz: NDArray[np.float64]) -> None:
    """Hold noise bands [T,N] below half of the note's pitch under LOUDEST_RUMBLE_DB, in place.

    What sounds there in soft notes is the room's rumble: hardly audible, and stronger than the note all the same.
    """
    below = noise_band_centres_hz() < 0.5 * f0_hz[:, None]
    np.copyto(noise_db, np.minimum(noise_db, LOUDEST_RUMBLE_DB), where=below)


def continue_above(levels_db: Matrix, f_hz: Matrix, highest_hz: float) -> None:
    """Replace levels above highest_hz, in place, by the line in dB over octaves through the octave and a half below it.

    A frame with fewer than three levels there takes the flattest slope from its last one.
    """
    x = np.log2(np.maximum(f_hz, 1.0) / highest_hz)
    known = x < 0.0
    below = known & (x > -1.5)
    n = np.maximum(below.sum(axis=1), 1)
    mean_x = np.where(below, x, 0.0).sum(axis=1) / n
    mean_level = np.where(below, levels_db, 0.0).sum(axis=1) / n
    from_mean = np.where(below, x - mean_x[:, None], 0.0)
    slope = np.sum(from_mean * levels_db, axis=1) / np.maximum(np.sum(from_mean**2, axis=1), 1e-9)
    slope = np.clip(slope, _STEEPEST_DB_PER_OCTAVE, _FLATTEST_DB_PER_OCTAVE)
    last = np.maximum(known.sum(axis=1) - 1, 0)
    rows = np.arange(len(x))
    few = below.sum(axis=1) < 3
    slope = np.where(few, _FLATTEST_DB_PER_OCTAVE, slope)
    mean_x = np.where(few, x[rows, last], mean_x)
    mean_level = np.where(few, levels_db[rows, last], mean_level)
    line = mean_level[:, None] + slope[:, None] * (x - mean_x[:, None])
    np.copyto(levels_db, line, where=~known & known.any(axis=1, keepdims=True))


def _recipe_and_root(recipe_or_folder: Path, data: Path) -> tuple[Recipe, Path]:
    if recipe_or_folder.is_dir():
        return recipe_for_folder(recipe_or_folder), recipe_or_folder
    return load_recipe(recipe_or_folder), data


def _command(recipe_or_folder: Path) -> str:
    if recipe_or_folder.is_dir():
        return f"jambox prepare {recipe_or_folder.name} --out DATASET"
    return f"jambox prepare models/recipes/{recipe_or_folder.name} --data DATA --out DATASET"


def _run(jobs: list[tuple[Recording, Path, str]], processes: int, quiet: bool) -> list[tuple[Entry | None, str]]:
    if processes <= 1:
        return [prepare_recording(*job) for job in track(jobs, "Preparing", disable=quiet)]
    with ProcessPoolExecutor(processes) as pool:
        pending = pool.map(prepare_recording, *zip(*jobs, strict=True))
        return list(track(pending, "Preparing", total=len(jobs), disable=quiet))


def _quantiles(out: Path, entries: list[Entry]) -> tuple[Quantiles, Quantiles]:
    """Spread of pitch and loudness over the frames of the training side that teach."""
    from safetensors.numpy import load_file

    f0: list[NDArray[np.float32]] = []
    loudness: list[NDArray[np.float32]] = []
    for entry in entries:
        if not entry.validation:
            arrays = load_file(out / entry.file)
            taught = arrays["weight"] > 0.0
            f0.append(arrays["f0_hz"][taught])
            loudness.append(arrays["loudness_db"][taught])
    return _spread(np.concatenate(f0)), _spread(np.concatenate(loudness))


def _spread(values: NDArray[np.float32]) -> Quantiles:
    p01, p05, p50, p95, p99 = (round(float(q), 2) for q in np.percentile(values, [1, 5, 50, 95, 99]))
    return Quantiles(p01=p01, p05=p05, p50=p50, p95=p95, p99=p99)
