"""First program of a process that grades events by the source of a zip: isolate the process, then call the handler.

Run as ``source.py ASK``, where ASK is JSON: `path` is what to import from, `folder` where to run, `handler`, `events` a
file of JSON, and `answers` a descriptor that is open for writing.
"""

import importlib
import json
import os
import sys


def main(ask: str) -> None:
    """Write the response to each event."""
    asked = json.loads(ask)
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from jail import enclose, end_with_parent, limit  # type: ignore[import-not-found]  # beside this file

    del sys.path[0]
    end_with_parent()
    limit(asked["memory_mb"])
    with open(asked["events"], encoding="utf-8") as file:
        events = json.load(file)
    if asked["enclosed"]:
        enclose(asked["root"], asked["own"], offline=asked["offline"], ours_alone=-1)
    os.chdir(asked["folder"])  # as the code lies in Lambda's
    sys.dont_write_bytecode = True
    sys.path[:0] = asked["path"]
    module, _, name = asked["handler"].rpartition(".")
    handle = getattr(importlib.import_module(module), name)
    given = [handle(event, None) for event in events]
    with open(asked["answers"], "w", encoding="utf-8") as file:
        json.dump(given, file)


if __name__ == "__main__":
    main(sys.argv[1])
