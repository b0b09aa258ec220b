"""What it finds
: A write to a database, a store or a service for each item of a loop: `save`, `insert`, `commit`, an `INSERT` per row.

Why it matters
: Each write is a round trip, and often a transaction with a disk flush. 1,000 rows one by one take seconds; in one
  statement they take milliseconds.

When not to worry
: Silent: commands that are queued on a pipeline or a session and go out once, writes to buffered files, lists and
  dictionaries, batches, retries, and a checkpoint every N items. A commit per item may be wanted, so that a crash loses
  one item only; say so with `# noqa: LP006`.

How to mend
: `executemany`, `insert_many`, `add_all` and one commit, a pipeline, one transaction around the loop.

```python
# a round trip per row
for row in rows:
    await connection.execute("INSERT INTO notes VALUES ($1, $2)", *row)

# one
await connection.executemany("INSERT INTO notes VALUES ($1, $2)", rows)
```
"""

import ast
import re
from collections.abc import Iterator

from longpole.audit import flow
from longpole.audit.names import Names
from longpole.audit.rule import Hit, Rule, hit_at
from longpole.audit.source import last_name, root_name, walk
from longpole.model.finding import Confidence

_ALWAYS = re.compile(
    r"_*(insert_one|update_one|replace_one|delete_one|put_item|update_item|delete_item|index_document|set_document"
    r"|(save|persist|upsert|insert|store)_\w+|bulk_save_one|hset)$"
)
_ON_STORES = re.compile(
    r"_*(save|insert|upsert|persist|store|commit|create|update|delete|set|add|put|asave|acreate|write)$"
)
_STORES = re.compile(
    r"(^|_)(db|database|session|conn|connection|cursor|collection|coll|repo|repository|store|storage|table|redis|cache|dao"
    r"|persistence|state_store|checkpointer|saver|graph_db|vector_store|vectorstore|kv|bucket|index|mongo|objects|client_db)$",
    re.IGNORECASE,
)
_MODELS = re.compile(r"^[a-z]\w*$")
_WRITES = re.compile(r"^\s*(INSERT|UPDATE|DELETE|REPLACE|MERGE|UPSERT)\b", re.IGNORECASE)
_QUEUED = re.compile(
    r"(^|_)(pipe|pipeline|batch|bulk|writer|buffer|file|f|fp|out|output|fig|figure|image|img|plt|zip|archive|wb|workbook|doc|model|tokenizer|trainer)\w*$",
    re.IGNORECASE,
)
_BATCHES = re.compile(r"(batch|chunk|attempt|retry|retries|page|shard|epoch|migration|backoff)", re.IGNORECASE)
_FILES = re.compile(
    r"(file|image|fig|plot|csv|json|html|markdown|pdf|screenshot|artifact|model|audio|video|report|path)", re.IGNORECASE
)


def check(names: Names) -> Iterator[Hit]:
    """Writes in `for` loops of one file; one hit for each loop, at its first write."""
    told: set[ast.AST] = set()
    for call in names.source.calls:
        loop = names.source.loop_of(call)
        is_migration = "migrat" in names.source.path + names.source.qualified_function(call).lower()
        if not isinstance(loop, ast.For) or loop in told or is_migration or names.source.is_in_test(call):
            continue
        kind = _kind(names, call, loop)
        if kind is None or _is_meant(names, call, loop):
            continue
        told.add(loop)
        yield hit_at(
            call,
            f"`{ast.unparse(call.func)[:50]}` {kind} once per item of `{ast.unparse(loop.iter)[:40]}`",
            Confidence.MEDIUM,
            reasons=("it stands in a loop over items, not in a pipeline, a batch or a retry",),
        )


