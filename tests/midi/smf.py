"""A writer of standard MIDI files, byte by byte, so that the checks share nothing with the reader."""

from __future__ import annotations

from pathlib import Path


def variable(number: int) -> bytes:
    """A number in seven-bit groups, all but the last marked."""
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(0x80 | (number & 0x7F))
    return bytes(reversed(groups))


def tempo(microseconds: int) -> bytes:
    """So long is a beat from now on."""
    return b"\xff\x51\x03" + microseconds.to_bytes(3, "big")


def track(events: list[tuple[int, bytes]], running_status: bool = True) -> bytes:
    """A track chunk of messages at ticks from the beginning, in order; equal status bytes are left out."""
    body, now, status = b"", 0, b""
    for tick, message in sorted(events, key=lambda event: event[0]):
        body += variable(tick - now)
        now = tick
        if running_status and message[:1] == status and message[0] < 0xF0:
            body += message[1:]
        else:
            body += message
        status = message[:1]
    body += b"\x00\xff\x2f\x00"
    return b"MTrk" + len(body).to_bytes(4, "big") + body


def file(tracks: list[bytes], ticks_a_beat: int, kind: int = 1) -> bytes:
    """The whole file."""
    head = kind.to_bytes(2, "big") + len(tracks).to_bytes(2, "big") + ticks_a_beat.to_bytes(2, "big")
    return b"MThd" + (6).to_bytes(4, "big") + head + b"".join(tracks)


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path
