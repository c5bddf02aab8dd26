"""From recordings to a dataset: decode, hear with the live analysis, measure harmonics and noise, cut, write, survey.

prepare("models/recipes/violin.toml", "DATASET", data="DATA")
prepare("folder/of/recordings", "DATASET")
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.analysis import FEATURE_VERSION, analyse, feature_hash
from jambox.dsp.noise import N_NOISE_BANDS, noise_band_centres_hz
from jambox.errors import BadInput, JamboxError
from jambox.frames import control_hop_size
from jambox.train.cut import kept_runs
from jambox.train.dataset import DatasetIndex, Entry, write_index, write_recording
from jambox.train.folder import RECORDINGS_FOLDER, check_out, replacing
from jambox.train.gather import Gathered, Prepared, gather
from jambox.train.guide import believable_f0, control_rows, held
from jambox.train.jobs import run_jobs
from jambox.train.measure import LOWEST_AMPLITUDE, N_HARMONICS, Measurement, frame_centres, measure, weighted_powers
from jambox.train.recipe import Recipe, load_recipe, recipe_for_folder
from jambox.train.recordings import TRAINING_RATE, check_patterns, find_recordings
from jambox.train.settings import layered_config
from jambox.train.spread import spread_of
from jambox.train.stretch import Stretch, read_stretch, stretches
from jambox.train.survey.findings import TOO_SHORT
from jambox.train.survey.observe import Heard, level_db, loudest_db, moments_of, observe, several_notes
from jambox.train.survey.report import survey_of, write_survey
from jambox.train.survey.takes import Take, trace
from jambox.train.survey.verdict import cause
from jambox.train.tails import SMEARING_S, dying_away, steady

# Frames this far below the loudest ones teach nothing (they are room and hiss), frames FULL_DB below them teach fully.
QUIETEST_DB, FULL_DB = 45.0, 30.0
LEAST_HARMONIC_SHARE = 0.2
# Relative to the A-weighted level of the frame.
LOUDEST_RUMBLE_DB = -20.0
# A recording of 0.3 s is the shortest.
SHORTEST_FRAMES = 75
# What is measured beyond both ends of a part, so that its first and last frames are heard in their surroundings.
MEASURED_BEYOND_FRAMES = 25
_STEEPEST_DB_PER_OCTAVE, _FLATTEST_DB_PER_OCTAVE = -36.0, -9.0

Vector = NDArray[np.float64]
Flags = NDArray[np.bool_]
Matrix = NDArray[np.float64]


def prepare(
    recipe_or_folder: Path | str,
    out: Path | str,
    *,
    data: Path | str = ".",
    processes: int = 1,
    cluster: str | None = None,
    keep_doubtful: bool = False,
    quiet: bool = False,
) -> DatasetIndex:
    """Write a dataset into the folder `out` and return its index; a dataset that was there is replaced at the end.

    `recipe_or_folder` is a recipe (.toml, whose globs are relative to `data`) or a folder of recordings. The work is done
    in `processes` processes, or on the Dask cluster at the address `cluster`; the dataset is the same. Recordings that
    cannot be used are named with the reason in `index.dropped`, the survey beside the index tells all; `keep_doubtful`
    also uses what sounds like speech or like several notes at once. BadInput if nothing is left on the training side, or
    if `out` holds anything but a dataset or lies where the recordings are.
    """
    recipe_or_folder, out = Path(recipe_or_folder), Path(out)
    recipe, root = _recipe_and_root(recipe_or_folder, Path(data))
    recordings = find_recordings(recipe, root)
    # The data root of a recipe is a whole tree, by default the current folder: a dataset may lie somewhere in it.
    check_out(out, root, inside=not recipe_or_folder.is_dir())
    with replacing(out) as folder:
        parts = [stretch for number, recording in enumerate(recordings) for stretch in stretches(recording, number)]
        jobs = [(part, folder, keep_doubtful) for part in parts]
        results = run_jobs(prepare_stretch, jobs, folder=folder, processes=processes, cluster=cluster, quiet=quiet)
        gathered = gather(parts, results, folder, keep_doubtful=keep_doubtful)
        survey = survey_of(recipe.name, gathered.surveyed, gathered.same_takes)
        if not any(entry.n_believed and not entry.validation for entry in gathered.entries):
            raise BadInput(f"No recording in {root} can be learnt from: {cause(survey.recordings)}.")
        index = _index(recipe, folder, gathered, _command(recipe_or_folder))
        write_index(folder, index)
        write_survey(folder, survey)
    return index


def _index(recipe: Recipe, folder: Path, gathered: Gathered, command: str) -> DatasetIndex:
    """The index of the recordings in `folder`."""
    f0_hz, loudness_db = spread_of(folder, gathered.entries)
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
        entries=gathered.entries,
        dropped={one.recording: one.reason for one in gathered.surveyed if one.reason},
        training=recipe.training,
        command=command,
    )


def prepare_stretch(stretch: Stretch, out: Path, keep_doubtful: bool) -> Prepared:
    """Hear and measure a stretch of a recording, write its parts into `out`, and tell what was found in it."""
    recording, source = stretch.recording, stretch.recording.source
    try:
        decoded = read_stretch(stretch)
    except JamboxError as error:
        # The name is told beside the reason.
        return Prepared(reason=str(error).removeprefix(f"{recording.path} ").rstrip("."))
    if decoded.n_frames < SHORTEST_FRAMES and stretch.start_s == 0:
        return Prepared(reason=TOO_SHORT)
    own = slice(decoded.first_frame, decoded.first_frame + decoded.n_frames)
    heard = analyse(decoded.audio, TRAINING_RATE)
    f0_hz, believed = believable_f0(heard, stretch.notes)
    loudness_db = control_rows(heard.loudness_db)
    moments = moments_of(decoded.audio, f0_hz, believed, loudness_db, own)
    several = several_notes(moments, len(f0_hz))
    if not recording.notes and not keep_doubtful:
        believed &= ~several
    weight, entries = np.zeros(len(f0_hz)), []
    sounding = believed & (loudness_db > loudest_db(loudness_db[own], believed[own]) - QUIETEST_DB)
    sounding[: own.start] = sounding[own.stop :] = False
    runs = [(first + own.start, last + own.start) for first, last in kept_runs(sounding[own])]
    if runs:
        at = np.concatenate([np.arange(first, last) for first, last in runs])
        measured = _measure_runs(decoded.audio, f0_hz, runs, source.highest_hz, source.reverberation_s)
        levels_db, weight[at] = targets(measured, loudness_db[at], believed[at], source.highest_hz)
        limit_rumble(levels_db[:, measured.amplitudes.shape[1] :], measured.f0_hz, source.rumble_hz)
        noise_weight = weight[at]
        if source.reverberation_s > 0.0:
            noise_weight = (
                noise_weight * steady(measured.f0_hz) * (1.0 - dying_away(loudness_db, source.reverberation_s)[at])
            )
        columns = _columns(measured, loudness_db[at], believed[at], weight[at], noise_weight, levels_db)
        entries = _write_parts(stretch, out, decoded.audio, runs, columns, own.start)
    level = level_db(decoded.audio, len(f0_hz)) - recording.gain_db
    found = observe(Heard(f0_hz, believed, loudness_db, level, moments).cut(own), weight[own], several[own])
    return Prepared(
        entries=entries,
        found=decoded.counted(found),
        file_rate=decoded.file_rate,
        take=Take(decoded.digest, trace(f0_hz[own], believed[own], loudness_db[own])),
    )


def _measure_runs(
    audio: NDArray[np.float32], f0_hz: Vector, runs: list[tuple[int, int]], highest_hz: float, reverberation_s: float
) -> Measurement:
    """The measurement of some runs of frames, one after the other."""
    hop = control_hop_size(TRAINING_RATE)
    measured = []
    for first, last in runs:
        low, high = max(0, first - MEASURED_BEYOND_FRAMES), min(len(f0_hz), last + MEASURED_BEYOND_FRAMES)
        # Behind the last whole frame there are some more samples.
        end = high * hop if high < len(f0_hz) else len(audio)
        whole = measure(audio[low * hop : end], f0_hz[low:high], highest_hz, reverberation_s)
        rows = slice(first - low, last - low)
        parts = (whole.f0_hz, whole.amplitudes, whole.noise, whole.harmonic_share)
        measured.append([part[rows] for part in parts])
    f0, amplitudes, noise, share = (np.concatenate(part) for part in zip(*measured, strict=True))
    return Measurement(f0, amplitudes, noise, share, frame_centres(len(f0)))


def _columns(
    measured: Measurement, loudness_db: Vector, believed: Flags, weight: Vector, noise_weight: Vector, levels_db: Matrix
) -> dict[str, NDArray[Any]]:
    """What is stored of each frame."""
    return {
        "f0_hz": held(measured.f0_hz, believed).astype(np.float32),
        "loudness_db": loudness_db.astype(np.float32),
        "weight": weight.astype(np.float32),
        "noise_weight": noise_weight.astype(np.float32),
        "levels_db": levels_db.astype(np.float16),
    }


def _write_parts(
    stretch: Stretch,
    out: Path,
    audio: NDArray[np.float32],
    runs: list[tuple[int, int]],
    columns: dict[str, NDArray[Any]],
    first_own: int,
) -> list[Entry]:
    """Write every run of frames as a part of the recording."""
    hop = control_hop_size(TRAINING_RATE)
    source, done, entries = stretch.recording.source, 0, []
    for number, (first, last) in enumerate(runs):
        rows = slice(done, done + last - first)
        done = rows.stop
        file = f"{RECORDINGS_FOLDER}/{stretch.file_stem}-{number:03d}.safetensors"
        part = {name: column[rows] for name, column in columns.items()}
        write_recording(out / file, part | {"audio": audio[first * hop : last * hop]})
        entry = Entry(
            file=file,
            recording=stretch.recording.name,
            first_frame=stretch.first_frame + first - first_own,
            source=source.name,
            validation=stretch.recording.validation,
            n_frames=last - first,
            n_believed=int(np.count_nonzero(part["weight"] > 0.0)),
            highest_hz=source.highest_hz,
            reverberant=source.reverberation_s >= SMEARING_S,
            weight=stretch.recording.weight,
        )
        entries.append(entry)
    return entries


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
    loudest = float(np.percentile(loudness_db[believed], 98.0))
    weight = np.clip((loudness_db - loudest + QUIETEST_DB) / (QUIETEST_DB - FULL_DB), 0.0, 1.0)
    weight *= believed & (measured.harmonic_share > LEAST_HARMONIC_SHARE)
    return np.concatenate([harmonics_db, noise_db], axis=1), weight


def limit_rumble(noise_db: Matrix, f0_hz: NDArray[np.float64], rumble_hz: float) -> None:
    """Hold noise bands [T,N] below rumble_hz, and below half of the note's pitch, under LOUDEST_RUMBLE_DB, in place.

    What sounds there in soft notes is the room's rumble: hardly audible, and stronger than the note all the same.
    """
    below = noise_band_centres_hz() < np.minimum(0.5 * f0_hz[:, None], rumble_hz)
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
    recipe = load_recipe(recipe_or_folder)
    layered_config(recipe.training)
    check_patterns(recipe, data)
    return recipe, data


def _command(recipe_or_folder: Path) -> str:
    if recipe_or_folder.is_dir():
        return f"jambox prepare {recipe_or_folder.name} --out DATASET"
    return f"jambox prepare models/recipes/{recipe_or_folder.name} --data DATA --out DATASET"
