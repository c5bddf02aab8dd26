"""From a name to a running instrument: bundle, room and runtime put together. [main]"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jambox.audiofile import read_sound
from jambox.config import shipped_models
from jambox.control.bundle import Bundle, has_bundle, model_file
from jambox.control.kinds import load_instrument
from jambox.control.library import content_hash, find_instrument
from jambox.control.modal import ModalBundle
from jambox.dsp.reverb import LONGEST_RESPONSE_S
from jambox.errors import BadInput, BadModel, JamboxError
from jambox.instrument.hybrid import JOINT, parts_of
from jambox.instrument.instrument import Design, Instrument, Runtime
from jambox.scala import read_tuning

ROOM_FILE = "room.wav"


def open_instrument(
    name: str | Path,
    design: Design,
    params: Mapping[str, float] | None = None,
    runtime: Runtime = "compiled",
    trusted: bool = False,
    room: Path | None = None,
    scale: Path | None = None,
) -> Instrument:
    """The instrument `name` (in a model folder) or in the folder or `.ts` file of that path, running as `design` says.

    `runtime` torchscript imports torch; a file without Jambox weights plays only there. What did not come with Jambox
    plays there only if `trusted`, since TorchScript is code. `room` is an impulse response file; default: the
    instrument's own, else a room of our making. `scale` is a Scala tuning (.scl, and a .kbm beside it) for keys and for the
    scale. `flute+trumpet` is two instruments that play as one. Raises BadModel or BadInput with one sentence.
    """
    runtime = checked_runtime(runtime)
    first, second = parts_of(name)
    folder = find_instrument(first)
    partner = load_instrument(find_instrument(second)) if second is not None else None
    tuning_st = read_tuning(scale) if scale is not None else None
    response = _response(room or _own_room(folder))
    foreign = not has_bundle(folder)
    bundle: Bundle | ModalBundle | None = None if foreign and runtime == "torchscript" else load_instrument(folder)
    if runtime == "compiled":
        return Instrument(bundle, design, params, response=response, partner=partner, tuning_st=tuning_st)
    if isinstance(bundle, ModalBundle):
        raise BadInput(f"{bundle.card.name} has no network for the torchscript runtime: play it with the compiled one.")
    # Torch takes two seconds to import: only this runtime pays for it.
    try:
        from jambox.control.torchscript import TorchScriptNetwork
    except ImportError as error:
        raise JamboxError("The torchscript runtime needs torch: pip install 'jambox[torch]'.") from error
    # Even a file that carries our weights may carry foreign code beside them.
    if not trusted and not folder.resolve().is_relative_to(shipped_models().resolve()):
        raise BadModel(
            f"{model_file(folder)} did not come with Jambox, and the torchscript runtime would run its code: "
            "add --trust if you know who made it, or play it with the compiled runtime."
        )
    network = TorchScriptNetwork(model_file(folder), trusted=True)
    sizes = (network.n_harmonics, network.n_noise_bands)
    return Instrument(bundle, design, params, network, sizes, response, partner, tuning_st)


def checked_runtime(runtime: str) -> Runtime:
    """The runtime of that name; BadInput if there is none."""
    if runtime == "compiled":
        return "compiled"
    if runtime == "torchscript":
        return "torchscript"
    raise BadInput(f"The runtime is compiled or torchscript, not {runtime!r}.")


def instrument_hash(name: str | Path) -> str:
    """SHA-256 of the model file: the instrument's identity in logs. Of two that play as one, both, joined as their names."""
    return JOINT.join(content_hash(find_instrument(part)) for part in parts_of(name) if part is not None)


def _own_room(folder: Path) -> Path | None:
    file = (folder if folder.is_dir() else folder.parent) / ROOM_FILE
    return file if file.is_file() else None


def _response(path: Path | None) -> tuple[NDArray[np.float64], int] | None:
    if path is None:
        return None
    sound = read_sound(path)
    if sound.seconds > LONGEST_RESPONSE_S:
        raise BadInput(f"The impulse response {path} is longer than {LONGEST_RESPONSE_S:g} s.")
    energy = float(np.sum(sound.samples.astype(np.float64) ** 2))
    if energy == 0.0:
        why = "is silent" if sound.broken_samples == 0 else "holds no sound, only samples that are no numbers"
        raise BadInput(f"The impulse response {path} {why}.")
    return sound.samples / np.sqrt(energy), sound.sample_rate
