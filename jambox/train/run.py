"""The loop of a run and its folder: looks, checkpoints, curves, previews. Only the first process touches the folder."""

from __future__ import annotations

import time
from pathlib import Path

from jambox.control.model import HarmonicNoiseNetwork
from jambox.errors import JamboxError
from jambox.train.board import Board
from jambox.train.checkpoint import load_checkpoint, save_checkpoint
from jambox.train.curves import append_point, write_curves
from jambox.train.interrupt import interrupt_noted
from jambox.train.previews import Previews
from jambox.train.progress import Teller, telling
from jambox.train.settings import config_as_toml
from jambox.train.trainer import Trainer

SETTINGS_FILE = "settings.toml"
# A killed run loses no more than this, however slow its steps are.
CHECKPOINT_S = 20.0


class Run:
    """A trainer with the folder that it works in."""

    def __init__(self, trainer: Trainer, folder: Path, probe: Path | None, quiet: bool) -> None:
        self.trainer, self.folder = trainer, folder
        writes = trainer.processes.first
        self._quiet = quiet or not writes
        fields = trainer.processes.from_first(load_checkpoint(folder) if writes else None)
        trainer.restore(fields, str(folder))
        self._wall_seconds = float(fields["wall_seconds"]) if fields is not None else 0.0
        self._peak_memory_mb = float(fields["peak_memory_mb"]) if fields is not None else 0.0
        self._counted_s = self._saved_s = self._preview_s = time.monotonic()
        self._board: Board | None = None
        self._previews: Previews | None = None
        if writes:
            folder.mkdir(parents=True, exist_ok=True)
            self._previews = Previews(trainer.dataset, trainer.held_out or trainer.side, trainer.card, folder, probe)
            self._board = Board(folder, trainer.points[-1].step + 1 if trainer.points else 0)
            write_curves(folder, trainer.points)
            (folder / SETTINGS_FILE).write_text(config_as_toml(trainer.config), encoding="utf-8")

    def go(self) -> None:
        """Run the steps that remain; JamboxError when Ctrl+C stopped them (after the step at hand, with a checkpoint)."""
        trainer = self.trainer
        with interrupt_noted() as interrupt, telling(self._quiet) as teller:
            teller.begin(trainer)
            self._look(teller)
            while not trainer.finished:
                stage = trainer.stage
                teller.step(trainer, stage, trainer.advance())
                self._look(teller)
                stop = trainer.processes.any(interrupt.is_set())
                round_number = trainer.step % trainer.config.checkpoint_every == 0 or trainer.finished
                if round_number or stop or time.monotonic() - self._saved_s >= CHECKPOINT_S:
                    self._save()
                if stop:
                    at = f"step {trainer.step} of {trainer.total_steps}"
                    raise JamboxError(f"Stopped at {at}: run the same command again to go on.")
                self._preview_now_and_then()
        if self._board is not None:
            self._preview("final", trainer.averaged(trainer.best.weights))
            self._board.close()

    def cost(self) -> dict[str, float]:
        """wall_seconds and peak_memory_mb of this process, over all its starts."""
        now = time.monotonic()
        self._wall_seconds += now - self._counted_s
        self._counted_s = now
        self._peak_memory_mb = max(self._peak_memory_mb, peak_memory_mb())
        return {"wall_seconds": round(self._wall_seconds, 1), "peak_memory_mb": round(self._peak_memory_mb, 1)}

    def _look(self, teller: Teller) -> None:
        """Look if it is time to: twice where a look ends a stage."""
        while self.trainer.due():
            point = self.trainer.look()
            if point is not None and self._board is not None:
                append_point(self.folder, point)
                self._board.point(point)
                teller.look(self.trainer, point)

    def _save(self) -> None:
        if self._board is not None:
            save_checkpoint(self.folder, {**self.trainer.state(), **self.cost()})
        self._saved_s = time.monotonic()

    def _preview_now_and_then(self) -> None:
        minutes = self.trainer.config.preview_minutes
        if self._board is not None and minutes > 0.0 and time.monotonic() - self._preview_s >= 60.0 * minutes:
            self._preview(f"{self.trainer.step:06d}", self.trainer.averaged())
            self._preview_s = time.monotonic()

    def _preview(self, name: str, network: HarmonicNoiseNetwork) -> None:
        if self._previews is not None and self._board is not None:
            for kind, samples in self._previews.write(network, name).items():
                self._board.sound(kind, samples, self._previews.sample_rate, self.trainer.step)


def peak_memory_mb() -> float:
    """Largest resident size of this process so far in megabytes; 0 where the system does not tell.

    Linux is asked for that of this program alone: its getrusage also counts what started it.
    """
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next(float(line.split()[1]) / 1024.0 for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        pass
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1048576.0
