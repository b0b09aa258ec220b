"""Turns the table of attribute names into one lookup per attribute: which fact it tells, how good a source it is."""

import math
from collections.abc import Callable
from typing import Any

import msgspec

from longpole.wire import attribute_names as table
from longpole.wire import longpole_names as own
from longpole.wire.attribute_values import (
    MCP_METHODS,
    MEANINGS,
    PRESENCE,
    PRESENCE_PREFIXES,
    Meaning,
)
from longpole.wire.redact import Redactor

Reader = Callable[[Any], Any]

MOST_REMEMBERED = 20_000
LONGEST_REMEMBERED = 200
LARGEST_COUNT = 10**15

FACT, HINT, FAMILY, SOURCE, UNKNOWN = range(5)


COPIED = frozenset(
    {*table.COUNTS, *table.NUMBERS, *table.STRUCTURES, "first_token_ns"}
    | {"execution_id", "session_id", "user_id", "call_reason", "argument_hash"}
)
"""Facts that no rule asks for: whatever their value, everything else about the span is the same."""

Entry = tuple[int, str, int, Reader, bool]
"""What an attribute name stands for: role, fact, rank, reader, and whether its values are redacted.

The role says where it goes: a column of `Facts`, a hint for the rules, a part of a flattened list, the text of the
input or output, or nothing. A lower rank is a better source. A plain tuple, because every attribute of every span
unpacks several: 0.01 us each, a named one takes 0.05.
"""


def read_text(value: Any) -> str | None:
    """A non-empty text; numbers become text; lists, objects and blank texts are unusable."""
    if type(value) is str:
        return value if value and not value.isspace() else None
    if type(value) is int or type(value) is float:
        return str(value)
    return None


def read_structure(value: Any) -> str | None:
    """A text, or the JSON of a list or object that is not empty."""
    if type(value) is list or type(value) is dict:
        return msgspec.json.encode(value).decode() if value else None
    return read_text(value)


def read_count(value: Any) -> int | None:
    """A whole number from 0 to 10^15, also when it came as a float or as digits; anything else is unusable."""
    if type(value) is float:
        if not value.is_integer():
            return None
        value = int(value)
    elif type(value) is str:
        if not value.isascii() or not value.isdecimal() or len(value) > 15:
            return None
        value = int(value)
    return value if type(value) is int and 0 <= value <= LARGEST_COUNT else None


def read_number(value: Any) -> float | None:
    """A finite number, also when it came as text; true and false are not numbers."""
    if type(value) is str:
        try:
            value = float(value)
        except ValueError:
            return None
    if type(value) is int or type(value) is float:
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if math.isfinite(number) else None
    return None


def read_weight(value: Any) -> float | None:
    """A finite number above zero: how many executions a sampled one stands for."""
    number = read_number(value)
    return number if number is not None and number > 0 else None


def read_flag(value: Any) -> bool | None:
    """True or false, also as the words."""
    if type(value) is bool:
        return value
    return {"true": True, "false": False}.get(value.lower()) if type(value) is str else None


def read_any(value: Any) -> Any:
    """The value as it is, unless there is nothing in it."""
    return value if value not in (None, "", [], {}) else None


def _scaled(factor: float) -> Reader:
    def read(value: Any) -> int | None:
        number = read_number(value)
        if number is None or number < 0 or number * factor > LARGEST_COUNT * 1000:
            return None
        return round(number * factor)

    return read


def _meaning(values: dict[str, Meaning]) -> Reader:
    def read(value: Any) -> Meaning | None:
        return values.get(value.strip('"').lower()) if type(value) is str else None

    return read


def _first_word(values: dict[str, Meaning]) -> Reader:
    def read(value: Any) -> Meaning | None:
        return values.get(value.partition(" ")[0].lower()) if type(value) is str else None

    return read


def _presence(meaning: Meaning) -> Reader:
    def read(value: Any) -> Meaning | None:
        return meaning if value is not None and value != "" else None

    return read


def _mcp(value: Any) -> Meaning | None:
    return MCP_METHODS.get(value.lower(), PRESENCE[MCP_METHOD]) if type(value) is str else None


