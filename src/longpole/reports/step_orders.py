"""How two steps stood to each other in other executions of their agent, which tells whether one needs the other."""

from collections import Counter

from longpole.analysis.independence import Orders
from longpole.analysis.span import Span
from longpole.reports.family import Family
from longpole.store.engine import Engine

MOST_ORDERS = 200
"""Executions of the agent that are looked at for the order of two steps."""

ORDERS_WITHIN_NS = 7 * 24 * 3600 * 10**9
"""How long before and after it they began: without a bound all that is stored would be read."""


class StepOrders:
    """Asks once for each pair of names."""

    def __init__(self, store: Engine, family: Family) -> None:
        self._store = store
        self._top = family.top
        self._known: dict[tuple[str, str, str], Orders] = {}
        self._times = Counter((row["execution_id"], row["name"]) for row in family.steps)

    def of(self, first: Span, second: Span) -> Orders | None:
        """In how many executions each was once, and in how many of them the other way round.

        `None` where it cannot be told: of executions, and of steps that came again in this execution. A model that is
        asked before and after a tool began before the tool had ended, and needs its answer even so.
        """
        if first.is_execution or second.is_execution:
            return None
        if any(self._times[span.execution_id, span.name] != 1 for span in (first, second)):
            return None
        key = (first.agent, first.name, second.name)
        if key not in self._known:
            self._known[key] = self._ask(*key)
        return self._known[key]

    def _ask(self, agent: str, name: str, second_name: str) -> Orders:
        asked = {
            "workspace": self._top["workspace"],
            "agent": agent,
            "name": name,
            "second_name": second_name,
            "from_ns": self._top["started_ns"] - ORDERS_WITHIN_NS,
            "to_ns": self._top["started_ns"] + ORDERS_WITHIN_NS,
            "limit": MOST_ORDERS,
        }
        row = self._store.rows("orders_of_steps", asked)[0]
        return Orders(executions=int(row["executions"]), otherwise=int(row["otherwise"] or 0))
