"""Recordings of many sorts through `jambox sines fit`, each an instrument or a refusal, as a table.

python -m tests.sines.real_inputs --data DIR
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jambox.analysis import analyse
from jambox.audiofile import read_sound, resample, write_sound
from jambox.control.kinds import load_instrument
from jambox.control.modal import ModalBundle
from jambox.instrument import Design, Instrument
from tests.sines.figures import PLAY_RATE, scale_off_cents
from tests.sines.sounds import RATE, bell, mosquito

PARTIALS = 64
Samples = NDArray[np.float64]


@dataclass(frozen=True)
class Input:
    """A sound by what it is, the recording that it is cut from (None: synthesised) and how."""

    what: str
    recording: str | None
    cut: Callable[[Samples, int], tuple[Samples, int]] = lambda x, rate: (x, rate)
    more: tuple[str, ...] = ()


def between(first_s: float, last_s: float) -> Callable[[Samples, int], tuple[Samples, int]]:
    return lambda x, rate: (x[round(first_s * rate) : round(last_s * rate)], rate)


def clipped(x: Samples, rate: int) -> tuple[Samples, int]:
    return np.clip(8.0 * x / np.max(np.abs(x)), -1.0, 1.0), rate


def stereo(x: Samples, rate: int) -> tuple[Samples, int]:
    return np.stack([x, 0.5 * np.roll(x, 7)], axis=1), rate


def at_96_khz(x: Samples, rate: int) -> tuple[Samples, int]:
    return resample(x.astype(np.float32), rate, 96_000).astype(np.float64), 96_000


BARK = "dog_bark_esc10_4-199261-A.flac"
INPUTS = (
    Input("a dog", BARK),
    Input("another dog", "dog_bark_esc10_1-100032-A.flac"),
    Input("a third dog", "dog_bark_esc10_5-231762-A.flac"),
    Input("the first, clipped by 18 dB", BARK, clipped),
    Input("the first, in stereo", BARK, stereo),
    Input("the first, at 96 kHz", BARK, at_96_khz),
    Input("a robin, whistling", "bird_robin_whistle.flac"),
    Input("a trumpet's note", "trumpet_sms_trumpet-A4.flac"),
    Input("an oboe's note, half a second", "oboe_sms_oboe-A4.flac", more=("--seconds", "0.5")),
    Input("a sung note, half a second", "singing_vocadito_10.flac", more=("--seconds", "0.5")),
    Input("a spoken word (a man)", "speech_libri_5703-47212-0000.flac", between(1.0, 3.0)),
    Input("a spoken word (a woman)", "speech_sms_speech-female.flac", between(0.0, 2.0)),
    Input("a whistled note", "whistling_porrasm_1.flac", between(0.0, 4.0)),
    Input("a mosquito", None, lambda x, rate: (mosquito()[0], RATE)),
    Input("a bell", None, lambda x, rate: (bell()[0], RATE)),
    Input("a clap", None, lambda x, rate: (clap(), RATE)),
    Input("silence", None, lambda x, rate: (np.zeros(RATE), RATE)),
    Input("ten seconds of a saxophone", "saxophone_sms_sax-phrase.flac"),
)


def clap() -> Samples:
    """Noise that dies away in 40 ms."""
    t = np.arange(RATE // 2) / RATE
    return np.asarray(0.5 * np.random.default_rng(0).standard_normal(len(t)) * np.exp(-t / 0.04))


def tried(sort: Input, data: Path, folder: Path) -> dict[str, object]:
    """What the command says of it and, where it made an instrument, how a note of that sounds."""
    x, rate = np.zeros(0), RATE
    if sort.recording is not None:
        sound = read_sound(data / "test" / sort.recording)
        x, rate = sound.samples.astype(np.float64), sound.sample_rate
    x, rate = sort.cut(x, rate)
    write_sound(folder / "sound.wav", x.astype(np.float32), rate)
    out = folder / "made"
    command = ["sines", "fit", folder / "sound.wav", "-o", out, "--partials", str(PARTIALS), "--quiet", "--json", *sort.more]
    run = subprocess.run([sys.executable, "-m", "jambox", *map(str, command)], capture_output=True, text=True, check=False)
    row: dict[str, object] = {"what": sort.what, "from": sort.recording or "synthesised"}
    if run.returncode:
        return row | {"refused": run.stderr.strip().removeprefix("jambox: ")}
    report = json.loads(run.stdout)
    bundle = load_instrument(out)
    assert isinstance(bundle, ModalBundle)
    player = Instrument(bundle, Design(PLAY_RATE))
    row |= {key: report[key] for key in ("sound_s", "snr_db", "lsd_db", "seconds", "reference_hz", "note") if key in report}
    return row | {"tracker_hz": tracked_hz(out.with_name("made.fit")), "scale_cents": round(scale_off_cents(player), 1)}


def tracked_hz(fit: Path) -> float | None:
    """Median pitch that the live analysis hears in what was fitted; None where it is sure of none."""
    sound = read_sound(fit / "original.wav", PLAY_RATE)
    track = analyse(sound.samples, PLAY_RATE)
    sure = track.f0_confidence > 0.5
    return round(float(np.median(track.f0_hz[sure])), 1) if sure.any() else None


def measure(data: Path) -> list[dict[str, object]]:
    """A row for every input."""
    rows = []
    for sort in INPUTS:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(tried(sort, data, Path(folder)))
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    return rows


def table(rows: list[dict[str, object]]) -> str:
    """The rows in Markdown."""
    lines = [
        "| | fitted | SNR | log-spectral distance | its pitch (live analysis) | scale off by | CPU time |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        if "refused" in row:
            lines.append(f"| {row['what']} | refused: {row['refused']} | | | | | |")
            continue
        heard = "none" if row["tracker_hz"] is None else f"{row['tracker_hz']:.0f}"
        lines.append(
            f"| {row['what']} | {row['sound_s']:.2f} s | {row['snr_db']:.1f} dB | {row['lsd_db']:.1f} dB | "
            f"{row['reference_hz']:.1f} Hz ({heard}) | {row['scale_cents']:.0f} cents | {row['seconds']:.0f} s |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of shared recordings")
    print(table(measure(parser.parse_args().data)))
