"""The model `modal`: matching pursuit, joint refinement, and filtered noise for the rest. [main]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from jambox.control.modal import COLUMNS, MOST_PARTIALS, ModalSound
from jambox.dsp.noise import N_NOISE_BANDS
from jambox.sines.atoms import Atom, add_atom
from jambox.sines.models import Model, Progress, Samples
from jambox.sines.noise import STEP_S, noise_magnitudes
from jambox.sines.partials import end_fade, render_partials, render_sound
from jambox.sines.pursuit import look, refine_atom, retune_atom
from jambox.sines.refine import refine_jointly, solve_amplitudes
from jambox.sines.track import followed

# So many partials are found between two joint refinements at least, and this share of those that there are.
_LEAST_BETWEEN = 4
_SHARE_BETWEEN = 0.5
_SWEEPS_BETWEEN = 2
# Rounds in which every atom looks anew where it begins; one that gains less than this is the last.
_ROUNDS = 4
_ROUND_GAIN_DB = 0.1
# Atoms that begin so early may all belong to one stroke; so many sweeps tell.
_STROKE_S = 0.005
_STROKE_SWEEPS = 4
# A sweep that takes less than this share of what is left (0.02 dB) is the last.
_LEAST_GAIN = 0.005
# Nothing is left when the residual has fallen so far below the sound.
_DONE_DB = 120.0
_INAUDIBLE = 1e-9


class ModalSettings(BaseModel):
    """How a modal fit is made."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    partials: Annotated[int, Field(ge=1, le=MOST_PARTIALS)] = 128
    """How many partials there may be; each more is another detail of the sound, and costs its share when it is played."""
    sweeps: Annotated[int, Field(ge=0, le=1000)] = 12
    """Joint refinements at the end, over all partials; 0: every partial stays as it was found, by itself."""
    looks: Annotated[int, Field(ge=1, le=MOST_PARTIALS)] = 24
    """So many looks at the least before all partials are found; more find them one by one, fewer several at once."""
    noise: bool = True
    """Whether what the partials leave over becomes filtered noise."""
    pitch_hz: Annotated[float, Field(ge=0.0, le=20_000.0)] = 0.0
    """The pitch of the sound as you hear it, to a semitone, where what is found is another's; 0: it is found."""


@dataclass
class ModalFit:
    """Atoms in samples of a sound of n samples, and what they leave over."""

    atoms: list[Atom]
    sound_samples: Samples
    sample_rate: int
    noise: bool
    residual: Samples
    told_hz: float | None = None
    points: list[tuple[int, float]] = field(default_factory=list)
    before_db: float = 0.0

    @property
    def curve(self) -> Sequence[tuple[int, float]]:
        """SNR (dB) over the number of partials; joint refinements are steps at the same number."""
        return self.points

    @property
    def curve_labels(self) -> tuple[str, str]:
        return "partials", "signal-to-noise ratio (dB)"

    @property
    def partials(self) -> int:
        return len(self.atoms)

    def table(self) -> NDArray[np.float64]:
        """The partials with the columns of COLUMNS, in order of their onsets, [K, 8]; their harmonics are not known yet."""
        rate = self.sample_rate
        rows = [
            (
                atom.w * rate / (2.0 * np.pi),
                atom.c * rate**2 / (2.0 * np.pi),
                abs(atom.a),
                (np.angle(atom.a) / (2.0 * np.pi)) % 1.0,
                atom.d * rate,
                atom.onset / rate,
                atom.rise / rate,
                0.0,
            )
            for atom in sorted(self.atoms, key=lambda atom: (atom.onset, atom.w))
        ]
        return np.array(rows, dtype=np.float64).reshape(-1, len(COLUMNS))

    def render(self, ratio: float = 1.0) -> Samples:
        """The partials at `ratio` times their pitch, [n]; onsets and decays stay where they are."""
        n = len(self.sound_samples)
        if ratio == 1.0:
            y = render_partials(self.table(), self.sample_rate, n)
        else:
            y = render_sound(self._followed(np.zeros((1, N_NOISE_BANDS), dtype=np.float32)), ratio, self.sample_rate, n)
        return y * end_fade(n, n / self.sample_rate, self.sample_rate)

    def report(self) -> dict[str, Any]:
        """SNR (dB) with every partial as pursuit found it, between joint refinements, and what the last ones gained."""
        return {"found_snr_db": round(self.before_db, 2), "gained_db": round(self.points[-1][1] - self.before_db, 2)}

    def sound(self) -> ModalSound:
        """The same as an instrument plays it."""
        left = self.sound_samples - self.render() if self.noise else np.zeros(len(self.sound_samples))
        return self._followed(noise_magnitudes(left, self.sample_rate))

    def _followed(self, noise: NDArray[np.float32]) -> ModalSound:
        return followed(self.table(), noise, STEP_S, len(self.sound_samples) / self.sample_rate, self.told_hz)


