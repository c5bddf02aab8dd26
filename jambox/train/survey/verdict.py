"""The verdict in words: is it enough, what is missing, what is wrong and what helps; or why nothing can be learnt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from jambox.train.survey.findings import (
    NO_PITCH,
    NOISE,
    SAME_TAKE,
    SEVERAL_NOTES,
    SILENCE,
    SPEECH,
    TOO_SHORT,
)
from jambox.train.survey.measures import Measures
from jambox.train.survey.survey import Coverage, FormatSurvey, Problem, RecordingSurvey, Verdict, gaps
from jambox.units import midi_to_hz, note_name

# Minutes that teach: from the first on an instrument can be recognised, from the second on it is worth playing, from
# the third on more recordings change little (6 to 10 minutes made the first good violin and cello).
LEAST_MIN, ENOUGH_MIN, PLENTY_MIN = 1.0, 4.0, 15.0
NARROWEST_RANGE_ST, NARROWEST_DYNAMICS_DB = 10, 10.0
FEWEST_CHANGES_A_MINUTE = 6.0
CLIPPED_SHARE = 1e-4
REVERBERANT_S = 0.8
NOISY_DBFS, LEAST_SIGNAL_TO_NOISE_DB = -50.0, 35.0
OFF_A4_CENTS, OFF_TUNE_CENTS = 20.0, 22.0
LOWEST_FILE_RATE, LOWEST_END_HZ = 44_100, 18_000.0
MUCH_LEFT_OUT = 0.25
_MOST_NAMED = 5
_LOSSY = ("mp3", "ogg")

_ALL_OF_IT = {
    SILENCE: "all of it is silence; check the input and its level, and record again",
    SPEECH: "it is speech, whose pitch never holds still; record held notes and phrases of one instrument",
    SEVERAL_NOTES: "several notes sound at once (chords, or a whole band); record one instrument alone, one note at a time",
    NO_PITCH: "no pitch in it can be believed; record notes of one instrument, near the microphone",
    NOISE: "there is more noise than notes in it; record nearer to the microphone, in a quieter room",
    TOO_SHORT: "every recording is shorter than 0.3 s; record whole notes and phrases",
    SAME_TAKE: "they are copies of each other",
}


def cause(recordings: Sequence[RecordingSurvey]) -> str:
    """Why none of these recordings can be learnt from, as the end of a sentence."""
    for_learning = [one for one in recordings if one.found.taught_s > 0.0]
    if for_learning:
        return f"those that can be used ({len(for_learning)}) are kept for validation"
    if not recordings:
        return "all of them are kept for testing"
    reasons = Counter(one.reason for one in recordings)
    if len(reasons) == 1:
        reason = next(iter(reasons))
        if reason == CANNOT_BE_DECODED:
            if len(recordings) == 1:
                return reason
            names = ", ".join(one.recording for one in recordings[:_MOST_NAMED])
            more = ", ..." if len(recordings) > _MOST_NAMED else ""
            return f"none of the {len(recordings)} can be decoded ({names}{more}); export them again as WAV or FLAC"
        return _ALL_OF_IT.get(reason, reason)
    return ", ".join(f"{reason} ({count})" for reason, count in reasons.most_common())


CANNOT_BE_DECODED = "cannot be decoded"


def verdict(
    whole: Measures,
    coverage: Coverage,
    formats: Sequence[FormatSurvey],
    same_takes: Sequence[Sequence[str]],
    recordings: Sequence[RecordingSurvey],
) -> Verdict:
    """The verdict on recordings of which at least one teaches."""
    used = [one for one in recordings if not one.reason]
    minutes = whole.taught_s / 60.0
    missing = list(_missing(whole, coverage))
    wrong = list(_wrong(whole, formats, same_takes, recordings))
    if len(used) == 1:
        wrong.insert(0, _ONE_RECORDING)
    amount = f"{minutes:.1f} minutes can be learnt from"
    if minutes < LEAST_MIN:
        enough = f"too little for an instrument worth playing: aim for {ENOUGH_MIN:.0f}"
    elif minutes < ENOUGH_MIN:
        enough = f"enough for a first try; {ENOUGH_MIN:.0f} or more make an instrument worth playing"
    elif minutes < PLENTY_MIN:
        enough = "enough"
    else:
        enough = "plenty"
    word = "too little" if minutes < LEAST_MIN else "usable" if wrong or minutes < ENOUGH_MIN else "healthy"
    return Verdict(word=word, sentence=f"{word.capitalize()}: {amount}, {enough}.", missing=missing, wrong=wrong)


_ONE_RECORDING = Problem(
    what="It is one recording only: none can be kept aside to judge the instrument by.",
    remedy="Add a second take, or cut this one into several files at its rests.",
)


def _missing(whole: Measures, coverage: Coverage) -> Iterator[str]:
    for first, last in gaps(coverage.missing):
        yield f"Notes from {_name(first)} to {_name(last)}: what lies between recorded notes is guessed."
    low, high = whole.lowest_note, whole.highest_note
    if low is not None and high is not None and high - low < NARROWEST_RANGE_ST:
        yield f"Range: there is nothing but {_name(low)} to {_name(high)}; record the whole instrument."
    if whole.soft_db is not None and whole.loud_db is not None and whole.loud_db - whole.soft_db < NARROWEST_DYNAMICS_DB:
        yield f"Dynamics: nearly all of it lies within {whole.loud_db - whole.soft_db:.0f} dB; record soft and loud playing."
    if whole.changes < FEWEST_CHANGES_A_MINUTE * whole.taught_s / 60.0:
        yield "Phrases: nearly all are single notes; slurs and phrases teach how notes begin out of one another."


def _wrong(
    whole: Measures,
    formats: Sequence[FormatSurvey],
    same_takes: Sequence[Sequence[str]],
    recordings: Sequence[RecordingSurvey],
) -> Iterator[Problem]:
    clipped = sum(one.found.clipped_share > CLIPPED_SHARE for one in recordings)
    if whole.clipped_share > CLIPPED_SHARE:
        yield Problem(
            what=f"Clipping: {100.0 * whole.clipped_share:.2f} % of the samples lie on flat tops ({_files(clipped)}).",
            remedy="Record with more headroom (peaks near -6 dBFS), or leave those files out.",
        )
    if whole.reverberation_s is not None and whole.reverberation_s > REVERBERANT_S:
        yield Problem(
            what=f"Reverberation: notes take {whole.reverberation_s:.1f} s to die away.",
            remedy="Record near, in a dry room; or name reverberation_s in a recipe: the room stays out of the noise.",
        )
    if whole.noise_floor_dbfs is not None and whole.noise_floor_dbfs > NOISY_DBFS:
        yield Problem(
            what=f"Noise: between the notes there are {whole.noise_floor_dbfs:.0f} dBFS.",
            remedy="Find what hums or hisses, go nearer to the microphone: the instrument would learn it.",
        )
    if whole.off_cents is not None and whole.a4_hz is not None and whole.off_cents > OFF_TUNE_CENTS:
        yield Problem(
            what=f"Tuning: notes lie {whole.off_cents:.0f} cents from equal temperament at A4 = {whole.a4_hz:.0f} Hz.",
            remedy="Harmless for the sound, which follows the pitch; but check that it is one instrument, in one tuning.",
        )
    yield from _wrong_formats(formats)
    copies = sum(one.reason == SAME_TAKE for one in recordings)
    if len(same_takes) > 0:
        names = ", ".join(same_takes[0][:3])
        yield Problem(
            what=f"The same take more than once ({len(same_takes)} times, {copies} exact copies left out): {names}.",
            remedy="Keep one of each: a copy in the validation split flatters the instrument.",
        )
    yield from _much_left_out(whole)
    unreadable = sum(one.reason == CANNOT_BE_DECODED for one in recordings)
    if unreadable:
        yield Problem(what=f"{_files(unreadable)} cannot be decoded.", remedy="Export them again as WAV or FLAC.")


def _wrong_formats(formats: Sequence[FormatSurvey]) -> Iterator[Problem]:
    for of in formats:
        if of.ends_at_hz is not None and of.ends_at_hz < LOWEST_END_HZ:
            end_khz = of.ends_at_hz / 1000.0
            why = "lossy coding" if of.ending in _LOSSY else "lossy coding once, or a dull microphone"
            yield Problem(
                what=f"The spectrum of {_files(of.recordings)} (.{of.ending}) ends at {end_khz:.1f} kHz ({why}).",
                remedy=f"Use the originals; or name highest_hz = {970.0 * end_khz:.0f} in a recipe, and no hole is learnt.",
            )
        elif of.file_rate < LOWEST_FILE_RATE:
            yield Problem(
                what=f"{_files(of.recordings)} at {of.file_rate} Hz hold nothing above {of.file_rate / 2000.0:.1f} kHz.",
                remedy=f"Record at 44.1 kHz or more; or name highest_hz = {0.45 * of.file_rate:.0f} in a recipe.",
            )


_PART_OF_IT = {
    SPEECH: "Leave spoken recordings out.",
    SEVERAL_NOTES: "Record one instrument alone, one note at a time; double stops are left out.",
    NO_PITCH: "Noise and noisy sounds teach no notes; if it is playing, record it nearer.",
    NOISE: "Record nearer to the microphone, in a quieter room.",
}


def _much_left_out(whole: Measures) -> Iterator[Problem]:
    sounding_s = whole.seconds - whole.left_out_s.get(SILENCE, 0.0)
    for reason, remedy in _PART_OF_IT.items():
        seconds = whole.left_out_s.get(reason, 0.0)
        if seconds > MUCH_LEFT_OUT * sounding_s:
            yield Problem(what=f"{seconds / 60.0:.1f} minutes are left out: {reason}.", remedy=remedy)


def _name(note: int) -> str:
    return note_name(float(midi_to_hz(note)))


def _files(n: int) -> str:
    return "1 file" if n == 1 else f"{n} files"
