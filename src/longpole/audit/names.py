"""What a name in a file means: the full name of a function, or the class of the object that a variable holds.

`sleep(1)` after `from time import sleep` is `time.sleep`; `self.http.get(url)` where `__init__` says
`self.http = httpx.Client()` is `httpx.Client.get`. An object is named after its class, so both read alike. Types come
from constructors, annotations, parameters, `with ... as`, and a few functions known by name; what is not known is None.
"""

import ast
import builtins

from longpole.audit.source import FUNCTIONS, Scope, Source, walk

RETURNS = {
    "logging.getLogger": "logging.Logger",
    "structlog.get_logger": "structlog.Logger",
    "structlog.getLogger": "structlog.Logger",
    "sqlite3.connect": "sqlite3.Connection",
    "sqlite3.Connection.cursor": "sqlite3.Cursor",
    "sqlite3.Connection.execute": "sqlite3.Cursor",
    "psycopg2.connect": "psycopg2.Connection",
    "psycopg2.Connection.cursor": "psycopg2.Cursor",
    "psycopg.connect": "psycopg.Connection",
    "psycopg.Connection.connect": "psycopg.Connection",
    "psycopg.Connection.cursor": "psycopg.Cursor",
    "pymysql.connect": "pymysql.Connection",
    "pymysql.Connection.cursor": "pymysql.Cursor",
    "mysql.connector.connect": "pymysql.Connection",
    "duckdb.connect": "duckdb.DuckDBPyConnection",
    "redis.from_url": "redis.Redis",
    "redis.Redis.from_url": "redis.Redis",
    "redis.StrictRedis": "redis.Redis",
    "redis.asyncio.from_url": "redis.asyncio.Redis",
    "redis.Redis.pipeline": "redis.Pipeline",
    "redis.asyncio.Redis.pipeline": "redis.Pipeline",
    "boto3.client": "boto3.Client",
    "boto3.resource": "boto3.Client",
    "boto3.Session.client": "boto3.Client",
    "requests.session": "requests.Session",
    "sqlalchemy.create_engine": "sqlalchemy.Engine",
    "sqlmodel.create_engine": "sqlalchemy.Engine",
    "sqlalchemy.Engine.connect": "sqlalchemy.Connection",
    "sqlalchemy.Engine.begin": "sqlalchemy.Connection",
    "sqlalchemy.ext.asyncio.create_async_engine": "sqlalchemy.ext.asyncio.AsyncEngine",
    "docker.from_env": "docker.DockerClient",
    "builtins.open": "io.TextIOWrapper",
    "pathlib.Path.resolve": "pathlib.Path",
    "pathlib.Path.cwd": "pathlib.Path",
    "pathlib.Path.home": "pathlib.Path",
    "asyncio.get_event_loop": "asyncio.Loop",
    "asyncio.get_running_loop": "asyncio.Loop",
    "asyncio.new_event_loop": "asyncio.Loop",
}
"""The class of what these functions give back. Two MySQL drivers and the two homes of a class count as one."""

SAME = {
    "sqlalchemy.orm.Session": "sqlalchemy.Session",
    "sqlalchemy.orm.session.Session": "sqlalchemy.Session",
    "sqlmodel.Session": "sqlalchemy.Session",
    "sqlmodel.ext.asyncio.session.AsyncSession": "sqlalchemy.ext.asyncio.AsyncSession",
    "sqlalchemy.engine.Engine": "sqlalchemy.Engine",
    "sqlalchemy.engine.create_engine": "sqlalchemy.create_engine",
    "sqlmodel.create_engine": "sqlalchemy.create_engine",
    "sqlmodel.ext.asyncio.create_async_engine": "sqlalchemy.ext.asyncio.create_async_engine",
    "sqlalchemy.ext.asyncio.engine.create_async_engine": "sqlalchemy.ext.asyncio.create_async_engine",
    "requests.sessions.Session": "requests.Session",
    "requests.api.get": "requests.get",
    "concurrent.futures.thread.ThreadPoolExecutor": "concurrent.futures.ThreadPoolExecutor",
    "concurrent.futures.process.ProcessPoolExecutor": "concurrent.futures.ProcessPoolExecutor",
    "redis.client.Redis": "redis.Redis",
    "redis.asyncio.client.Redis": "redis.asyncio.Redis",
    "starlette.websockets.WebSocket": "fastapi.WebSocket",
}
"""Names of one thing, and the one that rules know."""

_WRAPPERS = {"Optional", "Annotated", "Final", "ClassVar", "Required", "NotRequired", "Awaitable", "Coroutine"}
_BUILTINS = set(dir(builtins))
_DEPTH = 8
"""Steps that a name is followed through variables; the longest chains in real code have three or four."""


