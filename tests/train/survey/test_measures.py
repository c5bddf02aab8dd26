"""Each measure of the survey against sounds whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from jambox.analysis import analyse
from jambox.train.guide import believable_f0, control_rows
from jambox.train.survey.bandwidth import ends_at_hz
from jambox.train.survey.clipping import count_clipped
from jambox.train.survey.findings import SEVERAL_NOTES, SPEECH, Findings
from jambox.train.survey.measures import doubtful, measures
from jambox.train.survey.observe import Heard, level_db, moments_of, observe, several_notes
from tests.data import shared_data
from tests.train.conftest import RATE, bowed
from tests.train.survey.sounds import babble, band, detached_notes, ended_at, in_a_room


def findings(audio: np.ndarray) -> Findings:
    """Of a whole sound, all believed frames taken to teach."""
    heard = analyse(audio, RATE)
    f0_hz, believed = believable_f0(heard, ())
    loudness_db = control_rows(heard.loudness_db)
    n = len(f0_hz)
    moments = moments_of(audio, f0_hz, believed, loudness_db, slice(0, n))
    seen = Heard(f0_hz, believed, loudness_db, level_db(audio, n), moments)
    return observe(seen, believed.astype(np.float64), several_notes(moments, n))


def recorded(*parts: str, seconds: float = 12.0) -> np.ndarray:
    """The beginning of a shared recording."""
    from jambox.audiofile import read_sound

    return read_sound(shared_data(*parts), RATE).samples[: int(seconds * RATE)]


def test_clipping_is_the_share_of_a_sine_beyond_the_clip_level_and_none_below_it() -> None:
    sine = (0.8 * np.sin(2.0 * np.pi * 311.0 * np.arange(RATE) / RATE)).astype(np.float32)
    assert count_clipped(sine) == 0
    assert count_clipped(np.round(sine * 32767.0) / np.float32(32767.0)) == 0
    beyond = 1.0 - 2.0 / np.pi * np.arcsin(0.5 / 0.8)
    assert abs(count_clipped(np.clip(sine, -0.5, 0.5)) / RATE - beyond) < 0.01


@pytest.mark.parametrize("rt60_s", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("direct_to_reverberant_db", [0.0, 6.0])
def test_the_decay_of_a_room_is_told_within_a_fifth(rt60_s: float, direct_to_reverberant_db: float) -> None:
    wet = in_a_room(detached_notes(8.0, 1, gap_s=1.2 * rt60_s), rt60_s, direct_to_reverberant_db)
    told = measures(findings(wet)).reverberation_s
    assert told is not None
    assert abs(told / rt60_s - 1.0) < 0.2


def test_dry_notes_decay_at_once() -> None:
    told = measures(findings(detached_notes(6.0, 2))).reverberation_s
    assert told is None or told < 0.3


def test_the_noise_floor_is_the_level_between_the_notes() -> None:
    told = measures(findings(detached_notes(6.0, 3))).noise_floor_dbfs
    assert told is not None
    assert abs(told - -80.0) <= 1.5


@pytest.mark.parametrize("a4_hz", [432.0, 440.0, 446.0])
def test_the_tuning_of_the_notes_is_told_within_half_a_hertz(a4_hz: float) -> None:
    notes = [bowed(a4_hz * 2.0 ** (st / 12.0), -20.0, 0.8, st + 20) for st in (-9, -2, 0, 5)]
    of = measures(findings(np.concatenate(notes)))
    assert of.a4_hz is not None
    assert abs(of.a4_hz - a4_hz) < 0.5
    assert (of.lowest_note, of.highest_note) == (60, 74)


def test_one_line_is_one_note_at_a_time_and_four_players_are_not() -> None:
    alone, together = findings(detached_notes(8.0, 4)), findings(band(6.0, 1))
    share = measures(alone).several_notes_share
    assert share is not None
    assert share <= 0.05
    assert doubtful(alone) is None
    assert doubtful(together) == SEVERAL_NOTES


def test_babble_is_speech_and_short_notes_are_not() -> None:
    assert doubtful(findings(babble(8.0, 5))) == SPEECH
    short = np.concatenate([bowed(220.0 * 2.0 ** (i % 7 / 12.0), -20.0, 0.12, i) for i in range(40)])
    assert doubtful(findings(short)) is None


def test_a_spectrum_that_ends_at_once_is_told_and_one_that_fades_is_not() -> None:
    audio = detached_notes(6.0, 6)
    assert ends_at_hz(findings(audio), RATE) is None
    for end_hz in (11_000.0, 16_000.0):
        told = ends_at_hz(findings(ended_at(audio, end_hz)), RATE)
        assert told is not None
        assert abs(told - end_hz) <= 500.0


SPOKEN = ("speech_libri_198-209-0000", "speech_libri_5703-47212-0000", "speech_sms_speech-female")
PLAYED = (
    "cello_sms_cello-phrase",
    "saxophone_sms_sax-phrase",
    "trumpet_sorohanro_phrase",
    "singing_vocadito_10",
    "voice_singing_sms_singing-female",
    "whistling_porrasm_1",
)


def test_real_speech_is_speech() -> None:
    assert [doubtful(findings(recorded("test", f"{name}.flac"))) for name in SPOKEN] == [SPEECH] * 3


def test_real_playing_singing_and_whistling_are_neither_speech_nor_several_notes() -> None:
    assert [doubtful(findings(recorded("test", f"{name}.flac"))) for name in PLAYED] == [None] * len(PLAYED)


def test_real_solo_recordings_mixed_together_are_several_notes() -> None:
    names = (*PLAYED[:4], "violin_telmanyi_bwv1001_30s", "oboe_sms_oboe-A4")
    sounds = [np.resize(recorded("test", f"{name}.flac", seconds=10.0), 10 * RATE) for name in names]
    mixed = sum(0.05 * sound / np.sqrt(np.mean(sound**2)) for sound in sounds)
    assert doubtful(findings(np.asarray(mixed, dtype=np.float32))) == SEVERAL_NOTES


@pytest.mark.parametrize(
    ("player", "end_hz"), [("minji-kim_bwv1003_mov4_01", 15_500.0), ("john-garner_bwv1002_mov6_01", 15_750.0)]
)
def test_the_end_of_real_lossy_recordings_is_told(player: str, end_hz: float) -> None:
    told = ends_at_hz(findings(recorded("train", "violin", "bach", f"{player}.flac")), 44_100)
    assert told is not None
    assert abs(told - end_hz) <= 500.0
