"""What it finds
: A call that holds the thread inside `async def`: `time.sleep`, a synchronous HTTP client, a subprocess that is waited
  for, a synchronous database driver, a file, a prompt.

Why it matters
: The event loop runs everything on one thread. While the call waits, nothing else runs: no other request, no timer, no
  token of a stream. Ten agents on one loop wait for the one that blocks.

When not to worry
: In a program that does one thing and nothing beside it, blocking costs nothing extra. Small local files are read in
  microseconds; such findings have a low confidence. Silent: calls handed to `asyncio.to_thread` or an executor, a
  terminal program that suspends itself around an editor, and functions that say in their docstring that they block the
  loop on purpose.

How to mend
: `await asyncio.sleep(...)`, an asynchronous client or driver, `asyncio.create_subprocess_exec`, or
  `await asyncio.to_thread(call, ...)`. `--fix` changes `time.sleep` to `asyncio.sleep`.

```python
# blocks
async def answer(question):
    time.sleep(delay)

# lets others run
async def answer(question):
    await asyncio.sleep(delay)
```
"""

import ast
import re
from collections.abc import Iterator

from longpole.audit.blocking import Blocking, blocking_call
from longpole.audit.names import Names, last_part
from longpole.audit.rule import Hit, Rule, hit_at
from longpole.audit.source import last_name
from longpole.model.finding import Confidence

_CONFIDENCE = {
    "sleep": Confidence.CERTAIN,
    "http": Confidence.CERTAIN,
    "subprocess": Confidence.HIGH,
    "database": Confidence.HIGH,
    "wait": Confidence.HIGH,
    "input": Confidence.MEDIUM,
    "file": Confidence.LOW,
}
_WORDS = {
    "sleep": "sleeps",
    "http": "waits for an answer over the network",
    "subprocess": "waits for another process",
    "database": "waits for the database",
    "wait": "waits",
    "input": "waits for a person",
    "file": "waits for the disk",
}
_ON_PURPOSE = re.compile(r"\b(block|lock|freeze|stall)\w*\b[^.]*\b(loop|runloop|mainloop)\b", re.IGNORECASE)


def check(names: Names) -> Iterator[Hit]:
    """Blocking calls directly in asynchronous functions."""
    for call in names.source.calls:
        blocking = blocking_call(names.of(call.func))
        if blocking is None:
            continue
        function = names.source.async_function_of(call)
        if function is None or isinstance(names.source.parents.get(call), ast.Await):
            continue
        is_meant = _is_suspended(names, call) or _ON_PURPOSE.search(ast.get_docstring(function) or "")
        yield _hit(call, names.of(call.func) or "", blocking, None if is_meant else _confidence(call, blocking))


def _confidence(call: ast.Call, blocking: Blocking) -> Confidence | None:
    is_immediate = any(
        keyword.arg in ("block", "blocking") and isinstance(keyword.value, ast.Constant) and not keyword.value.value
        for keyword in call.keywords
    )
    if is_immediate or (blocking.kind == "sleep" and _is_zero(call)):
        return None
    return _CONFIDENCE[blocking.kind]


def _is_zero(call: ast.Call) -> bool:
    return bool(call.args) and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0


def _is_suspended(names: Names, call: ast.Call) -> bool:
    """Inside `with app.suspend():` the program has handed the terminal over and waits on purpose."""
    return any(
        last_name(item.context_expr) == "suspend"
        for outer in names.source.around(call)
        if isinstance(outer, ast.With)
        for item in outer.items
    )


def _hit(call: ast.Call, name: str, blocking: Blocking, confidence: Confidence | None) -> Hit:
    shown = name.removeprefix("builtins.")
    return hit_at(
        call,
        f"`{shown}` {_WORDS[blocking.kind]} and holds the event loop",
        confidence,
        kind=blocking.kind,
        advice=f"Use {blocking.instead} instead of `{last_part(name)}`.",
        reasons=("it stands directly in `async def`",),
    )


RULE = Rule(
    code="LP002",
    slug="blocking-call",
    title="Blocks the event loop",
    advice="Use the asynchronous counterpart, or `await asyncio.to_thread(...)`.",
    page=__doc__ or "",
    check=check,
    ruff=("ASYNC210", "ASYNC212", "ASYNC220", "ASYNC221", "ASYNC222", "ASYNC230", "ASYNC240", "ASYNC250", "ASYNC251"),
    mends=True,
)
