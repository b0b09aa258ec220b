"""Which keys and values of inputs go with failure or slowness, from a sample of executions."""

from collections.abc import Mapping, Sequence
from math import log

from longpole.analysis.traits import ABSENT, Claim, Sample, find_traits
from longpole.model import clock
from longpole.model.status import FAILED_STATUSES, ExecutionStatus
from longpole.reports.drawn import drawn_rows
from longpole.reports.filter_values import read_given
from longpole.reports.input_leaves import Leaves, leaves_of_inputs
from longpole.reports.numbers import duration_text, share_text
from longpole.reports.period import PERIOD_FILTERS, Period, period_of
from longpole.reports.question import Question
from longpole.reports.rows import Row
from longpole.reports.statistics_views import InputKey, InputPattern, InputPatterns
from longpole.reports.together import together
from longpole.reports.whole_days import rows_by_days
from longpole.store.engine import Engine

MOST_FAILED, MOST_SUCCEEDED = 1500, 3000
"""So many executions that failed, and so many that succeeded, are looked at. Slowness is told from the latter alone."""

STRETCHES = 28
"""Into how many stretches of time a period is cut, within which inputs are compared: of a week each has six hours."""

MOST_KEYS = 50


def input_patterns_of(store: Engine, period: Period) -> InputPatterns:
    """The input patterns of a period.

    Cost: a sample of `MOST_FAILED + MOST_SUCCEEDED` executions and their bodies; 60 ms of arithmetic.
    """
    from longpole.analysis.trait_claims import claim_failures, claim_slowness  # noqa: PLC0415 - numpy

    outcomes = rows_by_days(store, "outcomes_counted", period.parameters, by=["status"])
    counts = {row["status"]: row for row in outcomes}
    (failed, failed_stand_for), (succeeded, succeeded_stand_for) = together(
        lambda: _sample(store, period, counts, FAILED_STATUSES, MOST_FAILED),
        lambda: _sample(store, period, counts, (ExecutionStatus.SUCCESS,), MOST_SUCCEEDED),
    )
    stands_for = {True: failed_stand_for, False: succeeded_stand_for}
    bodies = leaves_of_inputs(store, [*failed, *succeeded], workspace=period.scope.workspace)
    samples = [
        _sampled(row, leaves, has_failed=has_failed, stands_for=stands_for[has_failed], period=period)
        for rows, has_failed in ((failed, True), (succeeded, False))
        for row in rows
        if (leaves := bodies.get((row["workspace"], row["trace_id"], row["span_id"]))) is not None
    ]
    traits = find_traits(samples)
    claims = [*claim_failures(samples, traits), *claim_slowness(samples, traits)]
    return InputPatterns(
        from_time=period.from_time,
        to_time=period.to_time,
        executions=sum(row["executions"] for row in counts.values()),
        sampled=len(failed) + len(succeeded),
        with_input=len(samples),
        patterns=[_pattern(claim) for claim in claims],
        keys=_keys(samples),
    )


def _sample(
    store: Engine, period: Period, counts: Mapping[str, Row], statuses: Sequence[str], most: int
) -> tuple[Sequence[Row], float]:
    """The sample of executions of some statuses, and for how many of equal weight one of them stands."""
    whole = sum(counts[status]["executions"] for status in statuses if status in counts)
    asked = {**period.parameters, "statuses": [str(status) for status in statuses]}
    rows = drawn_rows(store, "sampled_executions", asked, whole=whole, most=most)
    return rows, whole / max(1, len(rows))


def _sampled(row: Row, leaves: Leaves, *, has_failed: bool, stands_for: float, period: Period) -> Sample:
    stretch = (row["started_ns"] - period.scope.from_ns) * STRETCHES // max(1, period.length_ns)
    return Sample(
        (row["workspace"], row["agent"], stretch),
        has_failed,
        log(max(1, row["duration_ns"])),
        float(row["weight"]) * stands_for,
        leaves,
    )


def _keys(samples: Sequence[Sample]) -> list[InputKey]:
    """The keys that most executions have."""
    having: dict[str, list[Sample]] = {}
    for sample in samples:
        for key in sample.leaves:
            having.setdefault(key, []).append(sample)
    whole = sum(sample.weight for sample in samples)
    found = [
        InputKey(
            key=key,
            executions=len(those),
            share=min(1.0, weight / whole) if whole else 0.0,
            success_rate=sum(sample.weight for sample in those if not sample.has_failed) / weight if weight else None,
        )
        for key, those in having.items()
        for weight in (sum(sample.weight for sample in those),)
    ]
    return sorted(found, key=lambda one: (-one.share, one.key))[:MOST_KEYS]


def _pattern(claim: Claim) -> InputPattern:
    trait = claim.trait
    return InputPattern(
        key=trait.key,
        relation=trait.relation,
        value=trait.value,
        effect="failing" if claim.is_failure else "slow",
        executions=claim.executions,
        with_it=claim.with_it,
        without_it=claim.without_it,
        ratio=min(claim.ratio, 1e6),
        p_value=claim.p_value,
        sentence=_sentence(claim),
    )


def _sentence(claim: Claim) -> str:
    key, relation, value = claim.trait
    what = f"{key} {relation} {value}".strip()
    other = f"{key} is there" if relation == ABSENT else "otherwise"
    if claim.is_failure:
        return f"Where {what}, {share_text(claim.with_it)} fail; {other} {share_text(claim.without_it)} do."
    return (
        f"Where {what}, executions typically take {duration_text(claim.with_it)}; {other} "
        f"{duration_text(claim.without_it)}. Among alike ones that is {claim.ratio:.2f} times as long."
    )


INPUT_PATTERNS = Question(
    name="input-patterns",
    meaning="Which keys and values of inputs and attributes go with failure or with long durations.",
    view=InputPatterns,
    filters=PERIOD_FILTERS,
    ask=lambda store, pairs: input_patterns_of(store, period_of(read_given(pairs, PERIOD_FILTERS), clock.now_ns())),
)
