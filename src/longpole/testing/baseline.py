"""Baselines: what operations or tests took, kept in a JSON file and held against what they take later.

`longpole bench --output` and `pytest --longpole-save-baseline` write it; the former adds targets and percentiles. A
field that a reader does not know is passed over, so that an older Longpole reads what a newer one wrote.
"""

import os
import platform
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec import Struct

from longpole.model.clock import now_ns, to_rfc3339
from longpole.model.errors import InvalidInput
from longpole.testing.spent import Spent

Environment = dict[str, str | int | None]


class Counters(Struct, frozen=True, kw_only=True):
    """What runs used, one entry per run; `None` where it is not known."""

    model_calls: list[int | None] = []
    tool_calls: list[int | None] = []
    input_tokens: list[int | None] = []
    output_tokens: list[int | None] = []
    cost_usd_nanos: list[int | None] = []


class Measured(Struct, frozen=True, kw_only=True):
    """One operation or test: one duration per run that ended well, and what these runs used, if that was counted.

    `exact`: its author says that the counters are the same in every run.
    """

    name: str
    durations_ns: list[int]
    spent: Counters | None = None
    exact: bool = False


class Baseline(Struct, frozen=True, kw_only=True):
    """What a file holds that two of them are compared by."""

    longpole: str
    started_at: str
    environment: Environment
    operations: list[Measured]


def environment_here() -> Environment:
    """On what is measured: durations of different machines are not compared."""
    return {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
    }


def baseline_of(operations: list[Measured], *, started_ns: int | None = None) -> Baseline:
    """A baseline that was measured here, at this time unless another is given."""
    return Baseline(
        longpole=version("longpole"),
        started_at=to_rfc3339(now_ns() if started_ns is None else started_ns),
        environment=environment_here(),
        operations=operations,
    )


def measured_of(name: str, runs: list[Spent], *, exact: bool = False) -> Measured:
    """The runs of one test."""
    return Measured(
        name=name,
        durations_ns=[run.duration_ns for run in runs],
        spent=Counters(
            model_calls=[run.model_calls for run in runs],
            tool_calls=[run.tool_calls for run in runs],
            input_tokens=[None if run.model_calls_without_usage else run.input_tokens for run in runs],
            output_tokens=[None if run.model_calls_without_usage else run.output_tokens for run in runs],
            cost_usd_nanos=[None if run.model_calls_without_cost else run.cost_usd_nanos for run in runs],
        ),
        exact=exact,
    )


def load_baselines(place: Path) -> list[Baseline]:
    """The baseline in a file; or those in all files `*.json` of a folder, one for each process that measured.

    Raises:
        InvalidInput: a file cannot be read, or holds something else; the folder has none.
    """
    if not place.is_dir():
        return [_load(place)]
    files = sorted(place.glob("*.json"))
    if not files:
        raise InvalidInput(
            f"The folder {place} has no baseline. Expected files *.json, which `longpole bench --output FOLDER` or "
            "`pytest --longpole-save-baseline FOLDER` puts there. Measure first, or give another path."
        )
    return [_load(file) for file in files]


def _load(file: Path) -> Baseline:
    try:
        return msgspec.json.decode(file.read_bytes(), type=Baseline)
    except (OSError, msgspec.MsgspecError, UnicodeError) as error:
        raise InvalidInput(
            f"{file} cannot be read as a baseline: {error}. Expected: what `longpole bench --output FILE` or "
            "`pytest --longpole-save-baseline FILE` wrote. Give the path of such a file."
        ) from None


def save_baseline(place: Path, content: Struct, *, started_at: str, option: str) -> Path:
    """Writes a baseline, or what extends one, and gives the file: what was in it is replaced.

    Args:
        place: the file; or a folder, in which each process makes a file of its own. A name without a dot that is not
            there is a folder, which is made.
        content: what is written.
        started_at: when it was measured, as `Baseline.started_at`.
        option: what the place was given to.

    Raises:
        InvalidInput: the file cannot be written.
    """
    file = place
    try:
        if not (place.suffix or place.is_file()):
            place.mkdir(exist_ok=True)
        if place.is_dir():
            file = place / f"{started_at.replace(':', '-')}-{os.getpid()}.json"
        file.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
        return file
    except OSError as error:
        raise InvalidInput(
            f"The figures cannot be written to {file}: {error.strerror}. Expected: a file in a folder that can be "
            f"written. Give another path to {option}."
        ) from None
