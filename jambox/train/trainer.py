"""The mathematics of a run: two stages of steps, the moving average of the weights, looks at what was held out.

Top to bottom: a step of either stage, a look, the checkpoint.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from jambox.control.card import Card
from jambox.control.layout import BODY_UNIT_DB
from jambox.control.model import HarmonicNoiseNetwork
from jambox.errors import BadInput, JamboxError
from jambox.train.augment import measure_dynamics
from jambox.train.batches import ALONE, RegressionBatch, Side, SpectralBatch, Tables, regression_batch, spectral_batch
from jambox.train.calibrate import calibrate
from jambox.train.config import TrainConfig
from jambox.train.curves import Point, Stage, Terms
from jambox.train.dataset import Dataset
from jambox.train.judge.split import selection
from jambox.train.losses import OverShards, regression_loss, spectral_loss, unshared
from jambox.train.patience import Best
from jambox.train.players import Ensemble, Players
from jambox.train.processes import Processes
from jambox.train.sounding import sounding
from jambox.train.synth import mix

_NEPERS_PER_DB = math.log(10.0) / 20.0
# Steps of the fixed windows of a look, far from those of any run.
_FIRST_LOOK = 10**9
_LEVEL_WINDOWS, _SOUND_WINDOWS = 3, 2


class Trainer:
    """A run in memory. `steps` yields the losses of each step; `state` and `restore` are its checkpoint."""

    def __init__(self, dataset: Dataset, card: Card, config: TrainConfig, processes: Processes | None = None) -> None:
        self.dataset, self.card, self.config = dataset, card, config
        self.processes = processes or Processes("cpu")
        taught, held_out = ([e for e in dataset.entries(validation=v) if e.n_believed] for v in (False, True))
        self.home = [e for e in taught if dataset.index.source_number(e) == 0] or taught
        # Looks are at the player who is portrayed, and at the half of the recordings that no figure is reported on.
        mine = [e for e in held_out if dataset.index.source_number(e) == 0] or held_out
        held_out = [e for e in mine if selection(e)] or mine
        if not taught:
            raise BadInput(f"{dataset.folder} has no recording to learn from.")
        for batch in (config.regression_batch, config.spectral_batch):
            self.processes.shard.rows(batch)
        self.side = Side(taught)
        self.held_out = Side(held_out) if held_out else None
        torch.manual_seed(config.seed)
        self.network = HarmonicNoiseNetwork(card)
        calibrate(self.network, dataset, self.home, config)
        self.players = Players(self.network, len(dataset.index.sources), max(e.highest_hz for e in self.home))
        self.dynamics = measure_dynamics(dataset)
        ensemble = Ensemble(self.network, self.players)
        self.optimizer = torch.optim.Adam(ensemble.parameters(), lr=config.regression_rate)
        self._called = self.processes.set_up(ensemble, self.optimizer)
        self.average = {name: value.detach().clone() for name, value in self.network.named_parameters()}
        self.total_steps = config.regression_steps + config.spectral_steps
        self.step = 0
        self.steps_taken = 0
        self.stopped = False
        self.seconds = 0.0
        self.points: list[Point] = []
        self.best = Best(self.stage)
        # In every process, also in those that leave the looking to the first.
        self._last_look: tuple[int, Stage] | None = None
        self._since: dict[str, float] = {}
        self._steps_since = 0
        self._tables: dict[int, Tables] = {}
        self._looked_at: dict[str, list[RegressionBatch]] = {}

    @property
    def stage(self) -> Stage:
        """Which stage the next step belongs to."""
        return "levels" if self.step < self.config.regression_steps or not self.config.spectral_steps else "sound"

    @property
    def finished(self) -> bool:
        """Whether no step remains."""
        return self.stopped or self.step >= self.total_steps

    def steps(self) -> Iterator[dict[str, float]]:
        """Run all steps that remain, without a look."""
        while not self.finished:
            yield self.advance()

    def advance(self) -> dict[str, float]:
        """Run one step; its losses. JamboxError when they are no numbers any more."""
        began = time.process_time()
        config = self.config
        if self.step < config.regression_steps:
            losses = self._regression_losses()
            rate = _cosine(config.regression_rate, self.step, config.regression_steps)
        else:
            losses = self._spectral_losses()
            rate = _cosine(config.spectral_rate, self.step - config.regression_steps, config.spectral_steps)
        # How far off it is, is told without the texture: that is no distance, and falls for whoever learns by heart.
        beside = self._texture_weight() * losses["texture"] + self.config.body_smoothness * self._body_bends()
        self._update(losses["total"] + beside, rate)
        values = self.processes.mean(torch.stack([value.detach() for value in losses.values()])).tolist()
        if not all(math.isfinite(value) for value in values):
            raise JamboxError(
                f"The loss is no number any more at step {self.step}: lower the learning rates or gradient_norm."
            )
        self.step += 1
        self.steps_taken += 1
        told = dict(zip(losses, values, strict=True))
        self._since = {name: self._since.get(name, 0.0) + value for name, value in told.items()}
        self._steps_since += 1
        self.seconds += time.process_time() - began
        return told

    def _body_bends(self) -> Tensor:
        """Mean square of the second differences of the body's response, dB²."""
        response_db = BODY_UNIT_DB * self.network.body
        bends: Tensor = torch.diff(response_db, n=2).square().mean()
        return bends

    def _texture_weight(self) -> float:
        config = self.config
        if self.stage == "sound":
            return config.texture_weight * config.anchor_weight
        return config.texture_weight if self.step >= config.texture_from * config.regression_steps else 0.0

    def _update(self, loss: Tensor, rate: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad()
        self.processes.fabric.backward(loss)
        torch.nn.utils.clip_grad_norm_(self._called.parameters(), self.config.gradient_norm)
        self.optimizer.step()
        with torch.no_grad():
            for name, value in self.network.named_parameters():
                self.average[name].lerp_(value, 1.0 - self.config.average_decay)

    def _regression_losses(self) -> dict[str, Tensor]:
        shard = self.processes.shard
        batch = regression_batch(self.dataset, self.side, self.config, self.step, self.dynamics, shard)
        batch = batch.to(self.processes.device)
        return self._distance(self._predicted(self._called, batch), batch, self.processes.mean)

    def _spectral_losses(self) -> dict[str, Tensor]:
        batch = self._spectral_batch(self.side, self.step, alone=False)
        levels_db = self._predicted(self._called, batch.frames)
        # The anchor is augmented, so that listening to the recorded notes does not spoil those between them.
        anchor = self._regression_losses()
        return self._with_sound(anchor, self._spectral_distance(levels_db, batch))

    def _with_sound(self, anchor: dict[str, Tensor], spectral: Tensor) -> dict[str, Tensor]:
        total = spectral + self.config.anchor_weight * anchor["total"]
        return {**anchor, "total": total, "spectral": spectral}

    def _predicted(self, network: Any, batch: RegressionBatch) -> Tensor:
        """Levels of a batch; `network` is a plain ensemble or the one that averages gradients over processes."""
        levels: Tensor = network(batch.f0_scaled, batch.loudness_scaled, batch.body_f0_scaled, batch.source)
        return levels

    def _distance(self, predicted: Tensor, batch: RegressionBatch, over_shards: OverShards = unshared) -> dict[str, Tensor]:
        fields = (batch.levels_db, batch.weight, batch.noise_weight, batch.f0_hz, batch.highest_hz)
        return regression_loss(predicted, *fields, self.card.n_harmonics, over_shards)

    def _spectral_batch(self, side: Side, step: int, *, alone: bool) -> SpectralBatch:
        """A batch for this process, or a whole one (`alone`)."""
        shard = ALONE if alone else self.processes.shard
        if shard.count not in self._tables:
            self._tables[shard.count] = Tables.of(self.dataset, self.config, shard)
        batch = spectral_batch(self.dataset, side, self.config, step, self._tables[shard.count], shard)
        return batch.to(self.processes.device)

    def _spectral_distance(self, levels_db: Tensor, batch: SpectralBatch) -> Tensor:
        n_harmonics = self.card.n_harmonics
        levels = torch.exp(levels_db[:, self.config.burn_in_frames :] * _NEPERS_PER_DB) * batch.gain[..., None]
        # A spectrum cannot tell noise from the room: where there is one, noise is learnt from the measured levels alone.
        noise = torch.where(batch.reverberant[:, None, None], levels.detach(), levels)[..., n_harmonics:]
        audio = mix(levels[..., :n_harmonics], batch.sines) + mix(noise, batch.noise)
        mask = _per_sample(batch.mask, audio.shape[1])
        return spectral_loss(audio * mask, batch.audio * mask, batch.highest_hz, self.dataset.index.sample_rate)

    def due(self) -> bool:
        """Whether it is time for a look: before the first step, every few steps, between the stages and at the end."""
        round_number = self.step % self.config.validate_every == 0
        wanted = round_number or self.step == self.config.regression_steps or self.finished
        return wanted and self._last_look != (self.step, self.stage)

    def look(self) -> Point | None:
        """Listen to the averaged network on fixed windows of both sides, keep it if it is the best of its stage, and end
        the stage when the patience is over. The first process looks (the others get None), all of them obey."""
        point: Point | None = None
        over = False
        if self.processes.first:
            began = time.process_time()
            point = self._measured()
            if self.best.stage != point.stage:
                self.best = Best(point.stage)
            self.best.told(self.step, point.score, self.average, self.config.least_improvement)
            over = 0 < self.config.patience <= self.best.stale
            self.points.append(point)
            self.seconds += time.process_time() - began
        self._since, self._steps_since = {}, 0
        self._last_look = (self.step, self.stage)
        if self.processes.from_first(over) and not self.finished:
            self._end_stage()
        return point

    def _end_stage(self) -> None:
        """Go on with the next stage from the best weights of this one, or stop."""
        if self.stage == "sound" or not self.config.spectral_steps:
            self.stopped = True
            return
        weights = self.processes.from_first(self.best.weights)
        self.network.load_state_dict({**self.network.state_dict(), **weights})
        self.average = {name: value.detach().clone() for name, value in weights.items()}
        self.optimizer.state.clear()
        self.step = self.config.regression_steps

    def _measured(self) -> Point:
        """The point of the curves for the weights of now."""
        network = self.averaged()
        sides = {"fit": self.side} if self.held_out is None else {"fit": self.side, "validation": self.held_out}
        terms = {name: self._terms(network, name, side) for name, side in sides.items()}
        judged = "fit" if self.held_out is None else "validation"
        return Point(
            step=self.step,
            stage=self.stage,
            planned_steps=self.total_steps,
            seconds=round(self.seconds, 2),
            training={name: total / self._steps_since for name, total in self._since.items()},
            fit=terms["fit"],
            validation=terms.get("validation", {}),
            output=asdict(sounding(network, self.card, self._looked_at[judged])),
            # The anchor keeps the second stage from straying; how good it is, is for the ear to say.
            score=terms[judged]["spectral" if self.stage == "sound" else "total"],
        )

    def _terms(self, network: HarmonicNoiseNetwork, name: str, side: Side) -> Terms:
        """Terms of the stage on fixed windows of one side, not augmented."""
        if name not in self._looked_at:
            self._looked_at[name] = [
                regression_batch(self.dataset, side, self.config, _FIRST_LOOK + i).to(self.processes.device)
                for i in range(_LEVEL_WINDOWS)
            ]
        ensemble = Ensemble(network, self.players)
        with torch.no_grad():
            rows = [self._distance(self._predicted(ensemble, batch), batch) for batch in self._looked_at[name]]
            terms = {key: torch.stack([row[key] for row in rows]).mean() for key in rows[0]}
            if self.stage == "sound":
                batches = (self._spectral_batch(side, _FIRST_LOOK + i, alone=True) for i in range(_SOUND_WINDOWS))
                spectral = [self._spectral_distance(self._predicted(ensemble, b.frames), b) for b in batches]
                terms = self._with_sound(terms, torch.stack(spectral).mean())
        return {key: round(float(value), 6) for key, value in terms.items()}

    def averaged(self, weights: dict[str, Tensor] | None = None) -> HarmonicNoiseNetwork:
        """The network with the moving average of its weights, or with such as were kept of it."""
        network = HarmonicNoiseNetwork(self.card).to(self.processes.device)
        network.load_state_dict({**self.network.state_dict(), **(weights or self.average)})
        return network.eval()

    def state(self) -> dict[str, Any]:
        """Everything a run needs to go on: tensors, words and numbers only."""
        return {
            "network": self.network.state_dict(),
            "average": self.average,
            "players": self.players.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "best": self.best.state(),
            "step": self.step,
            "steps_taken": self.steps_taken,
            "stopped": self.stopped,
            "seconds": self.seconds,
            "since": self._since,
            "steps_since": self._steps_since,
            "curves": json.dumps([point.model_dump() for point in self.points]),
            "config": self.config.model_dump_json(),
            "dataset": self.dataset.identity(),
        }

    def restore(self, fields: dict[str, Any] | None, where: str = "") -> None:
        """Continue from `state`, found in the folder `where`; BadInput if it is of another dataset or other settings."""
        if fields is None:
            return
        if fields.get("dataset") != self.dataset.identity():
            made = "was made on another dataset" if "dataset" in fields else "does not say on which dataset it was made"
            place = f" in {where}" if where else ""
            raise BadInput(f"The checkpoint{place} {made}: remove it to start anew, or use another folder for the run.")
        if fields["config"] != self.config.model_dump_json():
            raise BadInput("The checkpoint was made with other settings: use them again, or another folder for the run.")
        device = self.processes.device
        self.network.load_state_dict(fields["network"])
        self.players.load_state_dict(fields["players"])
        self.average = {name: value.to(device, copy=True) for name, value in fields["average"].items()}
        self.optimizer.load_state_dict(fields["optimizer"])
        self.best = Best(**fields["best"])
        self.best.weights = {name: value.to(device) for name, value in self.best.weights.items()}
        self.step, self.steps_taken = int(fields["step"]), int(fields["steps_taken"])
        self.stopped, self.seconds = bool(fields["stopped"]), float(fields["seconds"])
        self._since, self._steps_since = dict(fields["since"]), int(fields["steps_since"])
        self.points = [Point.model_validate(point) for point in json.loads(fields["curves"])]
        if self.points:
            self._last_look = (self.points[-1].step, self.points[-1].stage)


def _cosine(rate: float, step: int, steps: int) -> float:
    """Rise over the first 20 steps, then half a cosine down to 2 %."""
    fall = 0.02 + 0.98 * 0.5 * (1.0 + math.cos(math.pi * step / max(steps, 1)))
    return rate * min(1.0, (step + 1) / 20.0) * fall


def _per_sample(frames: Tensor, n_samples: int) -> Tensor:
    """[B, T+1] linear over [B, n_samples]."""
    return torch.nn.functional.interpolate(frames[:, None], size=n_samples, mode="linear", align_corners=True)[:, 0]
