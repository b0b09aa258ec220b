"""`/metrics`: what the server counts, in Prometheus' text format, read from the counters at the moment of a scrape.

One table says what there is; `docs/reference/metrics.md` is made from it. While nobody asks, it costs nothing.
"""

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from typing import Literal

from msgspec import Struct
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar

from longpole.ingest import activity
from longpole.ingest.activity import Example, Labels, Spread, Sum
from longpole.model.durations import BOUNDS_S, DurationCounts
from longpole.server.measures import Measures

Values = int | float | None | Mapping[str, int] | DurationCounts | Mapping[Labels, Sum] | Mapping[Labels, Spread]


class Measure(Struct, frozen=True, kw_only=True):
    """One metric: its name, its kind, a sentence, its labels, and how its value is read.

    A value that is `None` is not known now, and is left out.
    """

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    read: Callable[[Measures], Values]
    labels: Sequence[str] = ()


def _counter(name: str, meaning: str, read: Callable[[Measures], Values], *labels: str) -> Measure:
    return Measure(name=f"longpole_{name}_total", kind="counter", meaning=meaning, read=read, labels=labels)


def _gauge(name: str, meaning: str, read: Callable[[Measures], Values], *labels: str) -> Measure:
    return Measure(name=f"longpole_{name}", kind="gauge", meaning=meaning, read=read, labels=labels)


def _histogram(name: str, meaning: str, read: Callable[[Measures], Values], *labels: str) -> Measure:
    return Measure(name=f"longpole_{name}_seconds", kind="histogram", meaning=meaning, read=read, labels=labels)


