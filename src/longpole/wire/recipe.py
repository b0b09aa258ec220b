"""What makes a model call another version of its agent: system prompt, tools and model, as one short hash.

Read from wherever a client's conventions keep them. Digits and unique ids in a system prompt change from call to call
(dates, times, request numbers), so runs of digits and UUIDs count as equal whatever they are; the order of tools and of
the keys in their schemas counts for nothing. Where the SDK sends no contents it sends the hash of prompt and tools,
which is the same on every machine; prompts that another client hashed count as they are.

Cost: 2 to 15 us for a model call of 8 kB, measured; nothing for any other span.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol

import msgspec
from msgspec import Raw, Struct

from longpole.wire import attribute_names as table
from longpole.wire.longpole_names import PROMPT_HASH

WITH_PROMPT, ONLY_MODEL = "p", "m"
"""How the recipe of a model call begins: with a system prompt or tools, or with nothing but its model."""

_LONGEST_REMEMBERED = 16_384
_REMEMBERED = 512
_FLATTENED = 4  # system messages stand at the beginning
_NOTHING = Raw()
_ROLES = (b'"system"', b'"developer"')
_ALL_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_RUN = re.compile(rb"00+")
_INSIDE_UUID = re.compile(rb"-[0a-fA-F]{4}-[0a-fA-F]{4}-[0a-fA-F]{4}-")
_UUID = re.compile(rb"[0a-fA-F]{8}-[0a-fA-F]{4}-[0a-fA-F]{4}-[0a-fA-F]{4}-[0a-fA-F]{12}")
_HASHED = re.compile(rb'#[0-9a-f]{12}(?:["\\\\]|$)')  # as Longpole's SDK writes what it hashed


class EventLike(Protocol):
    """What is read of a span's event."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def attributes(self) -> Mapping[str, Any] | None:
        """What it carries."""
        ...


class _Message(Struct):
    role: Raw = _NOTHING
    content: Raw = _NOTHING
    parts: Raw = _NOTHING


class _Config(Struct):
    system_instruction: Raw = _NOTHING
    tools: Raw = _NOTHING


class _Request(Struct):
    """The parts of a request that matter, by the names that providers and frameworks give them."""

    messages: Raw = _NOTHING
    input: Raw = _NOTHING
    system: Raw = _NOTHING
    system_prompt: Raw = _NOTHING
    instructions: Raw = _NOTHING
    system_instruction: Raw = _NOTHING
    tools: Raw = _NOTHING
    functions: Raw = _NOTHING
    function_tools: Raw = _NOTHING
    config: Raw = _NOTHING


_decode_messages = msgspec.json.Decoder(list[_Message]).decode
_decode_request = msgspec.json.Decoder(_Request).decode
_decode_config = msgspec.json.Decoder(_Config).decode
_decode_list = msgspec.json.Decoder(list[Any]).decode
_encode = msgspec.json.Encoder().encode
_encode_sorted = msgspec.json.Encoder(order="sorted").encode

SYSTEMS = ("gen_ai.system_instructions", "ai.prompt.system", "llm.system_prompt")
"""Attributes that are a system prompt."""

REQUESTS = (
    "gen_ai.input.messages",
    "gen_ai.prompt",
    "ai.prompt.messages",
    "ai.prompt",
    "langfuse.observation.input",
    "mlflow.spanInputs",
    "gcp.vertex.agent.llm_request",
    "input.value",
    "traceloop.entity.input",
    "pydantic_ai.all_messages",
    "all_messages_events",
    "events",
    "longpole.input",
)
"""Attributes that are the messages of a call or its whole request, as JSON; the first that tells anything counts."""

FLATTENED = (("llm.input_messages.", ".message"), ("gen_ai.prompt.", ""))
"""Heads of flattened lists of messages, and what stands behind the number."""

TOOLS = ("gen_ai.tool.definitions", "ai.prompt.tools", "gen_ai.request.tools", "llm.request.tools", "mlflow.chat.tools")
"""Attributes that are the definitions of tools, as JSON or as a list of JSON."""

TOOL_REQUESTS = ("llm.invocation_parameters", "model_request_parameters")
"""Attributes that are an object with the definitions of tools in it."""

FLATTENED_TOOLS = (
    ("llm.tools.", (".tool.json_schema",)),
    ("llm.request.functions.", (".name", ".description", ".parameters")),
)
"""Heads of flattened lists of tools, and the names behind the number."""


