"""Looks at all rules every so often: reads their numbers, decides, keeps what fired, and makes the messages.

Everything that is decided upon is in the store, so that another server can go on where this one stopped.
"""

import logging
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from hashlib import blake2b

import msgspec
from msgspec.structs import replace

from longpole.alerting.evaluate import UNKNOWN, Sample, Standing, decide
from longpole.alerting.readings import Samples, moment_now
from longpole.alerting.rules import Rule, stored_rule
from longpole.alerting.words import link_of, message_of, said_of
from longpole.model.alert import Alert, AlertDelivery, AlertLevel, AlertSilence, AlertState
from longpole.model.batch import Batch
from longpole.model.clock import MINUTE_NS
from longpole.model.errors import InvalidInput
from longpole.model.workspace import AlertRule
from longpole.store.engine import Engine

GROUP_NS = MINUTE_NS
"""After a message about a rule the next one waits so long, and tells all that happened meanwhile."""

CHANGES_EVERY_NS = 15 * MINUTE_NS
"""Rules about changes cost as much as the report on regressions, and days do not change faster."""

BUDGETS_EVERY_NS = MINUTE_NS
"""Budgets of weeks and months read as much."""

ARRIVAL_NS = 2 * MINUTE_NS
"""So long after a start nothing is called absent: agents still send what waited in their spools."""

MOST_SUBJECTS = 1000

_log = logging.getLogger("longpole.alerting")

Key = tuple[str, str, str]
"""Workspace, rule and subject."""


