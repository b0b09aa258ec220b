"""What is different about some executions: a part of a picture, some that were picked, or the slow ones."""

from collections.abc import Mapping, Sequence
from functools import cache
from math import log
from typing import Any

import msgspec
from msgspec import Struct

from longpole.analysis.traits import LARGE, PRESENT, SMALL, Claim, Members, Sample, Trait, find_traits
from longpole.analysis.two_samples import compare_rates
from longpole.model import clock
from longpole.model.buckets import GAMMA
from longpole.reports.drawn import below_for
from longpole.reports.execution_list import matching_parameters, matching_rows
from longpole.reports.filter_values import LATEST_NS, Filter, Pairs, read_duration_ns, time_ns_of
from longpole.reports.filters import ExecutionFilters
from longpole.reports.input_leaves import Leaves, leaves_of_inputs
from longpole.reports.listed_period import PICTURE_FILTERS, read_listed
from longpole.reports.numbers import counted, duration_text, share_text
from longpole.reports.picture_views import Differences, TraitDifference, TraitShare
from longpole.reports.question import Question
from longpole.reports.rows import Row
from longpole.reports.together import together
from longpole.reports.weighted import weighted_quantiles
from longpole.store.engine import Engine

MOST_CHOSEN, MOST_OTHERS = 400, 800
"""So many of the chosen executions and of the others are looked at."""

FEWEST = 5
"""Of fewer chosen ones nothing is said."""

_CHOICE = (
    Filter(name="chosen_from", meaning="Chosen: started at this time or later.", example="2026-11-19T14:00:00Z"),
    Filter(name="chosen_to", meaning="Chosen: started before this time.", example="2026-11-21T00:00:00Z"),
    Filter(name="chosen_min", meaning="Chosen: took at least this long.", example="16s"),
    Filter(name="chosen_max", meaning="Chosen: took less than this.", example="2min"),
    Filter(name="chosen_id", meaning="Chosen: these ids, separated by commas.", example=""),
)
DIFFERENCE_FILTERS = (*PICTURE_FILTERS, *_CHOICE)
"""The filters of `GET /api/analysis/differences`. With nothing chosen it is those slower than the 95th percentile."""

# What an execution tells of itself, under the names that people read.
_TEXTS = {
    "agent": "agent", "version": "version", "environment": "environment", "service": "service", "process": "process",
    "model": "model", "method": "method", "trigger_type": "trigger", "trigger_source": "trigger source",
    "runtime_mode": "runtime mode", "session_id": "session", "user_id": "user", "status": "status",
    "error_type": "error",
}  # fmt: skip
_NUMBERS = {
    "retries": "retries", "agents_skipped": "agents skipped", "steps_total": "steps", "steps_failed": "failed steps",
    "model_calls": "model calls", "tool_calls": "tool calls", "input_tokens": "input tokens",
    "output_tokens": "output tokens",
}  # fmt: skip

_HOURS = [(f"{hour:02}:00",) for hour in range(24)]
_WEEKDAYS = [(day,) for day in ("Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday")]
_CATEGORY_TIMES = msgspec.json.Decoder(dict[str, int])
_OF_STEPS = {"tool": "tools", "error of a step": "step_errors"}
_LIST = msgspec.json.Decoder(tuple[str, ...])


class Choice(Struct, frozen=True, kw_only=True):
    """Which executions are the chosen ones; `slower_than_ns` where that was not said."""

    from_ns: int = 0
    to_ns: int = LATEST_NS
    min_ns: int = 0
    max_ns: int = LATEST_NS
    ids: tuple[str, ...] | None = None
    slower_than_ns: int | None = None

    @property
    def is_of_time(self) -> bool:
        """Whether it is those of some time, so that the hour tells nothing."""
        return self.from_ns > 0 or self.to_ns < LATEST_NS

    @property
    def parameters(self) -> dict[str, Any]:
        """The choice as queries take it."""
        return {
            "chosen_from_ns": self.from_ns,
            "chosen_to_ns": self.to_ns,
            "chosen_min_ns": self.min_ns,
            "chosen_max_ns": self.max_ns,
            "chosen_ids": None if self.ids is None else list(self.ids),
        }


