"""Which keys and values of inputs go with failure or slowness, from a sample of executions."""

from collections.abc import Mapping, Sequence
from math import log

import msgspec

from longpole.analysis.traits import ABSENT, Claim, Sample, find_traits, leaves_of
from longpole.model import clock
from longpole.model.status import FAILED_STATUSES, ExecutionStatus
from longpole.reports.filter_values import read_given
from longpole.reports.numbers import duration_text, share_text
from longpole.reports.period import PERIOD_FILTERS, Period, period_of
from longpole.reports.question import Question
from longpole.reports.rows import Row
from longpole.reports.statistics_views import InputKey, InputPattern, InputPatterns
from longpole.reports.together import together
from longpole.store.engine import Engine

MOST_FAILED, MOST_SUCCEEDED = 1500, 3000
"""So many executions that failed, and so many that succeeded, are looked at. Slowness is told from the latter alone."""

STRETCHES = 28
"""Into how many stretches of time a period is cut, within which inputs are compared: of a week each has six hours."""

INPUT_LIMIT = 20_000
"""Characters of an input that are read."""

MOST_KEYS = 50
_DIGITS = 1_000_003
# What a span tells of its own end is not what led to it, and what conventions name is no input of the user's.
_NO_INPUTS = (
    "gen_ai.", "llm.", "longpole.", "openinference.", "traceloop.", "langfuse.", "logfire.", "output", "error",
    "exception", "http.response", "http.status", "rpc.", "otel.", "telemetry.", "metadata.ls_", "code.", "thread.",
)  # fmt: skip


def input_patterns_of(store: Engine, period: Period) -> InputPatterns:
    """The input patterns of a period.

    Cost: a sample of `MOST_FAILED + MOST_SUCCEEDED` executions and their bodies; 60 ms of arithmetic.
    """
    from longpole.analysis.trait_claims import claim_failures, claim_slowness  # noqa: PLC0415 - numpy

    counts = {row["status"]: row for row in store.rows("outcomes_counted", period.parameters)}
    (failed, failed_stand_for), (succeeded, succeeded_stand_for) = together(
        lambda: _sample(store, period, counts, FAILED_STATUSES, MOST_FAILED),
        lambda: _sample(store, period, counts, (ExecutionStatus.SUCCESS,), MOST_SUCCEEDED),
    )
    stands_for = {True: failed_stand_for, False: succeeded_stand_for}
    bodies = _bodies(store, period, [*failed, *succeeded])
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
    """The sample of executions of some statuses, and for how many of equal weight one of them stands.

    Those with the lowest digits are wanted. Few of the digits hold enough of them mostly, and then the columns of
    the others need not be read (36 instead of 77 ms for three thousand of a million); else all digits are asked for.
    """
    whole = sum(counts[status]["executions"] for status in statuses if status in counts)
    if not whole:
        return [], 0.0
    asked = {**period.parameters, "statuses": [str(status) for status in statuses], "limit": most}
    below = min(_DIGITS, _DIGITS * 3 * most // (2 * whole) + 1)
    rows = store.rows("sampled_executions", {**asked, "below": below})
    if len(rows) < most and below < _DIGITS:
        rows = store.rows("sampled_executions", {**asked, "below": _DIGITS})
    return rows, whole / max(1, len(rows))


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
        found.update(leaves_of(own, "attribute"))
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
