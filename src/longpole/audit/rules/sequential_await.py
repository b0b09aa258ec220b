"""What it finds
: Steps that are awaited one after the other although none needs what another gives: a `for` loop that awaits a call per
  item, a comprehension that does, or two awaits in a row.

Why it matters
: Ten calls of 300 ms take 3 s in sequence and 0.3 s together. In agents these are the tool calls of one turn, the
  searches of one plan, one model call per document.

When not to worry
: The rule is silent where it sees that rounds depend on each other: data carried from one to the next, an early end of
  the loop, polling and pacing, locks and rate limits, a database session or a connection that serves one at a time,
  streams and messages whose order counts, rounds that are timed, state of the object that the awaited method reads and
  changes. It says in `reasons` why it believes that the steps are independent; it cannot see a limit of the other side.
  If the service allows N calls at once, put a semaphore around the call.

How to mend
: `asyncio.gather` keeps the order of the results; `asyncio.TaskGroup` ends all when one fails. Bound the number with a
  semaphore where the other side has limits.

```python
# slow
pages = []
for url in urls:
    pages.append(await fetch(url))

# together
pages = await asyncio.gather(*(fetch(url) for url in urls))
```
"""

import ast
import re
from collections.abc import Iterator

from msgspec import structs

from longpole.audit import flow
from longpole.audit.facts import Project
from longpole.audit.names import Names, last_part
from longpole.audit.rule import Hit, Rule, hit_at
from longpole.audit.source import last_name, names_bound, names_read, root_name, walk, walk_own
from longpole.model.audit_finding import AuditFinding
from longpole.model.finding import Confidence

_READS = re.compile(
    r"_*(a?get|fetch|load|read|search|find|query|look_?up|download|scrape|crawl|retrieve|list|count|check|is|has|should"
    r"|analy[sz]e|generate|summari[sz]e|translate|classify|extract|evaluate|grade|score|rank|judge|embed|ask|aask|complete"
    r"|predict|infer|describe|inspect|convert|transform|parse|process|compute|resolve|index|enrich|invoke|ainvoke|arun"
    r"|acall|call|review|verify|validate|compare|head|request|render|build|compile|transcribe|caption|rewrite|answer)(_|\d|$)"
)
"""Verbs of calls that bring something and leave nothing behind that the next round sees."""

_ORDERED = re.compile(
    r"_*a?(send|emit|publish|broadcast|notify|write|put|push|append|add|insert|set|register|subscribe|unsubscribe|start"
    r"|stop|close|aclose|shutdown|cancel|connect|disconnect|commit|rollback|execute|flush|sleep|wait|join|acquire|release"
    r"|lock|drain|log|record|track|stream\w*|callback\w*|reply|respond|report|say|speak|type|click|press|goto|navigate|fill|step|next"
    r"|anext|receive|recv|seek|enter|exit|setup|teardown|init|initiali[sz]e|migrate|apply|rename|move|edit|prompt|input"
    r"|confirm|yield|dispatch|trigger|on|handle|delete|remove|save|store|persist|update|upsert|create|merge|delegate"
    r"|setattr|hit|throttle|limit|play|print|display|show|progress|undo|redo|chat|converse|reset|cleanup|clear)(_|\d|$)"
)
"""Verbs of calls whose order may count, or that change something: not told from the name alone."""

_TOOLS = re.compile(r"_*(a?execute|a?call|a?run|handle|process|dispatch)_(\w+_)?(tool|function)(_calls?|s)?(_async)?$")
"""Tool calls of one turn of a model are made to be independent."""

