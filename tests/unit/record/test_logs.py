"""Lines of the program's own logs stand in the execution they were written in, and carry its ids."""

import io
import logging
import logging.handlers
import queue
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

import longpole
from longpole.record.instrument import logging as logging_hook
from longpole.record.instrument import structlog as structlog_hook
from longpole.record.instrument.logging import LogFilter, LogHandler
from longpole.record.instrument.structlog import structlog_processor


def lines(recorded: Any) -> list[Any]:
    recorded.flusher.collect()
    return [log for log in recorded.taken.logs if log.event_name == "longpole.log"]


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """A logger of the program with Longpole's handler."""
    own = logging.getLogger("shop.orders")
    handler = LogHandler()
    own.addHandler(handler)
    own.setLevel(logging.DEBUG)
    yield own
    own.removeHandler(handler)
    own.setLevel(logging.NOTSET)


@pytest.fixture
def log_hook() -> Iterator[None]:
    logging_hook.install()
    yield
    logging_hook.remove()


@pytest.fixture
def chain() -> Iterator[Any]:
    """structlog configured with the given processors; what is printed goes into the list that is given back."""
    printed: list[Any] = []

    class Printer:
        def __getattr__(self, name: str) -> Any:
            return lambda *args, **kwargs: printed.append(args[0] if args else kwargs)

    def configure(*processors: Any, **more: Any) -> tuple[Any, list[Any]]:
        structlog.configure(processors=list(processors), logger_factory=lambda *_: Printer(), **more)
        return structlog.get_logger(), printed

    yield configure
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_a_line_stands_in_the_step_it_was_written_in(recorded: Any, logger: logging.Logger) -> None:
    with longpole.time_step("outer"):
        logger.warning("order %s refused", 7, extra={"customer": "c-1"})
    (line,) = lines(recorded)
    outer = recorded.span("outer")
    assert (line.trace_id, line.span_id) == (outer.trace_id, outer.span_id)
    assert (line.body, line.level) == ("order 7 refused", "warning")
    assert line.attributes["logger"] == "shop.orders"
    assert line.attributes["customer"] == "c-1"
    assert line.attributes["code.file.path"] == __file__
    assert line.attributes["code.function.name"] == "test_a_line_stands_in_the_step_it_was_written_in"


def test_levels_keep_their_names_and_own_levels_the_next_lower_one(recorded: Any, logger: logging.Logger) -> None:
    with longpole.time_step("outer"):
        for level in (5, 10, 20, 25, 30, 40, 50, 60):
            logger.setLevel(1)
            logger.log(level, "line")
    names = [line.level for line in lines(recorded)]
    assert names == ["trace", "debug", "info", "info", "warning", "error", "critical", "critical"]


def test_a_logged_exception_comes_with_its_places(recorded: Any, logger: logging.Logger) -> None:
    with longpole.time_step("outer"):
        try:
            {}["price"]
        except KeyError:
            logger.exception("no price")
    (line,) = lines(recorded)
    assert (line.body, line.level) == ("no price", "error")
    text = line.attributes["longpole.log.exception"]
    assert text.endswith("KeyError: 'price'")
    assert "test_logs.py" in text


def test_a_line_whose_arguments_do_not_fit_is_kept_all_the_same(recorded: Any, logger: logging.Logger) -> None:
    with longpole.time_step("outer"):
        logger.propagate = False
        try:
            logger.info("%d pieces", "many")
        finally:
            logger.propagate = True
    (line,) = lines(recorded)
    assert line.body.startswith("%d pieces [('many',) does not fit")


def test_outside_of_steps_and_of_longpole_itself_nothing_is_taken(recorded: Any, logger: logging.Logger) -> None:
    logger.info("nobody's")
    own = logging.getLogger("longpole.hooks")
    handler = LogHandler()
    own.addHandler(handler)
    try:
        with longpole.time_step("outer"):
            own.warning("our own trouble")
    finally:
        own.removeHandler(handler)
    assert lines(recorded) == []


