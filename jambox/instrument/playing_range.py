"""What an instrument plays in: the pitches and levels that it was recorded with. [main]"""

from __future__ import annotations

from dataclasses import dataclass

from jambox.control.card import Card
from jambox.control.modal import ModalCard
from jambox.control.scaling import f0_scaled

# An instrument that came without a card: 1st, 50th and 99th percentile of its pitch (Hz); 5th, 50th, 95th and 99th of its
# loudness (dB).
FOREIGN_F0_HZ = (65.4, 261.6, 1046.5)
FOREIGN_LOUDNESS_DB = (-50.0, -28.0, -16.0, -12.0)


@dataclass(frozen=True)
class PlayingRange:
    """What an instrument plays in: MIDI pitches and dB."""

    low_st: float
    middle_st: float
    high_st: float
    softest_db: float
    middle_db: float
    loud_db: float
    loudest_db: float

    @classmethod
    def of(cls, card: Card | ModalCard | None) -> PlayingRange:
        """That of the card's recordings, or a usual one for an instrument without a card."""
        if card is None:
            f0_hz, loudness_db = FOREIGN_F0_HZ, FOREIGN_LOUDNESS_DB
        else:
            f0_hz = (card.f0_hz.p01, card.f0_hz.p50, card.f0_hz.p99)
            heard = card.loudness_db
            loudness_db = (heard.p05, heard.p50, heard.p95, heard.p99)
        low_st, middle_st, high_st = (127.0 * float(f0_scaled(hz)) for hz in f0_hz)
        return cls(low_st, middle_st, high_st, *loudness_db)
