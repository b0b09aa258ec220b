"""Lines of the program's own logs, as lines of the execution that they were written in.

A line travels by itself, under the ids of its step: it is shown while the step runs, and a step that logs for hours
does not hold all of it in memory. What a line says is content, and follows the content mode; a text that stands in the
source code as it is (`log.info("order %s refused", order)`) says nothing of the data and is kept in every mode.
"""

import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any, NamedTuple

from longpole.model.clock import now_ns
from longpole.record.capture import describe
from longpole.record.content import Content
from longpole.record.current import PARENT, SITE, Record, current, ids_of, is_unsampled, nearest_execution
from longpole.record.recorder import Line, recorder
from longpole.wire import longpole_names as names

MOST_FRAMES = 24


def text_content(value: Any, template: Any, frame: FrameType | None) -> Content:
    """The text of a line. `template` is what the program passed to its logger; it is plain if it stands in the code of
    the frame as it is, and the whole text is if nothing was put into it."""
    is_literal = frame is not None and type(template) is str and template in frame.f_code.co_consts
    return Content(value if isinstance(value, str) else describe(value), template if is_literal else None)


class StepIds(NamedTuple):
    """Where a line belongs. `execution_id` is `None` where the execution is another process's, `workspace` where it is
    the configured one."""

    execution_id: str | None
    trace_id: str
    step_id: str
    workspace: str | None = None


def step_ids() -> StepIds | None:
    """The ids of the execution and of the step that run here, or `None` outside of any."""
    here = current.get()
    if here is None or is_unsampled(here):
        return None
    ids = ids_of(here)
    top = nearest_execution(here) or _outermost(here)
    # Without an agent the outermost step is the execution; what stands for another process's step is none.
    execution_id = None if top[SITE] is None else ids.trace_id + ids_of(top).span_id
    return StepIds(execution_id, ids.trace_id, ids.span_id, ids.workspace)


def send_line(ids: StepIds, level: str, message: Any, attributes: dict[str, Any]) -> None:
    """Sends a line of this moment.

    Args:
        ids: of its execution and step, as `step_ids` gives them.
        level: trace, debug, info, warning, error or critical.
        message: a text or `Content`.
        attributes: by name; values may be `Content`.
    """
    recorder.tell(Line(now_ns(), names.EVENT_LOG, level, message, attributes, ids.trace_id, ids.step_id, ids.workspace))


def calling_frame(is_theirs: Callable[[CodeType], bool]) -> FrameType | None:
    """The innermost frame of which `is_theirs(code)` is true, among those that led here."""
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage] - inspect costs 100 times as much
    for _ in range(MOST_FRAMES):
        if frame is None or is_theirs(frame.f_code):
            return frame
        frame = frame.f_back
    return None


def _outermost(record: Record) -> Record:
    while record[PARENT] is not None:
        record = record[PARENT]
    return record
