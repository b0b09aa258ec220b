"""Which struct is a row of which table. A field of the struct is the column of that name, in the same order."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from longpole.model.alert import Alert, AlertDelivery, AlertSilence, AlertTarget
from longpole.model.audit_record import AuditRecord
from longpole.model.event import AgentSeen, Body, Decision, Event, Score
from longpole.model.execution import Execution
from longpole.model.finding import Finding
from longpole.model.intake import DeadLetter, Lease, LedgerEntry
from longpole.model.price import Price
from longpole.model.process import ProcessSeen
from longpole.model.rollup import Rollup
from longpole.model.step import Step
from longpole.model.webhook import Webhook, WebhookDelivery
from longpole.model.workspace import AccessKey, AlertRule, AuditEntry, KeyUse, SavedView, Workspace

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

FAILED_TABLES: Mapping[str, str] = {"failed_executions": "executions", "failed_steps": "steps"}
"""Tables that only DuckDB has: those rows of another table, once more, whose status is one of `FAILED_STATUSES`."""

MERGED_TABLES = ("agents", "processes", "findings")
"""The tables of which a write joins a row with the stored one of the same key."""

RECORD_TABLES: Mapping[str, type[Struct]] = {
    "workspaces": Workspace,
    "keys": AccessKey,
    "key_uses": KeyUse,
    "audit_log": AuditEntry,
    "saved_views": SavedView,
    "alert_rules": AlertRule,
    "alerts": Alert,
    "alert_silences": AlertSilence,
    "alert_targets": AlertTarget,
    "alert_deliveries": AlertDelivery,
    "webhooks": Webhook,
    "webhook_deliveries": WebhookDelivery,
    "audit_findings": AuditRecord,
    "prices": Price,
    "rollups": Rollup,
    "dead_letters": DeadLetter,
    "ingest_ledger": LedgerEntry,
    "leases": Lease,
}
"""The tables of `Batch.records`: a row takes the place of the one with its key. None of them has fresh rows."""

REMOVABLE_TABLES: Mapping[str, type[Struct]] = {**RECORD_TABLES, "findings": Finding}
"""The tables whose rows `Batch.removed` may name."""

KEYS: Mapping[str, tuple[str, ...]] = {
    "agents": ("workspace", "agent"),
    "findings": ("workspace", "finding_id"),
    "processes": ("workspace", "process"),
    "workspaces": ("workspace",),
    "keys": ("key_id",),
    "key_uses": ("key_id",),
    "audit_log": ("entry_id",),
    "saved_views": ("workspace", "view_id"),
    "alert_rules": ("workspace", "rule_id"),
    "alerts": ("workspace", "alert_id"),
    "alert_silences": ("workspace", "silence_id"),
    "alert_targets": ("workspace", "target"),
    "alert_deliveries": ("workspace", "delivery_id"),
    "webhooks": ("workspace", "name"),
    "webhook_deliveries": ("workspace", "delivery_id"),
    "audit_findings": ("workspace", "program", "fingerprint"),
    "prices": ("workspace", "provider", "model", "from_ns"),
    "rollups": (
        "window_ns", "width_ns", "workspace", "kind", "agent", "name", "category", "status", "version", "environment",
    ),
    "dead_letters": ("letter_id",),
    "ingest_ledger": ("server",),
    "leases": ("name",),
}  # fmt: skip
"""The columns that say which row is meant, of every table that has one row for each key."""

AGES: Mapping[str, str] = {
    **dict.fromkeys(TRACE_TABLES, "received_ns"),
    "findings": "raised_ns",
    "processes": "last_heard_ns",
    "rollups": "window_ns",
    "alerts": "changed_ns",
    "alert_deliveries": "changed_ns",
    "webhook_deliveries": "changed_ns",
    "audit_log": "at_ns",
    "dead_letters": "buried_ns",  # a body that waited for weeks deserves to be looked at as long as any other
}
"""The column by which rows of a table are old, of the tables that `Batch.expired` may name."""

Pair = tuple[str, str]
"""A workspace and a trace id: what a row belongs to."""


def key_of(table: str, row: Struct) -> tuple[Any, ...]:
    """The key of a row of one of the tables in `KEYS`."""
    return tuple(getattr(row, column) for column in KEYS[table])


def table_of(record: Struct) -> str:
    """The table that a record is a row of."""
    return _TABLE_OF[type(record)]


_TABLE_OF: Mapping[type[Struct], str] = {row_type: name for name, row_type in RECORD_TABLES.items()}
