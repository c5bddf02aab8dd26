"""`make figures`: measure everything anew, write tests/figures.json and the README's tables.

python -m tests.report --data DIR [--only GROUP]
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
from tests.report.readme import FIGURES, README, write_tables
from tests.report.rows import BY_ID, GROUPS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of shared recordings")
    parser.add_argument("--only", choices=[*GROUPS], action="append", help="measure this group alone; may be repeated")
    chosen = parser.parse_args()
    known: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {"figures": {}}
    values: dict[str, Any] = known["figures"]
    for group in chosen.only or GROUPS:
        print(f"measuring: {group}", flush=True)
        # A process of its own: no group warms or weighs down the next.
        command = [sys.executable, "-m", GROUPS[group], "--data", str(chosen.data)]
        measured = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout)
        for id, row in BY_ID.items():
            if row.group == group:
                value = float(measured[id])
                values[id] = {"value": round(value, 5), "limit": row.limit, "met": row.met(value), "commit": _commit()}
                print(f"  {'' if row.met(value) else 'FALLS SHORT '}{id}: {value:.5g}", flush=True)
    values = {id: values[id] for id in BY_ID if id in values}
    text = json.dumps({"machine": describe_machine(), "figures": values}, indent=1) + "\n"
    part = FIGURES.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, FIGURES)
    write_tables(README, FIGURES)


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
