"""What every instrument is held to, one column a figure and one line an instrument: tables of themes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.report.row import Row, number

CLASSES = ("violin", "cello", "flute", "saxophone", "clarinet", "oboe", "trumpet", "voice")
MODULE = "tests.instruments.figures"


@dataclass(frozen=True)
class Column:
    """A figure that every instrument of a theme has."""

    id: str
    text: str
    unit: str = ""
    limit: float | None = None
    better: str = "low"
    aim: float | None = None
    decimals: int = 1

    def row(self, theme: str, instrument: str) -> Row:
        """The figure of one instrument."""
        better = "low" if self.better == "low" else "high"
        id = f"{theme}.{instrument}.{self.id}"
        return Row(id, theme, f"{instrument}: {self.text}", self.unit, self.limit, better, self.aim, self.decimals)


def _near(loudness_l1_db: float | None, within_50: float | None, strict: bool) -> tuple[Column, ...]:
    """The columns of a table on recordings; `strict`: those that are promised on the instrument's own player alone."""

    def promised(limit: float) -> float | None:
        return limit if strict else None

    return (
        Column("mss", "spectral loss", decimals=2),
        Column("mss_bound", "bound", decimals=2),
        Column("mss_constant", "constant", decimals=2),
        Column("mss_untrained", "untrained", decimals=2),
        Column("share_percent", "of the way", "%", promised(80), "high", 90 if strict else None, 0),
        Column("lsd_db", "log-spectral distance", "dB"),
        Column("lsd_bound_db", "bound", "dB"),
        Column("lsd_constant_db", "constant", "dB"),
        Column("lsd_untrained_db", "untrained", "dB"),
        Column("loudness_l1_db", "loudness off", "dB", loudness_l1_db, "low", 0.8 if strict else None, 2),
        Column("f0_median_cents", "pitch off (median)", "cents", promised(3)),
        Column("f0_within_50_percent", "within 50 cents", "%", within_50, "high"),
        Column("onset_ms", "onsets off (median)", "ms"),
        Column("hnr_off_db", "harmonics to noise, off", "dB", promised(3)),
    )


THEMES: dict[str, tuple[Column, ...]] = {
    "own": (
        *_near(1.2, 98, strict=True),
        Column("gap", "unseen over seen", "", 1.25, decimals=2),
        Column("better_low", "better than constant by at least (95 %)", "", 0, "high", decimals=3),
    ),
    "other": _near(None, None, strict=False),
    "second": _near(1.8, 97, strict=False),
    "scale": (
        Column("notes", "notes played", decimals=0),
        Column("holes", "holes", "", 0, decimals=0),
        Column("wrong", "wrong pitches", "", 0, decimals=0),
        Column("largest_jump_db", "largest jump", "dB", 6),
        Column("brighter_octaves", "brighter when loud", "octaves", decimals=2),
        Column("recorded_brighter_octaves", "recordings", "octaves", decimals=2),
        Column("other_way", "other way round than recordings", "", 0, decimals=0),
    ),
    "articulation": (
        Column("staccato", "8 short notes give", decimals=0),
        Column("staccato_off", "off", "", 0, decimals=0),
        Column("glide", "a glide gives", decimals=0),
        Column("glide_off", "off", "", 0, decimals=0),
        Column("attack_off_ms", "attack off (median)", "ms", 10),
    ),
    "timbre": (
        Column("right_percent", "called what it is", "%", 60, "high", 75, 0),
        Column("voice_percent", "called a voice", "%", decimals=0),
    ),
    "confusion": tuple(Column(name, name, "%", decimals=0) for name in CLASSES),
}
# Of all instruments together, in a table of its own below the theme `timbre`.
TIMBRE_ROWS = (
    Row(
        "timbre.known_libraries_percent",
        "timbre_all",
        "The classifier is right on recordings that it never heard",
        "%",
        None,
        "high",
        None,
        0,
    ),
    Row("timbre.other_library_percent", "timbre_all", "on a library that it never heard", "%", None, "high", None, 0),
    Row("timbre.other_players_percent", "timbre_all", "on other players (`test`)", "%", None, "high", None, 0),
    Row("timbre.raw_voice_percent", "timbre_all", "Seconds of singing called a voice", "%", 85, "high", None, 0),
    Row(
        "timbre.mean_right_percent",
        "timbre_all",
        "Singing through the instruments: called the right one, mean",
        "%",
        80,
        "high",
        90,
        0,
    ),
    Row("timbre.mean_voice_percent", "timbre_all", "called a voice, mean", "%", 10, "low", None, 0),
)


def lines_of(theme: str, instruments: Sequence[str]) -> list[str]:
    """Names of the lines of a theme's table."""
    return ["voice", *instruments] if theme == "confusion" else list(instruments)


def instrument_rows(instruments: Sequence[str]) -> list[Row]:
    """Every figure of the instruments with these names."""
    rows = [
        column.row(theme, line)
        for theme, columns in THEMES.items()
        for line in lines_of(theme, instruments)
        for column in columns
    ]
    return [*rows, *TIMBRE_ROWS] if instruments else []


def theme_table(theme: str, instruments: Sequence[str], values: Mapping[str, Mapping[str, object]]) -> str:
    """The README's table of a theme: one line an instrument, Markdown; figures that could not be measured are left open."""
    columns = THEMES[theme]
    lines = [
        "| | " + " | ".join(column.text for column in columns) + " |",
        "|---|" + "---|" * len(columns),
    ]
    if any(column.limit is not None for column in columns):
        lines.append("| *limit* | " + " | ".join(_limit(column) for column in columns) + " |")
    for line in lines_of(theme, instruments):
        rows = [column.row(theme, line) for column in columns]
        lines.append(f"| {line} | " + " | ".join(_shown(row, values[row.id]["value"]) for row in rows) + " |")
    return "\n".join(lines)


def _limit(column: Column) -> str:
    if column.limit is None:
        return ""
    aim = f" (aim {column.aim:g})" if column.aim is not None else ""
    return f"{'≤' if column.better == 'low' else '≥'} {column.limit:g}{aim}"


def _shown(row: Row, value: object) -> str:
    if value is None:
        return "–"
    measured = float(str(value))
    return f"{number(measured, row)}{'' if row.met(measured) else ' (falls short)'}"
