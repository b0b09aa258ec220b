"""What each function does, in a form that fits between processes, and the questions that cross files.

A worker gathers the facts of its files; the parent joins them into one `Project`. Methods are found by the full name
that the caller's file gives, by the end of it where the tree is not a package, and in the classes that a class names as
its bases.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec import Struct

from longpole.audit.blocking import blocking_call
from longpole.audit.names import Names, last_part
from longpole.audit.source import FUNCTIONS, Function, last_name, root_name, walk, walk_own

MUTATORS = frozenset(
    {"append", "extend", "add", "update", "pop", "remove", "insert", "clear", "popleft", "appendleft", "discard"}
    | {"setdefault", "sort", "reverse"}
)
_SESSION_VERBS = frozenset(
    {"execute", "commit", "scalars", "scalar", "flush", "refresh", "rollback", "exec", "fetchall"}
)
_NO_WAIT = frozenset({"asyncio.Queue.put", "asyncio.Event.wait", "asyncio.Lock.acquire"})


class BlockingPlace(Struct, frozen=True):
    """A call that blocks: what it is called, what it waits for, and its line."""

    call: str
    kind: str
    line: int


class FunctionFacts(Struct, frozen=True, kw_only=True):
    """One function: `name` with its module, `qualified` without it.

    `reads` and `writes` name attributes of its own object, `calls` and `awaits` other functions. An empty name in
    `awaits` is something that could not be resolved.
    """

    name: str
    qualified: str
    path: str
    line: int
    end_line: int
    is_async: bool
    blocks: tuple[BlockingPlace, ...] = ()
    calls: tuple[str, ...] = ()
    awaits: tuple[str, ...] = ()
    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    has_session: bool = False


class ClassFacts(Struct, frozen=True):
    """A class and the full names of its bases."""

    name: str
    bases: tuple[str, ...]


class FileFacts(Struct, frozen=True):
    """What one file tells the others."""

    functions: tuple[FunctionFacts, ...]
    classes: tuple[ClassFacts, ...]


def gather_facts(names: Names) -> FileFacts:
    """The facts of one file; functions inside functions are left out, since only their own function sees them."""
    functions = [
        _function_facts(names, function)
        for function in names.source.functions
        if not any(isinstance(outer, FUNCTIONS) for outer in names.source.ancestors(function))
    ]
    classes = [
        ClassFacts(names.class_name(one), tuple(name for base in one.bases if (name := names.of(base))))
        for one in names.source.classes
        if one.bases
    ]
    return FileFacts(tuple(functions), tuple(classes))


def _function_facts(names: Names, function: Function) -> FunctionFacts:
    blocks: list[BlockingPlace] = []
    calls: set[str] = set()
    awaits: set[str] = set()
    has_session = False
    parents = names.source.parents
    for node in _own_nodes(function):
        if isinstance(node, ast.Call):
            name = names.of(node.func)
            is_awaited = isinstance(parents.get(node), ast.Await)
            blocking = None if is_awaited else blocking_call(name)
            if blocking is not None and name is not None:
                blocks.append(BlockingPlace(name, blocking.kind, node.lineno))
            elif name is not None and not name.startswith("builtins."):
                calls.add(name)
            if is_awaited:
                awaits.add(name if name and not name.startswith("builtins.") else "")
                has_session |= last_name(node.func) in _SESSION_VERBS
        elif isinstance(node, ast.AsyncFor | ast.AsyncWith) or (
            isinstance(node, ast.Await) and not isinstance(node.value, ast.Call)
        ):
            awaits.add("")
    reads, writes = _own_state(function)
    return FunctionFacts(
        name=f"{names.source.module}.{names.source.qualified_function(function)}",
        qualified=names.source.qualified_function(function),
        path=names.source.path,
        line=function.lineno,
        end_line=function.end_lineno or function.lineno,
        is_async=isinstance(function, ast.AsyncFunctionDef),
        blocks=tuple(blocks),
        calls=tuple(sorted(calls)),
        awaits=tuple(sorted(awaits)),
        reads=frozenset(reads),
        writes=frozenset(writes),
        has_session=has_session,
    )


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    for statement in function.body:
        if not isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
            yield from walk_own(statement)


def _own_state(function: Function) -> tuple[set[str], set[str]]:
    """Attributes of `self` that are read, and that are changed in a way which a later call can see.

    Not counted as changes: a value kept by key (`self.cache[key] = value`), a count (`self.total += 1`), and what is
    made once (`if self.client is None: self.client = ...`).
    """
    reads: set[str] = set()
    writes: set[str] = set()
    changed: set[int] = set()
    for node in _own_nodes(function):
        if isinstance(node, ast.If):
            changed |= _made_once(node)
        if isinstance(node, ast.AugAssign) and isinstance(node.value, ast.Constant):
            changed |= {id(one) for one in walk(node.target)}
        attribute = _changed_by_call(node)
        if attribute is not None:
            changed.add(id(attribute))
            writes.add(attribute.attr)
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            changed |= {id(one) for one in walk(node.value)}
        if isinstance(node, ast.Attribute) and id(node) not in changed and _is_own(node):
            (reads if isinstance(node.ctx, ast.Load) else writes).add(node.attr)
    return reads, writes


def _changed_by_call(node: ast.AST) -> ast.Attribute | None:
    """`self.found` of `self.found.append(x)`."""
    is_change = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS
    return _own_attribute(node.func.value) if is_change else None  # pyright: ignore[reportAttributeAccessIssue]


def _made_once(node: ast.If) -> set[int]:
    asked = {one.attr for one in walk(node.test) if isinstance(one, ast.Attribute) and _is_own(one)}
    return {
        id(one)
        for part in (node.test, *node.body)
        for one in walk(part)
        if isinstance(one, ast.Attribute) and _is_own(one) and one.attr in asked
    }


def _own_attribute(node: ast.expr) -> ast.Attribute | None:
    while isinstance(node, ast.Subscript | ast.Attribute):
        if isinstance(node, ast.Attribute) and _is_own(node):
            return node
        node = node.value
    return None


def _is_own(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and root_name(node) == "self"


class Project:
    """All files together."""

    def __init__(self, files: Iterable[FileFacts]) -> None:
        self._functions: dict[str, FunctionFacts] = {}
        self._bases: dict[str, tuple[str, ...]] = {}
        self._by_last: dict[str, list[str]] = defaultdict(list)
        self._found: dict[str, FunctionFacts | None] = {}
        for file in files:
            for function in file.functions:
                self._functions[function.name] = function
                self._by_last[last_part(function.name)].append(function.name)
            for one in file.classes:
                self._bases[one.name] = one.bases
                self._by_last[last_part(one.name)].append(one.name)

    def find(self, name: str) -> FunctionFacts | None:
        """The function of this full name, as another file would write it; None if it is not of this project."""
        if name not in self._found:
            self._found[name] = None  # bases that go round end here
            self._found[name] = self._functions.get(name) or self._elsewhere(name) or self._inherited(name)
        return self._found[name]

    def _elsewhere(self, name: str) -> FunctionFacts | None:
        """By the end of its name, or told on by a package: `package.function` for `package.file.function`."""
        package, _, last = name.rpartition(".")
        alike = [one for one in self._by_last.get(last, ()) if one in self._functions]
        if not package:
            return None
        by_end = [one for one in alike if one.endswith("." + name)]
        told_on = [one for one in alike if one.startswith(package + ".")]
        for found in (by_end, told_on):
            if len(found) == 1:
                return self._functions[found[0]]
        return None

    def _inherited(self, name: str) -> FunctionFacts | None:
        owner, _, method = name.rpartition(".")
        bases = self._bases.get(owner)
        if bases is None:
            alike = [one for one in self._by_last.get(last_part(owner), ()) if one in self._bases]
            bases = self._bases[alike[0]] if len(alike) == 1 else ()
        return next((found for base in bases if (found := self.find(f"{base}.{method}"))), None)

    def blocking_chain(self, name: str, depth: int = 4) -> list[tuple[FunctionFacts, BlockingPlace | None]]:
        """From this synchronous function down to a call that blocks: each function on the way, the last with the call.

        Empty if none is reached within `depth` functions. Files are passed over: they are seldom what takes long.
        """
        return self._chain(name, depth, set())

    def _chain(self, name: str, depth: int, seen: set[str]) -> list[tuple[FunctionFacts, BlockingPlace | None]]:
        function = self.find(name)
        if function is None or function.is_async or depth == 0 or function.name in seen:
            return []
        seen.add(function.name)
        place = next((place for place in function.blocks if place.kind not in ("file", "input")), None)
        if place is not None:
            return [(function, place)]
        for callee in function.calls:
            rest = self._chain(callee, depth - 1, seen)
            if rest:
                return [(function, None), *rest]
        return []

    def shared_state(self, name: str, depth: int = 4) -> str | None:
        """An attribute that this function, or a method it calls, both reads and changes; None if there is none."""
        reads: set[str] = set()
        writes: set[str] = set()
        for function in self._reached(name, depth, set()):
            reads |= function.reads
            writes |= function.writes
        return min(reads & writes, default=None)

    def has_session(self, name: str, depth: int = 4) -> bool:
        """Whether this function works on a database session, which serves one at a time."""
        return any(function.has_session for function in self._reached(name, depth, set()))

    def _reached(self, name: str, depth: int, seen: set[str]) -> Iterator[FunctionFacts]:
        """The function and the methods of the same class below it."""
        function = self.find(name)
        if function is None or depth == 0 or function.name in seen:
            return
        seen.add(function.name)
        yield function
        owner = name.rpartition(".")[0]
        for callee in function.calls:
            if callee.rpartition(".")[0] == owner and last_part(owner)[:1].isupper():
                yield from self._reached(callee, depth - 1, seen)

    def waits(self, name: str, depth: int = 5) -> bool | None:
        """Whether this function really waits for something; None if it is not of this project."""
        function = self.find(name)
        if function is None:
            return None
        if depth == 0:
            return True
        return any(
            callee == "" or (callee not in _NO_WAIT and self.waits(callee, depth - 1) is not False)
            for callee in function.awaits
        )
