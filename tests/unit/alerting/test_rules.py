"""What people write becomes a rule, or a message that says what is wrong with it."""

from textwrap import fill
from typing import Any

import pytest
from inline_snapshot import snapshot

from longpole.alerting.rule_file import read_rule_file
from longpole.alerting.rules import RuleText, read_rule, row_of, stored_rule
from longpole.alerting.units import Unit, read_quantity
from longpole.alerting.words import describe
from longpole.model.errors import InvalidInput


def wrap(text: str) -> str:
    return fill(text, 100)


def refusal(**text: Any) -> str:
    with pytest.raises(InvalidInput) as caught:
        read_rule(RuleText(name="r", **text))
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("5 %", Unit.SHARE, 0.05),
        ("0.5%", Unit.SHARE, 0.005),
        ("250ms", Unit.DURATION, 250e6),
        ("1.5 h", Unit.DURATION, 5.4e12),
        ("$ 12.50", Unit.MONEY, 12.5e9),
        ("0.1 USD", Unit.MONEY, 0.1e9),
        ("20", Unit.COUNT, 20.0),
        ("1000 tokens", Unit.COUNT, 1000.0),
    ],
)
def test_quantities_are_read_with_their_unit(text: str, unit: Unit, value: float) -> None:
    assert read_quantity("above", text, unit) == pytest.approx(value)


def test_a_quantity_of_another_unit_is_told_from_the_right_one() -> None:
    assert refusal(watch="failure_rate", above="5 s") == snapshot(
        "The rule 'r': 'above' is '5 s'. Expected a share, not a duration. Write it like '5 %'."
    )
    assert refusal(watch="p95_duration", above="2") == snapshot(
        "The rule 'r': 'above' is '2'. Expected a duration, not a number. Write it like '2 s'."
    )
    assert refusal(watch="cost", above="2 %") == snapshot(
        "The rule 'r': 'above' is '2 %'. Expected an amount of dollars, not a share. Write it like '$ 12.50'."
    )
    assert refusal(watch="tokens", above="20 credits") == snapshot(
        "The rule 'r': 'above' is '20 credits'. Expected a number. Write it like '20 tokens'."
    )


def test_a_rule_that_makes_no_sense_says_why() -> None:
    assert "one of failure_rate" in refusal(watch="failure_rat", above="5 %")
    assert "Did you mean 'failure_rate'?" in refusal(watch="failure_rat", above="5 %")
    assert "either 'above' or 'below'" in refusal(watch="failure_rate")
    assert "none of watch, absent_for, change_of, budget" in refusal()
    assert "watch and absent_for" in refusal(watch="executions", absent_for="1 h")
    assert "'per' does not go with 'watch'" in refusal(watch="executions", above="1", per="day")
    assert "safe side of 'above'" in refusal(watch="failure_rate", above="5 %", clears_at="8 %")
    assert "steps are not known by user" in refusal(watch="p95_duration", above="2 s", step="llm", user="u")
    assert "dollars, tokens or credits" in refusal(budget="5 s", per="day")
    assert "'per' is ''" in refusal(budget="$ 5")
    assert "1 min to 31 d" in refusal(watch="executions", above="1", over="1 s")
    assert "printable characters" in refusal(watch="executions", above="1", agent="a\0b")


def test_every_kind_of_rule_is_told_in_words() -> None:
    texts = [
        RuleText(name="a", watch="failure_rate", above="5 %", agent="triage", environment="production", hold="5 min"),
        RuleText(name="b", watch="p95_duration", above="2 s", step="ask the model", clears_at="1.5 s", notify=["team"]),
        RuleText(name="c", absent_for="1 h", agent="nightly"),
        RuleText(name="d", change_of="cost", more_than="20 %"),
        RuleText(name="e", budget="$ 500", per="month", by="user", acts=True, notify=["team", "boss"]),
        RuleText(name="f", watch="concurrency", above="50", is_enabled=False),
    ]
    assert "\n".join(wrap(describe(read_rule(text))) for text in texts) == snapshot("""\
Fires when the failure rate of agent triage in production is surely above 5 % over 15 min, of 10
executions or more, once that has held for 5 min. Clears when it has been at most 5 % for 5 min.
Tells nobody: it is seen on the page only.
Fires when the p95 duration of step ask the model is surely above 2.00 s over 15 min, of 10 steps or
more. Clears when it has been at most 1.50 s for 5 min. Tells team.
Fires when no execution of agent nightly has begun for 1 h. Clears when one begins. Tells nobody: it
is seen on the page only.
Fires when cost of each agent got worse by more than 20 % within 14 days, as far as the regression
analysis is sure. Clears when the change is older than 14 days. Tells nobody: it is seen on the page
only.
Fires when each user used up $500.00 in a month (UTC); warns at 80 %, and when the pace so far says
that it will not suffice (80 % sure). Clears when the next month begins. Programs that opted in are
stopped while it is used up. Tells team and boss.
Fires when the executions at once of all agents are above 50 over 15 min. Clears when it has been at
most 50 for 5 min. Tells nobody: it is seen on the page only. It is switched off.\
""")


def test_a_stored_rule_is_the_one_that_was_written() -> None:
    text = RuleText(name="Triage fails!", watch="failure_rate", above="5 %", workspace="ours")
    row = row_of(text, 7)
    assert (row.rule_id, row.title, row.changed_ns) == ("triage-fails", "Triage fails!", 7)
    assert stored_rule(row) == read_rule(text, made_ns=7)


def test_a_file_of_rules_is_checked_as_a_whole() -> None:
    good = (
        "rules:\n- name: a\n  watch: executions\n  below: 5\n  over: 1 h\ntargets:\n  team: json://hooks.example.com\n"
    )
    file = read_rule_file(good, "rules.yaml")
    assert read_rule(file.rules[0]).limit == 5
    assert file.targets == {"team": "json://hooks.example.com"}
    for text, part in (
        ("rules: [", "is no YAML"),
        ("rules:\n- name: a\n  wacth: x\n", "wacth"),
        ("rules:\n- name: a\n  absent_for: 1 h\n- name: 'A!'\n  absent_for: 2 h\n", "two rules named"),
        ("- 1", "Expected `object`"),
    ):
        with pytest.raises(InvalidInput, match=part):
            read_rule_file(text, "rules.yaml")
