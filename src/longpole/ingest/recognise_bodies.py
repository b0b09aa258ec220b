"""What a span carried beside its times: input, output, attributes and resource as text, and the hash of its input.

The attribute that became the input or the output is not kept a second time among the attributes; its name is, under
`longpole.input.from` and `longpole.output.from`. Everything else that the client sent stays there as it was.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from longpole.ingest.span import SpanEvent
from longpole.wire import attribute_names as table

INPUT_FROM = "longpole.input.from"
OUTPUT_FROM = "longpole.output.from"
_ORIGINS = {"input": INPUT_FROM, "output": OUTPUT_FROM}
LARGEST_CANONICAL = 32_768
_MOST_PARTS = 24

_encode = msgspec.json.Encoder().encode
_encode_sorted = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder().decode


def as_json(value: Any) -> str:
    """The value as JSON; what JSON cannot say (lone surrogates, foreign types) in the nearest way that it can."""
    try:
        return _encode(value).decode()
    except (TypeError, ValueError, OverflowError, RecursionError):
        return json.dumps(value, default=repr, skipkeys=True, allow_nan=False)


def as_text(value: Any) -> str:
    """A text as it is, anything else as JSON."""
    return value if type(value) is str else as_json(value)


class Contents(Struct):
    """The attributes of a span, and which of them are its input and output: see `Gathered`."""

    attributes: dict[str, Any]
    bodies: Mapping[str, tuple[int, str]]
    families: Mapping[str, tuple[int, list[str]]]


def read_bodies(contents: Contents, events: list[SpanEvent]) -> tuple[str | None, str | None, str]:
    """Input, output and the remaining attributes, each as text."""
    attributes = contents.attributes
    if contents.bodies or contents.families:
        attributes = attributes.copy()
    texts: dict[str, str | None] = {"input": None, "output": None}
    for fact, origin in _ORIGINS.items():
        if (source := contents.bodies.get(fact)) is not None:
            name = source[1]
            texts[fact] = as_text(attributes.pop(name, contents.attributes[name]))
            attributes[origin] = name
        elif (family := contents.families.get(fact)) is not None:
            attributes[origin], whole = _unflatten({name: attributes.pop(name) for name in family[1]})
            texts[fact] = as_json(whole)
    if events and (texts["input"] is None or texts["output"] is None):
        _read_events(texts, events)
    return texts["input"], texts["output"], as_json(attributes) if attributes else "{}"


def hash_of(text: str) -> str:
    """A hash that is equal for equal inputs, whatever the order of keys and the spaces in their JSON.

    BLAKE2b with 128 bits over the canonical JSON (sorted keys); over the text as it is when that is not JSON or is
    longer than 32 kB, where sorting would cost more than the hash is worth.
    """
    data = text.encode("utf-8", "surrogatepass")
    if text[:1] in "{[" and 0 < len(data) <= LARGEST_CANONICAL:
        try:
            data = _encode_sorted(_decode(data))
        except (ValueError, TypeError, RecursionError):
            pass
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _read_events(texts: dict[str, str | None], events: list[SpanEvent]) -> None:
    found: dict[str, list[Any]] = {"input": [], "output": []}
    for event in events:
        for fact, roles in (("input", table.INPUT_EVENTS), ("output", table.OUTPUT_EVENTS)):
            role = roles.get(event.name)
            if role is not None:
                found[fact].append(_message(role, event.attributes))
        if event.name == table.DETAILS_EVENT:
            for fact in ("input", "output"):
                value = event.attributes.get(f"gen_ai.{fact}.messages")
                if value is not None and texts[fact] is None:
                    texts[fact] = as_text(value)
    for fact, messages in found.items():
        if messages and texts[fact] is None:
            whole = messages[0] if len(messages) == 1 and isinstance(messages[0], str) else messages
            texts[fact] = as_text(whole)


def _message(role: str, attributes: dict[str, Any]) -> Any:
    if not role:
        for name in ("gen_ai.prompt", "gen_ai.completion"):
            if name in attributes:
                return attributes[name]
    return {"role": role, **attributes} if role else dict(attributes)


@lru_cache(20_000)
def _path(name: str) -> tuple[str, tuple[str | int, ...]]:
    """Head and steps of a flattened name, without the words that only wrap an entry of a list.

    `llm.input_messages.0.message.role` has the head `llm.input_messages` and the steps `(0, "role")`.
    """
    parts = name.split(".", _MOST_PARTS)
    head = next((place for place, part in enumerate(parts) if _is_index(part)), len(parts))
    steps: list[str | int] = []
    for part in parts[head:]:
        if _is_index(part):
            steps.append(int(part))
        elif part not in table.WRAPPERS or not steps or isinstance(steps[-1], str):
            steps.append(part)
    return ".".join(parts[:head]), tuple(steps)


def _is_index(part: str) -> bool:
    return part.isdecimal() and part.isascii() and len(part) <= 9


def _unflatten(values: dict[str, Any]) -> tuple[str, Any]:
    """The head of the names, and the list that the names and values describe."""
    tree: dict[Any, Any] = {}
    head = ""
    for name, value in values.items():
        head, steps = _path(name)
        node: dict[Any, Any] = tree
        for step in steps[:-1]:
            inner = node.get(step)
            if type(inner) is not dict:
                # A plain value where deeper ones follow is kept under an empty name.
                inner = node[step] = {} if inner is None else {"": inner}
            node = inner
        last = steps[-1] if steps else ""
        if type(node.get(last)) is dict:
            node = node[last]
            last = ""
        node[last] = value
    return head, _listed(tree)


def _listed(node: dict[str | int, Any]) -> Any:
    for name, inner in node.items():
        if type(inner) is dict:
            node[name] = _listed(inner)
    if all(type(name) is int for name in node):
        return [node[name] for name in sorted(node)]  # pyright: ignore[reportArgumentType]
    return {str(name): inner for name, inner in node.items()}
