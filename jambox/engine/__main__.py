"""`python -m jambox.engine`: the engine process. Whether there is one is looked at before anything heavy is imported."""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Run the engine of this user, unless there is one."""
    from jambox.engine.runtime import Lock, runtime_folder
    from jambox.errors import JamboxError

    lock = None
    if sys.argv[1:2] != ["--again"]:
        try:
            lock = Lock.take(runtime_folder())
        except JamboxError as error:
            print(json.dumps({"error": str(error), "code": error.exit_code}), flush=True)
            return
        if lock is None:
            print(json.dumps({"taken": True}), flush=True)
            return
    from jambox.engine.heap import keep_memory
    from jambox.engine.server import run

    keep_memory()
    run(lock)


if __name__ == "__main__":
    main()
