"""What the header of a wav file says it holds: libsndfile plays one that was cut off without a word."""

from __future__ import annotations

import struct
from pathlib import Path

# Sizes that whoever writes into a pipe puts there, since it cannot come back to the header.
_UNKNOWN = 0x7FFF_0000


def claimed_frames(path: Path) -> int:
    """Frames that a RIFF/WAVE file says it has; 0 for another file, or where it does not say. OSError if it cannot be read.

    Source: Multimedia Programming Interface and Data Specifications 1.0 (IBM and Microsoft, 1991), chapter 3.
    """
    with path.open("rb") as file:
        if file.read(4) != b"RIFF" or file.seek(8) != 8 or file.read(4) != b"WAVE":
            return 0
        frame_bytes = 0
        while len(head := file.read(8)) == 8:
            name, size = struct.unpack("<4sI", head)
            if name == b"data":
                return size // frame_bytes if frame_bytes > 0 and size < _UNKNOWN else 0
            content = file.tell()
            if name == b"fmt ":
                form = file.read(14)
                frame_bytes = struct.unpack("<12xH", form)[0] if len(form) == 14 else 0
            file.seek(content + size + size % 2)  # chunks begin at even bytes
    return 0