def fit_modal(samples: Samples, sample_rate: int, settings: ModalSettings, progress: Progress) -> ModalFit:
    """Fit partials to mono samples [n]."""
    residual = samples.astype(np.float64).copy()
    energy = float(residual @ residual)
    fit = ModalFit([], samples, sample_rate, settings.noise, residual, settings.pitch_hz or None)

    def snr_db() -> float:
        return 10.0 * float(np.log10(energy / max(float(residual @ residual), 1e-30)))

    atoms, most = fit.atoms, settings.partials
    refine_at = _LEAST_BETWEEN
    while len(atoms) < most and snr_db() < _DONE_DB:
        found = look(residual, sample_rate, min(most - len(atoms), max(1, most // settings.looks)))
        before = len(atoms)
        for candidate in found:
            atom = refine_atom(candidate, residual, sample_rate)
            if abs(atom.a) > _INAUDIBLE:
                atoms.append(atom)
                add_atom(residual, atom, -1.0)
        if len(atoms) == before:
            break
        fit.points.append((len(atoms), snr_db()))
        progress(0.8 * len(atoms) / most, f"{len(atoms)} partials, {snr_db():.1f} dB")
        if settings.sweeps and refine_at <= len(atoms) < most:
            refine_jointly(atoms, residual, _SWEEPS_BETWEEN)
            fit.points.append((len(atoms), snr_db()))
            refine_at = max(len(atoms) + _LEAST_BETWEEN, round(len(atoms) * (1.0 + _SHARE_BETWEEN)))
    fit.before_db = snr_db()
    if settings.sweeps and atoms:

        def told(sweep: int) -> None:
            progress(0.8 + 0.2 * sweep / settings.sweeps, f"all {len(atoms)} together, {snr_db():.1f} dB")

        _try_one_stroke(atoms, residual, round(_STROKE_S * sample_rate))
        for _ in range(min(settings.sweeps, _ROUNDS)):
            last = snr_db()
            refine_jointly(atoms, residual, _SWEEPS_BETWEEN)
            for atom in sorted(atoms, key=lambda atom: -abs(atom.a)):
                retune_atom(atom, residual, sample_rate)
            if snr_db() - last < _ROUND_GAIN_DB:
                break
        refine_jointly(atoms, residual, settings.sweeps, _LEAST_GAIN, told)
        solve_amplitudes(atoms, samples)
        residual[:] = samples
        for atom in atoms:
            add_atom(residual, atom, -1.0)
    fit.points.append((len(atoms), snr_db()))
    return fit


def _try_one_stroke(atoms: list[Atom], residual: Samples, within: int) -> None:
    """Where the sound begins at once, as a bell does that is cut at its stroke: let all early atoms begin with its first
    sample, without a rise, if that together leaves less. None of them alone would gain by it."""
    tried = [Atom(**vars(atom)) for atom in atoms]
    left = residual.copy()
    for atom, other in zip(atoms, tried, strict=True):
        if atom.onset < within:
            add_atom(left, atom)
            other.w = max(other.w - other.c * other.onset, 1e-4)
            other.onset, other.rise = 0, 0.0
            add_atom(left, other, -1.0)
    kept, kept_left = [Atom(**vars(atom)) for atom in atoms], residual.copy()
    refine_jointly(kept, kept_left, _STROKE_SWEEPS)
    refine_jointly(tried, left, _STROKE_SWEEPS)
    better, better_left = (tried, left) if left @ left < kept_left @ kept_left else (kept, kept_left)
    residual[:] = better_left
    for atom, other in zip(atoms, better, strict=True):
        vars(atom).update(vars(other))


# A second for each partial.
MODEL = Model(ModalSettings, fit_modal, minutes_for=lambda settings: settings.partials / 60.0)
