"""What flows from one round of a loop to the next: `sequential_await` asks before it calls rounds independent."""

import ast
from collections.abc import Iterator

from longpole.audit.facts import MUTATORS
from longpole.audit.source import LOOPS, last_name, names_bound, names_read, root_name, walk, walk_own

_TELLS = frozenset({"debug", "info", "warning", "error", "exception", "print", "log", "trace", "success", "warn"})
_CLOCKS = frozenset({"time", "perf_counter", "monotonic", "perf_counter_ns", "monotonic_ns", "time_ns", "process_time"})


def own_nodes(loop: ast.For) -> Iterator[ast.AST]:
    """Everything in the body of a loop that runs in its rounds."""
    for statement in loop.body:
        yield from walk_own(statement)


def leaves_early(loop: ast.For, tainted: set[str]) -> str | None:
    """How a round can end the loop: `break`, `return`, or an error that depends on what was awaited; None if not.

    Errors that only pass on what a round raised end a `gather` too, and errors about the item itself do not depend on
    other rounds.
    """
    for node, is_inner in _statements(loop.body, is_inner=False):
        if isinstance(node, ast.Return):
            return "return"
        if isinstance(node, ast.Break) and not is_inner:
            return "break"
        if (
            isinstance(node, ast.If)
            and (tainted & names_read(node.test) or _awaits(node.test))
            and any(map(_raises, [*node.body, *node.orelse]))
        ):
            return "raise"
    return None


def _statements(body: list[ast.stmt], *, is_inner: bool) -> Iterator[tuple[ast.stmt, bool]]:
    """Each statement below, with whether it stands in a loop further in."""
    for statement in body:
        yield statement, is_inner
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        for field in ("body", "orelse", "finalbody"):
            deeper = is_inner or (isinstance(statement, LOOPS) and field == "body")
            yield from _statements(getattr(statement, field, []), is_inner=deeper)
        for handler in getattr(statement, "handlers", []):
            yield from _statements(handler.body, is_inner=is_inner)
        for case in getattr(statement, "cases", []):
            yield from _statements(case.body, is_inner=is_inner)


def _awaits(test: ast.expr) -> bool:
    return any(isinstance(node, ast.Await) for node in walk_own(test))


def _raises(statement: ast.stmt) -> bool:
    return any(isinstance(node, ast.Raise) for node in walk_own(statement))


def taints(loop: ast.For) -> set[str]:
    """Names that hold what was awaited in the loop, or what was made from that."""
    tainted: set[str] = set()
    for _ in range(2):
        for node in own_nodes(loop):
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr) else None
            if value is None:
                continue
            if any(isinstance(one, ast.Await) for one in walk_own(value)) or tainted & names_read(value):
                target = node.targets if isinstance(node, ast.Assign) else [node.target]  # pyright: ignore[reportAttributeAccessIssue]
                for one in target:
                    tainted |= names_bound(one)
    return tainted


def derived(loop: ast.For) -> set[str]:
    """Names that come from the item of the round."""
    names = names_bound(loop.target)
    for _ in range(3):
        for node in own_nodes(loop):
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value is not None:
                if names & names_read(node.value):
                    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                        names |= names_bound(target)
            elif isinstance(node, ast.For) and names & names_read(node.iter):
                names |= names_bound(node.target)
            elif isinstance(node, ast.With | ast.AsyncWith):
                for item in node.items:
                    if item.optional_vars is not None and names & names_read(item.context_expr):
                        names |= names_bound(item.optional_vars)
    return names


def collected(loop: ast.For) -> set[str]:
    """Names of what only gathers results: `found.append(x)`, `total += x`, `by_name[key] = x`."""
    return {name for _, name in _gatherings(loop)}


def _gatherings(loop: ast.For) -> Iterator[tuple[ast.AST, str]]:
    """Each place that gathers, with the name it gathers into; only names from outside the round."""
    fresh = names_bound(loop.target) | _first_bound(loop)
    for node in own_nodes(loop):
        place: ast.expr | None = None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
            place = node.func.value
        elif isinstance(node, ast.AugAssign):
            place = node.target
        elif isinstance(node, ast.Subscript | ast.Attribute) and isinstance(node.ctx, ast.Store):
            place = node.value
        name = root_name(place)
        if place is not None and name and name not in fresh:
            yield place, name


