"""Runs of an agent `claims-triage` as OTLP bodies: most of them quick, one slow in every way that a page can show.

The slow one waits in a queue, searches twice in a row, holds the event loop, retries, waits for a join, folds 24 equal
calls, skips an agent, and carries inputs and outputs that flow from step to step. Seeded: the same runs each time.
"""

import json
from random import Random
from typing import Any

MS = 1_000_000
DAY_NS = 86_400 * 10**9
AGENT = "claims-triage"


class Run:
    """One trace that grows span by span; times in milliseconds from its start."""

    def __init__(self, number: int, started_ns: int, *, version: str) -> None:
        self.trace_id = f"{number + 0xC1A1:032x}"
        self._started_ns = started_ns
        self._version = version
        self.spans: list[dict[str, Any]] = []

    def span(self, name: str, start: float, end: float, *, under: str = "", **told: Any) -> str:
        """A span; `told` are attributes, the dots of their names written as `__`, and `events`."""
        span_id = f"{len(self.spans) + 1:08x}{self.trace_id[-8:]}"
        events, error = told.pop("events", []), told.pop("error", None)
        attributes = [_attribute(name.replace("__", "."), value) for name, value in told.items()]
        if error:
            attributes.append(_attribute("error.type", error))
        shown_events = [
            {
                "name": what,
                "timeUnixNano": str(self._at(at)),
                "attributes": [_attribute(*fact) for fact in facts.items()],
            }
            for what, at, facts in events
        ]
        self.spans.append(
            {
                "traceId": self.trace_id, "spanId": span_id, "parentSpanId": under, "name": name, "kind": 1,
                "startTimeUnixNano": str(self._at(start)), "endTimeUnixNano": str(self._at(end)),
                "attributes": attributes, "status": {"code": 2} if error else {},
                "events": shown_events,
            }
        )  # fmt: skip
        return span_id

    def agent(self, name: str, start: float, end: float, *, under: str = "", **told: Any) -> str:
        """A span of an agent."""
        return self.span(name, start, end, under=under, longpole__kind="agent", longpole__agent=name, **told)

    def step(self, name: str, category: str, start: float, end: float, *, under: str, **told: Any) -> str:
        """A step of a category."""
        return self.span(name, start, end, under=under, longpole__category=category, **told)

    def model(self, name: str, start: float, end: float, *, under: str, first: float, **told: Any) -> str:
        """A model call whose first token came `first` ms after its start."""
        return self.span(
            name, start, end, under=under, gen_ai__operation__name="chat", gen_ai__provider__name="anthropic",
            gen_ai__request__model="claude-sonnet-4-5", longpole__first_token_ns=int(first * MS),
            **{"gen_ai__usage__input_tokens": 2_400, "gen_ai__usage__output_tokens": 310} | told,
        )  # fmt: skip

    def _at(self, ms: float) -> int:
        return self._started_ns + round(ms * MS)

    @property
    def body(self) -> bytes:
        """The OTLP request."""
        told = {"service.name": "claims", "service.version": self._version, "deployment.environment.name": "production"}
        resource = {"attributes": [_attribute(*one) for one in told.items()]}
        request = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": self.spans}]}]}
        return json.dumps(request).encode()


def _attribute(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"key": name, "value": {"boolValue": value}}
    if isinstance(value, int):
        return {"key": name, "value": {"intValue": str(value)}}
    if isinstance(value, float):
        return {"key": name, "value": {"doubleValue": value}}
    return {"key": name, "value": {"stringValue": value if isinstance(value, str) else json.dumps(value)}}


def quick_runs(count: int, now_ns: int, *, days: int = 8, seed: int = 7) -> list[Run]:
    """Ordinary runs over the last days, some of them twice as slow and more; the last eighth has a new version."""
    random = Random(seed)
    runs: list[Run] = []
    for number in range(count):
        pace = random.lognormvariate(0, 0.25) * (2.2 if random.random() < 0.06 else 1)
        version = "v2.13.2" if number < count * 7 / 8 else "v2.14.0"
        started_ns = now_ns - days * DAY_NS + (number + 1) * days * DAY_NS // (count + 2)
        runs.append(_quick(Run(number + 1, started_ns, version=version), pace, in_a_row=version == "v2.14.0"))
    return runs


