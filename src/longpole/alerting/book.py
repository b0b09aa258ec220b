"""The alerts of a store: what fires, what fired, the rules, who is not to be told, and where messages go.

The same for a running server and for a command on a store that nobody holds.
"""

from collections.abc import Callable, Iterable, Mapping
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from longpole.alerting.items import (
    alert_item,
    budget_state,
    delivery_item,
    episode_item,
    silence_item,
    target_item,
)
from longpole.alerting.replay import replay, unknown_past
from longpole.alerting.rule_text import RuleText
from longpole.alerting.rules import Rule, check_text, read_duration, read_rule, row_of, rule_id_of, stored_rule, text_of
from longpole.alerting.targets import TargetPolicy, check_target
from longpole.alerting.views import (
    Acknowledgement,
    AlertHistory,
    AlertItem,
    AlertPage,
    BudgetPage,
    DeliveryItem,
    DeliveryPage,
    NewSilence,
    NewTarget,
    PreviewLine,
    RuleItem,
    RulePage,
    RulePreview,
    SilenceItem,
    TargetItem,
)
from longpole.alerting.watch import open_alerts, silences_in_force
from longpole.alerting.words import describe, limit_text
from longpole.model.alert import Alert, AlertDelivery, AlertLevel, AlertSilence, AlertState, AlertTarget
from longpole.model.batch import Batch
from longpole.model.clock import DAY_NS, to_rfc3339
from longpole.model.clock import now_ns as clock_now_ns
from longpole.model.errors import InvalidInput, NotFound
from longpole.model.workspace import AlertRule
from longpole.reports.filter_values import (
    LATEST_NS,
    LIMIT,
    WORKSPACE,
    Filter,
    Pairs,
    limit_of,
    read_given,
    refused,
    time_ns_of,
    whole_number,
)
from longpole.store.engine import Engine

HISTORY_FILTERS = (
    WORKSPACE,
    Filter(name="rule", meaning="The id of a rule.", example="triage-fails"),
    Filter(name="before", meaning="Fired before this time, RFC 3339.", example="2026-11-21T00:00:00Z"),
    LIMIT,
)
"""The filters of `GET /api/alerts/history`."""

PREVIEW_FILTERS = (
    WORKSPACE,
    Filter(name="days", meaning="How many days back, 1 to 90; 30 by default.", example="30"),
)
"""The parameters of a preview."""

USUAL_DAYS = 30
MOST_DAYS = 90
LONGEST_SILENCE_NS = 366 * DAY_NS
_MOST_DELIVERIES = 50
_RANK = {"critical": 0, "warning": 1}


