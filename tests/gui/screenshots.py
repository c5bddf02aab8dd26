"""Pictures of every page of the real window, on a real engine into which somebody sings; and what is wrong with its layout.

    python -m tests.gui.screenshots OUT        (make screenshots: under Xvfb, a JACK server of its own)

Dark and light, at 100 and 200 %, small (1024 by 700) and large (2560 by 1440): each zoom in a process of its own, since Qt
reads it when it starts. The exit code is 1 if anything is cut, overlaps or sticks out.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from jambox.demo import demo_melody
from tests.data import data_root
from tests.engine.jack_server import JackServer
from tests.engine.singing import RATE, singer, voice

if TYPE_CHECKING:
    from jambox.gui.window import MainWindow

ZOOMS = (100, 200)
# Pixels of the screen; a window is never smaller than 1024 by 700 points, so that at 200 % only the large one is one.
SIZES = {100: ((1024, 700), (2560, 1440)), 200: ((2048, 1400), (2560, 1440))}
SETTLE_S, SUNG_S = 0.6, 7.0
PERIOD = 256


def sung() -> NDArray[np.float32]:
    """A real voice where the shared recordings are, else the demo's melody."""
    root = data_root()
    return voice(root) if root is not None else demo_melody(RATE)


def take(out: Path, zoom: int) -> list[str]:
    """The pictures of one zoom, with the engine that runs; what is wrong with them."""
    from jambox.gui.session import Session
    from jambox.gui.window import PAGES
    from tests.gui.geometry import problems
    from tests.gui.live_window import breathe, window

    told = []
    with window(Session(welcomed=True)) as shown, singer(sung()):
        _play_something(shown)
        for theme in ("dark", "light"):
            shown.theme.choose(theme)
            for width, height in SIZES[zoom]:
                shown.resize(100 * width // zoom, 100 * height // zoom)
                for name, _ in PAGES:
                    shown.open_page(name)
                    breathe(SUNG_S if name == "Stage" else SETTLE_S)
                    label = f"{name.lower()}-{theme}-{zoom}-{width}x{height}"
                    picture = shown.grab()
                    if not picture.save(str(out / f"{label}.png")):
                        raise SystemExit(f"{out / label}.png could not be written.")
                    told += [f"{label}: {problem}" for problem in problems(shown)]
            told += _besides(shown, out, f"{theme}-{zoom}")
    return told


def _besides(shown: MainWindow, out: Path, look: str) -> list[str]:
    """The first steps, with a sentence and a take on the shelf: as full as the window gets, at its smallest."""
    from tests.gui.geometry import problems
    from tests.gui.live_window import breathe

    shown.resize(*SIZES[100][0])
    shown.shelf.add("take 2026-11-24 18.00.00").finish("5.0 s and notes", [out])
    rendering = shown.shelf.add("singing flute+trumpet")
    rendering.show_state("rendering")
    rendering.show_share(0.4)
    shown.say("The device Scarlett 2i2 went away; it is waited for.", "settings")
    shown.guide.begin()
    breathe(SETTLE_S)
    shown.grab().save(str(out / f"first-steps-{look}.png"))
    told = [f"first-steps-{look}: {problem}" for problem in problems(shown)]
    shown.guide.finish()
    for item in shown.shelf.items:
        item.give_up()
    shown.messages.hide()
    breathe(SETTLE_S)
    return told


def _play_something(shown: MainWindow) -> None:
    """Two instruments as one and a scale, so that there is something to see."""
    from tests.gui.live_window import pump

    link, history = shown.link, shown.history
    done: list[bool] = []
    history.load(lambda: done.append(True), preset="flumpet")
    pump(lambda: done)
    history.set({"morph": 0.4, "scale": 1.0, "scale_key": 2.0, "scale_amount": 0.8})
    pump(lambda: link.params["scale_key"] == 2.0)


def main() -> int:
    """Every zoom, one after the other, on one JACK server."""
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--zoom", type=int, choices=ZOOMS, help="only this one, on the JACK server that is there")
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    if chosen.zoom is not None:
        told = take(chosen.out, chosen.zoom)
        print("\n".join(told))
        return int(bool(told))
    code = 0
    with tempfile.TemporaryDirectory(prefix="jambox-") as folder, JackServer(PERIOD):
        os.environ |= {"JAMBOX_RUNTIME_DIR": folder, "JAMBOX_DATA_DIR": f"{folder}/data"}
        for zoom in ZOOMS:
            os.environ["QT_SCALE_FACTOR"] = f"{zoom / 100:g}"
            command = [sys.executable, "-m", "tests.gui.screenshots", str(chosen.out), "--zoom", str(zoom)]
            code |= subprocess.run(command, check=False).returncode
    print(f"{len(list(chosen.out.glob('*.png')))} pictures in {chosen.out}")
    return code


if __name__ == "__main__":
    sys.exit(main())