class Watch:
    """Evaluates the rules of a store. For one thread."""

    def __init__(self, store: Engine, *, announce: Callable[[Alert], None] | None = None, address: str = "") -> None:
        """Nothing is looked at yet.

        Args:
            store: where rules, numbers and alerts are.
            announce: told of every alert that fires, gets worse or clears; must return at once.
            address: of the dashboard, for links in messages, without a slash at its end.
        """
        self._store = store
        self._announce = announce
        self._address = address
        self._began_ns: int | None = None
        self._seldom: dict[tuple[str, str, int], tuple[int, Samples]] = {}
        self.broken: dict[tuple[str, str], str] = {}

    def look(self, now_ns: int) -> Generator[None, None, str]:
        """One evaluation of every rule; yields between rules and gives a few words on what it did.

        A rule whose numbers cannot be read is noted in `broken` and does not keep the others from being looked at.
        """
        self._began_ns = now_ns if self._began_ns is None else self._began_ns
        rows = self._store.rows("alert_rules_of", {"workspace": None})
        silences = silences_in_force(self._store, now_ns)
        rules = self._rules([msgspec.convert(row, AlertRule) for row in rows])
        fired = 0
        for rule in rules:
            try:
                fired += self._look_at(rule, silences, now_ns)
            except Exception as error:
                self._note(rule, error)
            else:
                self.broken.pop((rule.reach.workspace, rule.rule_id), None)
            yield
        known = {(rule.reach.workspace, rule.rule_id, rule.made_ns) for rule in rules}
        self._seldom = {key: kept for key, kept in self._seldom.items() if key in known}
        self._close({(row["workspace"], row["rule_id"]) for row in rows if row["is_enabled"]}, now_ns)
        return f"looked at {len(rules)} rules, {fired} alerts fire"

    def _rules(self, rows: Iterable[AlertRule]) -> list[Rule]:
        found: list[Rule] = []
        for row in rows:
            if not row.is_enabled:
                continue
            try:
                found.append(stored_rule(row))
            except InvalidInput as error:
                self.broken[(row.workspace, row.rule_id)] = str(error)
        return found

    def _note(self, rule: Rule, error: Exception) -> None:
        key, reason = (rule.reach.workspace, rule.rule_id), f"{type(error).__name__}: {error}"
        if self.broken.get(key) != reason:
            _log.warning("The alert rule %s could not be looked at: %s", rule.rule_id, reason)
        self.broken[key] = reason

    def _look_at(self, rule: Rule, silences: Sequence[AlertSilence], now_ns: int) -> int:
        """Decide on every subject of a rule and keep what changed; how many alerts of it fire."""
        samples = self._samples(rule, now_ns)
        # Read as late as can be, so that what somebody acknowledges meanwhile is not written over.
        alerts = [alert for alert in open_alerts(self._store, rule.reach.workspace) if alert.rule_id == rule.rule_id]
        if samples is None:
            return sum(alert.state == AlertState.FIRING for alert in alerts)
        before = {alert.subject: alert for alert in alerts if alert.state != AlertState.CLEARED}
        after: list[Alert] = []
        gone: list[Alert] = []
        for subject in sorted({*samples, *before})[: MOST_SUBJECTS + len(before)]:
            sample = samples.get(subject) or missing(rule)
            known = before.get(subject)
            standing = decide(rule, sample, None if known is None else _standing(known), now_ns)
            if standing is not None:
                after.append(_alert(rule, subject, sample, standing, known, now_ns))
            elif known is not None:
                gone.append(known)
        untold = [alert for alert in alerts if alert.state == AlertState.CLEARED]
        self._keep(rule, {alert.alert_id: alert for alert in alerts}, [*after, *untold], gone, silences, now_ns)
        return sum(alert.state == AlertState.FIRING for alert in after)

    def _samples(self, rule: Rule, now_ns: int) -> Samples | None:
        """What is known of a rule now; nothing where it is too early to say."""
        if rule.kind == "absence" and now_ns - (self._began_ns or now_ns) < ARRIVAL_NS:
            return None
        every_ns = _every_ns(rule)
        key = (rule.reach.workspace, rule.rule_id, rule.made_ns)
        at_ns, samples = self._seldom.get(key, (now_ns - every_ns, {}))
        if now_ns - at_ns >= every_ns:
            samples = moment_now(self._store, rule, now_ns)
            if every_ns:
                self._seldom[key] = (now_ns, samples)
        return samples

    def _keep(
        self,
        rule: Rule,
        before: Mapping[str, Alert],
        alerts: Sequence[Alert],
        gone: Sequence[Alert],
        silences: Sequence[AlertSilence],
        now_ns: int,
    ) -> None:
        """Store what changed, with the messages about it, and announce it."""
        alerts = [replace(alert, untold="") if is_silenced(alert, silences) else alert for alert in alerts]
        messages: list[AlertDelivery] = []
        to_tell = [alert for alert in alerts if alert.untold]
        if to_tell and self._may_tell(rule, now_ns):
            messages = self._messages(rule, to_tell, now_ns)
            alerts = [replace(alert, untold="") for alert in alerts]
        changed = [alert for alert in alerts if _differs(alert, before.get(alert.alert_id))]
        if changed or messages or gone:
            self._store.write(Batch(records=[*changed, *messages], removed=[*gone]))
        for alert in changed:
            known = before.get(alert.alert_id)
            is_news = known is None or (known.state, known.level) != (alert.state, alert.level)
            if self._announce is not None and is_news and alert.state != AlertState.PENDING:
                self._announce(alert)

    def _may_tell(self, rule: Rule, now_ns: int) -> bool:
        """Whether the last message about a rule is long enough ago."""
        rows = self._store.rows("alert_last_messages")
        key = (rule.reach.workspace, rule.rule_id)
        return all(now_ns - row["last_ns"] >= GROUP_NS for row in rows if (row["workspace"], row["rule_id"]) == key)

    def _messages(self, rule: Rule, alerts: Sequence[Alert], now_ns: int) -> list[AlertDelivery]:
        told = sorted(alerts, key=lambda alert: (alert.untold == "cleared", -(alert.worst or 0)))
        line, text = message_of(rule, [(one.untold, one.said, one.link) for one in told], self._address)
        return [
            AlertDelivery(
                workspace=rule.reach.workspace,
                delivery_id=_digest(rule.rule_id, target, str(now_ns)),
                rule_id=rule.rule_id,
                target=target,
                subject_line=line,
                message=text,
                created_ns=now_ns,
                next_ns=now_ns,
                changed_ns=now_ns,
            )
            for target in rule.notify
        ]

    def _close(self, rules: Collection[tuple[str, str]], now_ns: int) -> None:
        """Alerts of rules that are gone or switched off are over, and nobody is told."""
        rows = [alert for alert in open_alerts(self._store, None) if (alert.workspace, alert.rule_id) not in rules]
        closed = [_ended(alert, now_ns) for alert in rows if alert.fired_ns is not None]
        pending = [alert for alert in rows if alert.fired_ns is None]
        if rows:
            self._store.write(Batch(records=[*closed], removed=[*pending]))


def open_alerts(store: Engine, workspace: str | None) -> list[Alert]:
    """The alerts of a workspace, or of all, that fire or may soon, and those of which something is still to be told."""
    return [msgspec.convert(row, Alert) for row in store.rows("alerts_open", {"workspace": workspace})]


