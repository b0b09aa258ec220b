"""What it finds
: A value that is validated again although nothing has changed it: the same call twice in a function, a model made anew
  from its own dump, a validator (`TypeAdapter`, a JSON schema) built again for every value.

Why it matters
: Validating a large state visits every field. Building a validator costs a hundred times what using it does.

When not to worry
: Silent where the value is bound anew or changed between, in different branches, and across an await, which lets others
  change it.

How to mend
: Validate once where data enters, pass the checked object on, and make validators once at the top of the module.

```python
# built for every value
for item in items:
    jsonschema.validate(item, SCHEMA)

# built once
VALIDATOR = Draft202012Validator(SCHEMA)
for item in items:
    VALIDATOR.validate(item)
```
"""

import ast
import re
from collections.abc import Iterator

from longpole.audit.names import Names, last_part
from longpole.audit.rule import Hit, Rule, hit_at
from longpole.audit.source import FUNCTIONS, Function, has_decorator, last_name, names_bound, root_name, walk, walk_own
from longpole.model.finding import Confidence

_VALIDATES = re.compile(r"_*(validate\w*|model_validate|model_validate_json|parse_obj|is_valid\w*|check_schema)$")
_SCHEMA_CALLS = frozenset({"jsonschema.validate", "fastjsonschema.validate"})
_BUILDERS = frozenset(
    {"pydantic.TypeAdapter", "fastjsonschema.compile", "jsonschema.Draft7Validator", "jsonschema.Draft202012Validator"}
)
_ONCE = re.compile(
    r"(^__init__$|^main$|setup|init|build|create|make|compile|_adapter|_validator|configure|load_|default)"
)


def check(names: Names) -> Iterator[Hit]:
    """Three shapes: again in one block, from its own dump, a validator per value."""
    blocks = _blocks_that_validate(names)
    for block in names.source.blocks:
        if id(block) in blocks:
            yield from _again(names, block)
    for call in names.source.calls:
        if names.source.is_in_test(call):
            continue
        yield from _from_own_dump(names, call)
        yield from _built_per_value(names, call)


def _blocks_that_validate(names: Names) -> set[int]:
    """Identities of the lists of statements that hold a validation: all others need no look."""
    source = names.source
    blocks = {id(statement): id(block) for block in source.blocks for statement in block}
    found = [source.statement_of(call) for call in source.calls if _is_validation(call)]
    return {blocks[id(one)] for one in found if id(one) in blocks}


def _again(names: Names, block: list[ast.stmt]) -> Iterator[Hit]:
    seen: dict[str, int] = {}
    for statement in block:
        calls = [one for one in _first_run(statement) if _is_validation(one)]
        for call in calls:
            text = ast.unparse(call)
            if text in seen and not names.source.is_in_test(call):
                yield hit_at(
                    call,
                    f"`{text[:60]}` was done on line {seen[text]} already, and nothing has changed since",
                    Confidence.HIGH,
                    reasons=("the same call with the same arguments stands above it in the same block",),
                )
            seen.setdefault(text, call.lineno)
        changed = names_bound(statement) | _touched(statement, calls)
        is_pause = any(isinstance(one, ast.Await) for one in walk_own(statement))
        seen = {text: line for text, line in seen.items() if not is_pause and not changed & _names_in(text)}


def _first_run(statement: ast.stmt) -> Iterator[ast.Call]:
    """Calls of a plain statement or of the condition of a branch: those that always run."""
    part: ast.AST | None = statement
    if isinstance(statement, ast.If | ast.While):
        part = statement.test
    elif not isinstance(statement, ast.Expr | ast.Assign | ast.AnnAssign | ast.Return | ast.Assert):
        part = None
    if part is not None:
        yield from (one for one in walk_own(part) if isinstance(one, ast.Call))


def _is_validation(call: ast.Call) -> bool:
    return bool(_VALIDATES.match(last_name(call.func))) and bool(call.args or isinstance(call.func, ast.Attribute))


