"""Rows of alerts as they are shown: times as texts, numbers with their units, nothing that may be secret."""

from collections.abc import Iterable

from longpole.alerting.budgets import period_end
from longpole.alerting.replay import Episode
from longpole.alerting.rules import Rule
from longpole.alerting.targets import scheme_of, shown_target
from longpole.alerting.units import Unit, quantity_text
from longpole.alerting.views import AlertItem, BudgetState, DeliveryItem, EpisodeItem, SilenceItem, TargetItem
from longpole.alerting.watch import is_silenced
from longpole.alerting.words import said_of
from longpole.model.alert import Alert, AlertDelivery, AlertLevel, AlertSilence, AlertTarget
from longpole.model.clock import to_rfc3339


def alert_item(alert: Alert, silences: Iterable[AlertSilence]) -> AlertItem:
    """An alert as it is shown; `silences` are those in force."""
    unit = Unit(alert.unit)
    return AlertItem(
        workspace=alert.workspace,
        alert_id=alert.alert_id,
        rule_id=alert.rule_id,
        title=alert.title,
        subject=alert.subject,
        level=alert.level,
        state=alert.state,
        said=alert.said,
        unit=alert.unit,
        value=alert.value,
        worst=alert.worst,
        limit=alert.limit_value,
        value_text=quantity_text(alert.value, unit),
        limit_text=quantity_text(alert.limit_value, unit),
        since=to_rfc3339(alert.since_ns),
        fired_at=_time(alert.fired_ns),
        cleared_at=_time(alert.cleared_ns),
        acknowledged_by=alert.acknowledged_by,
        acknowledged_at=_time(alert.acknowledged_ns),
        is_silenced=is_silenced(alert, silences),
        evidence=alert.evidence,
        link=alert.link,
    )


def _time(time_ns: int | None) -> str | None:
    return None if time_ns is None else to_rfc3339(time_ns)


def silence_item(silence: AlertSilence) -> SilenceItem:
    """A silence as it is shown."""
    return SilenceItem(
        workspace=silence.workspace,
        silence_id=silence.silence_id,
        rule_id=silence.rule_id,
        subject=silence.subject,
        until=to_rfc3339(silence.until_ns),
        silenced_by=silence.silenced_by,
        reason=silence.reason,
    )


def target_item(target: AlertTarget) -> TargetItem:
    """A target as it is shown, without what may be secret."""
    shown = shown_target(target.url) if scheme_of(target.url) else "…"
    return TargetItem(workspace=target.workspace, target=target.target, address=shown)


def delivery_item(delivery: AlertDelivery) -> DeliveryItem:
    """A message as it is shown."""
    is_sent = delivery.delivered_ns is not None
    return DeliveryItem(
        workspace=delivery.workspace,
        delivery_id=delivery.delivery_id,
        rule_id=delivery.rule_id,
        target=delivery.target,
        subject_line=delivery.subject_line,
        state="sent" if is_sent else "given up" if delivery.next_ns is None else "waiting",
        created_at=to_rfc3339(delivery.created_ns),
        attempts=delivery.attempts,
        next_at=_time(delivery.next_ns),
        delivered_at=_time(delivery.delivered_ns),
        error=delivery.error,
    )


def episode_item(rule: Rule, episode: Episode, to_ns: int) -> EpisodeItem:
    """A time for which a rule would have fired, as it is shown; `to_ns` is the end of what was looked at."""
    return EpisodeItem(
        subject=episode.subject,
        level=episode.level,
        fired_at=to_rfc3339(episode.fired_ns),
        cleared_at=_time(episode.cleared_ns),
        duration_ns=(episode.cleared_ns or to_ns) - episode.fired_ns,
        worst=episode.worst,
        worst_text=quantity_text(episode.worst, rule.unit),
        said=said_of(rule, episode.subject, episode.sample, AlertLevel(episode.level)),
    )


def budget_state(rule: Rule, alert: Alert, now_ns: int) -> BudgetState:
    """A budget that is used up, as programs are told."""
    reach = rule.reach
    who = {"agent": reach.agent, "version": reach.version, "environment": reach.environment, "user": reach.user}
    if reach.by in who:
        who[reach.by] = alert.subject
    return BudgetState(
        rule_id=rule.rule_id,
        title=rule.title,
        said=alert.said,
        until=to_rfc3339(period_end(rule.per, now_ns)),
        **who,
    )
