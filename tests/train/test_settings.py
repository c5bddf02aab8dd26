"""Settings come in layers, are documented in one place, and a wrong one is named in a sentence."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from jambox.errors import BadInput
from jambox.train.config import TrainConfig
from jambox.train.settings import config_as_toml, layered_config, write_settings


def test_the_written_file_is_the_defaults_with_a_comment_on_every_setting(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    write_settings(file, config_as_toml(TrainConfig()))
    assert layered_config({}, file) == TrainConfig()
    text = file.read_text()
    for name, field in TrainConfig.model_fields.items():
        assert field.description, name
        assert f"# {field.description}\n" in text
    assert set(tomllib.loads(text)) == set(TrainConfig.model_fields)
    with pytest.raises(BadInput, match="is there already"):
        write_settings(file, "")


def test_each_layer_lies_over_the_last(tmp_path: Path) -> None:
    file = tmp_path / "my.toml"
    file.write_text("spectral_steps = 10\npatience = 3\n[network]\nn_hidden = 64\n")
    recipe = {"neighbour_share": 0.6, "spectral_steps": 500}
    config = layered_config(recipe, file, ["patience=4", "network.n_recurrent=32", "device=cpu"])
    assert config.neighbour_share == 0.6
    assert config.spectral_steps == 10
    assert config.patience == 4
    assert (config.network.n_hidden, config.network.n_recurrent, config.network.n_pitch) == (64, 32, 64)
    assert config.device == "cpu"


@pytest.mark.parametrize(
    ("recipe", "text", "entries", "sentence"),
    [
        ({"regresion_steps": 5}, "", [], r"^The recipe's training has a wrong entry: there is no setting regresion_steps"),
        ({}, "seed = 'abc'\n", [], r"my\.toml has a wrong entry: seed: Input should be a valid integer"),
        ({}, "[network]\nn_wide = 3\n", [], r"my\.toml has a wrong entry: there is no setting network\.n_wide"),
        ({}, "seed = = 3", [], r"my\.toml is no TOML"),
        ({}, "", ["average_decay=1.5"], r"^--set average_decay=1\.5 has a wrong entry: average_decay: .* less than 1"),
        ({}, "", ["regression_rate=inf"], r"regression_rate: .*finite"),
        ({}, "", ["seed"], r"^--set takes key=value, not 'seed'"),
        ({}, "", ["device=gpu9"], r"device: Input should be 'auto', 'cpu' or 'cuda'"),
    ],
)
def test_a_wrong_entry_is_named_with_where_it_stands(
    tmp_path: Path, recipe: dict[str, int], text: str, entries: list[str], sentence: str
) -> None:
    file = tmp_path / "my.toml"
    file.write_text(text)
    with pytest.raises(BadInput, match=sentence) as refusal:
        layered_config(recipe, file, entries)
    assert "\n" not in str(refusal.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"none\.toml does not exist"):
        layered_config({}, tmp_path / "none.toml")
