"""Write the dashboard's TypeScript types from the Python views, so that the two cannot disagree.

Run `python scripts/generate_web_types.py` after changing a module of `VIEWS` or a list of words in `model`;
`tests/house/test_web_types.py` fails while the file in `web/src/api` does not match.
"""

import inspect
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import cast

import msgspec

from longpole.alerting import rule_text as alert_rule_text
from longpole.alerting import views as alert_views
from longpole.model import audit_finding
from longpole.model.audit_record import AuditState
from longpole.model.category import Category
from longpole.model.event import EventKind
from longpole.model.finding import Confidence
from longpole.model.stage import ExecutionStage
from longpole.model.status import ExecutionStatus
from longpole.reports import (
    audit_views,
    change_views,
    compare_views,
    cost_views,
    dead_letters,
    finding_views,
    health_views,
    key_views,
    live_views,
    node_views,
    path_views,
    picture_views,
    question_views,
    replayable,
    running_views,
    saved_views,
    session_views,
    sql_answer,
    statistics_views,
    store_views,
    usual_views,
    views,
    webhook_views,
    weekly_views,
)

TARGET = Path(__file__).parents[1] / "web" / "src" / "api" / "views.gen.ts"
VIEWS = (
    node_views,
    views,
    change_views,
    compare_views,
    cost_views,
    finding_views,
    path_views,
    usual_views,
    question_views,
    replayable,
    statistics_views,
    weekly_views,
    store_views,
    health_views,
    key_views,
    live_views,
    running_views,
    picture_views,
    saved_views,
    session_views,
    alert_rule_text,
    alert_views,
    audit_finding,
    audit_views,
    sql_answer,
    dead_letters,
    webhook_views,
)
WORDS: tuple[type[StrEnum], ...] = (ExecutionStatus, ExecutionStage, Category, EventKind, Confidence, AuditState)
HEADER = (
    "// Made from the views in src/longpole/reports by scripts/generate_web_types.py; do not edit.\n"
    "// Times inside an execution are integer nanoseconds, shares 0 to 1, null is unknown.\n"
)
_PRIMITIVES = {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "null": "null"}


def view_structs() -> list[type[msgspec.Struct]]:
    """Every struct of the views, in the order of the files."""
    return [struct for module in VIEWS for struct in _structs_of(module)]


def _structs_of(module: ModuleType) -> list[type[msgspec.Struct]]:
    structs = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, msgspec.Struct) and value.__module__ == module.__name__
    ]
    return sorted(structs, key=lambda struct: inspect.getsourcelines(struct)[1])


def type_of(schema: Mapping[str, object]) -> str:
    """The TypeScript type of one JSON schema, as `msgspec.json.schema_components` writes them."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in schema:
        options = cast("list[Mapping[str, object]]", schema["anyOf"])
        return " | ".join(type_of(option) for option in options)
    if "enum" in schema:
        return " | ".join(f'"{word}"' for word in cast("list[str]", schema["enum"]))
    if schema.get("type") == "array":
        item = type_of(cast("Mapping[str, object]", schema.get("items", {})))
        return f"readonly ({item})[]" if " " in item else f"readonly {item}[]"
    if schema.get("type") == "object":
        values = cast("Mapping[str, object]", schema.get("additionalProperties", {}))
        return f"Readonly<Record<string, {type_of(values)}>>"
    return _PRIMITIVES.get(str(schema.get("type")), "unknown")


def interface_of(struct: type[msgspec.Struct], schema: Mapping[str, object]) -> str:
    """One interface; a field that is left out of the JSON at its default is optional, every other one is present."""
    may_be_absent = struct.__struct_config__.omit_defaults
    required = set(cast("list[str]", schema.get("required", [])))
    properties = cast("Mapping[str, Mapping[str, object]]", schema["properties"])
    lines = [f"/** {' '.join((inspect.getdoc(struct) or '').split())} */", f"export interface {struct.__name__} {{"]
    for name, field in properties.items():
        mark = "?" if may_be_absent and name not in required else ""
        lines.append(f"  readonly {name}{mark}: {type_of(field)};")
    return "\n".join([*lines, "}"])


def words_of(words: type[StrEnum]) -> str:
    """A list of words as a union of literals."""
    union = "\n".join(f'  | "{word.value}"' for word in words)
    return f"/** {inspect.cleandoc(words.__doc__ or '').splitlines()[0]} */\nexport type {words.__name__} =\n{union};"


def anything(kind: type) -> dict[str, object]:
    """The schema of `object`, which msgspec leaves to us: any JSON value. Another unknown type is an error."""
    if kind is object:
        return {"description": "any JSON value"}  # an empty schema counts as none
    raise TypeError(f"{kind} has no JSON schema; expected the types msgspec knows or object; change the view")


def render() -> str:
    """The whole file, ending in a newline."""
    structs = view_structs()
    _, components = msgspec.json.schema_components(structs, schema_hook=anything)
    interfaces = [interface_of(struct, components[struct.__name__]) for struct in structs]
    return "\n\n".join([HEADER.rstrip(), *(words_of(words) for words in WORDS), *interfaces]) + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
    print(f"wrote {TARGET.relative_to(Path.cwd()) if TARGET.is_relative_to(Path.cwd()) else TARGET}")
