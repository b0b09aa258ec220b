"""How every agent went over a period: its numbers by stretches of time, and where they changed."""

import numpy as np

from longpole.model import clock
from longpole.model.clock import DAY_NS
from longpole.reports.change_views import AgentTrend, MetricChange, TrendPlace, Trends
from longpole.reports.period import Period
from longpole.reports.regressions import metric_changes
from longpole.reports.series import Table, load_table
from longpole.store.engine import Engine


def trends_of(store: Engine, period: Period, limit: int) -> Trends:
    """The agents of a period, those with most executions first, at most `limit`."""
    table = load_table(store, period, has_steps=False)
    answer = Trends(from_time=period.from_time, to_time=period.to_time, width_ns=DAY_NS, agents=[])
    if table is None:
        return answer
    answer.width_ns = table.grain.width_ns
    changes: dict[str, list[MetricChange]] = {}
    for change in metric_changes(table):
        changes.setdefault(change.agent, []).append(change)
    agents = [_agent(table, row, changes.get(member.agent, [])) for row, member in enumerate(table.members)]
    answer.agents = sorted(agents, key=lambda one: (-one.executions, one.agent))[:limit]
    return answer


def _agent(table: Table, row: int, changes: list[MetricChange]) -> AgentTrend:
    fields = {name: values[row] for name, values in table.fields.items()}
    typical = fields["p50_ns"][~np.isnan(fields["p50_ns"])]
    return AgentTrend(
        agent=table.members[row].agent,
        executions=int(np.nansum(fields["timings"])),
        p50_ns=round(float(np.median(typical))) if len(typical) else None,
        points=[
            TrendPlace(
                started=clock.to_rfc3339(start_ns),
                executions=_whole(fields["timings"][place]) or 0,
                failed_share=_share(fields["failed_weight"][place], fields["ended_weight"][place]),
                p50_ns=_whole(fields["p50_ns"][place]),
                p95_ns=_whole(fields["p95_ns"][place]),
                cost_usd=_dollars(fields["cost_nanos"][place]),
            )
            for place, start_ns in enumerate(table.starts_ns)
        ],
        changes=changes,
    )


def _whole(value: float) -> int | None:
    return None if np.isnan(value) else round(float(value))


def _share(part: float, whole: float) -> float | None:
    return float(part / whole) if whole > 0 else None


def _dollars(nanos: float) -> float | None:
    return None if np.isnan(nanos) else float(nanos) / 1e9
