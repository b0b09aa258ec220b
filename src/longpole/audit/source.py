"""One Python file, parsed once: its tree with parents, scopes, functions, calls and loops, in the order of the text.

Rules ask it instead of walking the tree themselves: 15 walks would cost 15 times the one.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

Function = ast.FunctionDef | ast.AsyncFunctionDef
Loop = ast.For | ast.AsyncFor | ast.While
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Runnable = Function | ast.Lambda

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (ast.Module, ast.ClassDef, ast.Lambda, *FUNCTIONS)

_APART = {ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef}
_CHILDREN = "longpole_children"
_TEST_FOLDERS = {"test", "tests", "testing", "unit_tests", "integration_tests", "e2e", "conftest"}
_TEST_FILE = re.compile(r"(test_.*|.*_tests?|conftest)\.py")


class Scope:
    """The names that one module, class or function binds; `values` holds what each is bound to, in order."""

    def __init__(self, node: ast.AST, parent: "Scope | None") -> None:
        self.node = node
        self.parent = parent
        self.imports: dict[str, str] = {}
        self.values: dict[str, list[ast.AST]] = {}
        self.annotations: dict[str, ast.expr] = {}

    def bind(self, name: str, value: ast.AST) -> None:
        """Remember that `name` is given `value` here."""
        self.values.setdefault(name, []).append(value)


class Source:
    """A parsed file. Lists of nodes are in the order of the text.

    Raises:
        SyntaxError: the text is not Python that this interpreter reads (`ValueError` for a null character).
    """

    def __init__(self, text: str, path: str, module: str) -> None:
        self.text = text
        self.path = path
        self.module = module
        self.lines = text.splitlines()
        self.tree = ast.parse(text)
        self.parents: dict[ast.AST, ast.AST] = {}
        self.scopes: dict[ast.AST, Scope] = {}
        self.calls: list[ast.Call] = []
        self.loops: list[Loop] = []
        self.comprehensions: list[Comprehension] = []
        self.functions: list[Function] = []
        self.classes: list[ast.ClassDef] = []
        self.blocks: list[list[ast.stmt]] = []
        self.self_values: dict[tuple[ast.ClassDef, str], list[ast.expr]] = {}
        self.is_test = is_test_path(path)
        self.is_package = PurePosixPath(path).name == "__init__.py"
        self._index()

    def _index(self) -> None:
        parents = self.parents
        module_scope = self.scopes[self.tree] = Scope(self.tree, None)
        stack: list[tuple[ast.AST, Scope]] = [(self.tree, module_scope)]
        while stack:
            node, scope = stack.pop()
            visit = _VISITS.get(type(node))
            if visit is not None:
                visit(self, node, scope)
            inner = self.scopes.get(node, scope)
            for child in reversed(children_of(node)):
                parents[child] = node
                stack.append((child, inner))

    # Places --------------------------------------------------------------------------------------------------------

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, the nearest first, up to the module."""
        while (node := self.parents.get(node)) is not None:  # pyright: ignore[reportAssignmentType]
            yield node

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node inside its own function, the nearest first, without the function."""
        for outer in self.ancestors(node):
            if isinstance(outer, _SCOPES):
                return
            yield outer

    def function_of(self, node: ast.AST) -> Runnable | None:
        """The innermost function or lambda around a node; None in a module or a class body.

        Defaults, decorators and annotations belong to what is outside of their function.
        """
        inner = node
        for outer in self.ancestors(node):
            if isinstance(outer, ast.Lambda):
                return outer
            if isinstance(outer, FUNCTIONS) and inner in outer.body:
                return outer
            inner = outer
        return None

    def async_function_of(self, node: ast.AST) -> ast.AsyncFunctionDef | None:
        """The innermost function around a node if that is asynchronous."""
        found = self.function_of(node)
        return found if isinstance(found, ast.AsyncFunctionDef) else None

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        """The innermost class around a node, also across functions inside a method."""
        return next((outer for outer in self.ancestors(node) if isinstance(outer, ast.ClassDef)), None)

    def scope_of(self, node: ast.AST) -> Scope:
        """The scope in which a node stands."""
        found = self.scopes.get(node)
        if found is not None:
            return found
        return next(self.scopes[outer] for outer in self.ancestors(node) if outer in self.scopes)

    def statement_of(self, node: ast.AST) -> ast.stmt | None:
        """The statement that a node is or belongs to."""
        if isinstance(node, ast.stmt):
            return node
        return next((outer for outer in self.ancestors(node) if isinstance(outer, ast.stmt)), None)

    def loop_of(self, node: ast.AST) -> Loop | Comprehension | None:
        """The innermost loop or comprehension that runs a node again and again, inside its own function.

        What a loop goes over is read once: it is not inside.
        """
        inner = node
        for outer in self.around(node):
            if isinstance(outer, LOOPS) and not _is_read_once(outer, inner):
                return outer
            if isinstance(outer, COMPREHENSIONS) and inner is not outer.generators[0]:
                return outer
            inner = outer
        return None

    def qualified_function(self, node: ast.AST) -> str:
        """`Class.method`, `outer.<locals>.inner`, or `<module>` outside any function."""
        parts: list[str] = []
        function = node if isinstance(node, FUNCTIONS) else self.function_of(node)
        while isinstance(function, ast.Lambda):
            function = self.function_of(function)
        if function is None:
            return "<module>"
        parts.append(function.name)
        for outer in self.ancestors(function):
            if isinstance(outer, FUNCTIONS):
                parts += ["<locals>", outer.name]
            elif isinstance(outer, ast.ClassDef):
                parts.append(outer.name)
        return ".".join(reversed(parts))

    def lines_of(self, node: ast.stmt | ast.expr) -> str:
        """The lines that a node stands on, joined and without outer spaces."""
        return "\n".join(self.lines[node.lineno - 1 : node.end_lineno]).strip()

    def is_in_test(self, node: ast.AST) -> bool:
        """Whether a node belongs to a test or to what tests share."""
        if self.is_test:
            return True
        function = self.function_of(node)
        return isinstance(function, FUNCTIONS) and (
            function.name.startswith("test_") or has_decorator(function, "fixture")
        )


def has_decorator(node: Function | ast.ClassDef, *names: str) -> bool:
    """Whether one of the decorators has one of these names, called or not, with or without a module before it."""
    return any(last_name(decorator) in names for decorator in node.decorator_list)


def last_name(node: ast.expr | None) -> str:
    """`c` of `a.b.c`, of `a.b.c(...)` and of `a.b.c[...]`; empty where there is no name."""
    while isinstance(node, ast.Call | ast.Await | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def root_name(node: ast.expr | None) -> str:
    """`a` of `a.b[0].c(...)`; empty where the expression does not begin with a name."""
    while isinstance(node, ast.Call | ast.Await | ast.Subscript | ast.Attribute | ast.Starred):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def children_of(node: ast.AST) -> list[ast.AST]:
    """What stands directly below a node, in the order of the text. Kept with the node: trees are walked many times."""
    known: list[ast.AST] | None = node.__dict__.get(_CHILDREN)
    if known is None:
        known = []
        for field in node._fields:
            value = getattr(node, field, None)
            if type(value) is list:
                known += [one for one in value if isinstance(one, ast.AST)]
            elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                known.append(value)
        node.__dict__[_CHILDREN] = known
    return known


def walk(node: ast.AST) -> Iterator[ast.AST]:
    """A node and everything below it, in the order of the text."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack += reversed(children_of(current))


