"""One agent at work, small enough to know by heart: `claims-triage` asks a model, fails once, calls another agent.

claims-triage        0.0 ................ 10.0 s   failed
  get_profile        0.5 . 1.0                     database
  plan               1.0 .... 4.0                  model, 1,200 + 340 tokens, first token after 0.8 s
  embed ×5           4.0 ..... 5.0                 tool, 200 ms each
  damage-assessor        5.0 ...... 9.0            agent
    look                 5.5 .. 8.0                model, 900 + 60 tokens
    price                8.0 . 8.9                 tool, failed: Timeout
  fraud-review       4.0                           decision: skipped, 0.58 < 0.65
"""

from typing import Any

from longpole.ingest.facts import Facts
from longpole.ingest.settle import build_rows
from longpole.model.batch import Batch
from longpole.model.event import AgentSeen, Body, Decision, Event
from longpole.model.ids import execution_id_of

SECOND = 1_000_000_000
STARTED_NS = 1_795_225_553_000_000_000
AGENT_SPAN, CHILD_SPAN, PLAN_SPAN, PRICE_SPAN = "a" * 16, "b" * 16, "c" * 16, "d" * 16
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
EXECUTION_ID = execution_id_of(TRACE_ID, AGENT_SPAN)
CHILD_ID = execution_id_of(TRACE_ID, CHILD_SPAN)


def triage_batch(
    *, trace_id: str = TRACE_ID, workspace: str = "default", is_running: bool = False, after_ns: int = 0
) -> Batch:
    """Its rows, settled, or, while it runs, as they are before its end: the agent and the last tool are open."""
    facts = _facts(is_running=is_running)
    start_ns = STARTED_NS + after_ns
    for fact in facts:
        fact.trace_id, fact.workspace = trace_id, workspace
        fact.started_ns += start_ns
        fact.ended_ns = None if fact.ended_ns is None else fact.ended_ns + start_ns
    place = {"workspace": workspace, "trace_id": trace_id, "execution_id": None, "received_ns": start_ns}
    facts[0].events = [
        Event(span_id=AGENT_SPAN, event_index=0, time_ns=start_ns + SECOND, name="claim read", kind="log", **place)
    ]
    facts[0].decisions = [
        Decision(
            span_id=AGENT_SPAN,
            event_index=1,
            time_ns=start_ns + 4 * SECOND,
            candidate="fraud-review",
            score=0.58,
            threshold=0.65,
            outcome="skipped",
            reason="below 5,000 €",
            **place,
        )
    ]
    rows = build_rows(facts, now_ns=start_ns + 20 * SECOND)
    body = {"workspace": workspace, "trace_id": trace_id, "error_stack": None, "received_ns": start_ns}
    return Batch(
        executions=rows.executions,
        steps=rows.steps,
        events=rows.events,
        decisions=rows.decisions,
        bodies=[
            Body(
                span_id=AGENT_SPAN,
                input='{"claim": "CLM-48213"}',
                output=None,
                attributes='{"tenant":"acme"}',
                resource=None,
                **body,
            ),
            Body(
                span_id=PLAN_SPAN,
                input='[{"role": "user", "content": "Please plan"}]',
                output="First the photos",
                attributes='{"gen_ai.request.model":"small-model","gen_ai.request.max_tokens":512}',
                resource='{"host.name":"worker-3"}',
                **body,
            ),
        ],
    )


def registered_agent(agent: str) -> Batch:
    """An agent that its program has announced and that has not run."""
    seen = AgentSeen(
        workspace="default", agent=agent, is_registered=True, first_seen_ns=STARTED_NS, last_seen_ns=STARTED_NS
    )
    return Batch(agents=[seen])


def _facts(*, is_running: bool) -> list[Facts]:
    agent = _fact(
        AGENT_SPAN, None, "claims-triage", "agent", 0, 10, kind="agent", agent="claims-triage", session_id="CLM-48213"
    )
    agent.user_id, agent.version, agent.environment = "u-17", "2.14.0", "production"
    price = _fact(PRICE_SPAN, CHILD_SPAN, "price", "tool", 8, 8.9, tool="lookup_part_prices")
    price.status, price.error_type, price.error_message = "failed", "parts.errors.Timeout", "no answer in 900 ms"
    facts = [
        agent,
        _fact("1" * 16, AGENT_SPAN, "get_profile", "database", 0.5, 1),
        _fact(PLAN_SPAN, AGENT_SPAN, "plan", "llm", 1, 4, model="small-model", input_tokens=1200, output_tokens=340),
        *(_fact(f"e{i:015x}", AGENT_SPAN, "embed", "tool", 4 + i / 5, 4.2 + i / 5, tool="embed") for i in range(5)),
        _fact(CHILD_SPAN, AGENT_SPAN, "damage-assessor", "agent", 5, 9, kind="agent", agent="damage-assessor"),
        _fact("2" * 16, CHILD_SPAN, "look", "llm", 5.5, 8, model="vision-model", input_tokens=900, output_tokens=60),
        price,
    ]
    facts[2].first_token_ns, facts[2].cost_usd_nanos = 800_000_000, 4_200_000
    if is_running:
        for fact in (facts[0], facts[8], price):
            fact.status, fact.ended_ns, fact.duration_ns = "running", None, None
            fact.error_type = fact.error_message = None
    else:
        agent.status = "failed"
    return facts


def _fact(span_id: str, parent: str | None, name: str, category: str, start: float, end: float, **more: Any) -> Facts:
    started_ns, ended_ns = round(start * SECOND), round(end * SECOND)
    return Facts(
        **{
            "workspace": "default",
            "trace_id": TRACE_ID,
            "span_id": span_id,
            "parent_span_id": parent,
            "name": name,
            "kind": None,
            "category": category,
            "step_type": "action",
            "status": "success",
            "started_ns": started_ns,
            "ended_ns": ended_ns,
            "duration_ns": ended_ns - started_ns,
            "received_ns": STARTED_NS,
            **more,
        }
    )
