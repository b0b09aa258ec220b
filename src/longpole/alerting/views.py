"""What REST, the command line and the dashboard show of alerts."""

from msgspec import Struct

from longpole.alerting.rule_text import RuleText


class AlertItem(Struct, kw_only=True):
    """An alert: why it fires or fired, and since when; times are RFC 3339.

    `value`, `worst` and `limit` are of `unit`: `share` 0..1, `duration` in nanoseconds, `money` in nano-dollars,
    `count`; `value_text` and `limit_text` are the same for people. `link` shows the executions that it is about.
    """

    workspace: str
    alert_id: str
    rule_id: str
    title: str
    subject: str
    level: str
    state: str
    said: str
    unit: str
    value: float | None
    worst: float | None
    limit: float
    value_text: str
    limit_text: str
    since: str
    fired_at: str | None
    cleared_at: str | None
    acknowledged_by: str | None
    acknowledged_at: str | None
    is_silenced: bool
    evidence: str
    link: str


class SilenceItem(Struct, kw_only=True):
    """A silence: until when nobody is told, of what, and who said so."""

    workspace: str
    silence_id: str
    rule_id: str | None
    subject: str | None
    until: str
    silenced_by: str
    reason: str


class RuleItem(Struct, kw_only=True):
    """A rule as it was written, in words, and how it stands. `trouble` is why it cannot be looked at, if it cannot."""

    rule_id: str
    workspace: str
    title: str
    words: str
    text: RuleText
    firing: int
    is_enabled: bool
    trouble: str | None


class TargetItem(Struct, kw_only=True):
    """Where messages go. Of the address only the kind and the host are shown; all else may be secret."""

    workspace: str
    target: str
    address: str


class DeliveryItem(Struct, kw_only=True):
    """A message: `sent`, `waiting` for its next try, or `given up`."""

    workspace: str
    delivery_id: str
    rule_id: str
    target: str
    subject_line: str
    state: str
    created_at: str
    attempts: int
    next_at: str | None
    delivered_at: str | None
    error: str | None


class DeliveryPage(Struct, kw_only=True):
    """The last messages, the latest first."""

    items: list[DeliveryItem]


class AlertPage(Struct, kw_only=True):
    """What fires now, the worst first, what is silenced, and the last messages that could not be delivered."""

    items: list[AlertItem]
    pending: list[AlertItem]
    silences: list[SilenceItem]
    undelivered: list[DeliveryItem]
    rules: int


class AlertHistory(Struct, kw_only=True):
    """What fired, the latest first; `next_before` continues it."""

    items: list[AlertItem]
    next_before: str | None


class RulePage(Struct, kw_only=True):
    """All rules, and where messages can go."""

    items: list[RuleItem]
    targets: list[TargetItem]


class EpisodeItem(Struct, kw_only=True):
    """A time for which a rule would have fired; it still would without `cleared_at`."""

    subject: str
    level: str
    fired_at: str
    cleared_at: str | None
    duration_ns: int
    worst: float | None
    worst_text: str
    said: str


class PreviewLine(Struct, kw_only=True):
    """The watched value of a subject at each moment; unknown where too little ran."""

    subject: str
    values: list[float | None]


class RulePreview(Struct, kw_only=True):
    """What a rule would have done over past days.

    `offsets_ns` are the moments from `from_time` on, `lines` the values at each of them; `subjects` counts all that
    were looked at. `limit`, `clears_at` and values are of `unit`. `unknown_past` says why only the last moment is
    known, where that is so.
    """

    words: str
    unit: str
    limit: float
    limit_text: str
    clears_at: float
    is_below: bool
    from_time: str
    to_time: str
    offsets_ns: list[int]
    lines: list[PreviewLine]
    episodes: list[EpisodeItem]
    fired: int
    subjects: int
    unknown_past: str | None = None


class NewSilence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be silenced: `lasting` is a duration such as `2 h`, or `until` an RFC 3339 time."""

    silenced_by: str
    rule_id: str | None = None
    subject: str | None = None
    lasting: str | None = None
    until: str | None = None
    reason: str = ""
    workspace: str = "default"


class Acknowledgement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who looks after an alert."""

    acknowledged_by: str
    workspace: str = "default"


class NewTarget(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where messages are to go: an address as apprise takes it, such as `slack://...` or `mailtos://...`."""

    target: str
    url: str
    workspace: str = "default"


class BudgetState(Struct, kw_only=True):
    """A budget that is used up, for the programs that act on it. Filters that are empty hold for all."""

    rule_id: str
    title: str
    agent: str | None
    version: str | None
    environment: str | None
    user: str | None
    said: str
    until: str


class BudgetPage(Struct, kw_only=True):
    """The budgets that are used up now and act."""

    items: list[BudgetState]
