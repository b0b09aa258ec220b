"""What it finds
: Monitoring that the work waits for (`await metrics.record(...)`), and a task that nobody keeps:
  `asyncio.create_task(...)` whose result is dropped.

Why it matters
: Recording a number should cost nothing; awaited, it costs a round trip per step. A task without a reference may be
  collected before it has run, and its error is never seen.

When not to worry
: An awaited call that only puts into a queue in memory is cheap. Silent: flushes and shutdown, results that are used,
  tasks of a `TaskGroup`.

How to mend
: Record into memory and send in the background. Keep tasks: `tasks.add(task); task.add_done_callback(tasks.discard)`.

```python
# may vanish
asyncio.create_task(monitor.record(metrics))

# kept
task = asyncio.create_task(monitor.record(metrics))
background.add(task)
task.add_done_callback(background.discard)
```
"""

import ast
import re
from collections.abc import Iterator

from longpole.audit.names import Names
from longpole.audit.rule import Hit, Rule, hit_at
from longpole.audit.source import FUNCTIONS, last_name
from longpole.model.finding import Confidence

_MONITORS = re.compile(
    r"(^|_)(metrics?|monitor|monitoring|telemetry|analytics|statsd|stats|instrumentation|apm|profiler|usage_tracker"
    r"|metrics_(client|collector|service|recorder|store)|monitoring_(client|service)|performance_monitor|perf_monitor"
    r"|telemetry_(client|service)|analytics_(client|service)|health_monitor|execution_monitor|reliability_monitor)$",
    re.IGNORECASE,
)
_RECORDS = re.compile(
    r"_*(record|track|observe|increment|incr|gauge|timing|histogram|count|emit|report|capture|log|send|push|submit|update|publish|collect|mark)(_\w+)?$"
)
_NAMED = re.compile(
    r"_*(record|track|report|emit|send|log|push|collect|publish|update)_\w*(metrics?|telemetry|analytics|timings?|latency|latencies|statistics|usage_stats)(_\w+)?$"
)
_END = re.compile(r"(flush|close|stop|shutdown|aclose|cleanup|teardown|drain)")


def check(names: Names) -> Iterator[Hit]:
    """Awaited records and dropped tasks of one file."""
    source = names.source
    for call in source.calls:
        outer = source.parents.get(call)
        if isinstance(outer, ast.Expr) and _is_task(names, call):
            yield hit_at(
                call,
                f"nothing keeps the task of `{ast.unparse(call.func)}`: it may be collected before it has run",
                Confidence.HIGH,
                kind="task",
                reasons=("the event loop holds only a weak reference to it",),
                advice="Keep it in a set until it is done, or use a `TaskGroup`.",
            )
        elif isinstance(outer, ast.Await) and isinstance(source.parents.get(outer), ast.Expr):
            yield from _record(names, call)


def _is_task(names: Names, call: ast.Call) -> bool:
    name = names.of(call.func)
    if name in ("asyncio.create_task", "asyncio.ensure_future", "asyncio.Loop.create_task"):
        return True
    return (
        last_name(call.func) == "create_task"
        and isinstance(call.func, ast.Attribute)
        and last_name(call.func.value) in ("loop", "_loop", "event_loop")
    )


def _record(names: Names, call: ast.Call) -> Iterator[Hit]:
    name = last_name(call.func)
    receiver = last_name(call.func.value) if isinstance(call.func, ast.Attribute) else ""
    is_record = bool(_MONITORS.search(receiver) and _RECORDS.match(name)) or bool(_NAMED.match(name))
    function = names.source.function_of(call)
    own = function.name if isinstance(function, FUNCTIONS) else ""
    owner = names.source.class_of(call)
    is_monitor_itself = bool(
        re.search(r"(Monitor|Metric|Telemetry|Analytics|Collector|Reporter)", owner.name if owner else "")
    )
    if not is_record or _END.search(own) or _END.search(name) or is_monitor_itself or names.source.is_in_test(call):
        return
    if _RECORDS.match(own) or _NAMED.match(own) or any(isinstance(one, ast.While) for one in names.source.around(call)):
        return
    yield hit_at(
        call,
        f"the work waits for `{ast.unparse(call.func)}`, whose result nobody uses",
        Confidence.MEDIUM,
        kind="record",
        reasons=("the name says that it monitors", "its result is dropped"),
        advice="Record into memory, and send it in the background.",
    )


RULE = Rule(
    code="LP012",
    slug="awaited-monitoring",
    title="Monitoring in the way of the work",
    advice="Do it in the background, and keep a reference to the task.",
    page=__doc__ or "",
    check=check,
    ruff=("RUF006",),
)
