"""The shared record: what any front end may see of a playing engine, in a memory-mapped file of fixed layout.

One process writes, the engine; readers map the file read-only and never disturb it. A counter that is odd while the meters
are being written tells a reader to look again. The layout has a version; a reader of another one is refused in a sentence.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jambox.engine.load import LOAD_BINS
from jambox.engine.runtime import RECORD_FILE, private_file
from jambox.errors import JamboxError
from jambox.params import BY_ID, PARAMS

MAGIC = int.from_bytes(b"jambox\0\0", "little")
VERSION = 1
# Of input and output each: 5.5 s at 48 kHz.
SCOPE_SAMPLES = 1 << 18
MOST_PARAMS = 128
MOST_HARMONICS = 256
MOST_BANDS = 128
MOST_NOTES = 32

STOPPED, STARTING, PLAYING, WAITING = 0, 1, 2, 3
STATES = ("stopped", "starting", "playing", "waiting for the device")

_FIELDS: list[Any] = [
    ("magic", "<i8"),
    ("version", "<i8"),
    ("layout", "<i8"),
    ("pid", "<i8"),
    ("writing", "<i8", (1,)),  # odd while what follows is being written
    ("state", "<i8"),  # an index of STATES
    ("sample_rate", "<f8"),
    ("block_size", "<i8"),  # asked of the device; 0: as it likes
    ("position", "<i8"),  # samples since the stream began
    ("latency_device_s", "<f8"),
    ("latency_buffering_s", "<f8"),
    ("latency_analysis_s", "<f8"),
    ("callbacks", "<i8"),
    ("overflows", "<i8"),
    ("underflows", "<i8"),
    ("late", "<i8"),
    ("dropouts_ours", "<i8"),
    ("dropouts_machine", "<i8"),
    ("dropouts_device", "<i8"),
    ("cpu_sum", "<f8"),
    ("cpu_load", "<i8", (LOAD_BINS,)),
    ("wall_load", "<i8", (LOAD_BINS,)),
    ("bypassed", "<i8"),
    ("broken_inputs", "<i8"),
    ("network_faults", "<i8"),
    ("swaps", "<i8"),
    ("restarts", "<i8"),  # of the stream, since the engine began
    ("peak_in", "<f8"),  # full scale 1, over the last 50 ms or so
    ("peak_out", "<f8"),
    ("rms_in", "<f8"),
    ("rms_out", "<f8"),
    ("clipped_in", "<i8"),  # samples at full scale, since the stream began
    ("clipped_out", "<i8"),
    ("f0_hz", "<f8"),
    ("f0_confidence", "<f8"),
    ("loudness_db", "<f8"),
    ("voiced", "<i8"),
    ("played_hz", "<f8"),  # what the voice is turned into: shifted, on the scale, with its vibrato; of a rest the last one
    ("auto_octave_st", "<f8"),
    ("auto_level_db", "<f8"),
    ("ducked_db", "<f8"),  # 0 unless a loudspeaker feeds back
    ("howls", "<i8"),  # times that it did, since the stream began
    ("notes", "<i8"),  # that sound
    ("midi_ports", "<i8"),  # that are open, a virtual one of our own among them
    ("midi_messages", "<i8"),  # that came through them since the engine began
    ("midi_notes", "<i8"),  # keys that went down among them
    ("midi_late", "<i8"),  # events of notes that missed their sample, in whoever plays now
    ("recorded_s", "<f8"),  # 0 while nothing is recorded
    ("params_layout", "<i8"),
    ("param_target", "<f8", (MOST_PARAMS,)),
    ("n_harmonics", "<i8"),
    ("n_bands", "<i8"),
    ("harmonic_amplitudes", "<f4", (MOST_HARMONICS,)),
    ("noise_magnitudes", "<f4", (MOST_BANDS,)),
    ("note_f0_hz", "<f8", (MOST_NOTES,)),  # of the notes that sound, the oldest first; 0: no more
    ("note_loudness_db", "<f8", (MOST_NOTES,)),
    ("scope_written", "<i8", (1,)),
    ("scope_in", "<f4", (SCOPE_SAMPLES,)),
    ("scope_out", "<f4", (SCOPE_SAMPLES,)),
]
RECORD_TYPE = np.dtype(_FIELDS, align=True)
# What a front end shows as numbers.
_INNER = ("magic", "version", "layout", "cpu_sum", "params_layout", "n_harmonics", "n_bands")
METERS = tuple(name for name, _, *shape in _FIELDS if not shape and name not in _INNER)


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "little")


LAYOUT = _digest(repr(RECORD_TYPE.descr))
PARAMS_LAYOUT = _digest(" ".join(row.id for row in PARAMS))


class SharedRecord:
    """The record of the engine in `folder`: `fields` is one `RECORD_TYPE`, writable for the engine alone."""

    def __init__(self, folder: Path, *, write: bool = False) -> None:
        path = folder / RECORD_FILE
        size = RECORD_TYPE.itemsize
        try:
            if write:
                if path.exists() and path.stat().st_size != size:
                    path.unlink()  # another version's; whoever reads it keeps their own view of it
                with private_file(path, size) as file:
                    self._map = mmap.mmap(file.fileno(), size)
            else:
                with path.open("rb") as file:
                    self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise JamboxError(f"The engine's record {path} cannot be read: {error}.") from error
        if not write and len(self._map) != size:
            raise JamboxError(_OTHER_VERSION)
        self.fields: Any = np.frombuffer(self._map, dtype=RECORD_TYPE)[0] if not write else self._writable()
        if write:
            for name, value in (("magic", MAGIC), ("version", VERSION), ("layout", LAYOUT)):
                self.fields[name] = value
        else:
            self.check()

    def _writable(self) -> Any:
        array: NDArray[Any] = np.ndarray(1, dtype=RECORD_TYPE, buffer=self._map)
        return array[0]

    def check(self) -> None:
        """JamboxError unless the record is of this version."""
        if (self.fields["magic"], self.fields["version"], self.fields["layout"]) != (MAGIC, VERSION, LAYOUT):
            raise JamboxError(_OTHER_VERSION)

    def params(self) -> dict[str, float] | None:
        """Where every parameter is heading; None if they are those of another version or there are none yet."""
        if self.fields["params_layout"] != PARAMS_LAYOUT:
            return None
        return dict(zip(BY_ID, self.fields["param_target"].tolist(), strict=False))

    def read(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Copies of some fields, all of one moment (after eight tries, of nearly one)."""
        values: dict[str, Any] = {}
        for _ in range(8):
            before = int(self.fields["writing"][0])
            values = {name: np.array(self.fields[name]) for name in names}
            if before % 2 == 0 and int(self.fields["writing"][0]) == before:
                break
        return {name: value if value.ndim else value.item() for name, value in values.items()}

    def scope(self, n_samples: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The newest input and output, each float32 of shape [n], n at most `n_samples`."""
        written = int(self.fields["scope_written"][0])
        n = min(n_samples, written, SCOPE_SAMPLES // 2)
        slots = np.arange(written - n, written) % SCOPE_SAMPLES
        return self.fields["scope_in"][slots], self.fields["scope_out"][slots]

    def close(self) -> None:
        """Let go of the file."""
        del self.fields
        with contextlib.suppress(BufferError):
            self._map.close()


_OTHER_VERSION = "The engine that runs is of another version of Jambox: end it (jambox engine stop), then start again."
