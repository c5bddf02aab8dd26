"""Jambox: a real-time instrument. Sing, hum, whistle or play, and a trained violin or cello plays what you played.

>>> import jambox
>>> violin = jambox.load("violin", reverb_mix=0.2)
>>> audio = violin.render("singing.wav")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jambox.errors import BadInput, BadModel, DeviceError, JamboxError

if TYPE_CHECKING:
    from jambox.api import Player, load

__all__ = ["BadInput", "BadModel", "DeviceError", "JamboxError", "Player", "load"]


def __getattr__(name: str) -> Any:
    # Imported on first use: `import jambox` alone loads nothing heavy.
    if name in ("Player", "load"):
        from jambox import api

        return getattr(api, name)
    raise AttributeError(f"module 'jambox' has no attribute {name!r}")
