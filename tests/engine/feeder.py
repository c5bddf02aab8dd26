"""A process of its own that sings into a running instrument, round and round, until its stdin closes.

    python -m tests.engine.feeder VOICE.npy      (mono float32 at the server's rate)

It prints the time (time.monotonic) at which it first heard the instrument.
"""

from __future__ import annotations

import os
import sys
import threading
import time

import jack
import numpy as np

# A second program of that name gets a number from JACK.
INSTRUMENT = r"^jambox(-\d+)?:"


def main() -> None:
    voice = np.load(sys.argv[1])
    client = jack.Client("feeder")
    out = client.outports.register("out")
    heard = client.inports.register("in")
    at = 0
    first_heard = threading.Event()

    @client.set_process_callback
    def process(frames: int) -> None:
        nonlocal at
        out.get_array()[:] = np.take(voice, range(at, at + frames), mode="wrap")
        at = (at + frames) % len(voice)
        if not first_heard.is_set() and np.any(heard.get_array()):
            first_heard.set()

    appeared = threading.Event()

    @client.set_port_registration_callback
    def registered(port: object, register: bool) -> None:
        appeared.set()

    def connect() -> bool:
        source = client.get_ports(INSTRUMENT, is_input=True, is_audio=True)
        target = client.get_ports(INSTRUMENT, is_output=True, is_audio=True)
        if not source or not target:
            return False
        # The stream connects its own ports as it starts: until then they are nobody's.
        if not client.get_all_connections(source[0]):
            return False
        try:
            client.connect(target[0], heard)
            client.connect(out, source[0])
        except jack.JackError:  # the stream came or went meanwhile
            return False
        return True

    def wait() -> None:
        while not connect():
            appeared.wait(0.005)
            appeared.clear()
        first_heard.wait()
        print(time.monotonic(), flush=True)

    with client:
        threading.Thread(target=wait, daemon=True).start()
        sys.stdin.read()
        # JACK waits for its callbacks to end on closing, and they wait for the interpreter: leave without ceremony.
        os._exit(0)


if __name__ == "__main__":
    main()
