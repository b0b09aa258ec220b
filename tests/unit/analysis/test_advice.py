import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from execution_trees import tree_of
from longpole.analysis.advice import Opportunity, Scene, make_scene, rank, saved_together_ns
from longpole.analysis.advice_agents import Refusal, find_agent_opportunities
from longpole.analysis.advice_calls import find_call_opportunities
from longpole.analysis.advice_list import find_opportunities
from longpole.analysis.advice_sequence import find_sequence_opportunities, sequences
from longpole.analysis.advice_waits import find_wait_opportunities
from longpole.analysis.independence import Judgement, Verdict, judge_independence
from longpole.analysis.span import Span
from longpole.model.finding import Confidence
from longpole.model.tree import Tree

MS = 1_000_000
Part = tuple[int | None, int, int, Span]


def span(name: str, category: str = "tool", **more: Any) -> Span:
    return Span(name, category, **{"agent": "team", "execution_id": "e", **more})


def agent(name: str, **more: Any) -> Span:
    return span(name, "agent", agent=name, is_execution=True, **more)


def scene_of(*parts: Part) -> Scene:
    """A team at the top; each part is its parent, its start and end in milliseconds, and what it is."""
    end = max(part[2] for part in parts)
    tree = tree_of((None, 0, end * MS), *((parent or 0, start * MS, stop * MS) for parent, start, stop, _ in parts))
    spans = [agent("team"), *(part[3] for part in parts)]
    return make_scene(tree, 0, spans)


def waits_of(scene: Scene, suffered: Mapping[int, Mapping[int, int]] | None = None) -> list[Opportunity]:
    return rank(scene, find_wait_opportunities(scene, suffered or {}))


def sequences_of(scene: Scene, verdicts: Mapping[tuple[int, int], Verdict] | None = None) -> list[Opportunity]:
    def judge(first: int, second: int) -> Judgement:
        if verdicts is None:
            return judge_independence(scene.spans[first], scene.spans[second])
        verdict = verdicts.get((first, second), Verdict.INDEPENDENT)
        return Judgement(verdict=verdict, confidence=Confidence.MEDIUM, reasons=["seen"])

    return rank(scene, find_sequence_opportunities(scene, sequences(scene), judge))


def titles(found: Sequence[Opportunity]) -> list[str]:
    return [one.title for one in found]


def test_a_repeated_call_saves_its_time_only_where_something_waited_for_it():
    call = span("load", "database", argument_hash="a")
    alone = scene_of((0, 0, 100, call), (0, 100, 200, span("think", "llm")), (0, 200, 300, call))
    (found,) = rank(alone, find_call_opportunities(alone))
    assert (found.rule, found.saving_ns, found.nodes) == ("repeats.same_call", 100 * MS, (3, 1))
    beside = scene_of((0, 0, 100, call), (0, 100, 400, span("think", "llm")), (0, 100, 200, call))
    assert rank(beside, find_call_opportunities(beside)) == []


def test_savings_of_several_overlap_and_are_simulated_together():
    wait = span("back off", "retry")
    scene = scene_of(
        (0, 0, 100, wait), (0, 0, 80, span("wait for the limit", "rate_limit")), (0, 100, 150, span("ask"))
    )
    found = waits_of(scene)
    assert [one.saving_ns for one in found] == [20 * MS]
    every = list(find_wait_opportunities(scene, {}))
    assert saved_together_ns(scene.simulator, every) == 100 * MS
    assert saved_together_ns(scene.simulator, []) == 0


def test_a_wait_after_too_many_requests_is_a_rate_limit_and_counts_the_failed_try():
    failed = span("chat", "llm", error_type="openai.RateLimitError", error_message="429", status="failed")
    scene = scene_of((0, 0, 10, failed), (0, 10, 510, span("back off", "retry")), (0, 510, 900, span("chat", "llm")))
    (found,) = waits_of(scene)
    assert (found.rule, found.title) == ("waits.rate_limit", "team waits once for the rate limit of chat")
    assert (found.saving_ns, found.confidence) == (510 * MS, Confidence.CERTAIN)
    assert found.evidence["waited_ns"] == 500 * MS


def test_a_wait_after_any_other_failure_is_a_retry_that_names_it():
    failed = span("fetch", "http", error_type="ConnectionError", status="failed")
    scene = scene_of((0, 0, 10, failed), (0, 10, 60, span("back off", "retry")), (0, 60, 90, span("fetch", "http")))
    assert titles(waits_of(scene)) == ["team tries fetch again once after ConnectionError"]


def test_a_blocked_loop_saves_what_others_stood_still_for():
    block = span("time.sleep in prices (cache.py:88)", "blocked_loop")
    scene = scene_of((0, 0, 400, span("search", "http")), (0, 0, 300, span("prices")), (2, 0, 300, block))
    (found,) = waits_of(scene, {0: {1: 150 * MS}})
    assert found.title == "time.sleep in prices (cache.py:88) stops the event loop; 1 other step waited"
    assert (found.saving_ns, found.confidence) == (100 * MS, Confidence.HIGH)
    assert "asyncio.sleep" in found.advice


def test_a_block_that_nobody_waited_for_is_told_with_less_confidence():
    block = span("read in load (files.py:3)", "blocked_loop")
    (found,) = waits_of(scene_of((0, 0, 300, span("load")), (1, 0, 300, block)))
    assert (found.saving_ns, found.confidence) == (None, Confidence.MEDIUM)
    assert "to_thread" in found.advice


