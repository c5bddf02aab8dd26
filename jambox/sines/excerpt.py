"""The part of a recording that is fitted: one short sound, from its onset until it has died away. [main]"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jambox.errors import BadInput
from jambox.sines.trial import described_db

_FRAME_S = 0.005
# A sound ends where it has fallen so far below its loudest moment, or where it rises again by so much: another one begins.
_BELOW_PEAK_DB = 50.0
_ABOVE_FLOOR_DB = 6.0
_RISES_AGAIN_DB = 9.0
# It is taken to be one of the loud ones if its peak is within this of the loudest.
_AS_LOUD_DB = 6.0
_MOST_SOUNDS = 64
# How far a sound stands out differs by a decibel with where frames begin: those within this of the best stand out alike, and
# so many of them at the most are tried.
_ALIKE_DB, _MOST_TRIED = 2.0, 8
_BEFORE_S = 0.005
_AFTER_S = 0.01
_SMOOTH_FRAMES = 3
_SILENT_DB = -80.0
SHORTEST_S = 0.01
# One short sound; beyond this a fit takes minutes, and says so.
LONGEST_S = 3.0
# What is heard at most, and the least share of the energy that must lie there.
LOWEST_HZ, HIGHEST_HZ = 20.0, 20_000.0
_LEAST_AUDIBLE = 0.01
# A constant offset of less than this share of the sound (RMS) is left as it is.
_OFFSET = 1e-3


def active_part(samples: NDArray[np.float64], sample_rate: int) -> slice:
    """Where one sound of a recording (mono, shape [n]) begins and ends; BadInput where there is none.

    Of all sounds that come within 6 dB of the loudest moment it is the one that stands out farthest from what surrounds
    it: a single bark of a dog that barks, from its onset until it has died away or the next one begins. Of several that
    stand out alike it is the one that a few partials describe best: another sample rate, or a few samples more before them,
    change their levels by more than those differ, and a hoarse bark is fitted half as well as a clear one.
    """
    frame = _frame(sample_rate)
    level_db = _levels_db(samples, sample_rate)
    sounds = sorted(_sounds(level_db), key=lambda each: -each[0])
    alike = [each for each in sounds if each[0] > sounds[0][0] - _ALIKE_DB]
    parts = []
    for _, first, last in alike[:_MOST_TRIED]:
        start = max(0, first * frame - round(_BEFORE_S * sample_rate))
        end = len(samples) if last == len(level_db) - 1 else (last + 1) * frame + round(_AFTER_S * sample_rate)
        parts.append(slice(start, min(len(samples), end)))
    return parts[0] if len(parts) == 1 else max(parts, key=lambda part: described_db(samples[part], sample_rate))


def _frame(sample_rate: int) -> int:
    return max(1, round(_FRAME_S * sample_rate))


def _levels_db(samples: NDArray[np.float64], sample_rate: int) -> NDArray[np.float64]:
    """The level of every frame, smoothed over three; BadInput where there are none, or only silence."""
    frame = _frame(sample_rate)
    n_frames = len(samples) // frame
    if n_frames < 2:
        raise BadInput(f"The sound is shorter than {2 * _FRAME_S * 1000:g} ms: there is nothing to fit.")
    power = np.mean(samples[: n_frames * frame].reshape(n_frames, frame) ** 2, axis=1)
    smooth = np.convolve(np.pad(power, _SMOOTH_FRAMES // 2, "edge"), np.full(_SMOOTH_FRAMES, 1.0 / _SMOOTH_FRAMES), "valid")
    level_db = 10.0 * np.log10(smooth + 1e-20)
    if np.max(level_db) < _SILENT_DB:
        raise BadInput("The recording is silent: there is nothing to fit.")
    return np.asarray(level_db)


def _sounds(level_db: NDArray[np.float64]) -> list[tuple[float, int, int]]:
    """Of every sound that comes within 6 dB of the loudest moment: how far it stands out (dB), its first and last frame."""
    loudest_db = float(np.max(level_db))
    threshold_db = loudest_db - _BELOW_PEAK_DB
    floor_db = float(np.percentile(level_db, 10.0)) + _ABOVE_FLOOR_DB
    if floor_db < loudest_db - 2.0 * _RISES_AGAIN_DB:  # else it sounds from end to end
        threshold_db = max(threshold_db, floor_db)
    left_db = level_db.copy()
    sounds = []
    for _ in range(_MOST_SOUNDS):
        peak = int(np.argmax(left_db))
        if left_db[peak] < loudest_db - _AS_LOUD_DB:
            break
        before, begins_db = _length(level_db[peak::-1], threshold_db)
        after, ends_db = _length(level_db[peak:], threshold_db)
        first, last = peak - before + 1, peak + after - 1
        left_db[first : last + 1] = -np.inf
        sounds.append((float(level_db[peak]) - max(begins_db, ends_db), first, last))
    return sounds


def _without_offset(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(samples) == 0:
        return samples
    offset = float(np.mean(samples))
    return samples - offset if abs(offset) > _OFFSET * float(np.std(samples)) else samples


def audible_share(samples: NDArray[np.float64], sample_rate: int) -> float:
    """Share of the energy of samples [n] that lies between 20 Hz and 20 kHz, 0 to 1; under a Hann window, or a slow sine
    that is cut off would leak into what is heard."""
    energy = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    f_hz = np.fft.rfftfreq(len(samples), 1.0 / sample_rate)
    return float(np.sum(energy[(f_hz >= LOWEST_HZ) & (f_hz <= HIGHEST_HZ)]) / max(float(np.sum(energy)), 1e-300))


def _length(level_db: NDArray[np.float64], threshold_db: float) -> tuple[int, float]:
    """How many frames from a peak on belong to its sound, until it falls below the threshold or rises again, and the level
    (dB) to which it falls.

    Where it falls below the threshold, or goes on to the end of the recording, that is the threshold and not the level of
    its last frame: a stroke rises by 20 dB within a frame, and its first frame would tell where frames happen to begin.
    """
    lowest = np.minimum.accumulate(level_db)
    over = np.flatnonzero((level_db < threshold_db) | (level_db > lowest + _RISES_AGAIN_DB))
    if not len(over):
        return len(level_db), threshold_db
    if level_db[over[0]] < threshold_db:
        return int(over[0]), threshold_db
    end = int(np.argmin(level_db[: over[0]]))
    return end + 1, float(level_db[end])


def cost(length_s: float, minutes_for: float) -> str:
    """What a sound of that length takes, in words, at `minutes_for` minutes a second."""
    minutes = max(1, round(length_s * minutes_for))
    return f"about {minutes} minute{'s' if minutes > 1 else ''}"


def excerpt(
    samples: NDArray[np.float64], sample_rate: int, seconds: float | None, whole: bool, minutes_for: float
) -> NDArray[np.float64]:
    """What is to be fitted: the active part, at most `seconds` of it; with `whole`, everything; without a constant offset.

    BadInput if there is nothing in it, if less than 1 % of its energy lies between 20 Hz and 20 kHz, or if it is longer
    than 3 s and nobody said `seconds` or `whole`; the sentence tells the cost, `minutes_for` minutes a second of sound.
    """
    if seconds is not None and not seconds >= SHORTEST_S:
        raise BadInput(f"{seconds:g} s of a sound is too little: at least {SHORTEST_S:g} s are fitted.")
    samples = _without_offset(samples)
    _levels_db(samples, sample_rate)
    if audible_share(samples, sample_rate) < _LEAST_AUDIBLE:
        raise BadInput(
            f"Next to nothing in the recording can be heard: {100.0 * (1.0 - _LEAST_AUDIBLE):.0f} % of its energy "
            f"lies below {LOWEST_HZ:g} Hz or above {HIGHEST_HZ / 1000.0:g} kHz."
        )
    found = samples if whole else samples[active_part(samples, sample_rate)]
    if seconds is not None:
        found = found[: round(min(seconds * sample_rate, len(found)))]
    length_s = len(found) / sample_rate
    if length_s < SHORTEST_S:
        raise BadInput(f"The sound is only {1000 * length_s:.1f} ms long: there is nothing to fit.")
    if length_s > LONGEST_S and seconds is None and not whole:
        raise BadInput(
            f"The sound is {length_s:.1f} s long, and one short sound becomes an instrument: fit its beginning with "
            f"--seconds {LONGEST_S:g}, or all of it with --whole, which takes {cost(length_s, minutes_for)}."
        )
    return np.ascontiguousarray(found)
