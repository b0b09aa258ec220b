"""Answers small enough for a model to read: times in words, long lists and texts cut, with what was left out said."""

from collections.abc import Collection, Mapping
from typing import Any, cast

import msgspec

from longpole.reports.numbers import duration_text

MOST_CHARACTERS = 8_000
"""About 2,500 tokens."""

_LISTS = (20, 12, 8, 5, 3, 1)
_TEXTS = (600, 300, 120)
_NARROW_SPACE = "\u202f"


def small(view: object, *, without: Collection[str] = (), most: int = MOST_CHARACTERS) -> dict[str, Any]:
    """A view as a plain object of at most about `most` characters of JSON.

    What is unknown or empty is left out. `x_ns` becomes `x` in words ("4.11 s"). Lists and texts are shortened step by
    step until the whole fits; a list that was cut ends with a line that says how many more there are.

    Args:
        view: a struct of the reports.
        without: names that are left out wherever they occur.
        most: characters.
    """
    plain = msgspec.to_builtins(view)
    # That nothing was found is an answer.
    nothing: dict[str, object] = {name: each for name, each in plain.items() if each == [] and name not in without}
    chosen = nothing | cast("dict[str, object]", _without(plain, frozenset(without)))
    found: dict[str, Any] = {}
    for list_limit in _LISTS:
        for text_limit in _TEXTS:
            found = cast("dict[str, Any]", _smaller(chosen, list_limit, text_limit))
            if len(msgspec.json.encode(found)) <= most:  # noqa: LP008 the text itself is made elsewhere
                return found
    return found


def _without(value: object, names: frozenset[str]) -> object:
    """The same without what is unknown, empty or named."""
    if isinstance(value, Mapping):
        told = {
            name: _without(each, names)
            for name, each in cast("Mapping[str, object]", value).items()
            if name not in names
        }
        return {name: each for name, each in told.items() if each is not None and each not in ("", [], {})}
    if isinstance(value, list):
        return [_without(one, names) for one in cast("list[object]", value)]
    return value


def _smaller(value: object, items: int, characters: int) -> object:
    if isinstance(value, str):
        return value if len(value) <= characters else f"{value[:characters]}… ({len(value):,} characters)"
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, Mapping):
        return _smaller_object(cast("Mapping[str, object]", value), items, characters)
    if isinstance(value, list):
        every = cast("list[object]", value)
        some = [_smaller(one, items, characters) for one in every[:items]]
        return [*some, f"… and {len(every) - items:,} more"] if len(every) > items else some
    return value


def _smaller_object(value: Mapping[str, object], items: int, characters: int) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, each in value.items():
        if name.endswith("_ns") and isinstance(each, (int, float)):
            found[name.removesuffix("_ns")] = duration_text(each).replace(_NARROW_SPACE, " ")
        elif name.endswith("_ns") and isinstance(each, Mapping):
            times = cast("Mapping[str, float]", each).items()
            found[name.removesuffix("_ns")] = {key: duration_text(ns).replace(_NARROW_SPACE, " ") for key, ns in times}
        else:
            found[name] = _smaller(each, items, characters)
    return found