_PROGRESS = re.compile(
    r"_*(stream_output|send_(progress|status|log|update)\w*|report_progress|on_progress|notify_\w*progress\w*"
    r"|(log|emit)_(progress|status|event)\w*)$"
)
_PACING = re.compile(r"(sleep|acquire|throttle|wait|wait_for_slot|hit|backoff|delay)$")
_GUARDS = re.compile(
    r"(lock|mutex|semaphore|sem|limiter|throttle|rate_?limit\w*|transaction|atomic|begin)", re.IGNORECASE
)
_ONE_AT_A_TIME = re.compile(
    r"(^|_)(session|sess|conn|connection|cursor|cur|tx|txn|transaction|uow|db|pipe|pipeline|writer|reader|stream|ws"
    r"|websocket|sock|socket|channel|page|browser|driver|lock|queue|consumer|producer|bot|message|update|interaction|ctx"
    r"|context|state|runtime|env|environment|tab|shell|terminal|process|ssh|sftp|ftp)$",
    re.IGNORECASE,
)
_PASSED_AT_ONE_TIME = re.compile(
    r"(^|_)(session|conn|connection|cursor|tx|txn|transaction|uow|db|ws|websocket|websocket_manager|page|state|history|request|req"
    r"|model_context|memory|conversation|chat_history|shell)$",
    re.IGNORECASE,
)
_SAID = re.compile(
    r"one[- ](by[- ]one|at a time|after (the other|another))|sequential|in (this |the )?order|not parallel",
    re.IGNORECASE,
)
_SEQUENCES = re.compile(
    r"(steps?|stages?|phases?|rounds?|turns?|epochs?|episodes?|iterations?|middlewares?|hooks?|migrations?|pipeline|actions"
    r"|commands|handlers?|listeners?|callbacks?|subscribers?|attempts?|retries|plugins|instructions|layers|levels|processors)$",
    re.IGNORECASE,
)
_HTTP_CLIENTS = re.compile(r"(httpx\.AsyncClient|aiohttp\.ClientSession|aiohttp\.client\.ClientSession)")
_HTTP_VERBS = frozenset({"get", "post", "put", "patch", "delete", "head", "request"})
_LIGHT = frozenset(
    {"json", "text", "read", "body", "form", "sleep", "gather", "wait", "wait_for", "aclose", "close", "wrap"}
)
_GATES = re.compile(r"_*(check|verify|validate|require|ensure|auth\w*|is|has|should|can|resolve)(_|$)")


def check(names: Names) -> Iterator[Hit]:
    """Loops, comprehensions and neighbouring awaits of one file."""
    source = names.source
    for loop in source.loops:
        if isinstance(loop, ast.For) and source.async_function_of(loop) is not None:
            yield from _in_loop(names, loop)
    for one in source.comprehensions:
        if isinstance(one, ast.ListComp | ast.SetComp | ast.DictComp) and source.async_function_of(one) is not None:
            yield from _in_comprehension(names, one)
    for block in source.blocks:
        yield from _in_line(names, block)


def settle(finding: AuditFinding, asks: tuple[str, ...], project: Project) -> AuditFinding | None:
    """Look into the awaited functions: what they share, and whether they wait at all."""
    reasons = list(finding.reasons)
    confidence = finding.confidence
    for name in asks:
        if project.find(name) is None:
            if _is_ordered(last_part(name)):
                return None
            continue
        state = project.shared_state(name)
        if state is not None or project.has_session(name) or project.waits(name) is False:
            return None
        reasons.append(f"`{last_part(name)}` keeps nothing in its object that another call of it reads")
        if confidence is Confidence.MEDIUM and _READS.match(last_part(name)):
            confidence = Confidence.HIGH
    return structs.replace(finding, reasons=tuple(reasons), confidence=confidence)


# A loop ---------------------------------------------------------------------------------------------------------------


def _in_loop(names: Names, loop: ast.For) -> Iterator[Hit]:
    source = names.source
    awaits = [
        node
        for node in flow.own_nodes(loop)
        if isinstance(node, ast.Await)
        and _is_innermost(names, node, loop)
        and isinstance(node.value, ast.Call | ast.Name)
    ]
    if not awaits or source.is_in_test(loop) or _is_ordered_loop(names, loop, awaits):
        return
    items = flow.derived(loop)
    calls = [
        call for node in awaits if (call := _started_call(loop, node)) is not None and not _is_progress(names, node)
    ]
    main = next((call for call in calls if _uses(call, items) and not _is_light(call)), None)
    if main is None or not all(_is_free(names, call, loop, items) for call in calls if not _is_light(call)):
        return
    fresh = flow.collected(loop) | _emptied(names, loop)
    if any(fresh & _plain_arguments(call) for call in calls):
        return
    confidence, reasons = _belief(names, loop, main)
    yield hit_at(
        _await_of(awaits, main, source.parents),
        f"`{last_name(main.func)}` is awaited once per item of `{_short(loop.iter)}`, one after the other",
        confidence,
        kind="loop",
        reasons=reasons,
        asks=tuple(name for call in calls if not _is_light(call) and (name := names.of(call.func))),
    )


