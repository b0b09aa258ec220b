"""What `longpole replay` takes, and how it says what came of it."""

import pytest
from rich.console import Console

from longpole.cli.draw_replay import draw_outcome
from longpole.cli.replay import read_wait
from longpole.model.errors import InvalidInput
from longpole.replay.divergence import asked_in_vain
from longpole.replay.plan import Outcome, Plan
from longpole.replay.recordings import STEP, Call, Recording
from longpole.reports.compare_views import StepPair, StepSide
from longpole.reports.now_parallel import now_parallel

CALL = Call(
    step_id="1", kind=STEP, name="news", agents=("lead",), arguments={"city": "Rome"}, offset_ns=0, duration_ns=1
)
PLAN = Plan(recording=Recording(execution_id="e1", agent="lead", calls=[CALL], open_steps=[], clock={}, seed=None))


@pytest.mark.parametrize("text", ["fast", "-1", "nan", "inf", ""])
def test_a_speed_that_is_none_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match="Expected 1, 0 or a factor like 2x"):
        read_wait(text)


def printed(outcome: Outcome, plan: Plan = PLAN) -> str:
    screen = Console(width=100, markup=False, highlight=False)
    with screen.capture() as taken:
        screen.print(draw_outcome(plan, outcome))
    return taken.get()


def outcome(**given: object) -> Outcome:
    nothing = {"traces": [], "served": 0, "live": 0, "stubbed": 0, "redacted": 0}
    rest = {"divergences": [], "divergences_left_out": 0, "never_asked": []}
    return Outcome(**{**nothing, **rest, **given})  # type: ignore[arg-type]


def test_the_first_divergence_stands_in_full_and_the_others_by_name() -> None:
    found = [
        asked_in_vain(STEP, name, ("lead",), {"city": "Oslo"}, CALL if name == "news" else None, ["news"], "fail")
        for name in ("news", "weather")
    ]
    said = printed(outcome(served=3, divergences=found, never_asked=["news", "news"]))
    assert said.splitlines()[0] == "3 calls given back."
    assert "--- recorded\n+++ asked" in said
    assert '-  "city": "Rome"' in said
    assert "and 1 more (weather)" in said
    assert "Recorded and not asked for: 2 calls (news)" in said


def test_what_privacy_took_out_is_told_as_not_exact() -> None:
    said = printed(outcome(served=2, redacted=1))
    assert "1 result was given back without what privacy took out: not exact" in said


def side(offset_ns: int, duration_ns: int) -> StepSide:
    rest = dict.fromkeys(("self_ns", "critical_ns", "input_tokens", "output_tokens", "cost_usd", "model"))
    return StepSide(id="x", status="success", offset_ns=offset_ns, duration_ns=duration_ns, **rest)


def pair(name: str, depth: int, a: StepSide | None, b: StepSide | None) -> StepPair:
    changes = dict.fromkeys(("duration_change_ns", "self_change_ns", "critical_change_ns", "cost_change_usd"))
    return StepPair(name=name, category="tool", depth=depth, is_execution=False, is_moved=False, a=a, b=b, **changes)


def test_siblings_that_now_run_at_once_are_named_in_order() -> None:
    found = [
        pair("lead", 0, side(0, 100), side(0, 60)),
        pair("plan", 1, side(0, 10), side(0, 10)),
        pair("inner", 2, side(1, 2), side(1, 2)),
        pair("articles", 1, side(10, 40), side(10, 40)),
        pair("news", 1, side(50, 40), side(10, 40)),
        pair("gone", 1, side(90, 5), None),
        pair("both", 1, side(95, 5), side(50, 5)),
        pair("beside", 1, side(95, 5), side(50, 5)),
    ]
    assert now_parallel(found) == [["articles", "news"]]
    assert now_parallel(found[:3]) == []
