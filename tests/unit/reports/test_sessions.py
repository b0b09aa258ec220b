"""Conversations: turns in order, the time of agents and of the user kept apart, what was said made out of bodies."""

from collections.abc import Iterator

import pytest

from longpole.model.errors import InvalidInput, NotFound
from longpole.reports.session_views import SessionSummary
from longpole.reports.sessions import SESSION, read_sessions_filters, session_of, sessions_of, words_of
from longpole.store.engine import Engine
from longpole.store.store import open_store
from stored_executions import MONDAY_NS, SECOND, Made


@pytest.fixture
def store() -> Iterator[Engine]:
    """Ann speaks three times, the second time before she was answered; Bob once, without tokens, and it still runs."""
    made = Made()
    for after_s, took_s, tokens in ((0, 4, 100), (2, 6, None), (68, 2, 50)):
        turn = made.execution(
            MONDAY_NS + after_s * SECOND, duration_ns=took_s * SECOND, session_id="ann", user_id="u-1", agent="chat",
            given='{"question": "And now?"}', input_tokens=tokens, cost_usd_nanos=tokens and tokens * 1000,
            model_calls=1, status="failed" if tokens is None else "success",
        )  # fmt: skip
        made.execution(turn.started_ns, parent=turn, agent="helper", session_id="ann", duration_ns=SECOND)
    made.execution(
        MONDAY_NS + 100 * SECOND, duration_ns=None, status="running", session_id="bob", user_id="u-2", agent="sales"
    )
    made.execution(MONDAY_NS)  # of no session
    store = open_store(":memory:")
    store.write(made.batch)
    yield store
    store.close()


def listed(store: Engine, **given: str) -> list[SessionSummary]:
    return sessions_of(store, read_sessions_filters(given.items())).items


def test_agents_time_and_users_time_add_up_and_overlaps_count_once(store: Engine) -> None:
    (ann,) = listed(store, user="u-1")
    assert (ann.turns, ann.failed, ann.running) == (3, 1, 0)
    assert ann.busy_ns == 10 * SECOND
    assert ann.think_ns == 60 * SECOND
    assert ann.duration_ns == 70 * SECOND
    assert ann.tokens == 150
    assert ann.cost_usd == pytest.approx(150e-6)
    assert [(one.agent, one.turns) for one in ann.agents] == [("chat", 3)]


def test_a_session_that_told_no_tokens_has_unknown_ones_and_one_that_runs_says_so(store: Engine) -> None:
    (bob,) = listed(store, text="BOB")
    assert (bob.tokens, bob.cost_usd, bob.p50_ns) == (None, None, None)
    assert (bob.running, bob.busy_ns, bob.think_ns) == (1, 0, 0)


def test_sessions_come_in_the_order_that_is_asked_for_with_unknown_values_last(store: Engine) -> None:
    assert [one.session_id for one in listed(store)] == ["bob", "ann"]
    assert [one.session_id for one in listed(store, order="asc")] == ["ann", "bob"]
    assert [one.session_id for one in listed(store, sort="cost", order="asc")] == ["ann", "bob"]
    assert [one.session_id for one in listed(store, agent="sales")] == ["bob"]
    assert listed(store, agent="helper") == []
    page = sessions_of(store, read_sessions_filters([("limit", "1")]))
    assert (len(page.items), page.sessions) == (1, 2)


def test_turns_are_in_order_with_the_users_time_before_each_and_running_sums(store: Engine) -> None:
    detail = session_of(store, "ann")
    assert [turn.think_ns for turn in detail.turns] == [None, 0, 60 * SECOND]
    assert [turn.offset_ns for turn in detail.turns] == [0, 2 * SECOND, 68 * SECOND]
    assert [turn.tokens_so_far for turn in detail.turns] == [100, 100, 150]
    assert {turn.asked for turn in detail.turns} == {"And now?"}
    assert detail.turns_left_out == 0


def test_a_session_that_is_not_there_and_one_that_is_not_named_are_refused(store: Engine) -> None:
    with pytest.raises(NotFound, match="no session 'carl'"):
        session_of(store, "carl")
    with pytest.raises(InvalidInput, match="'session' is missing"):
        SESSION.ask(store, [])
    with pytest.raises(InvalidInput, match="'sort' is 'colour'"):
        read_sessions_filters([("sort", "colour")])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("plain", "plain"),
        ({"question": "Why?", "limit": 3}, "Why?"),
        ([{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hello"}], "Hello"),
        ({"messages": [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]}, "Hi"),
        ({"choices": [{"message": {"content": "There"}}]}, "There"),
        ({"claim": {"amount": 3, "kind": "water"}}, '{"claim": {"amount": 3, "kind": "water"}}'),
        ({}, None),
        (None, None),
        ("x" * 5_000, "x" * 1_999 + "…"),
    ],
)
def test_what_was_said_is_made_out_of_a_body(body: object, words: str | None) -> None:
    assert words_of(body) == words
