"""Files of rules against noise: what can be written, what it means in words, and what a wrong one is told."""

from pathlib import Path

import pytest

from longpole.ingest.noise_rules import MOST_RULES, Match, NoiseRule, describe_rule, load_noise_rules, read_noise_rules
from longpole.model.errors import InvalidInput

GOOD = """
rules:
  - name: pings
    match: {name: "PING*", category: cache, service: "shop*", workspace: team, attributes: {code: 200, ok: true},
            shorter_than_ms: 2.5}
    drop: true

  - name: reads
    match: {name: GET}
    fold: 3
"""


def test_a_file_gives_its_rules_in_their_order():
    match = Match(
        name="PING*",
        category="cache",
        service="shop*",
        workspace="team",
        attributes={"code": 200, "ok": True},
        shorter_than_ms=2.5,
    )
    assert read_noise_rules(GOOD, "x") == [
        NoiseRule(name="pings", match=match, drop=True),
        NoiseRule(name="reads", match=Match(name="GET"), fold=3),
    ]


def test_a_rule_is_said_in_words():
    pings, reads = read_noise_rules(GOOD, "x")
    assert describe_rule(pings) == (
        "Drops steps named PING*, of category cache, of service shop*, in workspace team, with code = 200, "
        "with ok = true, shorter than 2.5 ms."
    )
    assert describe_rule(reads) == "Keeps the first 3 of each run of steps named GET, and folds the others into one."
    one = NoiseRule(name="r", match=Match(name="GET"), fold=1)
    assert describe_rule(one).startswith("Keeps the first of each run")
    none = NoiseRule(name="r", match=Match(name="GET"), fold=0)
    assert describe_rule(none) == "Folds each run of steps named GET into one."


def rule(text: str) -> str:
    return f"# what is noise here\nrules:\n  - name: good\n    match: {{name: a}}\n    drop: true\n  - {text}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (rule("{name: bad, match: {nam: x}, drop: true}"), "rules.yaml, line 6, rule 'bad': Object contains unknown"),
        (rule("{name: bad, match: {name: x}, dropp: true}"), "line 6, rule 'bad': Object contains unknown field"),
        (rule("{match: {name: x}, drop: true}"), "line 6, rule number 2: Object missing required field `name`"),
        (rule("{name: ' ', match: {name: x}, drop: true}"), "it has no name"),
        (rule("{name: bad, match: {}, drop: true}"), "it matches every step"),
        (rule("{name: bad, match: {name: x}}"), "it must do one thing"),
        (rule("{name: bad, match: {name: x}, drop: true, fold: 1}"), "it must do one thing"),
        (rule("{name: bad, match: {name: x}, fold: -1}"), "fold is -1"),
        (rule("{name: bad, match: {name: x}, fold: many}"), "Expected `int | null`, got `str`"),
        (rule("{name: bad, match: {category: databse}, drop: true}"), "category is 'databse'. Expected one of llm, "),
        (rule("{name: bad, match: {category: llm}, drop: true}"), "model calls and agents are always kept"),
        (rule("{name: bad, match: {shorter_than_ms: 0}, drop: true}"), "shorter_than_ms is 0"),
        (rule("{name: good, match: {name: x}, drop: true}"), "line 6: a second rule is named 'good'"),
        (rule("{name: bad, match: [x], drop: true}"), "Expected `object`, got `array`"),
        (rule("nothing"), "line 6, rule number 2: Expected `object`, got `str`"),
        ("rules: {}", "rules.yaml holds the keys 'rules'"),
        ("rule: []", "rules.yaml holds the keys 'rule'"),
        ("", "rules.yaml holds nothing"),
        ("rules: [", "rules.yaml is no YAML"),
        ("rules: &all [*all]", "Expected `object`, got `array`"),
        (f"rules: [{'1, ' * (MOST_RULES + 1)}]", f"has {MOST_RULES + 1} rules"),
    ],
)
def test_a_wrong_file_is_told_where_and_what_to_do(text: str, said: str):
    with pytest.raises(InvalidInput) as caught:
        read_noise_rules(text, "rules.yaml")
    assert said in str(caught.value)
    assert "Expected" in str(caught.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path):
    with pytest.raises(InvalidInput, match=r"absent\.yaml of rules against noise cannot be read: No such file"):
        load_noise_rules(str(tmp_path / "absent.yaml"))
