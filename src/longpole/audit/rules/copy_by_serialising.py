"""What it finds
: A copy that is made by writing a value out and reading it back (`json.loads(json.dumps(x))`, the same with pickle or a
  model), and a deep copy per round of a loop.

Why it matters
: Both walk the whole value. On states of agents with a long history that is milliseconds each time, and it grows with
  every turn. `copy.deepcopy` is no cure: measured, it takes twice as long as the JSON round trip.

When not to worry
: A round trip with an encoder of its own (`cls=`, `default=`) also changes types, which may be what is wanted. A deep
  copy before a loop, or of something small, costs little.

How to mend
: Avoid the copy: give out an immutable value, copy only the part that changes, or build what is needed from the source.

```python
# copies all, for each entry
for entry in history:
    entry = copy.deepcopy(entry)
    entry["text"] = shorten(entry["text"])

# copies what changes
for entry in history:
    entry = {**entry, "text": shorten(entry["text"])}
```
"""

import ast
import re
from collections.abc import Iterator

from longpole.audit.names import Names
from longpole.audit.rule import Hit, Rule, hit_at
from longpole.audit.source import FUNCTIONS, last_name
from longpole.model.finding import Confidence

_ROUND_TRIPS = {
    "json.loads": ("json.dumps",),
    "pickle.loads": ("pickle.dumps",),
    "orjson.loads": ("orjson.dumps",),
    "ujson.loads": ("ujson.dumps",),
    "msgspec.json.decode": ("msgspec.json.encode",),
    "yaml.safe_load": ("yaml.dump", "yaml.safe_dump"),
}
_MODEL_READS = {"model_validate_json": "model_dump_json", "parse_raw": "json", "from_json": "to_json"}


def check(names: Names) -> Iterator[Hit]:
    """Round trips anywhere, deep copies in loops."""
    for call in names.source.calls:
        name = names.of(call.func)
        inner = _through_text(call.args[0]) if call.args else None
        if isinstance(inner, ast.Call) and name in _ROUND_TRIPS and names.of(inner.func) in _ROUND_TRIPS[name]:
            yield _round_trip(call, inner, name)
        elif isinstance(inner, ast.Call) and _MODEL_READS.get(last_name(call.func)) == last_name(inner.func):
            yield hit_at(
                call, "the model is written as JSON and read back to copy it", Confidence.MEDIUM,
                reasons=("what one call writes goes straight into the one that reads it",),
                advice="Use `model_copy(update=...)`, or pass the model itself.",
            )  # fmt: skip
        elif name == "copy.deepcopy" and names.source.loop_of(call) is not None:
            yield from _deep_copy(names, call)


def _through_text(node: ast.expr) -> ast.expr:
    """What is below `.encode()` and `.decode()`."""
    while (
        isinstance(node, ast.Call)
        and last_name(node.func) in ("encode", "decode")
        and isinstance(node.func, ast.Attribute)
    ):
        if not isinstance(node.func.value, ast.Call):
            return node
        node = node.func.value
    return node


def _round_trip(call: ast.Call, inner: ast.Call, name: str) -> Hit:
    converts = any(
        keyword.arg in ("cls", "default", "object_hook", "option") for keyword in (*call.keywords, *inner.keywords)
    )
    reasons = [f"what `{last_name(inner.func)}` writes goes straight into `{name}`"]
    if converts:
        reasons.append("an encoder of its own takes part, so it may also be meant to change types")
    return hit_at(
        call,
        f"`{name}({ast.unparse(inner.func)}(...))` writes the whole value out and reads it back",
        Confidence.MEDIUM if converts else Confidence.HIGH,
        reasons=tuple(reasons),
    )


def _deep_copy(names: Names, call: ast.Call) -> Iterator[Hit]:
    loop = names.source.loop_of(call)
    copied = call.args[0] if call.args else None
    function = names.source.function_of(call)
    is_copier = isinstance(function, FUNCTIONS) and re.search(r"(copy|clone)", function.name)
    if copied is None or isinstance(copied, ast.Constant) or is_copier:
        return
    statement = names.source.statement_of(call)
    if isinstance(statement, ast.Return | ast.Raise) and isinstance(loop, ast.stmt):
        return
    is_rare = any(isinstance(outer, ast.ExceptHandler) for outer in names.source.around(call))
    word = "comprehension" if not isinstance(loop, ast.For | ast.While | ast.AsyncFor) else "loop"
    yield hit_at(
        call,
        f"`{ast.unparse(copied)}` is copied with everything in it in every round of a {word}",
        Confidence.LOW if is_rare else Confidence.HIGH,
        reasons=("a deep copy visits every object below the value",),
    )


RULE = Rule(
    code="LP004",
    slug="copy-by-serialising",
    title="Copies the whole value",
    advice="Avoid the copy: copy only what changes, or hand out a value that nobody changes.",
    page=__doc__ or "",
    check=check,
)
