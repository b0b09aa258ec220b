"""Executions with a runaway loop or a skipped agent in them, and others that look alike and have none.

A runaway loop asks a tool the same again and again; beside it stand loops of as many turns that ask something else each
time, and calls that are made twice. A skipped agent is one that was called and declined; beside it stand agents that
did their work, and agents that failed.
"""

import hashlib
import random
from typing import Any

from longpole.model.batch import Batch
from longpole.model.event import Body
from longpole.model.execution import Execution
from longpole.model.ids import execution_id_of
from longpole.model.step import Step
from longpole.reports.findings import FINDINGS
from longpole.store.engine import Engine
from longpole.store.store import open_store

RULES = {"runaway loop": "loops.no_progress", "skipped agent": "agents.skipped"}
EACH = 20
START_NS = 20_700 * 86_400 * 10**9
MS = 10**6


class Tree:
    """One execution that grows step by step."""

    def __init__(self, batch: Batch, chance: random.Random, name: str) -> None:
        self._batch, self._chance = batch, chance
        self._trace = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
        self._count = 0
        self._now_ns = START_NS
        self.execution_id = execution_id_of(self._trace, self._span(0))

    def _span(self, number: int) -> str:
        return hashlib.md5(f"{self._trace} {number}".encode(), usedforsecurity=False).hexdigest()[:16]

    def call(self, name: str, *, asked: str, is_model: bool = False) -> None:
        """One model or tool call; `asked` is what went in."""
        self._count += 1
        span, took = self._span(self._count), int(self._chance.lognormvariate(5, 0.5) * MS)
        self._batch.steps.append(
            Step(
                workspace="default", trace_id=self._trace, step_id=span, parent_step_id=self._span(0),
                link_trace_id=None, link_span_id=None, execution_id=self.execution_id,
                root_execution_id=self.execution_id, agent="researcher", name=name,
                category="llm" if is_model else "tool", step_type="api_call", operation=None, status="success",
                started_ns=self._now_ns, ended_ns=self._now_ns + took, duration_ns=took, received_ns=START_NS,
                step_index=self._count, depth=1, tool=None if is_model else name, model="m" if is_model else None,
                argument_hash=hashlib.md5(asked.encode(), usedforsecurity=False).hexdigest()[:16],
            )
        )  # fmt: skip
        given = '{"query": "' + asked + '"}'
        self._batch.bodies.append(Body("default", self._trace, span, given, "found", None, None, None, START_NS))
        self._now_ns += took + 2 * MS

    def agent(self, name: str, status: str) -> None:
        """One call of another agent that ends with this status."""
        self._count += 1
        took = int(self._chance.lognormvariate(5, 0.5) * MS) if status != "skipped" else 3 * MS
        self._execution(name, self._span(self._count), self._now_ns, took, status, parent=self._span(0))
        self._now_ns += took + 2 * MS

    def end(self) -> None:
        """The execution itself, from the first to the last of what is in it."""
        self._execution("researcher", self._span(0), START_NS, self._now_ns - START_NS, "success", parent=None)

    def _execution(self, agent: str, span: str, at: int, took: int, status: str, *, parent: str | None) -> None:
        told: dict[str, Any] = dict.fromkeys(
            ("link_trace_id", "link_span_id", "call_reason", "agent_id", "method", "operation", "stage")
        )
        self._batch.executions.append(
            Execution(
                workspace="default", execution_id=execution_id_of(self._trace, span), trace_id=self._trace,
                span_id=span, parent_span_id=parent, parent_execution_id=None if parent is None else self.execution_id,
                root_execution_id=self.execution_id, depth=0 if parent is None else 1, kind="agent", agent=agent,
                name=agent, category="agent", status=status, started_ns=at, ended_ns=at + took, duration_ns=took,
                received_ns=START_NS, settled_ns=START_NS, **told,
            )
        )  # fmt: skip


def measure_trees(kind: str, seed: int) -> dict[str, int]:
    """How many of `EACH` planted ones are found, and how many of as many others are claimed."""
    chance, batch = random.Random(f"{kind} {seed}"), Batch()
    trees = [(Tree(batch, chance, f"{kind} {seed} {number}"), number % 2 == 0) for number in range(2 * EACH)]
    for tree, is_planted in trees:
        (_loop if kind == "runaway loop" else _agents)(tree, chance, is_planted=is_planted)
        tree.end()
    store = open_store(":memory:")
    store.write(batch)
    found = {tree.execution_id: _is_claimed(store, tree.execution_id, RULES[kind]) for tree, _ in trees}
    store.close()
    return {
        "series": EACH,
        "found": sum(found[tree.execution_id] for tree, is_planted in trees if is_planted),
        "wrong": sum(found[tree.execution_id] for tree, is_planted in trees if not is_planted),
    }


def _is_claimed(store: Engine, execution_id: str, rule: str) -> bool:
    return any(item.rule == rule for item in FINDINGS.ask(store, execution_id, []).findings)


def _loop(tree: Tree, chance: random.Random, *, is_planted: bool) -> None:
    tree.call("plan", asked="plan", is_model=True)
    for turn in range(chance.randrange(6, 40)):
        tree.call("think", asked=f"turn {turn}", is_model=True)
        tree.call("search", asked="weather in Oslo" if is_planted else f"weather in town {turn}")
    for _ in range(2):
        tree.call("read", asked="page 1")


def _agents(tree: Tree, chance: random.Random, *, is_planted: bool) -> None:
    for name in ("planner", "writer", "checker"):
        tree.agent(name, "failed" if chance.random() < 0.2 else "success")
    tree.agent("reviewer", "skipped" if is_planted else "success")
    tree.call("save", asked="it")
