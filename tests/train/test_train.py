"""Training learns, survives a kill, and never runs what a checkpoint holds."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from jambox.control.bundle import load_bundle
from jambox.control.card import NetworkSizes
from jambox.control.provisional import provisional_card, provisional_network
from jambox.control.scaling import f0_scaled, loudness_scaled
from jambox.errors import BadInput, JamboxError
from jambox.train.checkpoint import CHECKPOINT_FILE, load_checkpoint, save_checkpoint
from jambox.train.config import TrainConfig
from jambox.train.dataset import INDEX_FILE, Dataset
from jambox.train.judge.evaluate import evaluate_dataset
from jambox.train.losses import regression_loss, spectral_loss
from jambox.train.measure import weighted_powers
from jambox.train.run import CHECKPOINT_S
from jambox.train.train import instrument_card, train
from jambox.train.trainer import Trainer
from tests.control.test_bundle import Malicious

SMALL = TrainConfig(
    network=NetworkSizes(n_pitch=16, n_loudness=16, n_recurrent=24, n_hidden=32),
    regression_steps=60,
    regression_batch=8,
    regression_frames=48,
    spectral_steps=4,
    spectral_batch=2,
    spectral_frames=60,
    burn_in_frames=10,
    checkpoint_every=20,
    texture_weight=0.0,  # so few steps have no time for the finer things
)


def trainer(folder: Path, config: TrainConfig = SMALL) -> Trainer:
    torch.set_num_threads(1)
    dataset = Dataset(folder)
    return Trainer(dataset, instrument_card(dataset, config), config)


def test_a_few_seconds_of_training_reduce_the_distance_and_end_as_an_instrument(
    dataset_folder: Path, tmp_path: Path
) -> None:
    run = trainer(dataset_folder)
    losses = list(run.steps())
    harmonics = [loss["harmonics"] for loss in losses]
    assert np.mean(harmonics[50:60]) < 0.7 * np.mean(harmonics[:3])
    assert all(np.isfinite(loss["total"]) for loss in losses)
    assert "spectral" in losses[-1]

    bundle = train(dataset_folder, tmp_path / "bowed", SMALL, quiet=True, evaluate=False)
    assert bundle.card.training.steps == 64
    assert bundle.card.training.seconds > 0.0
    assert "jambox train" in bundle.card.training.command
    again = load_bundle(tmp_path / "bowed")
    assert all(np.array_equal(tensor, bundle.tensors[name]) for name, tensor in again.tensors.items())
    metrics = evaluate_dataset(Dataset(dataset_folder), bundle, quiet=True, independent_f0=False)
    assert metrics["bound"]["mss"] < metrics["trained"]["mss"] < metrics["untrained"]["mss"]
    assert metrics["bound"]["loudness_l1_db"] < 0.6


@pytest.mark.parametrize("killed_at", [20, 62])
def test_a_resumed_run_equals_an_uninterrupted_one(dataset_folder: Path, tmp_path: Path, killed_at: int) -> None:
    whole = trainer(dataset_folder)
    for _ in whole.steps():
        pass
    first = trainer(dataset_folder)
    for _ in first.steps():
        if first.step == killed_at:
            save_checkpoint(tmp_path, first.state())
            break
    second = trainer(dataset_folder)
    second.restore(load_checkpoint(tmp_path))
    assert second.step == killed_at
    for _ in second.steps():
        pass
    for name, value in whole.averaged().state_dict().items():
        assert torch.equal(value, second.averaged().state_dict()[name]), name


def test_a_checkpoint_of_other_settings_is_refused(dataset_folder: Path, tmp_path: Path) -> None:
    run = trainer(dataset_folder)
    save_checkpoint(tmp_path, run.state())
    other = trainer(dataset_folder, SMALL.model_copy(update={"seed": 1}))
    with pytest.raises(BadInput, match="other settings"):
        other.restore(load_checkpoint(tmp_path))


def test_a_checkpoint_of_another_dataset_or_of_none_is_refused(dataset_folder: Path, tmp_path: Path) -> None:
    run, other = tmp_path / "bowed.run", tmp_path / "other"
    run.mkdir()
    save_checkpoint(run, trainer(dataset_folder).state())
    shutil.copytree(dataset_folder, tmp_path / "same")
    trainer(tmp_path / "same").restore(load_checkpoint(run))
    shutil.copytree(dataset_folder, other)
    text = (other / INDEX_FILE).read_text()
    (other / INDEX_FILE).write_text(text.replace("note_0_1.wav", "note_9_1.wav"))
    with pytest.raises(BadInput, match=r"bowed\.run was made on another dataset"):
        train(other, tmp_path / "bowed", SMALL, quiet=True, evaluate=False)
    old = trainer(dataset_folder).state()
    del old["dataset"]
    save_checkpoint(run, old)
    with pytest.raises(BadInput, match="does not say on which dataset"):
        train(dataset_folder, tmp_path / "bowed", SMALL, quiet=True, evaluate=False)
    assert not (tmp_path / "bowed").exists()


@pytest.fixture
def _ctrl_c() -> Iterator[None]:
    """Ctrl+C as at a terminal: a run in the background inherits that it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_ctrl_c")
