"""Which instrument is this second of sound, or is it a voice? Learnt from real recordings alone.

Two questions, one after the other. Is it a voice? A logistic regression answers, with a threshold at which 3 % of the real
instruments' seconds are called one, in recordings that it did not learn from (no recording of singing has a say in it). If
not, which instrument is it? A support vector machine answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from jambox.analysis import feature_hash
from jambox.config import cache_folder
from tests.instruments.collection import ORDER, say
from tests.instruments.corpus import VOICE, Seconds, is_phrase, learn_from

SAXOPHONE = "saxophone"
# Classes as they are scored: alto and tenor are one.
CLASSES = ("violin", "cello", "flute", SAXOPHONE, "clarinet", "oboe", "trumpet", VOICE)
_SECONDS_A_CLASS = 800
FALSE_VOICE_SHARE = 0.03
_FOLDS = 4


def scored(name: str) -> str:
    """The class that an instrument counts as."""
    return SAXOPHONE if name.endswith("_sax") else name


@dataclass(frozen=True)
class _Machines:
    """What answers the two questions, and from which decision value on a second is a voice."""

    voice: Any
    threshold: float
    instrument: Any

    def named(self, x: NDArray[np.float64]) -> NDArray[np.str_]:
        is_voice = self.voice.decision_function(x) > self.threshold
        return np.where(is_voice, VOICE, self.instrument.predict(x))


@dataclass
class Classifier:
    """Both machines on the features of real seconds; every class weighs as much as any other, and within it every library
    or singer."""

    seconds: Seconds
    _fitted: dict[tuple[str, str], _Machines] = field(default_factory=dict)

    def named(self, x: NDArray[np.float64], without: tuple[str, str] = ("", "")) -> NDArray[np.str_]:
        """The class of every second [n, features]; `without` (class, library or singer) has not been heard then."""
        if not len(x):
            return np.zeros(0, dtype=np.str_)
        if without not in self._fitted:
            self._fitted[without] = self._fit(without)
        return self._fitted[without].named(x)

    def _fit(self, without: tuple[str, str]) -> _Machines:
        label = np.array([scored(name) for name in self.seconds.label])
        library, recording, x = self.seconds.library, self.seconds.recording, self.seconds.x
        kept = np.flatnonzero(~((label == without[0]) & (library == without[1])))
        played = kept[label[kept] != VOICE]
        unheard = np.zeros(len(label))
        for learnt, held_out in GroupKFold(_FOLDS).split(kept, groups=self.seconds.recording[kept]):
            unheard[kept[held_out]] = self._voice(label, kept[learnt]).decision_function(x[kept[held_out]])
        chosen = _balanced(label, library, recording, played)
        machine = make_pipeline(StandardScaler(), SVC(C=2.0, gamma=0.01)).fit(x[chosen], label[chosen])
        threshold = float(np.quantile(unheard[played], 1.0 - FALSE_VOICE_SHARE))
        return _Machines(self._voice(label, kept), threshold, machine)

    def _voice(self, label: NDArray[np.str_], kept: NDArray[np.int64]) -> Any:
        chosen = _balanced(label, self.seconds.library, self.seconds.recording, kept)
        machine = make_pipeline(StandardScaler(), LogisticRegression(C=0.05, max_iter=3000))
        return machine.fit(self.seconds.x[chosen], label[chosen] == VOICE)


def _balanced(
    label: NDArray[np.str_],
    library: NDArray[np.str_],
    recording: NDArray[np.str_],
    kept: NDArray[np.int64],
    seed: int = 0,
) -> NDArray[np.int64]:
    """As many seconds of each class, within a class of the notes and of the phrases of each library, drawn with
    replacement."""
    random = np.random.default_rng(seed)
    group = np.array([f"{one}{' phrases' * is_phrase(file)}" for one, file in zip(library, recording, strict=True)])
    drawn = []
    for name in np.unique(label[kept]):
        groups = np.unique(group[kept][label[kept] == name])
        for one in groups:
            own = kept[(label[kept] == name) & (group[kept] == one)]
            drawn.append(random.choice(own, _SECONDS_A_CLASS // len(groups)))
    return np.concatenate(drawn)


def trained(data: Path) -> Classifier:
    """The classifier; the features of the recordings are kept in the user's cache."""
    here = Path(__file__).parent
    sources = [here / name for name in ("timbre.py", "corpus.py")] + [data / "manifest.csv"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources) + feature_hash().encode()).hexdigest()[:16]
    path = cache_folder() / "timbre" / f"{digest}.npz"
    return Classifier(_kept(path, lambda: learn_from(data, ORDER)))


def _kept(path: Path, make: Callable[[], Seconds]) -> Seconds:
    if not path.exists():
        say("timbre: listening to real recordings")
        made = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        np.savez(part, x=made.x, label=made.label, library=made.library, recording=made.recording)
        part.replace(path)
    with np.load(path) as stored:
        return Seconds(stored["x"], stored["label"], stored["library"], stored["recording"])
