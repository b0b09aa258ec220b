"""Rules and alerts in words: what a rule does, why it fired, where the evidence is."""

from collections.abc import Sequence
from urllib.parse import urlencode

from longpole.alerting.evaluate import Sample
from longpole.alerting.rules import Reach, Rule
from longpole.alerting.units import Unit, quantity_text
from longpole.model.alert import AlertLevel
from longpole.model.clock import MINUTE_NS, to_rfc3339
from longpole.reports.numbers import counted, duration_text, share_text

_MOST_NAMED = 10
_PERIODS = {"hour": "an hour", "day": "a day (UTC)", "week": "a week (UTC)", "month": "a month (UTC)"}
_METRICS = {
    "any": "anything", "p50": "the p50 duration", "p95": "the p95 duration", "errors": "the share of failures",
    "tokens": "tokens", "cost": "cost", "calls": "calls",
}  # fmt: skip


def describe(rule: Rule) -> str:
    """What a rule does, in two or three sentences."""
    parts = [_FIRES[rule.kind](rule)]
    if rule.hold_ns:
        parts[0] += f", once that has held for {length_text(rule.hold_ns)}"
    parts.append(_clears(rule))
    if rule.kind == "budget" and rule.acts:
        parts.append("Programs that opted in are stopped while it is used up")
    parts.append(f"Tells {_listed(rule.notify)}" if rule.notify else "Tells nobody: it is seen on the page only")
    if not rule.is_enabled:
        parts.append("It is switched off")
    return ". ".join(parts) + "."


def length_text(span_ns: float) -> str:
    """A round length of time as people say it.

    >>> length_text(15 * 60 * 10**9), length_text(86_400 * 10**9), length_text(30 * 86_400 * 10**9)
    ('15 min', '1 day', '30 days')
    """
    if span_ns >= 1440 * MINUTE_NS and span_ns % (1440 * MINUTE_NS) == 0:
        return counted(round(span_ns / (1440 * MINUTE_NS)), "day")
    return duration_text(span_ns).replace("\u202f", " ")


def limit_text(rule: Rule) -> str:
    """The limit of a rule with its unit, such as `5 %`."""
    noun = rule.statistic.noun if rule.statistic else ""
    if rule.unit == Unit.DURATION:
        return length_text(rule.limit)
    if rule.unit == Unit.SHARE:
        return f"{rule.limit * 100:g} %"
    return quantity_text(rule.limit, rule.unit, noun if rule.kind == "budget" else "")


def value_text(rule: Rule, value: float | None) -> str:
    """A value of a rule with its unit."""
    return quantity_text(value, rule.unit, rule.statistic.noun if rule.statistic and rule.kind == "budget" else "")


def whom_text(reach: Reach, subject: str = "") -> str:
    """Whom a rule or an alert is about, such as `agent triage in production`."""
    who = {"agent": reach.agent, "version": reach.version, "environment": reach.environment, "user": reach.user}
    who |= {"step": reach.step}
    if reach.by is not None and subject:
        who[reach.by] = subject
    parts = [f"step {who['step']}"] if who["step"] else []
    parts += [f"agent {who['agent']}"] if who["agent"] else []
    parts += [f"version {who['version']}"] if who["version"] else []
    parts += [f"user {who['user']}"] if who["user"] else []
    said = " of ".join(parts) or "all agents"
    return f"{said} in {who['environment']}" if who["environment"] else said


def _each(reach: Reach) -> str:
    whom = whom_text(reach)
    if reach.by is None:
        return whom
    return f"each {reach.by}" if whom == "all agents" else f"each {reach.by} of {whom}"


def _threshold(rule: Rule) -> str:
    assert rule.statistic is not None
    side = "below" if rule.is_below else "above"
    what = "calls" if rule.reach.is_of_steps and rule.statistic.name == "executions" else rule.statistic.words
    is_one = rule.statistic.kind in ("rate", "mean", "quantile") or rule.statistic.name == "cost"
    verb = "is surely" if rule.statistic.kind in ("rate", "mean", "quantile") else "is" if is_one else "are"
    said = f"Fires when the {what} of {_each(rule.reach)} {verb} {side} {limit_text(rule)}"
    said += f" over {length_text(rule.window_ns)}"
    if rule.least > 1:
        noun = "step" if rule.reach.is_of_steps else "execution"
        said += f", of {counted(rule.least, noun)} or more"
    return said


def _absence(rule: Rule) -> str:
    return f"Fires when no execution of {_each(rule.reach)} has begun for {limit_text(rule)}"


def _change(rule: Rule) -> str:
    what, whom = _METRICS[rule.metric], _each(rule.reach)
    return (
        f"Fires when {what} of {whom} got worse by more than {limit_text(rule)} within {length_text(rule.window_ns)}, "
        "as far as the regression analysis is sure"
    )


