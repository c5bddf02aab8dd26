"""The window from the command line."""

from __future__ import annotations

import os

from tests.cli.command import installed


def test_without_a_display_the_window_is_refused_in_a_sentence() -> None:
    hidden = {
        name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    ended = installed("window", env=hidden)
    assert ended.code == 1
    assert ended.refusal().startswith("There is no display")
