"""Targets files: what they mean, and errors that name the line."""

from pathlib import Path

import pytest

from house.checkout import ROOT
from longpole.model.errors import InvalidInput
from longpole.testing.targets import load_targets, read_targets


def test_an_operation_needs_nothing_but_a_function() -> None:
    (target,) = read_targets("operations:\n  ask:\n    run: coach:ask\n")
    assert (target.name, target.run, target.args) == ("ask", "coach:ask", {})
    assert (target.target_ns, target.percentile, target.tolerance) == (None, "p50", 0.0)
    assert (target.rounds, target.warmup, target.concurrency, target.inside) == (10, 1, 1, {})


def test_targets_are_seconds_or_milliseconds_and_defaults_are_for_all() -> None:
    first, second = read_targets(
        """
defaults: {rounds: 5, tolerance: 0.1, percentile: p95}
operations:
  first: {run: "agents/coach.py:Coach.ask", args: [1, two], target_s: 0.5, concurrency: 4}
  second:
    run: package.module:function
    target_ms: 20
    percentile: max
    rounds: 2
    inside:
      call model: {target_ms: 15, tolerance: 0}
      parse: {}
"""
    )
    assert (first.target_ns, first.percentile, first.rounds, first.args) == (500_000_000, "p95", 5, [1, "two"])
    assert (second.target_ns, second.percentile, second.rounds, second.tolerance) == (20_000_000, "max", 2, 0.1)
    model, parse = second.inside["call model"], second.inside["parse"]
    assert (model.target_ns, model.percentile, model.tolerance) == (15_000_000, "max", 0.0)
    assert (parse.target_ns, parse.tolerance) == (None, 0.1)


def test_a_target_is_kept_up_to_its_tolerance() -> None:
    (target,) = read_targets("operations: {ask: {run: 'a:b', target_s: 1, tolerance: 0.05}}")
    assert target.is_kept_by(1_050_000_000)
    assert not target.is_kept_by(1_050_000_001)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("operations:\n  ask:\n    run: coach:ask\n    target: 1\n", 4, "`ask` has an unknown field `target`"),
        ("operations:\n  ask:\n    target_s: 1\n", 2, "`ask` has no `run`"),
        ("operations:\n  ask:\n    run: coach\n", 3, "`run` of `ask` is 'coach'"),
        ("operations:\n  ask:\n    run: a:b\n    rounds: none\n", 4, "`rounds` of `ask` is 'none'"),
        ("operations:\n  ask:\n    run: a:b\n    target_s: -1\n", 4, "`target_s` of `ask` is -1"),
        ("operations:\n  ask:\n    run: a:b\n    percentile: p42\n", 4, "`percentile` of `ask` is 'p42'"),
        ("operations:\n  ask:\n    run: a:b\n    args: 7\n", 4, "`args` of `ask` is 7"),
        ("operations:\n  ask:\n    run: a:b\n    target_s: 1\n    target_ms: 1\n", 5, "`ask` has two targets"),
        ("operations:\n  ask:\n    run: a:b\n  ask:\n    run: c:d\n", 4, "`ask` stands here a second time"),
        ("operations:\n  ask:\n    run: a:b\n    inside:\n      model: {wrong: 1}\n", 5, "an unknown field `wrong`"),
        ("operations:\n  ask: coach:ask\n", 2, "`ask` is 'coach:ask'"),
        ("operations: [1]\n", 1, "there are no operations"),
        ("defaults:\n  run: x\noperations: {}\n", 2, "`defaults` has an unknown field `run`"),
        ("operation: {}\n", 1, "the file has an unknown field `operation`"),
        ("operations:\n  ask: {run: a:b\n", 3, "this is not YAML"),
        ("", 1, "there are no operations"),
        ("- 1\n", 1, "the file is [1]"),
    ],
)
def test_a_mistake_is_told_with_its_line_what_was_expected_and_what_to_do(text: str, line: int, says: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        read_targets(text, "targets.yaml")
    message = str(raised.value)
    assert message.startswith(f"targets.yaml, line {line}: ")
    assert says in message
    assert " Expected: " in message
    assert "Correct that line" in message


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"nowhere.* cannot be read"):
        load_targets(tmp_path / "nowhere.yaml")


def test_the_example_holds_the_targets_of_the_profiling_document() -> None:
    targets = {target.name: target for target in load_targets(ROOT / "examples" / "targets.yaml")}
    assert {name: target.target_s for name, target in targets.items()} == {
        "simple query": 0.5,
        "moderate query": 1.5,
        "complex query": 3.0,
        "coordination of two agents": 1.0,
    }
    assert targets["coordination of two agents"].inside["call agent"].target_s == 0.3
