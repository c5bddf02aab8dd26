"""What an engine shows beside its meters: its sound, harmonics, noise and notes, and how hard it works."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.engine.client import EngineClient
from jambox.engine.load import LoadMeter


class Shown:
    """Read from the record of the one engine that is followed; empty while nothing plays."""

    def __init__(self) -> None:
        self._client: EngineClient | None = None
        self._load: LoadMeter | None = None
        self._restarts = -1
        self._plays = False
        self._dropouts = 0
        self._notes = 0

    def follow(self, client: EngineClient, meters: dict[str, Any], plays: bool) -> None:
        """Show this engine's; its meters are those of this moment."""
        self._client, self._plays = client, plays
        self._dropouts, self._notes = int(meters["dropouts"]), int(meters["notes"])
        if meters["restarts"] != self._restarts:  # a new stream counts from 0
            self._restarts = meters["restarts"]
            self._load = LoadMeter(client.record.fields)

    def scope(self, seconds: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Newest input and output, float32 [n], mono."""
        if self._client is None or not self._plays:
            return np.zeros(0, np.float32), np.zeros(0, np.float32)
        return self._client.scope(seconds)

    def harmonics(self) -> NDArray[np.float32]:
        """Amplitudes of the harmonics of this moment, float32 [n]."""
        return self._curve("harmonic_amplitudes", "n_harmonics")

    def noise(self) -> NDArray[np.float32]:
        """Magnitudes of the noise bands of this moment, float32 [n] (see jambox.dsp.noise for where they lie)."""
        return self._curve("noise_magnitudes", "n_bands")

    def notes(self) -> list[tuple[float, float]]:
        """Pitch (Hz) and loudness (dB) of the keys' notes that sound, the newest last."""
        if self._client is None or not self._notes:
            return []
        fields = self._client.record.fields
        f0_hz, loudness_db = fields["note_f0_hz"].tolist(), fields["note_loudness_db"].tolist()
        return [note for note in zip(f0_hz, loudness_db, strict=True) if note[0] > 0.0]

    def load(self) -> tuple[float, int]:
        """Mean callback time over deadline since the last call, and the dropouts of this stream."""
        if self._load is None:
            return 0.0, 0
        return self._load.read().mean, self._dropouts

    def _curve(self, name: str, count: str) -> NDArray[np.float32]:
        if self._client is None or not self._plays:
            return np.zeros(0, np.float32)
        fields = self._client.record.fields
        return np.array(fields[name][: int(fields[count])])