def _is_innermost(names: Names, node: ast.Await, loop: ast.For) -> bool:
    """The loop is the nearest around the await; loops over what the round brought are part of the round."""
    inner = names.source.loop_of(node)
    return inner is loop


def _is_progress(names: Names, node: ast.Await) -> bool:
    """A message about the progress, whose answer nobody uses: it may come in another order."""
    is_dropped = isinstance(names.source.parents.get(node), ast.Expr)
    return is_dropped and bool(_PROGRESS.match(last_name(node.value)))


def _started_call(loop: ast.For, node: ast.Await) -> ast.Call | None:
    """The call that is awaited, also when it was made a task before: `task = create_task(call); await task`."""
    if isinstance(node.value, ast.Call):
        return node.value
    awaited = node.value.id if isinstance(node.value, ast.Name) else ""
    for one in flow.own_nodes(loop):
        if not isinstance(one, ast.Assign) or awaited not in names_bound(one.targets[0]):
            continue
        if isinstance(one.value, ast.Call) and last_name(one.value.func) in ("create_task", "ensure_future"):
            inner = one.value.args[0] if one.value.args else None
            return inner if isinstance(inner, ast.Call) else None
    return None


def _is_ordered_loop(names: Names, loop: ast.For, awaits: list[ast.Await]) -> bool:
    """Whether rounds depend on each other, or are meant to come one by one."""
    source = names.source
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for node in flow.own_nodes(loop)):
        return True
    if _is_chosen(names, loop) or any(
        _PACING.search(last_name(node.func)) for node in flow.own_nodes(loop) if isinstance(node, ast.Call)
    ):
        return True
    if any(
        last_name(node.func) in ("input", "ask_user", "getpass")
        for node in flow.own_nodes(loop)
        if isinstance(node, ast.Call)
    ):
        return True
    if flow.leaves_early(loop, flow.taints(loop)) or flow.is_timed(loop) or flow.carried(loop):
        return True
    guards = [node for node in flow.own_nodes(loop) if isinstance(node, ast.AsyncWith | ast.With)]
    guards += [node for node in source.around(loop) if isinstance(node, ast.AsyncWith | ast.With)]
    if any(_GUARDS.search(ast.unparse(item.context_expr)) for guard in guards for item in guard.items):
        return True
    return _is_round_counter(loop, awaits)


def _is_chosen(names: Names, loop: ast.For) -> bool:
    """A comment that says so, or a branch beside one that runs things together: somebody chose the order here."""
    before = names.source.lines[max(0, loop.lineno - 3) : loop.body[0].lineno]
    if any(_SAID.search(line.partition("#")[2]) for line in before):
        return True
    for outer in names.source.around(loop):
        if not isinstance(outer, ast.If):
            continue
        if re.search(r"sequential|parallel|concurren", ast.unparse(outer.test), re.IGNORECASE):
            return True
        others = outer.orelse if any(loop is one for part in outer.body for one in walk(part)) else outer.body
        if any(isinstance(one, ast.Call) and last_name(one.func) == "gather" for part in others for one in walk(part)):
            return True
    return False


def _is_round_counter(loop: ast.For, awaits: list[ast.Await]) -> bool:
    """`for _ in range(n)` and `for attempt in range(n)`: rounds, not items."""
    is_range = isinstance(loop.iter, ast.Call) and last_name(loop.iter.func) in ("range", "count", "repeat", "cycle")
    target = root_name(loop.target)
    return is_range and (
        bool(re.search(r"(^_+$|attempt|retry|retries|round|turn|step|epoch|episode|iter|trial|hop|depth)", target))
        or not any(flow.derived(loop) & names_read(node) for node in awaits)
    )


