"""Ten days of an office that settles claims, seeded, as OTLP bodies: for the pages about sessions and agents.

`claims-triage` has version 2.14.0 from day 7 on, in which `search_precedents` no longer runs beside `search_policies`
and drafting takes longer. It asks who should look at a claim: `damage-assessor` nearly always does, `fraud-review` from
a score of 0.65 on, `escalate-to-human` never. `claims-chat` speaks with five people, in several turns each.
"""

import json
from collections.abc import Generator, Iterator
from random import Random
from typing import Any

SECOND = 10**9
DAY_NS = 86_400 * SECOND
DAYS = 10
CHANGED_ON = 7
VERSIONS = ("2.13.2", "2.14.0")
TRIAGE, CHAT, ASSESSOR, FRAUD, HUMAN = (
    "claims-triage", "claims-chat", "damage-assessor", "fraud-review", "escalate-to-human",
)  # fmt: skip
TALKS = {
    "talk-anna": ("u-anna", 6),
    "talk-boris": ("u-boris", 4),
    "talk-chen": ("u-chen", 9),
    "talk-dana": ("u-dana", 3),
    "talk-eli": ("u-eli", 5),
}
"""The sessions of `claims-chat`: who speaks, and in how many turns. The third turn of Dana's fails."""
QUESTIONS = (
    "Is my water damage covered?",
    "What do you need from me?",
    "Here are the photos. Is that enough?",
    "When will I hear from you?",
    "Can the plumber start on Monday?",
)
_KINDS = {str: "stringValue", bool: "boolValue", float: "doubleValue"}


def claims_story(end_ns: int, *, runs_a_day: int = 30, seed: int = 5) -> Iterator[bytes]:
    """The days before `end_ns`, one body a day and version."""
    random = Random(seed)
    traces = iter(range(1, 1_000_000))
    for day in range(DAYS):
        from_ns = end_ns - (DAYS - day) * DAY_NS
        version = VERSIONS[day >= CHANGED_ON]
        spans: list[dict[str, Any]] = []
        for run in range(runs_a_day):
            at_ns = from_ns + int((run + random.random()) / runs_a_day * DAY_NS * 0.98)
            spans += _Trace(random, next(traces), f"CLM-{48_000 + day * runs_a_day + run}").claim(at_ns, version)
        if day == DAYS - 1:
            for number, (session, (user, turns)) in enumerate(TALKS.items()):
                start_ns = from_ns + (number + 2) * 3600 * SECOND
                spans += _talk(random, traces, session, user, turns, start_ns)
        yield _body(spans, version)


def _body(spans: list[dict[str, Any]], version: str) -> bytes:
    resource = {"service.name": "claims", "service.version": version, "deployment.environment.name": "production"}
    return json.dumps(
        {"resourceSpans": [{"resource": {"attributes": _told(resource)}, "scopeSpans": [{"spans": spans}]}]}
    ).encode()


def _told(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": key, "value": {"intValue": str(value)} if type(value) is int else {_KINDS[type(value)]: value}}
        for key, value in values.items()
    ]


def _talk(
    random: Random, traces: Iterator[int], session: str, user: str, turns: int, start_ns: int
) -> Iterator[dict[str, Any]]:
    at_ns = start_ns
    for turn in range(turns):
        trace = _Trace(random, next(traces), session, user)
        asked = QUESTIONS[turn % len(QUESTIONS)]
        has_failed = (session, turn) == ("talk-dana", 2)
        at_ns = yield from trace.turn(at_ns, asked, has_failed=has_failed)
        at_ns += int(random.uniform(20, 240) * SECOND)


