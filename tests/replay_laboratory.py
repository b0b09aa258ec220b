"""Programs recorded and replayed in this process: what the recorder hands on becomes what a store would keep."""

from collections.abc import Callable
from typing import Any

import msgspec

from longpole.record.flusher import Flusher
from longpole.record.recorder import recorder
from longpole.record.render import Renderer
from longpole.record.snapshot import pack, pack_hard, pack_short
from longpole.record.spans import SpanBuilder
from longpole.record.stand_in import stand_ins
from longpole.replay.plan import Plan
from longpole.replay.recorded import RecordedExecution, RecordedStep
from longpole.replay.recordings import make_recording
from longpole.replay.replayer import Replayer
from longpole.replay.start import recording, replaying
from longpole.wire import longpole_names as names
from longpole.wire.otlp_encode import LogOut, SpanOut
from longpole.wire.redact import Redactor


class _Taken:
    """A sink that keeps every span."""

    def __init__(self) -> None:
        self.spans: list[SpanOut] = []

    def accept(self, spans: list[SpanOut], logs: list[LogOut], dropped: int) -> None:
        self.spans += spans

    def tick(self) -> bool:
        return False

    def wants_open(self) -> bool:
        return False

    def is_heard(self) -> bool:
        return False

    def cost(self) -> tuple[int, int]:
        return 0, 0


class Laboratory:
    """Runs a program under a recording or a replay, and gives the execution that came of it."""

    def __init__(self, limit: int = 1_000_000) -> None:
        self.content = "full"
        self.limit = limit
        self.is_recording = False
        stand_ins.redactor = Redactor()

    def record(self, program: Callable[[], Any]) -> tuple[Any, RecordedExecution]:
        """What the program gave, and what was kept of it."""
        self.is_recording = True
        try:
            with recording():
                return self._run(program)
        finally:
            self.is_recording = False

    def replay(
        self, program: Callable[[], Any], recorded: RecordedExecution, plan: Plan | None = None, **how: Any
    ) -> tuple[Any, RecordedExecution, Replayer]:
        """The same against what was kept, without waiting if `how` does not say so."""
        chosen = plan or Plan(recording=make_recording(recorded), **{"wait": 0.0, **how})
        # What passes between two processes passes here too.
        chosen = msgspec.json.decode(msgspec.json.encode(chosen), type=Plan)
        with replaying(chosen) as replayer:
            result, execution = self._run(program)
        return result, execution, replayer

    def _run(self, program: Callable[[], Any]) -> tuple[Any, RecordedExecution]:
        taken = _Taken()
        redactor = stand_ins.redactor
        builder = SpanBuilder(Renderer(self.content, b"k" * 32, self.limit, redactor), redactor=redactor)
        recorder.keep_contents(self.limit, pack, pack_hard, pack_short)
        recorder.is_on = True
        try:
            result = program()
        except Exception as error:
            result = error
        recorder.is_on = False
        Flusher(recorder, builder, taken).collect()
        return result, _execution(taken.spans)


def _execution(spans: list[SpanOut]) -> RecordedExecution:
    spans = sorted(spans, key=lambda span: (span.started_ns, span.parent_span_id is not None))
    top = next(span for span in spans if span.parent_span_id is None)
    return RecordedExecution(
        execution_id=top.trace_id + top.span_id,
        agent=top.name,
        status="failed" if top.status_code == 2 else "success",
        workspace="default",
        steps=[_step(span, top.started_ns) for span in spans if span.trace_id == top.trace_id],
    )


def _step(span: SpanOut, origin_ns: int) -> RecordedStep:
    told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(span.attributes))
    texts = [told.pop(name, None) for name in (names.INPUT, names.OUTPUT)]
    given, came = [None if text is None else msgspec.json.decode(text) for text in texts]
    return RecordedStep(
        step_id=span.span_id,
        parent_step_id=span.parent_span_id,
        name=span.name,
        category=told.get(names.CATEGORY, "agent"),
        is_execution=told.get(names.KIND) == "agent",
        status="failed" if span.status_code == 2 else "success",
        offset_ns=span.started_ns - origin_ns,
        duration_ns=span.ended_ns - span.started_ns,
        error_type=told.get("error.type"),
        input=given,
        output=came,
        attributes=told,
    )
