"""What the views draw, worked out once a tick: what is sung, where it lands, what the instrument can do."""

from __future__ import annotations

from PySide6.QtCore import QObject

from jambox.control.kinds import load_instrument
from jambox.control.library import find_instrument
from jambox.errors import JamboxError
from jambox.gui.link import EngineLink
from jambox.instrument.hybrid import parts_of
from jambox.instrument.playing_range import PlayingRange
from jambox.units import A4_HZ, A4_MIDI, hz_to_midi

TRAIL = 32  # places, one every other tick: a second
# A voice that nobody knows yet: two octaves from A2, and the loudness that speech to song have.
FIRST_VOICE = (45.0, 69.0, -50.0, -18.0)
# Values of `source` with which the voice itself sounds, not keys alone.
_SOUNDING_VOICE = (0.0, 1.0)


class Heard(QObject):
    """`sung` and `played` are (MIDI pitch, loudness in dB), or None in rests; `notes` are those of keys, the newest last.

    What is played lies on the scale and has its vibrato; with a `source` that leaves the voice to keys it is theirs.
    """

    def __init__(self, link: EngineLink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._link = link
        self.range = PlayingRange.of(None)
        self.sung: tuple[float, float] | None = None
        self.played: tuple[float, float] | None = None
        self.notes: list[tuple[float, float]] = []
        self.confidence = 0.0
        self._voice = FIRST_VOICE
        link.instrument_changed.connect(self._meet)
        if link.status:
            self._meet(link.status["plan"]["instrument"])
        link.ticked.connect(self._look)

    def _meet(self, instrument: str) -> None:
        try:
            card = load_instrument(find_instrument(parts_of(instrument)[0])).card
        except JamboxError:  # a foreign file without a card has a usual range
            card = None
        self.range = PlayingRange.of(card)

    @property
    def voice(self) -> tuple[int, int, int, int]:
        """Lowest and highest pitch (MIDI), softest and loudest level (dB) of whoever sings, in whole numbers."""
        low, high, soft, loud = self._voice
        return round(low), round(high), round(soft), round(loud)

    @property
    def tuned(self) -> float | None:
        """The pitch that is played as its place among the keys (MIDI) of a piano that is tuned to this A4; None in rests."""
        if self.played is None:
            return None
        return self.played[0] - float(hz_to_midi(self._link.params.get("a4_hz", A4_HZ))) + A4_MIDI

    @property
    def shift(self) -> tuple[float, float]:
        """Semitones and dB between what is sung and what the instrument gets, what it finds by itself included."""
        params, meters = self._link.params, self._link.meters
        return (
            params.get("pitch_shift_st", 0.0) + meters.get("auto_octave_st", 0.0),
            params.get("loudness_shift_db", 0.0) + meters.get("auto_level_db", 0.0),
        )

    def _look(self) -> None:
        meters = self._link.meters
        self.confidence = meters.get("f0_confidence", 0.0)
        self.sung = self.played = None
        if meters.get("voiced") and meters["f0_hz"] > 0.0:
            pitch, loudness = float(hz_to_midi(meters["f0_hz"])), float(meters["loudness_db"])
            self.sung = pitch, loudness
            if self._link.params.get("source", 0.0) in _SOUNDING_VOICE:
                self.played = float(hz_to_midi(meters["played_hz"])), loudness + self.shift[1]
            self._widen(pitch, loudness)
        self.notes = [(float(hz_to_midi(hz)), level) for hz, level in self._link.shown.notes()]
        if self.played is None and self.notes:
            self.played, self.confidence = self.notes[-1], 1.0

    def _widen(self, pitch: float, loudness: float) -> None:
        """The range of the voice goes slowly to where it sings: a stray octave does not count."""
        low, high, soft, loud = self._voice
        slowly = 0.01
        self._voice = (
            low + slowly * min(0.0, pitch - low), high + slowly * max(0.0, pitch - high),
            soft + slowly * min(0.0, loudness - soft), loud + slowly * max(0.0, loudness - loud),
        )  # fmt: skip
