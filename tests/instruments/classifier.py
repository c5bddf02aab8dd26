"""Which instrument is this second of sound, or is it a voice? Learnt from real recordings alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from jambox.analysis import feature_hash
from jambox.config import cache_folder
from tests.instruments.collection import ORDER, say
from tests.instruments.corpus import VOICE, Seconds, learn_from

SAXOPHONE = "saxophone"
# Classes as they are scored: alto and tenor are one.
CLASSES = ("violin", "cello", "flute", SAXOPHONE, "clarinet", "oboe", "trumpet", VOICE)
_SECONDS_A_CLASS = 800
# There are few singers to learn from: a voice that is missed weighs twice.
_VOICE_WEIGHT = 2.0


def scored(name: str) -> str:
    """The class that an instrument counts as."""
    return SAXOPHONE if name.endswith("_sax") else name


@dataclass
class Classifier:
    """A support vector machine on the features of real seconds; every class weighs as much as any other, and within it every
    library or singer."""

    seconds: Seconds
    _fitted: dict[tuple[str, str], Any] = field(default_factory=dict)

    def named(self, x: NDArray[np.float64], without: tuple[str, str] = ("", "")) -> NDArray[np.str_]:
        """The class of every second [n, features]; `without` (class, library or singer) has not been heard then."""
        if not len(x):
            return np.zeros(0, dtype=np.str_)
        if without not in self._fitted:
            self._fitted[without] = self._fit(without)
        return np.asarray(self._fitted[without].predict(x))

    def _fit(self, without: tuple[str, str]) -> Any:
        label = np.array([scored(name) for name in self.seconds.label])
        kept = np.flatnonzero(~((label == without[0]) & (self.seconds.library == without[1])))
        chosen = _balanced(label, self.seconds.library, kept)
        machine = make_pipeline(StandardScaler(), SVC(C=2.0, gamma=0.01, class_weight={VOICE: _VOICE_WEIGHT}))
        return machine.fit(self.seconds.x[chosen], label[chosen])


def _balanced(
    label: NDArray[np.str_], library: NDArray[np.str_], kept: NDArray[np.int64], seed: int = 0
) -> NDArray[np.int64]:
    """As many seconds of each class, and within a class of each library, drawn with replacement."""
    random = np.random.default_rng(seed)
    drawn = []
    for name in np.unique(label[kept]):
        libraries = np.unique(library[kept][label[kept] == name])
        for one in libraries:
            own = kept[(label[kept] == name) & (library[kept] == one)]
            drawn.append(random.choice(own, _SECONDS_A_CLASS // len(libraries)))
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
