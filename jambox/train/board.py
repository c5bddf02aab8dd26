"""The run for TensorBoard: `tensorboard --logdir RUN` draws the curves and plays the previews."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch.utils.tensorboard import SummaryWriter

from jambox.train.curves import Point

BOARD_FOLDER = "tensorboard"


class Board:
    """Writes points and previews as TensorBoard events; what an earlier start wrote of `first_step` and later is void."""

    def __init__(self, run: Path, first_step: int) -> None:
        self._writer = SummaryWriter(str(run / BOARD_FOLDER), purge_step=first_step)

    def point(self, point: Point) -> None:
        """Scalars: terms by side and name, and how the output sounds."""
        sides = {"training": point.training, "fit": point.fit, "validation": point.validation, "output": point.output}
        for side, terms in sides.items():
            for name, value in terms.items():
                # Terms of both sides share a chart: that is where a gap is seen.
                tag = f"{name}/{side}" if side != "output" else f"output/{name}"
                self._writer.add_scalar(tag, value, point.step)
        self._writer.flush()

    def sound(self, name: str, samples: NDArray[np.float32], sample_rate: int, step: int) -> None:
        """A preview to listen to."""
        self._writer.add_audio(name, samples[None], step, sample_rate)
        self._writer.flush()

    def close(self) -> None:
        """Write what is left."""
        self._writer.close()
