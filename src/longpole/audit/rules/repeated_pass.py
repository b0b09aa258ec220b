"""What it finds
: Several walks over the same values where one serves: four or more sums, counts or lists over one name in a row (three
  in a loop), two `for` loops of which the second needs nothing of the first, a sorted list of which one end is taken,
  two lists that split one by a condition that does work, and its opposite.

Why it matters
: Each pass costs as much as the first. Over thousands of records per step the passes add up to milliseconds; a sort for
  a maximum costs log n times more than `max`.

When not to worry
: For a handful of values the clearer text wins: three passes outside a loop are told with low confidence. Silent: two
  passes, passes over different things, and anything in between that changes the values.

How to mend
: One loop that counts all, `min` and `max` with a key, one loop that fills both lists.

```python
# sorts all for one
latest = sorted(events, key=when)[-1]

# one pass
latest = max(events, key=when)
```
"""

import ast
from collections.abc import Iterator
from itertools import pairwise

from longpole.audit import flow
from longpole.audit.names import Names
from longpole.audit.rule import Hit, Rule, hit_at
from longpole.audit.source import COMPREHENSIONS, last_name, names_bound, names_read, root_name, walk, walk_own
from longpole.model.finding import Confidence

_PASSES = 3


def check(names: Names) -> Iterator[Hit]:
    """Sorted ends, splits in two, and runs of passes."""
    yield from _sorted_ends(names)
    for block in names.source.blocks:
        split = list(_splits(names, block))
        yield from split
        yield from _runs(names, block, {hit.line for hit in split})
        yield from _loops(names, block)
    yield from _runs(names, names.source.tree.body, set())


def _sorted_ends(names: Names) -> Iterator[Hit]:
    for call in names.source.calls:
        outer = names.source.parents.get(call)
        if names.of(call.func) != "builtins.sorted" or not isinstance(outer, ast.Subscript) or outer.value is not call:
            continue
        end = _end(outer.slice)
        if end is None or names.source.is_in_test(call):
            continue
        is_reverse = any(
            keyword.arg == "reverse" and isinstance(keyword.value, ast.Constant) and bool(keyword.value.value)
            for keyword in call.keywords
        )
        instead = "min" if (end == 0) != is_reverse else "max"
        yield hit_at(
            outer,
            "everything is sorted, and one end is taken",
            Confidence.HIGH,
            kind="sorted",
            reasons=("only one element of the sorted list is used",),
            advice=f"Use `{instead}(...)` with the same key.",
        )


def _end(index: ast.expr) -> int | None:
    if isinstance(index, ast.UnaryOp) and isinstance(index.op, ast.USub) and isinstance(index.operand, ast.Constant):
        return -1 if index.operand.value == 1 else None
    return 0 if isinstance(index, ast.Constant) and index.value == 0 and index.value is not False else None


def _splits(names: Names, block: list[ast.stmt]) -> Iterator[Hit]:
    """`[x for x in xs if p(x)]` beside `[x for x in xs if not p(x)]`."""
    for earlier, later in pairwise(block):
        first, second = _filter_of(earlier), _filter_of(later)
        if first is None or second is None or names.source.is_in_test(later):
            continue
        if ast.dump(first[0]) == ast.dump(second[0]) and _are_opposite(first[1], second[1]):
            yield hit_at(
                later,
                f"`{ast.unparse(first[0])[:40]}` is walked twice to split it in two",
                Confidence.MEDIUM if _works(first[1]) else Confidence.LOW,
                kind="split",
                reasons=("the two conditions are each other's opposite",),
                advice="Fill both lists in one loop.",
            )


def _filter_of(statement: ast.stmt) -> tuple[ast.expr, ast.expr] | None:
    value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    if not isinstance(value, ast.ListComp) or len(value.generators) != 1 or len(value.generators[0].ifs) != 1:
        return None
    return value.generators[0].iter, value.generators[0].ifs[0]


def _works(condition: ast.expr) -> bool:
    """Whether a condition does work for each element: it calls something."""
    return any(isinstance(one, ast.Call) and last_name(one.func) not in _CHEAP for one in walk(condition))


_CHEAP = frozenset(
    {"isinstance", "getattr", "len", "get", "startswith", "endswith", "hasattr", "callable", "lower", "strip"}
)
_OPPOSITES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.In: ast.NotIn, ast.Is: ast.IsNot, ast.Lt: ast.GtE, ast.Gt: ast.LtE,
}  # fmt: skip


def _are_opposite(one: ast.expr, other: ast.expr) -> bool:
    for left, right in ((one, other), (other, one)):
        if (
            isinstance(right, ast.UnaryOp)
            and isinstance(right.op, ast.Not)
            and ast.dump(right.operand) == ast.dump(left)
        ):
            return True
        if isinstance(left, ast.Compare) and isinstance(right, ast.Compare) and len(left.ops) == len(right.ops) == 1:
            is_same = ast.dump(left.left) == ast.dump(right.left) and ast.dump(left.comparators[0]) == ast.dump(
                right.comparators[0]
            )
            if is_same and _OPPOSITES.get(type(left.ops[0])) is type(right.ops[0]):
                return True
    return False


