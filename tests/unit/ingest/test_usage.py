from hypothesis import given

from execution_trees import agent, fact, groups
from longpole.ingest.facts import Facts
from longpole.ingest.ownership import assign_owners
from longpole.ingest.usage import Tally, carries_usage, count_usage


def usage_of(*facts: Facts, top: int = 0) -> Tally:
    return count_usage(assign_owners(facts, now_ns=100)).whole[top]


def tokens(number: int) -> dict[str, int]:
    return {"input_tokens": number, "output_tokens": 1}


def model(number: int, parent: int, sent: int | None = None, **more: object) -> Facts:
    told = {} if sent is None else tokens(sent)
    return fact(number, parent, category="llm", start=number, **told, **more)  # pyright: ignore


def test_a_wrapper_around_a_model_call_does_not_count_its_tokens_again():
    whole = usage_of(agent(0, end=90), model(1, 0, 100), model(2, 1, 60), model(3, 1, 40))
    assert (whole.input_tokens, whole.output_tokens, whole.model_calls) == (100, 2, 2)


def test_steps_between_the_wrapper_and_the_call_change_nothing():
    whole = usage_of(agent(0, end=90), model(1, 0, 100), fact(2, 1, start=2), model(3, 2, 100))
    assert (whole.input_tokens, whole.model_calls) == (100, 1)


def test_a_model_call_inside_a_tool_that_a_model_called_is_another_call():
    whole = usage_of(agent(0, end=90), model(1, 0, 100), fact(2, 1, category="tool", start=2), model(3, 2, 7))
    assert (whole.input_tokens, whole.model_calls, whole.tool_calls) == (107, 2, 1)


def test_the_call_below_one_that_tells_its_tokens_is_the_same_call():
    whole = usage_of(agent(0, end=90), model(1, 0, 100), model(2, 1))
    assert (whole.input_tokens, whole.model_calls, whole.model_calls_without_usage) == (100, 1, 0)


def test_a_call_that_tells_nothing_is_unknown_and_not_zero():
    whole = usage_of(agent(0, end=90), model(1, 0), model(2, 1))
    assert (whole.input_tokens, whole.cost_usd_nanos) == (None, None)
    assert (whole.model_calls, whole.model_calls_without_usage, whole.model_calls_without_cost) == (1, 1, 1)


def test_a_known_sum_stays_when_other_calls_tell_nothing():
    whole = usage_of(agent(0, end=90), model(1, 0, 5), model(2, 0))
    assert (whole.input_tokens, whole.model_calls_without_usage) == (5, 1)


def test_an_agent_that_repeats_its_calls_tokens_does_not_count():
    assert usage_of(agent(0, end=90, **tokens(30)), model(1, 0, 10), model(2, 0, 20)).input_tokens == 30


def test_an_agents_own_tokens_count_when_no_call_below_tells_any():
    whole = usage_of(agent(0, end=90, **tokens(30)), model(1, 0), agent(2, 0, start=2), model(3, 2))
    assert (whole.input_tokens, whole.model_calls, whole.model_calls_without_usage) == (30, 2, 0)


def test_of_agents_in_agents_that_only_summarise_the_deepest_counts():
    assert usage_of(agent(0, end=90, **tokens(30)), agent(1, 0, **tokens(30)), model(2, 1)).input_tokens == 30


def test_a_parent_has_its_childrens_tokens_and_its_own_part_apart():
    place = assign_owners([agent(0, end=90), model(1, 0, 5), agent(2, 0, start=2), model(3, 2, 7)], now_ns=0)
    usage = count_usage(place)
    assert (usage.own[0].input_tokens, usage.whole[0].input_tokens) == (5, 12)
    assert usage.is_counted == [False, True, False, True]


def test_steps_and_failures_are_those_of_the_whole_subtree():
    whole = usage_of(
        agent(0, end=90),
        fact(1, 0, status="failed"),
        agent(2, 0, start=2, status="skipped"),
        fact(3, 2, start=3, status="timeout"),
        fact(4, 2, start=4),
        fact(5, 0, start=5, end=None),
    )
    assert (whole.steps_total, whole.steps_completed, whole.steps_failed) == (4, 1, 2)
    assert whole.agents_skipped == 1


def test_retries_are_later_attempts_or_else_the_retry_steps():
    attempts = [fact(i, 0, start=i, category="http", attempt=i) for i in (1, 2, 3)]
    assert usage_of(agent(0, end=90), *attempts, fact(9, 0, category="retry")).retries == 2
    assert usage_of(agent(0, end=90), fact(9, 0, category="retry")).retries == 1


def test_waits_that_say_which_attempt_failed_are_the_retries_whatever_the_attempts_are_made_of():
    waits = [fact(1, 0, category="retry", attempt=1), fact(4, 0, start=4, category="rate_limit", attempt=2)]
    second = [fact(2, 0, start=2, category="http", attempt=2), fact(3, 0, start=3, attempt=2)]
    third = [fact(5, 0, start=5, category="http", attempt=3), fact(6, 0, start=6, attempt=3)]
    assert usage_of(agent(0, end=90), *waits, *second, *third).retries == 2


def test_a_model_call_and_the_request_that_carries_it_are_one_api_call():
    whole = usage_of(
        agent(0, end=90),
        model(1, 0, 5),
        fact(2, 1, start=2, category="http"),
        model(3, 0, 5),
        fact(4, 0, start=4, category="http"),
    )
    assert whole.api_calls == 3


@given(groups())
def test_every_token_counts_at_most_once_and_sums_add_up_over_the_top_executions(facts: list[Facts]):
    place = assign_owners(facts, now_ns=100)
    usage = count_usage(place)
    tops = [node for node in usage.whole if place.parents[node] < 0]
    counted = sum(
        one.input_tokens or 0
        for one, counts in zip(place.facts, usage.is_counted, strict=True)
        if counts and carries_usage(one)
    )
    assert sum(usage.whole[top].input_tokens or 0 for top in tops) == counted
    assert sum(own.input_tokens or 0 for own in usage.own.values()) == counted
    assert any(map(carries_usage, facts)) == any(tally.output_tokens is not None for tally in usage.whole.values())
