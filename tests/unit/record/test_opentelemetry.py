"""OpenTelemetry and Longpole in one program: one tree, whichever starts inside which."""

import asyncio
import contextvars
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from opentelemetry import baggage, context, trace
from opentelemetry.propagate import extract, inject
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.util._once import Once

import longpole
from longpole.record.current import current
from longpole.record.instrument import opentelemetry, opentelemetry_context
from longpole.record.instrument.opentelemetry_spans import record_spans_of

REMOTE = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}


class Program:
    """A program's own tracing, which sends to somewhere else."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = self.provider.get_tracer("program", "1.2")

    def span(self, name: str) -> ReadableSpan:
        return next(span for span in self.exporter.get_finished_spans() if span.name == name)

    def parent_id(self, name: str) -> str | None:
        parent = self.span(name).parent
        return None if parent is None else f"{parent.span_id:016x}"

    def span_id(self, name: str) -> str:
        found = self.span(name).context
        assert found is not None
        return f"{found.span_id:016x}"


@pytest.fixture
def program() -> Iterator[Program]:
    opentelemetry_context.install()
    yield Program()
    opentelemetry_context.remove()
    assert current.get() is None


def test_both_kinds_nest_in_each_other_four_deep(program: Program, recorded: Any) -> None:
    with longpole.time_step("ours 1"), program.tracer.start_as_current_span("theirs 2"):
        with longpole.time_step("ours 3"), program.tracer.start_as_current_span("theirs 4"):
            pass
        with longpole.time_step("ours 5"):
            pass
    ours = {span.name: span for span in recorded.spans}
    assert ours["ours 1"].parent_span_id is None
    assert program.parent_id("theirs 2") == ours["ours 1"].span_id
    assert ours["ours 3"].parent_span_id == program.span_id("theirs 2")
    assert program.parent_id("theirs 4") == ours["ours 3"].span_id
    assert ours["ours 5"].parent_span_id == program.span_id("theirs 2")
    assert {f"{span.context.trace_id:032x}" for span in program.exporter.get_finished_spans() if span.context} == {
        span.trace_id for span in recorded.spans
    }


def test_a_step_in_a_span_that_began_before_configure_is_its_child(recorded: Any) -> None:
    program = Program()
    with program.tracer.start_as_current_span("theirs"):
        opentelemetry_context.install()
        with longpole.time_step("ours"):
            pass
    opentelemetry_context.remove()
    current.set(None)
    assert recorded.span("ours").parent_span_id == program.span_id("theirs")


def test_an_agent_inside_a_span_inside_an_agent_is_its_child_execution(program: Program, recorded: Any) -> None:
    @longpole.agent
    def child() -> str:
        found = longpole.current_execution()
        return found.agent if found else ""

    @longpole.agent
    def parent() -> tuple[str, str]:
        with program.tracer.start_as_current_span("theirs"):
            inside = longpole.current_execution()
            longpole.track_stage("llm_call")
            return inside.agent if inside else "", child()

    assert parent() == ("parent", "child")
    assert recorded.span("parent").events[0].attributes["stage"] == "llm_call"
    assert recorded.span("child").parent_span_id == program.span_id("theirs")


def test_tasks_and_copied_contexts_carry_both(program: Program, recorded: Any) -> None:
    async def work(number: int) -> None:
        with program.tracer.start_as_current_span(f"theirs {number}"):
            await asyncio.sleep(0)
            with longpole.time_step(f"ours {number}"):
                await asyncio.sleep(0)

    async def main() -> None:
        async with longpole.time_step("outer"):
            await asyncio.gather(*(work(number) for number in range(3)))

    asyncio.run(main())
    for number in range(3):
        assert program.parent_id(f"theirs {number}") == recorded.span("outer").span_id
        assert recorded.span(f"ours {number}").parent_span_id == program.span_id(f"theirs {number}")


def test_a_context_that_is_attached_in_a_thread_brings_its_step_along(program: Program, recorded: Any) -> None:
    def in_thread(carried: Any) -> None:
        token = context.attach(carried)
        with longpole.time_step("inner"):
            pass
        context.detach(token)

    with longpole.time_step("outer"):
        thread = Thread(target=in_thread, args=(context.get_current(),))
        thread.start()
        thread.join()
    assert recorded.parent_of("inner") == "outer"


def test_headers_carry_the_innermost_of_both(program: Program, recorded: Any) -> None:
    sent: dict[str, str] = {}
    with program.tracer.start_as_current_span("theirs"), longpole.time_step("ours"):
        inject(sent)
        assert sent["traceparent"] == longpole.traceparent()
    token = context.attach(extract(REMOTE))
    with longpole.time_step("below the caller"):
        pass
    context.detach(token)
    assert recorded.span("below the caller").parent_span_id == "b7ad6b7169203331"


def test_baggage_and_other_values_stay(program: Program, recorded: Any) -> None:
    token = context.attach(baggage.set_baggage("tenant", "north"))
    with longpole.time_step("ours"):
        assert baggage.get_baggage("tenant") == "north"
        inner = context.attach(baggage.set_baggage("user", "u1"))
        assert (baggage.get_baggage("tenant"), baggage.get_baggage("user")) == ("north", "u1")
        with longpole.time_step("deeper"):
            pass
        context.detach(inner)
    context.detach(token)
    assert baggage.get_baggage("tenant") is None
    assert recorded.parent_of("deeper") == "ours"


def test_what_our_sampling_leaves_out_is_not_lost_to_the_programs_own_tracing(
    program: Program, record_with: Callable[..., Any]
) -> None:
    recorded = record_with(sampling_rate=0.0)
    with longpole.time_step("ours"), program.tracer.start_as_current_span("theirs"), longpole.time_step("inner"):
        pass
    assert recorded.spans == []
    assert program.span("theirs").parent is None


def test_a_span_that_ends_in_another_context_disturbs_nobody(program: Program, recorded: Any) -> None:
    with longpole.time_step("outer"):
        manager = contextvars.copy_context().run(program.tracer.start_as_current_span("theirs").__enter__)
        with longpole.time_step("inner"):
            pass
        manager.end()
    assert recorded.parent_of("inner") == "outer"


def test_what_attach_gives_back_may_be_used_as_the_token_of_a_context_variable(program: Program, recorded: Any) -> None:
    before = context.get_current()
    token: Any = context.attach(trace.set_span_in_context(program.tracer.start_span("span")))
    token.var.reset(token)
    assert context.get_current() == before
    with longpole.time_step("after"):
        pass
    assert recorded.span("after").parent_span_id is None


@pytest.mark.parametrize("is_seen_by_the_client", [True, False])
def test_a_streamed_call_that_framework_and_client_show_side_by_side_counts_once(
    program: Program, recorded: Any, is_seen_by_the_client: bool
) -> None:
    record_spans_of(program.provider)
    framework = program.provider.get_tracer("openinference.instrumentation.llama_index")
    client = program.provider.get_tracer("opentelemetry.instrumentation.genai.openai")
    call = framework.start_span("OpenAI.stream_chat")
    if is_seen_by_the_client:
        client.start_span("chat gpt", attributes={"gen_ai.operation.name": "chat"}).end()
    call.set_attributes({"openinference.span.kind": "LLM", "llm.model_name": "gpt", "llm.token_count.prompt": 9})
    call.end()
    kept = {name: value for name, value in recorded.span("OpenAI.stream_chat").attributes.items() if value is not None}
    is_call = {"openinference.span.kind": "LLM", "llm.model_name": "gpt", "llm.token_count.prompt": 9}
    assert (kept.items() >= is_call.items()) is not is_seen_by_the_client
    assert ("llm.token_count.prompt" in kept) is not is_seen_by_the_client


def test_recorded_spans_arrive_with_everything_they_carried(program: Program, recorded: Any) -> None:
    record_spans_of(program.provider)
    link = trace.Link(trace.SpanContext(17, 18, is_remote=True))
    told: dict[str, Any] = {"http.request.method": "GET"}

    def get() -> None:
        start = program.tracer.start_as_current_span
        with start("GET", kind=trace.SpanKind.CLIENT, attributes=told, links=[link]) as span:
            span.add_event("retry", {"attempt": 2})
            with longpole.time_step("inner"):
                longpole.set_attributes(shard="7")
            raise KeyError("x")

    with longpole.time_step("ours"), pytest.raises(KeyError):
        get()
    sent = recorded.span("GET")
    assert (sent.kind, sent.status_code) == (3, 2)
    assert sent.parent_span_id == recorded.span("ours").span_id
    assert sent.attributes["http.request.method"] == "GET"
    assert [event.name for event in sent.events] == ["retry", "exception"]
    assert sent.links[0].span_id == f"{18:016x}"
    assert sent.ended_ns >= sent.started_ns > 1_600_000_000_000_000_000
    assert recorded.parent_of("inner") == "GET"


def test_a_recorded_span_that_was_cancelled_has_run_out_of_time(program: Program, recorded: Any) -> None:
    record_spans_of(program.provider)

    async def wait() -> None:
        with program.tracer.start_as_current_span("call"):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError as error:
                trace.get_current_span().record_exception(error)
                trace.get_current_span().set_status(trace.StatusCode.ERROR)
                raise

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wait(), 0.001)

    asyncio.run(give_up())
    assert recorded.span("call").attributes["longpole.status"] == "timeout"


def test_a_recorded_span_is_visible_while_it_runs(
    program: Program, recorded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("longpole.record.flusher.ANNOUNCE_AFTER_NS", 0)
    record_spans_of(program.provider)
    recorded.taken.takes_open = True
    with program.tracer.start_as_current_span("chat", attributes={"gen_ai.request.model": "m-1"}):
        assert recorded.spans == []  # the first look only notes that it is open
        (opened,) = recorded.spans
        assert (opened.ended_ns, opened.attributes["longpole.open"]) == (0, True)
        assert opened.attributes["gen_ai.request.model"] == "m-1"
    assert recorded.spans[-1].ended_ns > 0


@pytest.mark.parametrize(
    ("content", "prompt", "messages"),
    [
        ("full", "hello, my key is [redacted]", '[{"role":"user","content":"mail to [redacted]"}]'),
        ("hashed", "#", '[{"role":"user","content":"#'),
        ("off", None, None),
    ],
)
def test_contents_of_recorded_spans_follow_the_content_mode(
    program: Program, record_with: Callable[..., Any], content: str, prompt: str | None, messages: str | None
) -> None:
    recorded = record_with(content)
    record_spans_of(program.provider)
    told = {
        "gen_ai.usage.input_tokens": 7,
        "gen_ai.input.messages": '[{"role": "user", "content": "mail to ada@example.org"}]',
        "llm.input_messages.0.message.content": "hello, my key is sk-abcdefghijklmnopqrstuvwx",
        "llm.input_messages.0.message.role": "user",
        "api_key": "abcdef",
    }
    with program.tracer.start_as_current_span("chat", attributes=told):
        pass
    kept = recorded.span("chat").attributes
    assert (kept["gen_ai.usage.input_tokens"], kept["api_key"]) == (7, "[redacted]")
    assert kept["llm.input_messages.0.message.role"] == "user"
    for name, start in (("llm.input_messages.0.message.content", prompt), ("gen_ai.input.messages", messages)):
        assert (kept.get(name) is None) if start is None else kept[name].startswith(start)
    assert "ada@example.org" not in str(kept)
    assert "abcdefghijklmnopqrstuvwx" not in str(kept)


def test_an_agent_span_of_another_library_is_the_execution_that_runs(program: Program, recorded: Any) -> None:
    record_spans_of(program.provider)
    told = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner"}
    with program.tracer.start_as_current_span("invoke_agent planner", attributes=told):
        found = longpole.current_execution()
        longpole.track_should_respond(True, 0.9, "it is about plans")
    assert found is not None
    assert found.agent == "planner"
    event = recorded.span("invoke_agent planner").events[0]
    assert (event.name, event.attributes["candidate"]) == ("longpole.decision", "planner")


@pytest.fixture
def no_provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A program that has set no tracer provider yet."""
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", None)
    monkeypatch.setattr(trace, "_TRACER_PROVIDER_SET_ONCE", Once())
    yield
    opentelemetry.remove()
    opentelemetry_context.remove()


