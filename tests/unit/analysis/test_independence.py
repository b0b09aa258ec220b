import json

import pytest

from longpole.analysis.independence import Judgement, Orders, is_writing, judge_independence
from longpole.analysis.span import Span


def step(name: str, category: str = "tool", *, given: object = None, gave: object = None, **more: object) -> Span:
    """A step whose input and output are these, as JSON."""
    texts = [None if value is None else json.dumps(value) for value in (given, gave)]
    return Span(name, category, "a", "e", input=texts[0], output=texts[1], **more)  # pyright: ignore


def verdict(first: Span, second: Span, given: str | None = None, orders: Orders | None = None) -> tuple[str, str]:
    found = judge_independence(first, second, given=given, orders=orders)
    return str(found.verdict), str(found.confidence)


PROFILE = step("get_profile", given={"user": "u-17"}, gave={"account": "A-77812", "city": "Lisbon"})


def test_a_value_of_the_output_in_the_input_makes_it_dependent():
    found = judge_independence(PROFILE, step("get_orders", given={"account": "A-77812"}, gave=[]))
    assert (found.verdict, found.confidence) == ("dependent", "high")
    assert found.reasons == ['1 value of the output of get_profile is in the input of get_orders, such as "A-77812"']


def test_what_both_were_given_is_no_evidence():
    first = step("get_profile", given={"user": "u-1717"}, gave={"user": "u-1717", "city": "Lisbon"})
    assert verdict(first, step("get_orders", given={"user": "u-1717"})) == ("independent", "medium")


def test_an_output_with_nothing_of_its_own_tells_nothing():
    second = step("get_orders", given={"user": "u-1717"})
    assert verdict(step("get_profile", given={}, gave=[]), second) == ("unknown", "low")
    outer = step("get_profile", given={}, gave={"user": "u-1717"})
    assert verdict(outer, second, given='{"user":"u-1717"}') == ("unknown", "low")


def test_a_model_whose_conversation_names_the_tool_has_its_answer():
    conversation = [{"role": "user", "content": "?"}, {"role": "tool", "name": "slow_db", "result": "rows"}]
    answer = step("chat", "llm", given=conversation, gave="done")
    whole = '{"all_messages": "? rows done"}'  # what the agent had in the end stands in its own record
    first = step("slow_db", given={"sql": "select"}, gave="rows")
    assert verdict(first, answer, given=whole) == ("dependent", "medium")
    assert verdict(step("look", given={"sql": "select"}, gave="rows"), answer, given=whole) == ("unknown", "low")


def test_words_that_are_taken_over_into_a_prompt_make_it_dependent():
    text = "The quick brown fox jumps over the lazy dog and looks for a place to sleep until the morning comes."
    prompt = [{"role": "user", "content": f"Summarise: {text.upper()} Be short."}]
    assert verdict(step("search", gave=text), step("summarise", "llm", given=prompt)) == ("dependent", "high")


def test_a_number_inside_another_is_not_the_same_number():
    assert verdict(step("count", gave={"n": 4711}), step("look", given={"id": 547112}))[0] == "independent"


def test_hashed_values_show_a_dependence_but_their_absence_says_little():
    first = step("get_profile", given={"u": "#000000000000"}, gave={"account": "#a1b2c3d4e5f6"})
    assert verdict(first, step("get_orders", given={"account": "#a1b2c3d4e5f6"})) == ("dependent", "high")
    assert verdict(first, step("get_orders", given={"account": "#ffffffffffff"})) == ("independent", "low")


def test_what_was_not_recorded_is_unknown():
    found = judge_independence(step("search"), step("read", given={}))
    assert found == Judgement(
        verdict=found.verdict, confidence=found.confidence, reasons=["the output of search was not recorded"]
    )
    assert (found.verdict, found.confidence) == ("unknown", "low")


def test_seen_the_other_way_round_is_the_best_evidence():
    orders = Orders(executions=200, otherwise=31)
    found = judge_independence(step("search"), step("read"), orders=orders)
    assert (found.verdict, found.confidence) == ("independent", "high")
    assert found.reasons[0] == "in 31 of 200 executions read began before search had ended"
    assert verdict(step("search"), step("read"), orders=Orders(executions=200, otherwise=1)) == ("unknown", "low")


def test_data_that_was_taken_over_outweighs_the_order_of_others():
    second = step("get_orders", given={"account": "A-77812"})
    assert verdict(PROFILE, second, orders=Orders(executions=9, otherwise=9))[0] == "dependent"


def test_two_users_of_a_database_to_which_one_writes_are_dependent():
    first = step("insert order", "database", given={"a": 1}, gave="ok")
    assert verdict(first, step("select stock", "database", given={"b": 1})) == ("dependent", "medium")


def test_another_attempt_depends_on_the_one_that_failed():
    first = step("call", "http", error_type="TimeoutError")
    assert verdict(first, step("call", "http", attempt=2)) == ("dependent", "high")


def test_a_tool_that_the_models_answer_names_depends_on_it():
    first = step("chat", "llm", gave=[{"tool_calls": [{"name": "get_orders"}]}])
    assert verdict(first, step("get_orders", given={})) == ("dependent", "high")
    silent = step("chat", "llm", given="?", gave="I shall see")
    assert verdict(silent, step("get_orders", given={"n": 1})) == ("unknown", "low")


def test_a_check_may_decide_whether_to_go_on():
    assert verdict(step("is allowed", "guardrail", gave=True), step("answer", "llm", given="?"))[0] == "unknown"


@pytest.mark.parametrize(
    ("span", "writes"),
    [
        (step("create_ticket"), True),
        (step("sendEmail"), True),
        (step("POST /orders", "http"), True),
        (step("GET /orders", "http"), False),
        (step("get_settings"), False),
        (step("address lookup"), False),
        (step("write the answer", "llm"), False),
    ],
)
def test_writing_is_read_from_the_words_of_a_name(span: Span, writes: bool):
    assert is_writing(span) == writes
