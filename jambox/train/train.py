"""Training an instrument: regression on measured levels first, then the sound itself through the synthesiser.

    train("DATASET", "models/violin")

A killed run continues from its last checkpoint to the same weights. `torchrun` may start several processes of it.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import torch

from jambox.control.bundle import Bundle
from jambox.control.card import Card, CurvePoint, Training
from jambox.control.export import export_instrument
from jambox.control.model import HarmonicNoiseNetwork
from jambox.train.body import settled
from jambox.train.config import TrainConfig
from jambox.train.curves import Point
from jambox.train.dataset import Dataset
from jambox.train.diagnose import diagnose
from jambox.train.noise_level import match_noise_power
from jambox.train.processes import Processes
from jambox.train.run import Run
from jambox.train.settings import layered_config
from jambox.train.trainer import Trainer

_POINTS_ON_CARD = 16


def train(
    dataset_folder: Path | str,
    out: Path | str,
    config: TrainConfig | None = None,
    *,
    run_folder: Path | str | None = None,
    probe: Path | str | None = None,
    quiet: bool = False,
    evaluate: bool = True,
) -> Bundle:
    """Train on a prepared dataset and write `model.ts` and `card.json` into `out`; returns what a player would load.

    `run_folder` (default: `out`.run) keeps checkpoint, curves, TensorBoard events and previews; calling again with the same
    dataset and config continues it. `config` is by default that of the recipe. `probe` is a recording of singing for the
    previews and for the card's row `probe`. BadInput when the dataset, checkpoint, probe or settings cannot be used,
    JamboxError when Ctrl+C stopped it (after the step at hand, with a checkpoint). Of several processes the first writes;
    all return the same.
    """
    dataset = Dataset(dataset_folder)
    config = config or layered_config(dataset.index.training)
    out = Path(out)
    folder = out.with_name(out.name + ".run") if run_folder is None else Path(run_folder)
    torch.set_num_threads(config.threads)
    processes = Processes(config.device)
    card = instrument_card(dataset, config)
    trainer = Trainer(dataset, card, config, processes)
    run = Run(trainer, folder, None if probe is None else Path(probe), quiet)
    run.go()
    bundle: Bundle | None = None
    if processes.first:
        network = trainer.averaged(trainer.best.weights)
        _settle_body(network, trainer)
        match_noise_power(network, dataset, trainer.home, config.noise_match)
        card.training = _told(card.training, trainer, run)
        bundle = export_instrument(network, card, out)
        if evaluate and dataset.entries(validation=True):
            from jambox.train.judge.evaluate import evaluate_dataset
            from jambox.train.judge.probe import probe_instrument

            card.metrics = evaluate_dataset(dataset, bundle, quiet=quiet)
            card.metrics["probe"] = probe_instrument(dataset, bundle, None if probe is None else Path(probe))
            bundle = export_instrument(network, card, out)
    exported = processes.from_first(bundle)
    if exported is None:
        raise RuntimeError("the first process of a run exports the instrument")
    return exported


def _settle_body(network: HarmonicNoiseNetwork, trainer: Trainer) -> None:
    highest_hz = max(entry.highest_hz for entry in trainer.side.entries)
    with torch.no_grad():
        network.body.copy_(torch.from_numpy(settled(network.body.cpu().double().numpy(), highest_hz)))


def _told(training: Training, trainer: Trainer, run: Run) -> Training:
    """What the card says of the run: its cost, its curve and the verdict."""
    verdict = diagnose(trainer.points)
    return training.model_copy(
        update={
            "seconds": round(trainer.seconds, 1),
            "steps": trainer.steps_taken,
            "best_step": trainer.best.step,
            "verdict": verdict.name,
            "curve": [_on_card(point) for point in _thinned(trainer.points)],
            **run.cost(),
        }
    )


def _thinned(points: list[Point]) -> list[Point]:
    """At most _POINTS_ON_CARD of them, evenly, the first and the last among them."""
    n = min(len(points), _POINTS_ON_CARD)
    return [points[round(i * (len(points) - 1) / max(n - 1, 1))] for i in range(n)]


def _on_card(point: Point) -> CurvePoint:
    return CurvePoint(
        step=point.step,
        stage=point.stage,
        training=round(point.fit["total"], 4),
        validation=round(point.validation["total"], 4) if point.validation else None,
    )


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
