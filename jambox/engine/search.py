"""The search for the smallest safe block, in a process of its own: a sound server that dies takes its clients along. [main]

`python -m jambox.engine.search` reads a plan, a line of JSON, and says an object a line: {"route": text, "jack": bool}, a
{"trial": ...} for each size, then {"recommendation": sentence}, or {"error": sentence, "code": n} whenever that is all. When
its stdin closes it puts back what it changed and ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from dataclasses import asdict
from typing import Any

from jambox.engine import buffers, making
from jambox.engine.buffers import Trial, recommendation
from jambox.engine.jack import Patchbay
from jambox.engine.plan import Plan
from jambox.errors import BadInput, BadModel, DeviceError, JamboxError

# A trial that is interrupted fades out and closes its stream, which may take some seconds.
TIDY_WITHIN_S = 15.0
_ERRORS: dict[int, type[JamboxError]] = {error.exit_code: error for error in (BadInput, BadModel, DeviceError)}


def search(plan: Plan) -> Generator[Trial | str, None, None]:
    """The trials of the plan's instrument on its device as they are done, then what to say of them.

    By another process: JamboxError if that fails, DeviceError if the device is not there or goes away.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "jambox.engine.search"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    route: dict[str, Any] = {}
    try:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(plan.model_dump_json() + "\n")
            process.stdin.flush()
        for line in process.stdout:
            said = json.loads(line)
            if "trial" in said:
                yield Trial(**said["trial"])
            elif "recommendation" in said:
                yield str(said["recommendation"])
                return
            elif "error" in said:
                raise _ERRORS.get(said["code"], JamboxError)(said["error"])
            else:
                route = said
        raise _broken_off(process.wait(), route)
    finally:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(TIDY_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def _broken_off(code: int, route: dict[str, Any]) -> JamboxError:
    """Why a search ended without a word: libraries of a sound server that died end the process."""
    if route.get("jack"):
        try:
            with Patchbay():
                pass
        except DeviceError:
            return DeviceError(f"{route['route']} went away.")
    return JamboxError(f"The search for a block size broke off (exit code {code}).")


def steps(plan: Plan) -> Generator[dict[str, Any], None, None]:
    """What the process says, all in this one."""
    route = making.route_of(plan)
    yield {"route": route.describe(), "jack": route.is_jack}
    trials = []
    for trial in buffers.try_sizes(making.settings_of(plan), route):
        trials.append(trial)
        yield {"trial": asdict(trial)}
    yield {"recommendation": recommendation(trials, route)}


def _main() -> None:
    plan = Plan.model_validate_json(sys.stdin.readline())
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    try:
        with contextlib.closing(steps(plan)) as taken:
            for step in taken:
                print(json.dumps(step), flush=True)
    except JamboxError as error:
        print(json.dumps({"error": str(error), "code": error.exit_code}), flush=True)
    except KeyboardInterrupt:
        pass
    # PortAudio's own end would wait for a device that died, or end in an abort.
    os._exit(0)


def _end_with_stdin() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    _main()
