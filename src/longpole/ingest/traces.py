"""The book of open traces: spans on their way from arrival to settled rows.

A trace stays in the book while spans of it may still come. Traces that links join form a group; a group is turned into
rows as a whole. Its rows are *published* (visible at once, kept by the engine in memory) soon after every change, and
*saved* (durable) when it is complete and quiet, or every few seconds while it runs. What has been saved and went quiet
leaves the book; if more of it comes, it is brought back from the store.

The book knows no threads and no clock: one thread calls it and says what time it is.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from longpole.ingest.activity import ActivityCount
from longpole.ingest.facts import Facts
from longpole.ingest.known_traces import KnownTrace
from longpole.ingest.open_trace import Group, Key, OpenTrace, add_log, decided_weight, hash_body, is_news, strays_of
from longpole.ingest.resend import COMPARED, add_event, join_body, merge_facts
from longpole.ingest.reunite import FindSpans, take_in, tells_more
from longpole.ingest.settle import Rows, build_rows
from longpole.ingest.tail_sampling import TailSampling, weigh
from longpole.ingest.threshold_findings import NO_THRESHOLDS, Thresholds
from longpole.ingest.vanished import close_gone, is_gone, last_told_ns, reopen
from longpole.model.batch import Batch
from longpole.model.clock import thread_cpu_ns
from longpole.model.event import Body, Event

_SECOND = 1_000_000_000
PUBLISHES_WAITED = 10
"""So many times `publish_after_ns` a running trace is saved later, for what came last to be published before."""

PUBLISH_ELSEWHERE_NS = 20_000_000
"""Between two publications of a trace into a database."""

MOST_LEFT_NS = 50_000_000
"""Processor time that publishing and saving may save up."""

FindKnown = Callable[[str, Sequence[str]], Iterable[KnownTrace]]
"""Gives the stored ones of some traces of a workspace, with those that links join to them."""


Bury = Callable[[str, bytes, Exception], None]
"""Keeps something that could not be processed: a name, the content, the reason."""


class Limits(Struct, frozen=True, kw_only=True):
    """How long traces wait and how big groups grow."""

    publish_after_ns: int = 10_000_000
    settle_after_ns: int = _SECOND
    orphans_wait_ns: int = 30 * _SECOND
    save_after_ns: int = 10 * _SECOND
    # Publishing in memory and saving what keeps growing may take so much of a core in all; a group that costs more than
    # is left, and every one that is published elsewhere, rests so many times as long as it took.
    busy_share: float = 0.3
    rest_factor: int = 10
    group_traces: int = 64
    group_spans: int = 100_000
    book_spans: int = 300_000
    thresholds: Thresholds = NO_THRESHOLDS


class Counters(Struct):
    """What the book has seen since it was made."""

    spans: int = 0
    duplicates: int = 0
    replaced: int = 0
    saved_groups: int = 0
    brought_back: int = 0
    reunited: int = 0
    published_spans: int = 0
    sampled_out: int = 0


class TraceBook:
    """The open traces of one server. Not safe for threads: one thread owns it."""

    def __init__(
        self,
        find_known: FindKnown,
        limits: Limits | None = None,
        *,
        bury: Bury,
        sampling: TailSampling | None = None,
        find_spans: FindSpans | None = None,
        activity: ActivityCount | None = None,
        publishes_in_memory: bool = False,
    ) -> None:
        """An empty book.

        Args:
            find_known: asked once per new trace, so that late and re-sent spans find what is stored.
            limits: the waits and sizes.
            bury: keeps spans of which no rows can be made, so that they do not hold up all others.
            sampling: decides which settled groups are kept; without it all are.
            find_spans: asked before a group settles, where other servers may have stored parts of it.
            activity: counts what settles, before any of it is left out.
            publishes_in_memory: whether the engine keeps fresh rows in memory, also those that are newer than what it
                stores meanwhile. To publish elsewhere is a transaction each time.
        """
        self.limits = limits or Limits()
        self.counters = Counters()
        self.span_count = 0
        self._find_known = find_known
        self._bury = bury
        self._sampling = sampling
        self._find_spans = find_spans
        self._activity = activity
        self._publishes_in_memory = publishes_in_memory
        self._batches_made = 0
        self._traces: dict[Key, OpenTrace] = {}
        self._asked: set[Key] = set()  # of these the store knows nothing but what is here
        self._awaited: dict[Key, set[Key]] = {}  # by the target of a link, the traces that have the link
        self._of_process: dict[Key, set[Key]] = {}  # by workspace and process, the traces where it had something open
        self._unpublished: dict[Group, None] = {}
        self._moving: OrderedDict[Group, None] = OrderedDict()  # by last change, the oldest first
        self._waiting: OrderedDict[Group, None] = OrderedDict()  # quiet, but not complete
        self._unsaved: dict[Group, None] = {}
        self._left_ns, self._given_ns = 0.0, 0  # what publishing and saving may take, and until when it was given

    def __len__(self) -> int:
        """How many traces are in the book."""
        return len(self._traces)

    # Arrivals

    def add(
        self,
        spans: Sequence[tuple[Facts, Body | None]],
        events: Sequence[Event] = (),
        *,
        number: int,
        now_ns: int,
    ) -> None:
        """Take the spans and log events of a request.

        Args:
            spans: what they tell, with their bodies.
            events: log records with a trace id; `span_id` is empty for those of no span.
            number: the request's number; numbers grow.
            now_ns: the time.
        """
        self._ask_about(_keys_of(spans, events), now_ns)
        touched: dict[Group, None] = {}
        for facts, body in spans:
            trace = self._trace((facts.workspace, facts.trace_id), now_ns)
            if self._add_span(trace, facts, body):
                self._follow_link(trace, facts)
                touched[trace.group] = None
        for event in events:
            trace = self._trace((event.workspace, event.trace_id), now_ns)
            if add_log(trace, event):
                touched[trace.group] = None
                if event.span_id not in trace.facts:  # it waits for its span, and takes as much room as one
                    trace.group.span_count += 1
                    self.span_count += 1
        for group in touched:
            if group.traces:  # else it was joined to another one meanwhile, which is touched too
                self._touch(group, number, now_ns)

    def bring_back(self, keys: Iterable[Key], now_ns: int) -> None:
        """Load from the store what it has of traces that are about to arrive late or to be linked to.

        One question for all of them. `add` asks by itself about those that were not named just before.
        """
        self._asked.clear()
        self._ask_about(keys, now_ns)

    def _ask_about(self, keys: Iterable[Key], now_ns: int) -> None:
        unknown: dict[str, dict[str, None]] = {}
        for key in keys:
            if key not in self._traces and key not in self._asked:
                unknown.setdefault(key[0], {})[key[1]] = None
        for workspace, trace_ids in unknown.items():
            for known in self._find_known(workspace, list(trace_ids)):
                self.restore(workspace, known, now_ns=now_ns)
            self._asked.update((workspace, trace_id) for trace_id in trace_ids)

    def restore(self, workspace: str, known: KnownTrace, *, now_ns: int) -> None:
        """Bring a stored trace back, unless it is here; it settles when it is quiet, if it has not."""
        key = (workspace, known.trace_id)
        if key in self._traces:
            return
        self.counters.brought_back += 1
        trace = self._trace(key, now_ns)
        trace.is_stored = True
        trace.facts, trace.compared, trace.strays = known.facts, known.compared, known.strays
        trace.stored_bodies, trace.tail_weight = known.bodies, known.tail_weight
        trace.counted = set(known.facts) if known.is_settled else ()
        if known.is_settled and known.tail_weight is None and self._sampling is not None:
            trace.tail_weight = 1.0  # kept before anything was sampled
        trace.group.span_count += len(known.facts)
        self.span_count += len(known.facts)
        for facts in known.facts.values():
            self._follow_link(trace, facts)
            if facts.process is not None and (facts.ended_ns is None or is_gone(facts)):
                self._note_process(trace, facts.process)
        trace.group.is_settled = trace.group.is_settled and known.is_settled
        self._moving[trace.group] = None

    def _trace(self, key: Key, now_ns: int) -> OpenTrace:
        trace = self._traces.get(key)
        if trace is None:
            group = Group(now_ns)
            trace = self._traces[key] = OpenTrace(key, group)
            group.traces.append(trace)
            for other in self._awaited.pop(key, ()):
                if other in self._traces:
                    self._join(trace, self._traces[other])
        return trace

    def _add_span(self, trace: OpenTrace, facts: Facts, body: Body | None) -> bool:
        """Whether the span told something new."""
        span_id = facts.span_id
        old = trace.facts.get(span_id)
        if old is None:
            for event in trace.logs.pop(span_id, ()):
                facts = add_event(facts, event) or facts
            trace.facts[span_id] = facts
            trace.group.span_count += 1
            self.span_count += 1
            self.counters.spans += 1
        else:
            merged = merge_facts(old, facts, compared=trace.compared.get(span_id, COMPARED))
            if merged is None and not is_news(trace, span_id, body):
                self.counters.duplicates += 1
                return False
            self.counters.replaced += 1
            facts = trace.facts[span_id] = merged or replace(old, row_version=old.row_version + 1)
        if facts.ended_ns is None and facts.process is not None:
            self._note_process(trace, facts.process)
        if body is not None:
            trace.body_hashes[span_id] = hash_body(body)
            known = trace.bodies.get(span_id) or trace.stored_bodies.get(span_id)
            trace.bodies[span_id] = join_body(known, body, row_version=facts.row_version)
        return True

    def _note_process(self, trace: OpenTrace, process: str) -> None:
        trace.processes.add(process)
        self._of_process.setdefault((trace.key[0], process), set()).add(trace.key)

    def _follow_link(self, trace: OpenTrace, facts: Facts) -> None:
        if facts.link_trace_id is None or facts.link_trace_id == facts.trace_id:
            return
        target = (facts.workspace, facts.link_trace_id)
        other = self._traces.get(target)
        if other is None:
            self._awaited.setdefault(target, set()).add(trace.key)
        else:
            self._join(other, trace)

    def _join(self, one: OpenTrace, other: OpenTrace) -> None:
        """Make one group of two, unless it would be too big; the links stay in the rows either way."""
        into, group = one.group, other.group
        if into is group or len(into.traces) + len(group.traces) > self.limits.group_traces:
            return
        if into.span_count + group.span_count > self.limits.group_spans:
            return
        if len(group.traces) > len(into.traces):
            into, group = group, into
        for trace in group.traces:
            trace.group = into
        into.traces += group.traces
        into.span_count += group.span_count
        into.rows = None
        into.is_leaving = False
        into.is_settled = into.is_settled and group.is_settled
        into.changed_ns = max(into.changed_ns, group.changed_ns)
        if group.unsaved_since is not None:
            into.unsaved_ns = (
                min(into.unsaved_ns, group.unsaved_ns) if into.unsaved_since is not None else group.unsaved_ns
            )
            into.unsaved_since = min(
                number for number in (into.unsaved_since, group.unsaved_since) if number is not None
            )
            self._unsaved[into] = None
        group.traces, group.span_count = [], 0
        self._forget(group)
        self._moving[into] = None

    def _touch(self, group: Group, number: int, now_ns: int) -> None:
        group.rows = None
        group.changed_ns = now_ns
        group.is_leaving = False
        if group.unsaved_since is None:
            group.unsaved_since, group.unsaved_ns = number, now_ns
        self._unsaved[group] = None
        self._unpublished[group] = None
        self._waiting.pop(group, None)
        self._moving[group] = None
        self._moving.move_to_end(group)

    def _forget(self, group: Group) -> None:
        for held in (self._unpublished, self._moving, self._waiting, self._unsaved):
            held.pop(group, None)

    # Processes

    def has(self, workspace: str, trace_id: str) -> bool:
        """Whether the trace is in the book."""
        return (workspace, trace_id) in self._traces

    def has_open(self, facts: Facts) -> bool:
        """Whether the span is in the book and has not ended by its own telling."""
        trace = self._traces.get((facts.workspace, facts.trace_id))
        known = None if trace is None else trace.facts.get(facts.span_id)
        return known is not None and (known.ended_ns is None or is_gone(known))

    def close_process(
        self, workspace: str, process: str, *, at_ns: int | None, said_goodbye: bool, number: int, now_ns: int
    ) -> int:
        """Call crashed what a process has open in the traces of the book; how many spans that were.

        Args:
            workspace: whose process.
            process: the one that vanished.
            at_ns: when it was last heard by its own clock; without it, the latest time that each trace tells.
            said_goodbye: it ended by itself, but not what it had begun.
            number: of the last request.
            now_ns: the time.
        """
        closed = 0
        for trace in self._traces_of(workspace, process):
            mine = [fact for fact in trace.facts.values() if fact.process == process]
            still_open = [fact for fact in mine if fact.ended_ns is None]
            if not still_open:
                continue
            end_ns = last_told_ns(mine) if at_ns is None else at_ns
            for fact in still_open:
                trace.facts[fact.span_id] = close_gone(fact, end_ns, said_goodbye=said_goodbye)
            closed += len(still_open)
            self._touch(trace.group, number, now_ns)
        return closed

    def reopen_process(self, workspace: str, process: str, *, number: int, now_ns: int) -> None:
        """Take back what `close_process` did to the traces of the book: the process spoke again."""
        for trace in self._traces_of(workspace, process):
            gone = [fact for fact in trace.facts.values() if fact.process == process and is_gone(fact)]
            for fact in gone:
                trace.facts[fact.span_id] = reopen(fact)
            if gone:
                self._touch(trace.group, number, now_ns)

    def _traces_of(self, workspace: str, process: str) -> list[OpenTrace]:
        keys = self._of_process.get((workspace, process), ())
        return [self._traces[key] for key in sorted(keys)]

    def set_back(self, now_ns: int) -> None:
        """The clock was set back to this time."""
        self._given_ns = min(self._given_ns, now_ns)
        for trace in self._traces.values():
            trace.group.set_back(now_ns)

    # Departures

    def publish(self, now_ns: int) -> Batch | None:
        """The rows of every group that changed, to be seen at once; `None` if none has, or none is due."""
        batch = Batch()
        for group in list(self._unpublished):
            # In a database, the durable write would take the place of what is newer.
            if now_ns < group.next_publish_ns or (group.is_on_its_way and not self._publishes_in_memory):
                continue
            began_ns = thread_cpu_ns()
            del self._unpublished[group]
            self.counters.published_spans += group.span_count
            self._collect(batch, group, self._rows(group, now_ns))
            for trace in group.traces:
                batch.bodies.extend(trace.bodies.values())
            group.next_publish_ns = now_ns + max(self.limits.publish_after_ns, self._rest_ns(began_ns, now_ns))
        return self._numbered(batch) if batch.executions or batch.steps else None

    def save(self, now_ns: int, *, everything: bool = False) -> tuple[Batch, list[Group]] | None:
        """What is to be made durable now, and the groups to tell `saved` about once it is; `None` if nothing is due.

        Args:
            now_ns: the time.
            everything: do not wait for silence: settle what is complete and write the rest as it is.
        """
        batch, groups = Batch(), list[Group]()
        for group, is_final in self._due(now_ns, everything=everything):
            began_ns = thread_cpu_ns()
            is_settled = self._save_group(batch, group, now_ns, is_final=is_final)
            groups.append(group)
            if is_final or is_settled:
                group.is_leaving = True
                self._forget(group)
            group.next_save_ns = now_ns + max(self.limits.save_after_ns, self._rest_ns(began_ns, now_ns))
        return (self._numbered(batch), groups) if groups else None

    def _numbered(self, batch: Batch) -> Batch:
        self._batches_made += 1
        batch.number = self._batches_made
        return batch

    def _rest_ns(self, began_cpu_ns: int, now_ns: int) -> int:
        """How long a group must be left alone that was made into rows since so much processor time was used."""
        cost_ns = (thread_cpu_ns() - began_cpu_ns) * 2  # the engine's part costs about the same again
        if not self._publishes_in_memory:
            return max(PUBLISH_ELSEWHERE_NS, cost_ns * self.limits.rest_factor)
        given_ns = max(0, now_ns - self._given_ns) * self.limits.busy_share
        self._left_ns = min(MOST_LEFT_NS, self._left_ns + given_ns) - cost_ns
        self._given_ns = now_ns
        return 0 if self._left_ns > 0 else cost_ns * self.limits.rest_factor

    def prepare_quiet(self, now_ns: int) -> int:
        """Build the rows of groups of which nothing has come for long enough to save them; gives how many spans they
        have. What is prepared in small portions need not be built in one go when much is saved together.
        """
        quiet = list(self._quiet(self._moving, self.limits.settle_after_ns, now_ns))
        for group in quiet:
            self._rows(group, now_ns)
        return sum(group.span_count for group in quiet)

    def _due(self, now_ns: int, *, everything: bool) -> list[tuple[Group, bool]]:
        """The groups to save, and whether nothing more is expected of them."""
        found: dict[Group, bool] = {}
        limits = self.limits
        quiet = list(self._quiet(self._moving, 0 if everything else limits.settle_after_ns, now_ns))
        self._reunite(quiet, now_ns)
        for group in quiet:
            if group not in self._moving:
                continue  # joined to another one by what was taken in
            del self._moving[group]
            # A trace that was brought back for nothing has no rows to build.
            is_untouched = group.is_settled and group.unsaved_since is None
            if is_untouched or self._rows(group, now_ns).is_complete:
                found[group] = True
            else:
                self._waiting[group] = None
        self._reunite(self._quiet(self._waiting, limits.orphans_wait_ns, now_ns), now_ns)
        excess = self.span_count - limits.book_spans
        for group in list(self._waiting):
            if now_ns - group.changed_ns < limits.orphans_wait_ns and excess <= 0:
                break
            excess -= group.span_count
            found[group] = True
        for group in list(self._unsaved):
            if group.is_on_its_way and not everything:
                continue
            # What is about to be published is seen sooner so than when it is written with everything else.
            soon_ns = limits.publish_after_ns * PUBLISHES_WAITED if group in self._unpublished else 0
            if everything or now_ns >= max(group.unsaved_ns + limits.save_after_ns, group.next_save_ns) + soon_ns:
                found.setdefault(group, False)
        return list(found.items())

    @staticmethod
    def _quiet(groups: Iterable[Group], quiet_ns: int, now_ns: int) -> Iterator[Group]:
        """The first of the groups, by last change, of which nothing came for so long."""
        return takewhile(lambda group: now_ns - group.changed_ns >= quiet_ns, list(groups))

    def _reunite(self, groups: Iterable[Group], now_ns: int) -> None:
        """Take in what other servers have stored of traces of these groups. Costs a query, and six where it is news."""
        if self._find_spans is None:
            return
        asked: dict[str, dict[str, OpenTrace]] = {}
        for group in groups:
            for trace in group.traces if group.unsaved_since is not None else ():
                asked.setdefault(trace.key[0], {})[trace.key[1]] = trace
        for workspace, traces in asked.items():
            stored = self._find_spans(workspace, list(traces))
            news = {one for one, span_id, ended in stored if tells_more(traces[one], span_id, has_ended=ended)}
            for known in self._find_known(workspace, sorted(news)) if news else ():
                if (trace := traces.get(known.trace_id)) is not None:
                    self._take_in(trace, known)
                else:
                    self.restore(workspace, known, now_ns=now_ns)

    def _take_in(self, trace: OpenTrace, known: KnownTrace) -> None:
        self.counters.reunited += 1
        for facts in take_in(trace, known):
            trace.group.span_count += 1
            self.span_count += 1
            self._follow_link(trace, facts)
            if facts.ended_ns is None and facts.process is not None:
                self._note_process(trace, facts.process)
        trace.group.rows = None
        self._unpublished[trace.group] = None

    def _save_group(self, batch: Batch, group: Group, now_ns: int, *, is_final: bool) -> bool:
        """Add the group's rows, if the store does not have them as they are now; gives whether they are settled."""
        if group.unsaved_since is None and (group.is_settled or not is_final):
            return False
        rows = self._rows(group, now_ns, is_final=is_final)
        if group.unsaved_since is None and not rows.is_settled:
            return False
        self.counters.saved_groups += 1
        group.is_on_its_way = True
        group.is_settled = rows.is_settled
        if rows.is_settled:
            self._count(group, rows)
        if rows.is_settled and not self._sample(group, rows):
            self._forget_stored(batch, group)
        else:
            self._collect(batch, group, group.rows or rows)
            batch.findings.extend(rows.findings)
            for trace in group.traces:
                trace.is_stored = True
                batch.bodies.extend(trace.bodies.values())
                trace.bodies = {}
        group.unsaved_since = None
        self._unsaved.pop(group, None)
        self._unpublished.pop(group, None)  # a durable write shows them too
        return rows.is_settled

    def _count(self, group: Group, rows: Rows) -> None:
        if self._activity is None:
            return
        known = {trace.key[1]: trace.counted for trace in group.traces if trace.counted}
        self._activity.add(rows, known, tail_weight=decided_weight(group) or 1.0)
        for trace in group.traces:
            trace.counted = set(trace.facts)

    def _collect(self, batch: Batch, group: Group, rows: Rows) -> None:
        batch.replace.extend(trace.key for trace in group.traces if trace.is_stored)
        batch.executions.extend(rows.executions)
        batch.steps.extend(rows.steps)
        batch.events.extend(rows.events)
        batch.decisions.extend(rows.decisions)
        batch.scores.extend(rows.scores)

    def _sample(self, group: Group, rows: Rows) -> bool:
        """Whether a settled group is kept. Once decided, it stays so, and so does its weight."""
        if self._sampling is None or not rows.executions or decided_weight(group) is not None:
            return True
        weight = self._sampling.weight_of(rows)
        if weight is None:
            self.counters.sampled_out += 1
            return False
        for trace in group.traces:
            trace.tail_weight = weight
        group.rows = weigh(rows, weight)
        return True

    def _forget_stored(self, batch: Batch, group: Group) -> None:
        batch.replace.extend(trace.key for trace in group.traces if trace.is_stored)
        batch.forget.extend(trace.key for trace in group.traces)
        for trace in group.traces:
            trace.is_stored = False

    def _rows(self, group: Group, now_ns: int, *, is_final: bool = False) -> Rows:
        rows = group.rows
        if rows is None or (is_final and not rows.is_settled):
            facts = [fact for trace in group.traces for fact in trace.facts.values()]
            strays = {trace.key[1]: list(strays_of(trace)) for trace in group.traces if trace.strays or trace.logs}
            try:
                rows = build_rows(
                    facts,
                    now_ns=now_ns,
                    is_final=is_final,
                    stray_events=strays,
                    thresholds=self.limits.thresholds,
                )
            except Exception as error:
                self._bury(f"spans-{group.traces[0].key[1]}", msgspec.json.encode(facts), error)
                rows = Rows([], [], [], [], [], [], is_complete=True, is_settled=True)
            decided = decided_weight(group)
            group.rows = rows = rows if decided is None else weigh(rows, decided)
        return rows

    def saved(self, groups: Iterable[Group]) -> None:
        """Note that groups are durable now, and let go of those of which no more is expected and has come."""
        self._asked.clear()  # what leaves the book is in the store from now on
        for group in groups:
            group.is_on_its_way = False
            if not group.is_leaving:
                continue
            self._forget(group)
            for trace in group.traces:
                if self._traces.get(trace.key) is trace:
                    del self._traces[trace.key]
                    self._drop_awaited(trace)
                    self._drop_processes(trace)
            self.span_count -= group.span_count
            # A circle, which would wait for the garbage collector with all its spans: gigabytes, as that counts objects
            # and spans are none that it counts.
            group.traces, group.rows = [], None

    def _drop_processes(self, trace: OpenTrace) -> None:
        for process in trace.processes:
            key = (trace.key[0], process)
            keys = self._of_process[key]
            keys.discard(trace.key)
            if not keys:
                del self._of_process[key]

    def _drop_awaited(self, trace: OpenTrace) -> None:
        for facts in trace.facts.values():
            if facts.link_trace_id is None:
                continue
            target = (facts.workspace, facts.link_trace_id)
            waiting = self._awaited.get(target)
            if waiting is not None:
                waiting.discard(trace.key)
                if not waiting:
                    del self._awaited[target]

    def drop(self, keys: Iterable[Key]) -> None:
        """Let go of traces that are deleted, with whatever waits to be written of them."""
        self._asked.clear()
        for key in keys:
            trace = self._traces.pop(key, None)
            if trace is None:
                continue
            group = trace.group
            group.traces.remove(trace)
            group.rows = None
            count = len(trace.facts) + sum(map(len, trace.logs.values())) if group.traces else group.span_count
            group.span_count -= count
            self.span_count -= count
            self._drop_awaited(trace)
            self._drop_processes(trace)
            if not group.traces:
                self._forget(group)

    def oldest_unsaved(self) -> int | None:
        """The number of the oldest request of which something is not in a saved batch yet."""
        numbers = [group.unsaved_since for group in self._unsaved if group.unsaved_since is not None]
        return min(numbers, default=None)


def _keys_of(spans: Sequence[tuple[Facts, Body | None]], events: Sequence[Event]) -> Iterator[Key]:
    """The traces that arrive, and those that arriving spans link to."""
    for facts, _ in spans:
        yield facts.workspace, facts.trace_id
        if facts.link_trace_id is not None:
            yield facts.workspace, facts.link_trace_id
    for event in events:
        yield event.workspace, event.trace_id
