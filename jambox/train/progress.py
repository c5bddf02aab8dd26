"""What a run says while it goes: a bar at a terminal, a line at each look elsewhere; losses in a musician's words."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from jambox.train.curves import Point
from jambox.train.trainer import Trainer

_SMOOTHING = 0.05
# Before its first step a sound step is taken to last so many times a level step.
_SOUND_OVER_LEVELS = 2.8


class Teller:
    """Tells of steps and looks on stderr."""

    def __init__(self, console: Console, bar: Progress) -> None:
        self._console, self._bar = console, bar
        self._task = bar.add_task("", total=1, told="")
        self._step_s: dict[str, float] = {}
        self._last = time.monotonic()

    def begin(self, trainer: Trainer) -> None:
        """A run begins, or goes on where it was left."""
        if trainer.step > 0 and not self._bar.disable:
            self._console.print(f"Goes on at step {trainer.step} of {trainer.total_steps}.", highlight=False)

    def step(self, trainer: Trainer, stage: str, losses: Mapping[str, float]) -> None:
        """A step of `stage` is done."""
        now = time.monotonic()
        mean = self._step_s.get(stage, now - self._last)
        self._step_s[stage] = mean + _SMOOTHING * (now - self._last - mean)
        self._last = now
        told = f"{self.left(trainer)} left  {in_words(losses)}"
        self._bar.update(
            self._task, description=_STAGES[stage], total=trainer.total_steps, completed=trainer.step, told=told
        )

    def look(self, trainer: Trainer, point: Point) -> None:
        """The run was looked at."""
        if not self._console.is_terminal and not self._bar.disable:
            held_out = f"; held out: {in_words(point.validation)}" if point.validation else ""
            self._console.print(
                f"step {point.step} of {point.planned_steps}, {self.left(trainer)} left: {in_words(point.fit)}{held_out}",
                soft_wrap=True,
                highlight=False,
            )
        self._last = time.monotonic()  # a look is no part of a step

    def left(self, trainer: Trainer) -> str:
        """Minutes and seconds that the remaining steps will take; -:-- before the first step."""
        levels_s = self._step_s.get("levels")
        sound_s = self._step_s.get("sound", None if levels_s is None else _SOUND_OVER_LEVELS * levels_s)
        if sound_s is None:
            return "-:--"
        sound = trainer.total_steps - max(trainer.step, trainer.config.regression_steps)
        levels = max(trainer.config.regression_steps - trainer.step, 0)
        seconds = round(levels * (levels_s or 0.0) + sound * sound_s)
        hours, minutes = divmod(seconds // 60, 60)
        return f"{hours}:{minutes:02d}:{seconds % 60:02d}" if hours else f"{minutes}:{seconds % 60:02d}"


_STAGES = {"levels": "Learning levels", "sound": "Learning sound"}


def in_words(terms: Mapping[str, float]) -> str:
    """Terms as a musician reads them; what is better is smaller."""
    words = []
    if "harmonics" in terms:
        words.append(f"harmonics {terms['harmonics']:.1f} dB off")
    if "noise" in terms:
        words.append(f"noise {terms['noise']:.2f} off")
    if "loudness" in terms:
        words.append(f"loudness {terms['loudness']:.1f} dB off")
    if "spectral" in terms:
        words.append(f"sound {terms['spectral']:.3f} off")
    return ", ".join(words)


@contextmanager
def telling(quiet: bool) -> Iterator[Teller]:
    """A teller for the time of a run; a quiet one says nothing."""
    console = Console(stderr=True, quiet=quiet)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}  {task.fields[told]}"),
    )
    # Where there is no terminal the bar would be printed once, at the end: lines say more.
    with Progress(*columns, console=console, disable=quiet, auto_refresh=console.is_terminal, transient=True) as bar:
        yield Teller(console, bar)