def test_a_model_that_has_not_answered_is_told():
    asked = span("chat", "llm", model="gpt-x", is_open=True, status="llm_request")
    assert titles(waits_of(scene_of((0, 0, 41_000, asked)))) == ["gpt-x has not answered team"]


def test_independent_steps_in_a_row_are_told_with_what_they_would_save_together():
    scene = scene_of((0, 0, 600, span("articles")), (0, 600, 1300, span("news")), (0, 1300, 1400, span("write")))
    (found,) = sequences_of(scene, {(1, 3): Verdict.DEPENDENT, (2, 3): Verdict.DEPENDENT})
    assert found.title == "articles and news run one after the other in team, and none needs another"
    assert (found.saving_ns, found.nodes, found.confidence) == (600 * MS, (1, 2), Confidence.MEDIUM)


def test_steps_of_which_nothing_is_known_are_not_told_to_run_together():
    assert sequences_of(scene_of((0, 0, 600, span("articles")), (0, 600, 1300, span("news")))) == []


def test_a_step_that_blocks_the_loop_cannot_run_beside_others_as_it_is():
    block = span("time.sleep in facts (team.py:9)", "blocked_loop")
    parts = (0, 0, 120, span("facts")), (1, 0, 120, block), (0, 120, 600, span("news")), (0, 600, 900, span("maps"))
    assert [one.nodes for one in sequences_of(scene_of(*parts), {})] == [(3, 4)]


def test_an_agent_that_failed_unnoticed_is_told_and_one_whose_caller_failed_too_is_not():
    lost = agent("checker", status="failed", error_type="LookupError", execution_id="c")
    scene = scene_of((0, 0, 100, lost), (0, 100, 200, span("write")))
    (found,) = rank(scene, find_agent_opportunities(scene, [], []))
    assert found.title == "checker failed with LookupError, and its caller went on without it"
    assert (found.saving_ns, found.evidence["lost_ns"]) == (None, 100 * MS)
    middle = agent("middle", status="failed", error_type="LookupError", execution_id="m")
    scene = scene_of((0, 0, 200, middle), (1, 0, 100, lost))
    assert [one.nodes for one in find_agent_opportunities(scene, [], [])] == [(1,)]


def test_agents_that_did_not_work_are_told_with_their_score():
    scene = scene_of((0, 0, 1, agent("translator", status="skipped")), (0, 1, 9, span("write")))
    found = rank(scene, find_agent_opportunities(scene, [Refusal("translator", 0.12, 0.5, "English")], ["illustrator"]))
    assert titles(found) == [
        "illustrator is registered by this program and has never run",
        "translator decided against its work: 0.12 is below 0.5",
    ]
    assert all(one.confidence is Confidence.CERTAIN for one in found)


def test_a_loop_without_progress_is_told_once_and_not_as_repeats_too():
    turn = [span("chat", "llm", argument_hash=None), span("search", argument_hash="same")]
    parts = [(0, 10 * i, 10 * i + 10, turn[i % 2]) for i in range(10)]
    scene = scene_of(*parts)
    (found,) = rank(scene, find_call_opportunities(scene))
    assert found.title == "team goes round 5 times with the same arguments: chat, search"
    assert (found.saving_ns, found.confidence) == (80 * MS, Confidence.HIGH)


def test_turns_with_pauses_between_them_are_polling():
    parts = [(0, 1000 * i, 1000 * i + 10, span("get job", argument_hash="same")) for i in range(6)]
    scene = scene_of(*parts)
    (found,) = rank(scene, find_call_opportunities(scene))
    assert (found.title, found.confidence) == (
        "team polls 6 times with the same arguments: get job",
        Confidence.MEDIUM,
    )


def test_an_execution_in_which_all_is_well_has_nothing_to_tell():
    scene = scene_of(
        (0, 0, 100, span("plan", "llm", argument_hash="a")), (0, 100, 200, span("search", argument_hash="b"))
    )
    found = [
        *find_call_opportunities(scene),
        *find_wait_opportunities(scene, {}),
        *find_agent_opportunities(scene, [], []),
    ]
    assert rank(scene, found) == []


STEPS = 50_000
FLAT = tree_of((None, 0, 10 * STEPS * MS), *((0, 10 * i * MS, (10 * i + 9) * MS) for i in range(STEPS - 1)))
DEEP = tree_of((None, 0, 2 * STEPS * MS), *((i, i * MS, (2 * STEPS - i) * MS) for i in range(STEPS - 1)))


@pytest.mark.parametrize("tree", [FLAT, DEEP], ids=["flat", "deep"])
@pytest.mark.parametrize(
    "steps",
    [
        [span("look", argument_hash="a")],
        [span("look")],
        [span("think", "llm", argument_hash="a"), span("look", argument_hash="b")],
        [span("ask", "http", status="failed", error_type="E"), span("wait", "retry")],
        [span("ask", "http", argument_hash="a"), span("sleep in f (x.py:1)", "blocked_loop")],
        [span("select", "database", argument_hash="a"), span("insert", "database", argument_hash="b")],
        [agent("helper")],
    ],
    ids=lambda steps: " ".join(one.name for one in steps),
)
def test_all_that_is_noticed_in_fifty_thousand_steps_takes_less_than_two_seconds(tree: Tree, steps: list[Span]):
    spans = [agent("team"), *(steps[i % len(steps)] for i in range(STEPS - 1))]
    began = time.process_time()
    scene = make_scene(tree, 0, spans)

    def judge(first: int, second: int) -> Judgement:
        return judge_independence(spans[first], spans[second])

    find_opportunities(scene, lambda _: judge, suffered={}, refusals=(), never_called=())
    assert time.process_time() - began < 2
