"""Snapshots as text: JSON without secrets or with hashed leaves, within the limit. Runs in the flusher."""

import hashlib
from typing import Any

import msgspec

from longpole.record.capture import describe
from longpole.record.content import Content
from longpole.record.snapshot import pack
from longpole.wire import longpole_names as names
from longpole.wire.content_names import PROTOCOL_WORDS
from longpole.wire.recipe import hash_prompt
from longpole.wire.redact import Redactor

_decode = msgspec.msgpack.Decoder().decode
_read_json = msgspec.json.Decoder().decode
_to_json = msgspec.json.Encoder(enc_hook=describe).encode


def _arguments(packed: bytes, parameters: tuple[str, ...]) -> dict[str, Any] | None:
    """The arguments of a call by name; `None` if the whole call fell back to its repr."""
    try:
        args, kwargs = _decode(packed)
        value: dict[str, Any] = dict(zip(parameters, args, strict=False))
        if len(args) > len(parameters):
            value["*"] = args[len(parameters) :]
        value.update(kwargs or {})
    except Exception:
        return None
    return value


class Renderer:
    """Turns snapshots into what is sent: JSON text, without secrets or with hashed leaves, within the limit.

    Args:
        mode: `full` or `hashed`.
        key: with which leaves and arguments are hashed; without it nobody can look an e-mail address up.
        limit: bytes of one JSON text.
    """

    def __init__(self, mode: str, key: bytes, limit: int, redactor: Redactor | None = None) -> None:
        self.is_hashed = mode == "hashed"
        self._key = key
        self._limit = limit
        self._redactor = redactor or Redactor()

    def inputs(self, packed: bytes, parameters: tuple[str, ...]) -> str:
        """The arguments of a call as a JSON object by parameter name; further positional ones as `*`."""
        value = _arguments(packed, parameters)
        return self.value(packed) if value is None else self._text(value)

    def prompt_hash(self, packed: bytes, parameters: tuple[str, ...]) -> str | None:
        """What tells one version of a model call's prompt from the next where its text is not sent; else `None`."""
        if not self.is_hashed:
            return None
        value = _arguments(packed, parameters)
        return None if value is None else hash_prompt({names.INPUT: _to_json(value).decode()}, ())

    def value(self, packed: bytes) -> str:
        """One value as JSON text."""
        try:
            return self._text(_decode(packed))
        except Exception as error:
            return _to_json(f"[not kept: {type(error).__name__}]").decode()

    def content(self, name: str, value: Any) -> Any:
        """An attribute of another library's span that holds content: of the same type where it is a text or a list of
        texts, JSON inside a text staying JSON."""
        if isinstance(value, str):
            return self._content_text(name, value)
        if isinstance(value, list | tuple):
            return [self.content(name, inner) for inner in value]
        return self._hashed(value) if self.is_hashed else self._redactor.value(value, name)

    def argument_hash(self, packed: bytes) -> str:
        """16 hexadecimal digits, equal for equal arguments, that tell nothing else; for finding repeated calls."""
        return hashlib.blake2b(packed, digest_size=8, key=self._key).hexdigest()

    def kept(self, name: str, content: Content) -> Any:
        """What the mode keeps of an attribute that holds content."""
        if content.packed is not None:
            return self.value(content.packed)
        if self.is_hashed and content.plain is not None:
            return content.plain
        return self.content(name, content.value)

    def _content_text(self, name: str, text: str) -> str:
        if text[:1] in ("{", "["):
            try:
                return self._text(_read_json(text))
            except msgspec.DecodeError:
                pass
        text = self._hashed(text) if self.is_hashed else self._redactor.value(text, name)
        return text if len(text) <= self._limit else f"{text[: self._limit]}… [cut: {self._limit} of {len(text)}]"

    def _text(self, value: Any) -> str:
        value = self._hashed(value) if self.is_hashed else self._redactor.value(value)
        text = _to_json(value).decode()
        if len(text) <= self._limit:
            return text
        cut = {"longpole.cut": f"{len(text)} of at most {self._limit} characters", "start": text[: self._limit]}
        return _to_json(cut).decode()

    def _hashed(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {str(name): self._hashed(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self._hashed(inner) for inner in value]
        if value is None or isinstance(value, bool) or (isinstance(value, str) and value in PROTOCOL_WORDS):
            return value
        return "#" + hashlib.blake2b(pack(value), digest_size=6, key=self._key).hexdigest()