def _is_free(names: Names, call: ast.Call, loop: ast.For, items: set[str]) -> bool:
    """Whether an awaited call works on nothing that serves one at a time, and leaves no trace for another round."""
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    verb = last_name(call.func)
    is_of_item = root_name(receiver) in items
    is_http = _is_http(names, receiver, verb)
    if receiver is not None and not is_of_item and not is_http and _ONE_AT_A_TIME.search(last_name(receiver)):
        return False
    if any(_PASSED_AT_ONE_TIME.search(last_name(part)) and root_name(part) not in items for part in _arguments(call)):
        return False
    if is_http:
        return True
    name = names.of(call.func)
    is_of_project = name is not None and name.startswith((names.source.module.split(".")[0] + ".", names.source.module))
    return is_of_project or not _is_ordered(verb)


def _is_http(names: Names, receiver: ast.expr | None, verb: str) -> bool:
    if receiver is None or verb not in _HTTP_VERBS:
        return False
    known = names.of(receiver)
    return bool(known and _HTTP_CLIENTS.match(known)) or last_name(receiver) in (
        "client",
        "http",
        "http_client",
        "session",
    )


def _belief(names: Names, loop: ast.For, main: ast.Call) -> tuple[Confidence, tuple[str, ...]]:
    reasons = ["no round reads what an earlier one wrote", "nothing ends the loop early"]
    if flow.collected(loop):
        reasons.append("results are only gathered, and `asyncio.gather` keeps their order")
    if _SEQUENCES.search(last_name(loop.iter)) or _SEQUENCES.search(root_name(loop.target)):
        return Confidence.LOW, (*reasons, f"but `{_short(loop.iter)}` sounds like a sequence whose order may count")
    if _is_ticker(names, loop):
        return Confidence.LOW, (*reasons, "but a loop around it sleeps between its rounds: nobody waits for them")
    if _READS.match(last_name(main.func)):
        reasons.append(f"`{last_name(main.func)}` sounds like a call that only brings something")
        return Confidence.HIGH, tuple(reasons)
    is_kept = not isinstance(names.source.parents.get(names.source.parents[main]), ast.Expr)
    name = names.of(main.func)
    is_known = bool(name and name.startswith(names.source.module.split(".")[0]))
    is_change = _is_ordered(last_name(main.func)) and not is_kept
    return (Confidence.MEDIUM if (is_kept or is_known) and not is_change else Confidence.LOW), tuple(reasons)


def _is_ticker(names: Names, loop: ast.For) -> bool:
    """Inside `while True:` that pauses in each round and never ends: work in the background."""
    for outer in names.source.around(loop):
        if isinstance(outer, ast.While) and isinstance(outer.test, ast.Constant):
            below = [node for part in outer.body for node in walk_own(part)]
            has_pause = any(isinstance(node, ast.Call) and last_name(node.func) == "sleep" for node in below)
            return has_pause and not any(isinstance(node, ast.Break | ast.Return) for node in below)
    return False


def _uses(call: ast.Call, items: set[str]) -> bool:
    return bool(items & names_read(call))


def _is_ordered(verb: str) -> bool:
    return bool(_ORDERED.match(verb)) and not _TOOLS.match(verb)


def _is_light(call: ast.Call) -> bool:
    return last_name(call.func) in _LIGHT and not call.args


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _plain_arguments(call: ast.Call) -> set[str]:
    return {part.id for part in _arguments(call) if isinstance(part, ast.Name)}


def _emptied(names: Names, loop: ast.For) -> set[str]:
    """Names that the function makes as an empty list, set or dictionary: what is passed on there is filled there."""
    scope = names.source.scope_of(loop)
    inside = {name for statement in loop.body for name in names_bound(statement)}
    return {
        name
        for name, values in scope.values.items()
        if name not in inside and any(_is_empty(value) for value in values)
    }


def _is_empty(value: ast.AST) -> bool:
    if isinstance(value, ast.List | ast.Set):
        return not value.elts
    if isinstance(value, ast.Dict):
        return not value.keys
    return (
        isinstance(value, ast.Call)
        and last_name(value.func) in ("set", "list", "dict", "defaultdict")
        and not value.args
    )


def _await_of(awaits: list[ast.Await], main: ast.Call, parents: dict[ast.AST, ast.AST]) -> ast.Await:
    outer = parents.get(main)
    return outer if isinstance(outer, ast.Await) else awaits[0]