def _every_ns(rule: Rule) -> int:
    """How long the numbers of a rule hold; 0 where they are read at every look."""
    if rule.kind == "change":
        return CHANGES_EVERY_NS
    return BUDGETS_EVERY_NS if rule.kind == "budget" and rule.per in ("week", "month") else 0


def missing(rule: Rule) -> Sample:
    """The sample of a subject of which nothing was found: a sum of nothing is 0, and no change is none."""
    if rule.kind == "change" or (rule.statistic is not None and rule.statistic.kind in ("total", "peak")):
        return Sample.exact(0.0, 0)
    return UNKNOWN


def silences_in_force(store: Engine, now_ns: int) -> list[AlertSilence]:
    """The silences that have not run out."""
    rows = (msgspec.convert(row, AlertSilence) for row in store.rows("every_alert_silences"))
    return [silence for silence in rows if silence.until_ns > now_ns]


def is_silenced(alert: Alert, silences: Iterable[AlertSilence]) -> bool:
    """Whether nobody is to be told of an alert."""
    return any(
        silence.workspace == alert.workspace
        and silence.rule_id in (None, alert.rule_id)
        and silence.subject in (None, alert.subject)
        for silence in silences
    )


def _standing(alert: Alert) -> Standing:
    return Standing(
        state=AlertState(alert.state),
        level=AlertLevel(alert.level),
        since_ns=alert.since_ns,
        fired_ns=alert.fired_ns,
        quiet_ns=alert.quiet_ns,
        cleared_ns=alert.cleared_ns,
        value=alert.value,
        worst=alert.worst,
    )


def _alert(rule: Rule, subject: str, sample: Sample, now: Standing, known: Alert | None, now_ns: int) -> Alert:
    """The row of an alert as it stands now; why it fired stays as it was said then, until it gets worse."""
    news = _news(now, known)
    if known is None or news in ("fired", "raised"):
        said, link = said_of(rule, subject, sample, now.level), link_of(rule, subject, now_ns)
        evidence = _evidence(rule, sample)
    else:
        said, link, evidence = known.said, known.link, known.evidence
    return Alert(
        workspace=rule.reach.workspace,
        alert_id=_digest(rule.rule_id, subject, str(now.since_ns)) if known is None else known.alert_id,
        rule_id=rule.rule_id,
        title=rule.title,
        subject=subject,
        level=now.level,
        state=now.state,
        unit=rule.unit,
        since_ns=now.since_ns,
        fired_ns=now.fired_ns,
        cleared_ns=now.cleared_ns,
        quiet_ns=now.quiet_ns,
        value=now.value,
        worst=now.worst,
        limit_value=rule.limit,
        said=said,
        evidence=evidence,
        link=link,
        untold=news or ("" if known is None else known.untold),
        acknowledged_by=None if known is None else known.acknowledged_by,
        acknowledged_ns=None if known is None else known.acknowledged_ns,
        changed_ns=now_ns,
    )


def _news(now: Standing, known: Alert | None) -> str:
    """What happened to an alert that is to be told; nothing where it stands as before."""
    if now.state == AlertState.FIRING and (known is None or known.state == AlertState.PENDING):
        return "fired"
    if now.state == AlertState.CLEARED:
        return "cleared"
    is_worse = known is not None and known.level == AlertLevel.WARNING and now.level == AlertLevel.CRITICAL
    return "raised" if is_worse and now.state == AlertState.FIRING else ""


def _evidence(rule: Rule, sample: Sample) -> str:
    told = {
        "value": sample.value,
        "low": sample.low,
        "high": None if sample.high == float("inf") else sample.high,
        "limit": rule.limit,
        "unit": rule.unit,
        "count": sample.count,
        "window_ns": rule.window_ns,
        "ahead": sample.ahead,
        "ahead_low": sample.ahead_low,
        "ahead_high": sample.ahead_high,
        "about": sample.about or None,
    }
    return msgspec.json.encode({name: value for name, value in told.items() if value is not None}).decode()


def _ended(alert: Alert, now_ns: int) -> Alert:
    at_ns = alert.cleared_ns or now_ns
    return replace(alert, state=AlertState.CLEARED, cleared_ns=at_ns, untold="", changed_ns=now_ns)


def _differs(alert: Alert, known: Alert | None) -> bool:
    return known is None or replace(alert, changed_ns=known.changed_ns) != known


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode(), digest_size=8).hexdigest()
