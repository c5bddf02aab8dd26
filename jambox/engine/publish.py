"""What the engine shows: from stage and instrument into the shared record, some sixty times a second. [control]"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jambox.engine.engine import Engine
from jambox.engine.keyboards import Keyboards
from jambox.engine.record import (
    MOST_BANDS,
    MOST_HARMONICS,
    MOST_NOTES,
    PARAMS_LAYOUT,
    PLAYING,
    RECORD_TYPE,
    SCOPE_SAMPLES,
    SharedRecord,
)
from jambox.engine.stage import hand_over, stage_dtype
from jambox.instrument import Instrument
from jambox.instrument.pool import OFF
from jambox.params import N_PARAMS

LEVEL_S = 0.05
FULL_SCALE = 0.999
# What the stage counts and the record shows under the same name.
_COUNTS = tuple(
    name for name in stage_dtype.names or () if name in (RECORD_TYPE.names or ()) and name not in ("sample_rate", "position")
)


class Publisher:
    """The one writer of a shared record."""

    def __init__(self, record: SharedRecord, pid: int) -> None:
        self._fields = record.fields
        self._at = 0
        with self:
            self._fields["pid"] = pid
            self._fields["restarts"] = -1

    def __enter__(self) -> Publisher:
        self._turn(1)
        return self

    def __exit__(self, *error: object) -> None:
        self._turn(0)

    def _turn(self, odd: int) -> None:
        count = int(self._fields["writing"][0])
        hand_over(self._fields["writing"], count + 1 + (count + 1 + odd) % 2)

    def show_state(self, state: int) -> None:
        """Tell what the engine is doing (see record.STATES)."""
        with self:
            self._fields["state"] = state

    def show_params(self, params: dict[str, float]) -> None:
        """Tell where every parameter is heading, in the order of the table."""
        with self:
            self._fields["params_layout"] = PARAMS_LAYOUT
            self._fields["param_target"][:N_PARAMS] = list(params.values())

    def show_stream(self, engine: Engine) -> None:
        """A stream was opened: what stays the same while it runs."""
        self._at = 0
        with self:
            fields = self._fields
            fields["sample_rate"] = engine.sample_rate
            fields["block_size"] = engine.settings.block_size
            latency = engine.latency
            fields["latency_device_s"] = latency.device
            fields["latency_buffering_s"] = latency.buffering
            fields["latency_analysis_s"] = latency.analysis
            fields["clipped_in"] = fields["clipped_out"] = 0
            fields["restarts"] += 1
            fields["state"] = PLAYING

    def show_midi(self, keyboards: Keyboards) -> None:
        """What is played by MIDI."""
        with self:
            self._fields["midi_ports"] = keyboards.n_open
            self._fields["midi_messages"] = keyboards.messages
            self._fields["midi_notes"] = keyboards.notes

    def show(self, engine: Engine, recorded_s: float) -> None:
        """Meters and scope of this moment."""
        stage, fields = engine.stage, self._fields
        instrument = engine.instrument
        harmonics, noise = instrument.memory.row("amplitudes_to"), instrument.memory.row("noise_to")
        with self:
            for name in _COUNTS:
                fields[name] = stage.record[name]
            for name, value in instrument.meters().items():
                fields[name] = value
            fields["midi_late"] = instrument.header["notes"]["late"]
            fields["network_faults"] = instrument.header["network_faults"]
            fields["recorded_s"] = recorded_s
            fields["n_harmonics"], fields["n_bands"] = len(harmonics), len(noise)
            voice = instrument.header["voice"]
            played = harmonics * voice["harmonics_gain_to"], noise * voice["noise_gain_to"]
            harmonics, noise = self._show_notes(instrument, *played)
            fields["harmonic_amplitudes"][: min(len(harmonics), MOST_HARMONICS)] = harmonics[:MOST_HARMONICS]
            fields["noise_magnitudes"][: min(len(noise), MOST_BANDS)] = noise[:MOST_BANDS]
            self._show_sound(engine)

    def _show_notes(
        self, instrument: Instrument, harmonics: NDArray[np.float32], noise: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Pitch and loudness of the notes; harmonics and noise of whatever is the loudest in each, notes and voice."""
        notes, memory = instrument.header["notes"], instrument.memory
        rows = 1 + np.flatnonzero(notes["state"][1:] != OFF)
        rows = rows[np.argsort(notes["serial"][rows])][-MOST_NOTES:]
        for name, source in (("note_f0_hz", "f0_to_hz"), ("note_loudness_db", "told_db")):
            shown = np.zeros(MOST_NOTES)
            shown[: len(rows)] = notes[source][rows]
            self._fields[name][:] = shown
        for row in rows.tolist():
            harmonics = np.maximum(harmonics, memory.row("amplitudes_to", row) * notes["harmonics_to"][row])
            noise = np.maximum(noise, memory.row("noise_to", row) * notes["noise_to"][row])
        return harmonics, noise

    def _show_sound(self, engine: Engine) -> None:
        """New samples to the scope, and their levels."""
        stage, fields = engine.stage, self._fields
        position = stage.position
        size = len(stage.ring_in)
        new = min(position - self._at, SCOPE_SAMPLES // 4, size)
        written = int(fields["scope_written"][0])
        slots, into = np.arange(position - new, position) % size, np.arange(written, written + new) % SCOPE_SAMPLES
        recent = np.arange(position - min(position, round(LEVEL_S * engine.sample_rate)), position) % size
        for end, ring, side in (("in", stage.ring_in, None), ("out", stage.ring_out, stage.ring_side)):
            samples = ring[slots]
            fields[f"scope_{end}"][into] = samples
            # Of the louder of left and right.
            beside = np.abs(side[slots]) if side is not None else 0.0
            fields[f"clipped_{end}"] += int(np.count_nonzero(np.abs(samples) + beside >= FULL_SCALE))
            level = ring[recent].astype(np.float64)
            beside = np.abs(side[recent]) if side is not None else 0.0
            fields[f"peak_{end}"] = np.max(np.abs(level) + beside, initial=0.0)
            fields[f"rms_{end}"] = np.sqrt(np.mean(level**2)) if len(level) else 0.0
        hand_over(fields["scope_written"], written + new)
        self._at = position
        fields["position"] = position
