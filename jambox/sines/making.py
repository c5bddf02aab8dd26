"""A sound file in, an instrument folder and a report out. [main]"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel

from jambox.audiofile import read_sound, resample
from jambox.control.bundle import MODAL_FILE
from jambox.control.card import Training
from jambox.control.modal import LONGEST_S, save_modal
from jambox.errors import BadInput
from jambox.settings import as_toml
from jambox.sines.excerpt import LONGEST_S as ONE_SOUND_S
from jambox.sines.excerpt import cost, excerpt
from jambox.sines.instrument import Provenance, card_of, heard, name_from
from jambox.sines.models import Model, Progress
from jambox.sines.report import figures_of, write_report
from jambox.sines.trial import HIGHEST_RATE

# Below this signal-to-noise ratio sines explain less than half of the energy.
_MOSTLY_NOISE_DB = 3.0


def make_instrument(
    file: Path,
    out: Path,
    model_name: str,
    model: Model,
    settings: BaseModel,
    seconds: float | None,
    whole: bool,
    whose: Provenance,
    command: str,
    progress: Progress,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Fit `file`, write the instrument into `out` and the report into `out`.fit; the report. BadInput before any work.

    A recording of a higher rate is fitted at HIGHEST_RATE. `progress` is told how far it is; `say`, before the work, a
    sentence on what a long sound will cost.
    """
    beside = out.with_name(out.name + ".fit")
    _check_folders(out, beside)
    recording = read_sound(file)
    minutes_for = model.minutes_for(settings)
    samples = excerpt(recording.samples.astype(np.float64), recording.sample_rate, seconds, whole, minutes_for)
    rate = min(recording.sample_rate, HIGHEST_RATE)
    samples = resample(samples.astype(np.float32), recording.sample_rate, rate).astype(np.float64)
    if len(samples) > LONGEST_S * rate:
        raise BadInput(f"{file} is longer than {LONGEST_S:g} s, the most that an instrument may be: use --seconds.")
    length_s = len(samples) / rate
    if length_s > ONE_SOUND_S:
        say(f"The sound is {length_s:.1f} s long: this takes {cost(length_s, minutes_for)}.")
    began = time.process_time()
    fit = model.fit(samples, rate, settings, progress)
    took_s = time.process_time() - began
    if fit.partials == 0:
        raise BadInput(f"There is nothing in {file} that a sine could stand for.")
    if not np.all(np.isfinite(fit.render())):
        raise BadInput("The fit went astray: what came out are no numbers. Smaller settings, of the rate first, may help.")
    sound = fit.sound()
    played = heard(sound, rate) if sound is not None else fit.render()
    report = figures_of(samples, fit, played, model_name, rate, took_s)
    notes = recording.flaws(str(file))
    if sound is not None and report["snr_db"] < _MOSTLY_NOISE_DB:
        notes.append("Sines hold less than half of its energy: it is mostly noise, and its pitch a guess.")
    if notes:
        report["note"] = " ".join(notes)
    if sound is None:
        report["plays"] = f"The model {model_name} does not become an instrument; what it makes lies in {beside}."
    else:
        training = Training(
            command=command, seconds=round(took_s, 1), seconds_of_audio=round(len(samples) / rate, 3), steps=fit.partials
        )
        card = card_of(
            sound, name_from(out.resolve().name), played, rate, whose, training, getattr(settings, "pitch_hz", 0.0) or None
        )
        figures = {name: float(report[name]) for name in ("snr_db", "lsd_db")}
        save_modal(out, card.model_copy(update={"metrics": {"fit": figures}}), sound)
        report |= {"reference_hz": card.reference_hz, "reference": card.reference}
        where = out if out.is_absolute() else f"./{out}"
        report["plays"] = (
            f"Its pitch is {card.reference_hz:.1f} Hz, {card.reference}. Play it with -i {where}; the report is in {beside}."
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    write_report(beside, samples, fit, played, report, as_toml(settings, f"jambox sines fit --model {model_name}"), rate)
    return report


def check_folder(folder: Path) -> None:
    """BadInput if nothing could be written into `folder`, which need not be there yet."""
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} is not a folder.")
    made = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not made.is_dir() or not os.access(made, os.W_OK | os.X_OK):
        raise BadInput(f"{folder} cannot be made: {made} cannot be written to.")


def _check_folders(out: Path, beside: Path) -> None:
    """BadInput, before minutes of work, where instrument or report could not be written, or something else would be lost."""
    for folder in (out, beside):
        check_folder(folder)
    if (out / "card.json").exists() and not (out / MODAL_FILE).exists():
        raise BadInput(f"{out} holds another instrument, not one of one sound: name another folder.")
