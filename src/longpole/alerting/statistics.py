"""What a rule can watch: every statistic with its unit, where its numbers come from, and how it is named."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from longpole.alerting.units import Unit

Source = Literal["sums", "durations", "in_flight", "dropped"]
"""Which query has the numbers."""

Kind = Literal["rate", "mean", "total", "quantile", "peak"]
"""How the numbers of a window become one: a share of executions, a mean, a sum, a percentile, a highest."""


class Statistic(Struct, frozen=True, kw_only=True):
    """Something that can be watched.

    `field` is the column that it adds up, `per` the one that it divides by. `noun` follows counts. `for_steps` says
    whether there is one of steps too, `share` which part of durations lies below a percentile.
    """

    name: str
    words: str
    unit: Unit
    source: Source
    kind: Kind
    field: str = ""
    per: str = ""
    share: float = 0.0
    noun: str = ""
    for_steps: bool = True
    has_people: bool = True


def _durations(name: str, share: float) -> Statistic:
    return Statistic(
        name=name, words=f"{name[:3]} duration", unit=Unit.DURATION, source="durations", kind="quantile", share=share
    )


def _mean(name: str, words: str, unit: Unit, field: str, noun: str = "") -> Statistic:
    return Statistic(name=name, words=words, unit=unit, source="sums", kind="mean", field=field, noun=noun)


def _total(name: str, words: str, unit: Unit, field: str, *, noun: str = "", for_steps: bool = True) -> Statistic:
    return Statistic(
        name=name, words=words, unit=unit, source="sums", kind="total", field=field, noun=noun, for_steps=for_steps
    )


_ALL = (
    Statistic(
        name="failure_rate",
        words="failure rate",
        unit=Unit.SHARE,
        source="sums",
        kind="rate",
        field="failed",
        per="finished",
    ),
    _total("failures", "failures", Unit.COUNT, "failed"),
    Statistic(
        name="skipped_rate",
        words="share of skipped executions",
        unit=Unit.SHARE,
        source="sums",
        kind="rate",
        field="skipped",
        per="weights",
        for_steps=False,
    ),
    _durations("p50_duration", 0.5),
    _durations("p95_duration", 0.95),
    _durations("p99_duration", 0.99),
    _mean("mean_duration", "mean duration", Unit.DURATION, "duration"),
    _total("cost", "cost", Unit.MONEY, "cost"),
    _mean("cost_each", "mean cost", Unit.MONEY, "cost"),
    _total("tokens", "tokens", Unit.COUNT, "tokens", noun="tokens"),
    _mean("tokens_each", "mean tokens", Unit.COUNT, "tokens", noun="tokens"),
    _total("credits", "credits", Unit.COUNT, "credits", noun="credits", for_steps=False),
    _total("executions", "executions", Unit.COUNT, "weights", noun="executions"),
    _total("retries", "retries", Unit.COUNT, "retries", noun="retries", for_steps=False),
    Statistic(
        name="concurrency",
        words="executions at once",
        unit=Unit.COUNT,
        source="in_flight",
        kind="peak",
        noun="executions",
        for_steps=False,
    ),
    Statistic(
        name="dropped",
        words="steps dropped before they were sent",
        unit=Unit.COUNT,
        source="dropped",
        kind="total",
        noun="steps",
        for_steps=False,
        has_people=False,
    ),
)

STATISTICS: Mapping[str, Statistic] = {statistic.name: statistic for statistic in _ALL}
"""By the name that rules use."""
