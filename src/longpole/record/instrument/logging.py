"""The standard library's logging: its lines go into the execution that they were written in, and carry its ids.

Either for all loggers, by `longpole.instrument("logging")`, or where a program wants it, by `LogHandler` and
`LogFilter`. For all, no handler is added to the root logger: with one in place `logging.basicConfig()` would do nothing
any more, and a program's own console log would be gone.
"""

import logging
from contextvars import ContextVar
from typing import Any

from longpole.record.capture import freeze_error, stack_text
from longpole.record.content import Content
from longpole.record.instrument.replacement import Replacements
from longpole.record.log_lines import StepIds, calling_frame, send_line, step_ids, text_content
from longpole.record.recorder import recorder
from longpole.record.trouble import complain
from longpole.wire import longpole_names as names

OWN_LOGGER = "longpole"
STRUCTLOG_CALL = "_proxy_to_logger"  # the function of structlog that makes one line, from its event to its output
EXECUTION_ID, STEP_ID = "execution_id", "step_id"
_LEVELS = ((50, "critical"), (40, "error"), (30, "warning"), (20, "info"), (10, "debug"))
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", EXECUTION_ID, STEP_ID, "taskName"}

taken_by_structlog: ContextVar[int] = ContextVar("longpole_taken", default=0)
"""Id of the frame of the structlog call whose line has been taken already."""

_hook = Replacements()


class LogHandler(logging.Handler):
    """Puts log lines into the step that they were written in, as they are written. Lines outside of any step belong to
    no execution and are left to the program's other handlers; so are those of the logger `longpole`.

    A line that a `QueueHandler` brought to another thread is still known by the ids that `LogFilter`, or
    `instrument("logging")`, put on it. Cost: about 10 us a line.

    Args:
        level: the lowest that is taken.
    """

    def __init__(self, level: int | str = logging.NOTSET) -> None:
        super().__init__(level)

    def emit(self, record: logging.LogRecord) -> None:
        """Takes one line. Never raises."""
        if not _hook.is_on:  # else every line has been taken where it was written
            _take(record)


class LogFilter(logging.Filter):
    """Puts `execution_id` and `step_id` on every line that passes, for formatters: empty outside of any step.

    `handler.addFilter(LogFilter())`, and `%(execution_id)s` in its format. It lets everything pass.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Always true."""
        _stamp(record)
        return True


def install() -> None:
    """Turns it on for all loggers; again does nothing.

    The ids are put on a record when its handlers are called, not when it is made: `extra={"step_id": ...}` of a program
    would be refused by the standard library if the record had one already.
    """
    if not _hook.is_on:
        _hook.add(logging.Logger, "callHandlers", _wrap_call_handlers)


def remove() -> None:
    """Turns it off."""
    _hook.remove()


def level_name(number: int) -> str:
    """The name on the wire of a level: that of the nearest one below, `trace` below them all."""
    return next((name for least, name in _LEVELS if number >= least), "trace")


def _wrap_call_handlers(original: Any, is_wanted: Any) -> Any:
    def callHandlers(self: Any, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        if is_wanted():
            _stamp(record)
            _take(record)
        original(self, record)

    return callHandlers


def _take(record: logging.LogRecord) -> None:
    if not recorder.is_on or record.name.partition(".")[0] == OWN_LOGGER:
        return
    try:
        ids = step_ids() or _stamped(record)
        if ids is not None and not _is_taken():
            send_line(ids, level_name(record.levelno), _message(record), _attributes(record))
    except Exception as error:
        complain("logging", error)


def _stamp(record: logging.LogRecord) -> None:
    """Only texts: a record may be pickled on its way."""
    if hasattr(record, STEP_ID):
        return
    execution_id = step_id = ""
    if recorder.is_on:
        try:
            ids = step_ids()
            if ids is not None:
                execution_id, step_id = ids.execution_id or "", ids.step_id
        except Exception as error:
            complain("logging", error)
    setattr(record, EXECUTION_ID, execution_id)
    setattr(record, STEP_ID, step_id)


def _stamped(record: logging.LogRecord) -> StepIds | None:
    """The place of a line that was written in another thread, and brought here."""
    execution_id, step_id = getattr(record, EXECUTION_ID, ""), getattr(record, STEP_ID, "")
    is_ours = type(execution_id) is str and len(execution_id) == 48 and type(step_id) is str and len(step_id) == 16
    return StepIds(execution_id, execution_id[:32], step_id) if is_ours else None


def _message(record: logging.LogRecord) -> Content:
    try:
        text = record.getMessage()
    except Exception as error:  # the arguments do not fit: the standard library prints a traceback and drops the line
        text = f"{record.msg} [{record.args!r} does not fit: {error}]"
    path, function = record.pathname, record.funcName
    frame = calling_frame(lambda code: code.co_filename == path and code.co_name == function)
    return text_content(text, record.msg, frame)


def _attributes(record: logging.LogRecord) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "logger": record.name,
        "code.file.path": record.pathname,
        "code.line.number": record.lineno,
        "code.function.name": record.funcName,
    }
    for name, value in vars(record).items():
        if name not in _USUAL:
            attributes[name] = Content(value)
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    if error is not None:
        attributes[names.LOG_EXCEPTION] = stack_text(freeze_error(error))
    elif record.exc_text:
        attributes[names.LOG_EXCEPTION] = record.exc_text
    return attributes


def _is_taken() -> bool:
    """Whether this line comes from a structlog logger, whose processor has taken it already."""
    frame_id = taken_by_structlog.get()
    if frame_id == 0:
        return False
    frame = calling_frame(lambda code: code.co_name == STRUCTLOG_CALL)
    return frame is not None and id(frame) == frame_id
