"""What if steps of an execution were faster, removed, cached or run at once: the new finish time, and why."""

import re
from collections.abc import Sequence
from difflib import get_close_matches

from msgspec import Struct

from longpole.analysis.critical_path import weigh_spans
from longpole.analysis.independence import judge_independence
from longpole.analysis.nesting import Nesting
from longpole.analysis.proposals import FASTER, Proposal, propose, repeated_calls
from longpole.analysis.what_if import Change, Deed, Simulator
from longpole.model.errors import InvalidInput
from longpole.model.tree import NO_PARENT
from longpole.reports.critical_path import path_steps
from longpole.reports.family import Family, load_family, span_of
from longpole.reports.filter_values import WORKSPACE, Filter, Pairs, collect, read_duration_ns, refused
from longpole.reports.numbers import duration_text
from longpole.reports.path_views import Evidence, TriedChange, WhatIf
from longpole.reports.question import QuestionOfOne
from longpole.reports.spans_of import spans_of, with_texts
from longpole.reports.step_orders import StepOrders
from longpole.reports.which_execution import find_execution
from longpole.store.engine import Engine

WHAT_IF_FILTERS = (
    WORKSPACE,
    Filter(
        name="faster",
        meaning="STEP=2x or STEP=500ms: steps of this name or id take half their time, or that long.",
        example="summarise=2x",
        is_repeatable=True,
    ),
    Filter(name="remove", meaning="STEP: without these steps.", example="backoff", is_repeatable=True),
    Filter(
        name="cache",
        meaning="STEP: calls with arguments that an earlier one of them had take no time.",
        example="get profile",
        is_repeatable=True,
    ),
    Filter(
        name="parallel",
        meaning="STEP,STEP: siblings that follow each other run at once; one name: all siblings of this name.",
        example="get profile,get orders",
        is_repeatable=True,
    ),
)
"""What a simulation takes. A step is named by its id, the beginning of it, or its name, tool or agent."""

LEAST_PART = 6
"""Characters of a step id that are taken for one."""

_FACTOR = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?[x×]")
_MOST_JUDGED = 3


class _Asked(Struct, frozen=True, kw_only=True):
    """A change as it was asked for, and the pairs of spans that would run at once."""

    deed: Deed
    option: str
    words: str
    changes: list[Change]
    pairs: list[tuple[int, int]]


def what_if(store: Engine, execution: str, pairs: Pairs) -> WhatIf:
    """The execution simulated with the changes that `pairs` name; without any, what could be tried.

    Raises:
        NotFound: no execution has this id.
        InvalidInput: a part of an id names several, or a change cannot be read or names no step.
    """
    given = collect(pairs, WHAT_IF_FILTERS)
    workspace = (given.pop("workspace", None) or [None])[0]
    family = load_family(store, find_execution(store, execution, workspace=workspace))
    bench = _Bench(store, family)
    asked = [bench.read(Deed(name), text) for name, texts in given.items() for text in texts]
    outcome = bench.simulator.simulate([change for one in asked for change in one.changes])
    top = family.top
    return WhatIf(
        execution_id=top["execution_id"],
        agent=top["agent"],
        status=top["status"],
        before_ns=outcome.before_ns,
        after_ns=outcome.after_ns,
        saving_ns=outcome.before_ns - outcome.after_ns,
        share=_share(outcome.before_ns - outcome.after_ns, outcome.before_ns),
        changes=[bench.tried(one) for one in asked],
        critical_path=path_steps(family, outcome.path, origin_ns=top["started_ns"]),
        tries=[] if asked else bench.tries(),
    )


