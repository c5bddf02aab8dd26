"""The README's generated parts: tables of figures, of parameters and of presets, between markers."""

from __future__ import annotations

import json
import re
from pathlib import Path

from jambox.config import preset_folders
from jambox.params import PARAMS
from jambox.presets.library import read_preset
from tests.report.instruments import THEMES, theme_table
from tests.report.rows import GROUPS, ROWS, table

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
FIGURES = ROOT / "tests" / "figures.json"


# Groups whose figures are the machine's as much as ours: the README names it below their tables.
OF_THE_MACHINE = ("speed", "burden", "keys", "window")


def machines(group: str, figures: dict[str, dict[str, str]]) -> list[str]:
    """The machines on which the figures of a group were measured."""
    return sorted({figures[row.id]["machine"] for row in ROWS if row.group == group})


def parameter_table() -> str:
    """The parameters, one row each but for the drawn curve, which has one for all of its points; Markdown."""
    lines = ["| id | range | default | what it does |", "|---|---|---|---|"]
    drawn = [row for row in PARAMS if row.group == "harmonics"]
    for row in PARAMS:
        if row in drawn[1:]:
            continue
        unit = f" {row.unit}" if row.unit else ""
        id, help = f"`{row.id}`", row.help
        if row is drawn[0]:
            id, help = f"`{row.id}` to `{drawn[-1].id}`", f"Levels of single harmonics, a drawn curve. {drawn[-1].help}"
        lines.append(f"| {id} | {row.minimum:g} to {row.maximum:g}{unit} | {row.default:g} | {help} |")
    return "\n".join(lines)


def preset_table() -> str:
    """The shipped presets in the order of their programs, one row each, Markdown."""
    lines = ["| program | preset | instrument | for | what it is |", "|---|---|---|---|---|"]
    shipped = sorted(preset_folders()[1].glob("*.json"), key=lambda path: path.stem)
    for number, path in enumerate(shipped, start=1):
        preset = read_preset(path)
        players = " and ".join(tag for tag in ("voice", "keys") if tag in preset.tags)
        lines.append(f"| {number} | `{path.stem}` | {preset.instrument} | {players} | {preset.description} |")
    return "\n".join(lines)


def with_tables(text: str, figures: Path = FIGURES) -> str:
    """`text` with every generated part as it should be."""
    content = json.loads(figures.read_text(encoding="utf-8"))
    figures_by_id = content["figures"]
    parts = {f"figures:{group}": table(group, figures_by_id) for group in GROUPS}
    for group in OF_THE_MACHINE:
        parts[f"figures:{group}"] += f"\n\nMeasured on {' and '.join(machines(group, figures_by_id))}."
    instruments = content.get("instruments", [])
    if instruments:
        parts |= {f"figures:{theme}": theme_table(theme, instruments, content["figures"]) for theme in THEMES}
        parts["figures:timbre_all"] = table("timbre_all", content["figures"])
    parts["parameters"] = parameter_table()
    parts["presets"] = preset_table()
    for name, part in parts.items():
        # An empty part must end at its own mark, not at the next one.
        pattern = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
        text = pattern.sub(lambda match, part=part: f"{match[1]}{part}\n{match[2]}", text)
    return text


def write_tables(readme: Path = README, figures: Path = FIGURES) -> None:
    """Bring the README up to date with the figures."""
    readme.write_text(with_tables(readme.read_text(encoding="utf-8"), figures), encoding="utf-8")
