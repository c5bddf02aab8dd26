"""What the instrument hears: pitch, how sure it is of it, and loudness, once an analysis hop, with no look-ahead.

A sample's way: `samples` filters it; `correlation` asks after which lags the sound repeats, `candidates` prices them, `path`
picks one, `glide` carries it to this instant; `confidence` asks whether noise could do the same, `belief` whether to hold
the last pitch instead; `loudness` takes the level. `hop` calls them in this order, `track` runs the same kernels over a
recording.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from jambox.analysis.hop import analyse_hop
from jambox.analysis.samples import push_samples
from jambox.analysis.state import analysis_state_dtype, design_analysis, reset_analysis
from jambox.analysis.track import AnalysisTrack, analyse

# Raised by one whenever a trained network would hear something else: it must then be trained anew.
FEATURE_VERSION = 1


def feature_hash() -> str:
    """Hash of the source of the analysis, 64 hexadecimal digits: equal hashes, equal features."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).resolve().parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


__all__ = [
    "FEATURE_VERSION",
    "AnalysisTrack",
    "analyse",
    "analyse_hop",
    "analysis_state_dtype",
    "design_analysis",
    "feature_hash",
    "push_samples",
    "reset_analysis",
]