MEASURES: Sequence[Measure] = (
    _counter("requests", "Requests to the OTLP door, refused ones included.", lambda now: now.intake.requests),
    _counter("bodies", "Request bodies that were acknowledged.", lambda now: now.intake.bodies),
    _counter(
        "accepted", "Spans, log records and data points that were taken.", lambda now: now.intake.accepted, "kind"
    ),
    _counter("rejected", "Spans and log records of taken bodies that were not taken, by rule.",
             lambda now: now.intake.rejected, "rule"),
    _counter("refused", "Requests that were refused, by HTTP status, or because the sender went away.",
             lambda now: now.intake.refused, "reason"),
    _counter("duplicates", "Spans that had been sent before and changed nothing.", lambda now: now.intake.duplicates),
    _counter("dropped", "What was taken and is not kept as it came, by reason: groups of traces that tail sampling "
             "left out (`sampled_out`), bodies and rows that became dead letters (`unreadable`).",
             lambda now: {"sampled_out": now.intake.sampled_out, "unreadable": now.intake.unreadable}, "reason"),
    _counter("noise_dropped_steps", "Steps that rules against noise have dropped, by rule.",
             lambda now: {item.rule: item.dropped for item in now.intake.noise}, "rule"),
    _counter("noise_folded_steps", "Steps that rules against noise have left out because another one stands for them, "
             "by rule.", lambda now: {item.rule: item.folded for item in now.intake.noise}, "rule"),
    _counter("damaged_bytes", "Bytes of the spool that were no whole record.", lambda now: now.intake.damaged_bytes),
    _counter("crashed_steps", "Steps that were closed because their process fell silent.",
             lambda now: now.intake.crashed),
    _counter("internal_errors", "Requests that ended in a fault of the server.",
             lambda now: now.intake.internal_errors),
    _gauge("missing", "Spans and log records that programs have sent and that have not arrived, by their numbers.",
           lambda now: now.missing),
    _gauge("dropped_by_programs", "Steps that programs say they could not keep.", lambda now: now.dropped_by_programs),
    _gauge("spool_bytes", "Bytes of the spool on disk.", lambda now: now.intake.spool_bytes),
    _gauge("spool_unread_bytes", "Bytes of the spool that wait to be read: the queue behind the door.",
           lambda now: now.intake.pending_bytes),
    _gauge("queued_writes", "Batches that wait for the thread that writes to the store.",
           lambda now: now.queued_writes),
    _gauge("open_spans", "Spans in memory: open ones, and those whose execution has not settled.",
           lambda now: now.intake.open_spans),
    _gauge("dead_letters", "Dead letters in the store; not there while the store does not answer.",
           lambda now: now.intake.dead_letters),
    _gauge("trouble", "1 while the store or the spool's disk fails, else 0.",
           lambda now: {"store": int(now.intake.store_trouble is not None),
                        "spool": int(now.intake.spool_trouble is not None)}, "part"),
    _histogram("commit", "How long durable writes to the store took; their number is that of the batches.",
               lambda now: now.commits),
    _histogram("publish", "How long it took to show what has just come, before it is stored.",
               lambda now: now.publishes),
    _histogram("question", "How long named queries to the store took.", lambda now: now.questions),
    _gauge("reading_connections", "Connections of the store that answer questions: in use now, and how many there may "
           "be. On PostgreSQL.",
           lambda now: now.reading and {"in_use": now.reading.in_use, "most": now.reading.most}, "state"),
    _gauge("reading_waiting", "Questions that wait for such a connection now. On PostgreSQL.",
           lambda now: now.reading and now.reading.waiting),
    _histogram("reading_wait", "How long questions waited for such a connection. On PostgreSQL.",
               lambda now: now.reading and now.reading.waits),
    _counter("rows_written", "Rows that durable writes have stored.", lambda now: now.rows_written),
    _counter("store_failures", "Calls of the store that failed, by what was asked of it.",
             lambda now: now.store_failures, "deed"),
    _histogram("thread_wait", "How long REST answers waited for a thread of the pool that makes them.",
               lambda now: now.thread_waits),
    _histogram("loop_lag", "How late the event loop was: how much later than it should a timer fired, every 20 ms, and "
               "every 100 ms without requests.",
               lambda now: now.loop_lag),
    _histogram("loop_stalled", "The part of these delays in which the event loop's thread did not wait for a core: it "
               "computed, or another thread of the server held the interpreter. Linux only; elsewhere the whole delay.",
               lambda now: now.loop_stalled),
    _histogram("loop_blocked", "The part of these delays that the event loop's own thread was computing.",
               lambda now: now.loop_blocked),
    _gauge("live_clients", "Clients that listen to what happens.", lambda now: now.live.clients),
    _counter("live_events", "Events that were found while somebody listened.", lambda now: now.live.events),
    _counter("live_frames", "Frames of live channels, counted when nobody listens to a channel any more.",
             lambda now: now.live.frames),
    _counter("live_lost_batches", "Batches that came faster than the live hub could look through them.",
             lambda now: now.live.lost_batches),
    _counter("live_resumes", "Clients that came back: went on where they were, or had to begin anew.",
             lambda now: {"resumed": now.live.resumed, "reset": now.live.resets}, "outcome"),
    _counter("connections_ended", "Connections that the server ended: of slow senders, of answers that nobody read, "
             "and because there were too many.",
             lambda now: {"slow": now.connections.slow, "unread": now.connections.unread,
                          "too_many": now.connections.refused}, "reason"),
    _counter("executions", "Executions that have settled, by agent and how they ended.",
             lambda now: now.activity.executions, "agent", "status"),
    _histogram("execution", "How long executions took.", lambda now: now.activity.execution_s, "agent"),
    _counter("steps", "Steps of settled executions, by agent and how they ended.",
             lambda now: now.activity.steps, "agent", "status"),
    _histogram("step", "How long steps took.", lambda now: now.activity.step_s, "category"),
    _histogram("wait", "How long steps that only wait took: for a limit, in a queue, before another attempt, for the "
               "event loop, at a barrier.", lambda now: now.activity.wait_s, "kind"),
    _counter("agent_tokens", "Input and output tokens of agents, without those of the agents that they called.",
             lambda now: now.activity.agent_tokens, "agent", "kind"),
    _counter("agent_cost_usd", "Dollars that agents cost, without those of the agents that they called, as far as the "
             "price is known.", lambda now: now.activity.agent_cost_usd, "agent"),
    _counter("model_calls", "Model calls, each once, by model and how they ended.",
             lambda now: now.activity.model_calls, "model", "status"),
    _histogram("model_call", "How long model calls took.", lambda now: now.activity.model_call_s, "model"),
    _histogram("first_token", "How long model calls took until their first token, where it is known.",
               lambda now: now.activity.first_token_s, "model"),
    _counter("model_tokens", "Tokens that model calls told, by model and kind.",
             lambda now: now.activity.model_tokens, "model", "kind"),
    _counter("model_cost_usd", "Dollars that model calls cost, as far as the price is known.",
             lambda now: now.activity.model_cost_usd, "model"),
    _counter("model_calls_without_usage", "Model calls that told no tokens: what they used is in no sum.",
             lambda now: now.activity.model_calls_without_usage, "model"),
    _counter("model_calls_without_cost", "Model calls whose cost is not known: it is in no sum.",
             lambda now: now.activity.model_calls_without_cost, "model"),
    _counter("counted_as_other", "How often an agent or a model was counted as `other`, because `metrics_names` other "
             "names were there before.", lambda now: now.activity.unnamed, "name"),
    _counter("forward_executions", "Executions for the collector of `forward_endpoint`: sent, dropped because too many "
             "waited, or refused by it.",
             lambda now: {"sent": now.forward.sent, "dropped": now.forward.dropped, "refused": now.forward.refused},
             "outcome"),
    _counter("forward_spans", "Spans that were sent there.", lambda now: now.forward.spans),
    _counter("forward_failures", "Tries to send that failed; they are made again.", lambda now: now.forward.failures),
    _gauge("forward_waiting", "Executions that wait to be sent there.", lambda now: now.forward.waiting),
    _gauge("threads", "Threads of the process.", lambda _: threading.active_count()),
    _gauge("build", "Always 1; the label is the version.", lambda now: {now.version: 1}, "version"),
)  # fmt: skip

