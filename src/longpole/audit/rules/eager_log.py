"""What it finds
: A debug or info message whose argument serialises a value before the logger knows whether anybody wants it:
  `logger.debug(f"state: {json.dumps(state)}")`, an event object made of `model_dump()`.

Why it matters
: The whole prompt or answer is serialised for every call, also where the level is off. On long conversations that is
  milliseconds a step.

When not to worry
: Silent: inside `if logger.isEnabledFor(...)`, warnings and errors, small literal dictionaries, a response that is only
  parsed. F-strings that serialise nothing cost under a microsecond; they are told with low confidence.

How to mend
: Ask the logger first, or log a field or a length instead of the value. `--fix` puts `if logger.isEnabledFor(...)`
  around such calls where the logger is one of the standard library, and turns plain f-strings into `%s`.

```python
# always serialised
logger.debug(f"answer: {answer.model_dump_json()}")

# only if wanted
if logger.isEnabledFor(logging.DEBUG):
    logger.debug("answer: %s", answer.model_dump_json())
```
"""

import ast
import re
from collections.abc import Iterator

from longpole.audit.names import Names
from longpole.audit.rule import Hit, Rule, hit_at
from longpole.audit.source import last_name, walk, walk_own
from longpole.model.finding import Confidence

LEVELS = frozenset({"debug", "info", "trace", "verbose"})
_LOGGERS = re.compile(r"(^|_)(log|logger|logging)$", re.IGNORECASE)
_WRITERS = frozenset(
    {"json.dumps", "orjson.dumps", "ujson.dumps", "pprint.pformat", "dataclasses.asdict", "pickle.dumps", "yaml.dump"}
    | {
        "yaml.safe_dump",
        "msgspec.json.encode",
        "msgspec.to_builtins",
        "msgspec.structs.asdict",
        "attrs.asdict",
        "attr.asdict",
    }
)
_METHODS = frozenset(
    {"model_dump", "model_dump_json", "to_json", "to_dict", "dict", "serialize", "to_yaml", "model_json_schema"}
)
_GUARDS = ("isEnabledFor", "is_enabled_for", "getEffectiveLevel", "verbose", "debug", "DEBUG")
_SMALL = 5
"""Entries of a literal dictionary of plain names up to which its serialising takes a few microseconds."""


def is_log_call(names: Names, call: ast.Call) -> bool:
    """Whether this is a call of a logger, at a level that is often switched off."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in LEVELS:
        return False
    known = names.of(call.func.value)
    if known in ("logging", "logging.Logger", "structlog.Logger", "loguru.logger"):
        return True
    return bool(_LOGGERS.search(last_name(call.func.value)))


def serialising(names: Names, call: ast.Call) -> ast.Call | None:
    """The first call in the arguments that serialises something that may be large."""
    for part in (*call.args, *(keyword.value for keyword in call.keywords)):
        for node in walk_own(part):
            if isinstance(node, ast.Call) and _serialises(names, node):
                return node
    return None


def check(names: Names) -> Iterator[Hit]:
    """Log calls of one file that serialise, without a guard around."""
    for call in names.source.calls:
        if not is_log_call(names, call):
            continue
        culprit = serialising(names, call)
        if culprit is not None and not is_guarded(names, call):
            yield hit_at(
                call,
                f"`{ast.unparse(culprit.func)}` runs for this {last_name(call.func)} message, wanted or not",
                Confidence.HIGH if last_name(call.func) != "info" else Confidence.MEDIUM,
                kind="serialise",
                reasons=("no `isEnabledFor` stands around it", "arguments are evaluated before the level is looked at"),
            )


def is_guarded(names: Names, call: ast.Call) -> bool:
    """Inside a condition about the level, or where only an error leads."""
    for outer in names.source.around(call):
        if isinstance(outer, ast.ExceptHandler):
            return True
        if isinstance(outer, ast.If | ast.IfExp):
            asked = {last_name(one) for one in walk(outer.test) if isinstance(one, ast.expr)}
            if asked & set(_GUARDS):
                return True
    return False


def _serialises(names: Names, call: ast.Call) -> bool:
    name = names.of(call.func)
    if name in _WRITERS or (name and name.endswith(".json.dumps")):
        return not _is_small(call.args[0] if call.args else None)
    return isinstance(call.func, ast.Attribute) and call.func.attr in _METHODS and not _is_constant(call.func.value)


def _is_small(value: ast.expr | None) -> bool:
    if value is None or isinstance(value, ast.Constant):
        return True
    plain = (ast.Constant, ast.Name, ast.Attribute)
    if isinstance(value, ast.List | ast.Tuple):
        return len(value.elts) <= _SMALL and all(isinstance(one, ast.Constant) for one in value.elts)
    return (
        isinstance(value, ast.Dict)
        and len(value.values) <= _SMALL
        and all(isinstance(one, plain) for one in value.values)
    )


def _is_constant(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant)


RULE = Rule(
    code="LP007",
    slug="eager-log",
    title="Serialises for a log line",
    advice="Put `if logger.isEnabledFor(...)` around it, or log a field or a length instead.",
    page=__doc__ or "",
    check=check,
    ruff=("G004",),
    mends=True,
)
