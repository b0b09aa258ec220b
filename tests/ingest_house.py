"""A data folder with a real store, spool and pipeline in this process, and small OTLP bodies to give it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from longpole.ingest.activity import ActivityCount
from longpole.ingest.decode import decode_body
from longpole.ingest.limits import Decoded
from longpole.ingest.noise import Noise
from longpole.ingest.pipeline import Pipeline, stored_position
from longpole.ingest.spool import Accepted, BodyFormat, Incoming, Signal, Spool
from longpole.ingest.tail_sampling import TailSampling
from longpole.ingest.traces import Limits
from longpole.model.clock import now_ns
from longpole.model.intake import DeadLetter
from longpole.store.engines.duckdb import DuckDBEngine

TRACE = "ab" * 16
DRAIN_S = 20
START_NS = 1_795_225_553_000_000_000


class House:
    """A data folder in which a server may start, be killed, and start again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engine = DuckDBEngine(str(folder / "rows.duckdb"))
        self.engine.migrate()
        self.spool = Spool.open(folder / "spool", after=stored_position(self.engine))
        self.pipelines: list[Pipeline] = []

    def start(
        self,
        engine: Any = None,
        decode: Callable[[Accepted], Decoded] = decode_body,
        limits: Limits | None = None,
        now: Callable[[], int] = now_ns,
        noise: Noise | None = None,
        sampling: TailSampling | None = None,
        activity: ActivityCount | None = None,
    ) -> Pipeline:
        pipeline = Pipeline(
            engine or self.engine,
            self.spool,
            dead_letters=self.folder / "dead",
            decode=decode,
            limits=limits,
            now=now,
            noise=noise,
            sampling=sampling,
            activity=activity,
        )
        self.pipelines.append(pipeline)
        pipeline.start()
        return pipeline

    def offer(self, body: bytes, signal: Signal = Signal.TRACES, body_format: BodyFormat = BodyFormat.JSON) -> None:
        self.spool.append(Incoming(signal, body_format, None, 1, body)).result(DRAIN_S)

    def letters(self) -> list[DeadLetter]:
        return [DeadLetter(**row) for row in self.engine.rows("every_dead_letters")]

    def counts(self) -> dict[str, int]:
        return self.engine.rows("store_counts")[0]

    def close(self) -> None:
        for pipeline in self.pipelines:
            pipeline.close(1)
        self.spool.close()
        self.engine.close()


def span_json(number: int, parent: int | None = None, *, trace: str = TRACE, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "traceId": trace,
        "spanId": f"{number:016x}",
        "name": f"step {number}",
        "startTimeUnixNano": str(START_NS + number),
        "endTimeUnixNano": str(START_NS + 1000 - number),
    }
    if parent is not None:
        told["parentSpanId"] = f"{parent:016x}"
    return told | more


def traces_body(*spans: dict[str, Any]) -> bytes:
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}).encode()


def log_body(*records: dict[str, Any]) -> bytes:
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": list(records)}]}]}).encode()


def text(name: str, value: str) -> dict[str, Any]:
    return {"key": name, "value": {"stringValue": value}}