LONGEST_EXEMPLAR_ID = 128 - len("execution_id")

_LE = (*map(str, BOUNDS_S), "+Inf")
_LE_OF_ACTIVITY = (*map(str, activity.BOUNDS_S), "+Inf")

PROCESS_MEASURES = (
    ("process_cpu_seconds_total", "counter", "CPU seconds of the process, user and system."),
    ("process_resident_memory_bytes", "gauge", "Memory of the process that is in RAM."),
    ("process_virtual_memory_bytes", "gauge", "Address space of the process."),
    ("process_start_time_seconds", "gauge", "When the process started, in seconds since 1970."),
    ("process_open_fds", "gauge", "File descriptors that are open."),
    ("process_max_fds", "gauge", "File descriptors that may be open."),
)
"""What prometheus_client's own collector adds, on Linux."""


class MetricsPage:
    """Makes the page, in a thread of its own: it takes 1 ms, and up to 30 with many agents (`bench/metrics.py`)."""

    def __init__(self, measure: Callable[[], Measures]) -> None:
        self._thread = ThreadPoolExecutor(1, "longpole-metrics")
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Counted(measure))
        ProcessCollector(registry=self._registry)

    async def made(self, accept: str) -> tuple[bytes, str]:
        """As `render`, without holding the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self.render, accept)

    def render(self, accept: str) -> tuple[bytes, str]:
        """The page in the format that the `Accept` header asks for, and its content type."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type


class _Counted(Collector):
    def __init__(self, measure: Callable[[], Measures]) -> None:
        self._measure = measure

    def collect(self) -> Iterable[Metric]:
        now = self._measure()
        for measure in MEASURES:
            value = measure.read(now)
            if value is not None:
                yield _family(measure, value)

    def describe(self) -> Iterable[Metric]:
        return ()


def _family(measure: Measure, value: Values) -> Metric:
    if measure.kind == "histogram":
        return _histogram_family(measure, value)
    name = measure.name.removesuffix("_total")
    if measure.kind == "gauge":
        gauge = GaugeMetricFamily(name, measure.meaning, labels=measure.labels)
        for labels, one in _series(value):
            gauge.add_metric(labels, one.number)
        return gauge
    counter = CounterMetricFamily(name, measure.meaning, labels=measure.labels)
    for labels, one in _series(value):
        counter.add_metric(labels, one.number, exemplar=_exemplar(one.example))
    return counter


def _series(value: Values) -> Iterable[tuple[Labels, Sum]]:
    """Each number with its labels."""
    if isinstance(value, int | float):
        yield (), Sum(float(value))
    elif isinstance(value, Mapping):
        for labels, one in value.items():
            if isinstance(one, Sum) and not isinstance(labels, str):
                yield labels, one
            elif isinstance(one, int) and isinstance(labels, str):
                yield (labels,), Sum(float(one))


def _histogram_family(measure: Measure, value: Values) -> Metric:
    family = HistogramMetricFamily(measure.name, measure.meaning, labels=measure.labels)
    if isinstance(value, DurationCounts):
        counts = zip(_LE, map(float, accumulate(value.counts)), strict=True)
        family.add_metric((), list(counts), value.total_s)
    elif isinstance(value, Mapping):
        for labels, one in value.items():
            if isinstance(one, Spread):
                family.add_metric(tuple(labels), _buckets(one), one.total_s)
    return family


def _buckets(spread: Spread) -> list[tuple[str, float] | tuple[str, float, Exemplar]]:
    found: list[tuple[str, float] | tuple[str, float, Exemplar]] = []
    for bound, reached, example in zip(_LE_OF_ACTIVITY, accumulate(spread.counts), spread.examples, strict=True):
        exemplar = _exemplar(example)
        found.append((bound, reached) if exemplar is None else (bound, reached, exemplar))
    return found


def _exemplar(example: Example | None) -> Exemplar | None:
    """An execution to look at; OpenMetrics has room for 128 letters, and ids of programs may be longer."""
    if example is None or len(example.execution_id) > LONGEST_EXEMPLAR_ID:
        return None
    return Exemplar({"execution_id": example.execution_id}, example.number, example.at_s)
