"""OTLP bodies that nobody should send: made from the messages' own descriptions, or real ones with something broken.

Everything comes from the `random.Random` that is given, so that a seed gives the same bodies again, and hypothesis can
drive the same makers and look for the smallest body that fails.
"""

import gzip
import json
import math
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from msgspec import Struct
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from longpole.ingest import otlp_json_shapes as shapes
from longpole.wire import attribute_names, longpole_names
from otlp_bodies import NOON_NS, body, json_body, json_span, span, text

CAPTURES = Path(__file__).parent / "otlp_captures"
PROTOBUF, JSON = "application/x-protobuf", "application/json"
MESSAGES: dict[str, type[Message]] = {
    "traces": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
    "metrics": ExportMetricsServiceRequest,
}
REQUESTS: dict[str, type[Struct]] = {
    "traces": shapes.TraceRequest,
    "logs": shapes.LogsRequest,
    "metrics": shapes.MetricsRequest,
}
SIGNALS = ("traces", "traces", "traces", "traces", "logs", "logs", "metrics")
"""Most of them are traces."""

TIMES = (0, 1, -1, -(2**63), 2**63 - 1, 2**63, 2**64 - 1, 10**18, NOON_NS, 253402300800 * 10**9, 10**400)
NUMBERS = (0, 1, -1, 2**31, 2**32, -(2**31) - 1, 2**53 + 1, 2**63 - 1, -(2**63), 2**64, 10**30, 10**400)
DOUBLES = (0.0, -0.0, 1.5, -1e308, 1e308, 5e-324, math.nan, math.inf, -math.inf, 2.0**63)
TEXTS = (
    "",
    " ",
    "\0",
    "a\0b",
    "\n\r\t",
    "\u202e\u200b\ufeff",
    "🪵" * 40,
    "x" * 5000,
    "../../etc/passwd",
    "%s%n%d",
    "'; DROP TABLE steps; --",
    "<script>alert(1)</script>",
    "{" * 300,
    '{"a":{"a":1}}',
    "NaN",
    "1e400",
    "9" * 400,
    "true",
    "null",
    "2026-11-21T14:00:00Z",
    "\u0660\u0661\u0662",
    "ﬁ\u0130\u0131ẞ",
)
SURROGATES = ("\ud83d", "\udc00\ud83d", "ok \udfff", "\ud83d\ud83d\ude00")
IDS = (b"", b"\1", bytes(16), bytes(8), b"\xff" * 16, b"\xff" * 8, b"\1" * 17, b"\2" * 300)
_BYTES = (
    b"\0",
    b"\xff",
    b"\x80",
    b'"',
    b"{",
    b"}",
    b"[",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
)
_TOKENS = (b"null", b"true", b"-1", b"NaN", b"1e999", b"[]", b"{}", b'""', b'"x"', b"0.5", b"18446744073709551616")
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|true|false|null')
_FINITE = tuple(filter(math.isfinite, DOUBLES))
_DEPTH = 6


def _known_names() -> tuple[str, ...]:
    """Every attribute and event name that Longpole understands."""
    found = {value for name, value in vars(longpole_names).items() if name.isupper() and isinstance(value, str)}
    waiting: list[Any] = [value for name, value in vars(attribute_names).items() if name.isupper()]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            found.add(item)
        elif isinstance(item, dict):
            waiting += [*item.values()]
        elif isinstance(item, list | tuple | set | frozenset):
            waiting += [*item]
    return tuple(sorted(found))


KNOWN_NAMES = _known_names()


class Post(Struct):
    """One request to a door."""

    path: str
    kind: str
    content: bytes
    encoding: str = ""
    origin: str = ""


