"""Scale snap: what is sung beside a note comes out on it, with its vibrato and no click; keys have the pitch of a tuning."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jambox.analysis import analyse
from jambox.audiofile import read_sound
from jambox.instrument import Design, Instrument
from jambox.instrument.note_events import note_off, note_on
from jambox.instrument.opening import open_instrument
from jambox.instrument.scale import SCALES
from jambox.melody import find_notes
from jambox.params import BY_ID
from tests.data import data_root
from tests.instrument.singing_in_scale import AS_SUNG, RATE, extent_st, melody, of_each_note, played_st

Violin = Callable[[int], Instrument]
MAJOR = [60, 65, 71, 72, 60]
STEPS = [60, 61, 63, 62, 66, 65]
SNAP = {"scale_amount": 1.0, "scale": 1.0, "reverb_mix": 0.0}
MOST_OFF_ST = 0.08


@pytest.mark.parametrize("sung", [{"vibrato_st": 0.4}, {"rests": True, "vibrato_st": 0.3}, {"pure": True}], ids=str)
@pytest.mark.parametrize("amount", [1.0, 0.5])
def test_notes_up_to_40_cents_off_come_out_in_the_scale_with_their_vibrato(
    violin: Violin, sung: dict[str, float], amount: float
) -> None:
    player = violin(RATE)
    melody_ = melody(MAJOR, seed=3, **sung)  # type: ignore[arg-type]
    player.reset({**AS_SUNG, **SNAP, "scale_amount": amount})
    after = of_each_note(played_st(player, melody_.x), melody_, player.hop)
    wanted = melody_.meant_st + (1.0 - amount) * melody_.missed_st
    off_st = np.array([np.mean(part) for part in after]) - wanted
    assert np.max(np.abs(melody_.missed_st)) > 0.3
    assert np.max(np.abs(off_st)) <= MOST_OFF_ST
    for part in after:
        assert extent_st(part) == pytest.approx(sung.get("vibrato_st", 0.0), rel=0.2, abs=0.02)


def test_semitones_sung_apart_from_each_other_are_found_in_the_chromatic_scale(violin: Violin) -> None:
    player = violin(RATE)
    sung = melody(STEPS, seed=4, rests=True, vibrato_st=0.2)
    player.reset({**AS_SUNG, **SNAP, "scale": 0.0})
    off_st = [np.mean(part) for part in of_each_note(played_st(player, sung.x), sung, player.hop)] - sung.meant_st
    assert np.max(np.abs(off_st)) <= MOST_OFF_ST


def test_real_singing_comes_out_on_the_keys(violin: Violin) -> None:
    """A real singer's notes begin below their pitch and drift, and half a note is not yet a mean: what is left is less."""
    root = data_root()
    if root is None:
        pytest.skip("the shared recordings are not here")
    x = read_sound(root / "test" / "singing_vocadito_1.flac", RATE).samples[: 8 * RATE]
    notes = [note for note in find_notes(analyse(x, RATE)) if note.end_s - note.start_s >= 0.25]
    player = violin(RATE)
    median_off_st = []
    for amount in (0.0, 1.0):
        player.reset({**AS_SUNG, **SNAP, "scale": 0.0, "scale_amount": amount})
        pitches = played_st(player, x)
        parts = [
            pitches[round((note.start_s + 0.1) * RATE / player.hop) : round((note.end_s - 0.05) * RATE / player.hop)]
            for note in notes
        ]
        centres = np.array([np.median(part) for part in parts])
        median_off_st.append(float(np.median(np.abs(centres - np.round(centres)))))
    assert len(notes) >= 5
    assert median_off_st[1] <= 0.9 * median_off_st[0]


def test_going_from_note_to_note_makes_no_click_even_without_a_glide(violin: Violin) -> None:
    player = violin(RATE)
    sung = melody(MAJOR, seed=5, vibrato_st=0.3).x
    player.reset({**AS_SUNG, "reverb_mix": 0.0})
    own = np.max(np.abs(np.diff(player.process(sung))))
    for hold in (0.0, 1.0):
        player.reset({**AS_SUNG, **SNAP, "scale_glide_s": 0.0, "scale_hold": hold})
        y = player.process(sung)
        assert np.all(np.isfinite(y))
        assert np.max(np.abs(np.diff(y))) <= 1.1 * own


def test_a_held_note_is_kept_through_a_slide_to_the_next(violin: Violin) -> None:
    player = violin(RATE)
    t = np.arange(round(1.6 * RATE)) / RATE
    pitch_st = np.interp(t, [0.6, 0.9], [60.2, 66.8])
    x = (0.1 * np.sin(2.0 * np.pi * np.cumsum(440.0 * 2.0 ** ((pitch_st - 69.0) / 12.0)) / RATE)).astype(np.float32)
    player.reset({**AS_SUNG, **SNAP, "scale_hold": 1.0, "scale_glide_s": 0.0})
    played = played_st(player, x)[round(0.3 * RATE / player.hop) :]
    assert np.all(np.minimum(np.abs(played - 60.0), np.abs(played - 67.0)) < 0.61)
    assert played[0] == pytest.approx(60.0, abs=0.03)
    assert played[-1] == pytest.approx(67.0, abs=0.03)


