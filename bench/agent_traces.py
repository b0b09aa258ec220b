"""Seeded, realistic agent traces as OTLP spans: what the benchmarks send.

One trace is an agent that plans, calls tools, a database and two to four models, and sometimes a child agent: eight to
twenty spans with prompts, answers, usage and resources as real clients send them (GenAI semantic conventions).
"""

import random

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

MODELS = ("gpt-4o-mini", "gpt-4o", "claude-sonnet-4-5")
AGENTS = ("triage", "billing", "research", "writer", "reviewer")
TOOLS = ("search_web", "get_profile", "refund", "lookup_order")
SENTENCE = "The customer asks why the invoice of March was charged twice and wants the second payment back. "


class TraceMaker:
    """Makes spans one trace after another; the same seed gives the same spans but for `start_ns`."""

    def __init__(self, seed: int, start_ns: int) -> None:
        self.random = random.Random(seed)
        self.now_ns = start_ns

    def spans(self) -> list[Span]:
        """The spans of the next trace, children before parents as exporters send them."""
        trace_id = self.random.randbytes(16)
        start = self.now_ns
        self.now_ns += 3_000_000
        out: list[Span] = []
        self._agent(out, trace_id, b"", start, may_call=True)
        return out

    def _agent(self, out: list[Span], trace_id: bytes, parent: bytes, start: int, *, may_call: bool) -> int:
        span_id, at = self.random.randbytes(8), start + 1_000_000
        agent = self.random.choice(AGENTS)
        for _ in range(self.random.randint(2, 4)):
            at = self._model_call(out, trace_id, span_id, at)
            at = self._tool(out, trace_id, span_id, at)
        if may_call and self.random.random() < 0.5:
            at = self._agent(out, trace_id, span_id, at, may_call=False)
        attributes = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": agent,
            "gen_ai.conversation.id": f"c-{self.random.randint(1, 5000)}",
            "user.id": f"u-{self.random.randint(1, 900)}",
        }
        out.append(_span(trace_id, span_id, parent, f"invoke_agent {agent}", start, at, attributes))
        return at

    def _model_call(self, out: list[Span], trace_id: bytes, parent: bytes, at: int) -> int:
        model = self.random.choice(MODELS)
        end = at + self.random.randint(200, 4000) * 1_000_000
        prompt = SENTENCE * self.random.randint(2, 8)
        attributes = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "anthropic" if "claude" in model else "openai",
            "gen_ai.request.model": model,
            "gen_ai.response.model": model,
            "gen_ai.response.id": f"chatcmpl-{self.random.getrandbits(48):012x}",
            "gen_ai.usage.input_tokens": self.random.randint(100, 9000),
            "gen_ai.usage.output_tokens": self.random.randint(10, 900),
            "gen_ai.input.messages": f'[{{"role":"user","parts":[{{"type":"text","content":"{prompt}"}}]}}]',
            "gen_ai.output.messages": '[{"role":"assistant","parts":[{"type":"text","content":"' + SENTENCE + '"}]}]',
        }
        out.append(_span(trace_id, self.random.randbytes(8), parent, f"chat {model}", at, end, attributes, kind=3))
        return end

    def _tool(self, out: list[Span], trace_id: bytes, parent: bytes, at: int) -> int:
        tool = self.random.choice(TOOLS)
        end = at + self.random.randint(20, 900) * 1_000_000
        attributes = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": tool,
            "gen_ai.tool.call.id": f"call_{self.random.getrandbits(32):08x}",
            "gen_ai.tool.call.arguments": f'{{"customer":{self.random.randint(1, 9999)}}}',
            "gen_ai.tool.call.result": '{"status":"found","amount":42.5}',
        }
        span = _span(trace_id, self.random.randbytes(8), parent, f"execute_tool {tool}", at, end, attributes)
        if self.random.random() < 0.03:
            span.status.code, span.status.message = 2, "upstream said 503"
        out.append(span)
        return end

    def request(self, size: int, left: list[Span]) -> ExportTraceServiceRequest:
        """A body of exactly `size` spans; `left` carries what did not fit over to the next call."""
        while len(left) < size:
            left.extend(self.spans())
        request = ExportTraceServiceRequest()
        group = request.resource_spans.add()
        for key, value in (("service.name", "support"), ("service.version", "2.3.1"), ("telemetry.sdk.name", "bench")):
            group.resource.attributes.add(key=key).value.string_value = value
        scope = group.scope_spans.add()
        scope.scope.name = "bench.agents"
        scope.spans.extend(left[:size])
        del left[:size]
        return request


def _span(
    trace_id: bytes,
    span_id: bytes,
    parent: bytes,
    name: str,
    start: int,
    end: int,
    attributes: dict[str, str | int],
    *,
    kind: int = 1,
) -> Span:
    span = Span(
        trace_id=trace_id, span_id=span_id, parent_span_id=parent, name=name, start_time_unix_nano=start,
        end_time_unix_nano=end, kind=kind,
    )  # fmt: skip
    for key, value in attributes.items():
        target = span.attributes.add(key=key).value
        if isinstance(value, int):
            target.int_value = value
        else:
            target.string_value = value
    return span
