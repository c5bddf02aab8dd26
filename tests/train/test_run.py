"""A run as the command line starts it: told, killed, continued, shared by two processes, and listened to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from jambox.control.bundle import load_bundle
from jambox.control.card import Card
from jambox.control.provisional import provisional_card
from jambox.train.board import BOARD_FOLDER
from jambox.train.checkpoint import load_checkpoint
from jambox.train.config import TrainConfig
from jambox.train.curves import CURVES_FILE, read_curves
from jambox.train.dataset import Dataset
from jambox.train.previews import PREVIEWS_FOLDER, sine_glide, sung_phrase
from jambox.train.settings import config_as_toml
from jambox.train.train import train
from tests.train.conftest import RATE, bowed
from tests.train.planted import plant
from tests.train.test_train import SMALL

TOLD = SMALL.model_copy(
    update={"regression_steps": 30, "checkpoint_every": 5, "validate_every": 5, "preview_minutes": 0.0, "patience": 0}
)
EVERY_STEP = TOLD.model_copy(update={"regression_steps": 9, "spectral_steps": 3, "validate_every": 1})


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plant(tmp_path_factory.mktemp("planted") / "dataset", n_training=2, n_validation=1)


@pytest.fixture(scope="module")
def uninterrupted(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The instrument of a whole run, its run beside it."""
    folder = tmp_path_factory.mktemp("whole")
    out = folder / "bowed"
    soundfile.write(folder / "voice.wav", bowed(150.0, -20.0, 1.0, 5), RATE)
    train(planted, out, TOLD, quiet=True, evaluate=False, probe=folder / "voice.wav")
    return out


def command(planted: Path, out: Path, settings: Path, config: TrainConfig, *launcher: str) -> list[str]:
    settings.write_text(config_as_toml(config))
    run = ["-m", "jambox", "train", str(planted), "--out", str(out), "--config", str(settings), "--no-evaluate"]
    return [sys.executable, *launcher, *run]