def test_off_is_the_very_same_sound_whatever_the_scale(violin: Violin) -> None:
    player = violin(RATE)
    x = melody([60, 64], seed=6).x
    player.reset(AS_SUNG)
    plain = player.process(x)
    player.reset({**AS_SUNG, "scale": 3.0, "scale_key": 5.0, "scale_hold": 1.0, "scale_glide_s": 0.3})
    assert np.array_equal(player.process(x), plain)


def test_every_built_in_scale_begins_on_its_root_and_is_named_in_the_row() -> None:
    assert len(SCALES) == BY_ID["scale"].maximum + 1
    assert len({name for name, _ in SCALES}) == len(SCALES)
    for name, keys in SCALES:
        assert keys[0] == 0
        assert list(keys) == sorted(set(keys))
        assert keys[-1] < 12
        assert name.split()[-1] in BY_ID["scale"].help


@pytest.fixture(scope="module")
def seven(tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    """A violin in seven equal steps an octave, on white keys only, A at 432 Hz."""
    folder = tmp_path_factory.mktemp("tunings")
    lines = "".join(f"{1200.0 * k / 7:.6f}\n" for k in range(1, 8))
    (folder / "seven.scl").write_text(f"seven\n7\n{lines}", encoding="utf-8")
    keys = "\n".join(["0", "x", "1", "x", "2", "3", "x", "4", "x", "5", "x", "6"])
    (folder / "seven.kbm").write_text(f"12\n0\n127\n60\n69\n432.0\n7\n{keys}\n", encoding="utf-8")
    return open_instrument("violin", Design(RATE), scale=folder / "seven.scl")


def key_hz(player: Instrument, key: int, params: dict[str, float] | None = None) -> float:
    player.reset({**AS_SUNG, "source": 2.0, "vibrato_cents": 0.0, "drift_cents": 0.0, **(params or {})})
    player.play(note_on(key, time=0))
    player.process(np.zeros(4800, dtype=np.float32))
    notes = player.header["notes"]
    return float(notes["f0_to_hz"][np.argmax(notes["state"])])


def test_keys_have_the_pitches_of_the_tuning(seven: Instrument) -> None:
    assert key_hz(seven, 69) == pytest.approx(432.0, rel=1e-9)
    assert key_hz(seven, 71) == pytest.approx(432.0 * 2.0 ** (1.0 / 7.0), rel=1e-6)
    assert key_hz(seven, 60) == pytest.approx(432.0 * 2.0 ** (-5.0 / 7.0), rel=1e-6)
    assert key_hz(seven, 69, {"a4_hz": 415.0}) == pytest.approx(432.0 * 415.0 / 440.0, rel=1e-9)


def test_a_key_without_a_pitch_is_silent(seven: Instrument) -> None:
    seven.reset({**AS_SUNG, "source": 2.0})
    seven.play(note_on(61, time=0))
    seven.play(note_off(61, time=2400))
    assert np.all(seven.process(np.zeros(4800, dtype=np.float32)) == 0.0)
    assert seven.meters()["notes"] == 0


def test_the_voice_is_drawn_to_the_pitches_of_the_tuning(seven: Instrument) -> None:
    seven.reset({**AS_SUNG, **SNAP, "scale": 13.0})
    sung = melody([60, 69], seed=7)
    wanted = 69.0 + 12.0 * np.log2(np.array([432.0 * 2.0 ** (-5.0 / 7.0), 432.0]) / 440.0)
    off_st = [np.mean(part) for part in of_each_note(played_st(seven, sung.x), sung, seven.hop)] - wanted
    assert np.max(np.abs(off_st)) <= MOST_OFF_ST


def test_a_tuning_that_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    from jambox.errors import BadInput

    (tmp_path / "bad.scl").write_text("bad\n2\n3/2\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"bad\.scl"):
        open_instrument("violin", Design(RATE), scale=tmp_path / "bad.scl")


def test_a4_moves_keys_and_scale(violin: Violin) -> None:
    player = violin(RATE)
    for a4_hz in (400.0, 415.0, 480.0):
        assert key_hz(player, 57, {"a4_hz": a4_hz}) == pytest.approx(0.5 * a4_hz, rel=1e-9)
    player.reset({**AS_SUNG, **SNAP, "scale": 0.0, "a4_hz": 430.0})
    sung = melody([69], most_missed_st=0.0)
    assert np.median(played_st(player, sung.x)[300:]) == pytest.approx(69.0 + 12.0 * np.log2(430.0 / 440.0), abs=0.02)


def test_the_voice_has_a_vibrato_of_its_own_after_its_delay(violin: Violin) -> None:
    player = violin(RATE)
    sung = melody([64, 64], most_missed_st=0.0, pure=True)
    player.reset({**AS_SUNG, "voice_vibrato_cents": 60.0, "vibrato_rate_hz": 5.5, "vibrato_delay_s": 0.3})
    pitches = played_st(player, sung.x)
    per_s = RATE / player.hop
    assert np.ptp(pitches[round(0.1 * per_s) : round(0.3 * per_s)]) < 0.03
    assert extent_st(pitches[round(0.8 * per_s) : round(1.35 * per_s)]) == pytest.approx(0.6, rel=0.05)
