"""The figures of the bench as tables for a terminal."""

from __future__ import annotations

from typing import Any

from rich.table import Table


def tables(report: dict[str, Any]) -> list[Table]:
    """One table for each section that was measured."""
    settings = report["settings"]
    drawn = []
    for section, key, unit, title in (
        ("over_snr", "snr_db", " dB", "One sinusoid in noise: success (%) and squared error over the Cramér-Rao bound"),
        (
            "over_n_sines",
            "n_sines",
            "",
            f"Several sinusoids at {settings['mixture_snr_db']:g} dB: all found and share found (%)",
        ),
        (
            "over_gap",
            "gap_bins",
            " bins",
            f"Two sinusoids at {settings['mixture_snr_db']:g} dB: both found and share found (%)",
        ),
    ):
        figures = report.get(section, [])
        if figures:
            columns = list(dict.fromkeys(figure[key] for figure in figures))
            table = Table(title=title, title_justify="left", padding=0)
            for name in ("method", *(f"{value:g}{unit}" for value in columns)):
                table.add_column(name, no_wrap=True)
            for method in dict.fromkeys(figure["method"] for figure in figures):
                mine = {figure[key]: figure for figure in figures if figure["method"] == method}
                table.add_row(method, *(_cell(mine[value], section) for value in columns))
            drawn.append(table)
    if report.get("losses"):
        table = Table("loss", "success", title="The surrogate under each loss, one sinusoid, no noise", title_justify="left")
        for figure in report["losses"]:
            table.add_row(figure["loss"], f"{100.0 * figure['success']:.0f} %")
        drawn.append(table)
    if report.get("rules"):
        table = Table(
            "step rule", "steps", "arrived", title="Four sinusoids, 0.3 bins off: to 0.001 bin", title_justify="left"
        )
        for figure in report["rules"]:
            steps = f"over {settings['rule_steps']}" if figure["steps"] is None else f"{figure['steps']:.0f}"
            table.add_row(figure["rule"], steps, f"{100.0 * figure['arrived']:.0f} %")
        drawn.append(table)
    return drawn


def _cell(figure: dict[str, Any], section: str) -> str:
    success = f"{100.0 * figure['success']:.0f}"
    if section != "over_snr":
        return f"{success} {100.0 * figure['found']:.0f}"
    ratio = figure["error_over_bound"]
    return success if ratio is None else f"{success} {ratio:.2f}"
