"""What executions used: tokens, money, calls, steps; every model call counted once.

Clients repeat usage: on the wrapper around a model call, on the agent, on both. So usage counts at the deepest model
call that carries it, and what an agent says about itself counts only where no model call below it says anything.
"""

from collections.abc import Sequence

from msgspec import Struct

from longpole.ingest.facts import Facts
from longpole.ingest.ownership import Ownership
from longpole.model.category import Category
from longpole.model.status import OPEN_STATUSES, ExecutionStatus
from longpole.model.tree import NO_PARENT

FAILING = frozenset({str(ExecutionStatus.FAILED), str(ExecutionStatus.TIMEOUT), str(ExecutionStatus.CRASHED)})
"""The statuses of something that went wrong."""

LARGEST_SUM = 2**63 - 1
"""Where sums stop: what a column holds. Only nonsense gets there."""

_OPEN = frozenset(map(str, OPEN_STATUSES))

# Plain texts: comparing a text with a member of an enum costs 0.08 us, with a text 0.01.
_LLM, _TOOL, _HTTP, _RETRY, _RATE_LIMIT = (
    str(member.value) for member in (Category.LLM, Category.TOOL, Category.HTTP, Category.RETRY, Category.RATE_LIMIT)
)
_SKIPPED, _SUCCESS = ExecutionStatus.SKIPPED.value, ExecutionStatus.SUCCESS.value


