"""Changes of numbers and limits ahead in words, as every door that prints text says them."""

from longpole.reports.change_views import ChangedThen, LimitAhead, MetricChange, Regression, ResourceUse, Slower
from longpole.reports.numbers import cost_text, count_text, counted, duration_text, share_text

_NAMES = {"p50": "p50", "p95": "p95", "errors": "failures", "tokens": "tokens", "cost": "cost", "calls": "calls"}
_SURELY = 0.999


def levels_text(change: MetricChange) -> str:
    """Such as `p50 1.61 s → 1.94 s`."""
    name = "runs" if change.metric == "calls" and change.operation is None else _NAMES[change.metric]
    return f"{name} {level_text(change, change.before)} → {level_text(change, change.after)}"


def difference_text(change: MetricChange) -> str:
    """Such as `+20.7 %`, or `more` of failures; empty where the level before was 0."""
    if change.change is None:
        return ""
    if change.metric == "errors":
        return "more" if change.change > 0 else "fewer"
    return signed_share(change.change)


def level_text(change: MetricChange, level: float) -> str:
    """A level in the unit of its metric."""
    if change.metric in ("p50", "p95"):
        return duration_text(level)
    if change.metric == "errors":
        return share_text(level)
    if change.metric == "cost":
        return cost_text(level)
    if change.metric == "tokens" or change.operation is None:
        return count_text(round(level))
    return f"{level:.3g}"


def signed_share(share: float) -> str:
    """A relative change with its sign.

    >>> signed_share(0.207).replace("\\u202f", " "), signed_share(-0.5).replace("\\u202f", " ")
    ('+20.7 %', '−50.0 %')
    """
    sign = "" if abs(share) < 0.0005 else "+" if share > 0 else "−"
    return f"{sign}{abs(share) * 100:.1f}\u202f%"


def sureness_text(confidence: float) -> str:
    """How sure a change is."""
    return "over 99.9\u202f% sure" if confidence > _SURELY else f"{confidence * 100:.1f}\u202f% sure"


def when_text(change: MetricChange | Regression, *, has_hours: bool) -> str:
    """The day from which on numbers were others, and between which ones it may have begun."""
    length = 16 if has_hours else 10
    at, earliest, latest = (time[:length].replace("T", " ") for time in (change.at, change.earliest, change.latest))
    return at if earliest == latest else f"{at} (between {earliest} and {latest})"


def where_text(step: Slower) -> str:
    """By what a step made executions slower: more calls, or slower ones."""
    parts: list[str] = []
    total_ns = abs(step.more_calls_ns) + abs(step.slower_calls_ns)
    if abs(step.more_calls_ns) > total_ns / 20:
        word = "more" if step.more_calls_ns > 0 else "fewer"
        parts.append(
            f"{_signed(step.more_calls_ns)} by {word} calls ({step.calls_before:.3g} → {step.calls_after:.3g})"
        )
    if abs(step.slower_calls_ns) > total_ns / 20:
        word = "slower" if step.slower_calls_ns > 0 else "faster"
        times = f"{duration_text(step.mean_before_ns)} → {duration_text(step.mean_after_ns)}"
        parts.append(f"{_signed(step.slower_calls_ns)} by {word} calls ({times})")
    return f"{step.operation}: {', '.join(parts)} an execution"


def cause_text(cause: ChangedThen) -> str:
    """What was new at the time of a change."""
    before = "" if cause.before is None else f"{cause.before} → "
    return f"{cause.kind} {before}{cause.after}, first seen {cause.first_seen[:16].replace('T', ' ')} UTC"


def busiest_text(one: ResourceUse) -> str:
    """How much runs at once of what most time goes to."""
    text = f"Most time goes to the {one.kind} {one.name}: {one.in_flight:.2g} in flight on average"
    if one.peak_in_flight is None:
        return f"{text}."
    return f"{text}, {one.peak_in_flight} at most in its busiest hour ({one.busiest_hour[:16].replace('T', ' ')} UTC)."


def limit_text(one: ResourceUse, limit: LimitAhead) -> str:
    """When the limit of a resource is reached, and how sure that is."""
    told = (
        f"seen at about {count_text(round(limit.calls_an_hour))}"
        if limit.is_seen
        else "of " + count_text(round(limit.calls_an_hour))
    )
    start = f"{one.name}: the limit {told} calls an hour"
    if limit.days == 0:
        hits = f"; {counted(one.limited, 'call')} met it" if one.limited else ""
        return f"{start} was reached already{hits}."
    start += f" ({share_text(limit.used_share)} of it used in the busiest)"
    if limit.days is None and limit.earliest_days is None:
        return f"{start} is not reached within 90 days as it goes."
    expected = "later than in 90 days" if limit.days is None else f"in {counted(limit.days, 'day')}"
    bounds = [
        "more than 90 days" if days is None else counted(days, "day")
        for days in (limit.earliest_days, limit.latest_days)
    ]
    return f"{start} is reached {expected}, 80 % sure between {bounds[0]} and {bounds[1]}."


def limited_text(one: ResourceUse) -> str:
    """That a rate limit was met, where it is not known which."""
    return f"{one.name}: {counted(one.limited, 'call')} met a rate limit, too few hours to tell where it is."


def _signed(duration_ns: int) -> str:
    return ("+" if duration_ns > 0 else "") + duration_text(duration_ns)
