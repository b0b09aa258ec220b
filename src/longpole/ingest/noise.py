"""Takes steps that are noise out of what one body told: some are dropped, runs of like ones become one step.

It knows nothing but the body, so that a body which is read or sent again gives the same. What must not be lost is never
taken: what failed, is open, is an agent, is a model call or has tokens or a cost, holds decisions or stages, or links
to another trace. A root goes only with its whole trace.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from longpole.ingest.facts import Facts
from longpole.ingest.noise_rules import NoiseRule, compiled, glob_text, load_noise_rules
from longpole.ingest.recognise_bodies import as_json
from longpole.ingest.span import Span
from longpole.model.category import Category
from longpole.model.event import Body, Event, EventKind
from longpole.model.status import ExecutionStatus
from longpole.wire import longpole_names as own

LONGEST_GAP_NS = 10_000_000
"""A longer time without any of a run's steps ends the run: the step that stands for it claims no idle time."""

_MOST_NAMES = 4096
_SUCCESS = ExecutionStatus.SUCCESS.value
_ALWAYS_KEPT = (Category.LLM.value, Category.AGENT.value)

Told = tuple[Facts, Body]
Key = tuple[str, str, str]
"""Workspace, trace id, span id."""


class Taken(NamedTuple):
    """A step that gets no row, and the rule that took it."""

    rule: NoiseRule
    told: Told


class Sifted(NamedTuple):
    """What is stored, in the order in which it came, and what is not."""

    kept: list[Told]
    taken: list[Taken]


class RuleCount(Struct):
    """How many steps a rule has taken away: what a folded run shows is one less than it had beyond the kept ones."""

    dropped: int = 0
    folded: int = 0


def open_noise(path: str | None) -> "Noise | None":
    """The rules of a file, ready to be used; nothing without one.

    Raises:
        InvalidInput: the file cannot be read, or a rule is wrong.
    """
    return None if path is None else Noise(load_noise_rules(path))


class Noise:
    """The rules of a server and what they have done. `sift` and `note` belong to one thread, the rest to any."""

    def __init__(self, rules: Sequence[NoiseRule]) -> None:
        """Nothing is counted yet; the rules are asked in their order."""
        self._rules = [_Asked(rule) for rule in rules]
        self._by_name: dict[tuple[str, str], list[_Asked]] = {}
        self._counts = {rule.name: RuleCount() for rule in rules}

    @property
    def counts(self) -> dict[str, RuleCount]:
        """By rule, what it took since the server started."""
        return {name: replace(count) for name, count in self._counts.items()}

    def note(self, taken: Sequence[Taken]) -> None:
        """Count what was taken."""
        for rule, _ in taken:
            count = self._counts[rule.name]
            if rule.drop:
                count.dropped += 1
            else:
                count.folded += 1

    def sift(self, spans: Sequence[Span], told: list[Told]) -> Sifted:
        """Part what one body told into what is kept and what is noise.

        Children of what is dropped are hung on its parent, in place. Costs 0.4 us a span that no rule names, 2-3 us
        one that is taken (`bench/noise.py`).

        Args:
            spans: the body's spans.
            told: what was recognised in each of them, in the same order.
        """
        verdicts = [self._verdict(span, facts) for span, (facts, _) in zip(spans, told, strict=True)]
        if not any(verdicts):
            return Sifted(told, [])
        _spare_repeated(told, verdicts)
        _take_whole_traces(told, verdicts)
        _hang_higher(told, verdicts)
        taken = {place: rule for place, rule in enumerate(verdicts) if rule is not None and rule.drop}
        stands_for: dict[int, Told] = {}
        for rule, run in _runs(told, verdicts):
            stands_for[run[0]] = _fold([told[place] for place in run])
            taken.update(dict.fromkeys(run[1:], rule))
        kept = [stands_for.get(place, one) for place, one in enumerate(told) if place not in taken]
        return Sifted(kept, [Taken(rule, told[place]) for place, rule in sorted(taken.items(), key=lambda one: one[0])])

    def _verdict(self, span: Span, facts: Facts) -> NoiseRule | None:
        """The first rule that matches a step; none for one that must be kept. Of a root, only rules about traces."""
        named = self._by_name.get((facts.name, facts.category))
        if named is None:
            if len(self._by_name) >= _MOST_NAMES:
                self._by_name.clear()
            named = [rule for rule in self._rules if rule.names(facts.name, facts.category)]
            self._by_name[facts.name, facts.category] = named
        if not named or not _may_be_taken(facts):
            return None
        is_root = facts.parent_span_id is None
        return next((one.rule for one in named if one.is_about_traces is is_root and one.matches(span, facts)), None)