class Tally(Struct, gc=False):
    """Sums over steps, `None` where nothing is known. See `Execution` for the fields."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd_nanos: int | None = None
    model_calls: int = 0
    model_calls_without_usage: int = 0
    model_calls_without_cost: int = 0
    tool_calls: int = 0
    api_calls: int = 0
    attempts: int = 0
    retry_steps: int = 0
    numbered_waits: int = 0
    agents_skipped: int = 0
    steps_total: int = 0
    steps_completed: int = 0
    steps_failed: int = 0
    model: str | None = None
    provider: str | None = None

    @property
    def retries(self) -> int:
        """The waits before another attempt that say which attempt had failed: there is one for each retry, whatever
        steps the attempts are made of. Where there are none, the attempts after the first; else the steps of category
        retry."""
        return self.numbered_waits or self.attempts or self.retry_steps

    def add_usage(self, other: "Facts | Tally") -> None:
        """Add the tokens and the cost of a model call or of another tally, in place."""
        if (value := other.input_tokens) is not None:
            self.input_tokens = min((self.input_tokens or 0) + value, LARGEST_SUM)
        if (value := other.output_tokens) is not None:
            self.output_tokens = min((self.output_tokens or 0) + value, LARGEST_SUM)
        if (value := other.cache_read_tokens) is not None:
            self.cache_read_tokens = min((self.cache_read_tokens or 0) + value, LARGEST_SUM)
        if (value := other.cache_write_tokens) is not None:
            self.cache_write_tokens = min((self.cache_write_tokens or 0) + value, LARGEST_SUM)
        if (value := other.reasoning_tokens) is not None:
            self.reasoning_tokens = min((self.reasoning_tokens or 0) + value, LARGEST_SUM)
        if (value := other.cost_usd_nanos) is not None:
            self.cost_usd_nanos = min((self.cost_usd_nanos or 0) + value, LARGEST_SUM)

    def add(self, other: "Tally") -> None:
        """Add everything of another tally, in place."""
        self.add_usage(other)
        self.model_calls += other.model_calls
        self.model_calls_without_usage += other.model_calls_without_usage
        self.model_calls_without_cost += other.model_calls_without_cost
        self.tool_calls += other.tool_calls
        self.api_calls += other.api_calls
        self.attempts += other.attempts
        self.retry_steps += other.retry_steps
        self.numbered_waits += other.numbered_waits
        self.agents_skipped += other.agents_skipped
        self.steps_total += other.steps_total
        self.steps_completed += other.steps_completed
        self.steps_failed += other.steps_failed
        if self.model is None:
            self.model, self.provider = other.model, other.provider


class Usage(Struct, frozen=True):
    """Who counts, per span by its position, and the sums per execution.

    `is_counted` marks the leaf model calls and the spans whose own usage stands in for them. `own` covers an execution
    and its direct steps, `whole` its child executions too.
    """

    is_counted: list[bool]
    own: dict[int, Tally]
    whole: dict[int, Tally]


class _Calls(Struct):
    """Per span: is it a leaf model call, does its usage count, is that usage told by something above it."""

    is_call: list[bool]
    is_counted: list[bool]
    is_covered: list[bool]


def count_usage(place: Ownership) -> Usage:
    """What every execution of a group used. Cost: about 3 us a span."""
    calls = _find_calls(place)
    own = {node: Tally() for node in place.execution_ids}
    for fact, owner, kind, is_counted, is_call, is_covered in zip(
        place.facts, place.owners, place.kinds, calls.is_counted, calls.is_call, calls.is_covered, strict=True
    ):
        tally = own[owner]
        if is_counted:
            tally.add_usage(fact)
        if is_call:
            _add_call(tally, fact, is_covered)
        if kind is None:
            _add_step(tally, fact)
    _add_api_calls(place, calls.is_call, own)
    whole = {node: Tally() for node in own}
    for node in reversed(place.tree.order):
        if node not in own:
            continue
        whole[node].add(own[node])
        parent = place.parents[node]
        if parent != NO_PARENT:
            whole[parent].add(whole[node])
            whole[parent].agents_skipped += place.facts[node].status == _SKIPPED
    counted = [call or counts for call, counts in zip(calls.is_call, calls.is_counted, strict=True)]
    return Usage(is_counted=counted, own=own, whole=whole)


def carries_usage(fact: Facts) -> bool:
    """Whether a span itself tells tokens or cost."""
    return (
        fact.input_tokens is not None
        or fact.output_tokens is not None
        or fact.cost_usd_nanos is not None
        or fact.cache_read_tokens is not None
        or fact.reasoning_tokens is not None
        or fact.cache_write_tokens is not None
    )


def _find_calls(place: Ownership) -> _Calls:
    """The leaf model calls of a group, and whose usage counts.

    A model call is a wrapper if one that carries usage is reachable below it without crossing a tool or an execution,
    or if it carries none itself and wraps any. Below a call that counts, calls without usage are the same call.
    """
    tree, facts, kinds = place.tree, place.facts, place.kinds
    count = len(facts)
    is_model = [fact.category == _LLM for fact in facts]
    carries = [carries_usage(fact) for fact in facts]
    if not any(carried and not model for carried, model in zip(carries, is_model, strict=True)) and not any(
        model and below for model, below in zip(is_model, tree.children, strict=True)
    ):  # nothing repeats what another one says: the usual case, seen in a third of the time
        return _Calls(is_call=is_model, is_counted=carries, is_covered=[False] * count)
    is_call, is_counted, is_covered = [False] * count, [False] * count, [False] * count
    reaches_call, reaches_usage, has_usage_below = [False] * count, [False] * count, [False] * count
    for node in reversed(tree.order):
        if is_model[node]:
            is_counted[node] = carries[node] and not reaches_usage[node]
            is_call[node] = is_counted[node] or not (carries[node] or reaches_call[node])
        elif carries[node]:
            is_counted[node] = not has_usage_below[node]
        above = tree.parents[node]
        if above == NO_PARENT:
            continue
        has_usage_below[above] |= is_counted[node] or has_usage_below[node]
        if kinds[node] is None and facts[node].category != _TOOL:
            reaches_call[above] |= is_model[node] or reaches_call[node]
            reaches_usage[above] |= (is_model[node] and carries[node]) or reaches_usage[node]
    is_inside = [False] * count  # below a counted call, without crossing a tool or an execution
    for node in tree.order:
        above = tree.parents[node]
        if above == NO_PARENT:
            continue
        is_covered[node] = is_covered[above] or (is_counted[above] and not is_model[above])
        if kinds[node] is None and facts[node].category != _TOOL:
            is_inside[node] = is_inside[above] or (is_model[above] and is_counted[above])
            if is_inside[node]:
                is_call[node] = False
    return _Calls(is_call=is_call, is_counted=is_counted, is_covered=is_covered)


def _add_call(tally: Tally, fact: Facts, is_covered: bool) -> None:
    tally.model_calls += 1
    if not is_covered:
        tally.model_calls_without_usage += fact.input_tokens is None and fact.output_tokens is None
        tally.model_calls_without_cost += fact.cost_usd_nanos is None
    if tally.model is None:
        tally.model, tally.provider = fact.model, fact.provider


def _add_step(tally: Tally, fact: Facts) -> None:
    tally.steps_total += 1
    status = fact.status
    if status == _SUCCESS:
        tally.steps_completed += 1
    elif status in FAILING:
        tally.steps_failed += 1
    elif status not in _OPEN:
        tally.steps_completed += 1
    if fact.category == _TOOL:
        tally.tool_calls += 1
    elif fact.category in (_RETRY, _RATE_LIMIT):
        tally.retry_steps += fact.category == _RETRY
        tally.numbered_waits += fact.attempt is not None
    elif fact.attempt is not None and fact.attempt > 1:
        tally.attempts += 1


def _add_api_calls(place: Ownership, is_call: Sequence[bool], own: dict[int, Tally]) -> None:
    """Count requests to others: HTTP steps inside executions, and the model calls that show no HTTP step below them."""
    tree = place.tree
    if not any(fact.category == _HTTP for fact in place.facts):
        for owner, call in zip(place.owners, is_call, strict=True):
            own[owner].api_calls += call
        return
    shows_http = [False] * len(tree)
    for node in reversed(tree.order):
        is_step = place.kinds[node] is None
        is_http = is_step and not place.is_outside[node] and place.facts[node].category == _HTTP
        # A request that wraps another one is the same request (a client's span around its library's span).
        if (is_http or is_call[node]) and not shows_http[node]:
            own[place.owners[node]].api_calls += 1
        above = tree.parents[node]
        if above != NO_PARENT and is_step and place.facts[node].category != _TOOL:
            shows_http[above] |= is_http or shows_http[node]
