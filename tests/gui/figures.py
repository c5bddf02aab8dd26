"""Figures of the window: start, memory, cost of painting, dropouts. `python -m tests.gui.figures --data DIR`.

With --profile, where the time of painting goes (cProfile, on stderr).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from jambox.engine.client import EngineClient
from tests.engine.jack_server import JackServer
from tests.engine.singing import singer, voice

PERIOD = 256
SECONDS = 15.0
STARTS = 3
_OPEN = """
import logging, sys
logging.basicConfig(level=logging.INFO)
sys.argv = ["jambox", "window"]
from jambox.cli.run import run
run()
"""


@contextmanager
def screen() -> Iterator[None]:
    """An X server of 1920×1080 without a screen."""
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1920x1080x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as numbers:
        os.environ["DISPLAY"] = ":" + numbers.readline().strip()
    try:
        yield
    finally:
        server.terminate()
        server.wait()


def start(x: object) -> tuple[float, float, float]:
    """Seconds from the start of `jambox window` to the first sound and to a window that answers; its memory in MB."""
    with singer(x) as process:  # type: ignore[arg-type]
        began = time.monotonic()
        window = psutil.Popen([sys.executable, "-c", _OPEN], stderr=subprocess.PIPE, text=True)
        assert process.stdout is not None
        stands = next((time.monotonic() for line in window.stderr if "The window stands." in line), float("nan"))
        sounds = float(process.stdout.readline())
        try:
            window.wait(10.0)
        except psutil.TimeoutExpired:
            memory = window.memory_info().rss / 2**20
        window.terminate()
        window.communicate()
    return sounds - began, stands - began, memory


def paint(profile: bool) -> dict[str, float]:
    """In a process with a window of 1920×1080: share of a core, repaints a second, dropouts, also while frozen."""
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtWidgets import QApplication

    from jambox.gui.joining import begin_joining
    from jambox.gui.link import EngineLink
    from jambox.gui.session import Session
    from jambox.gui.theme import Theme
    from jambox.gui.window import MainWindow

    session = Session(welcomed=True)
    joining = begin_joining(session, lambda sentence: None)
    application = QApplication([])
    application.setStyle("Fusion")
    theme, link = Theme(), EngineLink(session)
    theme.apply()
    window = MainWindow(link, session, theme)
    window.setGeometry(0, 0, 1920, 1080)
    window.show()
    link.await_engine(joining)

    def live(seconds: float) -> None:
        loop = QEventLoop()
        QTimer.singleShot(round(1000 * seconds), loop.quit)
        loop.exec()

    live(3.0)
    ticks = []
    link.ticked.connect(lambda: ticks.append(1))
    profiler = None
    if profile:
        import cProfile

        profiler = cProfile.Profile()
        profiler.enable()
    before, began, cpu, n = dict(link.meters), time.monotonic(), time.process_time(), len(ticks)
    live(SECONDS)
    took, used, hz = time.monotonic() - began, time.process_time() - cpu, len(ticks) - n
    after = dict(link.meters)
    if profiler is not None:
        import pstats

        profiler.disable()
        pstats.Stats(profiler, stream=sys.stderr).sort_stats("tottime").print_stats(25)
    hz_s = hz / took
    frozen = link.meters["dropouts_ours"]
    time.sleep(2.0)  # a window that hangs
    live(0.5)
    figures = {
        "window_core_percent": 100.0 * used / took * 60.0 / hz_s,
        "window_hz": hz_s,
        "window_dropouts": after["dropouts"] - before["dropouts"],
        "window_frozen_dropouts": link.meters["dropouts_ours"] - frozen,
    }
    window.close()
    link.close()
    return figures


def dropouts_without(x: object) -> float:
    """Dropouts of as long a time without a window."""
    import threading

    with singer(x):  # type: ignore[arg-type]
        engine = EngineClient.join_or_start()
        engine.request("start", instrument="violin")
        threading.Event().wait(3.0)
        before = engine.meters()["dropouts"]
        threading.Event().wait(SECONDS)
        lost = engine.meters()["dropouts"] - before
        engine.request("quit")
    return float(lost)


def measure(data: Path) -> dict[str, float]:
    """All figures of the window, by id."""
    x = voice(data)
    with tempfile.TemporaryDirectory(prefix="jambox-") as folder, screen(), JackServer(PERIOD):
        os.environ |= {"JAMBOX_RUNTIME_DIR": folder, "JAMBOX_DATA_DIR": folder}
        starts = sorted(start(x) for _ in range(STARTS))
        sound, stands, memory = starts[len(starts) // 2]
        with singer(x):
            command = [sys.executable, "-m", "tests.gui.figures", "--paint", "--data", str(data)]
            painted = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
        without = dropouts_without(x)
    return {
        "window_first_sound_s": round(sound, 2),
        "window_stands_s": round(stands, 2),
        "window_memory_mb": round(memory, 0),
        "window_dropouts_without": without,
        **painted,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of shared recordings")
    parser.add_argument("--paint", action="store_true", help="only painting, on the display and the server that are there")
    parser.add_argument("--profile", action="store_true", help="with --paint: say where the time goes")
    chosen = parser.parse_args()
    print(json.dumps(paint(chosen.profile) if chosen.paint else measure(chosen.data)))


if __name__ == "__main__":
    main()