class _Bench:
    """One execution on which changes are tried."""

    def __init__(self, store: Engine, family: Family) -> None:
        self._store = store
        self._family = family
        self._tree, self._top = family.tree, family.position
        self._spans = spans_of(store, family)
        self._orders = StepOrders(store, family)
        labels = [span.label for span in self._spans]
        first_token_ns = [span.first_token_ns for span in self._spans]
        self.simulator = Simulator(self._tree, self._top, labels, first_token_ns)
        self._by_name: dict[str, list[int]] = {}
        for node in self._tree.below(self._top):
            span = self._spans[node]
            names = {span.agent} if span.is_execution else {span.name, span.label}
            for name in names:
                self._by_name.setdefault(name, []).append(node)

    def read(self, deed: Deed, text: str) -> _Asked:
        """The change that a filter's text asks for.

        Raises:
            InvalidInput: it cannot be read, or it names no step.
        """
        if deed is Deed.PARALLEL:
            return self._read_parallel(text)
        if deed is Deed.FASTER:
            return self._read_faster(text)
        nodes = Nesting(self._tree).outermost(self._named(deed, text))
        groups = [nodes] if deed is Deed.REMOVE else self._repeated(nodes)
        words = f"without {text}" if deed is Deed.REMOVE else f"{text} cached"
        changes = [Change(deed=deed, nodes=tuple(group)) for group in groups]
        return _Asked(deed=deed, option=f"--{deed} {_quoted(text)}", words=words, changes=changes, pairs=[])

    def _read_faster(self, text: str) -> _Asked:
        name, equals, pace = text.rpartition("=")
        if not (name and equals):
            raise refused("faster", text, "a step, '=', and a factor or a duration", "Write it like summarise=2x.")
        nodes = tuple(Nesting(self._tree).outermost(self._named(Deed.FASTER, name)))
        match = _FACTOR.fullmatch(pace.strip())
        option = f"--faster {_quoted(text)}"
        if match is None:
            duration_ns = read_duration_ns("faster", pace)
            change = Change(deed=Deed.FASTER, nodes=nodes, duration_ns=duration_ns)
            words = f"{name} in {duration_text(duration_ns)}"
        elif float(match[1]) > 0:
            change = Change(deed=Deed.FASTER, nodes=nodes, factor=float(match[1]))
            words = f"{name} {match[1]} times as fast"
        else:
            raise refused("faster", text, "a factor above 0", "To take a step out, use remove.")
        return _Asked(deed=Deed.FASTER, option=option, words=words, changes=[change], pairs=[])

    def _read_parallel(self, text: str) -> _Asked:
        names = [name.strip() for name in text.split(",") if name.strip()]
        if text.strip() in self._by_name:
            names = [text.strip()]
        groups = self._groups([self._named(Deed.PARALLEL, name) for name in names])
        if not groups:
            raise refused(
                "parallel",
                text,
                "two steps or more, none of them inside another",
                "Name them all, such as 'get profile,get orders'.",
            )
        changes = [Change(deed=Deed.PARALLEL, nodes=tuple(group)) for group in groups]
        option = f"--parallel {_quoted(text)}"
        pairs = [(group[0], node) for group in groups[:_MOST_JUDGED] for node in group[1:]][:_MOST_JUDGED]
        words = f"{' and '.join(names)} at once"
        return _Asked(deed=Deed.PARALLEL, option=option, words=words, changes=changes, pairs=pairs)

    def _groups(self, items: Sequence[Sequence[int]]) -> list[list[int]]:
        """Siblings that are to run at once, in order of start: of several names one of each, of one name all."""
        starts = self._tree.starts
        by_parent: dict[int, list[tuple[int, int, int]]] = {}
        for item, nodes in enumerate(items):
            for node in nodes:
                by_parent.setdefault(self._tree.parents[node], []).append((starts[node], node, item))
        groups: list[list[int]] = []
        for members in by_parent.values():
            group: dict[int, int] = {}
            for _, node, item in sorted(members):
                key = item if len(items) > 1 else node
                if key in group:
                    groups.append(list(group.values()))
                    group = {}
                group[key] = node
            groups.append(list(group.values()))
        found = [group for group in groups if len(group) > 1]
        return found or self._lifted(items)

    def _lifted(self, items: Sequence[Sequence[int]]) -> list[list[int]]:
        """Of steps that are no siblings the spans above them that are."""
        ways = [self._way(nodes[0]) for nodes in items if nodes]
        depth = 0
        while all(len(way) > depth for way in ways) and len({way[depth] for way in ways}) == 1:
            depth += 1
        if len(ways) < 2 or any(len(way) <= depth for way in ways):
            return []
        found = {way[depth] for way in ways}
        return [sorted(found, key=lambda node: self._tree.starts[node])] if len(found) == len(ways) else []

    def _way(self, node: int) -> list[int]:
        way: list[int] = []
        while node != NO_PARENT:
            way.append(node)
            node = self._tree.parents[node]
        return way[::-1]

    def _named(self, deed: Deed, name: str) -> list[int]:
        """The spans of this name or id; not the execution itself."""
        nodes = self._by_name.get(name) or self._with_id(deed, name)
        nodes = [node for node in nodes if node != self._top]
        if not nodes:
            nearest = get_close_matches(name, list(self._by_name), n=1, cutoff=0.5)
            cure = f"Did you mean {nearest[0]!r}?" if nearest else "'longpole show' lists its steps."
            raise InvalidInput(
                f"{deed.value!r} names the step {name[:60]!r}, which this execution does not have. "
                f"Expected a step's name, tool, agent or id. {cure}"
            )
        return nodes

    def _with_id(self, deed: Deed, part: str) -> list[int]:
        """The one span whose id begins so, or none."""
        if len(part) < LEAST_PART:
            return []
        spans, below = self._family.spans, self._tree.below(self._top)
        nodes = [node for node in below if span_of(spans[node]).startswith(part.lower())]
        if len(nodes) > 1:
            raise refused(deed, part, f"the beginning of one id, not of {len(nodes)}", "Use more of the id, or a name.")
        return nodes

    def _repeated(self, nodes: Sequence[int]) -> list[Sequence[int]]:
        """Those among the spans that asked for the same; where arguments are not known, all that were named."""
        chosen = set(nodes)
        groups = [group for group in repeated_calls(self._tree, self._top, self._spans) if chosen.issuperset(group)]
        is_known = all(self._spans[node].argument_hash is not None for node in nodes)
        return [*groups] if groups or is_known else [nodes]

    def tried(self, asked: _Asked) -> TriedChange:
        """What one change would bring by itself."""
        before_ns, after_ns = self.simulator.before_ns, self.simulator.duration_after(asked.changes)
        return TriedChange(
            deed=asked.deed,
            option=asked.option,
            words=asked.words,
            steps=sum(len(change.nodes) for change in asked.changes),
            after_ns=after_ns,
            saving_ns=before_ns - after_ns,
            share=_share(before_ns - after_ns, before_ns),
            evidence=[self._evidence(*pair) for pair in asked.pairs],
        )

    def tries(self) -> list[TriedChange]:
        """What could be tried, the largest saving first; steps that need each other are not offered to run at once."""
        weights = weigh_spans(self._tree, self._top)
        proposals = propose(self._tree, self._top, self._spans, weights, self.simulator.dependencies)
        tried = [self.tried(_as_asked(proposal)) for proposal in proposals]
        useful = [one for one in tried if one.saving_ns > 0 and not any(e.verdict == "dependent" for e in one.evidence)]
        return sorted(useful, key=lambda one: (-one.saving_ns, one.option))

    def _evidence(self, first: int, second: int) -> Evidence:
        parent = self._tree.parents[first]
        spans = with_texts(self._store, self._family, self._spans, (first, second, parent))
        judgement = judge_independence(
            spans[first], spans[second], given=spans[parent].input, orders=self._orders.of(spans[first], spans[second])
        )
        return Evidence(
            first=spans[first].label,
            second=spans[second].label,
            verdict=judgement.verdict,
            confidence=judgement.confidence,
            reasons=judgement.reasons,
        )


