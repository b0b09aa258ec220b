"""Where the text of a prompt is not sent, a hash of it still tells one version of an agent from the next."""

import json
from typing import Any

import pytest

from longpole.record.render import Renderer
from longpole.record.snapshot import pack
from longpole.wire.recipe import read_recipe


def hash_of(prompt: str, *, key: bytes = b"k" * 32, mode: str = "hashed") -> str | None:
    messages = [{"role": "system", "content": prompt}, {"role": "user", "content": "hello"}]
    return Renderer(mode, key, 65536).prompt_hash(pack(((messages,), None)), ("messages",))


def test_it_is_the_same_on_every_machine_and_on_every_day() -> None:
    monday = hash_of("You plan trips. Today is 2026-11-23.", key=b"a" * 32)
    assert monday is not None
    assert monday == hash_of("You plan trips. Today is 2026-11-24.", key=b"b" * 32)


def test_another_prompt_is_another_version() -> None:
    assert hash_of("You plan trips.") != hash_of("You plan long trips.")


def test_it_is_not_sent_beside_the_text() -> None:
    assert hash_of("You plan trips.", mode="full") is None


@pytest.mark.parametrize("given", [(("no messages",), None), "a call that fell back to its repr"])
def test_a_call_without_a_system_prompt_has_none(given: Any) -> None:
    assert Renderer("hashed", b"k" * 32, 65536).prompt_hash(pack(given), ("question",)) is None


def test_the_server_makes_its_version_of_it() -> None:
    one, other = hash_of("You plan trips."), hash_of("You plan long trips.")
    recipes = {json.dumps(told): read_recipe({"longpole.prompt_hash": told}, [], "m-1") for told in (one, other)}
    assert len(set(recipes.values())) == 2
    assert all(recipe is not None and recipe.startswith("p") for recipe in recipes.values())
