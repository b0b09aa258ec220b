"""What happens while it happens, as the live door, webhooks and the dashboard show it."""

from typing import Any, Literal, get_args

from msgspec import Struct

from longpole.reports.node_views import ExecutionNode, StepNode
from longpole.reports.views import DecisionNode, EventNode, FindingItem

Kind = Literal[
    "execution.started",
    "step.started",
    "step.completed",
    "stage.changed",
    "decision.made",
    "execution.completed",
    "finding.raised",
    "alert.fired",
]
"""What can happen."""

KINDS: tuple[Kind, ...] = get_args(Kind)


class LiveEvent(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One thing that happened. Absent fields are null.

    `id` is the same whenever the same thing is told again. `at` is when it happened. One of `execution`, `step`,
    `stage`, `decision`, `finding` and `alert` tells what it is about; their `offset_ns` count from `origin`, the start
    of the top execution. `step.started` comes again when what is known of an open step changes: its first token came.
    """

    id: str
    kind: Kind
    at: str
    workspace: str
    agent: str | None = None
    execution_id: str | None = None
    root_execution_id: str | None = None
    trace_id: str | None = None
    origin: str | None = None
    execution: ExecutionNode | None = None
    step: StepNode | None = None
    stage: EventNode | None = None
    decision: DecisionNode | None = None
    finding: FindingItem | None = None
    alert: dict[str, Any] | None = None
