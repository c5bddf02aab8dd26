"""`jambox sines bench`: ways to find frequencies side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from jambox.audiofile import replacing
from jambox.cli import options
from jambox.cli.progress import progress_bar
from jambox.errors import JamboxError


def bench(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for bench.json and the pictures.")] = Path("sines-bench"),
    quick: Annotated[bool, typer.Option("--quick", help="Fewer trials: half a minute instead of five (CPU time).")] = False,
    config: Annotated[Path | None, typer.Option(help="Settings (.toml).")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="One setting over all others; repeatable.")
    ] = None,
    write_config: Annotated[
        Path | None, typer.Option("--write-config", help="Write all settings with their defaults and meaning, and stop.")
    ] = None,
    as_json: options.JsonOption = False,
) -> None:
    """Find the frequencies of random sinusoids by every method, against the Cramér-Rao bound; same seed, same figures."""
    try:
        from jambox.sines.bench import QUICK, BenchSettings, check_settings, run_bench
        from jambox.sines.making import check_folder
        from jambox.sines.pictures import draw_all
    except ImportError as error:
        raise JamboxError(f"The bench needs {error.name}: pip install 'jambox[train]'.") from error
    from jambox.settings import as_toml, layered, write_settings

    if write_config is not None:
        write_settings(write_config, as_toml(BenchSettings(), "jambox sines bench"))
        typer.echo(f"{write_config}: all settings with their defaults")
        return
    chosen = layered(BenchSettings, [("--quick", QUICK)] if quick else [], config, settings or [])
    check_settings(chosen)
    check_folder(out)
    with progress_bar("Measuring", as_json) as progress:
        report = run_bench(chosen, progress)
    pictures = draw_all(out, report)
    text = json.dumps(report, indent=1)
    with replacing(out / "bench.json") as part:
        part.write_text(text + "\n", encoding="utf-8")
    if as_json:
        typer.echo(text)
        return
    from rich.console import Console

    from jambox.sines.tables import tables

    console = Console(highlight=False)
    for table in tables(report):
        console.print(table)
    console.print(f"{out}: bench.json, {', '.join(path.name for path in pictures)}", style="dim", soft_wrap=True)