def _quick(run: Run, pace: float, *, in_a_row: bool) -> Run:
    later = 1_800 * pace if in_a_row else 0  # the newer version searches one after the other
    queue, loaded, planned = (each * pace for each in (200, 500, 3_000))
    searched, joined, drafted, end = (each * pace + later for each in (5_000, 5_000, 9_800, 11_000))
    top = run.agent(AGENT, 0, end)
    run.step("queue: worker slot", "queue", 0, queue, under=top)
    run.step(
        "load_claim", "database", queue, loaded, under=top, code__file__path="claims/store.py", code__line__number=31
    )
    run.model("plan", loaded, planned, under=top, first=900 * pace)
    run.step("search_policies", "tool", planned, searched - later, under=top)
    run.step("search_precedents", "tool", planned + later, searched - 200 * pace, under=top)
    assessor = run.agent("damage-assessor", searched, joined + 1_500 * pace, under=top)
    run.model("describe_photos", searched, searched + 900 * pace, under=assessor, first=400 * pace)
    run.step("lookup_part_prices", "tool", searched + 900 * pace, searched + 1_300 * pace, under=assessor)
    run.model("draft_decision", joined + 1_500 * pace, drafted, under=top, first=800 * pace)
    run.step("write_decision", "database", drafted, end, under=top)
    return run


def slow_run(now_ns: int) -> Run:
    """The slow one, 31.4 s long."""
    run = Run(900_000, now_ns - 120 * 10**9, version="v2.14.0")
    decisions = [
        ("longpole.decision", 5_900, {"candidate": "fraud-review", "considered": True, "score": 0.58, "threshold": 0.65,
                                      "outcome": "skipped", "reason": "below 5,000 €"}),
        ("longpole.decision", 5_950, {"candidate": "request_more_photos", "considered": True, "score": 0.31,
                                      "threshold": 0.5, "outcome": "skipped", "reason": "3 of 3 photos usable"}),
        ("longpole.decision", 5_980, {"candidate": "escalate-to-human", "considered": False, "outcome": "skipped",
                                      "reason": "no injury reported"}),
        ("longpole.decision", 13_500, {"candidate": "damage-assessor", "considered": True, "score": 0.91,
                                       "threshold": 0.5, "outcome": "fired", "reason": "photos show damage"}),
    ]  # fmt: skip
    top = run.agent(AGENT, 0, 31_400, events=decisions, longpole__trigger__type="webhook", session__id="CLM-48213")
    _beginning(run, top)
    _evidence(run, top)
    _ending(run, top)
    return run


def _beginning(run: Run, top: str) -> None:
    claim = {"claim_id": "CLM-48213", "policy": "KFZ-2209-17", "photos": ["front_left_4711", "bumper_4712"]}
    run.step("queue: worker slot", "queue", 0, 640, under=top)
    run.step("load_claim", "database", 640, 1_180, under=top, longpole__input={"id": 48213}, longpole__output=claim,
             code__file__path="claims/store.py", code__line__number=31)  # fmt: skip
    run.step("get_profile", "database", 1_180, 1_520, under=top, longpole__argument_hash="aa11")
    said = [{"role": "system", "content": "You triage insurance claims."},
            {"role": "user", "content": "Policy KFZ-2209-17, photos front_left_4711 and bumper_4712."}]  # fmt: skip
    run.model("plan", 1_520, 5_660, under=top, first=1_500, longpole__input=said, code__file__path="triage.py",
              code__line__number=88,
              longpole__output={"role": "assistant", "content": "Search clauses for Teilkasko-Glas."})  # fmt: skip
    run.step("parse_plan", "processing", 5_660, 5_840, under=top)
    run.step("search_policies", "tool", 5_840, 9_950, under=top, code__file__path="triage.py", code__line__number=118,
             longpole__input={"query": "Teilkasko-Glas"}, longpole__output={"clause": "AKB-A-2-2-1-4711"})  # fmt: skip
    precedents = run.step("search_precedents", "tool", 9_950, 13_620, under=top, code__file__path="triage.py",
                          code__line__number=121, longpole__input={"query": "Teilkasko-Glas"})  # fmt: skip
    for place in range(24):
        start = 9_960 + place * 97
        run.step("embed_chunk", "http", start, start + 92, under=precedents)
    run.step("vector_query", "database", 12_310, 13_610, under=precedents)


