"""`ExecutionTracker`: an execution told by the program itself, with stages, decisions and model calls.

    tracker = AgentTrackerFactory(vault_id=vault_id).create_tracker("planner")
    async with tracker.track_execution("run", {"query": query}):
        await tracker.track_stage("pre_process")
        tracker.set_output(result)

Every method acts at the call and gives back something that is done already, so `await` is optional everywhere.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from sys import _getframe  # pyright: ignore[reportPrivateUsage] - inspect's way costs 100 times as much
from typing import Any

from longpole.model.category import Category
from longpole.model.clock import now_ns, steady_ns, to_rfc3339
from longpole.model.stage import ExecutionStage
from longpole.record import stages
from longpole.record.annotate import USAGE_NAMES, add_line
from longpole.record.budget import USER
from longpole.record.capture import describe
from longpole.record.content import Content
from longpole.record.current import Record, current
from longpole.record.decisions import Candidates, note_choice, note_should_respond
from longpole.record.finished import DONE, NO, YES, Finished
from longpole.record.harmless import harmless
from longpole.record.let_through import let_through
from longpole.record.model_calls import place_in
from longpole.record.recorder import recorder
from longpole.record.running import as_given
from longpole.record.site import Site, site_at, text_of
from longpole.record.tracked_execution import TrackedExecution, find_parent
from longpole.wire import longpole_names as names


class ExecutionTracker:
    """Tells about one execution of an agent. `AgentTrackerFactory` and `BaseAgent.create_tracker` make it.

    The execution is below the step that is current when the tracker is made, or below `parent_execution_id`.

    Args:
        agent: the agent's name.
        vault_id: whose material it works on; executions can be filtered by it.
        workspace: whose data it is, where no keys are used.
        conversation_id: the conversation that it belongs to.
        user_id: for whom it runs.
        parent_execution_id: the execution that called it, here or in another process.
        call_reason: why it was called.
        trigger_type: what started it, such as "api", "scheduled" or "manual".
        trigger_source: where that came from.
        steps_total: how many steps it is going to take, for the display of its progress.
        scopes: further scopes to filter by, as `vault_id`.
    """

    __slots__ = ("_attributes", "_execution", "agent")

    def __init__(
        self,
        agent: str,
        *,
        vault_id: object = None,
        workspace: str | None = None,
        conversation_id: object = None,
        user_id: object = None,
        parent_execution_id: object = None,
        call_reason: str | None = None,
        trigger_type: str | None = None,
        trigger_source: str | None = None,
        steps_total: int | None = None,
        **scopes: object,
    ) -> None:
        self.agent = text_of(agent)
        given = {
            names.WORKSPACE: workspace,
            "gen_ai.conversation.id": conversation_id,
            USER: user_id,
            names.CALL_REASON: call_reason,
            names.TRIGGER_TYPE: trigger_type,
            names.TRIGGER_SOURCE: trigger_source,
            **{names.SCOPE_PREFIX + name: value for name, value in {"vault_id": vault_id, **scopes}.items()},
        }
        self._attributes: dict[str, Any] = {name: _text(value) for name, value in given.items() if value is not None}
        if steps_total is not None:
            self._attributes[names.STEPS_TOTAL] = steps_total
        called_by = None if parent_execution_id is None else _text(parent_execution_id)
        self._execution = self._next(find_parent(called_by), _site(self.agent))

    @property
    def execution_id(self) -> str:
        """48 hexadecimal digits; known before the execution starts."""
        return self._execution.execution_id

    def track_execution(self, method: str, input_data: Any = None) -> "TrackedExecution[ExecutionTracker]":
        """The execution itself: `with` or `async with`. An exception that leaves it makes it `failed`, a cancellation
        or timeout makes it `timeout`; both go on unchanged. Used again, it makes another execution.

        Args:
            method: which of the agent's methods runs.
            input_data: what it works on; kept like the arguments of a decorated function.
        """
        site = site_at(_getframe(1), self.agent, Category.AGENT, method)
        execution = self._execution
        if execution.is_running or execution.has_ended:
            execution = self._next(current.get() or recorder.outside, site)
        return execution.prepare(site, as_given(input_data))

    @harmless
    def track_pending(self, reason: str | None = None) -> Finished:
        """Announces the execution as `pending`: selected, not started. The time until it starts is a step "queue"."""
        self._execution.announce(reason)
        return DONE

    @harmless
    def track_should_respond(
        self, should: bool, confidence: float | None = None, reason: str | None = None, threshold: float | None = None
    ) -> Finished:
        """Notes whether the agent found that it should respond; if not, the execution is `skipped`.

        Args:
            should: the decision; awaiting gives it back.
            confidence: 0 to 1.
            reason: why, in a sentence.
            threshold: what the confidence was held against, 0 to 1.
        """
        record = self._execution.record
        entered = stages.stage_of(record)
        if entered is None or entered.name != ExecutionStage.SHOULD_RESPOND:
            stages.complete_stage(record, ExecutionStage.SHOULD_RESPOND)
        note_should_respond(record, bool(should), confidence, threshold, reason)
        return YES if should else NO

    @harmless
    def track_stage(self, stage: ExecutionStage | str, message: str | None = None, **data: Any) -> Finished:
        """Notes that the execution enters a stage; the one before is left by that, whether completed or not."""
        stages.enter_stage(self._execution.record, stage, message, data)
        return DONE

    @harmless
    def complete_stage(self, stage: ExecutionStage | str | None = None) -> Finished:
        """Notes that a stage is complete; by default the one that the execution is in."""
        stages.complete_stage(self._execution.record, stage)
        return DONE

    @harmless
    def track_llm_request(self, model: str, request_data: Any = None) -> Finished:
        """Notes that a request goes to a model: the execution is `llm_request` until the response is tracked."""
        if self._execution.is_running:
            self._execution.request(str(model), request_data, _getframe(2))
        return DONE

    @harmless
    def track_llm_response(
        self,
        response_data: Any = None,
        tokens_used: int | None = None,
        latency_ms: float | None = None,
        *,
        model: str | None = None,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        cache_read_tokens: int | None = None,
        cache_write_tokens: int | None = None,
        reasoning_tokens: int | None = None,
    ) -> Finished:
        """Notes that the response is here. Of several requests under way it answers the one that this task waits for.

        Args:
            response_data: what came; kept like the result of a decorated function.
            tokens_used: input and output together, where they are not known one by one.
            latency_ms: as the program measured it. If the request was not tracked, it says when the call began.
            model: the one that answered, if it is another than was asked.
            input_tokens: including those read from a cache.
            output_tokens: including those spent on reasoning.
            cache_read_tokens: of the input, those that came from a cache.
            cache_write_tokens: of the input, those that went into a cache.
            reasoning_tokens: of the output, those spent on reasoning.
        """
        execution = self._execution
        if not execution.is_running:
            return DONE
        facts = {
            USAGE_NAMES["input_tokens"]: input_tokens,
            USAGE_NAMES["output_tokens"]: output_tokens,
            USAGE_NAMES["cache_read_tokens"]: cache_read_tokens,
            USAGE_NAMES["cache_write_tokens"]: cache_write_tokens,
            USAGE_NAMES["reasoning_tokens"]: reasoning_tokens,
            names.LATENCY_MS: latency_ms,
            names.TOTAL_TOKENS: tokens_used if input_tokens is None or output_tokens is None else None,
        }
        if not execution.calls:
            began_ns = steady_ns() - round((latency_ms or 0) * 1e6)
            execution.request(model, None, _getframe(2)).began_at(began_ns)
        execution.respond(response_data, model, facts)
        return DONE

    @harmless
    def track_decision(
        self,
        candidates: Candidates,
        scores: Sequence[float | None] | None = None,
        threshold: float | None = None,
        chosen: str | Collection[str] | None = None,
        reason: str | None = None,
    ) -> Finished:
        """Notes a choice, one decision for each candidate, so that it can be told later why one was not taken.

        Args:
            candidates: their names; or pairs of name and score; or a dictionary of them; or dictionaries with
                "name", "score", "reason" and, where it is another than the scores tell, "outcome" ("blocked", say).
            scores: the candidates' scores in their order, where they are names only.
            threshold: what the scores were held against.
            chosen: the name of the one taken, or the names.
            reason: why, in a sentence.
        """
        if scores is not None:
            candidates = [(str(name), score) for name, score in zip(candidates, scores, strict=False)]
        note_choice(self._execution.record, candidates, threshold, chosen, reason)
        return DONE

    @harmless
    def progress(self, steps_completed: int | None = None, steps_total: int | None = None) -> Finished:
        """Notes how far the execution is: "3 of 10"."""
        given = {names.STEPS_COMPLETED: steps_completed, names.STEPS_TOTAL: steps_total}
        self._execution.put({name: value for name, value in given.items() if value is not None})
        return DONE

    @harmless
    def checkpoint(self, name: str, **data: Any) -> Finished:
        """Notes a point from which the work could be taken up again, with what belongs to it. 1,000 are kept.

        Of `data` the content mode decides what leaves the process; lists and objects become JSON.
        """
        contents = {key: Content(value) for key, value in data.items()}
        self._execution.add_checkpoint({**contents, "name": text_of(name), "at": to_rfc3339(now_ns())})
        return DONE

    @harmless
    def credits(self, amount: float, unit: str | None = None) -> Finished:
        """Adds to the credits that the execution has used, in a unit of yours."""
        self._execution.add_credits(amount, unit)
        return DONE

    @harmless
    def log_event(self, message: str, level: str = "info", **attributes: Any) -> Finished:
        """Puts a log line into the step that runs, or into the execution if none does."""
        add_line(place_in(self._execution.record), message, level, attributes)
        return DONE

    @harmless
    def set_output(self, value: Any) -> Finished:
        """What came out, as it is now. Call it inside of the execution."""
        self._execution.set_output(value)
        return DONE

    def _next(self, parent: Record | None, site: Site) -> "TrackedExecution[ExecutionTracker]":
        return TrackedExecution(self, self._follow, parent, site, self._attributes)

    def _follow(self, execution: "TrackedExecution[ExecutionTracker]") -> "TrackedExecution[ExecutionTracker]":
        """From now on tells about this one; gives back the one before."""
        before, self._execution = self._execution, execution
        return before


def _text(value: object) -> str:
    try:
        return str(value)
    except BaseException as error:
        let_through(error)
        return describe(value)


@lru_cache(1024)
def _site(agent: str) -> Site:
    """The agent as long as nobody knows which method runs, and where."""
    return Site(agent, Category.AGENT, agent=agent)
