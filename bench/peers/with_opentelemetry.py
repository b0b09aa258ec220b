"""The bare OpenTelemetry SDK with its own OTLP exporter; inputs and outputs as JSON attributes, by hand."""

import json

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from step_cost import Flush, Recorded, run_trial, work


def set_up(url: str) -> tuple[Recorded, Flush]:
    """As its documentation shows it."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces")))
    tracer = provider.get_tracer("bench")

    def step(question: str, limit: int = 3) -> object:
        with tracer.start_as_current_span("work") as span:
            span.set_attribute("input.value", json.dumps({"question": question, "limit": limit}))
            result = work(question, limit)
            span.set_attribute("output.value", json.dumps(result))
            return result

    return step, provider.force_flush


run_trial("opentelemetry-sdk", set_up)