def _evidence(run: Run, top: str) -> None:
    joined = run.step("collect_evidence", "processing", 13_640, 22_070, under=top)
    assessor = run.agent("damage-assessor", 13_640, 20_430, under=joined, longpole__call__reason="photos show damage")
    run.step("get_profile", "database", 13_640, 13_980, under=assessor, longpole__argument_hash="aa11")
    run.model("describe_photos", 13_980, 17_060, under=assessor, first=1_200,
              longpole__input=[{"role": "user", "content": "Describe front_left_4711 and bumper_4712."}],
              longpole__output={"role": "assistant", "content": "Bumper cracked, part BMP-33-A9 broken."})  # fmt: skip
    stood = [("longpole.loop_blocked", 17_570, {"duration_ms": 2_400, "by": "refresh_rate_table"})]
    prices = run.step("lookup_part_prices", "tool", 17_060, 20_410, under=assessor, events=stood,
                      code__file__path="claims/pricing.py", code__line__number=64,
                      longpole__input={"claim_id": "CLM-48213", "part": "BMP-33-A9"},
                      longpole__output={"total_eur": 1184.5, "part": "BMP-33-A9", "as_of": "2026-11-21"})  # fmt: skip
    run.step("attempt 1", "http", 17_060, 17_330, under=prices, error="HTTPStatusError")
    run.step("backoff", "retry", 17_330, 17_570, under=prices, longpole__attempt=2)
    run.step("attempt 2", "http", 17_570, 20_400, under=prices)
    checker = run.agent("coverage-checker", 13_640, 20_080, under=joined)
    run.step("get_profile", "database", 13_640, 13_980, under=checker, longpole__argument_hash="aa11")
    run.model("match_clauses", 13_980, 20_050, under=checker, first=2_000,
              longpole__input=[{"role": "user", "content": "Does AKB-A-2-2-1-4711 cover the bumper?"}],
              longpole__output={"role": "assistant", "content": "Covered, deductible 150."})  # fmt: skip
    run.step("ocr_invoice", "tool", 13_640, 17_000, under=joined)
    run.step("weather_history", "tool", 13_640, 17_170, under=joined)
    run.step("wait for branches", "barrier_wait", 20_430, 22_070, under=joined)
    run.step("refresh_rate_table", "blocked_loop", 17_570, 19_970, under=top, code__file__path="rates/cache.py",
             code__line__number=88, longpole__loop_block__cause="work")  # fmt: skip


def _ending(run: Run, top: str) -> None:
    draft = run.step("draft_decision", "processing", 22_070, 29_980, under=top)
    run.step("get_profile", "database", 22_070, 22_410, under=draft, longpole__argument_hash="aa11")
    run.step("build_prompt", "processing", 22_410, 22_640, under=draft)
    run.model("chat, attempt 1", 22_640, 22_900, under=draft, first=0, error="RateLimitError")
    run.step("rate-limit wait", "rate_limit", 22_900, 24_100, under=draft, longpole__attempt=2)
    run.model("chat, attempt 2", 24_100, 29_980, under=draft, first=2_400,
              code__file__path="prompts.py", code__line__number=41,
              longpole__input=[{"role": "user", "content": "Decide: 1184.5 EUR, clause AKB-A-2-2-1-4711."}],
              longpole__output={"role": "assistant", "content": "Approve 1034.50 EUR after it."})  # fmt: skip
    run.step("validate_decision", "validation", 29_980, 30_240, under=top)
    run.step("write_decision", "database", 30_240, 30_760, under=top)
    run.step("notify_adjuster", "http", 30_760, 31_020, under=top)