class AlertBook:
    """The alerts of a store.

    Args:
        store: where they are.
        write: stores a batch durably.
        policy: where messages may go.
        broken: why rules could not be looked at, by workspace and rule id.
        now: the time in nanoseconds since 1970.
    """

    def __init__(
        self,
        store: Engine,
        *,
        write: Callable[[Batch], None],
        policy: TargetPolicy,
        broken: Mapping[tuple[str, str], str] | None = None,
        now: Callable[[], int] = clock_now_ns,
    ) -> None:
        self._store = store
        self._write = write
        self._policy = policy
        self._broken = {} if broken is None else broken
        self._now = now

    def firing(self, workspace: str | None) -> AlertPage:
        """What `GET /api/alerts` answers."""
        now_ns = self._now()
        silences = [one for one in silences_in_force(self._store, now_ns) if workspace in (None, one.workspace)]
        alerts = open_alerts(self._store, workspace)
        firing = [alert for alert in alerts if alert.state == AlertState.FIRING]
        firing.sort(key=lambda alert: (_RANK.get(alert.level, 2), -(alert.fired_ns or 0), alert.alert_id))
        pending = [alert for alert in alerts if alert.state == AlertState.PENDING]
        return AlertPage(
            items=[alert_item(alert, silences) for alert in firing],
            pending=[alert_item(alert, silences) for alert in pending],
            silences=[silence_item(silence) for silence in silences],
            undelivered=[one for one in self._deliveries(workspace) if one.state != "sent"],
            rules=len(self._rows(workspace)),
        )

    def history(self, pairs: Pairs) -> AlertHistory:
        """What `GET /api/alerts/history` answers."""
        given = read_given(pairs, HISTORY_FILTERS)
        limit = limit_of(given.get("limit"))
        asked = {
            "workspace": given.get("workspace"),
            "rule_id": given.get("rule"),
            "before_ns": time_ns_of("before", given.get("before"), default=LATEST_NS),
            "limit": limit,
        }
        alerts = [msgspec.convert(row, Alert) for row in self._store.rows("alert_history", asked)]
        silences = silences_in_force(self._store, self._now())
        last = to_rfc3339(alerts[-1].fired_ns or 0) if len(alerts) == limit else None
        return AlertHistory(items=[alert_item(alert, silences) for alert in alerts], next_before=last)

    def rules(self, workspace: str | None) -> RulePage:
        """What `GET /api/alerts/rules` answers."""
        firing = [alert for alert in open_alerts(self._store, workspace) if alert.state == AlertState.FIRING]
        items = [self._rule_item(row, firing) for row in self._rows(workspace)]
        targets = [target_item(target) for target in self._targets() if workspace in (None, target.workspace)]
        return RulePage(items=items, targets=targets)

    def set_rules(self, texts: Iterable[RuleText]) -> list[RuleItem]:
        """What `PUT /api/alerts/rules` answers: the rules as they are kept. One of the same name is replaced.

        Raises:
            InvalidInput: a rule is wrong, or tells a target that there is none of; nothing is kept then.
        """
        texts = list(texts)
        known = {(target.workspace, target.target) for target in self._targets()}
        for text in texts:
            read_rule(text)
            missing = [name for name in text.notify if (text.workspace, name) not in known]
            if missing:
                raise InvalidInput(
                    f"The rule {text.name!r} tells {missing[0]!r}, which is no target of the workspace "
                    f"{text.workspace!r}. Expected one that is set. Set it first, under 'targets' or with "
                    "'longpole alerts target'."
                )
        rows = [row_of(text, self._now()) for text in texts]
        if rows:
            self._write(Batch(records=[*rows]))
        return [self._rule_item(row, []) for row in rows]

    def remove_rule(self, rule_id: str, workspace: str | None) -> RuleItem:
        """What `DELETE /api/alerts/rules/{id}` answers: the rule that is gone. What it fired is over at the next look.

        Raises:
            NotFound: there is no such rule.
        """
        row = self._row(rule_id, workspace)
        item = self._rule_item(row, [])
        self._write(Batch(removed=[row]))
        return item

    def acknowledge(self, alert_id: str, given: Acknowledgement) -> AlertItem:
        """What `POST /api/alerts/{id}/acknowledge` answers: the alert, with who looks after it.

        Raises:
            NotFound: no alert of this id fires.
        """
        who = _person("acknowledged_by", given.acknowledged_by)
        now_ns = self._now()
        for alert in open_alerts(self._store, given.workspace):
            if alert.alert_id == alert_id:
                changed = replace(alert, acknowledged_by=who, acknowledged_ns=now_ns, changed_ns=now_ns)
                self._write(Batch(records=[changed]))
                return alert_item(changed, silences_in_force(self._store, now_ns))
        raise NotFound(
            f"No alert {alert_id[:60]!r} fires. Expected one that 'longpole alerts list' shows. It may be over."
        )

    def silence(self, new: NewSilence) -> SilenceItem:
        """What `POST /api/alerts/silences` answers: the silence as it is kept.

        Raises:
            InvalidInput: its end is missing, past or more than a year away.
            NotFound: there is no such rule.
        """
        now_ns = self._now()
        if (new.lasting is None) == (new.until is None):
            raise InvalidInput("The silence has no end, or two. Expected 'lasting' or 'until'. Write it like '2 h'.")
        if new.lasting is not None:
            until_ns = now_ns + read_duration("lasting", new.lasting)
        else:
            until_ns = time_ns_of("until", new.until, default=0)
        if not now_ns < until_ns <= now_ns + LONGEST_SILENCE_NS:
            raise refused("until", new.lasting or new.until or "", "a time within the next year", "Correct it.")
        check_text("reason", new.reason)
        check_text("subject", new.subject or "")
        if new.rule_id is not None:
            self._row(new.rule_id, new.workspace)
        row = AlertSilence(
            workspace=new.workspace,
            silence_id=blake2b(f"{now_ns} {new.rule_id} {new.subject}".encode(), digest_size=6).hexdigest(),
            rule_id=new.rule_id,
            subject=new.subject,
            until_ns=until_ns,
            silenced_by=_person("silenced_by", new.silenced_by),
            reason=new.reason,
            created_ns=now_ns,
        )
        self._write(Batch(records=[row]))
        return silence_item(row)

    def end_silence(self, silence_id: str, workspace: str | None) -> SilenceItem:
        """What `DELETE /api/alerts/silences/{id}` answers: the silence that is over.

        Raises:
            NotFound: there is none of this id.
        """
        for row in silences_in_force(self._store, self._now()):
            if row.silence_id == silence_id and workspace in (None, row.workspace):
                self._write(Batch(removed=[row]))
                return silence_item(row)
        raise NotFound(f"There is no silence {silence_id[:60]!r}. Expected one in force. It may have run out.")

    def set_target(self, new: NewTarget) -> TargetItem:
        """What `PUT /api/alerts/targets` answers: the target, without what may be secret.

        Raises:
            InvalidInput: its address is not one that messages may go to.
        """
        name = new.target.strip()
        if not name or len(name) > 100:
            raise refused("target", new.target, "a name of 1 to 100 characters", "Give it a short one.")
        check_text("target", name)
        check_text("workspace", new.workspace)
        if not new.url.isprintable():
            raise InvalidInput("The address has a control character. Expected one of apprise. Write it anew.")
        check_target(new.url, self._policy)
        row = AlertTarget(workspace=new.workspace, target=name, url=new.url.strip(), changed_ns=self._now())
        self._write(Batch(records=[row]))
        return target_item(row)

    def remove_target(self, target: str, workspace: str | None) -> TargetItem:
        """What `DELETE /api/alerts/targets/{name}` answers: the target that is gone.

        Raises:
            NotFound: there is none of this name.
        """
        for row in self._targets():
            if row.target == target and workspace in (None, row.workspace):
                self._write(Batch(removed=[row]))
                return target_item(row)
        raise NotFound(f"There is no target {target[:60]!r}. Expected one that 'longpole alerts rules' shows.")

    def deliveries(self, workspace: str | None) -> DeliveryPage:
        """What `GET /api/alerts/deliveries` answers: the last messages."""
        return DeliveryPage(items=self._deliveries(workspace))

    def preview(self, text: RuleText, pairs: Pairs = ()) -> RulePreview:
        """What `POST /api/alerts/preview` answers: what a rule would have done over past days.

        Raises:
            InvalidInput: the rule is wrong.
        """
        given = read_given(pairs, PREVIEW_FILTERS[1:])
        return self._preview(read_rule(text), _days_of(given))

    def preview_stored(self, rule_id: str, pairs: Pairs = ()) -> RulePreview:
        """What `GET /api/alerts/rules/{id}/preview` answers.

        Raises:
            NotFound: there is no such rule.
        """
        given = read_given(pairs, PREVIEW_FILTERS)
        row = self._row(rule_id, given.get("workspace"))
        return self._preview(stored_rule(row), _days_of(given))

    def budgets(self, workspace: str | None) -> BudgetPage:
        """What `GET /api/budgets` answers: the budgets that are used up and act. Costs two small queries."""
        acting: dict[tuple[str, str], Rule] = {}
        for row in self._rows(workspace):
            rule = _readable(row) if row.is_enabled else None
            if rule is not None and rule.acts:
                acting[(row.workspace, row.rule_id)] = rule
        if not acting:
            return BudgetPage(items=[])
        now_ns = self._now()
        used_up = [
            (rule, alert)
            for alert in open_alerts(self._store, workspace)
            if alert.state == AlertState.FIRING
            and alert.level == AlertLevel.CRITICAL
            and (rule := acting.get((alert.workspace, alert.rule_id))) is not None
        ]
        return BudgetPage(items=[budget_state(rule, alert, now_ns) for rule, alert in used_up])

    def _rows(self, workspace: str | None) -> list[AlertRule]:
        rows = self._store.rows("alert_rules_of", {"workspace": workspace})
        return [msgspec.convert(row, AlertRule) for row in rows]

    def _row(self, rule_id: str, workspace: str | None) -> AlertRule:
        meant = (rule_id, rule_id_of(rule_id))
        for row in self._rows(workspace):
            if row.rule_id in meant:
                return row
        raise NotFound(
            f"There is no alert rule {rule_id[:60]!r}. Expected the id or the name of one that "
            "'longpole alerts rules' shows. Correct it."
        )

    def _targets(self) -> list[AlertTarget]:
        return [msgspec.convert(row, AlertTarget) for row in self._store.rows("every_alert_targets")]

    def _deliveries(self, workspace: str | None) -> list[DeliveryItem]:
        asked = {"workspace": workspace, "limit": _MOST_DELIVERIES}
        rows = self._store.rows("alert_deliveries_of", asked)
        return [delivery_item(msgspec.convert(row, AlertDelivery)) for row in rows]

    def _rule_item(self, row: AlertRule, firing: Iterable[Alert]) -> RuleItem:
        rule = _readable(row)
        trouble = self._broken.get((row.workspace, row.rule_id))
        return RuleItem(
            rule_id=row.rule_id,
            workspace=row.workspace,
            title=row.title,
            words="This version cannot read it." if rule is None else describe(rule),
            text=RuleText(name=row.title, workspace=row.workspace) if rule is None else text_of(row),
            firing=sum((alert.workspace, alert.rule_id) == (row.workspace, row.rule_id) for alert in firing),
            is_enabled=row.is_enabled,
            trouble=trouble,
        )

    def _preview(self, rule: Rule, days: int) -> RulePreview:
        to_ns = self._now()
        from_ns = to_ns - days * DAY_NS
        found = replay(self._store, rule, from_ns, to_ns)
        start_ns = found.times_ns[0] if found.times_ns else from_ns
        return RulePreview(
            words=describe(rule),
            unit=rule.unit,
            limit=rule.limit,
            limit_text=limit_text(rule),
            clears_at=rule.clears_at,
            is_below=rule.is_below,
            from_time=to_rfc3339(start_ns),
            to_time=to_rfc3339(to_ns),
            offsets_ns=[time_ns - start_ns for time_ns in found.times_ns],
            lines=[PreviewLine(subject=line.subject, values=line.values) for line in found.lines],
            episodes=[episode_item(rule, episode, to_ns) for episode in found.episodes],
            fired=len(found.episodes),
            subjects=found.subjects,
            unknown_past=unknown_past(rule),
        )


def _days_of(given: Mapping[str, str]) -> int:
    days = whole_number("days", given.get("days", str(USUAL_DAYS)))
    if not 1 <= days <= MOST_DAYS:
        raise refused("days", str(days), f"1 to {MOST_DAYS}", "Choose fewer days.")
    return days


def _readable(row: AlertRule) -> Rule | None:
    try:
        return stored_rule(row)
    except InvalidInput:
        return None


def _person(name: str, text: str) -> str:
    who = text.strip()
    check_text(name, who)
    if not who or len(who) > 100:
        raise refused(name, text, "the name of a person, of 1 to 100 characters", "Say who you are.")
    return who