@pytest.mark.timeout(900)
def test_kill_9_in_the_middle_loses_at_most_one_interval_and_the_run_ends_at_the_same_weights(
    planted: Path, uninterrupted: Path, tmp_path: Path
) -> None:
    asked = command(planted, tmp_path / "bowed", tmp_path / "settings.toml", TOLD)
    child = subprocess.Popen(asked, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert child.stderr is not None
    for line in child.stderr:  # plain lines, since this is no terminal
        if line.startswith("step 20 of 34"):
            child.kill()
            break
    child.stderr.close()
    assert child.wait() == -signal.SIGKILL
    state = load_checkpoint(tmp_path / "bowed.run")
    assert state is not None
    assert state["step"] >= 20 - TOLD.checkpoint_every
    assert not (tmp_path / "bowed").exists()

    again = train(planted, tmp_path / "bowed", TOLD, quiet=True, evaluate=False)
    whole = load_bundle(uninterrupted)
    assert all(np.array_equal(tensor, again.tensors[name]) for name, tensor in whole.tensors.items())
    ours, theirs = (read_curves(run) for run in (tmp_path / "bowed.run", Path(f"{uninterrupted}.run")))
    assert [p.model_copy(update={"seconds": 0.0}) for p in ours] == [p.model_copy(update={"seconds": 0.0}) for p in theirs]


@pytest.mark.timeout(900)
def test_two_processes_that_torchrun_starts_reach_the_losses_of_one_step_by_step(planted: Path, tmp_path: Path) -> None:
    torchrun = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    asked = command(planted, tmp_path / "shared", tmp_path / "settings.toml", EVERY_STEP, *torchrun)
    done = subprocess.run(asked, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Best step") == 1  # the first process speaks for all
    train(planted, tmp_path / "alone", EVERY_STEP, quiet=True, evaluate=False)
    two, one = (read_curves(tmp_path / run) for run in ("shared.run", "alone.run"))
    assert [p.step for p in two] == [p.step for p in one] == list(range(13))
    for ours, theirs in zip(two, one, strict=True):
        for name in ("training", "fit", "validation"):
            expected = getattr(theirs, name)
            assert getattr(ours, name) == pytest.approx(expected, rel=1e-4), (ours.step, name)
    assert two[-1].training["spectral"] > 0.0


def test_the_card_tells_what_the_run_cost_and_how_it_went(uninterrupted: Path) -> None:
    training = load_bundle(uninterrupted).card.training
    assert training.steps == 34
    assert training.wall_seconds > 0.0
    assert 100.0 < training.peak_memory_mb < 4000.0
    steps = [point.step for point in training.curve]
    assert steps == [0, 5, 10, 15, 20, 25, 30, 34]
    assert [point.stage for point in training.curve] == ["levels"] * 6 + ["sound"] * 2
    assert training.best_step in (30, 34)
    assert training.verdict
    curves = read_curves(Path(f"{uninterrupted}.run"))
    assert training.curve[3].validation == pytest.approx(curves[3].score, abs=1e-3)


def test_a_card_from_before_still_reads() -> None:
    old = provisional_card("old").model_dump()
    for name in ("wall_seconds", "peak_memory_mb", "best_step", "verdict", "curve"):
        del old["training"][name]
    assert Card.model_validate(old).training.curve == []


def test_previews_are_whole_files_that_sound(uninterrupted: Path) -> None:
    folder = Path(f"{uninterrupted}.run") / PREVIEWS_FOLDER
    assert {file.name for file in folder.iterdir()} == {
        "recording.wav",
        "final-held-out.wav",
        "final-sung.wav",
        "final-glide.wav",
    }
    for file in folder.iterdir():
        samples, rate = soundfile.read(file)
        assert rate == RATE
        assert np.all(np.isfinite(samples))
        assert 1e-4 < np.sqrt(np.mean(samples**2)) < 0.7, file.name
    assert len(soundfile.read(folder / "final-sung.wav")[0]) == int(1.5 * RATE)  # the probe and its tail


def test_the_synthesised_voice_and_the_glide_stay_in_the_instruments_range() -> None:
    import librosa

    card = provisional_card("violin")
    heard = librosa.yin(sung_phrase(card, 48_000)[4800:-4800], fmin=100.0, fmax=3000.0, sr=48_000)
    assert 0.9 * card.f0_hz.p05 < np.median(heard) < card.f0_hz.p95
    for phrase in (sung_phrase(card, 48_000), sine_glide(card, 48_000)):
        assert np.max(np.abs(phrase)) <= 1.0
        assert abs(20.0 * np.log10(np.sqrt(np.mean(phrase**2))) - card.loudness_db.p50) < 0.5


def test_tensorboard_has_the_curves_and_the_previews(uninterrupted: Path) -> None:
    events = EventAccumulator(str(Path(f"{uninterrupted}.run") / BOARD_FOLDER))
    events.Reload()
    tags = events.Tags()
    assert {"harmonics/fit", "harmonics/validation", "harmonics/training", "output/hnr_db"} <= set(tags["scalars"])
    assert set(tags["audio"]) == {"held-out", "sung", "glide"}
    curves = read_curves(Path(f"{uninterrupted}.run"))
    scalars = {event.step: event.value for event in events.Scalars("total/validation")}
    assert scalars == pytest.approx({point.step: point.validation["total"] for point in curves}, rel=1e-5)


def test_diagnose_tells_the_verdict_of_a_run_in_words_and_as_json(uninterrupted: Path) -> None:
    asked = [sys.executable, "-m", "jambox", "diagnose", str(uninterrupted)]
    words = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    told = json.loads(subprocess.run([*asked, "--json"], capture_output=True, text=True, check=True).stdout)
    assert words.startswith(f"{told['name']}: ")
    assert told["last_step"] == 34
    assert told["findings"][0]["name"] == told["name"] == load_bundle(uninterrupted).card.training.verdict
    nothing = subprocess.run([*asked[:-1], str(uninterrupted.parent)], capture_output=True, text=True)
    assert nothing.returncode == 2
    assert nothing.stderr.strip().endswith(f"it has no {CURVES_FILE}.")


def test_a_batch_that_processes_cannot_share_evenly_is_refused() -> None:
    from jambox.errors import BadInput
    from jambox.train.batches import Shard

    assert [list(Shard(i, 2).rows(4)) for i in range(2)] == [[0, 1], [2, 3]]
    with pytest.raises(BadInput, match="A batch of 4 cannot be shared evenly among 3 processes"):
        Shard(0, 3).rows(4)


def test_a_dataset_is_named_where_none_was_given(planted: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "jambox", "train"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "jambox: jambox train takes DATASET --out DIR, or --write-config FILE.\n"
    assert Dataset(planted).index.name == "planted"