_ALL_REQUESTS = (*REQUESTS, *TOOL_REQUESTS)
_SYSTEM_NAMES = frozenset({*SYSTEMS, *(f"{head}0{wrapper}.role" for head, wrapper in FLATTENED)})
_TOOL_NAMES = frozenset({*TOOLS, *(f"{head}0{names[0]}" for head, names in FLATTENED_TOOLS)})
_TELLING = frozenset({*_SYSTEM_NAMES, *_TOOL_NAMES, *REQUESTS, *TOOL_REQUESTS})


def read_recipe(attributes: Mapping[str, Any], events: Sequence[EventLike], model: str | None) -> str | None:
    """A hash of what is known of system prompt, tools and model; `None` if nothing is."""
    told = attributes.get(PROMPT_HASH)
    system, tools = _prompt(attributes, events) if told is None else (str(told).encode(), None)
    if system is None and tools is None and model is None:
        return None
    return _remembered_recipe(system, tools, model)


def _recipe(system: bytes | None, tools: bytes | None, model: str | None) -> str:
    whole = hashlib.blake2b(digest_size=8)
    for part in (system, tools, None if model is None else model.encode("utf-8", "surrogatepass")):
        whole.update(part or b"-")
        whole.update(b"\n")
    return (ONLY_MODEL if system is None and tools is None else WITH_PROMPT) + whole.hexdigest()


def hash_prompt(attributes: Mapping[str, Any], events: Sequence[EventLike]) -> str | None:
    """A hash of what is known of system prompt and tools, 16 hexadecimal digits; `None` if nothing is."""
    system, tools = _prompt(attributes, events)
    return None if system is None and tools is None else _digest((system or b"-") + b"\n" + (tools or b"-")).hex()


def _prompt(attributes: Mapping[str, Any], events: Sequence[EventLike]) -> tuple[bytes | None, bytes | None]:
    system = tools = None
    told = _TELLING.intersection(attributes)
    if told:
        tools = None if _TOOL_NAMES.isdisjoint(told) else _tools(attributes)
        system = None if _SYSTEM_NAMES.isdisjoint(told) else _system(attributes)
        if system is None or tools is None:
            from_system, from_tools = _from_requests(attributes, told, system is None, tools is None)
            system, tools = system or from_system, tools or from_tools
    if system is None and events:
        system = _system_of_events(events)
    return system, tools


def _system(attributes: Mapping[str, Any]) -> bytes | None:
    for name in SYSTEMS:
        if (value := attributes.get(name)) not in (None, "", []):
            return _normal(_bytes(value))
    for head, wrapper in FLATTENED:
        if f"{head}0{wrapper}.role" in attributes:
            return _flattened(attributes, head, wrapper)
    return None


def _flattened(attributes: Mapping[str, Any], head: str, wrapper: str) -> bytes | None:
    for number in range(_FLATTENED):
        start = f"{head}{number}{wrapper}"
        if attributes.get(f"{start}.role") not in ("system", "developer"):
            continue
        content = attributes.get(f"{start}.content")
        if content is None:
            parts = {name: value for name, value in attributes.items() if name.startswith(f"{start}.contents.")}
            content = [parts[name] for name in sorted(parts)]
        return _normal(_bytes(content))
    return None


def _from_requests(
    attributes: Mapping[str, Any], told: frozenset[str], needs_system: bool, needs_tools: bool
) -> tuple[bytes | None, bytes | None]:
    system = tools = None
    for name in _requests_among(told) if needs_tools else REQUESTS:
        if name not in told or _is_without_system(attributes[name]):
            continue
        found, raw_tools = _request(_bytes(attributes[name]))
        if needs_system and system is None and found:
            system = _normal(found)
        if needs_tools and tools is None and raw_tools:
            tools = _tools_of(raw_tools)
        if (system or not needs_system) and (tools or not needs_tools):
            break
    return system, tools


@lru_cache(_REMEMBERED)
def _requests_among(told: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in _ALL_REQUESTS if name in told)


def _is_without_system(value: Any) -> bool:
    """Whether a value is a list of messages and none of them is a system prompt, as far as a quick look tells."""
    return type(value) is str and value[:1] == "[" and '"system"' not in value and '"developer"' not in value


