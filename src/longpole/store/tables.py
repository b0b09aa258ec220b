"""Which struct is a row of which table. A field of the struct is the column of that name, in the same order."""

from collections.abc import Mapping

from msgspec import Struct

from longpole.model.event import AgentSeen, Body, Decision, Event, Score
from longpole.model.execution import Execution
from longpole.model.finding import Finding
from longpole.model.process import ProcessSeen
from longpole.model.step import Step

TABLES: Mapping[str, type[Struct]] = {
    "executions": Execution,
    "steps": Step,
    "events": Event,
    "decisions": Decision,
    "bodies": Body,
    "agents": AgentSeen,
    "findings": Finding,
    "scores": Score,
    "processes": ProcessSeen,
}
"""The tables that a `Batch` fills, under the names of its fields. All of them can have fresh rows."""

TRACE_TABLES = ("executions", "steps", "events", "decisions", "scores", "bodies")
"""The tables whose rows a fresh write replaces trace by trace."""

REPLACED_TABLES = ("executions", "steps", "events", "decisions", "scores")
"""The tables from which `Batch.replace` removes."""

MERGED_TABLES = ("agents", "processes", "findings")
"""The tables of which a write joins a row with the stored one of the same key."""

Pair = tuple[str, str]
"""A workspace and a trace id: what a row belongs to."""
