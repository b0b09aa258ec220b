"""`POST /api/scores`: takes a judgement about an execution, made by a person or another program.

It becomes the log record that any OpenTelemetry program would send for it and goes into the spool, so that there is one
path for scores: it is durable when it is acknowledged, and seen a moment later.
"""

import math
from collections.abc import Callable
from concurrent.futures import Future

from litestar import Response, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from msgspec import Struct
from msgspec.structs import replace

from longpole.ingest.spool import BodyFormat, Incoming, Signal
from longpole.model.batch import SpoolPosition
from longpole.model.clock import from_rfc3339, now_ns, to_rfc3339
from longpole.model.errors import InvalidInput
from longpole.reports.views import Problem, ScoreItem
from longpole.reports.which_execution import Found, find_execution
from longpole.server.access import own_workspace
from longpole.server.answer import REFUSALS_OF_ONE, Asked, answer
from longpole.server.problems import MEDIA_TYPE
from longpole.server.routes import Store
from longpole.store.engine import Engine
from longpole.wire import longpole_names as names
from longpole.wire.otlp_encode import LogOut, encode_log, logs_body

APPEND_TIMEOUT_S = 30.0
_LARGEST_TIME_NS = 2**63 - 1
_REFUSALS = REFUSALS_OF_ONE | {
    429: ResponseSpec(Problem, generate_examples=False, media_type=MEDIA_TYPE, description="Too much waits"),
    503: ResponseSpec(Problem, generate_examples=False, media_type=MEDIA_TYPE, description="Cannot be kept now"),
}

Append = Callable[[Incoming], "Future[SpoolPosition]"]
"""Makes a body durable: `Spool.append`."""


class NewScore(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A judgement to keep: a number, a label, or both.

    `execution_id` may be a trace id or a unique part of an execution id, as everywhere; `time` is RFC 3339, now if it
    is not given; `workspace` is needed only where several have an execution of that id.
    """

    execution_id: str
    name: str
    value: float | None = None
    label: str | None = None
    comment: str | None = None
    time: str | None = None
    workspace: str | None = None


def score_route(append: Append) -> HTTPRouteHandler:
    """The route that takes scores and keeps them with `append`."""

    @post("/api/scores", status_code=202, responses=_REFUSALS, tags=["scores"])
    async def post_score(request: Asked, store: Store, data: JSONBody[NewScore]) -> Response[ScoreItem]:
        """Keep a score of an execution. When this answers, the score is durable; it is seen a moment later."""
        score = replace(data, workspace=own_workspace(request.scope, data.workspace))
        return await answer(request, lambda: keep_score(store, append, score), status=202)

    return post_score


def keep_score(store: Engine, append: Append, score: NewScore) -> ScoreItem:
    """Check a score and make it durable.

    Raises:
        NotFound: there is no such execution.
        InvalidInput: it says nothing, its value is not finite, or its time cannot be read.
        SpoolFull: nothing can be kept now.
    """
    _check(score)
    time_ns = _time_ns(score.time)
    found = find_execution(store, score.execution_id, workspace=score.workspace)
    append(Incoming(Signal.LOGS, BodyFormat.JSON, found.workspace, now_ns(), _body(score, found, time_ns))).result(
        APPEND_TIMEOUT_S
    )
    return ScoreItem(
        execution_id=found.execution_id,
        agent=found.agent,
        name=score.name,
        value=score.value,
        label=score.label,
        comment=score.comment,
        time=to_rfc3339(time_ns),
        workspace=found.workspace,
    )


def _check(score: NewScore) -> None:
    if not score.name.strip():
        raise InvalidInput(f"The score's name is {score.name!r}. Expected a name with a letter in it. Name it.")
    has_label = score.label is not None and bool(score.label.strip())
    if score.value is None and not has_label:
        raise InvalidInput(
            f"The score {score.name[:60]!r} has neither a value nor a label. Expected a number, a text or both. "
            "Add 'value' or 'label'."
        )
    if score.value is not None and not math.isfinite(score.value):
        raise InvalidInput(
            f"The value of the score {score.name[:60]!r} is {score.value}. Expected a finite number. Send one, or only "
            "a 'label'."
        )


def _time_ns(text: str | None) -> int:
    if text is None:
        return now_ns()
    try:
        time_ns = from_rfc3339(text.strip())
    except (ValueError, OverflowError):
        time_ns = 0
    if not 0 < time_ns <= _LARGEST_TIME_NS:
        raise InvalidInput(
            f"'time' is {text[:60]!r}. Expected an RFC 3339 time after 1970. Write it like 2026-11-21T14:00:00Z."
        )
    return time_ns


def _body(score: NewScore, found: Found, time_ns: int) -> bytes:
    told = {
        "gen_ai.evaluation.name": score.name,
        "gen_ai.evaluation.score.value": score.value,
        "gen_ai.evaluation.score.label": score.label,
        "gen_ai.evaluation.explanation": score.comment,
    }
    log = LogOut(
        time_ns=time_ns,
        event_name=names.SCORE,
        attributes={name: value for name, value in told.items() if value is not None},
        trace_id=found.trace_id,
        span_id=found.span_id,
    )
    return logs_body({names.WORKSPACE: found.workspace}, "", [encode_log(log)])