@pytest.mark.usefixtures("no_provider")
def test_libraries_that_only_know_the_api_are_recorded_and_the_program_may_still_set_its_own(
    recorded: Any, caplog: pytest.LogCaptureFixture
) -> None:
    early = trace.get_tracer("early")
    opentelemetry.install()
    with early.start_as_current_span("before"):
        pass
    own = Program()
    trace.set_tracer_provider(own.provider)
    with trace.get_tracer("late").start_as_current_span("after"):
        pass
    assert {span.name for span in recorded.spans} == {"before", "after"}
    assert [span.name for span in own.exporter.get_finished_spans()] == ["after"]
    assert "Overriding" not in caplog.text


@pytest.mark.usefixtures("no_provider")
def test_a_framework_with_spans_built_in_is_recorded_alone_until_the_program_sets_its_own(recorded: Any) -> None:
    framework, other = trace.get_tracer("framework"), trace.get_tracer("other")
    set_provider = trace.set_tracer_provider  # as a program has it by `from opentelemetry.trace import`
    opentelemetry.install("framework")
    with framework.start_as_current_span("run"), other.start_as_current_span("noise"), longpole.time_step("ours"):
        pass
    assert {span.name for span in recorded.spans} == {"run", "ours"}
    assert recorded.span("ours").parent_span_id == recorded.span("run").span_id
    own = Program()
    set_provider(own.provider)
    with framework.start_as_current_span("later"), other.start_as_current_span("theirs"):
        pass
    opentelemetry.remove("framework")
    assert {span.name for span in own.exporter.get_finished_spans()} == {"later", "theirs"}
    assert {span.name for span in recorded.spans} == {"run", "ours", "later", "theirs"}
