"""From the formats that presets were once written in to the present one, a step for each. [main]"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jambox.errors import BadInput

PRESET_FORMAT = 2


def migrated(fields: dict[str, Any], where: object) -> dict[str, Any]:
    """The content of a file in the present format; BadInput if it tells no format, or one of a later version."""
    format = fields.get("format")
    if isinstance(format, bool) or not isinstance(format, int) or format < 1:
        raise BadInput(f"{where} is not a preset: it tells no format.")
    if format > PRESET_FORMAT:
        raise BadInput(f"The preset {where} is of format {format}, which a later version of Jambox wrote.")
    for known in range(format, PRESET_FORMAT):
        fields = _STEPS[known](fields) | {"format": known + 1}
    return fields


def _from_1(fields: dict[str, Any]) -> dict[str, Any]:
    """Format 1 named its instrument by name alone, as a text."""
    instrument = fields.get("instrument")
    return fields | {"instrument": {"name": instrument}} if isinstance(instrument, str) else fields


# From which format: the step to the next.
_STEPS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {1: _from_1}
