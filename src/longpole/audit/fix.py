"""Mends the few faults whose cure keeps the meaning: as edits of the text, so that comments and layout stay.

- `time.sleep(x)` in `async def` becomes `await asyncio.sleep(x)`;
- a serialising log call of the standard library gets `if logger.isEnabledFor(...)` above it, and an f-string in one
  becomes `%s` with arguments;
- a client that is made from constants in a function moves to the top of the module.

What would not parse afterwards is left as it was.
"""

import ast
import difflib
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from longpole.audit.names import Names
from longpole.audit.rules.client_per_call import CLIENTS
from longpole.audit.rules.eager_log import is_guarded, is_log_call, serialising
from longpole.audit.source import Source, last_name, names_read, walk
from longpole.model.audit_finding import AuditFinding


class Edit(Struct, frozen=True):
    """Replace the text from one offset to another; offsets count characters."""

    start: int
    end: int
    text: str


class FixedFile(Struct, frozen=True):
    """A file before and after, and how many findings were mended."""

    path: str
    before: str
    after: str
    mended: int

    def diff(self) -> str:
        """The change as a unified diff that `git apply` takes."""
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True),
            self.after.splitlines(keepends=True),
            f"a/{self.path}",
            f"b/{self.path}",
        )
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def fix_findings(root: Path, findings: Iterable[AuditFinding]) -> list[FixedFile]:
    """Mend what can be mended; one entry for each file that changes. Nothing is written."""
    by_file: dict[str, list[AuditFinding]] = defaultdict(list)
    for finding in findings:
        by_file[finding.path].append(finding)
    fixed: list[FixedFile] = []
    for path, own in sorted(by_file.items()):
        # newline="": carriage returns stay as they are
        with (root / path).open(encoding="utf-8", newline="") as file:
            before = file.read()
        after, mended = fix_text(before, own)
        if mended:
            fixed.append(FixedFile(path, before, after, mended))
    return fixed


def fix_text(text: str, findings: list[AuditFinding]) -> tuple[str, int]:
    """The text with these findings of it mended, and how many were. What would not parse is left out."""
    page = _Page(text)
    accepted: list[Edit] = []
    imports: set[str] = set()
    mended = 0
    after = text
    for finding in findings:
        fix = _FIXES.get(finding.rule)
        change = fix(page, finding) if fix is not None else None
        if change is None or any(_overlap(one, other) for one in change.edits for other in accepted):
            continue
        tried = _apply(text, [*accepted, *change.edits, *page.import_edits(imports | change.imports)])
        if _parses(tried):
            accepted += change.edits
            imports |= change.imports
            mended += 1
            after = tried
    return after, mended


class _Change(Struct, frozen=True):
    edits: list[Edit]
    imports: set[str] = set()


class _Page:
    """The text with its tree, and places in it as offsets."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.source = Source(text, "page.py", "page")
        self.names = Names(self.source)
        self._lines = text.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def offset(self, line: int, column_bytes: int) -> int:
        """Where a place of the tree is in the text: trees count columns in bytes."""
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column_bytes].decode())

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Begin and end of a node."""
        end = self.offset(node.end_lineno or node.lineno, node.end_col_offset or 0)
        return self.offset(node.lineno, node.col_offset), end

    def text_of(self, node: ast.expr | ast.stmt) -> str:
        """A node as it is written."""
        start, end = self.span(node)
        return self.text[start:end]

    def line_start(self, line: int) -> int:
        """Offset of the first letter of a line."""
        return self._starts[line - 1]

    def call_at(self, finding: AuditFinding) -> ast.Call | None:
        """The call that a finding points at."""
        place = (finding.line, finding.column - 1)
        return next((one for one in self.source.calls if (one.lineno, one.col_offset) == place), None)

    def import_edits(self, modules: Iterable[str]) -> list[Edit]:
        """Edits that import what is not imported at the top yet."""
        known = self.source.scopes[self.source.tree].imports
        missing = sorted(one for one in modules if known.get(one) != one)
        if not missing:
            return []
        end = "\r\n" if "\r\n" in self.text else "\n"
        start = self.line_start(self._import_line())
        return [Edit(start, start, "".join(f"import {one}{end}" for one in missing))]

    def _import_line(self) -> int:
        """The line of the first import after the docstring and `from __future__`, or of what follows these."""
        for statement in self.source.tree.body:
            is_docstring = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
            is_future = isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
            if not is_docstring and not is_future:
                decorators = getattr(statement, "decorator_list", [])
                return min([statement.lineno, *(one.lineno for one in decorators)])
        return len(self._lines) + 1