class Names:
    """Answers about the names of one file. Answers are kept: asking twice costs a look-up."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._known: dict[ast.AST, str | None] = {}

    def of(self, node: ast.expr, depth: int = 0) -> str | None:
        """The full name of what an expression is, or of the class of the object that it gives; None if unknown."""
        if node in self._known:
            return self._known[node]
        self._known[node] = None  # a variable that is made from itself ends here
        found = self._find(node, depth) if depth < _DEPTH else None
        self._known[node] = found = SAME.get(found, found) if found else None
        return found

    def _find(self, node: ast.expr, depth: int) -> str | None:
        if isinstance(node, ast.Name):
            return self._of_name(node.id, self.source.scope_of(node), depth)
        if isinstance(node, ast.Attribute):
            return self._of_attribute(node, depth)
        if isinstance(node, ast.Await):
            return self.of(node.value, depth + 1)
        if isinstance(node, ast.Call):
            return self._of_result(node, depth)
        if isinstance(node, ast.BoolOp):
            return next((name for part in node.values if (name := self.of(part, depth + 1))), None)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return "pathlib.Path" if self.of(node.left, depth + 1) == "pathlib.Path" else None
        return None

    def _of_name(self, name: str, scope: Scope, depth: int) -> str | None:
        here: Scope | None = scope
        is_first = True
        while here is not None:
            # A class body is seen from itself only, not from the methods in it.
            if is_first or not isinstance(here.node, ast.ClassDef):
                if name in here.annotations and (found := self._of_annotation(here.annotations[name], depth)):
                    return found
                if name in here.values and (name not in here.imports or not isinstance(here.node, ast.Module)):
                    return self._of_values(here.values[name], depth)
                if name in here.imports:
                    return here.imports[name]
            is_first = False
            here = here.parent
        return f"builtins.{name}" if name in _BUILTINS else None

    def _of_values(self, values: list[ast.AST], depth: int) -> str | None:
        for value in values:
            if isinstance(value, (*FUNCTIONS, ast.ClassDef)):
                return f"{self.source.module}.{self._place(value)}"
            if isinstance(value, ast.Call | ast.Await | ast.Name | ast.Attribute | ast.BinOp | ast.BoolOp):
                found = self.of(value, depth + 1)
                if found:
                    return found
        return None

    def _place(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
        outer = [one.name for one in self.source.ancestors(node) if isinstance(one, (*FUNCTIONS, ast.ClassDef))]
        return ".".join([*reversed(outer), node.name])

    def class_name(self, node: ast.ClassDef) -> str:
        """The full name of a class of this file."""
        return f"{self.source.module}.{self._place(node)}"

    def _of_attribute(self, node: ast.Attribute, depth: int) -> str | None:
        if isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            owner = self.source.class_of(node)
            if owner is not None:
                return self._of_member(owner, node.attr, depth)
        base = self.of(node.value, depth + 1)
        return f"{base}.{node.attr}" if base else None

    def _of_member(self, owner: ast.ClassDef, name: str, depth: int) -> str | None:
        scope = self.source.scopes[owner]
        if any(isinstance(value, FUNCTIONS) for value in scope.values.get(name, ())):
            return f"{self.class_name(owner)}.{name}"
        if name in scope.annotations and (found := self._of_annotation(scope.annotations[name], depth)):
            return found
        for value in self.source.self_values.get((owner, name), ()):
            found = self._of_annotation(value, depth) if isinstance(value, ast.Subscript) else self.of(value, depth + 1)
            if found:
                return found
        return f"{self.class_name(owner)}.{name}"

    def _of_annotation(self, node: ast.expr, depth: int) -> str | None:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self._of_text(node, depth)
        if isinstance(node, ast.Subscript):
            if last_part(self.of(node.value, depth + 1)) not in _WRAPPERS:
                return self.of(node.value, depth + 1)
            inner = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else node.slice
            return self._of_annotation(inner, depth)
        if isinstance(node, ast.BinOp):
            return self._of_annotation(node.left, depth) or self._of_annotation(node.right, depth)
        return self.of(node, depth + 1)

    def _of_text(self, node: ast.Constant, depth: int) -> str | None:
        try:
            parsed = ast.parse(str(node.value), mode="eval").body
        except SyntaxError:
            return None
        for one in walk(parsed):
            self.source.parents[one] = node
        return self._of_annotation(parsed, depth)

    def _of_result(self, call: ast.Call, depth: int) -> str | None:
        name = self.of(call.func, depth + 1)
        if name is None:
            return None
        name = SAME.get(name, name)
        if name in RETURNS:
            return RETURNS[name]
        if last_part(name)[:1].isupper():
            return name
        function = self.function_named(name)
        return self._of_annotation(function.returns, depth + 1) if function is not None and function.returns else None

    def function_named(self, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The function or method of this file that has this full name."""
        prefix = f"{self.source.module}."
        if not name.startswith(prefix):
            return None
        scope: Scope | None = self.source.scopes[self.source.tree]
        found: ast.AST | None = None
        for part in name.removeprefix(prefix).split("."):
            found = next((value for value in scope.values.get(part, ()) if value in self.source.scopes), None)
            scope = self.source.scopes.get(found) if found is not None else None
            if scope is None:
                return None
        return found if isinstance(found, FUNCTIONS) else None


def last_part(name: str | None) -> str:
    """`c` of `a.b.c`; empty for None."""
    return name.rpartition(".")[2] if name else ""
