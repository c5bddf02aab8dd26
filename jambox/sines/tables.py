"""The figures of the bench as tables for a terminal."""

from __future__ import annotations

from typing import Any

from rich.table import Table


def tables(report: dict[str, Any]) -> list[Table]:
    """One table for each section that was measured."""
    settings = report["settings"]
    drawn = []
    at = f"{settings['mixture_snr_db']:g} dB"
    for section, key, unit, title, cell in (
        ("over_snr", "snr_db", " dB", "One sinusoid in noise: success (%)", _success),
        ("over_snr", "snr_db", " dB", "Squared error of the successes over the Cramér-Rao bound", _over_bound),
        ("over_n_sines", "n_sines", "", f"Several sinusoids at {at}: all found and share found (%)", _success_and_found),
        ("over_gap", "gap_bins", " bins", f"Two sinusoids at {at}: both found and share found (%)", _success_and_found),
    ):
        figures = report.get(section, [])
        if figures:
            columns = list(dict.fromkeys(figure[key] for figure in figures))
            table = Table(title=title, title_justify="left", padding=0)
            for name in ("method", *(f"{value:g}{unit}" for value in columns)):
                table.add_column(name, no_wrap=True)
            for method in dict.fromkeys(figure["method"] for figure in figures):
                mine = {figure[key]: figure for figure in figures if figure["method"] == method}
                table.add_row(method, *(cell(mine[value]) for value in columns))
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


def _success(figure: dict[str, Any]) -> str:
    return f"{100.0 * figure['success']:.0f}"


def _over_bound(figure: dict[str, Any]) -> str:
    ratio = figure["error_over_bound"]
    return "-" if ratio is None else f"{ratio:.2f}"


def _success_and_found(figure: dict[str, Any]) -> str:
    return f"{_success(figure)} {100.0 * figure['found']:.0f}"
