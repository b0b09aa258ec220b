"""What it finds
: A state object whose every assignment is validated: a pydantic model with `validate_assignment` that holds the state
  of an agent or is written in a loop, and a class whose `__setattr__` serialises or validates.

Why it matters
: One assignment costs microseconds instead of nanoseconds; with a model validator it checks the whole object. An agent
  writes its state hundreds of times a step.

When not to worry
: Settings and requests are written once. Silent: frozen models, and models of that kind.

How to mend
: Validate where data enters and leave assignments alone, or collect changes and validate once: `model_validate`,
  `model_copy(update=...)`.

```python
# checked each time
class AgentState(BaseModel):
    model_config = ConfigDict(validate_assignment=True)

# checked once
class AgentState(BaseModel):
    ...
state = AgentState.model_validate(values)
```
"""

import ast
import re
from collections.abc import Iterator

from longpole.audit.names import Names
from longpole.audit.rule import Hit, Rule, hit_at
from longpole.audit.source import FUNCTIONS, has_decorator, last_name, root_name, walk
from longpole.model.finding import Confidence

_STATES = re.compile(
    r"(State|Context|Memory|Scratchpad|Progress|Session|Blackboard|Workspace|Buffer|Tracker)$|(^|[a-z])State"
)
_QUIET = re.compile(
    r"(Config|Settings|Options|Request|Params|Parameters|Args|Arguments|Credentials|Preferences|Schema|Spec)$"
)
_CHECKS = re.compile(r"(validate|model_validate|dumps|model_dump|deepcopy|check_type|isinstance_all|serialize)\w*$")


def check(names: Names) -> Iterator[Hit]:
    """Classes of one file that validate on assignment."""
    for one in names.source.classes:
        setting = _setting(one)
        if setting is not None and not names.source.is_in_test(one):
            yield from _model(names, one, setting)
        for method in one.body:
            if isinstance(method, FUNCTIONS) and method.name == "__setattr__":
                yield from _own_setattr(method, one)


def _setting(node: ast.ClassDef) -> ast.expr | None:
    """Where the class says `validate_assignment=True`: in `model_config`, in `class Config`, or in its head."""
    for keyword in node.keywords:
        if keyword.arg == "validate_assignment" and _is_true(keyword.value):
            return keyword.value
    for statement in node.body:
        if isinstance(statement, ast.ClassDef) and statement.name == "Config":
            found = [
                one.value
                for one in statement.body
                if isinstance(one, ast.Assign) and root_name(one.targets[0]) == "validate_assignment"
            ]
            if found and _is_true(found[0]):
                return found[0]
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            if root_name(target) == "model_config":
                return _in_config(statement.value)
    return None


def _in_config(value: ast.expr) -> ast.expr | None:
    pairs: list[tuple[object, ast.expr]] = []
    if isinstance(value, ast.Call):
        pairs = [(keyword.arg, keyword.value) for keyword in value.keywords]
    elif isinstance(value, ast.Dict):
        pairs = [
            (key.value if isinstance(key, ast.Constant) else None, one)
            for key, one in zip(value.keys, value.values, strict=True)
        ]
    told = dict(pairs)
    found = told.get("validate_assignment")
    frozen = told.get("frozen")
    return found if found is not None and _is_true(found) and not (frozen is not None and _is_true(frozen)) else None


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def _model(names: Names, one: ast.ClassDef, setting: ast.expr) -> Iterator[Hit]:
    written = _written_in_loop(names, names.class_name(one))
    if _QUIET.search(one.name) and not written:
        return
    fields = sum(isinstance(statement, ast.AnnAssign) for statement in one.body)
    checks_whole = any(
        isinstance(method, FUNCTIONS) and has_decorator(method, "model_validator", "root_validator")
        for method in one.body
    )
    reasons = [f"it has {fields} fields"]
    if written:
        reasons.append(f"line {written} writes it in a loop")
    if checks_whole:
        reasons.append("a validator of the whole model runs with each assignment")
    if _STATES.search(one.name):
        reasons.append("its name says that it holds state, which is written often")
    is_sure = written is not None or (checks_whole and bool(_STATES.search(one.name)))
    is_likely = _STATES.search(one.name) is not None
    confidence = Confidence.HIGH if is_sure else Confidence.MEDIUM if is_likely else Confidence.LOW
    yield hit_at(setting, f"every assignment to a `{one.name}` is validated", confidence, reasons=tuple(reasons))


def _written_in_loop(names: Names, name: str) -> int | None:
    """The line of an assignment to an attribute of such an object in a loop of this file."""
    for loop in names.source.loops:
        for node in walk(loop):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and names.of(node.value) == name:
                return node.lineno
    return None


def _own_setattr(method: ast.FunctionDef | ast.AsyncFunctionDef, one: ast.ClassDef) -> Iterator[Hit]:
    for node in walk(method):
        if (
            isinstance(node, ast.Call)
            and _CHECKS.match(last_name(node.func))
            and last_name(node.func) != "validate_key"
        ):
            yield hit_at(
                method.body[0] if isinstance(method.body[0], ast.Expr) is False else node,
                f"`{one.name}.__setattr__` calls `{last_name(node.func)}` for every assignment",
                Confidence.MEDIUM,
                reasons=("`__setattr__` runs for each attribute that is written",),
            )
            return


RULE = Rule(
    code="LP013",
    slug="validated-assignment",
    title="Validated on every assignment",
    advice="Validate where data enters; change many fields with one `model_copy(update=...)`.",
    page=__doc__ or "",
    check=check,
)