def _short(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= 40 else text[:39] + "…"


# A comprehension ------------------------------------------------------------


def _in_comprehension(names: Names, node: ast.ListComp | ast.SetComp | ast.DictComp) -> Iterator[Hit]:
    if any(generator.is_async for generator in node.generators) or names.source.is_in_test(node):
        return
    parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
    items = {name for generator in node.generators for name in names_bound(generator.target)}
    for part in parts:
        for one in walk_own(part):
            if not isinstance(one, ast.Await):
                continue
            call = one.value
            if not isinstance(call, ast.Call) or not _uses(call, items) or _is_light(call):
                continue
            if names.source.loop_of(one) is not node or not _is_free_in(names, call, items):
                continue
            yield hit_at(
                one,
                f"`{last_name(call.func)}` is awaited once per item of `{_short(node.generators[0].iter)}`",
                Confidence.HIGH if _READS.match(last_name(call.func)) else Confidence.MEDIUM,
                kind="comprehension",
                reasons=("a comprehension carries nothing from one item to the next",),
                asks=tuple(name for name in (names.of(call.func),) if name),
            )


def _is_free_in(names: Names, call: ast.Call, items: set[str]) -> bool:
    loop = ast.For(target=ast.Name(id="_"), iter=call, body=[], orelse=[])
    return _is_free(names, call, loop, items)


# Neighbours ------------------------------------------------------------


def _in_line(names: Names, block: list[ast.stmt]) -> Iterator[Hit]:
    """Runs of neighbouring `x = await f(...)` of which none needs another; one hit for each, at its second await."""
    run: list[tuple[ast.stmt, ast.Call]] = []
    for statement in [*block, None]:
        call = _awaited_value(names, statement) if statement is not None else None
        if statement is not None and call is not None and all(_is_apart(names, one, call) for one in run):
            run.append((statement, call))
            continue
        if len(run) > 1:
            yield _line_hit(names, run)
        run = [(statement, call)] if statement is not None and call is not None else []


def _awaited_value(names: Names, statement: ast.stmt) -> ast.Call | None:
    """The call of `x = await call(...)` where it brings something and may run beside others."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Await):
        return None
    call = statement.value.value
    if not isinstance(call, ast.Call) or names.source.async_function_of(statement) is None:
        return None
    verb = last_name(call.func)
    if not _READS.match(verb) or _GATES.match(verb) or _is_light(call) or names.source.is_in_test(statement):
        return None
    guards = [node for node in names.source.around(statement) if isinstance(node, ast.AsyncWith | ast.With)]
    if any(_GUARDS.search(ast.unparse(item.context_expr)) for guard in guards for item in guard.items):
        return None
    loop = ast.For(target=ast.Name(id="_"), iter=call, body=[], orelse=[])
    return call if _is_free(names, call, loop, set()) else None


def _is_apart(names: Names, earlier: tuple[ast.stmt, ast.Call], call: ast.Call) -> bool:
    """Whether a call needs nothing that an earlier statement bound, and is not the next page of the same thing."""
    statement, other = earlier
    bound = names_bound(statement)
    stored = (
        [target for target in statement.targets if isinstance(target, ast.Attribute)]
        if isinstance(statement, ast.Assign)
        else []
    )
    if bound & names_read(call) or stored:
        return False
    receiver = root_name(call.func)
    is_same_object = isinstance(call.func, ast.Attribute) and receiver == root_name(other.func) and receiver != "self"
    return not is_same_object or names.of(call.func) is not None


def _line_hit(names: Names, run: list[tuple[ast.stmt, ast.Call]]) -> Hit:
    first, second = run[0][1], run[1][1]
    called = " and ".join(f"`{last_name(call.func)}`" for _, call in run)
    return hit_at(
        run[1][0],
        f"{called} are awaited one after the other, and none needs what another gives",
        Confidence.MEDIUM,
        kind="line",
        reasons=(f"`{last_name(second.func)}` reads nothing that `{last_name(first.func)}` brings",),
        asks=tuple(name for _, call in run if (name := names.of(call.func))),
    )


RULE = Rule(
    code="LP001",
    slug="sequential-await",
    title="Awaited one after the other",
    advice="Await them together with `asyncio.gather` or a `TaskGroup`; a semaphore keeps to limits of the other side.",
    page=__doc__ or "",
    check=check,
    settle=settle,
)
