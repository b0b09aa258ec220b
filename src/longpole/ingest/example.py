"""The example that an empty dashboard offers: recorded runs of `examples/research_team.py`, as if made just now."""

import gzip
import json
import re
from collections.abc import Callable
from importlib.resources import files

from longpole.ingest.spool import BodyFormat, Incoming, Signal

ENVIRONMENT = "example"
"""The environment of all its executions, by which they can be found and removed."""

BETWEEN_NS = 2 * 3600 * 10**9
"""The runs are shown two hours apart, the last one ending now."""

_RECORDING = "example.json.gz"  # written by scripts/record_example.py
_NANOSECONDS = re.compile(r"\b1\d{18}\b")
_TRACE = re.compile(r'"traceId":"([0-9a-f]{32})"')
_PROCESS = re.compile(r'"service\.instance\.id","value":\{"stringValue":"([0-9a-f]+)"')


def example_bodies(now_ns: int, workspace: str | None, make_id: Callable[[int], str]) -> list[Incoming]:
    """The bodies that the recorded programs sent, with times that end at `now_ns` and ids of their own.

    Args:
        now_ns: when the last run ended.
        workspace: whose they are to be; without it that of programs that name none.
        make_id: gives that many hexadecimal digits that no one had before.
    """
    packed = files("longpole.ingest").joinpath(_RECORDING).read_bytes()
    runs: list[list[tuple[str, str]]] = json.loads(gzip.decompress(packed))
    bodies: list[Incoming] = []
    for age, run in enumerate(reversed(runs)):
        ends_ns = max(int(found) for _, text in run for found in _NANOSECONDS.findall(text))
        later_ns = now_ns - age * BETWEEN_NS - ends_ns
        ids = _fresh_ids([text for _, text in run], make_id)
        for signal, text in run:
            moved = _NANOSECONDS.sub(lambda found, by=later_ns: str(int(found[0]) + by), text)
            for old, new in ids.items():
                moved = moved.replace(old, new)
            bodies.append(Incoming(Signal(signal), BodyFormat.JSON, workspace, now_ns, moved.encode()))
    return bodies


def _fresh_ids(texts: list[str], make_id: Callable[[int], str]) -> dict[str, str]:
    """A new id for every trace and process: else the example, loaded again, would pass for the one that is there."""
    found = sorted({name for text in texts for pattern in (_TRACE, _PROCESS) for name in pattern.findall(text)})
    return {name: make_id(len(name)) for name in found}
