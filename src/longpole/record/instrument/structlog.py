"""structlog: its lines go into the execution that they were written in, and carry its ids.

Either for all loggers, by `longpole.instrument("structlog")`, or by `structlog_processor` in a program's own chain.
"""

import sys
from collections.abc import Callable, Mapping, MutableMapping
from importlib import import_module
from types import CodeType
from typing import Any

from longpole.record.capture import freeze_error, stack_text
from longpole.record.content import Content
from longpole.record.instrument.logging import STRUCTLOG_CALL, taken_by_structlog
from longpole.record.instrument.replacement import Replacements
from longpole.record.log_lines import calling_frame, send_line, step_ids, text_content
from longpole.record.recorder import recorder
from longpole.record.trouble import complain
from longpole.wire import longpole_names as names

EXECUTION_ID, STEP_ID = "execution_id", "step_id"
_LEVELS = {
    "warn": "warning",
    "exception": "error",
    "err": "error",
    "fatal": "critical",
    "failure": "critical",
    "msg": "info",
    "log": "info",
    "notset": "debug",
}
_KNOWN_LEVELS = frozenset({"trace", "debug", "info", "warning", "error", "critical"})
# Keys that other processors add, or that are told in another way.
_NOT_FIELDS = frozenset({"event", "level", "timestamp", "exc_info", "stack_info", EXECUTION_ID, STEP_ID, "exception"})
_OURS = ("/record/instrument/structlog.py", "/record/log_lines.py")
_hook = Replacements()


def structlog_processor(logger: Any, method_name: str, event_dict: Any) -> Any:
    """A processor that adds `execution_id` and `step_id` to the event, and puts the line into the execution.

    It may stand anywhere in the chain. Before the renderer it adds the ids; behind it, where the event has become a
    text, it can only take the line. Ids that are there already stay. Outside of any step it changes nothing. It never
    raises. Cost: about 10 us a line.
    """
    if not recorder.is_on:
        return event_dict
    try:
        return _process(method_name, event_dict)
    except Exception as error:
        complain("structlog", error)
        return event_dict


def install() -> None:
    """Turns it on for all loggers, whatever they are configured with; again does nothing."""
    if not _hook.is_on:
        _hook.add(import_module("structlog._base").BoundLoggerBase, "_process_event", _wrap_process_event)


def remove() -> None:
    """Turns it off."""
    _hook.remove()


def _process(method_name: str, event_dict: Any) -> Any:
    ids = step_ids()
    if ids is None:
        return event_dict
    if isinstance(event_dict, MutableMapping):
        # With a record it is a line of the standard library, on its way through structlog's formatter.
        if "_record" not in event_dict:
            _take(method_name, event_dict)
        if ids.execution_id is not None:
            event_dict.setdefault(EXECUTION_ID, ids.execution_id)
        event_dict.setdefault(STEP_ID, ids.step_id)
    elif isinstance(event_dict, str | bytes | bytearray):
        text = event_dict if isinstance(event_dict, str) else bytes(event_dict).decode(errors="replace")
        _take(method_name, {"event": text})
    return event_dict


def _wrap_process_event(original: Any, is_wanted: Callable[[], bool]) -> Any:
    def longpole_process_event(self: Any, method_name: str, event: Any, event_kw: dict[str, Any]) -> Any:
        if not (recorder.is_on and is_wanted()):
            return original(self, method_name, event, event_kw)
        ids, given = None, dict(event_kw)
        try:
            # A chain with the processor in it does both by itself.
            ids = None if structlog_processor in self._processors else step_ids()
            if ids is not None:
                event_kw = _with_ids(ids, self._context, event_kw)
        except Exception as error:
            complain("structlog", error)
        result = original(self, method_name, event, event_kw)  # DropEvent: the program does not want the line
        if ids is not None:
            try:
                _take(method_name, {**_bound_everywhere(), **self._context, **given, "event": event})
            except Exception as error:
                complain("structlog", error)
        return result

    return longpole_process_event


def _with_ids(ids: Any, context: Mapping[str, Any], event_kw: dict[str, Any]) -> dict[str, Any]:
    added = {EXECUTION_ID: ids.execution_id, STEP_ID: ids.step_id}
    return {name: value for name, value in added.items() if value is not None and name not in context} | event_kw


def _bound_everywhere() -> dict[str, Any]:
    return import_module("structlog.contextvars").get_contextvars()


def _take(method_name: str, event_dict: Mapping[str, Any]) -> None:
    ids = step_ids()
    if ids is None:
        return
    event = event_dict.get("event")
    text, positional = event, event_dict.get("positional_args")
    if positional and isinstance(event, str):
        try:
            text = event % positional
        except (TypeError, ValueError):
            text = f"{event} {positional!r}"
    frame = calling_frame(_is_users)
    attributes: dict[str, Any] = {}
    if frame is not None:
        attributes["code.file.path"] = frame.f_code.co_filename
        attributes["code.line.number"] = frame.f_lineno
        attributes["code.function.name"] = frame.f_code.co_qualname
    for name, value in event_dict.items():
        is_rendered = name == "exception" and not isinstance(value, str)
        if (name not in _NOT_FIELDS or is_rendered) and name != "positional_args" and not name.startswith("_"):
            attributes[name] = value if name == "logger" and isinstance(value, str) else Content(value)
    exception = _exception_text(event_dict)
    if exception is not None:
        attributes[names.LOG_EXCEPTION] = exception
    send_line(ids, _level(method_name, event_dict), text_content(text, event, frame), attributes)
    call = calling_frame(lambda code: code.co_name == STRUCTLOG_CALL)
    taken_by_structlog.set(0 if call is None else id(call))


def _is_users(code: CodeType) -> bool:
    file = code.co_filename
    return "/structlog/" not in file and not file.endswith(_OURS)


def _level(method_name: str, event_dict: Mapping[str, Any]) -> str:
    told = event_dict.get("level")
    level = told.lower() if isinstance(told, str) else method_name.lower()
    level = _LEVELS.get(level, level)
    return level if level in _KNOWN_LEVELS else "info"


def _exception_text(event_dict: Mapping[str, Any]) -> str | None:
    """The exception of a line, as text: given by the program, or rendered already by a processor before."""
    rendered, given = event_dict.get("exception"), event_dict.get("exc_info")
    if isinstance(rendered, str):
        return rendered
    if isinstance(given, tuple):
        given = given[1]
    elif given is True:
        given = sys.exc_info()[1]
    return stack_text(freeze_error(given)) if isinstance(given, BaseException) else None