class _Trace:
    """One trace, span after span."""

    def __init__(self, random: Random, number: int, session: str, user: str = "u-office") -> None:
        self._random = random
        self._trace = f"{number:032x}"
        self._spans = 0
        self._of_all = {"session.id": session, "user.id": user}

    def turn(self, at_ns: int, asked: str, *, has_failed: bool) -> Generator[dict[str, Any], None, int]:
        """One turn of a talk; gives back when it ended."""
        first, second = self._about(0.9), self._about(2.4)
        root = self._span(CHAT, None, at_ns, first + second, {
            "longpole.kind": "agent", "longpole.input": json.dumps({"question": asked}),
            "longpole.output": f"About your question: {asked.lower()} A colleague has looked at it, and it is settled.",
        }, error="ToolError" if has_failed else None)  # fmt: skip
        yield root
        yield self._span("look_up_claim", root, at_ns, first, {"longpole.category": "database"})
        yield self._model("reply", root, at_ns + first, second, 900, 180)
        return at_ns + first + second

    def claim(self, at_ns: int, version: str) -> Iterator[dict[str, Any]]:
        """One claim, from the first plan to the draft."""
        random = self._random
        is_late = version == VERSIONS[1]
        amount = random.randrange(200, 9_000)
        score = min(0.99, max(0.05, random.gauss(0.47, 0.15) + (0.1 if amount > 5_000 else 0)))
        plan, policies, precedents = self._about(2.6), self._about(1.6), self._about(1.5 if not is_late else 2.4)
        assess, draft = self._about(2.1), self._about(1.9 if not is_late else 5.2)
        searched = policies + precedents if is_late else max(policies, precedents)
        error = "RateLimitError" if random.random() < 0.04 else None
        has_fired = score >= 0.65
        review = self._about(1.2) if has_fired else 0
        whole = plan + searched + assess + review + draft + self._about(0.2)
        root = self._span(TRIAGE, None, at_ns, whole, {
            "longpole.kind": "agent", "longpole.input": json.dumps({"claim": {"amount": amount, "kind": "water"}}),
            "longpole.output": json.dumps({"answer": f"Pay {amount} EUR"}),
        }, error=error)  # fmt: skip
        yield root
        ask = self._model("plan", root, at_ns, plan, 1_800, 240)
        ask["events"] = [
            self._decision(at_ns + plan, ASSESSOR, 0.91, 0.5, "selected", "photos attached, vehicle claim"),
            self._decision(at_ns + plan, FRAUD, round(score, 2), 0.65, "selected" if has_fired else "below_threshold",
                           f"amount {amount} EUR, policy 5 months old"),
            self._decision(at_ns + plan, HUMAN, None, 0.5, "not_asked", "trigger 'injury reported' is false"),
        ]  # fmt: skip
        yield ask
        at = at_ns + plan
        yield self._span("search_policies", root, at, policies, {"longpole.category": "tool"})
        second = at + policies if is_late else at
        yield self._span("search_precedents", root, second, precedents, {"longpole.category": "tool"})
        at += searched
        yield from self._called(ASSESSOR, root, at, assess, "describe_photos")
        at += assess
        if has_fired:
            yield from self._called(FRAUD, root, at, review, "score_history")
            at += review
        yield self._model("draft_decision", root, at, draft, 2_400, 420 if is_late else 150)

    def _called(self, agent: str, root: dict[str, Any], at_ns: int, took: int, step: str) -> Iterator[dict[str, Any]]:
        own = self._span(agent, root, at_ns, took, {"longpole.kind": "agent"})
        yield own
        yield self._model(step, own, at_ns, took, 700, 90)

    def _about(self, seconds: float) -> int:
        return int(seconds * self._random.lognormvariate(0, 0.25) * SECOND)

    def _model(self, name: str, of: dict[str, Any], at_ns: int, took: int, sent: int, got: int) -> dict[str, Any]:
        told = {
            "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o-mini",
            "gen_ai.usage.input_tokens": sent, "gen_ai.usage.output_tokens": got,
            "longpole.first_token_ns": took // 3,
        }  # fmt: skip
        return self._span(name, of, at_ns, took, told)

    def _decision(
        self, at_ns: int, agent: str, score: float | None, needs: float, outcome: str, reason: str
    ) -> dict[str, Any]:
        told: dict[str, Any] = {
            "candidate": agent, "considered": score is not None, "threshold": needs, "outcome": outcome,
            "reason": reason,
        }  # fmt: skip
        if score is not None:
            told["score"] = score
        return {"timeUnixNano": str(at_ns), "name": "longpole.decision", "attributes": _told(told)}

    def _span(
        self,
        name: str,
        of: dict[str, Any] | None,
        at_ns: int,
        took: int,
        told: dict[str, Any],
        *,
        error: str | None = None,
    ) -> dict[str, Any]:
        self._spans += 1
        if error:
            told = {**told, "error.type": error}
        return {
            "traceId": self._trace, "spanId": f"{self._spans:016x}", "name": name,
            **({"parentSpanId": of["spanId"]} if of else {}),
            "startTimeUnixNano": str(at_ns), "endTimeUnixNano": str(at_ns + took),
            "attributes": _told({**self._of_all, **told}),
            **({"status": {"code": 2, "message": f"{error}: too many requests"}} if error else {}),
        }  # fmt: skip
