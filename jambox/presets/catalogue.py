"""All presets at once, as a person looks through them: numbered, favourites marked, found by words and tags. [main]"""

from __future__ import annotations

from dataclasses import dataclass

from jambox.errors import JamboxError
from jambox.presets.favourites import favourites
from jambox.presets.library import is_shipped, load_preset, numbered
from jambox.presets.preset import Preset


@dataclass(frozen=True)
class Entry:
    """A preset that can be played: its name, the program (from 1) by which MIDI chooses it, and whose it is."""

    name: str
    program: int
    preset: Preset
    shipped: bool
    favourite: bool

    def matches(self, text: str = "", tags: tuple[str, ...] = (), instrument: str | None = None) -> bool:
        """Whether every word of `text` is in name, description, tags, author or instrument, and it has every tag and plays
        that instrument (None: any)."""
        preset = self.preset
        words = " ".join([self.name, preset.name, preset.description, preset.author, preset.instrument, *preset.tags])
        known = {tag.casefold() for tag in preset.tags}
        return (
            all(word in words.casefold() for word in text.casefold().split())
            and all(tag.casefold() in known for tag in tags)
            and instrument in (None, preset.instrument)
        )


def catalogue() -> tuple[list[Entry], list[str]]:
    """Every preset in the order of its program, and a sentence for each file that cannot be read. BadInput if the favourites
    are damaged."""
    liked = favourites()
    entries: list[Entry] = []
    complaints: list[str] = []
    for program, name in enumerate(numbered(), start=1):
        try:
            preset = load_preset(name)
        except JamboxError as error:
            complaints.append(str(error))
            continue
        entries.append(Entry(name, program, preset, is_shipped(name), name in liked))
    return entries, complaints
