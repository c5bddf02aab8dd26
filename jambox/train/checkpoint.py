"""Checkpoints that survive a kill and cannot run code: written beside the old one, then renamed; tensors only when read."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import torch

from jambox.errors import BadInput

CHECKPOINT_FILE = "checkpoint.pt"


def save_checkpoint(folder: Path, fields: dict[str, Any]) -> None:
    """Replace the checkpoint of a run: whole or not at all."""
    temporary = folder / f".{CHECKPOINT_FILE}.part"
    with temporary.open("wb") as file:
        torch.save(fields, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, folder / CHECKPOINT_FILE)


def load_checkpoint(folder: Path) -> dict[str, Any] | None:
    """The checkpoint of a run, None if there is none; BadInput if it is damaged or would run code."""
    path = folder / CHECKPOINT_FILE
    if not path.is_file():
        return None
    try:
        fields = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, ValueError, KeyError, OSError, pickle.UnpicklingError) as error:
        raise BadInput(f"{path} is no checkpoint of Jambox: remove it to start anew.") from error
    if not isinstance(fields, dict) or "network" not in fields:
        raise BadInput(f"{path} is no checkpoint of Jambox: remove it to start anew.")
    return fields