def test_ctrl_c_in_the_middle_of_an_update_stops_after_it_and_the_run_goes_on_to_the_same_weights(
    dataset_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = train(dataset_folder, tmp_path / "whole", SMALL, quiet=True, evaluate=False)
    update = Trainer._update
    before = signal.getsignal(signal.SIGINT)

    def interrupted(self: Trainer, loss: torch.Tensor, rate: float) -> None:
        if self.step == 32:
            os.kill(os.getpid(), signal.SIGINT)
        update(self, loss, rate)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_update", interrupted)
        with pytest.raises(JamboxError, match=r"^Stopped at step 33 of 64: run the same command again to go on\.$") as stop:
            train(dataset_folder, tmp_path / "bowed", SMALL, quiet=True, evaluate=False)
    assert stop.value.exit_code == 1
    assert signal.getsignal(signal.SIGINT) is before
    state = load_checkpoint(tmp_path / "bowed.run")
    assert state is not None
    assert state["step"] == 33
    bundle = train(dataset_folder, tmp_path / "bowed", SMALL, quiet=False, evaluate=False)
    assert "Goes on at step 33 of 64." in capsys.readouterr().err
    assert all(np.array_equal(tensor, whole.tensors[name]) for name, tensor in bundle.tensors.items())


@pytest.mark.usefixtures("_ctrl_c")
def test_a_second_ctrl_c_stops_at_once(dataset_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def impatient(self: Trainer, loss: torch.Tensor, rate: float) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Trainer, "_update", impatient)
    with pytest.raises(KeyboardInterrupt):
        train(dataset_folder, tmp_path / "bowed", SMALL, quiet=True, evaluate=False)


@pytest.mark.parametrize(("every_s", "kept"), [(0.0, 27), (1e9, 20)])
def test_a_killed_run_has_a_checkpoint_of_its_last_seconds(
    dataset_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, every_s: float, kept: int
) -> None:
    assert CHECKPOINT_S <= 20.0
    update = Trainer._update

    def killed(self: Trainer, loss: torch.Tensor, rate: float) -> None:
        if self.step == 27:
            raise MemoryError
        update(self, loss, rate)

    monkeypatch.setattr(Trainer, "_update", killed)
    monkeypatch.setattr("jambox.train.run.CHECKPOINT_S", every_s)
    with pytest.raises(MemoryError):
        train(dataset_folder, tmp_path / "bowed", SMALL, quiet=True, evaluate=False)
    state = load_checkpoint(tmp_path / "bowed.run")
    assert state is not None
    assert state["step"] == kept


def test_a_malicious_or_torn_checkpoint_is_refused_and_not_run(dataset_folder: Path, tmp_path: Path) -> None:
    marker = tmp_path / "was-run"
    torch.save({"network": Malicious(marker)}, tmp_path / CHECKPOINT_FILE)
    with pytest.raises(BadInput, match="no checkpoint"):
        load_checkpoint(tmp_path)
    assert not marker.exists()
    save_checkpoint(tmp_path, trainer(dataset_folder).state())
    whole = (tmp_path / CHECKPOINT_FILE).read_bytes()
    (tmp_path / CHECKPOINT_FILE).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match="no checkpoint"):
        load_checkpoint(tmp_path)