def _budget(rule: Rule) -> str:
    warn = share_text(rule.warn_share).replace(".0", "").replace("\u202f", " ")
    return (
        f"Fires when {_each(rule.reach)} used up {limit_text(rule)} in {_PERIODS[rule.per]}; warns at {warn}, and when "
        "the pace so far says that it will not suffice (80 % sure)"
    )


_FIRES = {"threshold": _threshold, "absence": _absence, "change": _change, "budget": _budget}


def _clears(rule: Rule) -> str:
    if rule.kind == "absence":
        return "Clears when one begins"
    if rule.kind == "budget":
        return f"Clears when the next {rule.per} begins"
    if rule.kind == "change":
        return f"Clears when the change is older than {length_text(rule.window_ns)}"
    side = "at least" if rule.is_below else "at most"
    limit = limit_text(rule)
    if rule.clears_at != rule.limit:
        limit = quantity_text(rule.clears_at, rule.unit).replace("\u202f", " ")
    after = f" for {length_text(rule.clears_ns)}" if rule.clears_ns else ""
    return f"Clears when it has been {side} {limit}{after}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def said_of(rule: Rule, subject: str, sample: Sample, level: AlertLevel) -> str:
    """Why an alert fires, in one sentence with its numbers."""
    whom, value, limit = whom_text(rule.reach, subject), value_text(rule, sample.value), limit_text(rule)
    if rule.kind == "absence":
        known = "" if sample.count else "at least "
        return f"No execution of {whom} for {known}{value} (limit {limit})."
    if rule.kind == "change":
        return f"{whom} got worse: {sample.about}."
    if rule.kind == "budget":
        return _said_of_budget(rule, whom, sample, level)
    assert rule.statistic is not None
    side = "below" if rule.is_below else "above"
    what = "calls" if rule.reach.is_of_steps and rule.statistic.name == "executions" else rule.statistic.words
    said = f"{what} of {whom}: {value}, {side} {limit} over {length_text(rule.window_ns)}"
    if rule.statistic.kind in ("rate", "mean", "quantile"):
        said += f" ({counted(sample.count, 'step' if rule.reach.is_of_steps else 'execution')})"
    return f"{said[0].upper()}{said[1:]}."


def _said_of_budget(rule: Rule, whom: str, sample: Sample, level: AlertLevel) -> str:
    value, limit = value_text(rule, sample.value), limit_text(rule)
    used = f"{(sample.value or 0) / rule.limit * 100:.0f} %"
    said = f"{whom} used {value} of {limit} this {rule.per} ({used})"
    if sample.ahead is not None:
        low, high = value_text(rule, sample.ahead_low), value_text(rule, sample.ahead_high)
        said += f"; at this pace {value_text(rule, sample.ahead)} by its end (80 % sure: {low} to {high})"
    if level == AlertLevel.CRITICAL:
        said = f"Budget used up: {said}"
    return f"{said[0].upper()}{said[1:]}."


def link_of(rule: Rule, subject: str, time_ns: int) -> str:
    """Where the dashboard shows the executions that an alert is about."""
    reach = rule.reach
    who = {"agent": reach.agent, "version": reach.version, "environment": reach.environment, "user": reach.user}
    if reach.by in who and subject:
        who[reach.by] = subject
    parts = {name: value for name, value in who.items() if value}
    if rule.statistic is not None and rule.statistic.name in ("failure_rate", "failures"):
        parts["status"] = "failed"
    if rule.statistic is not None and rule.statistic.source == "durations":
        parts["sort"] = "duration"
    if rule.kind == "budget":
        parts["sort"] = "cost"
    from_ns = time_ns - rule.window_ns - (0 if rule.kind != "absence" else rule.window_ns)
    parts |= {"workspace": reach.workspace} if reach.workspace != "default" else {}
    parts |= {"from": to_rfc3339(max(0, from_ns))[:19] + "Z", "to": to_rfc3339(time_ns + MINUTE_NS)[:19] + "Z"}
    return f"/executions?{urlencode(parts)}"


def message_of(rule: Rule, alerts: Sequence[tuple[str, str, str]], address: str) -> tuple[str, str]:
    """One message about all that a rule has to tell: its subject line and its text.

    Args:
        rule: whose.
        alerts: what happened (`fired`, `raised`, `cleared`), why, and the link, of each.
        address: of the dashboard, without a slash at its end.
    """
    fired = [one for one in alerts if one[0] != "cleared"]
    cleared = len(alerts) - len(fired)
    count = f" ({len(fired)})" if len(fired) > 1 else ""
    head = f"Alert: {rule.title}{count}" if fired else f"Over: {rule.title}{f' ({cleared})' if cleared > 1 else ''}"
    lines = [f"{'Over: ' if what == 'cleared' else ''}{said}" for what, said, _ in alerts[:_MOST_NAMED]]
    if len(alerts) > _MOST_NAMED:
        lines.append(f"And {len(alerts) - _MOST_NAMED} more.")
    link = alerts[0][2]
    return head, "\n".join([*lines, "", f"{address}{link}", f"All alerts: {address}/alerts"])
