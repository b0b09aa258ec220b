"""An execution as a store kept it, with inputs and outputs: what a recording is made of."""

from typing import Any

from msgspec import Struct


class RecordedStep(Struct, frozen=True, kw_only=True):
    """A step, or an execution in the tree, with what went in and out as it was kept; null is unknown.

    `offset_ns` counts from the start of the execution that was asked for.
    """

    step_id: str
    parent_step_id: str | None
    name: str
    category: str
    is_execution: bool
    status: str
    offset_ns: int
    duration_ns: int | None
    error_type: str | None
    input: Any
    output: Any
    attributes: dict[str, Any]


class RecordedExecution(Struct, frozen=True, kw_only=True):
    """An execution and everything below it, in order of time, parents before children."""

    execution_id: str
    agent: str
    status: str
    workspace: str
    steps: list[RecordedStep]
