"""The versions of one agent side by side: when each ran, how often, how long and how well."""

from collections.abc import Sequence

from longpole.model import clock
from longpole.reports.filter_values import SCOPE, Pairs, missing, read_given, scope_of
from longpole.reports.question import Question
from longpole.reports.question_views import AgentVersion, AgentVersions
from longpole.reports.rows import Row
from longpole.reports.weighted import weighted_quantiles
from longpole.store.engine import Engine

VERSION_FILTERS = tuple(one for one in SCOPE if one.name != "version")
"""The filters of `GET /api/analysis/versions`; `agent` must be given."""


def versions_of(store: Engine, pairs: Pairs) -> AgentVersions:
    """The versions that `pairs` describe, the latest first. Cost: one scan of the agent's executions.

    Raises:
        InvalidInput: no agent is named, a name is unknown or repeated, or its value cannot be read.
    """
    scope = scope_of(read_given(pairs, VERSION_FILTERS))
    if scope.agent is None:
        raise missing("agent", "the name of an agent")
    asked = {
        "agent": scope.agent,
        "workspace": scope.workspace,
        "environment": scope.environment,
        "from_ns": scope.from_ns,
        "to_ns": scope.to_ns,
    }
    cells: dict[str | None, list[Row]] = {}
    for row in store.rows("agent_versions", asked):
        cells.setdefault(row["version"], []).append(row)
    ordered = sorted(cells.items(), key=lambda cell: -min(row["first_ns"] for row in cell[1]))
    return AgentVersions(agent=scope.agent, versions=[_version(version, rows) for version, rows in ordered])


def _version(version: str | None, rows: Sequence[Row]) -> AgentVersion:
    timed = {row["timed_bucket"]: float(row["weight"]) for row in rows if row["timed_bucket"] is not None}
    quantiles = weighted_quantiles(timed)
    finished = sum(float(row["finished_weight"]) for row in rows)
    priced = sum(float(row["cost_weight"] or 0) for row in rows)
    return AgentVersion(
        version=version,
        executions=sum(row["executions"] for row in rows),
        skipped=sum(row["skipped"] for row in rows),
        first_at=clock.to_rfc3339(min(row["first_ns"] for row in rows)),
        last_at=clock.to_rfc3339(max(row["last_ns"] for row in rows)),
        success_rate=1 - sum(float(row["failed_weight"]) for row in rows) / finished if finished else None,
        p50_ns=quantiles["p50_ns"],
        p95_ns=quantiles["p95_ns"],
        mean_cost_usd=sum(float(row["cost_total"] or 0) for row in rows) / priced / 1e9 if priced else None,
    )


VERSIONS = Question(
    name="versions",
    meaning="The versions of one agent side by side: when each ran, how long it took, how often it failed.",
    view=AgentVersions,
    filters=VERSION_FILTERS,
    ask=versions_of,
)