def _kind(names: Names, call: ast.Call, loop: ast.For) -> str | None:
    if not isinstance(call.func, ast.Attribute):
        return None
    name, receiver = call.func.attr, call.func.value
    of_item = root_name(receiver) in flow.derived(loop)
    known = names.of(receiver) or ""
    if _QUEUED.search(last_name(receiver)) or known in ("redis.Pipeline", "io.TextIOWrapper", "pathlib.Path"):
        return None
    if name in ("execute", "exec") and _is_write_statement(names, call):
        return "writes"
    if name in ("commit", "flush") and _STORES.search(last_name(receiver)):
        return "commits" if name == "commit" else "writes"
    if of_item:
        return "writes" if name in ("save", "asave") and not call.args and _is_row(call, loop) else None
    if _FILES.search(name):
        return None
    is_awaited = isinstance(names.source.parents.get(call), ast.Await)
    if not call.args and not call.keywords and name not in ("save", "asave", "commit", "flush"):
        return None
    if _ALWAYS.match(name) and (is_awaited or last_name(receiver) not in ("session", "_session")):
        return "writes" if is_awaited or _STORES.search(last_name(receiver)) or name in _ROUND_TRIPS else None
    if _ON_STORES.match(name) and _STORES.search(last_name(receiver)):
        is_session_add = name == "add" or (name == "insert" and _is_list_insert(call))
        is_plain_set = name in ("set", "add", "update", "put", "write", "create", "delete", "store") and not is_awaited
        return None if is_session_add or is_plain_set else "writes"
    return None


_ROUND_TRIPS = frozenset(
    {"insert_one", "update_one", "replace_one", "delete_one", "put_item", "update_item", "delete_item", "hset"}
)


def _is_row(call: ast.Call, loop: ast.For) -> bool:
    """`item.save()` of a plain item, as Django and many others write a row."""
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    return isinstance(receiver, ast.Name) and not _FILES.search(receiver.id) and not _QUEUED.search(receiver.id)


def _is_list_insert(call: ast.Call) -> bool:
    return len(call.args) == 2 and isinstance(call.args[0], ast.Constant | ast.UnaryOp)


def _is_write_statement(names: Names, call: ast.Call) -> bool:
    """Whether the statement is text that begins with a write, or a call that makes one: `insert(notes).values(...)`."""
    statement = call.args[0] if call.args else None
    while isinstance(statement, ast.Call) and statement.args and last_name(statement.func) in ("text", "SQL"):
        statement = statement.args[0]
    if isinstance(statement, ast.Name):
        values = names.source.scope_of(call).values.get(statement.id, [])
        statement = next((value for value in values if isinstance(value, ast.Constant | ast.JoinedStr)), statement)
    if isinstance(statement, ast.JoinedStr):
        statement = statement.values[0] if statement.values else None
    if isinstance(statement, ast.Constant):
        return isinstance(statement.value, str) and bool(_WRITES.match(statement.value))
    text = root_name(statement) if isinstance(statement, ast.Call) else ""
    return text in ("insert", "update", "delete", "pg_insert", "sa_insert")


def _is_meant(names: Names, call: ast.Call, loop: ast.For) -> bool:
    """Batches, retries, every Nth round, an early end, or a write that tells of an error."""
    if _BATCHES.search(ast.unparse(loop.target)) or _BATCHES.search(ast.unparse(loop.iter)):
        return True
    iterated = loop.iter
    if isinstance(iterated, ast.Tuple | ast.List) and len(iterated.elts) <= 3:
        return True
    for outer in names.source.around(call):
        if outer is loop:
            return False
        if isinstance(outer, ast.ExceptHandler):
            return True
        if isinstance(outer, ast.If):
            is_nth = any(isinstance(one, ast.BinOp) and isinstance(one.op, ast.Mod) for one in walk(outer.test))
            is_full = any(isinstance(one, ast.Call) and last_name(one.func) == "len" for one in walk(outer.test))
            if is_nth or is_full or any(isinstance(one, ast.Break | ast.Return) for one in outer.body):
                return True
    return False


RULE = Rule(
    code="LP006",
    slug="persistence-per-item",
    title="One write per item",
    advice="Write all of them in one statement or one transaction after the loop.",
    page=__doc__ or "",
    check=check,
)
