"""Alerts as they are kept: what fired and why, who is not to be told, and what was sent to whom.

The rules themselves are `longpole.model.workspace.AlertRule`.
"""

from enum import StrEnum

from msgspec import Struct


class AlertState(StrEnum):
    """How an alert stands: its condition holds not yet long enough, it fires, it is over."""

    PENDING = "pending"
    FIRING = "firing"
    CLEARED = "cleared"


class AlertLevel(StrEnum):
    """How bad it is. A budget warns before it is used up; every other rule has one level."""

    WARNING = "warning"
    CRITICAL = "critical"


class Alert(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `alerts`: a rule's condition for one subject, from when it began to hold until it was over.

    `subject` is the agent, user, version, ... that a rule with `by` tells apart, else empty. `value`, `worst` and
    `limit_value` are numbers of `unit`: shares 0..1, nanoseconds, nano-dollars, or counts. `quiet_ns` is since when the
    condition no longer holds, while that is not long enough. `untold` says what is still to be told: `fired`, `raised`,
    `cleared`, or nothing. `evidence` is a JSON object, `link` an address below that of the dashboard.
    """

    workspace: str
    alert_id: str
    rule_id: str
    title: str
    subject: str
    level: str
    state: str
    unit: str
    since_ns: int
    fired_ns: int | None = None
    cleared_ns: int | None = None
    quiet_ns: int | None = None
    value: float | None = None
    worst: float | None = None
    limit_value: float
    said: str
    evidence: str
    link: str
    untold: str = ""
    acknowledged_by: str | None = None
    acknowledged_ns: int | None = None
    changed_ns: int


class AlertSilence(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `alert_silences`: nobody is told of a rule, or of any, until a time. Alerts still fire.

    Without a `rule_id` it is about every rule, without a `subject` about every one of the rule.
    """

    workspace: str
    silence_id: str
    rule_id: str | None = None
    subject: str | None = None
    until_ns: int
    silenced_by: str
    reason: str = ""
    created_ns: int


class AlertTarget(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `alert_targets`: where messages go. `url` is secret: it holds passwords and tokens."""

    workspace: str
    target: str
    url: str
    changed_ns: int


class AlertDelivery(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `alert_deliveries`: a message to a target. `next_ns` is when it is tried next, if it is."""

    workspace: str
    delivery_id: str
    rule_id: str
    target: str
    subject_line: str
    message: str
    created_ns: int
    attempts: int = 0
    next_ns: int | None = None
    delivered_ns: int | None = None
    error: str | None = None
    changed_ns: int
