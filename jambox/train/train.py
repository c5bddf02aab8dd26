"""Training an instrument: regression on measured levels first, then the sound itself through the synthesiser.

    train("DATASET", "models/violin")

Top to bottom: set up, two stages of steps, export. A killed run continues from its last checkpoint to the same weights.
"""

from __future__ import annotations

import json
import math
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pydantic import ValidationError
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from torch import Tensor

from jambox.control.bundle import Bundle
from jambox.control.card import Card, Training
from jambox.control.export import export_instrument
from jambox.control.model import HarmonicNoiseNetwork
from jambox.control.scaling import f0_scaled, loudness_scaled
from jambox.errors import BadInput, JamboxError
from jambox.train.augment import measure_dynamics
from jambox.train.batches import RegressionBatch, Tables, regression_batch, spectral_batch
from jambox.train.checkpoint import load_checkpoint, save_checkpoint
from jambox.train.config import TrainConfig
from jambox.train.dataset import Dataset
from jambox.train.interrupt import interrupt_noted
from jambox.train.losses import regression_loss, spectral_loss
from jambox.train.synth import mix

_NEPERS_PER_DB = math.log(10.0) / 20.0
_SMALLEST_SPREAD_DB = 2.0
CURVES_FILE = "curves.jsonl"
_FRAMES_FOR_STATISTICS = 60_000
# A killed run loses no more than this, however slow its steps are.
CHECKPOINT_S = 20.0


def train(
    dataset_folder: Path | str,
    out: Path | str,
    config: TrainConfig | None = None,
    *,
    run_folder: Path | str | None = None,
    quiet: bool = False,
    evaluate: bool = True,
) -> Bundle:
    """Train on a prepared dataset and write `model.ts` and `card.json` into `out`; returns what a player would load.

    `run_folder` (default: `out`.run) keeps checkpoint and curves; calling again with the same dataset and config continues
    it. `config` is by default that of the recipe. BadInput when the dataset, checkpoint or settings cannot be used,
    JamboxError when Ctrl+C stopped it (after the step at hand, with a checkpoint).
    """
    dataset = Dataset(dataset_folder)
    config = config or default_config(dataset)
    out = Path(out)
    run = Path(run_folder) if run_folder is not None else out.with_name(out.name + ".run")
    run.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(config.threads)
    card = instrument_card(dataset, config)
    trainer = Trainer(dataset, card, config)
    trainer.restore(load_checkpoint(run), run)
    _run_steps(trainer, run, quiet)
    card.training.seconds = round(trainer.seconds, 1)
    card.training.steps = trainer.total_steps
    network = trainer.averaged()
    bundle = export_instrument(network, card, out)
    if evaluate and dataset.entries(validation=True):
        from jambox.train.evaluate import evaluate_dataset

        card.metrics = evaluate_dataset(dataset, bundle, quiet=quiet)
        bundle = export_instrument(network, card, out)
    return bundle


def _run_steps(trainer: Trainer, run: Path, quiet: bool) -> None:
    """Run the steps that remain, with checkpoints by number and by time; JamboxError when Ctrl+C stopped them."""
    since: list[dict[str, float]] = []
    saved_s = time.monotonic()
    with interrupt_noted() as interrupt, _progress(quiet) as progress:
        task = progress.add_task("Training", total=trainer.total_steps, completed=trainer.step, loss="")
        for losses in trainer.steps():
            since.append(losses)
            progress.update(task, completed=trainer.step, loss=_described(losses))
            stop = interrupt.is_set()
            round_number = trainer.step % trainer.config.checkpoint_every == 0 or trainer.step == trainer.total_steps
            if round_number or stop or time.monotonic() - saved_s >= CHECKPOINT_S:
                save_checkpoint(run, trainer.state())
                saved_s = time.monotonic()
            if round_number:
                _log(run, trainer, since)
                since = []
            if stop:
                at = f"step {trainer.step} of {trainer.total_steps}"
                raise JamboxError(f"Stopped at {at}: run the same command again to go on.")


def default_config(dataset: Dataset) -> TrainConfig:
    """The default settings with those that the recipe changes."""
    try:
        return TrainConfig.model_validate(dataset.index.training)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"The recipe's training has a wrong entry: {first['loc'][0]}: {first['msg']}.") from error