def _overlap(one: Edit, other: Edit) -> bool:
    return one.start < other.end and other.start < one.end


def _apply(text: str, edits: list[Edit]) -> str:
    for edit in sorted(edits, key=lambda one: (one.start, one.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


_LOCK = re.compile(r"lock|mutex|semaphore|condition", re.IGNORECASE)

# Sleep ----------------------------------------------------------------------------------------------------------------


def _fix_sleep(page: _Page, finding: AuditFinding) -> _Change | None:
    """`time.sleep(x)` as a statement; not while a lock of threads is held, which others on the loop may want."""
    call = page.call_at(finding)
    if call is None or page.names.of(call.func) != "time.sleep" or len(call.args) != 1 or call.keywords:
        return None
    if not isinstance(page.source.parents.get(call), ast.Expr) or page.source.async_function_of(call) is None:
        return None
    held = [
        ast.unparse(item.context_expr)
        for outer in page.source.around(call)
        if isinstance(outer, ast.With)
        for item in outer.items
    ]
    if any(_LOCK.search(one) for one in held) or _is_bound(page, call, "asyncio"):
        return None
    start, end = page.span(call.func)
    return _Change([Edit(start, end, "await asyncio.sleep")], {"asyncio"})


def _is_bound(page: _Page, node: ast.AST, module: str) -> bool:
    """Whether the name of a module means something else here."""
    scope = page.source.scope_of(node)
    while scope is not None:
        if module in scope.values or scope.imports.get(module, module) != module:
            return True
        scope = scope.parent
    return False


# Logging --------------------------------------------------------------------------------------------------------------


def _fix_log(page: _Page, finding: AuditFinding) -> _Change | None:
    """A log call of the standard library as a statement of its own lines."""
    call = page.call_at(finding) or _log_call_around(page, finding)
    if call is None or not isinstance(call.func, ast.Attribute) or not is_log_call(page.names, call):
        return None
    statement = page.source.parents.get(call)
    is_standard = page.names.of(call.func.value) in ("logging.Logger", "logging")
    if not isinstance(statement, ast.Expr) or not is_standard or call.func.attr not in ("debug", "info"):
        return None
    if serialising(page.names, call) is not None:
        return None if is_guarded(page.names, call) else _guarded(page, statement, call.func)
    return _lazy(page, call)


def _log_call_around(page: _Page, finding: AuditFinding) -> ast.Call | None:
    """Ruff points at the f-string; the call is around it."""
    for call in page.source.calls:
        first = call.args[0] if call.args else None
        if isinstance(first, ast.JoinedStr) and (first.lineno, first.col_offset) == (finding.line, finding.column - 1):
            return call
    return None


def _guarded(page: _Page, statement: ast.Expr, method: ast.Attribute) -> _Change | None:
    """Indent the statement below `if logger.isEnabledFor(...)`; only where it stands alone on its lines."""
    first = page.line_start(statement.lineno)
    start, end = page.span(statement)
    indent = page.text[first:start]
    rest = page.text[end : page.text.find("\n", end) if "\n" in page.text[end:] else len(page.text)]
    has_text = any(
        isinstance(one, ast.Constant | ast.JoinedStr) and one.lineno != one.end_lineno for one in _literals(statement)
    )
    if (
        indent.strip()
        or (rest.strip() and not rest.strip().startswith("#"))
        or has_text
        or _is_bound(page, statement, "logging")
    ):
        return None
    level = f"logging.{method.attr.upper()}"
    newline = "\r\n" if "\r\n" in page.text else "\n"
    edits = [Edit(first, first, f"{indent}if {page.text_of(method.value)}.isEnabledFor({level}):{newline}")]
    for line in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1):
        place = page.line_start(line)
        edits.append(Edit(place, place, "    "))
    # The first two stand at one offset: as one edit their order is certain.
    head = Edit(first, first, edits[0].text + edits[1].text)
    return _Change([head, *edits[2:]], {"logging"})


def _literals(statement: ast.stmt) -> list[ast.Constant | ast.JoinedStr]:
    return [one for one in walk(statement) if isinstance(one, ast.Constant | ast.JoinedStr)]


def _lazy(page: _Page, call: ast.Call) -> _Change | None:
    """`f"a {b} {c!r}"` as `"a %s %r", b, c`; not with formats, `=`, or braces that hold text."""
    message = call.args[0] if len(call.args) == 1 else None
    if not isinstance(message, ast.JoinedStr) or message.lineno != message.end_lineno:
        return None
    written = page.text_of(message)
    quote = written[1:2]
    if written[:1] not in "fF" or quote not in "\"'" or written[1:4] in ('"""', "'''") or "\\" in written:
        return None
    parts: list[str] = []
    arguments: list[str] = []
    for value in message.values:
        if isinstance(value, ast.Constant):
            parts.append(str(value.value).replace("%", "%%"))
        elif isinstance(value, ast.FormattedValue) and value.format_spec is None and value.conversion in (-1, 114, 115):
            parts.append("%r" if value.conversion == 114 else "%s")  # 114 is `!r`
            arguments.append(ast.unparse(value.value))
        else:
            return None
    text = "".join(parts)
    if (
        not arguments
        or quote in text
        or "=" in written
        or any(isinstance(one, ast.Await | ast.Yield) for one in walk(message))
    ):
        return None
    start, end = page.span(message)
    return _Change([Edit(start, end, f"{quote}{text}{quote}, {', '.join(arguments)}")])


# Clients --------------------------------------------------------------------------------------------------------------

_SHARED = CLIENTS & {
    "openai.OpenAI",
    "openai.AzureOpenAI",
    "anthropic.Anthropic",
    "boto3.client",
    "pymongo.MongoClient",
}
"""Clients that threads may share and that keep nothing of one call for the next, by what their makers say."""

_ENGINES = {"sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine"}


def _fix_client(page: _Page, finding: AuditFinding) -> _Change | None:
    """`x = Client(...)` made of constants: made by a cached function above instead, at the first call."""
    call = page.call_at(finding)
    if call is None or page.names.of(call.func) not in _SHARED | _ENGINES:
        return None
    statement = page.source.parents.get(call)
    function = page.source.function_of(call)
    is_plain = isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    if not is_plain or function is None or not _is_made_of_constants(page, call) or _is_closed(function, statement):
        return None
    top = next((one for one in page.source.tree.body if one.lineno <= call.lineno <= (one.end_lineno or 0)), None)
    if top is None or call.lineno != call.end_lineno or _is_bound(page, call, "functools"):
        return None
    name = "_shared_" + last_name(call.func).lower()
    if any(name in scope.values for scope in page.source.scopes.values()) or name in page.text:
        return None
    first = min([top.lineno, *(one.lineno for one in getattr(top, "decorator_list", []))])
    place, newline = page.line_start(first), "\r\n" if "\r\n" in page.text else "\n"
    lines = ("@functools.cache", f"def {name}():", f"    return {page.text_of(call)}", "", "", "")
    start, end = page.span(call)
    return _Change([Edit(place, place, newline.join(lines)), Edit(start, end, f"{name}()")], {"functools"})


def _is_made_of_constants(page: _Page, call: ast.Call) -> bool:
    """All arguments are literals or names in capitals of the module."""
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    module = page.source.scopes[page.source.tree]
    names = {name for value in values for name in names_read(value)}
    has_calls = any(isinstance(one, ast.Call) for value in values for one in walk(value))
    return not has_calls and all(name.isupper() and name in {*module.values, *module.imports} for name in names)


def _is_closed(function: ast.AST, statement: ast.AST | None) -> bool:
    """Whether the function closes what it made: then it is meant to be its own."""
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    name = target.id if isinstance(target, ast.Name) else ""
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("close", "aclose", "dispose", "shutdown", "__exit__")
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == name
        for node in walk(function)
    ) or any(isinstance(node, ast.withitem) and name in names_read(node.context_expr) for node in walk(function))


_FIXES = {"LP002": _fix_sleep, "LP007": _fix_log, "LP010": _fix_client}
