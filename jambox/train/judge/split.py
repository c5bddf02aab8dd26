"""Two halves of the validation side: one to choose by while training, one to report on, and no recording in both."""

from __future__ import annotations

import hashlib

from jambox.train.dataset import Dataset, Entry

_SHORTEST_FRAMES = 50


def selection(entry: Entry) -> bool:
    """Whether training may look at this validation recording (to stop, to choose); fixed by the hash of its name."""
    return hashlib.sha256(entry.recording.encode()).digest()[0] % 2 == 0


def reporting(dataset: Dataset) -> list[Entry]:
    """The validation recordings that figures are reported on: of the source whose instrument was learnt, and in the half
    that training may not look at.

    A dataset whose validation side lies in one half (one recording, say) is reported on what it has.
    """
    return _unseen([entry for entry in _usable(dataset) if dataset.index.source_number(entry) == 0] or _usable(dataset))


def reporting_others(dataset: Dataset) -> list[Entry]:
    """The same of all other sources: players who taught the instrument, but whom it does not portray."""
    return _unseen([entry for entry in _usable(dataset) if dataset.index.source_number(entry) > 0])


def _usable(dataset: Dataset) -> list[Entry]:
    return [entry for entry in dataset.entries(validation=True) if entry.n_believed > _SHORTEST_FRAMES]


def _unseen(entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if not selection(entry)] or entries


def training_sample(dataset: Dataset, like: list[Entry]) -> list[Entry]:
    """For each recording in `like` one of the training side, of the same source where there is one, as near in length as
    possible, none twice."""
    left = [entry for entry in dataset.entries(validation=False) if entry.n_believed > _SHORTEST_FRAMES]
    chosen: list[Entry] = []
    for entry in like:
        if not left:
            break
        alike = [other for other in left if other.source == entry.source] or left
        nearest = min(alike, key=lambda other: (abs(other.n_believed - entry.n_believed), other.recording))
        left.remove(nearest)
        chosen.append(nearest)
    return chosen
