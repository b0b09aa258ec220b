"""What a page says of an execution: the verdict in a sentence, and its time by kind as the dashboard shows it."""

from collections.abc import Mapping

from msgspec import Struct

from longpole.model.status import ExecutionStatus
from longpole.reports.numbers import cost_text, count_text, counted, duration_text, share_text, share_texts
from longpole.reports.views import ExecutionItem, ExecutionTree

KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "wait": ("Waiting for first token", ("llm_wait",)),
    "gen": ("Generating", ("llm",)),
    "tool": ("Tools", ("tool", "http", "retrieval", "agent_comm")),
    "db": ("Database", ("database", "cache")),
    "retry": ("Retry, rate limit", ("retry", "rate_limit")),
    "block": ("Blocked event loop", ("blocked_loop",)),
    "join": ("Waiting at a join", ("barrier_wait",)),
    "queue": ("Queue", ("queue",)),
    "own": ("Own code", ("processing", "validation", "serialization", "guardrail")),
    "none": ("Unexplained", ("agent", "unexplained")),
}
"""The kinds of time in the order of every bar, by the class that paints them: their names, and their categories."""

_KIND_OF = {category: kind for kind, (_, categories) in KINDS.items() for category in categories}
_BADLY = {
    ExecutionStatus.FAILED: "Failed",
    ExecutionStatus.TIMEOUT: "Timed out",
    ExecutionStatus.CRASHED: "Crashed",
}
_MARKS = {"success": "✓", "failed": "✗", "timeout": "⧖", "crashed": "↯", "skipped": "»", "pending": "…"}


class Share(Struct, frozen=True):
    """A part of the wall time: its kind, its name, its nanoseconds, and its share of the whole as text."""

    kind: str
    name: str
    ns: int
    text: str


def kind_of(category: str) -> str:
    """The kind of a category; one that is not known here has no explanation."""
    return _KIND_OF.get(category, "none")


def shares_of(tree: ExecutionTree) -> list[Share]:
    """The wall time by kind, in the order of the kinds, without empty ones; the texts sum to 100.0 %."""
    sums: dict[str, int] = {}
    for category, spent_ns in tree.shares.items():
        sums[kind_of(category)] = sums.get(kind_of(category), 0) + spent_ns
    kept = {kind: sums[kind] for kind in KINDS if sums.get(kind, 0) > 0}
    texts = share_texts(kept)
    # Without a first token nobody knows how much of a model's time was waiting, so the name does not claim it.
    names = {kind: name for kind, (name, _) in KINDS.items()} | ({} if "wait" in kept else {"gen": "Model calls"})
    return [Share(kind, names[kind], spent_ns, texts[kind]) for kind, spent_ns in kept.items()]


def verdict_of(tree: ExecutionTree) -> tuple[str, str]:
    """The answer in words, before any picture: what matters, and what explains it (which may be empty)."""
    item, usual = tree.execution, tree.usual
    largest = max(shares_of(tree), key=lambda share: share.ns, default=None)
    most = "" if largest is None else f"{largest.name} took the most: {duration_text(largest.ns)}, {largest.text}."
    if tree.duration_ns is None:
        return "Still running when this page was made.", "Shares are of the time so far."
    if item.status in _BADLY:
        return f"{_BADLY[ExecutionStatus(item.status)]} after {duration_text(tree.duration_ns)}.", most
    if usual is not None:
        # Not all are quicker while one is as slow, nor all slower: rounding must not say so.
        part = min(99, max(1, round(usual.slower_than * 100)))
        compared = f"Slower than {part} %" if part >= 50 else f"Faster than {100 - part} %"
        return f"{compared} of {count_text(usual.executions)} executions", (
            f"(usual {duration_text(usual.p50_ns)}). {most}"
        )
    if item.status == ExecutionStatus.SKIPPED:
        return "Considered, and did not fire.", ""
    return most or "Finished.", ""


def facts_of(tree: ExecutionTree) -> list[str]:
    """What else matters about the execution, a few words each, its status aside."""
    item = tree.execution
    facts = [counted(item.steps_total, "step")]
    if item.retries:
        facts.append(counted(item.retries, "retry", "retries"))
    if item.agents_skipped:
        facts.append(f"{counted(item.agents_skipped, 'agent')} skipped")
    if item.model_calls:
        facts += [counted(item.model_calls, "model call"), _tokens(item), f"cost {cost_text(item.cost_usd)}"]
    if item.credits is not None:
        facts.append(f"{item.credits:g} {item.credits_unit or 'credits'}")
    facts.append(f"explained {share_text(tree.coverage.share)}")
    return facts


def status_text(status: str, error_type: str | None) -> str:
    """A status with its mark, and the error of one that failed."""
    word = "running" if status in ("llm_request", "llm_response") else status
    error = f" {error_type.rpartition('.')[2]}" if error_type and status in _BADLY else ""
    return f"{_MARKS.get(status, '▸')} {word}{error}"


def _tokens(item: ExecutionItem) -> str:
    if item.input_tokens is None and item.output_tokens is None:
        return "tokens unknown"
    return f"{count_text(item.input_tokens)} tokens in, {count_text(item.output_tokens)} out"
