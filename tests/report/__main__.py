"""`make figures`: measure everything anew, write tests/figures.json and the README's tables.

python -m tests.report --data DIR [--only GROUP] [--instrument NAME]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from jambox.bench import describe_machine
from tests.instruments.collection import shipped
from tests.report.instruments import MODULE
from tests.report.readme import FIGURES, README, write_tables
from tests.report.row import Row
from tests.report.rows import GROUPS, MEASURED_THEMES, rows_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of shared recordings")
    groups = [*GROUPS, *MEASURED_THEMES]
    parser.add_argument("--only", choices=groups, action="append", help="measure this group alone; may be repeated")
    parser.add_argument("--datasets", type=Path, help="folder of the instruments' datasets by name (default: a cache)")
    parser.add_argument("--instrument", action="append", help="judge this one alone (not its place among the others)")
    chosen = parser.parse_args()
    alone: list[str] = chosen.instrument or []
    known: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {"figures": {}}
    values: dict[str, Any] = known["figures"]
    instruments = shipped()
    rows = rows_of(instruments)
    # What compares all instruments with each other cannot be measured on some of them.
    themes = [theme for theme in MEASURED_THEMES if theme != "timbre"]
    for group in chosen.only or (themes if alone else groups):
        print(f"measuring: {group}", flush=True)
        # A process of its own: no group warms or weighs down the next.
        command = [sys.executable, "-m", GROUPS.get(group, MODULE), "--data", str(chosen.data)]
        if group in MEASURED_THEMES:
            command += ["--only", group, *(part for name in alone for part in ("--instrument", name))]
            command += ["--datasets", str(chosen.datasets)] if chosen.datasets is not None else []
        measured = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
        for id, row in rows.items():
            if row.group in _tables(group) and (not alone or any(f".{name}." in id for name in alone)):
                values[id] = _entry(row, measured.get(id) if group in MEASURED_THEMES else measured[id])
    judged = [name for name in instruments if all(id in values for id in rows if f".{name}." in id)]
    values = {id: values[id] for id in rows_of(judged) if id in values}
    text = json.dumps({"instruments": judged, "figures": values}, indent=1) + "\n"
    part = FIGURES.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, FIGURES)
    write_tables(README, FIGURES)


def _tables(group: str) -> tuple[str, ...]:
    """The tables that a measured group fills."""
    return ("timbre", "timbre_all", "confusion") if group == "timbre" else (group,)


def _entry(row: Row, measured: float | None) -> dict[str, Any]:
    """A figure as it is stored; None could not be measured (an instrument without a second source, say)."""
    of = {"commit": _commit(), "machine": _machine()}
    if measured is None:
        return {"value": None, "limit": row.limit, "met": row.limit is None, **of}
    value = float(measured)
    print(f"  {'' if row.met(value) else 'FALLS SHORT '}{row.id}: {value:.5g}", flush=True)
    return {"value": round(value, 5), "limit": row.limit, "met": row.met(value), **of}


def _machine() -> str:
    machine = describe_machine()
    return f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, Python {machine['python']}"


def _commit() -> str:
    """The commit that was measured; "+" where the tree held more than it."""
    git = ["git", "-C", str(README.parent)]
    head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    changed = subprocess.run(
        [*git, "status", "--porcelain", "--", "jambox", "models"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return head + ("+" if changed else "")


if __name__ == "__main__":
    main()