def _first_bound(loop: ast.For) -> set[str]:
    """Names that a round binds before it reads them: they belong to the round."""
    bound: set[str] = set()
    read: set[str] = set()
    for statement in loop.body:
        _walk_in_order(statement, bound, read)
    return bound


def _walk_in_order(statement: ast.stmt, bound: set[str], read: set[str]) -> None:
    """Reads before bindings, statement by statement; a name read first is not the round's own."""
    if isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        if statement.value is not None:
            read |= names_read(statement.value) - bound
        if isinstance(statement, ast.AugAssign):
            read |= {root_name(statement.target)} - bound
        for target in statement.targets if isinstance(statement, ast.Assign) else [statement.target]:
            read |= names_read(target) - bound
            bound |= names_bound(target) - read
        return
    if isinstance(statement, ast.For | ast.AsyncFor):
        read |= names_read(statement.iter) - bound
        bound |= names_bound(statement.target) - read
    elif isinstance(statement, ast.With | ast.AsyncWith):
        for item in statement.items:
            read |= names_read(item.context_expr) - bound
            if item.optional_vars is not None:
                bound |= names_bound(item.optional_vars) - read
    elif isinstance(statement, ast.If | ast.While):
        read |= names_read(statement.test) - bound
    elif not isinstance(statement, ast.Try):
        read |= names_read(statement) - bound
        bound |= names_bound(statement) - read
    for field in ("body", "orelse", "finalbody"):
        for inner in getattr(statement, field, []):
            _walk_in_order(inner, bound, read)
    for handler in getattr(statement, "handlers", []):
        for inner in handler.body:
            _walk_in_order(inner, bound, read)


def carried(loop: ast.For) -> str | None:
    """A name through which a round sees what an earlier one did; None if there is none.

    Gathering is not carrying, as long as nothing but log lines reads what was gathered.
    """
    gatherings = list(_gatherings(loop))
    places = {id(one) for place, _ in gatherings for one in walk(place)}
    gathered = {name: _paths(gatherings, name) for _, name in gatherings}
    told = {id(one) for node in own_nodes(loop) if _is_telling(node) for one in walk(node)}
    mine = _first_bound(loop) | names_bound(loop.target)
    rebound = {name for node in loop.body for name in _bound_by(node)} - mine
    for node in own_nodes(loop):
        if (
            not isinstance(node, ast.Name)
            or not isinstance(node.ctx, ast.Load)
            or id(node) in places
            or id(node) in told
        ):
            continue
        if node.id in rebound:
            return node.id
        if node.id in gathered and _reads_gathered(loop, node, gathered[node.id]):
            return node.id
    return None


def _paths(gatherings: list[tuple[ast.AST, str]], name: str) -> set[str]:
    """The attribute paths below a name that are gathered into: `x.found` and `x.seen` are two things."""
    return {ast.unparse(place).split("[")[0] for place, root in gatherings if root == name}


def _reads_gathered(loop: ast.For, node: ast.Name, paths: set[str]) -> bool:
    """Whether this read is of what is gathered, and not of another attribute of the same object."""
    parents = {child: outer for outer in own_nodes(loop) for child in ast.iter_child_nodes(outer)}
    whole: ast.AST = node
    while isinstance(parents.get(whole), ast.Attribute):
        whole = parents[whole]
    text = ast.unparse(whole)
    return any(text == path or text.startswith(path + ".") or path.startswith(text + ".") for path in paths)


def _bound_by(statement: ast.stmt) -> set[str]:
    return {name for node in walk_own(statement) for name in names_bound_here(node)}


def names_bound_here(node: ast.AST) -> set[str]:
    """Names that this one node binds, plain assignments and `for` targets."""
    if isinstance(node, ast.Assign):
        return {name for target in node.targets for name in names_bound(target)}
    if isinstance(node, ast.AnnAssign | ast.NamedExpr | ast.For):
        return names_bound(node.target)
    return set()


def _is_telling(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) in _TELLS


def is_timed(loop: ast.For) -> bool:
    """Whether each round is measured: it reads a clock, and takes an earlier reading off a later one."""
    starts: set[str] = set()
    for node in own_nodes(loop):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and last_name(node.value.func) in _CLOCKS:
            starts |= {name for target in node.targets for name in names_bound(target)}
    return any(
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and starts & names_read(node.right)
        for node in own_nodes(loop)
    )