class Trainer:
    """A run in memory. `steps` yields the losses of each step; `state` and `restore` are its checkpoint."""

    def __init__(self, dataset: Dataset, card: Card, config: TrainConfig) -> None:
        self.dataset, self.card, self.config = dataset, card, config
        self.entries = [entry for entry in dataset.entries(validation=False) if entry.n_believed]
        if not self.entries:
            raise BadInput(f"{dataset.folder} has no recording to learn from.")
        torch.manual_seed(config.seed)
        self.network = HarmonicNoiseNetwork(card)
        _calibrate(self.network, dataset, config)
        self.dynamics = measure_dynamics(dataset)
        self.average = {name: value.detach().clone() for name, value in self.network.named_parameters()}
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=config.regression_rate)
        self.total_steps = config.regression_steps + config.spectral_steps
        self.step = 0
        self.seconds = 0.0

    def steps(self) -> Iterator[dict[str, float]]:
        """Run all steps that remain."""
        tables: Tables | None = None
        while self.step < self.total_steps:
            began = time.process_time()
            if self.step < self.config.regression_steps:
                losses = self._regression_losses()
                rate = _cosine(self.config.regression_rate, self.step, self.config.regression_steps)
            else:
                tables = tables or Tables.of(self.dataset, self.config)
                losses = self._spectral_losses(tables)
                done = self.step - self.config.regression_steps
                rate = _cosine(self.config.spectral_rate, done, self.config.spectral_steps)
            self._update(losses["total"], rate)
            self.step += 1
            self.seconds += time.process_time() - began
            yield {name: float(value.detach()) for name, value in losses.items()}

    def _update(self, loss: Tensor, rate: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.config.gradient_norm)
        self.optimizer.step()
        with torch.no_grad():
            for name, value in self.network.named_parameters():
                self.average[name].lerp_(value, 1.0 - self.config.average_decay)

    def _predicted(self, batch: RegressionBatch) -> Tensor:
        state = self.network.initial_state(len(batch.f0_scaled))
        levels: Tensor = self.network.sequence(batch.f0_scaled, batch.loudness_scaled, state)[0]
        return levels

    def _regression_losses(self) -> dict[str, Tensor]:
        batch = regression_batch(self.dataset, self.entries, self.config, self.step, self.dynamics)
        return self._distance(self._predicted(batch), batch)

    def validation_losses(self, n_batches: int = 3) -> dict[str, float]:
        """Regression terms of the averaged network on recordings that it never saw, always the same windows."""
        entries = [entry for entry in self.dataset.entries(validation=True) if entry.n_believed]
        if not entries:
            return {}
        network = self.averaged()
        sums: dict[str, float] = {}
        with torch.no_grad():
            for number in range(n_batches):
                batch = regression_batch(self.dataset, entries, self.config, 10**9 + number)
                predicted = network.sequence(
                    batch.f0_scaled, batch.loudness_scaled, network.initial_state(len(batch.weight))
                )[0]
                for name, value in self._distance(predicted, batch).items():
                    sums[name] = sums.get(name, 0.0) + float(value) / n_batches
        return sums

    def _distance(self, predicted: Tensor, batch: RegressionBatch) -> dict[str, Tensor]:
        return regression_loss(
            predicted,
            batch.levels_db,
            batch.weight,
            batch.noise_weight,
            batch.f0_hz,
            batch.highest_hz,
            self.card.n_harmonics,
        )

    def _spectral_losses(self, tables: Tables) -> dict[str, Tensor]:
        config, n_harmonics = self.config, self.card.n_harmonics
        batch = spectral_batch(self.dataset, self.entries, config, self.step, tables)
        frames = batch.frames
        levels_db = self._predicted(frames)
        # The anchor is augmented, so that listening to the recorded notes does not spoil those between them.
        anchor = self._regression_losses()
        levels = torch.exp(levels_db[:, config.burn_in_frames :] * _NEPERS_PER_DB) * batch.gain[..., None]
        # A spectrum cannot tell noise from the room: where there is one, noise is learnt from the measured levels alone.
        noise = torch.where(batch.reverberant[:, None, None], levels.detach(), levels)[..., n_harmonics:]
        audio = mix(levels[..., :n_harmonics], batch.sines) + mix(noise, batch.noise)
        mask = _per_sample(batch.mask, audio.shape[1])
        spectral = spectral_loss(audio * mask, batch.audio * mask, batch.highest_hz, self.dataset.index.sample_rate)
        total = spectral + config.anchor_weight * anchor["total"]
        return {**anchor, "total": total, "spectral": spectral}

    def averaged(self) -> HarmonicNoiseNetwork:
        """The network with the moving average of its weights."""
        network = HarmonicNoiseNetwork(self.card)
        network.load_state_dict({**self.network.state_dict(), **self.average})
        return network.eval()

    def state(self) -> dict[str, Any]:
        """Everything a run needs to go on: tensors and numbers only."""
        return {
            "network": self.network.state_dict(),
            "average": self.average,
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "config": self.config.model_dump_json(),
            "dataset": self.dataset.identity(),
        }

    def restore(self, fields: dict[str, Any] | None, run: Path | None = None) -> None:
        """Continue from `state`, found in the folder `run`; BadInput if it belongs to another dataset or other settings."""
        if fields is None:
            return
        if fields.get("dataset") != self.dataset.identity():
            made = "was made on another dataset" if "dataset" in fields else "does not say on which dataset it was made"
            where = f" in {run}" if run is not None else ""
            raise BadInput(f"The checkpoint{where} {made}: remove it to start anew, or use another folder for the run.")
        if fields["config"] != self.config.model_dump_json():
            raise BadInput("The checkpoint was made with other settings: use them again, or another folder for the run.")
        self.network.load_state_dict(fields["network"])
        self.average = {name: value.clone() for name, value in fields["average"].items()}
        self.optimizer.load_state_dict(fields["optimizer"])
        self.step, self.seconds = int(fields["step"]), float(fields["seconds"])


