"""Execution trees for tests: a short way to write one down, and hypothesis strategies that make them up."""

from hypothesis import strategies as st

from longpole.ingest.facts import Facts
from longpole.model.tree import Tree, grow_tree

TRACE = "a" * 32
SECOND = 1_000_000_000


def span_id(number: int) -> str:
    """A span id that shows its number."""
    return f"{number + 1:016x}"


def fact(
    number: int,
    parent: int | None = None,
    *,
    start: int = 0,
    end: int | None = 10,
    category: str = "processing",
    trace: str = TRACE,
    **more: object,
) -> Facts:
    """What span `number` tells, a step called `s<number>` unless `more` says otherwise; `end=None` is open."""
    told: dict[str, object] = {
        "workspace": "default",
        "name": f"s{number}",
        "kind": None,
        "step_type": "api_call" if category in ("llm", "http") else "action",
        "status": "running" if end is None else "success",
        "received_ns": 1,
    }
    told.update(more)
    return Facts(
        trace_id=trace,
        span_id=span_id(number),
        parent_span_id=None if parent is None else span_id(parent),
        category=category,
        started_ns=start,
        ended_ns=end,
        duration_ns=None if end is None else end - start,
        **told,  # pyright: ignore[reportArgumentType]
    )


def agent(number: int, parent: int | None = None, **more: object) -> Facts:
    """What span `number` tells, an agent called `a<number>`."""
    told: dict[str, object] = {"kind": "agent", "category": "agent", "agent": f"a{number}", **more}
    return fact(number, parent, **told)  # pyright: ignore[reportArgumentType]


def link(number: int, trace: str = TRACE) -> dict[str, str]:
    """The columns of a link to span `number` of a trace."""
    return {"link_trace_id": trace, "link_span_id": span_id(number)}


def tree_of(*spans: tuple[int | None, int, int]) -> Tree:
    """The tree of spans given as (parent position, start, end)."""
    ids = [span_id(number) for number in range(len(spans))]
    parents = [None if parent is None else ids[parent] for parent, _, _ in spans]
    return grow_tree(ids, parents, [start for _, start, _ in spans], [end for _, _, end in spans])


@st.composite
def trees(draw: st.DrawFn, *, largest: int = 12, latest: int = 40) -> Tree:
    """A tree of one root, with children before, within, across and after their parents' time."""
    count = draw(st.integers(1, largest))
    spans: list[tuple[int | None, int, int]] = []
    for number in range(count):
        parent = draw(st.integers(max(0, number - 4), number - 1)) if number else None
        start = draw(st.integers(0, latest))
        end = start + draw(st.integers(0, latest - start))
        spans.append((parent, start, end))
    return tree_of(*spans)


@st.composite
def well_nested(draw: st.DrawFn, *, largest: int = 12) -> Tree:
    """A tree in which children run within their parent and one after the other, as in a program without threads."""
    root_end = draw(st.integers(1, 1000))
    spans: list[tuple[int | None, int, int]] = [(None, 0, root_end)]
    free = [0]  # per span, from when on it has no child yet
    for _ in range(draw(st.integers(0, largest - 1))):
        parent = draw(st.integers(0, len(spans) - 1))
        end_of_parent = spans[parent][2]
        start = draw(st.integers(free[parent], end_of_parent))
        end = draw(st.integers(start, end_of_parent))
        free[parent] = end
        free.append(start)
        spans.append((parent, start, end))
    return tree_of(*spans)


@st.composite
def groups(draw: st.DrawFn, *, largest: int = 12) -> list[Facts]:
    """Spans of up to three traces with agents, model calls, tools, orphans, cycles and links among them."""
    count = draw(st.integers(1, largest))
    found: list[Facts] = []
    for number in range(count):
        start = draw(st.integers(0, 30))
        parent = draw(st.one_of(st.none(), st.integers(0, count + 1)))
        told: dict[str, object] = {"trace": draw(st.sampled_from(["a" * 32, "b" * 32, "c" * 32]))}
        category = draw(st.sampled_from(["agent", "llm", "tool", "http", "processing"]))
        if category == "agent":
            told |= {"kind": draw(st.sampled_from(["agent", "workflow", None])), "agent": f"a{number % 3}"}
        if draw(st.booleans()):
            told |= {"input_tokens": draw(st.integers(0, 9)), "output_tokens": 1}
        if draw(st.integers(0, 3)) == 0:
            target = draw(st.sampled_from(["a" * 32, "b" * 32, "c" * 32]))
            told |= link(draw(st.integers(0, count)), target)
        end = start + draw(st.integers(0, 30))
        found.append(fact(number, parent, start=start, end=end, category=category, **told))  # pyright: ignore
    return found