def test_a_handler_that_fails_does_not_harm_the_program(
    recorded: Any, logger: logging.Logger, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("full")

    monkeypatch.setattr(logging_hook, "send_line", fail)
    with longpole.time_step("outer"):
        logger.info("one")
        logger.info("two")
    assert "Longpole's logging failed" in caplog.text


@pytest.mark.parametrize("content", ["off", "hashed"])
def test_without_content_only_what_stands_in_the_code_is_kept(record_with: Any, content: str) -> None:
    recorded = record_with(content)
    logger, handler = logging.getLogger("shop.private"), LogHandler()
    logger.addHandler(handler)
    name = "Ada Lovelace"
    with longpole.time_step("outer"):
        logger.warning("customer %s left", name)
        logger.warning(f"customer {name} left", extra={"customer": name, "card": {"number": "x"}})  # noqa: G004
    logger.removeHandler(handler)
    first, second = lines(recorded)
    assert first.body == "customer %s left"
    assert name not in str(second)
    if content == "off":
        assert second.body is None
        assert second.attributes["customer"] is None
    else:
        assert second.body.startswith("#")
        assert second.attributes["customer"].startswith("#")


def test_secrets_in_lines_are_taken_out(recorded: Any, logger: logging.Logger) -> None:
    with longpole.time_step("outer"):
        logger.info("Authorization: Bearer abcdefghijklmnop", extra={"api_key": "k-1", "whose": {"password": "p"}})
    (line,) = lines(recorded)
    assert "abcdefghijklmnop" not in line.body
    assert line.attributes["api_key"] == "[redacted]"
    assert "redacted" in line.attributes["whose"]


def test_a_filter_puts_the_ids_on_every_line_of_a_format(recorded: Any) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(execution_id)s %(step_id)s %(message)s"))
    handler.addFilter(LogFilter())
    logger = logging.getLogger("shop.format")
    logger.addHandler(handler)
    with longpole.time_step("outer"), longpole.time_step("inner"):
        logger.warning("in")
    logger.warning("out")
    logger.removeHandler(handler)
    outer, inner = recorded.span("outer"), recorded.span("inner")
    execution = outer.trace_id + outer.span_id
    assert stream.getvalue().splitlines() == [f"{execution} {inner.span_id} in", "  out"]


def test_a_line_that_went_through_a_queue_is_known_by_its_ids(recorded: Any) -> None:
    lines_waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    logger, to_queue = logging.getLogger("shop.queue"), logging.handlers.QueueHandler(lines_waiting)
    to_queue.addFilter(LogFilter())
    logger.addHandler(to_queue)
    with longpole.time_step("outer"):
        logger.warning("from elsewhere")
    logger.removeHandler(to_queue)
    thread = threading.Thread(target=LogHandler().handle, args=(lines_waiting.get(),))
    thread.start()
    thread.join()
    (line,) = lines(recorded)
    assert (line.body, line.span_id) == ("from elsewhere", recorded.span("outer").span_id)


def test_for_all_loggers_no_handler_stands_in_the_way_of_basic_config(recorded: Any, log_hook: None) -> None:
    handlers = list(logging.getLogger().handlers)
    with longpole.time_step("outer"):
        logging.getLogger("any.where").warning("taken")
    assert [line.body for line in lines(recorded)] == ["taken"]
    assert logging.getLogger().handlers == handlers
    assert logging.makeLogRecord({}).msg == ""


def test_with_a_handler_of_its_own_a_line_is_taken_once(recorded: Any, log_hook: None, logger: logging.Logger) -> None:
    with longpole.time_step("outer"):
        logger.info("once")
    assert [line.body for line in lines(recorded)] == ["once"]


def test_records_have_the_ids_while_it_is_on_and_none_after(recorded: Any) -> None:
    seen: list[Any] = []
    logger, handler = logging.getLogger("shop.seen"), logging.Handler()
    handler.emit = seen.append
    logger.addHandler(handler)
    logging_hook.install()
    with longpole.time_step("outer"):
        logger.warning("one")
        logger.warning("two", extra={"step_id": "theirs", "execution_id": "theirs"})
    logging_hook.remove()
    logger.warning("three")
    logger.removeHandler(handler)
    first, second, third = seen
    assert (len(first.execution_id), len(first.step_id)) == (48, 16)
    assert (second.execution_id, second.step_id) == ("theirs", "theirs")
    assert not hasattr(third, "step_id")
    assert len(lines(recorded)) == 2


def test_structlog_lines_carry_the_ids_and_stand_in_the_execution(recorded: Any, chain: Any) -> None:
    log, printed = chain(structlog.stdlib.add_log_level, structlog_processor, structlog.processors.JSONRenderer())
    with longpole.time_step("outer"), longpole.time_step("inner"):
        log.warning("order_refused", order=7, basket={"items": [1, 2]})
    outer, inner = recorded.span("outer"), recorded.span("inner")
    (line,) = lines(recorded)
    assert (line.body, line.level, line.span_id) == ("order_refused", "warning", inner.span_id)
    assert line.attributes["order"] == 7
    assert line.attributes["basket"] == '{"items":[1,2]}'
    assert line.attributes["code.function.name"].startswith("test_structlog_lines")
    assert f'"execution_id": "{outer.trace_id}{outer.span_id}"' in printed[0]
    assert f'"step_id": "{inner.span_id}"' in printed[0]


def test_the_execution_of_an_agent_is_the_one_that_is_named(recorded: Any, chain: Any) -> None:
    log, printed = chain(structlog_processor)
    seen: list[Any] = []

    @longpole.agent("clerk")
    def clerk() -> None:
        with longpole.time_step("inner"):
            log.info("at work")
            seen.append(longpole.current_execution())

    clerk()
    assert printed[0]["execution_id"] == seen[0].execution_id


@pytest.mark.parametrize("place", ["first", "after the exception", "after the renderer"])
def test_the_processor_works_anywhere_in_the_chain(place: str, recorded: Any, chain: Any) -> None:
    others = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    others.insert({"first": 0, "after the exception": 1, "after the renderer": 2}[place], structlog_processor)
    log, _ = chain(*others)
    with longpole.time_step("outer"):
        try:
            {}["price"]
        except KeyError:
            log.exception("no price")
    (line,) = lines(recorded)
    assert "no price" in line.body
    assert line.level == "error"
    if place != "after the renderer":
        assert "KeyError: 'price'" in line.attributes["longpole.log.exception"]


def test_variables_that_structlog_binds_for_a_context_come_along(recorded: Any, chain: Any) -> None:
    log, printed = chain(structlog.contextvars.merge_contextvars, structlog_processor)
    structlog.contextvars.bind_contextvars(request="r-1", execution_id="theirs")
    with longpole.time_step("outer"):
        log.bind(user="u-1").info("hello")
    (line,) = lines(recorded)
    assert (line.attributes["request"], line.attributes["user"]) == ("r-1", "u-1")
    assert printed[0]["execution_id"] == "theirs"


def test_the_processor_changes_nothing_outside_of_steps_and_never_raises(recorded: Any) -> None:
    assert structlog_processor(None, "info", {"event": "x"}) == {"event": "x"}

    class Strange(dict[str, Any]):
        def items(self) -> Any:
            raise RuntimeError("no")

    with longpole.time_step("outer"):
        strange = Strange(event="x")
        assert structlog_processor(None, "info", strange) is strange
        assert structlog_processor(None, "info", (("a",), {})) == (("a",), {})


def test_structlog_is_turned_on_for_all_loggers_also_for_those_made_before(recorded: Any, chain: Any) -> None:
    log, printed = chain(structlog.contextvars.merge_contextvars, cache_logger_on_first_use=True)
    log.info("before")
    structlog.contextvars.bind_contextvars(request="r-1")
    structlog_hook.install()
    try:
        with longpole.time_step("outer"):
            log.info("inside", order=7)
    finally:
        structlog_hook.remove()
    with longpole.time_step("after"):
        log.info("after")
    (line,) = lines(recorded)
    assert line.body == "inside"
    assert (line.attributes["order"], line.attributes["request"]) == (7, "r-1")
    assert [set(event) & {"step_id"} for event in printed] == [set(), {"step_id"}, set()]


def test_a_line_that_the_program_drops_is_not_taken(recorded: Any, chain: Any) -> None:
    def drop(*_: Any) -> Any:
        raise structlog.DropEvent

    log, _ = chain(drop)
    structlog_hook.install()
    try:
        with longpole.time_step("outer"):
            log.info("dropped")
    finally:
        structlog_hook.remove()
    assert lines(recorded) == []


@pytest.mark.parametrize("is_for_all", [False, True])
def test_a_structlog_line_that_goes_to_the_standard_library_is_taken_once(
    is_for_all: bool, recorded: Any, logger: logging.Logger
) -> None:
    processors = [structlog.stdlib.add_log_level, structlog.processors.KeyValueRenderer()]
    structlog.configure(
        processors=processors if is_for_all else [structlog_processor, *processors],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    if is_for_all:
        structlog_hook.install()
        logging_hook.install()
    try:
        with longpole.time_step("outer"):
            structlog.get_logger("shop.orders").warning("order %s refused", 7)
            logger.warning("and one of its own")
    finally:
        structlog_hook.remove()
        logging_hook.remove()
        structlog.reset_defaults()
    assert [line.body for line in lines(recorded)] == ["order 7 refused", "and one of its own"]


def test_structlog_lines_keep_their_event_and_hash_the_rest(record_with: Any, chain: Any) -> None:
    recorded = record_with("hashed")
    log, _ = chain(structlog_processor)
    with longpole.time_step("outer"):
        log.info("order_refused", customer="Ada", basket={"name": "Ada"})
    (line,) = lines(recorded)
    assert line.body == "order_refused"
    assert line.attributes["customer"].startswith("#")
    assert "Ada" not in str(line.attributes)
