"""Writing an instrument: TorchScript for any host, with weights and card inside as plain data for this one. [main]

Nothing is written unless the compiled kernel and the TorchScript file agree to 1e-4 of full scale over ten seconds of
pitch and loudness that also leave the trained range.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save as save_safetensors

from jambox.control.bundle import CARD_ENTRY, CARD_FILE, MODEL_FILE, WEIGHTS_ENTRY, Bundle, load_bundle
from jambox.control.card import Card
from jambox.control.layout import tensor_shapes
from jambox.control.model import HarmonicNoiseNetwork
from jambox.control.scaling import f0_scaled, loudness_scaled
from jambox.control.stepping import CompiledNetwork
from jambox.control.torchscript import TorchScriptNetwork
from jambox.errors import BadModel

LARGEST_DIFFERENCE = 1e-4
CHECKED_FRAMES = 2500  # 10 s of control hops
LARGEST_FILE_BYTES = 1_500_000


def network_tensors(network: HarmonicNoiseNetwork, card: Card) -> dict[str, NDArray[np.float32]]:
    """The network's tensors as arrays, by the names of `layout.tensor_shapes`."""
    state = network.state_dict()
    return {name: state[name].detach().to(torch.float32).cpu().numpy().copy() for name in tensor_shapes(card)}


def export_instrument(network: HarmonicNoiseNetwork, card: Card, folder: Path | str) -> Bundle:
    """Write `model.ts` and `card.json` into `folder` and return what a player would load; BadModel if it must not be played.

    Either both files are replaced or, when a check fails, none.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    file, card_file = folder / MODEL_FILE, folder / CARD_FILE
    # Hidden names that end as the real ones do: the checks then read them exactly as a player would.
    new_file, new_card = folder / f".new-{MODEL_FILE}", folder / f".new-{CARD_FILE}"
    try:
        _save(network, card, new_file)
        bundle = load_bundle(new_file)
        difference = largest_difference(bundle)
        if not difference <= LARGEST_DIFFERENCE:
            raise BadModel(
                f"{file} was not written: compiled and TorchScript outputs differ by {difference:.1e} of full scale."
            )
        if new_file.stat().st_size > LARGEST_FILE_BYTES:
            raise BadModel(f"{file} was not written: it would be larger than {LARGEST_FILE_BYTES} bytes.")
        new_card.write_text(card.as_json(), encoding="utf-8")
        os.replace(new_file, file)
        os.replace(new_card, card_file)
    finally:
        new_file.unlink(missing_ok=True)
        new_card.unlink(missing_ok=True)
    return load_bundle(folder)


def largest_difference(bundle: Bundle, n_frames: int = CHECKED_FRAMES, seed: int = 0) -> float:
    """Largest difference of any output between the compiled kernel and the TorchScript file, full scale = 1."""
    f0, loudness = probe_frames(bundle.card, n_frames, seed)
    compiled = CompiledNetwork(bundle)
    script = TorchScriptNetwork(bundle.path, trusted=True)
    worst = 0.0
    for pitch, level in zip(f0, loudness, strict=True):
        for ours, theirs in zip(compiled.step(pitch, level), script.step(pitch, level), strict=True):
            worst = max(worst, float(np.max(np.abs(ours - theirs))))
    return worst


def probe_frames(card: Card, n_frames: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scaled pitch and loudness of `n_frames` frames: glides, jumps and vibrato beyond the card's ranges, and silence."""
    random = np.random.default_rng(seed)
    time_s = np.arange(n_frames) / 250.0
    low, high = np.log2([card.f0_hz.p01, card.f0_hz.p99])
    notes = np.repeat(random.uniform(low - 1.0, high + 1.0, n_frames // 40 + 1), 40)[:n_frames]
    f0_hz = np.exp2(notes + 0.03 * np.sin(2.0 * np.pi * 6.0 * time_s))
    loudness_db = -35.0 + 34.0 * np.sin(2.0 * np.pi * 0.7 * time_s) + random.normal(0.0, 3.0, n_frames)
    loudness_db[n_frames // 2 : n_frames // 2 + 50] = -120.0
    return f0_scaled(f0_hz), loudness_scaled(np.minimum(loudness_db, 0.0))


def _save(network: HarmonicNoiseNetwork, card: Card, file: Path) -> None:
    network = network.eval().cpu()
    with warnings.catch_warnings():
        # TorchScript is the format that hosts read; torch announces a successor that they do not.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        script = torch.jit.script(network)
        extra = {CARD_ENTRY: card.as_json(), WEIGHTS_ENTRY: save_safetensors(network_tensors(network, card))}
        torch.jit.save(script, str(file), _extra_files=extra)
