"""Budgets: what is said of a run that used more than it may, and of one of which that is not known."""

from typing import Any

import pytest

from longpole.model.errors import InvalidInput
from longpole.testing.budget import Budget, explain_excess, read_budget
from longpole.testing.spent import Part, Spent

SPENT = Spent(
    duration_ns=1_240_000_000,
    executions=1,
    model_calls=4,
    tool_calls=2,
    input_tokens=1830,
    output_tokens=412,
    cost_usd_nanos=12_300_000,
    parts=[
        Part(
            name="plan", category="llm", count=4, self_ns=900_000_000, input_tokens=1830, output_tokens=412,
            cost_usd_nanos=12_300_000,
        ),
        Part(name="search", category="tool", count=2, self_ns=300_000_000),
    ],
)  # fmt: skip


def plain(text: str | None) -> str:
    """With usual spaces."""
    assert text is not None
    return text.replace("\u202f", " ")


def test_the_failure_says_what_was_expected_what_was_spent_on_what_and_what_to_do() -> None:
    text = plain(explain_excess(Budget(model_calls=3, latency_s=1, tokens=5000), SPENT))
    assert text.splitlines() == [
        "The longpole budget is not kept: 1.24 s, expected at most 1.00 s; 4 model calls, expected at most 3 model "
        "calls.",
        "Spent: 1.24 s, 4 model calls, 2 tool calls, 1,830 input and 412 output tokens, cost $0.012.",
        "What took most of the time:",
        "  900 ms 75.0 % 4 ×  plan (llm): 1,830 input and 412 output tokens, $0.012",
        "  300 ms 25.0 % 2 ×  search (tool)",
        "Begin with the steps at the top, or raise the limit where longpole_budget is written.",
    ]


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"latency_s": 1.2}, "1.24 s, expected at most 1.20 s"),
        ({"model_calls": 0}, "4 model calls, expected at most 0 model calls"),
        ({"tool_calls": 1}, "2 tool calls, expected at most 1 tool call"),
        ({"input_tokens": 1829}, "1,830 input tokens, expected at most 1,829 input tokens"),
        ({"output_tokens": 400}, "412 output tokens, expected at most 400 output tokens"),
        ({"tokens": 2241}, "2,242 tokens, expected at most 2,241 tokens"),
        ({"cost_usd": 0.01}, "$0.012, expected at most $0.010"),
    ],
)
def test_every_limit_is_kept_up_to_its_value_and_not_beyond(limits: dict[str, Any], says: str) -> None:
    assert says in plain(explain_excess(read_budget(limits), SPENT))


def test_what_is_within_its_budget_is_not_told() -> None:
    kept = Budget(
        latency_s=1.24, model_calls=4, tool_calls=2, input_tokens=1830, output_tokens=412, tokens=2242, cost_usd=0.0123
    )
    assert explain_excess(kept, SPENT) is None
    assert explain_excess(Budget(), SPENT) is None


def test_a_limit_of_which_nobody_knows_whether_it_was_kept_fails_with_the_cure() -> None:
    unknown = Spent(duration_ns=1, model_calls=2, input_tokens=5, output_tokens=5, cost_usd_nanos=None,
                    model_calls_without_usage=1, model_calls_without_cost=2)  # fmt: skip
    cost = plain(explain_excess(Budget(cost_usd=1), unknown))
    assert "the cost of 2 of 2 model calls is unknown, expected at most $1.00. Install genai-prices" in cost
    assert "5 and an unknown rest input" in cost
    assert "the tokens of 1 of 2 model calls is unknown" in plain(explain_excess(Budget(tokens=100), unknown))
    assert "10 tokens, expected at most 9 tokens" in plain(explain_excess(Budget(tokens=9), unknown))
    assert explain_excess(Budget(model_calls=2), unknown) is None


@pytest.mark.parametrize("given", [{"models": 1}, {"model_calls": -1}, {"latency_s": 0}, {"tokens": "many"}])
def test_a_wrong_limit_is_told_with_what_can_be_limited(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match=r"Expected: latency_s, model_calls, .*cost_usd, exact with"):
        read_budget(given)
