"""Which keys and values of inputs go with failure or slowness, from a sample of executions."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from math import log

import msgspec

from longpole.analysis.traits import ABSENT, Claim, Sample, claim_failures, claim_slowness, find_traits, leaves_of
from longpole.model import clock
from longpole.model.status import ExecutionStatus
from longpole.reports.filter_values import read_given
from longpole.reports.filters import FAILED_STATUSES
from longpole.reports.numbers import duration_text, share_text
from longpole.reports.period import PERIOD_FILTERS, Period, period_of
from longpole.reports.question import Question
from longpole.reports.rows import Row
from longpole.reports.statistics_views import InputKey, InputPattern, InputPatterns
from longpole.store.engine import Engine

MOST_FAILED, MOST_SUCCEEDED = 1500, 3000
"""So many executions that failed, and so many that succeeded, are looked at. Slowness is told from the latter alone."""

STRETCHES = 28
"""Into how many stretches of time a period is cut, within which inputs are compared: of a week each has six hours."""

INPUT_LIMIT = 20_000
"""Characters of an input that are read."""

MOST_KEYS = 50
# What a span tells of its own end is not what led to it, and what conventions name is no input of the user's.
_NO_INPUTS = (
    "gen_ai.", "llm.", "longpole.", "openinference.", "traceloop.", "langfuse.", "logfire.", "output", "error",
    "exception", "http.response", "http.status", "rpc.", "otel.", "telemetry.", "metadata.ls_", "code.", "thread.",
)  # fmt: skip


def input_patterns_of(store: Engine, period: Period) -> InputPatterns:
    """The input patterns of a period.

    Cost: a sample of `MOST_FAILED + MOST_SUCCEEDED` executions and their bodies; 90 ms of arithmetic.
    """
    counts = {row["status"]: row for row in store.rows("outcomes_counted", period.parameters)}
    failed = _sample(store, period, FAILED_STATUSES, MOST_FAILED)
    succeeded = _sample(store, period, (ExecutionStatus.SUCCESS,), MOST_SUCCEEDED)
    bodies = _bodies(store, period, [*failed, *succeeded])
    stands_for = {True: _stands_for(counts, FAILED_STATUSES, failed)}
    stands_for[False] = _stands_for(counts, (ExecutionStatus.SUCCESS,), succeeded)
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


def _sample(store: Engine, period: Period, statuses: Iterable[str], most: int) -> Sequence[Row]:
    given = {"statuses": [str(status) for status in statuses], "limit": most}
    return store.rows("sampled_executions", period.parameters | given)


def _stands_for(counts: Mapping[str, Row], statuses: Iterable[str], sample: Sequence[Row]) -> float:
    """For how many executions of equal weight one of the sample stands."""
    whole = sum(counts[status]["executions"] for status in statuses if status in counts)
    return whole / len(sample) if sample else 0.0


_Leaves = dict[str, tuple[str | float, ...]]
_Key = tuple[str, str, str]


def _bodies(store: Engine, period: Period, rows: Sequence[Row]) -> dict[_Key, _Leaves]:
    if not rows:
        return {}
    asked = {
        "workspace": period.scope.workspace,
        "trace_ids": sorted({row["trace_id"] for row in rows}),
        "span_ids": sorted({row["span_id"] for row in rows}),
        # A body never comes before its span began, but clocks differ.
        "received_from_ns": min(row["received_ns"] for row in rows) - 3_600_000_000_000,
    }
    found: dict[_Key, _Leaves] = {}
    for body in store.rows("inputs_of_spans", asked):
        key = body["workspace"], body["trace_id"], body["span_id"]
        if key not in found:  # the newest comes first
            leaves = _leaves(body)
            if leaves:
                found[key] = leaves
    return found


def _leaves(body: Row) -> _Leaves:
    found: _Leaves = {}
    if body["input"] is not None:
        value = _decoded(body["input"][:INPUT_LIMIT])
        found.update({key if key.startswith("input") else f"input.{key}": leaves for key, leaves in _of(value).items()})
    attributes = _decoded(body["attributes"] or "")
    if isinstance(attributes, dict):
        own = {key: value for key, value in attributes.items() if not str(key).startswith(_NO_INPUTS)}
        found.update({f"attribute.{key}": leaves for key, leaves in leaves_of(own).items()})
    return found


def _of(value: object) -> _Leaves:
    return leaves_of(value) if isinstance(value, dict) else leaves_of(value, "input")


def _decoded(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return text or None


def _sampled(row: Row, leaves: _Leaves, *, has_failed: bool, stands_for: float, period: Period) -> Sample:
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
    having: Counter[str] = Counter()
    weights: dict[str, list[float]] = {}
    for sample in samples:
        for key in sample.leaves:
            having[key] += 1
            sums = weights.setdefault(key, [0.0, 0.0])
            sums[0] += sample.weight
            sums[1] += 0.0 if sample.has_failed else sample.weight
    whole = sum(sample.weight for sample in samples)
    found = [
        InputKey(
            key=key,
            executions=having[key],
            share=min(1.0, weight / whole) if whole else 0.0,
            success_rate=succeeded / weight if weight else None,
        )
        for key, (weight, succeeded) in weights.items()
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