def _request(data: bytes) -> tuple[bytes, bytes]:
    """System prompt and tools of a request or of a list of messages, as JSON; empty where there is none."""
    try:
        if data[:1] == b"[":
            return _system_of(_decode_messages(data)), b""
        if data[:1] != b"{":
            return b"", b""
        request = _decode_request(data)
        config = _decode_config(request.config) if bytes(request.config)[:1] == b"{" else _Config()
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return b"", b""
    tools = bytes(request.tools or request.functions or request.function_tools or config.tools)
    system = bytes(
        request.system
        or request.system_prompt
        or request.instructions
        or request.system_instruction
        or config.system_instruction
    )
    messages = bytes(request.messages or request.input)
    if not system and messages[:1] == b"[":
        system = _request(messages)[0]
    return (b"" if system == b"null" else system), tools


def _system_of(messages: Iterable[_Message]) -> bytes:
    return b"\n".join(bytes(each.content) + bytes(each.parts) for each in messages if bytes(each.role) in _ROLES)


def _system_of_events(events: Sequence[EventLike]) -> bytes | None:
    for event in events:
        if event.name == "gen_ai.system.message":
            told = event.attributes or {}
            return _normal(_bytes(told.get("content", dict(told))))
        if event.name == table.DETAILS_EVENT:
            value = (event.attributes or {}).get("gen_ai.system_instructions")
            if value:
                return _normal(_bytes(value))
    return None


def _tools(attributes: Mapping[str, Any]) -> bytes | None:
    for name in TOOLS:
        if (value := attributes.get(name)) not in (None, "", [], "[]"):
            return _tools_of(_bytes(value))
    for head, names in FLATTENED_TOOLS:
        if f"{head}0{names[0]}" in attributes:
            return _tools_of(_encode(list(_flattened_tools(attributes, head, names))))
    return None


def _flattened_tools(attributes: Mapping[str, Any], head: str, names: tuple[str, ...]) -> Iterator[list[Any]]:
    number = 0
    while f"{head}{number}{names[0]}" in attributes:
        yield [attributes.get(f"{head}{number}{name}") for name in names]
        number += 1


def _bytes(value: Any) -> bytes:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    try:
        return _encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return repr(value).encode("utf-8", "surrogatepass")


def _normal(data: bytes) -> bytes | None:
    """A hash of a prompt in which digits and ids do not count; `None` of an empty one."""
    if not data or data in (b'""', b"[]", b"{}", b"null"):
        return None
    return _remembered_normal(data) if len(data) <= _LONGEST_REMEMBERED else _normal_hash(data)


def _normal_hash(data: bytes) -> bytes:
    if _HASHED.search(data):
        return _digest(data)
    return _digest(_RUN.sub(b"0", _without_uuids(data.translate(_ALL_DIGITS))))


def _without_uuids(data: bytes) -> bytes:
    """The text without UUIDs. Looked for by their inner dashes: a pattern for the whole costs 12 ns a character."""
    kept: list[bytes] = []
    passed = 0
    for inside in _INSIDE_UUID.finditer(data):
        start, end = inside.start() - 8, inside.end() + 12
        if start >= passed and _UUID.fullmatch(data, start, end):
            kept.append(data[passed:start])
            passed = end
    return b"".join([*kept, data[passed:]]) if kept else data


def _tools_of(data: bytes) -> bytes | None:
    if data in (b"null", b"[]", b"{}"):
        return None
    return _remembered_tools(data) if len(data) <= _LONGEST_REMEMBERED else _tools_hash(data)


def _tools_hash(data: bytes) -> bytes:
    """A hash of tool definitions in which neither the order of the tools nor that of keys counts."""
    try:
        return _digest(b"\n".join(sorted(_encode_sorted(_parsed(tool)) for tool in _decode_list(data))))
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _digest(data)


def _parsed(tool: Any) -> Any:
    """A tool whose definition is JSON in a text."""
    if isinstance(tool, list) and len(tool) == 1:
        tool = tool[0]
    if isinstance(tool, str) and tool[:1] == "{":
        try:
            return msgspec.json.decode(tool)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return tool
    return tool


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=8).digest()


# Every call of an agent repeats its prompt and its tools; looking one up costs a hash of the text, 1 us a kilobyte.
_remembered_recipe = lru_cache(_REMEMBERED)(_recipe)
_remembered_normal = lru_cache(_REMEMBERED)(_normal_hash)
_remembered_tools = lru_cache(_REMEMBERED)(_tools_hash)