def walk_own(node: ast.AST) -> Iterator[ast.AST]:
    """A node and everything below it that runs with it: not into functions, lambdas and classes that it defines."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        stack += [child for child in reversed(children_of(current)) if type(child) not in _APART]


def names_read(node: ast.AST) -> set[str]:
    """The plain names that an expression or statement reads."""
    return {one.id for one in walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}


def names_bound(target: ast.AST) -> set[str]:
    """The plain names that a target or statement binds."""
    return {one.id for one in walk(target) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}


def _is_read_once(loop: Loop, child: ast.AST) -> bool:
    if isinstance(loop, ast.While):
        return child in loop.orelse
    return child is loop.iter or child in loop.orelse


def is_test_path(path: str) -> bool:
    """Whether a file is a test, or is kept with tests."""
    place = PurePosixPath(path)
    return bool(_TEST_FILE.fullmatch(place.name)) or not _TEST_FOLDERS.isdisjoint(place.parts[:-1])


# What the walk keeps of each kind of node ---------------------------------------------------------------------------


def _on_function(source: Source, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
    source.functions.append(node)
    source.blocks.append(node.body)
    scope.bind(node.name, node)
    inner = source.scopes[node] = Scope(node, scope)
    arguments = node.args
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        inner.bind(argument.arg, argument)
        if argument.annotation is not None:
            inner.annotations[argument.arg] = argument.annotation


def _on_lambda(source: Source, node: ast.Lambda, scope: Scope) -> None:
    inner = source.scopes[node] = Scope(node, scope)
    for argument in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]:
        inner.bind(argument.arg, argument)


def _on_class(source: Source, node: ast.ClassDef, scope: Scope) -> None:
    source.classes.append(node)
    source.blocks.append(node.body)
    scope.bind(node.name, node)
    source.scopes[node] = Scope(node, scope)


def _on_call(source: Source, node: ast.Call, _scope: Scope) -> None:
    source.calls.append(node)


def _on_loop(source: Source, node: Loop, scope: Scope) -> None:
    source.loops.append(node)
    source.blocks.append(node.body)
    if not isinstance(node, ast.While):
        _bind_unknown(scope, node.target)


def _on_block(source: Source, node: ast.If | ast.Try | ast.With | ast.AsyncWith, scope: Scope) -> None:
    source.blocks.append(node.body)
    if not isinstance(node, ast.With | ast.AsyncWith):
        source.blocks.append(node.orelse)
        return
    for item in node.items:
        if isinstance(item.optional_vars, ast.Name):
            scope.bind(item.optional_vars.id, item.context_expr)
        elif item.optional_vars is not None:
            _bind_unknown(scope, item.optional_vars)


def _on_comprehension(source: Source, node: Comprehension, _scope: Scope) -> None:
    source.comprehensions.append(node)


def _on_assign(source: Source, node: ast.Assign, scope: Scope) -> None:
    for target in node.targets:
        _bind(source, target, node.value, scope)


def _on_annotated(source: Source, node: ast.AnnAssign, scope: Scope) -> None:
    if isinstance(node.target, ast.Name):
        scope.annotations[node.target.id] = node.annotation
        scope.bind(node.target.id, node.value or node)
    elif isinstance(node.target, ast.Attribute):
        # An annotation says the type as a value would: `self.client: Client`.
        _bind(source, node.target, node.annotation, scope)


def _bind(source: Source, target: ast.expr, value: ast.expr, scope: Scope) -> None:
    if isinstance(target, ast.Name):
        scope.bind(target.id, value)
    elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
        owner = scope.parent.node if scope.parent else None
        if isinstance(owner, ast.ClassDef):
            source.self_values.setdefault((owner, target.attr), []).append(value)
    else:
        _bind_unknown(scope, target)


def _bind_unknown(scope: Scope, target: ast.expr) -> None:
    for name in names_bound(target):
        scope.bind(name, target)


def _on_import(_source: Source, node: ast.Import, scope: Scope) -> None:
    for alias in node.names:
        if alias.asname:
            scope.imports[alias.asname] = alias.name
        else:
            top = alias.name.split(".")[0]
            scope.imports[top] = top


def _on_import_from(source: Source, node: ast.ImportFrom, scope: Scope) -> None:
    module = node.module or ""
    if node.level:
        parts = source.module.split(".")
        up = node.level - 1 if source.is_package else node.level
        module = ".".join([*parts[: len(parts) - up], *([module] if module else [])])
    for alias in node.names:
        scope.imports[alias.asname or alias.name] = f"{module}.{alias.name}" if module else alias.name


_VISITS: dict[type[ast.AST], Callable[["Source", Any, Scope], None]] = {
    ast.FunctionDef: _on_function,
    ast.AsyncFunctionDef: _on_function,
    ast.Lambda: _on_lambda,
    ast.ClassDef: _on_class,
    ast.Call: _on_call,
    ast.For: _on_loop,
    ast.AsyncFor: _on_loop,
    ast.While: _on_loop,
    ast.If: _on_block,
    ast.Try: _on_block,
    ast.With: _on_block,
    ast.AsyncWith: _on_block,
    ast.ListComp: _on_comprehension,
    ast.SetComp: _on_comprehension,
    ast.DictComp: _on_comprehension,
    ast.GeneratorExp: _on_comprehension,
    ast.Assign: _on_assign,
    ast.AnnAssign: _on_annotated,
    ast.Import: _on_import,
    ast.ImportFrom: _on_import_from,
}
"""What is done at a node of each kind, before what is below it."""
