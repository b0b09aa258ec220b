"""Opportunities in which calls are made: again, round and round, one for each item or each change."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from longpole.analysis.advice import MOST_NAMED, Opportunity, Scene
from longpole.analysis.notifications import Chatter, find_chatter
from longpole.analysis.repeats import Repeat, find_repeats, outermost_repeats
from longpole.analysis.rounds import Loop, QueryForEach, find_loops, find_queries_for_each, find_recursion
from longpole.analysis.span import Span
from longpole.analysis.what_if import Change, Deed
from longpole.model.category import Category
from longpole.model.finding import Confidence

# Plain texts: comparing a text with a member of an enum takes eight times as long.
_DATABASE = Category.DATABASE.value
_LLM = Category.LLM.value
SAME_CALL = "repeats.same_call"
NO_PROGRESS = "loops.no_progress"
CALLS_ITSELF = "loops.calls_itself"
QUERY_FOR_EACH = "queries.one_for_each"
CHATTY = "notifications.one_for_each"


def find_call_opportunities(scene: Scene) -> Iterator[Opportunity]:
    """Repeated calls, loops without progress, agents below themselves, queries and notifications for each item.

    Calls that go round in a loop are told as that loop, not as repeats too; of repeats inside repeats the outer ones.
    """
    loops = find_loops(scene.tree, scene.top, scene.spans)
    in_loops = {node for loop in loops for turn in loop.turns for node in turn}
    for loop in loops:
        yield _loop(scene, loop)
    for chain in find_recursion(scene.tree, scene.top, scene.spans):
        yield _recursion(scene, chain)
    for query in find_queries_for_each(scene.tree, scene.top, scene.spans):
        yield _query_for_each(scene, query)
    for chatter in find_chatter(scene.tree, scene.top, scene.spans):
        yield _chatty(scene, chatter)
    repeats = [repeat for repeat in find_repeats(scene.tree, scene.top, scene.spans) if repeat.nodes[0] not in in_loops]
    for alike in _by_operation(scene.spans, outermost_repeats(scene.tree, repeats)):
        yield _repeats(scene, alike)


def _by_operation(spans: Sequence[Span], repeats: Iterable[Repeat]) -> Iterable[list[Repeat]]:
    found: dict[tuple[object, ...], list[Repeat]] = {}
    for repeat in repeats:
        span = spans[repeat.nodes[0]]
        found.setdefault((span.agent, span.category, span.label, repeat.confidence), []).append(repeat)
    return found.values()


def _repeats(scene: Scene, alike: Sequence[Repeat]) -> Opportunity:
    spans = scene.spans
    again = [node for repeat in alike for node in repeat.nodes[1:]]
    first = spans[alike[0].nodes[0]]
    is_same = all(repeat.is_same for repeat in alike)
    what = "the same arguments" if is_same else "arguments that mean the same"
    times = "once more" if len(again) == 1 else f"{len(again)} times more"
    return Opportunity(
        rule=SAME_CALL,
        key=f"{first.agent} {first.category} {first.label} {alike[0].confidence}",
        title=f"{first.label} is called {times} with {what} in {first.agent}",
        advice=_keep_answer(first, alike),
        confidence=alike[0].confidence,
        nodes=(again[0], *(node for repeat in alike for node in repeat.nodes if node != again[0])),
        evidence={
            "calls": sum(len(repeat.nodes) for repeat in alike),
            "repeated": len(again),
            "repeated_ns": scene.total_ns(again),
            "same_arguments": is_same,
            "equal_answers": _all_or_unknown([repeat.are_answers_equal for repeat in alike]),
            "written_in_between": False,
        },
        changes=tuple(Change(deed=Deed.CACHE, nodes=repeat.nodes) for repeat in alike),
        saving_usd_nanos=scene.cost_usd_nanos(again),
    )


def _keep_answer(span: Span, alike: Sequence[Repeat]) -> str:
    keep = "Keep the first answer for as long as the execution runs, in a variable or a cache."
    if any(repeat.are_answers_equal is False for repeat in alike):
        return f"{keep} But its answers differed: it may depend on more than its arguments, so look before you do."
    if span.category == _LLM:
        return f"{keep} A model may answer the same prompt differently; if that is wanted, leave it."
    if all(repeat.are_answers_equal for repeat in alike):
        return f"{keep} Its answers were equal, and nothing was written to it in between."
    return f"{keep} Nothing was written to it in between; its answers were not recorded, so check that they are equal."


def _all_or_unknown(answers: Sequence[bool | None]) -> bool | None:
    return None if None in answers else all(answers)


def _loop(scene: Scene, loop: Loop) -> Opportunity:
    spans, turns = scene.spans, loop.turns
    names = list(dict.fromkeys(spans[node].label for node in turns[0]))
    agent = spans[turns[0][0]].agent
    late = [node for turn in turns[1:] for node in turn]
    is_waiting = any(
        after - before > scene.total_ns(turns[0])
        for turn, following in pairwise(turns)
        for before, after in [(scene.tree.ends[turn[-1]], scene.tree.starts[following[0]])]
    )
    kind = "polls" if is_waiting else "goes round"
    return Opportunity(
        rule=NO_PROGRESS,
        key=f"{agent} {' '.join(names)} {turns[0][0]}",
        title=f"{agent} {kind} {len(turns)} times with the same arguments: {', '.join(names[:4])}",
        advice=(
            "If it waits for something to be ready, let that tell it, or wait longer each time."
            if is_waiting
            else "Stop when a turn asks for what an earlier one has asked for, and limit the number of turns. Tell the "
            "model in its next turn that it has had this answer."
        ),
        confidence=Confidence.MEDIUM if is_waiting else Confidence.HIGH,
        nodes=(turns[1][0], *late[1:]),
        evidence={
            "turns": len(turns),
            "calls_in_a_turn": len(turns[0]),
            "after_the_first_turn_ns": scene.total_ns(late),
            "turn": names,
        },
        changes=(Change(deed=Deed.REMOVE, nodes=tuple(late)),),
        saving_usd_nanos=scene.cost_usd_nanos(late),
        matters=True,
    )


def _recursion(scene: Scene, chain: Sequence[int]) -> Opportunity:
    agent = scene.spans[chain[0]].agent
    return Opportunity(
        rule=CALLS_ITSELF,
        key=f"{agent} {chain[0]}",
        title=f"{agent} calls itself, {len(chain)} deep",
        advice="Limit its depth, and hand down what has been found, so that a lower one does not ask again.",
        confidence=Confidence.MEDIUM,
        nodes=(chain[1], *chain[2:]),
        evidence={"depth": len(chain), "inner_ns": scene.duration_ns(chain[1])},
        changes=(Change(deed=Deed.REMOVE, nodes=(chain[-1],)),),
        saving_usd_nanos=scene.cost_usd_nanos(chain[-1:]),
        matters=True,
    )


def _query_for_each(scene: Scene, query: QueryForEach) -> Opportunity:
    nodes = query.nodes
    first = scene.spans[nodes[0]]
    longest = max(nodes, key=scene.duration_ns)
    others = tuple(node for node in nodes if node != longest)
    total_ns = scene.total_ns(nodes)
    return Opportunity(
        rule=QUERY_FOR_EACH,
        key=f"{first.agent} {first.category} {first.label} {nodes[0]}",
        title=f"{first.label} is called {len(nodes)} times, once for each item, in {first.agent}",
        advice=(
            "Ask for all items in one query (WHERE id IN (...), a join)."
            if first.category == _DATABASE
            else "Ask for all items in one call if it takes several, else send the calls together, not one by one."
        )
        + " The saving supposes that one query for all takes as long as the slowest of these.",
        confidence=Confidence.HIGH if first.category == _DATABASE else Confidence.MEDIUM,
        nodes=nodes[: MOST_NAMED + 1],
        evidence={"calls": len(nodes), "total_ns": total_ns, "mean_ns": total_ns // len(nodes)},
        changes=(Change(deed=Deed.REMOVE, nodes=others),),
    )


def _chatty(scene: Scene, chatter: Chatter) -> Opportunity:
    nodes = chatter.nodes
    first = scene.spans[nodes[0]]
    longest = max(nodes, key=scene.duration_ns)
    total_ns = scene.total_ns(nodes)
    return Opportunity(
        rule=CHATTY,
        key=f"{first.agent} {first.category} {first.label} {nodes[0]}",
        title=f"{first.label} tells {len(nodes)} times, one message for each change, in {first.agent}",
        advice="Gather changes and send what is new together, a few times a second at most. The saving supposes that "
        "one message for all takes as long as the slowest of these.",
        confidence=Confidence.MEDIUM,
        nodes=nodes[: MOST_NAMED + 1],
        evidence={"messages": len(nodes), "total_ns": total_ns, "mean_ns": total_ns // len(nodes)},
        changes=(Change(deed=Deed.REMOVE, nodes=tuple(node for node in nodes if node != longest)),),
    )
