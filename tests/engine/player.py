"""A process of its own that plays a MIDI keyboard and hears the instrument: when each key went down, when it sounded.

    python -m tests.engine.player NOTES SEED     (a JACK server runs, and an engine with a MIDI port on it)

It prints "ready" when it is connected, waits for a line on stdin, and prints as JSON when it sent each key, when each came
to a bare port beside the instrument's, and when a first sample after silence was heard: in seconds of the monotonic clock.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time

import jack
import numpy as np
import rtmidi

AUDIBLE = 1e-5
APART_S = 0.15
HELD_S = 0.04


def main() -> None:
    n_notes, source = int(sys.argv[1]), np.random.default_rng(int(sys.argv[2]))
    client = jack.Client("ears")
    heard = client.inports.register("in")
    started = threading.Event()
    first_s: list[float] = []
    silent = True

    @client.set_process_callback
    def process(frames: int) -> None:
        nonlocal silent
        audible = np.flatnonzero(np.abs(heard.get_array()) > AUDIBLE)
        if silent and len(audible) and started.is_set():
            cycle_s = time.monotonic() - client.frames_since_cycle_start / client.samplerate
            first_s.append(cycle_s + int(audible[0]) / client.samplerate)
        silent = not len(audible)

    keys = rtmidi.MidiOut(rtapi=rtmidi.API_UNIX_JACK, name="keys")
    keys.open_virtual_port("out")
    bare = rtmidi.MidiIn(rtapi=rtmidi.API_UNIX_JACK, name="bare")
    arrived: list[float] = []
    bare.open_virtual_port("in")
    bare.set_callback(lambda event, data: arrived.append(time.monotonic()) if event[0][0] == 0x90 and event[0][2] else None)
    with client:
        client.connect("keys:out", "bare:in")
        client.connect(client.get_ports("^jambox:", is_output=True, is_audio=True)[0], heard)
        print("ready", flush=True)
        sys.stdin.readline()
        started.set()
        sent = []
        clock = threading.Event()
        for _ in range(n_notes):
            clock.wait(APART_S * (0.7 + 0.3 * source.random()))
            key = int(source.integers(57, 80))
            sent.append(time.monotonic())
            keys.send_message([0x90, key, 110])
            clock.wait(HELD_S)
            keys.send_message([0x80, key, 0])
        clock.wait(2 * APART_S)
        print(json.dumps({"sent": sent, "arrived": arrived, "heard": first_s}), flush=True)
    # JACK waits for its callbacks to end on closing, and they wait for the interpreter: leave without ceremony.
    os._exit(0)


if __name__ == "__main__":
    main()