class _Asked:
    """A rule with its globs ready to be compared."""

    def __init__(self, rule: NoiseRule) -> None:
        match = rule.match
        self.rule = rule
        self.is_about_traces = rule.drop == "trace"
        self._name = None if match.name is None else compiled(match.name)
        self._service = None if match.service is None else compiled(match.service)
        self._attributes = [(name, compiled(glob_text(value))) for name, value in match.attributes.items()]
        self._below_ns = None if match.shorter_than_ms is None else match.shorter_than_ms * 1e6

    def names(self, name: str, category: str) -> bool:
        """Whether the rule may match steps of this name and category."""
        wanted = self.rule.match.category
        return (wanted is None or wanted == category) and (self._name is None or self._name.match(name) is not None)

    def matches(self, span: Span, facts: Facts) -> bool:
        """Whether a step that `names` passed is like the rule says in everything else."""
        wanted = self.rule.match.workspace
        if wanted is not None and wanted != facts.workspace:
            return False
        if self._below_ns is not None and (facts.duration_ns or 0) >= self._below_ns:
            return False
        if self._service is not None and not self._service.match(facts.service or ""):
            return False
        for name, glob in self._attributes:
            value = span.attributes.get(name)
            if not isinstance(value, str | int | float) or not glob.match(glob_text(value)):
                return False
        return True


def _may_be_taken(facts: Facts) -> bool:
    return (
        facts.status == _SUCCESS
        and facts.ended_ns is not None
        and facts.kind is None
        and facts.category not in _ALWAYS_KEPT
        and facts.input_tokens is None
        and facts.output_tokens is None
        and facts.cost_usd_nanos is None
        and facts.link_trace_id is None
        and facts.stage is None
        and not facts.decisions
    )


def _key(facts: Facts) -> Key:
    return facts.workspace, facts.trace_id, facts.span_id


def _above(facts: Facts) -> Key:
    return facts.workspace, facts.trace_id, facts.parent_span_id or ""


def _spare_repeated(told: Sequence[Told], verdicts: list[NoiseRule | None]) -> None:
    """Keep what one body tells twice, such as a step that was open at first: its tellings belong together."""
    times = Counter(_key(facts) for facts, _ in told)
    if len(times) < len(told):
        for place, (facts, _) in enumerate(told):
            if times[_key(facts)] > 1:
                verdicts[place] = None


def _take_whole_traces(told: Sequence[Told], verdicts: list[NoiseRule | None]) -> None:
    """With the root goes everything that came with it, or nothing where something must be kept."""
    roots = {
        (facts.workspace, facts.trace_id): rule
        for (facts, _), rule in zip(told, verdicts, strict=True)
        if rule is not None and facts.parent_span_id is None
    }
    if not roots:
        return
    for facts, _ in told:
        if not _may_be_taken(facts):
            roots.pop((facts.workspace, facts.trace_id), None)
    for place, (facts, _) in enumerate(told):
        rule = roots.get((facts.workspace, facts.trace_id))
        if rule is not None or facts.parent_span_id is None:
            verdicts[place] = rule


