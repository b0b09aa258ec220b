"""The numbers of rules that watch for changes: what the report on regressions finds, moment by moment."""

from collections.abc import Iterator, Mapping

from longpole.alerting.evaluate import Sample
from longpole.alerting.rules import Rule
from longpole.model.clock import DAY_NS, to_rfc3339
from longpole.reports.change_questions import REGRESSIONS
from longpole.reports.change_views import MetricChange, Regression
from longpole.reports.change_words import levels_text, sureness_text
from longpole.store.engine import Engine

_EXTRA_DAYS = 14
"""Before the window: what was usual until then."""


def change_moments(
    store: Engine, rule: Rule, from_ns: int, to_ns: int, *, is_one: bool
) -> Iterator[tuple[int, Mapping[str, Sample]]]:
    """By agent the largest change for the worse within the window of a rule, at the end of each day of a time range.

    An agent without one is left out. Only the end of the range is looked at with `is_one`. Costs as much as the report
    on regressions for each moment.
    """
    times = [to_ns] if is_one else [*range(to_ns, from_ns, -DAY_NS)][::-1]
    for time_ns in times:
        yield time_ns, _found(store, rule, time_ns)


def _found(store: Engine, rule: Rule, time_ns: int) -> dict[str, Sample]:
    reach = rule.reach
    start_ns = max(0, time_ns - rule.window_ns - _EXTRA_DAYS * DAY_NS)
    pairs = [
        ("workspace", reach.workspace),
        ("from", to_rfc3339(start_ns)),
        ("to", to_rfc3339(time_ns)),
        ("limit", "200"),
        *((name, value) for name in ("agent", "environment", "version") if (value := getattr(reach, name))),
    ]
    window = to_rfc3339(max(0, time_ns - rule.window_ns))
    samples: dict[str, Sample] = {}
    for item in REGRESSIONS.ask(store, pairs).items:
        sample = _sample(rule, item) if item.at >= window else None
        if sample is not None and (samples.get(item.agent, sample).value or 0) <= (sample.value or 0):
            samples[item.agent] = sample
    return samples


def _sample(rule: Rule, item: Regression) -> Sample | None:
    """The largest change for the worse of those that a rule is about."""
    meant = [one for one in item.changes if one.is_worse and rule.metric in ("any", one.metric)]
    if not meant:
        return None
    worst = max(meant, key=_size)
    what = f"{worst.operation}: " if worst.operation else ""
    about = f"{what}{levels_text(worst)} since {worst.at[:16].replace('T', ' ')} UTC, {sureness_text(worst.confidence)}"
    return Sample(value=_size(worst), low=_size(worst), high=_size(worst), count=1, about=about)


def _size(change: MetricChange) -> float:
    return 1.0 if change.change is None else abs(change.change)