def _runs(names: Names, block: list[ast.stmt], known: set[int]) -> Iterator[Hit]:
    """Neighbouring statements that each walk the same name in full; one hit at the last of three or more."""
    run: list[ast.stmt] = []
    walked = ""
    for statement in [*block, None]:
        name = _walked(names, statement) if statement is not None else ""
        if statement is not None and name and name == walked:
            run.append(statement)
            continue
        if len(run) >= _PASSES and not names.source.is_in_test(run[0]) and not any(one.lineno in known for one in run):
            yield hit_at(
                run[0],
                f"`{walked}` is walked {len(run)} times in a row where one loop serves",
                Confidence.MEDIUM if len(run) > _PASSES or names.source.loop_of(run[0]) else Confidence.LOW,
                kind="passes",
                reasons=(
                    f"lines {', '.join(str(one.lineno) for one in run)} each walk all of it",
                    "nothing changes it between",
                ),
            )
        run, walked = ([statement], name) if statement is not None and name else ([], "")


def _loops(names: Names, block: list[ast.stmt]) -> Iterator[Hit]:
    """Two `for` loops over one name, the second needing nothing of the first; assignments may lie between."""
    earlier: ast.For | None = None
    for statement in block:
        if not isinstance(statement, ast.For):
            is_plain = isinstance(statement, ast.Assign | ast.AnnAssign)
            earlier = earlier if earlier is not None and is_plain and not _meets(earlier, statement) else None
            continue
        if earlier is not None and _are_alike(earlier, statement) and not names.source.is_in_test(statement):
            yield hit_at(
                earlier,
                f"two loops in a row walk `{ast.unparse(statement.iter)}`, and the second needs nothing of the first",
                Confidence.MEDIUM,
                kind="loops",
                reasons=(
                    f"line {statement.lineno} begins the second",
                    "neither ends early, and nothing passes between them",
                ),
            )
            earlier = None
            continue
        earlier = statement


def _are_alike(first: ast.For, second: ast.For) -> bool:
    if not isinstance(first.iter, ast.Name | ast.Attribute) or ast.dump(first.iter) != ast.dump(second.iter):
        return False
    return not any(_stops(loop) for loop in (first, second)) and not _meets(first, second) and not _calls_items(first)


def _stops(loop: ast.For) -> bool:
    """Whether rounds may end early or wait: then the order of the two loops may count."""
    ends = ast.Break | ast.Return | ast.Raise | ast.Yield | ast.Await | ast.AsyncFor | ast.AsyncWith
    return bool(loop.orelse) or any(isinstance(node, ends) for node in walk_own(loop))


def _meets(first: ast.For, second: ast.stmt) -> bool:
    """Whether the second reads what the first binds, gathers or changes, apart from the items themselves."""
    items = names_bound(first.target) | (names_bound(second.target) if isinstance(second, ast.For) else set())
    changed = {name for node in first.body for name in names_bound(node)} | flow.collected(first)
    return bool((changed - items) & names_read(second)) or bool(names_bound(second) & names_read(first.iter))


def _calls_items(loop: ast.For) -> bool:
    """Whether the loop may change its items: stores into them, which the second loop would see."""
    items = names_bound(loop.target)
    stores = [
        node
        for node in walk_own(loop)
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store)
    ]
    return any(root_name(node) in items for node in stores)


def _walked(names: Names, statement: ast.stmt) -> str:
    """The name that a plain assignment walks once in full with work per element; empty if none or several."""
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
        return ""
    walks = [
        ast.unparse(node.generators[0].iter)
        for node in walk_own(statement.value)
        if isinstance(node, COMPREHENSIONS) and isinstance(node.generators[0].iter, ast.Name | ast.Attribute)
    ]
    if len(set(walks)) != 1 or any(isinstance(node, ast.Await) for node in walk_own(statement.value)):
        return ""
    if any(
        isinstance(node, ast.Call) and last_name(node.func) in ("any", "all", "next")
        for node in walk_own(statement.value)
    ):
        return ""
    root = walks[0].split(".")[0]
    is_light = any(
        isinstance(node, ast.Call) and last_name(node.func) in ("reversed", "range") and root_name(node) == root
        for node in walk_own(statement.value)
    )
    return "" if is_light or root in names_bound(statement) else walks[0]


RULE = Rule(
    code="LP014",
    slug="repeated-pass",
    title="Walks the same values again",
    advice="Do it in one pass.",
    page=__doc__ or "",
    check=check,
)
