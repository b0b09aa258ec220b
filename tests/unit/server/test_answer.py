"""A view with long lists is the same JSON, made in parts."""

import msgspec
import pytest
from msgspec import Struct

from longpole.server.answer import encoded


class Item(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """One of many."""

    step_id: str
    note: str | None = None


class View(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """A list of many, and others."""

    first: str = "a"
    all_steps: list[Item] = []
    few: list[int] = []


@pytest.mark.parametrize("count", [0, 1, 2000, 2001, 4000, 4001])
def test_a_view_is_the_same_however_long_its_lists_are(count: int) -> None:
    view = View(first="b", all_steps=[Item(f"step {n}", "x" if n % 2 else None) for n in range(count)], few=[1])
    assert encoded(view) == msgspec.json.encode(view)


def test_what_is_no_struct_is_encoded_as_it_is() -> None:
    assert encoded({"a": [1] * 3000}) == msgspec.json.encode({"a": [1] * 3000})
