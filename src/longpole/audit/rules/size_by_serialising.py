"""What it finds
: A value that is serialised only to learn how long the text is: `len(json.dumps(message))`.

Why it matters
: The whole message is walked and a text of its size is made and thrown away; often it is serialised once more to be
  sent.

When not to worry
: Silent: text that is also used, and text that a tokenizer needs. Once per run it costs nothing that matters.

How to mend
: Serialise once and keep the text, measure the field that grows, or keep a running size.

```python
# twice
if len(json.dumps(message)) < LIMIT:
    await websocket.send_text(json.dumps(message))

# once
text = json.dumps(message)
if len(text) < LIMIT:
    await websocket.send_text(text)
```
"""

import ast
from collections.abc import Iterator

from longpole.audit.names import Names
from longpole.audit.rule import Hit, Rule, hit_at
from longpole.audit.source import last_name, walk
from longpole.model.finding import Confidence

_WRITERS = frozenset(
    {
        "json.dumps",
        "orjson.dumps",
        "ujson.dumps",
        "pickle.dumps",
        "msgspec.json.encode",
        "msgspec.msgpack.encode",
        "yaml.dump",
    }
    | {"yaml.safe_dump", "marshal.dumps", "msgpack.packb", "cloudpickle.dumps"}
)
_METHODS = frozenset({"model_dump_json", "to_json", "SerializeToString", "tobytes_json"})
_LENGTHS = frozenset({"builtins.len", "sys.getsizeof"})


def check(names: Names) -> Iterator[Hit]:
    """Lengths of text that is made on the spot, or kept in a name that nothing else reads."""
    for call in names.source.calls:
        if names.of(call.func) not in _LENGTHS or len(call.args) != 1:
            continue
        writer = _writer(names, call.args[0])
        if writer is None and isinstance(call.args[0], ast.Name):
            writer = _kept_for_length(names, call, call.args[0].id)
        if writer is not None and not _is_small(writer):
            yield hit_at(
                call,
                f"`{ast.unparse(writer.func)}` makes the whole text, and only its length is used",
                Confidence.HIGH if names.source.loop_of(call) is not None else Confidence.MEDIUM,
                reasons=("nothing else reads the text",),
            )


def _writer(names: Names, node: ast.AST) -> ast.Call | None:
    """The call that serialises, below `.encode()` and `str()`."""
    while isinstance(node, ast.Call):
        if names.of(node.func) in _WRITERS or (isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS):
            return node
        if last_name(node.func) == "encode" and isinstance(node.func, ast.Attribute) and not _has_data(node):
            node = node.func.value
        elif names.of(node.func) == "builtins.str" and node.args and _is_dump(node.args[0]):
            return node
        else:
            return None
    return None


def _has_data(call: ast.Call) -> bool:
    """`text.encode("utf-8")` has at most the name of an encoding; `tokenizer.encode(text)` has text."""
    return any(not (isinstance(one, ast.Constant) and isinstance(one.value, str)) for one in call.args)


def _is_dump(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and last_name(node.func) in ("model_dump", "asdict")


def _kept_for_length(names: Names, call: ast.Call, name: str) -> ast.Call | None:
    scope = names.source.scope_of(call)
    values = scope.values.get(name, [])
    if len(values) != 1 or not isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    reads = [
        one
        for one in walk(scope.node)
        if isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Load)
    ]
    return _writer(names, values[0]) if len(reads) == 1 else None


def _is_small(writer: ast.Call) -> bool:
    value = writer.args[0] if writer.args else None
    return isinstance(value, ast.Constant) or (
        isinstance(value, ast.Dict) and len(value.keys) <= 1 and all(isinstance(v, ast.Constant) for v in value.values)
    )


RULE = Rule(
    code="LP008",
    slug="size-by-serialising",
    title="Serialises to learn a size",
    advice="Serialise once and use the text for both, or measure the part that grows.",
    page=__doc__ or "",
    check=check,
)
