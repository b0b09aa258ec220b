"""What a program can say about the step or execution that runs: usage, decisions, stages, log lines.

All of them do nothing outside of a step, before `configure()`, and where sampling left the execution out. None raises.
"""

from typing import Any

from longpole.model.clock import now_ns, steady_ns
from longpole.model.stage import ExecutionStage
from longpole.record import stages
from longpole.record.capture import describe
from longpole.record.current import (
    ENDED,
    SITE,
    STARTED,
    Record,
    current,
    current_execution_record,
    ids_of,
    is_execution_id,
    is_unsampled,
    own_record,
)
from longpole.record.decisions import note_decision, note_should_respond
from longpole.record.execution_context import ExecutionContext
from longpole.record.harmless import quiet
from longpole.record.more import FIRST_TOKEN, add_attributes, add_event, has_room, put
from longpole.record.recorder import Line, recorder
from longpole.record.shorten import shortened
from longpole.record.site import text_of
from longpole.record.trouble import warn_once
from longpole.wire import longpole_names as names

USAGE_NAMES = {
    "model": "gen_ai.request.model",
    "provider": "gen_ai.provider.name",
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cache_read_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_write_tokens": "gen_ai.usage.cache_creation.input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
    "input_audio_tokens": "gen_ai.usage.input_audio_tokens",
    "output_audio_tokens": "gen_ai.usage.output_audio_tokens",
    "price_tier": names.PRICE_TIER,
    "reported": names.USAGE,
}


def current_execution() -> ExecutionContext | None:
    """The execution that runs here, or `None` outside of any."""
    record = current_execution_record()
    return None if record is None else ExecutionContext.of(record)


@quiet
def set_usage(
    *,
    model: str | None = None,
    provider: str | None = None,
    input_tokens: int | None = None,
    output_tokens: int | None = None,
    cache_read_tokens: int | None = None,
    cache_write_tokens: int | None = None,
    reasoning_tokens: int | None = None,
    input_audio_tokens: int | None = None,
    output_audio_tokens: int | None = None,
    price_tier: str | None = None,
    reported: object = None,
) -> None:
    """Says which model the current step called and the tokens it took, as the provider reported them.

    `input_tokens` include those read from a cache and audio, `output_tokens` those spent on reasoning and audio.
    `price_tier` is what the provider bills by, where that is not the usual: "batch", "flex", "priority", ...
    `reported` is the usage object of the provider's answer as it is, such as `response.usage`, a dictionary or an
    object of the provider's library: what it tells need not be said again.
    """
    given = {
        "model": model,
        "provider": provider,
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "cache_read_tokens": cache_read_tokens,
        "cache_write_tokens": cache_write_tokens,
        "reasoning_tokens": reasoning_tokens,
        "input_audio_tokens": input_audio_tokens,
        "output_audio_tokens": output_audio_tokens,
        "price_tier": price_tier,
        "reported": _as_told(reported),
    }
    set_attributes(**{USAGE_NAMES[name]: value for name, value in given.items() if value is not None})


def _as_told(usage: object) -> object:
    """A provider's usage object under the names that its interface has; libraries give some of them other names."""
    dump = getattr(usage, "model_dump", None)
    return usage if dump is None else dump(mode="json", by_alias=True, exclude_none=True)


@quiet
def set_attributes(**attributes: Any) -> None:
    """Adds attributes to the current step; a later value replaces an earlier one."""
    record = current.get()
    if record is not None:
        add_attributes(record, attributes)


@quiet
def first_token() -> None:
    """Says that the current step's first token is here. Of a generator with the category "llm" it is known anyway."""
    record = current.get()
    if record is not None and record[SITE] is not None:
        put(record, FIRST_TOKEN, steady_ns() - record[STARTED])


