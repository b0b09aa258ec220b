"""Steps that are generators: what they set as current is current only while the generator's own code runs.

Between two items the caller's code runs, perhaps in another task or context, and must not find this step, or one that
the generator stands in, as its own.
"""

from collections.abc import AsyncGenerator, Callable, Generator
from functools import partial
from typing import Any

from longpole.model.category import Category
from longpole.model.clock import steady_ns
from longpole.record.budget import budgets
from longpole.record.current import MORE, SITE, STARTED, Record, current
from longpole.record.more import FIRST_TOKEN
from longpole.record.recorder import recorder
from longpole.record.site import Site
from longpole.record.stand_in import stand_ins

_get = current.get
_set = current.set


def wrap_generator(function: Callable[..., Any], site: Site) -> Callable[..., Any]:
    """The generator function as a step, from its first item to its end, its failure, or its being closed early."""

    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        if not recorder.is_on:
            return (yield from function(*args, **kwargs))
        record = _started(site, args, kwargs)
        stream: Any = partial(function, *args, **kwargs)
        if stand_ins.calls is not None:
            stream = partial(stand_ins.calls.stream, site, record, _given(site, args, kwargs), stream)
        stream, items = stream(), _Items(record)
        resume, value, inside = stream.send, None, record
        while True:
            before = _get()
            _set(inside)
            try:
                item = resume(value)
            except StopIteration as stop:
                recorder.finish(record, items.output(stop.value))
                return stop.value
            except BaseException as error:
                recorder.fail(record, error)
                raise
            finally:
                inside = _get()  # the stream may stand inside a step of its own
                _set(before)
            items.add(item)
            try:
                value = yield item
                resume = stream.send
            except GeneratorExit:
                _close(stream, record, inside, items)
                raise
            except BaseException as error:
                resume, value = stream.throw, error

    return wrapper


def wrap_async_generator(function: Callable[..., Any], site: Site) -> Callable[..., Any]:
    """The same for an async generator function. While the recorder is off it only passes on."""

    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        record = _started(site, args, kwargs) if recorder.is_on else None
        stream: Any = partial(function, *args, **kwargs)
        if record is not None and stand_ins.calls is not None:
            stream = partial(stand_ins.calls.stream_async, site, record, _given(site, args, kwargs), stream)
        stream, items = stream(), _Items(record)
        resume, value, inside = stream.asend, None, record
        while True:
            before = _get()
            _set(before if record is None else inside)
            try:
                item = await resume(value)
            except StopAsyncIteration:
                if record is not None:
                    recorder.finish(record, items.output(None))
                return
            except BaseException as error:
                if record is not None:
                    recorder.fail(record, error)
                raise
            finally:
                inside = _get()  # the stream may stand inside a step of its own
                _set(before)
            items.add(item)
            try:
                value = yield item
                resume = stream.asend
            except GeneratorExit:
                await _close_async(stream, record, inside, items)
                raise
            except BaseException as error:
                resume, value = stream.athrow, error

    return wrapper


class _Items:
    """What a stream gave: its pieces of text joined, within the size limit, or how many items there were."""

    __slots__ = ("_count", "_record", "_room", "_texts")

    def __init__(self, record: Record | None) -> None:
        self._record = record if record is not None and record[SITE] is not None else None
        self._texts: list[str] = []
        self._room = recorder.limit
        self._count = 0

    def add(self, item: Any) -> None:
        if self._record is None:
            return
        self._count += 1
        if self._count == 1 and self._record[SITE].category == Category.LLM:
            self._record[MORE] = {FIRST_TOKEN: steady_ns() - self._record[STARTED], **(self._record[MORE] or {})}
        if isinstance(item, str) and self._room > 0 and recorder.keeps_content:
            self._room -= len(item)
            self._texts.append(item)

    def output(self, returned: Any) -> Any:
        if returned is not None or self._record is None:
            return returned
        if not self._texts:
            return {"items": self._count}
        return "".join(self._texts) + ("" if self._room > 0 else "… [cut]")


def _started(site: Site, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Record:
    """The record of a stream that begins; it fails at once where its agent's or its user's budget is used up."""
    record = recorder.start(site, _get(), _given(site, args, kwargs))
    if budgets.used_up and site.is_agent:
        try:
            budgets.check(site.agent, record=record)
        except BaseException as error:
            recorder.fail(record, error)
            raise
    return record


def _given(site: Site, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return (args[1:] if site.skips_first else args), kwargs


def _close(stream: Generator[Any, Any, Any], record: Record, inside: Record | None, items: _Items) -> None:
    """Ends a stream that its reader gave up: no failure, unless its own clean-up fails."""
    before = _get()
    _set(inside)
    try:
        stream.close()
    except BaseException as error:
        recorder.fail(record, error)
        raise
    finally:
        _set(before)
    recorder.finish(record, items.output(None))


async def _close_async(
    stream: AsyncGenerator[Any, Any], record: Record | None, inside: Record | None, items: _Items
) -> None:
    before = _get()
    _set(before if record is None else inside)
    try:
        await stream.aclose()
    except BaseException as error:
        if record is not None:
            recorder.fail(record, error)
        raise
    finally:
        _set(before)
    if record is not None:
        recorder.finish(record, items.output(None))
