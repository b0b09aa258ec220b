"""The page of the REST addresses, from the OpenAPI document that the server makes of its routes."""

import importlib
import inspect
import pkgutil
import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from longpole import server
from longpole.server.http import api_app

INTRODUCTION = """\
# REST

What the command line, the dashboard and `longpole.ExecutionAnalytics` ask, any program can ask: JSON over HTTP. A
running server has the same as an OpenAPI 3.1 document at `/schema/openapi.json`.

- Where the server asks for keys, send one: `Authorization: Bearer lp_...` ([keys](../how-to/keys.md)).
- An error is [problem details](https://www.rfc-editor.org/rfc/rfc9457): `application/problem+json` with `status`,
  `title`, `detail`. An unknown parameter is an error, not a guess.
- Times are RFC 3339 in UTC, durations integers in nanoseconds, money integers in nano-dollars, shares 0 to 1; null is
  unknown, never 0.
- Spans and log records are not sent here but to the OTLP doors: `POST /v1/traces`, `POST /v1/logs`, and
  `POST /api/public/otel/v1/traces` ([mapping](mapping.md)). Events are [a page of their own](events.md), so are the
  [metrics](metrics.md) of `GET /metrics`. `GET /healthz` answers 200 while the server can take spans.

This page is made from the routes by `make docs`.
"""
METHODS = ("get", "post", "put", "patch", "delete")


def document() -> dict[str, Any]:
    """The OpenAPI document of every route; what the routes would ask is not there and not asked."""
    nothing: Any = None
    routes: list[Any] = []
    for module in pkgutil.iter_modules(server.__path__):
        if module.name.endswith(("_routes", "intake")):
            found = importlib.import_module(f"longpole.server.{module.name}")
            for name, make in vars(found).items():
                if name.endswith(("_route", "_routes")) and getattr(make, "__module__", "") == found.__name__:
                    wanted = make.__code__.co_argcount
                    made = make(*[nothing] * wanted)
                    routes += made if isinstance(made, tuple) else (made,)
    with warnings.catch_warnings():
        # The library warns of how it will be told of parameters in its next version, on every route.
        warnings.simplefilter("ignore", DeprecationWarning)
        return api_app(nothing, more_routes=tuple(routes)).openapi_schema.to_schema()


def operations(of: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Every address with its method in capitals and what it does, by address."""
    for path in sorted(of["paths"]):
        for method in METHODS:
            if method in of["paths"][path]:
                yield path, method.upper(), of["paths"][path][method]


def render() -> str:
    """The page as Markdown."""
    of = document()
    shapes: Mapping[str, Any] = of["components"]["schemas"]
    tags: dict[str, list[str]] = {}
    for path, method, operation in operations(of):
        tag = (operation.get("tags") or ["others"])[0]
        tags.setdefault(tag, []).append(_section(path, method, operation))
    lines = [INTRODUCTION]
    for tag in sorted(tags):
        lines += [f"## {tag.capitalize()}\n", *tags[tag]]
    lines += ["## Shapes\n", "What is sent and answered, by name.\n"]
    told = _docstrings()
    lines += [_shape(name, shapes[name], told.get((name, _fields(shapes[name])), "")) for name in sorted(shapes)]
    return "\n".join(lines).rstrip() + "\n"


def _section(path: str, method: str, operation: Mapping[str, Any]) -> str:
    lines = [f"### {method} {path}", "", _text(operation.get("description") or operation.get("summary")), ""]
    asked = [one for one in operation.get("parameters", ()) if one["in"] != "header"]
    if asked:
        lines += ["| parameter | type | |", "| --- | --- | --- |"]
        lines += [
            f"| `{one['name']}`{' (in the address)' if one['in'] == 'path' else ''} | {_type(one.get('schema', {}))} "
            f"| {_cell(one.get('description'))} |"
            for one in asked
        ]
        lines += [""]
    body = operation.get("requestBody", {}).get("content", {})
    for kind, content in body.items():
        lines += [f"Send {_type(content.get('schema', {}))} as `{kind}`.", ""]
    for code, answer in sorted(operation.get("responses", {}).items()):
        if code.startswith("2"):
            shapes = {_type(content["schema"]) for content in answer.get("content", {}).values() if "schema" in content}
            lines += [f"Answers {code}{': ' + ', '.join(sorted(shapes)) if shapes - {''} else ''}.", ""]
    return "\n".join(lines)


def _shape(name: str, schema: Mapping[str, Any], told: str) -> str:
    lines = [f"### {name}", ""]
    if told:
        lines += [told, ""]
    fields: Mapping[str, Any] = schema.get("properties", {})
    if fields:
        lines += ["| field | type |", "| --- | --- |"]
        lines += [f"| `{field}` | {_type(kind)} |" for field, kind in fields.items()]
        lines += [""]
    elif "enum" in schema:
        lines += [", ".join(f"`{word}`" for word in schema["enum"]), ""]
    return "\n".join(lines)


def _docstrings() -> Mapping[tuple[str, frozenset[str]], str]:
    """What our structs say of themselves; the OpenAPI document leaves it out. By name and fields: inside of other
    packages there are others of the same name."""
    found: dict[tuple[str, frozenset[str]], str] = {}
    waiting: list[type[Struct]] = list(Struct.__subclasses__())
    while waiting:
        shape = waiting.pop()
        waiting += shape.__subclasses__()
        if shape.__module__.startswith("longpole.") and not (shape.__doc__ or "").startswith(f"{shape.__name__}("):
            key = shape.__name__, frozenset(shape.__struct_encode_fields__)
            found[key] = inspect.cleandoc(shape.__doc__ or "")
    return found


def _fields(schema: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(schema.get("properties", {}))


def _type(schema: Mapping[str, Any]) -> str:
    """The type in words, shapes linked."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for several in ("oneOf", "anyOf", "allOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(_type(one) for one in schema[several]))
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _text(text: str | None) -> str:
    return (text or "").strip()


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")
