"""What is no instrument is refused with a sentence that names the file and the reason, and nothing in it is run."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from jambox.analysis import FEATURE_VERSION
from jambox.control.bundle import Bundle, has_bundle, load_bundle
from jambox.control.card import CARD_FORMAT
from jambox.control.library import find_instrument, instrument_names
from jambox.control.torchscript import TorchScriptNetwork
from jambox.errors import BadModel


def rewritten(bundle: Bundle, tmp_path: Path, entry: str, content: bytes | None) -> Path:
    """A copy of an instrument with one of its extra files replaced, or left out."""
    file = tmp_path / "changed.ts"
    with zipfile.ZipFile(bundle.path) as old, zipfile.ZipFile(file, "w") as new:
        for info in old.infolist():
            if info.filename.endswith(f"extra/{entry}"):
                if content is not None:
                    new.writestr(info.filename, content)
            else:
                new.writestr(info.filename, old.read(info))
    return file


def refusal(path: Path) -> str:
    with pytest.raises(BadModel) as caught:
        load_bundle(path)
    sentence = str(caught.value)
    assert path.name in sentence
    assert "\n" not in sentence
    return sentence


def with_card(bundle: Bundle, tmp_path: Path, **changes: object) -> Path:
    fields = json.loads(bundle.card.as_json())
    fields.update(changes)
    return rewritten(bundle, tmp_path, "card.json", json.dumps(fields).encode())


def with_tensor(bundle: Bundle, tmp_path: Path, name: str, tensor: np.ndarray | None) -> Path:
    tensors = dict(bundle.tensors)
    if tensor is None:
        del tensors[name]
    else:
        tensors[name] = tensor
    return rewritten(bundle, tmp_path, "weights.safetensors", save(tensors))


def test_what_was_exported_is_read_back_bit_for_bit(tiny: Bundle) -> None:
    again = load_bundle(tiny.path.parent)
    assert again.card == tiny.card
    assert all(np.array_equal(again.tensors[name], tensor) for name, tensor in tiny.tensors.items())
    assert (tiny.path.parent / "card.json").read_text() == tiny.card.as_json()


def test_a_missing_file_and_a_text_file_are_refused(tmp_path: Path) -> None:
    assert "does not exist" in refusal(tmp_path / "model.ts")
    text = tmp_path / "text.ts"
    text.write_text("not a model")
    assert "not an instrument" in refusal(text)


def test_a_truncated_file_is_refused_at_any_length(tiny: Bundle, tmp_path: Path) -> None:
    whole = tiny.path.read_bytes()
    cut = tmp_path / "cut.ts"
    for share in (0.0, 0.1, 0.5, 0.9, 0.999):
        cut.write_bytes(whole[: int(share * len(whole))])
        refusal(cut)


def test_a_flipped_bit_in_the_weights_is_refused(tiny: Bundle, tmp_path: Path) -> None:
    # TorchScript keeps a copy of its own; both are hit.
    needle = tiny.tensors["head.bias"].tobytes()
    changed = bytes([needle[0], needle[1] ^ 0x10]) + needle[2:]
    broken = tmp_path / "broken.ts"
    broken.write_bytes(tiny.path.read_bytes().replace(needle, changed))
    refusal(broken)


def test_another_format_kind_or_feature_version_is_refused_by_name(tiny: Bundle, tmp_path: Path) -> None:
    assert f"format {CARD_FORMAT + 1}" in refusal(with_card(tiny, tmp_path, format=CARD_FORMAT + 1))
    assert "'modal'" in refusal(with_card(tiny, tmp_path, kind="modal"))
    assert str(FEATURE_VERSION + 1) in refusal(with_card(tiny, tmp_path, feature_version=FEATURE_VERSION + 1))
    assert "n_harmonics" in refusal(with_card(tiny, tmp_path, n_harmonics="many"))
    assert "no JSON" in refusal(rewritten(tiny, tmp_path, "card.json", b"\xff{"))
    assert "no JSON object" in refusal(rewritten(tiny, tmp_path, "card.json", b"[1]"))


def test_weights_that_are_not_finite_misshapen_or_missing_are_refused_by_name(tiny: Bundle, tmp_path: Path) -> None:
    bad = tiny.tensors["head.weight"].copy()
    for value in (np.nan, np.inf):
        bad[0, 0] = value
        assert "head.weight" in refusal(with_tensor(tiny, tmp_path, "head.weight", bad))
    assert "shape" in refusal(with_tensor(tiny, tmp_path, "head.bias", np.zeros(3, dtype=np.float32)))
    double = tiny.tensors["head.bias"].astype(np.float64)
    assert "float64" in refusal(with_tensor(tiny, tmp_path, "head.bias", double))
    assert "level_median" in refusal(with_tensor(tiny, tmp_path, "level_median", None))
    assert "damaged" in refusal(rewritten(tiny, tmp_path, "weights.safetensors", b"\x00" * 40))


def test_reading_an_instrument_imports_no_torch(tiny: Bundle) -> None:
    code = (
        "import sys; from jambox.control.stepping import CompiledNetwork; from jambox.control.bundle import load_bundle;"
        f"CompiledNetwork(load_bundle({str(tiny.path)!r})).step(0.5, 0.5); print('torch' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


class Malicious:
    """Unpickling this creates the file that it names."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return (Path.touch, (self.marker,))


