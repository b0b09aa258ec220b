"""An agent with a fake model, and its tests, which fail when it needs more than it should.

    pytest examples/budgeted_agent.py

Nothing else is needed: no server, no key, no network. `docs/how-to/pytest.md` says what to do with it.
"""

import pytest

import longpole

FACTS = {"Paris": "the capital of France", "Lyon": "on the Rhône"}


@longpole.timing_step(category="llm")
def ask_model(prompt: str) -> str:
    """A model that always answers the same, and says what it used."""
    longpole.set_usage(model="gpt-4o-mini", provider="openai", input_tokens=12 + len(prompt), output_tokens=9)
    return prompt.rsplit(maxsplit=1)[-1]


@longpole.timing_step(category="tool")
def look_up(town: str) -> str:
    """What is known of a town."""
    return FACTS.get(town, "unknown")


@longpole.agent
def guide(question: str) -> str:
    """Finds out which town is meant, looks it up, and words the answer."""
    town = ask_model(f"Which town is meant: {question}")
    fact = look_up(town)
    ask_model(f"Say it kindly: {fact}")
    return f"{town} is {fact}."


# The model is a fake: calls and tokens are the same in every run, so that one run is enough to compare them.
@pytest.mark.longpole_budget(latency_s=2, model_calls=2, tool_calls=1, tokens=200, exact=True)
def test_the_guide_answers_with_two_model_calls():
    assert guide("where is Paris") == "Paris is the capital of France."


def test_each_question_has_a_budget_of_its_own(longpole_budget):
    for town in FACTS:
        with longpole_budget(model_calls=2) as block:
            guide(f"where is {town}")
        assert block.spent.tool_calls == 1