def differences_of(store: Engine, filters: ExecutionFilters, choice: Choice) -> Differences:
    """The chosen executions against the others that the filters let through; open ones are in neither.

    Cost: a scan of them, a sample of each side with its inputs, and 50 ms of arithmetic.
    """
    from longpole.analysis.trait_claims import claim_differences  # noqa: PLC0415 - numpy

    asked = {**matching_parameters(filters), **choice.parameters}
    counts = {row["is_chosen"]: row["executions"] for row in store.rows("chosen_counted", asked)}
    chosen, others = counts.get(1, 0), counts.get(0, 0)
    answer = Differences(
        from_time=clock.to_rfc3339(filters.from_ns),
        to_time=clock.to_rfc3339(filters.to_ns),
        chosen=chosen,
        others=others,
        looked_at=0,
        others_looked_at=0,
        slower_than_ns=choice.slower_than_ns,
        tested=0,
        message=f"{counted(chosen, 'execution')} against {others:,}: too few to say what is different.",
        differences=[],
        alike=[],
    )
    if min(chosen, others) < FEWEST:
        return answer
    samples = _samples(store, asked, (chosen, others), has_hours=not choice.is_of_time)
    traits = find_traits(samples)
    claims, differing = claim_differences(samples, traits)
    answer.differences = [_difference(claim, samples, traits) for claim in claims]
    answer.looked_at = sum(sample.has_failed for sample in samples)
    answer.others_looked_at = len(samples) - answer.looked_at
    keys = sorted({trait.key for trait in traits})
    answer.tested = len(keys)
    answer.alike = [key for key in keys if key not in differing]
    answer.message = _message(answer)
    return answer


def _samples(store: Engine, asked: Mapping[str, Any], counts: tuple[int, int], *, has_hours: bool) -> list[Sample]:
    """Some executions of both sides; a chosen one counts as what the analysis calls a failed one."""
    sides = _drawn(store, asked, counts)
    every = [*sides[0], *sides[1]]
    if not every:
        return []
    leaves_by_row = together(
        lambda: _input_leaves(store, every, asked["workspace"]),
        lambda: [_leaves(row, has_hours=has_hours) for row in every],
        lambda: _step_leaves(store, every, asked["workspace"]),
    )
    samples: list[Sample] = []
    for place, (row, inputs, own, steps) in enumerate(zip(every, *leaves_by_row, strict=True)):
        side = 0 if place < len(sides[0]) else 1
        weight = float(row["weight"]) * counts[side] / len(sides[side])
        leaves = {**own, **steps, **inputs}
        samples.append(Sample(None, side == 0, log(max(1, row["duration_ns"])), weight, leaves))
    return samples


def _drawn(store: Engine, asked: Mapping[str, Any], counts: tuple[int, int]) -> tuple[Sequence[Row], Sequence[Row]]:
    """Some chosen ones and some others. First when they started: thirty columns of a million rows cost much."""
    below = {"below_chosen": below_for(counts[0], MOST_CHOSEN), "below_others": below_for(counts[1], MOST_OTHERS)}
    starts_ns = [row["started_ns"] for row in store.rows("chosen_starts", {**asked, **below})]
    if not starts_ns:  # they were removed since they were counted
        return [], []
    # What only started in the same nanosecond as a drawn one of the other side is there too; it comes last.
    rows = store.rows("chosen_sample", {**asked, "starts_ns": starts_ns})
    chosen, others = ([row for row in rows if row["is_chosen"] == side] for side in (1, 0))
    return chosen[:MOST_CHOSEN], others[:MOST_OTHERS]


def _input_leaves(store: Engine, rows: Sequence[Row], workspace: str | None) -> list[Leaves]:
    found = leaves_of_inputs(store, rows, workspace=workspace)
    return [found.get((row["workspace"], row["trace_id"], row["span_id"]), {}) for row in rows]


def _step_leaves(store: Engine, rows: Sequence[Row], workspace: str | None) -> list[Leaves]:
    """The tools that the executions' steps ran, and the errors by which steps failed."""
    untold = [row for row in rows if row["tools"] is None]
    asked = _asked_of_steps(store, untold, workspace) if untold else {}
    return [_told_by_steps(row) or asked.get((row["workspace"], row["execution_id"]), {}) for row in rows]


def _told_by_steps(row: Row) -> Leaves:
    """What the row itself tells of its steps. Where a server settled it that did not tell yet, nothing."""
    told = {name: _LIST.decode(row[column] or "[]") for name, column in _OF_STEPS.items()}
    return {name: values for name, values in told.items() if values}


def _asked_of_steps(store: Engine, rows: Sequence[Row], workspace: str | None) -> dict[tuple[str, str], Leaves]:
    """The same from the steps, by workspace and execution."""
    asked = {
        "workspace": workspace,
        # Clocks of several machines differ.
        "from_ns": min(row["started_ns"] for row in rows) - 3_600_000_000_000,
        "execution_ids": [row["execution_id"] for row in rows],
    }
    found: dict[tuple[str, str], Leaves] = {}
    for query, column, name in (
        ("tools_of_executions", "tool", "tool"),
        ("errors_of_executions", "error_type", "error of a step"),
    ):
        for one in store.rows(query, asked):
            leaves = found.setdefault((one["workspace"], one["execution_id"]), {})
            leaves[name] = (*leaves.get(name, ()), one[column])
    return found