def _hang_higher(told: Sequence[Told], verdicts: Sequence[NoiseRule | None]) -> None:
    """Hand the children of what is dropped to the nearest span above that is not."""
    parents = {
        _key(facts): facts.parent_span_id
        for (facts, _), rule in zip(told, verdicts, strict=True)
        if rule is not None and rule.drop
    }
    if not parents:
        return
    for facts, _ in told:
        passed: set[Key] = set()
        parent = facts.parent_span_id
        while parent is not None and (key := (facts.workspace, facts.trace_id, parent)) in parents:
            if key in passed:  # a circle, which no rule can mend
                parent = facts.parent_span_id
                break
            passed.add(key)
            parent = parents[key]
        if passed and parent != facts.span_id:
            facts.parent_span_id = parent


def _runs(told: Sequence[Told], verdicts: Sequence[NoiseRule | None]) -> Iterator[tuple[NoiseRule, list[int]]]:
    """What is folded: the places of two or more steps each that become one, behind those that stay as they are."""
    families: dict[Key, list[int]] = {}
    for place, ((facts, _), rule) in enumerate(zip(told, verdicts, strict=True)):
        if rule is None or not rule.drop:
            families.setdefault(_above(facts), []).append(place)
    for siblings in families.values():
        if all(verdicts[place] is None for place in siblings):
            continue
        siblings.sort(key=lambda place: (told[place][0].started_ns, told[place][0].span_id))
        leaves = [None if _key(told[place][0]) in families else verdicts[place] for place in siblings]
        for rule, run in _like_ones(told, siblings, leaves):
            rest = run[rule.fold or 0 :]
            if len(rest) > 1:
                yield rule, rest


def _like_ones(
    told: Sequence[Told], siblings: Sequence[int], rules: Sequence[NoiseRule | None]
) -> Iterator[tuple[NoiseRule, list[int]]]:
    """Siblings that follow one another without another one or a gap between them, and are alike."""
    run: list[int] = []
    of: NoiseRule | None = None
    end_ns = 0
    for place, rule in zip(siblings, rules, strict=True):
        facts = told[place][0]
        is_next = run and rule is of and facts.started_ns - end_ns <= LONGEST_GAP_NS
        if not is_next or _likeness(facts) != _likeness(told[run[0]][0]):
            if of is not None and run:
                yield of, run
            run, of, end_ns = [], rule, 0
        run.append(place)
        end_ns = max(end_ns, facts.ended_ns or 0)
    if of is not None and run:
        yield of, run


def _likeness(facts: Facts) -> tuple[str, str, str | None, str | None]:
    return facts.name, facts.category, facts.service, facts.process


def _fold(run: Sequence[Told]) -> Told:
    """One step that stands for a run: the first of it, until the last of it ends."""
    facts, body = run[0]
    ended_ns = max(one.ended_ns or 0 for one, _ in run)
    durations = [one.duration_ns or 0 for one, _ in run]
    has_one_input = all(one.argument_hash == facts.argument_hash for one, _ in run)
    indexes = [event.event_index for event in facts.events]
    note = Event(
        workspace=facts.workspace,
        trace_id=facts.trace_id,
        span_id=facts.span_id,
        execution_id=None,
        event_index=max(indexes, default=-1) + 1,
        time_ns=facts.started_ns,
        name=own.EVENT_FOLDED,
        kind=EventKind.OTHER.value,
        message=f"×{len(run)} folded",
        received_ns=facts.received_ns,
    )
    attributes = {
        **msgspec.json.decode(body.attributes or "{}"),
        own.FOLDED_STEPS: len(run),
        own.FOLDED_DURATION_NS: sum(durations),
        own.FOLDED_LONGEST_NS: max(durations),
    }
    whole = replace(
        facts,
        ended_ns=ended_ns,
        duration_ns=ended_ns - facts.started_ns,
        argument_hash=facts.argument_hash if has_one_input else None,
        events=[*facts.events, note],
    )
    return whole, replace(body, attributes=as_json(attributes))
