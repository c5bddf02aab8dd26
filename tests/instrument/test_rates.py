"""One input at three sample rates is one sound."""

from __future__ import annotations

import numpy as np

from jambox.audiofile import read_sound
from jambox.demo import MELODY, REST_S, demo_melody
from tests.data import shared_data
from tests.instrument.conftest import Violin
from tests.instrument.rates import differences, play_at_all_rates
from tests.instrument.sounds import phrase

# Onsets are looked for without the room, in which the note before still rings.
DRY = {"reverb_mix": 0.0}
# The first percentile of the pitch of this recording.
LOWEST_SUNG_HZ = 111.0


def test_a_phrase_sounds_alike_at_44_48_and_96_khz(violin: Violin) -> None:
    x, starts_s = phrase(96_000)
    apart = differences(play_at_all_rates(violin, x, 96_000, {}), 220.0)
    assert apart["loudness_db"] <= 0.2
    assert apart["bands_db"] <= 0.5
    assert differences(play_at_all_rates(violin, x, 96_000, DRY), 220.0, starts_s)["onset_ms"] <= 2.0


def test_the_notes_of_the_demo_begin_alike_at_44_48_and_96_khz(violin: Violin) -> None:
    short = MELODY[0]
    starts_s = REST_S + short.note_s * np.arange(len(short.notes))
    apart = differences(play_at_all_rates(violin, demo_melody(96_000), 96_000, DRY), 440.0, starts_s)
    assert apart["loudness_db"] <= 0.2
    assert apart["onset_ms"] <= 2.0


def test_real_singing_sounds_alike_at_44_48_and_96_khz(violin: Violin) -> None:
    """An octave up, since the voice lies below the violin."""
    sound = read_sound(shared_data("test", "singing_vocadito_1.flac"))
    x = sound.samples[: 12 * sound.sample_rate]
    outputs = play_at_all_rates(violin, x, sound.sample_rate, {"auto_octave": 0.0, "pitch_shift_st": 12.0})
    apart = differences(outputs, 2.0 * LOWEST_SUNG_HZ)
    assert apart["loudness_db"] <= 0.2
    assert apart["bands_db"] <= 0.5
