"""What it finds
: A thread or process pool that is made for one job and thrown away.

Why it matters
: Starting a thread takes 50 to 100 us, a process 20 to 100 ms, and leaving `with` waits until the last job is done: in
  `async def` that stops the event loop. Many calls at once make many pools, and nothing bounds the threads together.

When not to worry
: Silent: a pool for a whole batch (`map`, or `submit` in a loop), one that is kept, start-up, scripts, tests.

How to mend
: One executor for the program, or `await asyncio.to_thread(...)`, which has one.

```python
# a pool per call
async def read(path):
    with ThreadPoolExecutor() as pool:
        return await asyncio.get_running_loop().run_in_executor(pool, load, path)

# the loop's own
async def read(path):
    return await asyncio.to_thread(load, path)
```
"""

import ast
import re
from collections.abc import Iterator

from longpole.audit.names import Names
from longpole.audit.rule import Hit, Rule, hit_at
from longpole.audit.rules.client_per_call import is_kept, is_made_once
from longpole.audit.source import COMPREHENSIONS, FUNCTIONS, LOOPS, Function, last_name, walk, walk_own
from longpole.model.finding import Confidence

_EXECUTORS = frozenset(
    {"concurrent.futures.ThreadPoolExecutor", "concurrent.futures.ProcessPoolExecutor", "multiprocessing.Pool"}
    | {"multiprocessing.pool.ThreadPool", "multiprocessing.pool.Pool", "multiprocessing.dummy.Pool"}
)
_ONCE = re.compile(
    r"^_*(__init__|__post_init__|__enter__|__aenter__|main|lifespan|startup|start|setup\w*|init\w*|configure\w*|create_\w+|make_\w+|build_\w+|get_\w*(executor|pool)\w*)$"
)
_BATCH = frozenset(
    {"map", "starmap", "imap", "imap_unordered", "map_async", "starmap_async", "as_completed", "wait", "gather"}
)


def check(names: Names) -> Iterator[Hit]:
    """Executors in functions, neither kept nor used for a batch."""
    source = names.source
    for call in source.calls:
        if names.of(call.func) not in _EXECUTORS:
            continue
        function = source.function_of(call)
        if not isinstance(function, FUNCTIONS) or source.is_in_test(call):
            continue
        in_loop = source.loop_of(call) is not None
        is_argument = _is_argument(names, call)
        if not is_argument and is_kept(names, call, function):
            continue
        is_batch = _is_batch(function, call)
        if not in_loop and (is_batch or _ONCE.match(function.name) or is_made_once(function)):
            continue
        in_async = isinstance(function, ast.AsyncFunctionDef)
        often = "round" if in_loop else f"call of `{function.name}`"
        reasons = ["one job is all it does" if not is_batch else "it is made again for every round of a loop"]
        if in_async:
            reasons.append("it stands in `async def`, where leaving it can hold the event loop")
        yield hit_at(
            call,
            f"`{last_name(call.func)}` is started for every {often} and ended again",
            Confidence.HIGH if in_async or in_loop else Confidence.MEDIUM,
            reasons=tuple(reasons),
        )


def _is_argument(names: Names, call: ast.Call) -> bool:
    """`run_in_executor(ThreadPoolExecutor(), ...)`: handed over, and nobody can end it."""
    outer = names.source.parents.get(call)
    return isinstance(outer, ast.Call) and call in outer.args and last_name(outer.func) == "run_in_executor"


def _is_batch(function: Function, made: ast.Call) -> bool:
    """Whether the function gives the executor many jobs: `map`, two or more `submit`, one in a loop."""
    submits = 0
    for node in walk_own(function):
        if isinstance(node, ast.Call) and last_name(node.func) in _BATCH and node is not made:
            return True
        if isinstance(node, (*LOOPS, *COMPREHENSIONS)):
            inner = [
                one
                for one in walk(node)
                if isinstance(one, ast.Call) and last_name(one.func) in ("submit", "run_in_executor", "apply_async")
            ]
            if inner and not any(one is made for one in walk(node)):
                return True
        if isinstance(node, ast.Call) and last_name(node.func) in ("submit", "run_in_executor", "apply_async"):
            submits += 1
    return submits > 1


RULE = Rule(
    code="LP011",
    slug="executor-per-call",
    title="Executor made for one job",
    advice="Keep one executor for the program, or use `asyncio.to_thread`.",
    page=__doc__ or "",
    check=check,
)
