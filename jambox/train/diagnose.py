"""What ails a run, told from its curves alone: each disease with its evidence and its remedy in words. Needs no torch."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from jambox.train.curves import Point, Stage

Name = Literal["healthy", "overfit", "underfit", "silent", "noisy", "reverberant"]

# Held-out recordings may be so much worse than those learnt from, and so much worse than they were at the best look ...
LARGEST_GAP = 1.25
LARGEST_RISE = 1.005
# ... while those learnt from come nearer by this share or more: a falling learning rate lets neither change much.
LEAST_MEMORISED = 0.05
# The network before its first step plays the median timbre: a run must get well below its distance.
LEAST_LEARNT = 0.15
# A run that is cut off still gains so much in its last quarter.
STILL_FALLING = 0.10
# Unless it is as near as this already: the recordings hold little to be learnt.
NEAR_HARMONICS_DB = 2.5
SILENT_DB = -20.0
LEAST_HNR_DB = -6.0
LONGEST_TAIL_DB = 6.0


class Finding(BaseModel):
    """A disease: its name, what shows it, and what to do."""

    name: Name
    evidence: str
    remedy: str


class Verdict(BaseModel):
    """The first finding names it; best_step is the step whose weights are the best on held-out recordings."""

    name: Name
    best_step: int
    last_step: int
    findings: list[Finding]

    def in_words(self) -> str:
        """The verdict for people, a paragraph a finding."""
        best = f"Best step: {self.best_step} of {self.last_step}."
        return "\n".join([*(f"{f.name}: {f.evidence} {f.remedy}".strip() for f in self.findings), best])


def diagnose(points: list[Point]) -> Verdict:
    """The verdict on the looks at a run (at least one), the gravest disease first."""
    last = points[-1]
    of_stage = [point for point in points if point.stage == last.stage]
    best = min(of_stage, key=lambda point: point.score)
    findings = [*_silent(best), *_noisy(best), *_reverberant(best), *_overfit(points), *_underfit(points)]
    overfit_at = next((_best(points, stage).step for stage in _stages(points) if _is_overfit(points, stage)), None)
    if not findings:
        findings = [_healthy(best)]
    first = findings[0]
    best_step = overfit_at if first.name == "overfit" and overfit_at is not None else best.step
    return Verdict(name=first.name, best_step=best_step, last_step=last.step, findings=findings)


def _stages(points: list[Point]) -> list[Stage]:
    """Stages that were looked at, the last one first."""
    return [stage for stage in ("sound", "levels") if any(point.stage == stage for point in points)]


def _best(points: list[Point], stage: Stage) -> Point:
    return min((point for point in points if point.stage == stage), key=lambda point: point.score)


def _is_overfit(points: list[Point], stage: Stage) -> bool:
    """Worse on held-out recordings at the end of a stage than at its best, while better on those learnt from."""
    last = [point for point in points if point.stage == stage][-1]
    best = _best(points, stage)
    if not last.validation or best.step == last.step:
        return False
    memorised = 1.0 - last.fit["total"] / max(best.fit["total"], 1e-9)
    return last.score > LARGEST_RISE * best.score and memorised > LEAST_MEMORISED and _gap(last) > LARGEST_GAP


def _gap(point: Point) -> float:
    return point.validation["total"] / max(point.fit["total"], 1e-9)


def _overfit(points: list[Point]) -> list[Finding]:
    for stage in _stages(points):
        if _is_overfit(points, stage):
            best = _best(points, stage)
            last = [point for point in points if point.stage == stage][-1]
            return [
                Finding(
                    name="overfit",
                    evidence=f"From step {best.step} on it learns these recordings by heart: held-out ones got worse by "
                    f"{100.0 * (last.score / best.score - 1.0):.1f} % until step {last.step}, and are {_gap(last):.1f} "
                    "times as far off as those it learns from.",
                    remedy="The best weights were kept; more recordings help most, then fewer steps, a smaller network, "
                    "or more augmentation (neighbour_share, jitter_db).",
                )
            ]
    return []


def _underfit(points: list[Point]) -> list[Finding]:
    """Hardly better than the median timbre, or cut off while it was still learning fast."""
    first, last = points[0], points[-1]
    if last.fit["harmonics"] <= NEAR_HARMONICS_DB:
        return []
    learnt = 1.0 - min(point.fit["harmonics"] for point in points) / max(first.fit["harmonics"], 1e-9)
    quarter = [point for point in points if point.step <= 0.75 * last.step]
    falling = 1.0 - last.fit["harmonics"] / max(quarter[-1].fit["harmonics"], 1e-9) if quarter else 0.0
    if learnt >= LEAST_LEARNT and falling <= STILL_FALLING:
        return []
    if falling > STILL_FALLING:
        evidence = f"It was still learning fast when it ended: {100.0 * falling:.0f} % nearer in its last quarter."
    else:
        evidence = f"It is hardly nearer to the recordings than their median timbre ({100.0 * learnt:.0f} %)."
    remedy = "Give it more steps (regression_steps), a higher regression_rate, or a larger network."
    return [Finding(name="underfit", evidence=evidence, remedy=remedy)]


def _silent(point: Point) -> list[Finding]:
    level_db = point.output.get("level_db", 0.0)
    if level_db > SILENT_DB:
        return []
    return [
        Finding(
            name="silent",
            evidence=f"The output has collapsed to silence: it is {-level_db:.0f} dB softer than its input.",
            remedy="Look for recordings whose level was changed after they were measured, prepare the dataset again, and "
            "lower the learning rates if it returns.",
        )
    ]


def _noisy(point: Point) -> list[Finding]:
    output = point.output
    below_db = output.get("hnr_db", 0.0) - output.get("recorded_hnr_db", 0.0)
    if below_db > LEAST_HNR_DB:
        return []
    return [
        Finding(
            name="noisy",
            evidence=f"The noise branch swallows the harmonics: they stand {output['hnr_db']:.0f} dB above the noise, in "
            f"the recordings {output['recorded_hnr_db']:.0f} dB.",
            remedy="Leave out noisy recordings, and name the reverberation_s of reverberant ones in the recipe.",
        )
    ]


def _reverberant(point: Point) -> list[Finding]:
    tail_db = point.output.get("tail_db", 0.0)
    if tail_db < LONGEST_TAIL_DB:
        return []
    return [
        Finding(
            name="reverberant",
            evidence=f"It has learnt the room: after a note it sounds on or hisses {tail_db:.0f} dB louder than it should.",
            remedy="Use drier recordings, or name their reverberation_s in the recipe, so that tails are kept out.",
        )
    ]


def _healthy(point: Point) -> Finding:
    if not point.validation:
        evidence = "It learns, but nothing was held out, so nobody can tell whether it only learns by heart."
        return Finding(name="healthy", evidence=evidence, remedy="Keep a few recordings for validation.")
    evidence = f"Recordings it never heard are {_gap(point):.2f} times as far off as those it learnt from."
    remedy = "More recordings would bring that nearer to 1." if _gap(point) > LARGEST_GAP else ""
    return Finding(name="healthy", evidence=evidence, remedy=remedy)
