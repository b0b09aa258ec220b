"""Secrets are found by the name of their key and by their look; everything else stays as it is."""

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from longpole.wire.redact import REDACTED, Redactor

redactor = Redactor()


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer abcdefghijk123", "abcdefghijk123"),
        ('{"password": "hunter2", "user": "bob"}', "hunter2"),
        ('{"a": "{\\"api_key\\": \\"hunter2\\"}"}', "hunter2"),
        ("{'secret': 'hunter2'}", "hunter2"),
        ("password=hunter22 and more", "hunter22"),
        ("key sk-proj-abcdefghijklmnop1234 refused", "abcdefghijklmnop1234"),
        ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "abcdefghijklmnop"),
        ("t=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "eyJzdWIiOiIxIn0"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----", "MIIEow"),
        ("postgres://bob:pa55@db/x", "pa55"),
        ("write to ada.lovelace@example.co.uk today", "ada.lovelace"),
        ("card 4111 1111 1111 1111, thanks", "4111"),
        ("3782-822463-10005", "822463"),
        ("Cookie: session=abc; x=y", "session=abc"),
    ],
)
def test_a_secret_in_a_text_is_replaced(text: str, secret: str) -> None:
    clean = redactor.text(text)
    assert secret not in clean
    assert REDACTED in clean


@pytest.mark.parametrize(
    "text",
    [
        "max_tokens=100000 input_tokens: 12",
        "the first token: hello",
        "the secret: be kind",
        "lodash@4.17.21 from https://example.org/a?b=c",
        "at 1795225553217678800 ns, order 4111111111111112",
        "0af7651916cd43dd8448eb211c80319c",
        "a task-based approach, disk-intensive-workloads",
        "",
    ],
)
def test_what_is_no_secret_comes_back_as_the_same_object(text: str) -> None:
    assert redactor.text(text) is text


def test_values_below_a_secret_key_are_replaced_at_any_depth() -> None:
    value = {
        "headers": [{"X-Api-Key": "abc", "accept": "json"}],
        "cookies": {"a": 1},
        "http.request.header.cookie": ["b"],
    }
    assert redactor.value(value) == {
        "headers": [{"X-Api-Key": REDACTED, "accept": "json"}],
        "cookies": REDACTED,
        "http.request.header.cookie": REDACTED,
    }
    assert value["cookies"] == {"a": 1}


def test_counts_and_flags_stay() -> None:
    value = {"input_tokens": 12, "gen_ai.usage.output_tokens": 3, "token": 5, "password": None, "has_secret": True}
    assert redactor.value(value) is value


def test_a_token_is_a_credential_only_if_it_looks_like_one() -> None:
    assert redactor.value({"token": "the"}) == {"token": "the"}
    assert redactor.value({"access_token": "abcdefabcdef123"}) == {"access_token": REDACTED}


def test_a_card_number_is_found_as_a_number_too() -> None:
    assert redactor.value([4111111111111111, 4111111111111112]) == [REDACTED, 4111111111111112]


def test_own_keys_and_an_own_function_are_heeded() -> None:
    own = Redactor(keys=["IBAN"], own=lambda text: text.replace("Ada", "somebody"))
    assert own.value({"iban": "DE1", "name": "Ada"}) == {"iban": REDACTED, "name": "somebody"}
    assert Redactor(own=lambda text: str(1 // 0)).text("anything") == REDACTED


@pytest.mark.timeout(20)  # a pattern that goes back over the text would take minutes
@pytest.mark.parametrize("hostile", ["a" * 100_000 + "@", "a." * 50_000 + "@a.", "4" * 100_000, "eyJ" * 30_000])
def test_a_secret_behind_a_hostile_text_is_found_without_delay(hostile: str) -> None:
    assert redactor.text(f"{hostile} password=hunter2!x").endswith(f"password={REDACTED}")


_JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(_JSON)
def test_redacting_twice_changes_nothing_more(value: Any) -> None:
    once = redactor.value(value)
    assert redactor.value(once) == once


@given(
    st.text(string.ascii_letters + string.digits, min_size=20, max_size=40), st.text(max_size=50), st.text(max_size=50)
)
def test_a_key_is_found_wherever_it_stands(key: str, before: str, after: str) -> None:
    assert f"sk-{key}" not in redactor.text(f"{before} sk-{key} {after}")
