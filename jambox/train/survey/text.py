"""The survey as text for a terminal: a few lines, the verdict last."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from jambox.train.survey.measures import Measures
from jambox.train.survey.survey import Coverage, Survey
from jambox.units import midi_to_hz, note_name

_COLOURS = {"healthy": "green", "usable": "yellow", "too little": "red"}
_MOST_NAMED = 12


def render_survey(survey: Survey) -> RenderableType:
    """What was found, what is missing, what is wrong, and the verdict."""
    table = Table.grid(padding=(0, 2))
    for name, value in _rows(survey):
        table.add_row(Text(name, style="dim"), value)
    parts: list[RenderableType] = [table, Text()]
    dropped = [(one.recording, one.reason) for one in survey.recordings if one.reason]
    if dropped:
        parts.append(Text(f"Left out ({len(dropped)})", style="bold"))
        parts.extend(Padding(Text(f"{name}: {reason}"), (0, 0, 0, 2)) for name, reason in dropped[:_MOST_NAMED])
        if len(dropped) > _MOST_NAMED:
            parts.append(Padding(Text(f"and {len(dropped) - _MOST_NAMED} more, named in survey.json"), (0, 0, 0, 2)))
    for title, sentences in (
        ("Missing", survey.verdict.missing),
        ("Wrong", [f"{problem.what} {problem.remedy}" for problem in survey.verdict.wrong]),
    ):
        if sentences:
            parts.append(Text(title, style="bold"))
            parts.extend(Padding(Text(sentence), (0, 0, 0, 2)) for sentence in sentences)
    parts.append(Text(survey.verdict.sentence, style=f"bold {_COLOURS[survey.verdict.word]}"))
    return Group(*parts)


def _rows(survey: Survey) -> Iterator[tuple[str, str]]:
    found = survey.all
    used = [one for one in survey.recordings if not one.reason]
    kept = sum(one.validation for one in used)
    yield "recordings", f"{len(used)} of {len(survey.recordings)} used, {kept} of them kept for validation"
    yield (
        "minutes",
        f"{found.taught_s / 60.0:.1f} of {found.seconds / 60.0:.1f} can be learnt from; {survey.stored_s / 60.0:.1f} stored",
    )
    if found.left_out_s:
        most_first = sorted(found.left_out_s.items(), key=lambda item: -item[1])
        yield (
            "left out",
            ", ".join(f"{seconds / 60.0:.1f} {reason}" for reason, seconds in most_first if seconds >= 3.0)
            or "next to nothing",
        )
    yield from _playing(found, survey.coverage)
    yield from _recording(survey)


def _playing(found: Measures, coverage: Coverage) -> Iterator[tuple[str, str]]:
    if found.lowest_note is not None and found.highest_note is not None:
        semitones = found.highest_note - found.lowest_note + 1
        recorded = semitones - len(coverage.missing)
        of_them = "every semitone" if recorded == semitones else f"{recorded} of {semitones} semitones"
        yield "range", f"{_name(found.lowest_note)} to {_name(found.highest_note)}, {of_them}"
    if found.soft_db is not None and found.loud_db is not None:
        yield "loudness", f"{found.soft_db:.0f} to {found.loud_db:.0f} dB (A), {found.loud_db - found.soft_db:.0f} dB apart"
    if found.a4_hz is not None and found.off_cents is not None:
        yield "tuning", f"A4 = {found.a4_hz:.1f} Hz, notes within {found.off_cents:.0f} cents (median)"
    if found.several_notes_share is not None:
        yield "several notes", f"in {100.0 * found.several_notes_share:.0f} % of the moments"


def _recording(survey: Survey) -> Iterator[tuple[str, str]]:
    found = survey.all
    yield "clipping", f"{100.0 * found.clipped_share:.3f} % of the samples"
    if found.reverberation_s is not None:
        yield "decay", f"{found.reverberation_s:.2f} s after the notes"
    if found.noise_floor_dbfs is not None:
        digital = " (digital silence)" if found.noise_floor_dbfs <= -96.0 else ""
        yield "noise floor", f"{found.noise_floor_dbfs:.0f} dBFS{digital}"
    for of in survey.formats[:3]:
        end = "" if of.ends_at_hz is None else f", ends at {of.ends_at_hz / 1000.0:.1f} kHz"
        yield "files", f"{of.recordings} .{of.ending} at {of.file_rate} Hz{end}"


def _name(note: int) -> str:
    return note_name(float(midi_to_hz(note)))
