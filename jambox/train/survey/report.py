"""The survey put together and written beside the dataset: `survey.json` to read by program, `survey.png` to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from jambox.errors import BadInput
from jambox.train.survey.measures import measures
from jambox.train.survey.picture import PICTURE_FILE, draw_survey
from jambox.train.survey.survey import (
    SURVEY_FILE,
    Survey,
    Surveyed,
    survey_coverage,
    survey_formats,
    survey_histograms,
    survey_recordings,
    whole,
)
from jambox.train.survey.verdict import verdict


def survey_of(name: str, surveyed: Sequence[Surveyed], same_takes: Sequence[Sequence[str]]) -> Survey:
    """The survey of recordings, those that are left out among them; same_takes: names of recordings that are the same."""
    everything = whole(surveyed)
    of_all, coverage, formats = measures(everything), survey_coverage(everything), survey_formats(surveyed)
    recordings = survey_recordings(surveyed)
    return Survey(
        name=name,
        all=of_all,
        stored_s=round(sum(one.stored_s for one in surveyed), 2),
        coverage=coverage,
        histograms=survey_histograms(everything),
        formats=formats,
        same_takes=[list(group) for group in same_takes],
        recordings=recordings,
        verdict=verdict(of_all, coverage, formats, same_takes, recordings),
    )


def write_survey(folder: Path, survey: Survey) -> None:
    """Write `survey.json` and `survey.png` into a dataset that is being made."""
    (folder / SURVEY_FILE).write_text(survey.model_dump_json(indent=1) + "\n", encoding="utf-8")
    draw_survey(folder / PICTURE_FILE, survey)


def read_survey(folder: Path) -> Survey:
    """The survey of a dataset; BadInput if it has none."""
    path = folder / SURVEY_FILE
    try:
        return Survey.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{folder} has no {SURVEY_FILE}: prepare it again.") from error
    except ValidationError as error:
        raise BadInput(f"{path} is no survey: {error.errors()[0]['msg']}.") from error
