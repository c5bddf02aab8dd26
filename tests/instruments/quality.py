"""How near each instrument comes to recordings that it never saw: of its own source, and of another one."""

from __future__ import annotations

from pathlib import Path

from jambox.config import cache_folder
from jambox.control.bundle import Bundle
from jambox.train.dataset import Dataset
from jambox.train.judge.evaluate import Table, evaluate_dataset, judge, table
from jambox.train.judge.playing import renders
from tests.instruments.second_source import second_source_dataset

OWN = {
    "mss": ("trained", "mss"),
    "mss_bound": ("bound", "mss"),
    "mss_constant": ("constant", "mss"),
    "mss_untrained": ("untrained", "mss"),
    "share_percent": ("trained", "share"),
    "better_low": ("trained", "better_low"),
    "gap": ("trained", "gap"),
    "lsd_db": ("trained", "lsd_db"),
    "lsd_bound_db": ("bound", "lsd_db"),
    "lsd_constant_db": ("constant", "lsd_db"),
    "lsd_untrained_db": ("untrained", "lsd_db"),
    "loudness_l1_db": ("trained", "loudness_l1_db"),
    "loudness_l1_bound_db": ("bound", "loudness_l1_db"),
    "loudness_l1_constant_db": ("constant", "loudness_l1_db"),
    "loudness_l1_untrained_db": ("untrained", "loudness_l1_db"),
    "f0_median_cents": ("trained", "f0_median_cents"),
    "f0_within_50_percent": ("trained", "f0_within_50_cents"),
    "onset_ms": ("trained", "onset_ms"),
    "hnr_db": ("trained", "hnr_db"),
    "hnr_recording_db": ("recording", "hnr_db"),
}
SECOND = {id: where for id, where in OWN.items() if id not in ("better_low", "gap")}


def own_figures(dataset: Dataset, bundle: Bundle) -> dict[str, float]:
    """Figures on the reporting half of the validation recordings of the player whose instrument this is."""
    return _figures(evaluate_dataset(dataset, bundle, quiet=True), OWN)


def other_player_figures(dataset: Dataset, bundle: Bundle) -> dict[str, float]:
    """The same on the other players who taught it, but whom it does not portray; empty where there is none."""
    found = evaluate_dataset(dataset, bundle, quiet=True, home=False)
    return _figures(found, OWN) if found else {}


def second_figures(name: str, dataset: Dataset, bundle: Bundle, data: Path) -> dict[str, float]:
    """The same on recordings of another library or player."""
    other = second_source_dataset(name, dataset, data, _folder(name, dataset))
    if other is None:
        return {}
    # Constant and untrained are those of the instrument's own training side.
    played = renders(dataset, bundle)
    entries = other.entries(validation=True)
    judged = {row: judge(other, entries, row, render) for row, render in played.items()}
    return _figures(table(judged), SECOND)


def _folder(name: str, dataset: Dataset) -> Path:
    return cache_folder() / "second-sources" / dataset.index.feature_hash[:12] / name


def _figures(found: Table, wanted: dict[str, tuple[str, str]]) -> dict[str, float]:
    figures = {}
    for id, (row, key) in wanted.items():
        value = found[row].get(key, float("nan"))
        figures[id] = 100.0 * value if id.endswith("_percent") else value
    figures["hnr_off_db"] = abs(figures["hnr_db"] - figures["hnr_recording_db"])
    return figures