NAME_RANK = 1_000
"""The rank of a meaning that only the presence of a name gives; a kind attribute is always below it."""

FIRST_PRESENCE = NAME_RANK - 1
"""From this rank on the presence of an attribute gives the meaning, whatever its value; but for `MCP_METHOD`."""

MCP_METHOD = "mcp.method.name"


class Names:
    """The table as a dictionary from attribute name to entries. Safe across threads.

    An attribute may tell several facts (`gen_ai.tool.name` is the tool, and says that this is a tool at all), so each
    name has a tuple of entries. Names that the table does not know are remembered too, 20,000 at most.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._entries: dict[str, list[tuple[int, str, int, Reader]]] = {}
        self._families: dict[str, tuple[str, int]] = {}
        self._add_facts()
        self._add_meanings()
        self._add_bodies()
        self.known: dict[str, tuple[Entry, ...]] = {}

    def entries_of(self, name: str) -> tuple[Entry, ...]:
        """What this attribute name tells; an empty tuple when it tells nothing and holds no secret."""
        is_secret = self._redactor.is_secret_key(name) or name.lower().endswith("token")
        found = list(self._entries.get(name, ()))
        for prefix, (fact, rank) in self._families.items():
            if name.startswith(prefix):
                found.append((FAMILY, fact, rank, read_any))
                break
        if name.startswith(own.SCOPE_PREFIX):
            found += [(HINT, name, 0, read_text), (HINT, "has_scopes", 0, read_text)]
        for prefix, meaning in PRESENCE_PREFIXES.items():
            if name.startswith(prefix):
                found.append((HINT, "meaning", FIRST_PRESENCE, _presence(meaning)))
        entries = tuple((role, fact, rank, read, is_secret) for role, fact, rank, read in found)
        if is_secret and not entries:
            entries = ((UNKNOWN, "", 0, read_any, True),)
        if len(self.known) < MOST_REMEMBERED and len(name) <= LONGEST_REMEMBERED:
            self.known[name] = entries
        return entries

    def _add(self, name: str, role: int, fact: str, rank: int, read: Reader) -> None:
        self._entries.setdefault(name, []).append((role, fact, rank, read))

    def _add_facts(self) -> None:
        for facts, role, read in (
            (table.TEXTS, FACT, read_text),
            (table.STRUCTURES, FACT, read_structure),
            (table.COUNTS, FACT, read_count),
            (table.NUMBERS, FACT, read_number),
            (table.FLAGS, HINT, read_flag),
            (table.HINTS, HINT, read_text),
            (table.OBJECTS, HINT, read_any),
        ):
            for fact, names in facts.items():
                for rank, name in enumerate(names):
                    self._add(name, role, fact, rank, read_weight if fact == "weight" else read)
        for fact, scaled in table.SCALED.items():
            for rank, (name, factor) in enumerate(scaled):
                self._add(name, FACT if fact == "first_token_ns" else HINT, fact, rank, _scaled(factor))
        for rank, name in enumerate(table.COSTS):
            self._add(name, HINT, "client_cost", rank, read_number)

    def _add_meanings(self) -> None:
        for rank, (name, values) in enumerate(MEANINGS.items()):
            self._add(name, HINT, "meaning", rank, _meaning(values))
            if name == "ai.operationId":
                self._add("operation.name", HINT, "meaning", rank, _first_word(values))
            elif name == "db.system.name":
                self._add("db.system", HINT, "meaning", rank, _meaning(values))
        for rank, (name, meaning) in enumerate(PRESENCE.items(), NAME_RANK):
            self._add(name, HINT, "meaning", rank, _mcp if name == MCP_METHOD else _presence(meaning))

    def _add_bodies(self) -> None:
        for fact, names in (("input", table.INPUTS), ("output", table.OUTPUTS)):
            for rank, name in enumerate(names):
                if name.startswith("{"):
                    self._families[name[1:-1] + "."] = (fact, rank)
                else:
                    self._add(name, SOURCE, fact, rank, read_any)