def seeds() -> list[Post]:
    """Good bodies of real clients, and of ours."""
    found: list[Post] = []
    for manifest in sorted(CAPTURES.glob("*/manifest.json")):
        for entry in json.loads(manifest.read_text()):
            headers = {name.lower(): value for name, value in entry["headers"].items()}
            content = (manifest.parent / entry["file"]).read_bytes()
            if headers.get("content-encoding") == "gzip":
                content = gzip.decompress(content)
            if len(content) < 100_000:
                found.append(Post(entry["path"], headers["content-type"].split(";")[0], content))
    spans = [span(7, number, number // 2, attributes=[text("gen_ai.request.model", "m")]) for number in range(1, 9)]
    found.append(Post("/v1/traces", PROTOBUF, body(*spans)))
    found.append(Post("/v1/traces", JSON, json_body(*(json_span(8, number) for number in range(1, 9)))))
    return found


def posts(rng: Random) -> Iterator[Post]:
    """Odd requests without end: one half made, the other broken."""
    real = seeds()
    makers: list[Callable[[], Post]] = [
        lambda: made_protobuf(rng),
        lambda: made_json(rng),
        lambda: broken(rng, rng.choice(real), real),
        lambda: broken(rng, rng.choice((made_json, made_protobuf))(rng), real),
    ]
    while True:
        post = rng.choice(makers)()
        yield post if rng.random() < 0.9 else _sent_oddly(rng, post)


def made_protobuf(rng: Random) -> Post:
    """A well-formed protobuf message with odd values in any field."""
    signal = rng.choice(SIGNALS)
    message = MESSAGES[signal]()
    _fill(rng, message, 0)
    return Post(f"/v1/{signal}", PROTOBUF, message.SerializeToString(), origin="made protobuf")


def made_json(rng: Random) -> Post:
    """The same in JSON, sometimes with values of other types than the fields have."""
    signal = rng.choice(SIGNALS)
    value = _shaped(rng, REQUESTS[signal], "", 0)
    content = json.dumps(value, ensure_ascii=rng.random() < 0.7).encode("utf-8", "surrogatepass")
    return Post(f"/v1/{signal}", JSON, content, origin="made JSON")


def broken(rng: Random, post: Post, others: list[Post]) -> Post:
    """A body with one to six things done to it."""
    content = bytearray(post.content)
    for _ in range(rng.choice((1, 1, 1, 2, 6))):
        rng.choice(_BREAKS)(rng, content, others)
    if post.kind == JSON and rng.random() < 0.5:
        content = bytearray(_with_other_tokens(rng, bytes(content)))
    return Post(post.path, post.kind, bytes(content), origin=f"broken {post.kind}")


def _sent_oddly(rng: Random, post: Post) -> Post:
    """Packed, packed wrongly, as another format, or at another door."""
    content, origin = post.content, f"{post.origin}, sent oddly"
    match rng.randrange(6):
        case 0:
            return Post(post.path, post.kind, gzip.compress(content, 1), "gzip", origin)
        case 1:
            return Post(post.path, post.kind, zlib.compress(content, 1), "deflate", origin)
        case 2:
            packed = bytearray(gzip.compress(content, 1))
            packed[rng.randrange(len(packed))] ^= 1 << rng.randrange(8)
            return Post(post.path, post.kind, bytes(packed), "gzip", origin)
        case 3:
            return Post(post.path, JSON if post.kind == PROTOBUF else PROTOBUF, content, "", origin)
        case 4:
            return Post(f"/v1/{rng.choice(SIGNALS)}", post.kind, content, "", origin)
        case _:
            return Post("/api/public/otel/v1/traces", post.kind, content, rng.choice(("", "gzip", "br")), origin)


# Making


def _fill(rng: Random, message: Message, depth: int) -> None:
    for field in message.DESCRIPTOR.fields:
        if rng.random() < (0.25 if field.containing_oneof is None else 0.6):
            continue
        if field.message_type is not None and depth > _DEPTH + rng.randrange(3):
            continue
        if not field.is_repeated:
            if field.message_type is not None:
                _fill(rng, getattr(message, field.name), depth + 1)
            else:
                setattr(message, field.name, _scalar(rng, field))
            continue
        values = getattr(message, field.name)
        for _ in range(_how_many(rng)):
            if field.message_type is not None:
                _fill(rng, values.add(), depth + 1)
            else:
                values.append(_scalar(rng, field))


def _how_many(rng: Random) -> int:
    return rng.choice((0, 1, 1, 1, 2, 3)) if rng.random() < 0.99 else rng.randint(20, 60)


def _scalar(rng: Random, field: FieldDescriptor) -> Any:
    match field.cpp_type:
        case FieldDescriptor.CPPTYPE_STRING:
            if field.type == FieldDescriptor.TYPE_BYTES:
                return _id(rng, field.name)
            return odd_text(rng, field.name, is_unicode=True)
        case FieldDescriptor.CPPTYPE_DOUBLE | FieldDescriptor.CPPTYPE_FLOAT:
            return rng.choice(DOUBLES)
        case FieldDescriptor.CPPTYPE_BOOL:
            return rng.random() < 0.5
        case FieldDescriptor.CPPTYPE_UINT64 | FieldDescriptor.CPPTYPE_UINT32:
            bits = 64 if field.cpp_type == FieldDescriptor.CPPTYPE_UINT64 else 32
            return _time(rng, field.name) % 2**bits
        case FieldDescriptor.CPPTYPE_INT64:
            return rng.choice(NUMBERS) % 2**64 - 2**63
        case _:
            return rng.choice(NUMBERS) % 2**32 - 2**31


def _shaped(rng: Random, kind: Any, name: str, depth: int) -> Any:
    """A value for a field, by its type; one in a hundred by no type at all."""
    if depth > 3 and rng.random() < 0.01:
        return _anything(rng)
    if get_origin(kind) in (Union, UnionType):
        given = [each for each in get_args(kind) if each is not type(None)]
        return None if rng.random() < 0.1 else _shaped(rng, rng.choice(given), name, depth)
    if get_origin(kind) is list:
        return [_shaped(rng, get_args(kind)[0], name, depth + 1) for _ in range(_how_many(rng))]
    if isinstance(kind, type) and issubclass(kind, Struct):
        is_value = kind is shapes.AnyValue
        fields = [field for field in msgspec.structs.fields(kind) if rng.random() < (0.3 if is_value else 0.85)]
        if depth > 2 * _DEPTH:
            fields = [field for field in fields if not _is_nested(field.type)]
        return {field.encode_name: _shaped(rng, field.type, field.name, depth + 1) for field in fields}
    if kind is str:
        if name.endswith("_id"):
            found = _id(rng, name).hex()
            return found.upper() if rng.random() < 0.1 else found
        return odd_text(rng, name)
    if kind is int:
        number = _time(rng, name)
        return str(number)[:2000] if rng.random() < 0.6 else number
    if kind is float:
        return rng.choice(DOUBLES if rng.random() < 0.1 else _FINITE)
    return rng.random() < 0.5 if kind is bool else _anything(rng)


def _is_nested(kind: Any) -> bool:
    return any(each in str(kind) for each in ("list", "ArrayValue", "KeyValue", "AnyValue"))


def _anything(rng: Random) -> Any:
    return rng.choice(
        (None, True, -1, 1e300, "", "x", [], {}, [[[]]], {"a": {"b": None}}, rng.choice(NUMBERS), rng.choice(DOUBLES))
    )


def _id(rng: Random, name: str) -> bytes:
    """Mostly one of a few good ids, so that spans become trees, circles and doubles; half of the traces are others."""
    if rng.random() > 0.97:
        return rng.choice(IDS)
    if name == "trace_id":
        return (rng.randint(1, 9) if rng.random() < 0.5 else rng.randrange(10, 2**50)).to_bytes(16, "big")
    return rng.randint(1, 9).to_bytes(8, "big")


def _time(rng: Random, name: str) -> int:
    if not name.endswith("unix_nano") or rng.random() < 0.05:
        return rng.choice(TIMES)
    return NOON_NS + rng.randrange(-(10**9), 10**9) + (10**9 if name.startswith("end") else 0)


def odd_text(rng: Random, name: str, *, is_unicode: bool = False) -> str:
    """Text for a field of this name; for keys mostly one that means something to Longpole."""
    if name in ("key", "event_name") or (name == "name" and rng.random() < 0.3):
        return rng.choice(KNOWN_NAMES) if rng.random() < 0.8 else rng.choice(TEXTS)
    if not is_unicode and rng.random() < 0.05:
        return rng.choice(SURROGATES)
    return rng.choice(TEXTS) if rng.random() < 0.7 else str(rng.choice((*NUMBERS, *DOUBLES)))[:500]


# Breaking


def _flip(rng: Random, content: bytearray, _others: list[Post]) -> None:
    if content:
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)


def _overwrite(rng: Random, content: bytearray, _others: list[Post]) -> None:
    at = rng.randrange(len(content) + 1)
    content[at : at + rng.randrange(9)] = rng.choice(_BYTES) * rng.randint(1, 4)


def _cut(rng: Random, content: bytearray, _others: list[Post]) -> None:
    at = rng.randrange(len(content) + 1)
    del content[at : at + rng.choice((1, 2, 8, 100, len(content)))]


def _repeat(rng: Random, content: bytearray, _others: list[Post]) -> None:
    at = rng.randrange(len(content) + 1)
    content[at:at] = content[at : at + rng.choice((1, 8, 200))] * rng.choice((1, 2, 20))


def _splice(rng: Random, content: bytearray, others: list[Post]) -> None:
    other = rng.choice(others).content
    start = rng.randrange(len(other) + 1)
    at = rng.randrange(len(content) + 1)
    content[at : at + rng.choice((0, 50))] = other[start : start + rng.choice((4, 60, 1000))]


def _number(rng: Random, content: bytearray, _others: list[Post]) -> None:
    """A length or a number at its bounds, as protobuf writes them."""
    at = rng.randrange(len(content) + 1)
    content[at : at + rng.choice((1, 8))] = rng.choice(
        (b"\xff" * 9 + b"\x01", b"\xff\xff\xff\xff\x0f", b"\xff\xff\xff\x7f", b"\x7f" * 8, b"\xff" * 8, b"\x80" * 11)
    )


_BREAKS = (_flip, _flip, _overwrite, _cut, _repeat, _splice, _number)


def _with_other_tokens(rng: Random, content: bytes) -> bytes:
    """JSON that is still JSON, with a few of its values exchanged for others."""
    tokens = [*_TOKEN.finditer(content)]
    for found in sorted(rng.sample(tokens, min(len(tokens), rng.randint(1, 4))), key=lambda each: -each.start()):
        content = content[: found.start()] + rng.choice(_TOKENS) + content[found.end() :]
    return content
