"""The modal bank plays what its table says, transposed or not, and fades what would lie above Nyquist."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from jambox.control.card import Quantiles, Training
from jambox.control.modal import COLUMNS, TRACK_STEP_S, ModalBundle, ModalCard, ModalSound, load_modal, save_modal
from jambox.errors import BadInput, BadModel
from jambox.instrument import Design, Instrument
from jambox.instrument.note_events import note_on
from jambox.instrument.opening import open_instrument
from jambox.params import PARAMS
from jambox.sines.instrument import heard
from jambox.sines.partials import end_fade, render_sound
from tests.dsp.blocks import BLOCK_SIZES, error_db
from tests.instrument.notes import some_notes
from tests.instrument.sounds import mixed

RATE = 48_000
REFERENCE_HZ = 440.0
# As it is: no vibrato, no envelope, no room, no noise.
PLAIN = {
    "source": 2.0,
    "reverb_mix": 0.0,
    "vibrato_cents": 0.0,
    "drift_cents": 0.0,
    "attack_s": 0.001,
    "sustain_db": 0.0,
    "noise_level_db": -60.0,
    "velocity_curve": 1.0,
}


def some_sound(n_partials: int = 100, seconds: float = 0.5, seed: int = 0) -> ModalSound:
    """Partials of every sort: early and late, long and short, gliding up and down, some following a gliding pitch and some
    not, and noise."""
    source = np.random.default_rng(seed)
    columns = {
        "frequency_hz": source.uniform(60.0, 9000.0, n_partials),
        "chirp_hz_per_s": source.uniform(-3000.0, 3000.0, n_partials),
        "amplitude": source.uniform(0.0, 0.02, n_partials),
        "phase_cycles": source.uniform(0.0, 1.0, n_partials),
        "decay_per_s": source.uniform(1.0, 200.0, n_partials),
        "onset_s": np.sort(source.uniform(0.0, 0.6 * seconds, n_partials)),
        "rise_s": source.choice([0.0005, 0.002, 0.016], n_partials),
        "harmonic": np.where(
            source.random(n_partials) < 0.5, source.integers(1, 20, n_partials), source.uniform(0.0, 20.0, n_partials)
        ),
    }
    track_hz = REFERENCE_HZ * (1.0 + 0.05 * np.sin(2.0 * np.pi * 3.0 * np.arange(0.0, seconds + 0.001, TRACK_STEP_S)))
    noise = source.uniform(0.0, 0.002, (round(seconds / 0.004), 65)).astype(np.float32)
    return ModalSound(np.stack([columns[name] for name in COLUMNS], axis=1), noise, 0.004, seconds, track_hz)


def card_for(sound: ModalSound) -> ModalCard:
    span = dict(zip(Quantiles.model_fields, (110.0, 150.0, REFERENCE_HZ, 1500.0, 1760.0), strict=True))
    loudness = dict(zip(Quantiles.model_fields, (-54.0, -44.0, -26.0, -16.0, -13.0), strict=True))
    return ModalCard(
        name="made",
        description="Made here.",
        licence="CC0 1.0",
        n_partials=len(sound.partials),
        n_noise_bands=sound.noise.shape[1],
        duration_s=sound.duration_s,
        noise_step_s=sound.noise_step_s,
        reference_hz=REFERENCE_HZ,
        reference="as it was made",
        sound_db=-13.0,
        f0_hz=Quantiles(**span),
        loudness_db=Quantiles(**loudness),
        training=Training(command="none"),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("modal") / "made"
    save_modal(path, card_for(some_sound()), some_sound())
    return path


@pytest.fixture(scope="module")
def player(folder: Path) -> Instrument:
    return open_instrument(folder, Design(RATE))


def struck(player: Instrument, key: int, n: int, **params: float) -> NDArray[np.float64]:
    player.reset(PLAIN | params)
    player.play(note_on(key, 1.0, time=0))
    return player.process(np.zeros(n, dtype=np.float32)).astype(np.float64)


@pytest.mark.parametrize("st", [-24, -12, 0, 7, 12])
def test_a_key_plays_the_sound_at_its_pitch_and_leaves_its_times_alone(player: Instrument, st: int) -> None:
    sound, n = some_sound(), round(0.6 * RATE)
    y = struck(player, 69 + st, n)
    expected = render_sound(sound, 2.0 ** (st / 12.0), RATE, n) * end_fade(n, sound.duration_s, RATE)
    first = round(0.002 * RATE)  # after the attack of 1 ms
    assert error_db(y[first:], expected[first:]) < -80.0
    if st == 0:
        assert np.max(np.abs(y[first:] - expected[first:])) < 1e-4 * np.max(np.abs(expected))
    assert np.all(y[round(sound.duration_s * RATE) + 1 :] == 0.0)


def test_the_noise_of_the_sound_is_heard_with_it_at_every_key() -> None:
    noise = np.repeat(np.where(np.arange(65) < 40, 0.002, 0.0)[None].astype(np.float32), 126, axis=0)
    partial = dict.fromkeys(COLUMNS, 0.0) | {"frequency_hz": 1000.0, "amplitude": 0.1, "decay_per_s": 0.5}
    sound = ModalSound(np.array([[partial[name] for name in COLUMNS]]), noise, 0.004, 0.5, np.full(1001, REFERENCE_HZ))
    player = Instrument(ModalBundle(Path("made"), card_for(sound), sound), Design(RATE))
    inside = slice(round(0.05 * RATE), round(0.45 * RATE))

    def hiss_below_tone_db(y: NDArray[np.float64], tone_hz: float) -> float:
        power = np.abs(np.fft.rfft(y[inside] * np.hanning(inside.stop - inside.start))) ** 2
        near = np.abs(np.fft.rfftfreq(inside.stop - inside.start, 1.0 / RATE) - tone_hz) < 15.0
        return 10.0 * float(np.log10(np.sum(power[near]) / np.sum(power[~near])))

    recorded = hiss_below_tone_db(heard(sound, RATE), 1000.0)
    assert 10.0 < recorded < 40.0
    for st in (-12, 0, 12):
        played = struck(player, 69 + st, RATE // 2, noise_level_db=0.0)
        assert abs(hiss_below_tone_db(played, 1000.0 * 2.0 ** (st / 12.0)) - recorded) < 0.5
    assert hiss_below_tone_db(struck(player, 69, RATE // 2), 1000.0) > recorded + 50.0


def test_nothing_folds_back_from_above_nyquist(player: Instrument) -> None:
    sound = some_sound()
    at = np.argsort(sound.column("frequency_hz"))[-1:]
    partials = sound.partials[at].copy()
    partials[0, COLUMNS.index("onset_s")], partials[0, COLUMNS.index("rise_s")] = 0.0, 0.016
    partials[0, COLUMNS.index("frequency_hz")], partials[0, COLUMNS.index("chirp_hz_per_s")] = 5000.0, 20_000.0
    partials[0, COLUMNS.index("decay_per_s")] = 2.0
    partials[0, COLUMNS.index("harmonic")] = 0.0
    one = ModalSound(partials, np.zeros((2, 65), dtype=np.float32), 0.004, 0.5, sound.track_hz)
    alone = Instrument(ModalBundle(Path("made"), card_for(one), one), Design(RATE))
    # An octave up it glides from 10 kHz over Nyquist, and would come back as a mirror image.
    y = struck(alone, 81, RATE // 2)
    frames = np.lib.stride_tricks.sliding_window_view(y, 1024)[::256] * np.blackman(1024)
    level = np.abs(np.fft.rfft(frames, axis=1))
    f_hz = np.fft.rfftfreq(1024, 1.0 / RATE)
    assert np.max(level[:, f_hz < 9000.0]) < 1e-4 * np.max(level)
    over = round(0.36 * RATE)
    assert np.max(np.abs(y[over : over + 1000])) < 1e-6


@pytest.mark.parametrize("block", BLOCK_SIZES)
def test_any_block_size_gives_the_same_samples(player: Instrument, block: int) -> None:
    x, played = mixed(RATE)[: RATE // 2], []
    for size in (len(x), block):
        player.reset({"stretch_cents": 20.0, "tilt_db": 2.0})
        for note in some_notes(len(x), 60):
            player.play(note)
        y = np.empty_like(x)
        for first in range(0, len(x), size):
            player.process_into(x[first : first + size], y[first : first + size])
        played.append(y)
    assert np.max(np.abs(played[1])) > 0.01
    assert np.array_equal(played[0], played[1])


def test_no_parameter_at_its_ends_does_harm(player: Instrument) -> None:
    x = mixed(RATE)[: RATE // 8]
    for row in PARAMS:
        for value in (row.minimum, row.maximum):
            player.reset({row.id: value})
            player.play(note_on(69, 0.8, time=0))
            y = player.process(x)
            assert np.all(np.isfinite(y)), row.id
            assert np.max(np.abs(y)) <= 1.0, row.id


def test_each_note_of_a_voice_strikes_anew(player: Instrument) -> None:
    t = np.arange(RATE) / RATE
    f_hz = np.where(t < 0.5, 330.0, 440.0)
    x = (0.1 * np.sin(2.0 * np.pi * np.cumsum(f_hz) / RATE)).astype(np.float32)
    player.reset({"reverb_mix": 0.0})
    strikes = 0
    for first in range(0, len(x), player.hop):
        player.process(x[first : first + player.hop])
        strikes += int(player.header["modal"]["strike"])
    assert strikes == 2
    assert player.header["voice"]["harmonics_gain_to"] > 0.0


def test_a_modal_instrument_does_not_morph_and_needs_no_torch(folder: Path) -> None:
    with pytest.raises(BadInput, match=r"^made is one sound, of kind modal: only two trained instruments play as one\.$"):
        open_instrument(f"violin+{folder}", Design(RATE))
    with pytest.raises(BadInput, match=r"^made has no network for the torchscript runtime"):
        open_instrument(folder, Design(RATE), runtime="torchscript")


def test_a_damaged_file_is_refused_with_its_name(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "modal.safetensors"
    file.write_bytes((folder / "modal.safetensors").read_bytes()[:2000])
    with pytest.raises(BadModel, match=r"modal\.safetensors is damaged"):
        load_modal(file)
    sound = some_sound()
    broken = sound.partials.copy()
    broken[3, 0] = np.nan
    save_modal(tmp_path, card_for(sound), ModalSound(broken, sound.noise, 0.004, sound.duration_s, sound.track_hz))
    with pytest.raises(BadModel, match=r"not finite"):
        load_modal(file)