def _leaves(row: Row, *, has_hours: bool) -> Leaves:
    found: Leaves = {name: (value,) for column, name in _TEXTS.items() if (value := row[column]) is not None}
    for column, name in _NUMBERS.items():
        if (value := row[column]) is not None:
            found[name] = (float(value),)
    if has_hours:
        hours = row["started_ns"] // 3_600_000_000_000  # since a Thursday, 1970-01-01 00:00
        found["hour (UTC)"] = _HOURS[hours % 24]
        found["weekday"] = _WEEKDAYS[hours // 24 % 7]
    if row["category_ns"]:
        times = _CATEGORY_TIMES.decode(row["category_ns"])
        whole = sum(times.values())
        if whole > 0:
            for category, took in times.items():
                found[_share_of(category)] = (float(round(100 * took / whole)),)
    return found


@cache
def _share_of(category: str) -> str:
    return f"share of time: {category.replace('_', ' ')} (%)"


def _difference(claim: Claim, samples: Sequence[Sample], traits: Members) -> TraitDifference:
    (share, size), (other, other_size) = _shares(samples, traits[claim.trait])
    compared = compare_rates(other * other_size, other_size, share * size, size)
    key, relation, value = claim.trait
    return TraitDifference(
        key=key,
        relation=relation,
        value=value,
        share=share,
        other_share=other,
        points=share - other,
        low=compared.low,
        high=compared.high,
        odds_ratio=min(claim.ratio, 1e6),
        p_value=claim.p_value,
        sentence=f"{_words(claim.trait)}: {share_text(share)} of the chosen ones, {share_text(other)} of the others.",
        companions=[_companion(trait, samples, traits) for trait in claim.companions],
    )


def _companion(trait: Trait, samples: Sequence[Sample], traits: Members) -> TraitShare:
    (share, _), (other, _) = _shares(samples, traits[trait])
    return TraitShare(key=trait.key, relation=trait.relation, value=trait.value, share=share, other_share=other)


def _shares(samples: Sequence[Sample], places: Sequence[int]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Of the chosen ones and of the others which part is at these places, and how certain that is."""
    having = set(places)
    return _share(samples, having, is_chosen=True), _share(samples, having, is_chosen=False)


def _share(samples: Sequence[Sample], having: set[int], *, is_chosen: bool) -> tuple[float, float]:
    """Which part of the weight of one side has a trait, and how many of equal weight would be as certain (Kish)."""
    whole = squares = part = 0.0
    for place, sample in enumerate(samples):
        if sample.has_failed == is_chosen:
            whole += sample.weight
            squares += sample.weight**2
            part += sample.weight if place in having else 0.0
    return (part / whole, whole**2 / squares) if squares else (0.0, 0.0)


def _words(trait: Trait) -> str:
    key, relation, value = trait
    if relation in (LARGE, SMALL):
        return f"{key} {'over' if relation == LARGE else 'up to'} {value}"
    return f"{key} is {value}" if relation == "=" else f"{key} {'is there' if relation == PRESENT else 'is missing'}"


def _message(answer: Differences) -> str:
    sides = f"{counted(answer.chosen, 'execution')} against {answer.others:,}"
    if answer.slower_than_ns is not None:
        sides = f"{answer.chosen:,} slower than {duration_text(answer.slower_than_ns)} against {answer.others:,}"
    if not answer.differences:
        return f"{sides}: no certain difference in {counted(answer.tested, 'attribute')}."
    return f"{sides}. {answer.differences[0].sentence}"


def read_choice(store: Engine, filters: ExecutionFilters, given: Mapping[str, str]) -> Choice:
    """The executions that texts by name choose; without any those slower than the 95th percentile.

    Raises:
        InvalidInput: a value cannot be read.
    """
    if not given:
        rows = matching_rows(store, "durations_counted", filters, by=["duration_bucket"])
        p95_ns = weighted_quantiles({row["duration_bucket"]: float(row["weight"]) for row in rows})["p95_ns"]
        if p95_ns is None:
            return Choice()
        # The lower edge of its bucket: where many took equally long, they are all slow or all not.
        slow_ns = int(p95_ns * (GAMMA + 1) / (2 * GAMMA))
        return Choice(min_ns=slow_ns, slower_than_ns=slow_ns)
    ids = [word.strip() for word in given.get("chosen_id", "").split(",") if word.strip()]
    return Choice(
        from_ns=time_ns_of("chosen_from", given.get("chosen_from"), default=0),
        to_ns=time_ns_of("chosen_to", given.get("chosen_to"), default=LATEST_NS),
        min_ns=read_duration_ns("chosen_min", given["chosen_min"]) if "chosen_min" in given else 0,
        max_ns=read_duration_ns("chosen_max", given["chosen_max"]) if "chosen_max" in given else LATEST_NS,
        ids=tuple(ids) or None,
    )


def _ask(store: Engine, pairs: Pairs) -> Differences:
    names = {one.name for one in _CHOICE}
    every = list(pairs)
    filters = read_listed(store, [pair for pair in every if pair[0] not in names], clock.now_ns())
    given = {name: text for name, text in every if name in names and text}
    return differences_of(store, filters, read_choice(store, filters, given))


DIFFERENCES = Question(
    name="differences",
    meaning="What is different about chosen executions, or the slow ones: attributes that they have more often.",
    view=Differences,
    filters=DIFFERENCE_FILTERS,
    ask=_ask,
)