def test_a_pickle_in_the_place_of_weights_or_of_the_whole_file_is_never_run(tiny: Bundle, tmp_path: Path) -> None:
    marker = tmp_path / "was-run"
    payload = pickle.dumps(Malicious(marker))
    refusal(rewritten(tiny, tmp_path, "weights.safetensors", payload))
    refusal(rewritten(tiny, tmp_path, "card.json", payload))
    whole = tmp_path / "pickle.ts"
    whole.write_bytes(payload)
    refusal(whole)
    with pytest.raises(BadModel):
        TorchScriptNetwork(whole, trusted=True)
    assert not marker.exists()


def test_a_foreign_torchscript_is_code_and_runs_only_when_trusted(tiny: Bundle, tmp_path: Path) -> None:
    foreign = rewritten(tiny, tmp_path, "weights.safetensors", None)
    assert not has_bundle(foreign)
    assert "torchscript" in refusal(foreign)
    with pytest.raises(BadModel, match="trust"):
        TorchScriptNetwork(foreign)
    ours, theirs = TorchScriptNetwork(tiny.path), TorchScriptNetwork(foreign, trusted=True)
    for a, b in zip(ours.step(0.5, 0.8), theirs.step(0.5, 0.8), strict=True):
        assert np.array_equal(a, b)


def test_a_torchscript_that_breaks_the_contract_is_refused(tmp_path: Path) -> None:
    import torch

    class Other(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.state_size = 3

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x

    file = tmp_path / "other.ts"
    torch.jit.save(torch.jit.script(Other()), str(file))
    with pytest.raises(BadModel, match="contract"):
        TorchScriptNetwork(file, trusted=True)


def test_names_cannot_leave_the_model_folders(tiny: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAMBOX_DATA_DIR", str(tmp_path / "user"))
    (tmp_path / "user" / "models").mkdir(parents=True)
    (tmp_path / "user" / "models" / "mine").symlink_to(tiny.path.parent)
    assert find_instrument("mine") == tmp_path / "user" / "models" / "mine"
    assert "mine" in instrument_names()
    assert find_instrument(tiny.path.parent) == tiny.path.parent
    assert find_instrument(f"{tiny.path.parent}/") == tiny.path.parent
    for name in ("..", ".", "", "mine\x00", "no-such", "~", "mi ne"):
        with pytest.raises(BadModel, match="no instrument named"):
            find_instrument(name)
    with pytest.raises(BadModel):
        find_instrument("../tiny")
