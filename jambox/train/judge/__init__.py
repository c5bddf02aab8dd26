"""Judging an instrument: how near it comes to recordings that it never saw, heard by judges that had no part in making it.

`evaluate` is the table of a card; `playing` makes what is compared; `distance`, `pitch` and `onsets` compare; `split` says
which recordings training may look at; `bootstrap` says what chance could do; `probe` plays something foreign.
"""

from jambox.train.judge.split import reporting, selection

__all__ = ["reporting", "selection"]
