"""One thread beside the control thread, for what takes time: one job after the other, results handed back. [control]"""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from jambox.engine.journal import unforeseen
from jambox.errors import JamboxError

Answer = Callable[[dict[str, Any] | JamboxError], None]


class Worker:
    """`work(job, done, failed)` returns at once; `run_results` runs `done` or `failed` when `wake` was called."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="jambox-work")
        self._results: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._jobs = 0

    @property
    def busy(self) -> bool:
        """[control] Whether a job is waiting, running or not handed back yet."""
        return self._jobs > 0

    def work(self, job: Callable[[], Any], done: Callable[[Any], None], failed: Answer) -> None:
        """[control] Have `job` done; then, on the control thread, `done` with its result or `failed` with its error."""
        self._jobs += 1

        def run() -> None:
            try:
                result = job()
            except JamboxError as error:
                refusal = error
                self._finish(lambda: failed(refusal))
            except Exception as error:
                sentence = unforeseen(error)
                self._finish(lambda: failed(sentence))
            else:
                self._finish(lambda: done(result))

        self._thread.submit(run)

    def later(self, step: Callable[[], None]) -> None:
        """[worker] Have the control thread run `step`, before the end of the job that asks for it."""
        self._results.put(step)

    def run_results(self) -> None:
        """[control] Hand back what is done."""
        while not self._results.empty():
            self._results.get()()

    def _finish(self, step: Callable[[], None]) -> None:
        def last() -> None:
            self._jobs -= 1
            step()

        self._results.put(last)
        self._wake()