def track_should_respond(
    should: bool, confidence: float | None = None, reason: str | None = None, *, threshold: float | None = None
) -> bool:
    """Notes whether the current agent found that it should respond; if not, its execution is `skipped`.

    Args:
        should: the decision; it is given back, so that it can stand in an `if`.
        confidence: 0 to 1.
        reason: why, in a sentence.
        threshold: what the confidence was held against, 0 to 1.
    """
    _note_should_respond(should, confidence, threshold, reason)
    return should


@quiet
def _note_should_respond(should: bool, confidence: float | None, threshold: float | None, reason: str | None) -> None:
    record = current_execution_record()
    if record is not None:
        note_should_respond(record, bool(should), confidence, threshold, reason)


@quiet
def track_decision(
    candidate: str,
    *,
    score: float | None = None,
    threshold: float | None = None,
    outcome: str | None = None,
    reason: str | None = None,
) -> None:
    """Notes one candidate that the current execution considered, such as an agent or tool, and what came of it."""
    record = current_execution_record()
    if record is not None:
        note_decision(record, candidate, score, threshold, outcome, reason)


@quiet
def track_stage(stage: ExecutionStage | str, message: str | None = None) -> None:
    """Notes that the current execution has entered a stage, one of `ExecutionStage`, and left the one before it."""
    record = current_execution_record()
    if record is not None:
        stages.enter_stage(record, stage, message)


@quiet
def complete_stage(stage: ExecutionStage | str | None = None) -> None:
    """Notes that a stage of the current execution is complete; by default the one that it is in."""
    record = current_execution_record()
    if record is not None:
        stages.complete_stage(record, stage)


@quiet
def log_event(message: str, level: str = "info", **attributes: Any) -> None:
    """Puts a log line into the current step."""
    record = current.get()
    if record is not None:
        add_line(record, message, level, attributes)


def add_line(record: Record, message: str, level: str, attributes: dict[str, Any]) -> None:
    """Puts a log line into a step; where that has ended or is elsewhere, the line goes by itself, under its ids."""
    if is_unsampled(record):
        return
    record = own_record(record)
    if record[SITE] is not None and record[ENDED] is None and has_room(record):
        add_event(record, names.EVENT_LOG, {**attributes, "level": level, "message": message})
        return
    ids = ids_of(record)
    plain: dict[str, Any] = shortened({**attributes, "message": message})
    text = plain.pop("message")
    text = text if isinstance(text, str) else describe(text)
    recorder.tell(
        Line(now_ns(), names.EVENT_LOG, text_of(level), text, plain, ids.trace_id, ids.span_id, ids.workspace)
    )


@quiet
def score(
    name: str,
    value: float | None = None,
    *,
    label: str | None = None,
    comment: str | None = None,
    execution_id: str | None = None,
) -> None:
    """Attaches a judgement to an execution, such as the mark that a check or a user gave; kept beside its times.

    Sent as the event `gen_ai.evaluation.result` of the OpenTelemetry GenAI conventions.

    Args:
        name: what was judged, such as "correct" or "helpfulness".
        value: the mark as a number.
        label: the mark as a word.
        comment: why.
        execution_id: of an execution that has ended, as `current_execution()` gave it; by default the one that runs.
    """
    if execution_id is None:
        record = current_execution_record()
        if record is None:
            return
        ids = ids_of(record)
        trace_id, span_id, workspace = ids.trace_id, ids.span_id, ids.workspace
    elif is_execution_id(text_of(execution_id)):
        trace_id, span_id, workspace = execution_id[:32], execution_id[32:], None
    else:
        warn_once(
            f"The score {describe(name)} is not kept: {describe(execution_id)[:100]} is no execution. Expected the "
            "execution_id of current_execution(): 48 hexadecimal digits."
        )
        return
    attributes = {
        "gen_ai.evaluation.name": name,
        "gen_ai.evaluation.score.value": value,
        "gen_ai.evaluation.score.label": label,
        "gen_ai.evaluation.explanation": comment,
    }
    recorder.tell(Line(now_ns(), names.SCORE, "info", None, shortened(attributes), trace_id, span_id, workspace))
