"""What one write to the store carries, all of it or nothing."""

from msgspec import Struct

from longpole.model.event import AgentSeen, Body, Decision, Event, Score
from longpole.model.execution import Execution
from longpole.model.finding import Finding
from longpole.model.intake import Lease
from longpole.model.process import ProcessSeen
from longpole.model.step import Step


class SpoolPosition(Struct, frozen=True, kw_only=True):
    """How far into the spool everything is stored: the next byte to read is `offset` of segment `segment`."""

    segment: int
    offset: int


class Batch(Struct, kw_only=True):
    """Rows for one transaction.

    `replace` names (workspace, trace_id) pairs whose rows in `executions`, `steps`, `events`, `decisions` and `scores`
    are removed first; bodies are not, the row with the highest `row_version` wins. `forget` names pairs of which
    nothing stays: their fresh rows go, and the stored bodies of those that are also in `replace`. Only a durable write
    may have any.

    The following are for durable writes alone. `records` are rows of the tables that have one row for each key
    (`store.tables.RECORD_TABLES`); each takes the place of the one with its key. Of `removed`, which may name findings
    too, only the keys count: these rows go. `expired` names tables and a time for each: older rows go, but in the
    tables of traces not those of the pairs in `spared`: a trace of which something is younger stays whole. A lease of
    `leases` is taken unless another holder has it at its `asked_ns`; the query `lease` tells who has it. With
    `compact` the database also gives back the room of what was removed, so that none of its files holds that any more:
    it costs as much as copying it, and other writers wait.

    `number` orders the batches of one book of traces: what is published with a higher one is newer than what a durable
    write stores. It is 0 for batches that somebody else made.
    """

    replace: list[tuple[str, str]] = []
    forget: list[tuple[str, str]] = []
    executions: list[Execution] = []
    steps: list[Step] = []
    events: list[Event] = []
    decisions: list[Decision] = []
    bodies: list[Body] = []
    agents: list[AgentSeen] = []
    findings: list[Finding] = []
    scores: list[Score] = []
    processes: list[ProcessSeen] = []
    records: list[Struct] = []
    removed: list[Struct] = []
    expired: dict[str, int] = {}
    spared: list[tuple[str, str]] = []
    leases: list[Lease] = []
    compact: bool = False
    position: SpoolPosition | None = None
    number: int = 0
