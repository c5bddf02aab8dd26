"""Where a FLAC file ends whose last frame was cut off, or whose header does not say: libsndfile refuses both.

A file is a header and frames; each frame knows where it belongs and has checksums of its own.
Source: RFC 9639, section 8 (the header's blocks) and 9 (frames).
"""

from __future__ import annotations

import contextlib
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# "fLaC", four bytes before the first block, which is always STREAMINFO.
HEADER_BYTES = 42
# 36 bits, after four that belong to another field; 0: whoever wrote the header did not know yet.
TOTAL_AT, _TOTAL_BYTES = 21, 5
_TOTAL_BITS = 36


@dataclass(frozen=True)
class FlacEnd:
    """The end of the last whole frame: its place in the file, the samples before it, and those that the header claims.

    `cut_off`: something follows that is no frame, such as the beginning of one.
    """

    at: int
    samples: int
    claimed: int
    cut_off: bool


def claimed_samples(header: bytes) -> int:
    """What the first `HEADER_BYTES` of a file say that it holds."""
    return int.from_bytes(header[TOTAL_AT : TOTAL_AT + _TOTAL_BYTES], "big") % (1 << _TOTAL_BITS)


def claim(header: bytes, samples: int) -> bytes:
    """What is to be at `TOTAL_AT` of the file that begins with `header` if it holds so many samples."""
    field = int.from_bytes(header[TOTAL_AT : TOTAL_AT + _TOTAL_BYTES], "big")
    return ((field >> _TOTAL_BITS << _TOTAL_BITS) + samples).to_bytes(_TOTAL_BYTES, "big")


def largest_block(header: bytes) -> int:
    """Samples of the longest frame; of every frame but the last, unless their lengths vary."""
    return int.from_bytes(header[10:12], "big")


def find_end(path: Path) -> FlacEnd | None:
    """None for a file without a whole frame, or of another kind. OSError if it cannot be read."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        header = content[:HEADER_BYTES]
        first = _first_frame(content)
        if first is None:
            return None
        found = _last_frame(content, first)
        if found is None:
            return None
        at, samples = found
        # A machine that lost its power leaves zeros where the disk was not written to: to a checksum they are nothing.
        follows = at < len(content) or content[-3:] == bytes(3)
        return FlacEnd(at, samples, claimed_samples(header), follows)


@contextlib.contextmanager
def ending(path: Path, end: FlacEnd) -> Iterator[mmap.mmap]:
    """The file as it would be if it ended there and its header said so; the one on the disk stays as it is."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), end.at, access=mmap.ACCESS_COPY) as content:
        content[TOTAL_AT : TOTAL_AT + _TOTAL_BYTES] = claim(content[:HEADER_BYTES], end.samples)
        yield content


def _first_frame(content: mmap.mmap) -> int | None:
    """Where the header's blocks end."""
    if len(content) < HEADER_BYTES or content[:4] != b"fLaC":
        return None
    at, last = 4, False
    while not last:
        head = content[at : at + 4]
        if len(head) < 4 or (at > 4 and head[0] % 0x80 == 0):  # STREAMINFO comes once: zeros are no blocks
            return None
        last = head[0] >= 0x80
        at += 4 + int.from_bytes(head[1:], "big")
    return at


def _last_frame(content: mmap.mmap, first: int) -> tuple[int, int] | None:
    """Where the last whole frame ends, and how many samples there are until then; sought from the end."""
    sync = content[first : first + 2]
    if sync not in (b"\xff\xf8", b"\xff\xf9"):
        return None
    header = content[:HEADER_BYTES]
    channels = (header[20] >> 1) % 8 + 1
    longest = 64 + channels * (8 + 5 * largest_block(header))  # were nothing of it compressed
    ends, at = [len(content)], len(content)
    while (at := content.rfind(sync, first, at)) >= 0:
        place = _place(content[at : at + 16])
        if place is None:
            continue
        # What looks like a frame may be the inside of one: the nearest end is not always the right one.
        for end in reversed(ends):
            if end - at > longest:
                break
            if _checksum(content[at:end], 16, 0x8005) == 0:
                number, samples = place
                begins = number if sync == b"\xff\xf9" else number * largest_block(header)
                return end, begins + samples
        ends.append(at)
    return None


def _place(head: bytes) -> tuple[int, int] | None:
    """The number that a frame's header holds, and its samples; None if it is no such header."""
    if len(head) < 6 or head[2] >> 4 == 0 or head[2] & 15 == 15 or head[3] & 1:
        return None
    ones = 8 - (~head[4] & 0xFF).bit_length()  # as in UTF-8: how many bytes the number takes
    if ones in (1, 8):
        return None
    at = 4 + max(ones, 1)
    number = head[4] & (0x7F >> ones)
    for byte in head[5:at]:
        number = number << 6 | byte & 0x3F
    code = head[2] >> 4
    more = {6: 1, 7: 2}.get(code, 0)
    if more:
        samples = int.from_bytes(head[at : at + more], "big") + 1
    elif code == 1:
        samples = 192
    else:
        samples = 576 << code - 2 if code < 6 else 256 << code - 8
    at += more + {12: 1, 13: 2, 14: 2}.get(head[2] & 15, 0)
    whole = at < len(head) and _checksum(head[: at + 1], 8, 0x07) == 0
    return (number, samples) if whole else None


def _checksum(content: bytes, bits: int, polynomial: int) -> int:
    """0 for what ends with its own checksum."""
    table = _tables[bits, polynomial]
    mask, rest, shift = (1 << bits) - 1, 0, bits - 8
    for byte in content:
        rest = (rest << 8 & mask) ^ table[rest >> shift ^ byte]
    return rest


def _table(bits: int, polynomial: int) -> list[int]:
    """What each byte adds to a checksum."""
    table = []
    for byte in range(256):
        rest = byte << bits - 8
        for _ in range(8):
            rest = rest << 1 ^ (polynomial if rest >> bits - 1 else 0)
            rest &= (1 << bits) - 1
        table.append(rest)
    return table


_tables = {key: _table(*key) for key in ((8, 0x07), (16, 0x8005))}
