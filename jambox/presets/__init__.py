"""Presets: named sounds, each an instrument and some parameters, as plain JSON files that outlive versions. [main]"""

from jambox.presets.library import load_preset, numbered, preset_names
from jambox.presets.preset import Preset

__all__ = ["Preset", "load_preset", "numbered", "preset_names"]
