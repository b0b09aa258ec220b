"""Steps run as soon as what they need is there, in an order that can be foretold, and nothing is left behind."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

import longpole
from longpole.model.errors import InvalidInput, SettingsError
from longpole.remedies import Pipeline, execute_pipeline
from longpole.remedies.pipeline_run import StepOutcome
from unit.record.conftest import Recorded
from virtual_time import run_virtually


def timed(name: str, seconds: float, seen: dict[str, tuple[float, float]]) -> Callable[[], Any]:
    async def step() -> str:
        loop = asyncio.get_running_loop()
        began = loop.time()
        await asyncio.sleep(seconds)
        seen[name] = (began, loop.time())
        return name.upper()

    return step


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, tuple[int, tuple[str, ...], str | None]]:
    """Steps with whole seconds, steps before them, and perhaps a resource."""
    count = draw(st.integers(1, 8))
    found: dict[str, tuple[int, tuple[str, ...], str | None]] = {}
    for number in range(count):
        after = draw(st.lists(st.sampled_from(sorted(found)), unique=True, max_size=3)) if found else []
        found[f"s{number}"] = (draw(st.integers(1, 20)), tuple(after), draw(st.sampled_from([None, None, "model"])))
    return found


def build(graph: dict[str, tuple[int, tuple[str, ...], str | None]], most: int) -> tuple[Pipeline, dict[str, Any]]:
    pipeline, seen = Pipeline(limits={"model": most}), dict[str, tuple[float, float]]()
    for name, (seconds, after, uses) in graph.items():
        pipeline.add(timed(name, seconds, seen), name=name, after=after, uses=uses)
    return pipeline, seen


@given(graphs())
def test_a_step_begins_at_the_very_moment_at_which_the_last_one_it_needs_has_ended(graph: Any):
    pipeline, seen = build(graph, most=8)
    result = run_virtually(pipeline.run())
    for name, (seconds, after, _) in graph.items():
        began, ended = seen[name]
        assert began == max([seen[before][1] for before in after], default=0.0)
        assert ended == began + seconds
    assert [step.name for step in result.steps] == list(graph)
    assert result.values == [name.upper() for name in graph]


@given(graphs(), st.integers(1, 3))
def test_explain_foretells_start_and_end_of_every_step_under_a_limit_too(graph: Any, most: int):
    pipeline, seen = build(graph, most)
    plan = pipeline.explain({name: seconds * 1000 for name, (seconds, *_) in graph.items()})
    run_virtually(pipeline.run())
    assert plan.steps is not None
    assert {step.name: (step.started_ns / 1e9, step.ended_ns / 1e9) for step in plan.steps} == seen
    assert plan.finish_ns == max(end for _, end in seen.values()) * 1e9
    using = sorted(seen[name] for name, (_, _, uses) in graph.items() if uses)
    assert all(sum(began <= at < ended for began, ended in using) <= most for at, _ in using)


@given(graphs(), st.sets(st.integers(0, 7)))
def test_a_run_goes_on_from_a_checkpoint_and_runs_nothing_twice(graph: Any, failing: set[int]):
    first, second = dict[str, Any](), list[str]()
    broken = {f"s{number}" for number in failing}

    def pipeline(breaks: bool) -> Pipeline:
        built = Pipeline(on_failure="continue")
        for name, (seconds, after, _) in graph.items():

            async def step(name: str = name, seconds: int = seconds) -> str:
                await asyncio.sleep(seconds)
                if breaks and name in broken:
                    raise ValueError(name)
                second.append(name)
                return name

            built.add(step, name=name, after=after)
        return built

    run_virtually(pipeline(breaks=True).run(save=first.__setitem__))
    done = set(first)
    second.clear()
    result = run_virtually(pipeline(breaks=False).run(checkpoint=first))
    assert result.values == list(graph)
    assert set(second) == set(graph) - done


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=6))
def test_in_declared_order_it_does_what_the_loop_did(steps: list[tuple[int, bool]]):
    def make(log: list[Any]) -> list[Callable[[], Any]]:
        def one(number: int, seconds: int, fails: bool) -> Callable[[], Any]:
            async def step() -> int:
                log.append(("begins", number, asyncio.get_running_loop().time()))
                await asyncio.sleep(seconds)
                if fails:
                    raise ValueError(number)
                return number

            return step

        return [one(number, *step) for number, step in enumerate(steps)]

    async def loop(made: list[Callable[[], Any]]) -> list[Any]:
        return [await step() for step in made]

    def outcome(run: Any) -> Any:
        try:
            return run_virtually(run)
        except ValueError as error:
            return ("raised", error.args)

    log, expected = list[Any](), list[Any]()
    assert outcome(execute_pipeline(make(log), order="declared")) == outcome(loop(make(expected)))
    assert log == expected


async def seconds(number: float) -> float:
    await asyncio.sleep(number)
    return number


def failing_pipeline(on_failure: Any) -> tuple[Pipeline, list[str]]:
    ended = list[str]()
    pipeline = Pipeline(on_failure=on_failure)

    @pipeline.step
    async def quick() -> str:
        await seconds(1)
        return "quick"

    @pipeline.step
    async def broken() -> None:
        await seconds(2)
        raise LookupError("no second source")

    @pipeline.step
    async def slow() -> str:
        try:
            await seconds(9)
        finally:
            ended.append("slow")
        return "slow"

    @pipeline.step
    async def needs_broken(broken: object) -> None:
        ended.append("needs_broken")

    @pipeline.step
    async def needs_slow(slow: str) -> str:
        return f"after {slow}"

    return pipeline, ended


@pytest.mark.parametrize(
    ("on_failure", "outcomes"),
    [
        ("stop", ["success", "failed", "cancelled", "skipped", "skipped"]),
        ("continue", ["success", "failed", "success", "skipped", "success"]),
    ],
)
def test_what_becomes_of_the_others_when_one_fails_can_be_chosen(on_failure: str, outcomes: list[str]):
    pipeline, ended = failing_pipeline(on_failure)
    result = run_virtually(pipeline.run())
    assert [str(step.outcome) for step in result.steps] == outcomes
    assert ended == ["slow"]
    with pytest.raises(KeyError, match="broken: failed") as refused:
        result["broken"]
    assert isinstance(refused.value.__cause__, LookupError)


def test_the_first_failure_is_raised_as_it_is_when_nothing_runs_any_more():
    pipeline, ended = failing_pipeline("raise")
    with pytest.raises(LookupError, match="no second source"):
        run_virtually(pipeline.run())
    assert ended == ["slow"]


def test_a_run_stops_early_when_a_result_says_so():
    pipeline = Pipeline(stop_when=lambda _, value: value == "enough")
    pipeline.add(lambda: "enough", name="first")
    pipeline.add(lambda first: first, name="second")
    result = asyncio.run(pipeline.run())
    assert [step.outcome for step in result.steps] == [StepOutcome.SUCCESS, StepOutcome.SKIPPED]
    assert result.values == ["enough"]


def test_whoever_cancels_a_run_leaves_no_task_behind():
    ended = list[str]()

    async def step() -> None:
        try:
            await seconds(9)
        finally:
            await seconds(1)
            ended.append("closed")

    async def program() -> float:
        running = asyncio.create_task(execute_pipeline([step, step]))
        await seconds(2)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return asyncio.get_running_loop().time()

    assert run_virtually(program()) == 3.0
    assert ended == ["closed", "closed"]


def test_a_step_is_tried_again_and_each_attempt_has_its_own_timeout():
    pipeline, waits = Pipeline(on_failure="continue"), [5.0, 0.5]

    @pipeline.step(attempts=3, timeout_s=1.0)
    async def search() -> str:
        await seconds(waits.pop(0))
        return "found"

    @pipeline.step(timeout_s=1.0)
    async def never() -> None:
        await seconds(5)

    with stamina.set_testing(True, attempts=3):
        result = run_virtually(pipeline.run())
    assert (result["search"], result.steps[0].attempts) == ("found", 2)
    assert result.steps[1].outcome is StepOutcome.TIMEOUT


def test_plain_functions_run_beside_each_other_with_the_callers_context(recorded: Recorded):
    pipeline = Pipeline("page")

    @pipeline.step
    def left() -> str:
        return longpole.current_execution().execution_id

    @pipeline.step
    async def right(left: str, sep: str = "-", **inputs: Any) -> str:
        return f"{sep}{inputs['city']}"

    @longpole.agent
    async def lead() -> list[Any]:
        return (await pipeline.run(city="Lisbon")).values

    execution_id, text = asyncio.run(lead())
    assert text == "-Lisbon"
    assert recorded.span("lead").trace_id == execution_id[:32]
    assert (recorded.parent_of("left"), recorded.parent_of("page")) == ("page", "lead")
    attributes = recorded.span("right").attributes
    assert attributes["longpole.remedy"] == "pipeline"
    assert attributes["longpole.pipeline.after"] == ["left"]
    assert attributes["code.function.name"].endswith("right")
    assert recorded.span("page").attributes["longpole.remedy.saved_ns"] >= 0


def test_a_failed_step_is_recorded_with_the_error_of_the_program(recorded: Recorded):
    pipeline, _ = failing_pipeline("continue")
    run_virtually(pipeline.run())
    assert recorded.span("broken").attributes["error.type"] == "LookupError"
    assert recorded.span("broken").attributes["longpole.remedy.outcome"] == "failed"


def test_waiting_for_a_place_is_a_step_of_its_own_and_not_part_of_what_is_measured(recorded: Recorded):
    pipeline = Pipeline(limits={"model": 1})

    async def blocked_for_a_moment() -> None:
        for _ in range(20):
            await asyncio.sleep(0.0005)

    for name in ("a", "b"):
        pipeline.add(blocked_for_a_moment, name=name, uses="model")
    result = asyncio.run(pipeline.run())
    assert recorded.parent_of("wait for model") == "b"
    waited = result.steps[1].waited_ns
    assert waited > 1_000_000
    assert pipeline.measured_ns["b"] == result.steps[1].duration_ns - waited


def test_objects_of_the_supervisor_run_as_they_are_and_may_share_a_name():
    class Research(longpole.BaseSubAgent):
        name = "research"

        async def run(self) -> str:
            return "notes"

    class Write(longpole.BaseSubAgent):
        name = "write"
        after = ("research",)

        def run(self) -> str:
            return "text"

    steps = [Research(), Write(), lambda: "published", lambda: "told"]
    assert asyncio.run(execute_pipeline(steps)) == ["notes", "text", "published", "told"]


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        (lambda p: (p.add(lambda b: b, name="a"), p.add(lambda a: a, name="b")), "need each other"),
        (lambda p: (p.add(lambda: 1, name="a"), p.add(lambda: 1, name="a")), "two steps called 'a'"),
        (lambda p: p.add(lambda: 1, name="a", after=("x",)), "a step 'a' after 'x'"),
        (lambda p: p.add(lambda: 1, name="a", uses="disk"), "that uses 'disk'"),
    ],
)
def test_a_pipeline_that_cannot_run_says_why(declare: Any, message: str):
    pipeline = Pipeline()
    declare(pipeline)
    with pytest.raises(SettingsError, match=message):
        asyncio.run(pipeline.run())


def test_a_missing_input_is_named():
    pipeline = Pipeline()
    pipeline.add(lambda city: city, name="search")
    with pytest.raises(InvalidInput, match="takes 'city'"):
        asyncio.run(pipeline.run())


def test_steps_behind_each_other_cannot_be_declared_the_wrong_way_round():
    pipeline = Pipeline(order="declared")
    pipeline.add(lambda b: b, name="a")
    pipeline.add(lambda: 1, name="b")
    with pytest.raises(SettingsError, match="'a' needs 'b', which is declared behind it"):
        asyncio.run(pipeline.run())


def test_explain_draws_the_graph_and_says_what_it_does_not_know():
    pipeline = Pipeline("research")
    pipeline.add(lambda: 1, name="plan")
    pipeline.add(lambda plan: 1, name="search")
    pipeline.add(lambda plan: 1, name="news")
    pipeline.add(lambda search, news: 1, name="summary")
    assert str(pipeline.explain({"plan": 300})) == (
        "research: finish unknown, without the durations of search, news, summary\n"
        "  plan   \n  search   after plan\n  news     after plan\n  summary  after search, news"
    )
    drawn = str(pipeline.explain({"plan": 300, "search": 600, "news": 700, "summary": 1000})).splitlines()
    assert drawn[0] == "research: 2,000 ms, one after the other 2,600 ms; * decides how long it takes"
    assert [line[0] for line in drawn[1:]] == ["*", " ", "*", "*"]
    assert drawn[4].endswith("1,000 ms  after search, news")