def _touched(statement: ast.stmt, validations: list[ast.Call]) -> set[str]:
    """Names whose object a statement may change: what is stored into, and what other calls get or belong to."""
    touched: set[str] = set()
    for node in walk_own(statement):
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
            touched.add(root_name(node))
        elif isinstance(node, ast.Call) and node not in validations and not _is_harmless(node):
            touched |= {root_name(one) for one in (*node.args, *(keyword.value for keyword in node.keywords))}
            touched.add(root_name(node.func))
    return touched


def _is_harmless(call: ast.Call) -> bool:
    return last_name(call.func) in (
        "info",
        "debug",
        "warning",
        "print",
        "len",
        "str",
        "isinstance",
        "get",
        "log",
        "error",
    )


def _names_in(text: str) -> set[str]:
    return set(re.findall(r"[A-Za-z_]\w*", text))


def _from_own_dump(names: Names, call: ast.Call) -> Iterator[Hit]:
    """`Model.model_validate(x.model_dump())` and `Model(**x.model_dump())` where `x` is such a model already."""
    dump: ast.expr | None = None
    model: str | None = None
    if last_name(call.func) in ("model_validate", "parse_obj", "model_validate_json") and isinstance(
        call.func, ast.Attribute
    ):
        dump, model = (call.args[0] if call.args else None), names.of(call.func.value)
    elif not call.args and len(call.keywords) == 1 and call.keywords[0].arg is None:
        dump, model = call.keywords[0].value, names.of(call.func)
    if not isinstance(dump, ast.Call) or not isinstance(dump.func, ast.Attribute) or dump.args or dump.keywords:
        return
    if (
        dump.func.attr not in ("model_dump", "dict", "model_dump_json")
        or model is None
        or names.of(dump.func.value) != model
    ):
        return
    yield hit_at(
        call,
        f"`{ast.unparse(dump.func.value)}` is a valid `{last_part(model)}` already, and is dumped to be checked again",
        Confidence.HIGH,
        reasons=("both are the same class",),
        advice="Pass it on as it is, or use `model_copy(update=...)` for a copy.",
    )


def _built_per_value(names: Names, call: ast.Call) -> Iterator[Hit]:
    name = names.of(call.func) or ""
    in_loop = names.source.loop_of(call) is not None
    function = names.source.function_of(call)
    if name in _SCHEMA_CALLS and in_loop:
        yield hit_at(
            call, f"`{name}` builds the validator of the schema again in every round", Confidence.HIGH,
            reasons=("it stands in a loop", "`validate` checks and compiles the schema each time"),
            advice="Make the validator once, before the loop or at the top of the module.",
        )  # fmt: skip
    elif name in _BUILDERS and isinstance(function, FUNCTIONS) and (in_loop or not _is_made_once(function)):
        if _is_kept(names, call) or _depends_on_call(names, call, function):
            return
        yield hit_at(
            call, f"`{last_part(name)}` is built on every call of `{function.name}`", Confidence.MEDIUM,
            reasons=("it is made in a function and not kept", "its type does not depend on the call"),
            advice="Make it once, at the top of the module.",
        )  # fmt: skip


def _is_made_once(function: Function) -> bool:
    is_kept = has_decorator(function, "cache", "lru_cache", "cached_property", "fixture")
    return is_kept or bool(_ONCE.search(function.name))


def _is_kept(names: Names, call: ast.Call) -> bool:
    statement = names.source.statement_of(call)
    if isinstance(statement, ast.Return) and statement.value is call:
        return True
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return any(isinstance(target, ast.Attribute | ast.Subscript) for target in targets)


def _depends_on_call(names: Names, call: ast.Call, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """The type or schema comes from what the function was given or has computed."""
    local = set(names.source.scopes[function].values)
    return any(isinstance(one, ast.Name) and one.id in local for part in call.args for one in walk(part))


RULE = Rule(
    code="LP009",
    slug="repeated-validation",
    title="Validates again",
    advice="Validate once where the data enters, and pass the checked object on.",
    page=__doc__ or "",
    check=check,
)