def _as_asked(proposal: Proposal) -> _Asked:
    text = ",".join(proposal.labels)
    words = {
        Deed.FASTER: f"{text} {FASTER:g} times as fast",
        Deed.REMOVE: f"without {text}",
        Deed.CACHE: f"{text} cached",
        Deed.PARALLEL: f"{' and '.join(proposal.labels)} at once",
    }
    suffix = f"={FASTER:g}x" if proposal.deed is Deed.FASTER else ""
    return _Asked(
        deed=proposal.deed,
        option=f"--{proposal.deed} {_quoted(text + suffix)}",
        words=words[proposal.deed],
        changes=proposal.changes,
        pairs=[] if proposal.pair is None else [proposal.pair],
    )


def _quoted(text: str) -> str:
    """The text as a shell takes it for one word."""
    return text if re.fullmatch(r"[\w,.=/:×-]+", text) else "'" + text.replace("'", "'\\''") + "'"


def _share(part_ns: int, whole_ns: int) -> float:
    return part_ns / whole_ns if whole_ns > 0 else 0.0


WHAT_IF = QuestionOfOne(
    name="what-if",
    meaning="An execution simulated with steps faster, removed, cached or at once; without any, what could be tried.",
    view=WhatIf,
    filters=WHAT_IF_FILTERS,
    ask=what_if,
)