def _calibrate(network: HarmonicNoiseNetwork, dataset: Dataset, config: TrainConfig) -> None:
    """Set the ranges of the inputs, and median and spread of every output, from the training side."""
    index = dataset.index
    random = np.random.default_rng([config.seed, 0])
    entries = [entry for entry in dataset.entries(validation=False) if entry.n_believed]
    share = min(1.0, _FRAMES_FOR_STATISTICS / sum(entry.n_believed for entry in entries))
    rows = []
    for entry in entries:
        window = dataset.window(entry)
        chosen = (window.weight > 0.5) & (random.random(entry.n_frames) < share)
        rows.append(window.levels_db[chosen])
    levels = np.concatenate(rows)
    low, middle, high = np.percentile(levels, [16.0, 50.0, 84.0], axis=0)
    with torch.no_grad():
        network.level_median.copy_(torch.from_numpy(middle))
        network.level_spread.copy_(torch.from_numpy(np.maximum((high - low) / 2.0, _SMALLEST_SPREAD_DB)))
        network.pitch_range.copy_(_centre_and_half(f0_scaled([index.f0_hz.p01, index.f0_hz.p99])))
        # The softest frames are the ends of notes, where hiss and room take over: they are not the softest way to play.
        network.loudness_range.copy_(_centre_and_half(loudness_scaled([index.loudness_db.p05, index.loudness_db.p99])))
        network.head.weight.mul_(0.1)
        network.head.bias.zero_()


def _centre_and_half(ends: Any) -> Tensor:
    return torch.tensor([(ends[0] + ends[1]) / 2.0, max((ends[1] - ends[0]) / 2.0, 1e-3)], dtype=torch.float32)


def _cosine(rate: float, step: int, steps: int) -> float:
    """Rise over the first 20 steps, then half a cosine down to 2 %."""
    fall = 0.02 + 0.98 * 0.5 * (1.0 + math.cos(math.pi * step / max(steps, 1)))
    return rate * min(1.0, (step + 1) / 20.0) * fall


def _per_sample(frames: Tensor, n_samples: int) -> Tensor:
    """[B, T+1] linear over [B, n_samples]."""
    return torch.nn.functional.interpolate(frames[:, None], size=n_samples, mode="linear", align_corners=True)[:, 0]


def _described(losses: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.3f}" for name, value in losses.items())


def _log(run: Path, trainer: Trainer, since: list[dict[str, float]]) -> None:
    """Append a line to the curves of the run: mean losses since the last line, and those on the validation side."""
    means = {name: float(np.mean([row[name] for row in since if name in row])) for name in since[-1]}
    line = {"step": trainer.step, "seconds": trainer.seconds, "training": means, "validation": trainer.validation_losses()}
    with (run / CURVES_FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def _progress(quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    return Progress(*columns, TimeRemainingColumn(), TextColumn("{task.fields[loss]}"), disable=quiet)


def instrument_card(dataset: Dataset, config: TrainConfig) -> Card:
    """The card of what will be trained on `dataset`, without metrics."""
    index = dataset.index
    command = f"{index.command} && jambox train DATASET --out models/{index.name}".lstrip(" &")
    return Card(
        name=index.name,
        description=index.description,
        licence=index.licence,
        sources=index.sources,
        n_harmonics=index.n_harmonics,
        n_noise_bands=index.n_noise_bands,
        network=config.network,
        feature_version=index.feature_version,
        feature_hash=index.feature_hash,
        f0_hz=index.f0_hz,
        loudness_db=index.loudness_db,
        training=Training(
            command=command,
            commit=_commit(),
            seconds_of_audio=round(
                sum(e.n_frames for e in index.entries if not e.validation) * index.control_hop / index.sample_rate, 1
            ),
        ),
    )


def _commit() -> str:
    """Commit of the checkout that trains, empty outside of one."""
    here = Path(__file__).resolve().parent
    try:
        found = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return found.stdout.strip()
