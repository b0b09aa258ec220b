"""Executions and steps made by hand, one line each, for tests of reports over many of them."""

import hashlib
from typing import Any

from longpole.model.batch import Batch
from longpole.model.buckets import duration_bucket
from longpole.model.event import Body
from longpole.model.execution import Execution
from longpole.model.ids import execution_id_of
from longpole.model.step import Step

SECOND = 10**9
DAY_NS = 86_400 * SECOND
MONDAY_NS = 20_703 * DAY_NS


class Made:
    """A batch that grows: every execution is a trace of its own unless it has a parent."""

    def __init__(self) -> None:
        self.batch = Batch()

    def execution(
        self,
        started_ns: int,
        *,
        agent: str = "shop",
        status: str = "success",
        duration_ns: int | None = SECOND,
        parent: Execution | None = None,
        given: str | None = None,
        **told: Any,
    ) -> Execution:
        """One execution; `given` is its input."""
        name = hashlib.md5(str(len(self.batch.executions)).encode(), usedforsecurity=False).hexdigest()
        trace_id, span_id = (name if parent is None else parent.trace_id), name[:16]
        execution_id = execution_id_of(trace_id, span_id)
        row = Execution(
            workspace="default", execution_id=execution_id, trace_id=trace_id, span_id=span_id,
            parent_span_id=None if parent is None else parent.span_id, link_trace_id=None, link_span_id=None,
            parent_execution_id=None if parent is None else parent.execution_id,
            root_execution_id=execution_id if parent is None else parent.root_execution_id,
            depth=0 if parent is None else 1, call_reason=None, kind="agent", agent=agent, agent_id=None, method=None,
            name=agent, category="agent", operation=None, status=status, stage=None, started_ns=started_ns,
            ended_ns=None if duration_ns is None else started_ns + duration_ns, duration_ns=duration_ns,
            received_ns=started_ns, duration_bucket=None if duration_ns is None else duration_bucket(duration_ns),
            **told,
        )  # fmt: skip
        self.batch.executions.append(row)
        if given is not None:
            self.batch.bodies.append(Body("default", trace_id, span_id, given, None, None, None, None, started_ns))
        return row

    def step(
        self,
        of: Execution,
        name: str,
        *,
        after_ns: int = 0,
        duration_ns: int = SECOND,
        status: str = "success",
        category: str = "tool",
        step_id: str | None = None,
        parent_step_id: str | None = None,
        **told: Any,
    ) -> Step:
        """One step of an execution, `after_ns` after its beginning."""
        own = hashlib.md5(f"step {len(self.batch.steps)}".encode(), usedforsecurity=False).hexdigest()[:16]
        started_ns = of.started_ns + after_ns
        row = Step(
            workspace="default", trace_id=of.trace_id, step_id=step_id or own,
            parent_step_id=parent_step_id or of.span_id, link_trace_id=None, link_span_id=None,
            execution_id=of.execution_id, root_execution_id=of.root_execution_id, agent=of.agent, name=name,
            category=category, step_type="action", operation=None, status=status, started_ns=started_ns,
            ended_ns=started_ns + duration_ns, duration_ns=duration_ns, received_ns=started_ns,
            version=of.version, duration_bucket=duration_bucket(duration_ns), self_ns=duration_ns, **told,
        )  # fmt: skip
        self.batch.steps.append(row)
        return row
