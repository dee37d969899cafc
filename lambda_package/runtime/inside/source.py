"""First program of a process that grades events by the source of a zip: isolate the process, then call the handler.

Run as ``source.py ASK``, where ASK is JSON: `path` is what to import from, `folder` where to run, `handler`, `events` a
file of JSON, and `answers` a descriptor that is open for writing. With `timeout_s` the handler gets a context.
"""

import importlib
import json
import os
import sys
import time
from decimal import Decimal


class Context:
    """What Lambda gives a handler beside the event."""

    aws_request_id = "00000000-0000-0000-0000-000000000000"
    function_name = "grader"
    function_version = "$LATEST"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:grader"
    log_group_name = "/aws/lambda/grader"
    log_stream_name = "source"
    identity = client_context = None

    def __init__(self, timeout_s: float, memory_mb: int) -> None:
        self.memory_limit_in_mb = str(memory_mb)
        self._end_s = time.monotonic() + timeout_s

    def get_remaining_time_in_millis(self) -> int:
        """As of now."""
        return max(0, int(1000 * (self._end_s - time.monotonic())))

    def log(self, message: str) -> None:
        """To the log."""
        sys.stdout.write(f"{message}\n")


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
    context = Context(asked["timeout_s"], asked["memory_mb"]) if asked["timeout_s"] else None
    given = [handle(event, context) for event in events]
    with open(asked["answers"], "w", encoding="utf-8") as file:
        json.dump(marshalled(given), file)


def marshalled(value: object) -> object:
    """A response as Lambda's client writes it, by simplejson: a decimal is a number, a named tuple an object."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: marshalled(inner) for key, inner in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return marshalled(value._asdict())
    return [marshalled(inner) for inner in value] if isinstance(value, list | tuple) else value


if __name__ == "__main__":
    main(sys.argv[1])