def test_a_kill_while_saving_leaves_the_old_checkpoint(
    dataset_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trainer(dataset_folder)
    save_checkpoint(tmp_path, run.state())
    before = (tmp_path / CHECKPOINT_FILE).read_bytes()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("jambox.train.checkpoint.os.replace", killed)
    run.step = 99
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(tmp_path, run.state())
    assert (tmp_path / CHECKPOINT_FILE).read_bytes() == before


def test_a_folder_that_is_no_dataset_is_refused(dataset_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no dataset"):
        train(tmp_path / "nothing", tmp_path / "out", SMALL, quiet=True)
    shutil.copytree(dataset_folder, tmp_path / "copy")
    shutil.rmtree(tmp_path / "copy" / "recordings")
    with pytest.raises(BadInput, match=r"safetensors"):
        train(tmp_path / "copy", tmp_path / "out", SMALL, quiet=True)


def test_the_noise_loss_is_least_at_the_mean_power_and_not_at_the_median() -> None:
    random = np.random.default_rng(0)
    power = random.exponential(1.0, (1, 4000))  # of a narrow band: mean 1, median 0.69
    target = torch.zeros(1, 4000, 165) - 40.0
    target[..., 100:] = torch.from_numpy(10.0 * np.log10(power)).float()[..., None] - 30.0
    ones, f0, highest = torch.ones(1, 4000), torch.full((1, 4000), 300.0), torch.full((1, 4000), 20_000.0)

    def noise_loss(level_db: float) -> float:
        predicted = target.clone()
        predicted[..., 100:] = level_db - 30.0
        return float(regression_loss(predicted, target, ones, ones, f0, highest, 100)["noise"])

    levels = np.linspace(-3.0, 3.0, 25)
    best = levels[np.argmin([noise_loss(level) for level in levels])]
    assert abs(best) < 0.8
    assert best > 10.0 * np.log10(0.69) + 0.5


def test_the_network_is_as_loud_as_its_input_whatever_its_weights() -> None:
    network = provisional_network(provisional_card("loud"), seed=3, liveliness=5.0)
    f0_hz = torch.linspace(60.0, 2000.0, 40)[None, :, None]
    loudness_db = torch.linspace(-60.0, 0.0, 40)[None, :, None]
    inputs = (torch.from_numpy(f0_scaled(f0_hz)).float(), torch.from_numpy(loudness_scaled(loudness_db)).float())
    levels = network.sequence(*inputs, network.initial_state(1))[0][0].double().detach().numpy()
    amplitudes = 10.0 ** (levels / 20.0)
    powers = weighted_powers(f0_hz[0, :, 0].double().numpy(), amplitudes[:, :100], amplitudes[:, 100:])
    assert np.max(np.abs(10.0 * np.log10(sum(powers)))) < 0.1


def test_the_spectral_loss_is_zero_for_equals_and_blind_above_the_bandwidth() -> None:
    random = np.random.default_rng(0)
    t = np.arange(24_000) / 48_000.0
    low = torch.from_numpy(np.sin(2.0 * np.pi * 1000.0 * t) + 0.01 * random.standard_normal(24_000)).float()[None]
    high = low + torch.from_numpy(0.1 * np.sin(2.0 * np.pi * 20_000.0 * t)).float()[None]
    assert float(spectral_loss(low, low, torch.tensor([24_000.0]), 48_000)) == 0.0
    all_of_it = float(spectral_loss(high, low, torch.tensor([24_000.0]), 48_000))
    below = float(spectral_loss(high, low, torch.tensor([15_000.0]), 48_000))
    assert below < 0.1 * all_of_it
