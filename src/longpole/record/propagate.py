"""How a call carries its place in the tree to another process, and how that one takes it up (W3C Trace Context).

https://www.w3.org/TR/trace-context/ ; for environments the variable `TRACEPARENT`, as command line tools use it.
An execution that sampling left out says so in `tracestate`, and is left out everywhere. The flag "not sampled" of
others is not followed: a gateway that keeps one trace in a thousand for itself must not hide the agents behind it.
"""

from collections.abc import Mapping

from longpole.record.current import MORE, PARENT, Record, current, ids_of, is_unsampled, remote_record
from longpole.record.let_through import let_through
from longpole.record.recorder import recorder
from longpole.record.trouble import complain
from longpole.wire.traceparent import Traceparent, format_traceparent, parse_traceparent

TRACESTATE = "tracestate"  # also the key of a remote record's MORE
LEFT_OUT = "longpole=0"
LONGEST_STATE = 8192  # the recommendation asks for at least 512 to be passed on
_NOWHERE = Traceparent("f" * 32, "f" * 16, is_sampled=False)


def traceparent() -> str | None:
    """The W3C `traceparent` header for a call to another process, or `None` outside of a step (and where sampling left
    the execution out: `trace_headers` tells the other side so)."""
    record = current.get()
    if record is None or is_unsampled(record):
        return None
    ids = ids_of(record)
    return format_traceparent(Traceparent(ids.trace_id, ids.span_id))


def trace_headers() -> dict[str, str]:
    """The headers for a call to another process: `traceparent`, and `tracestate` where there is one; empty outside of a
    step. Also good as the headers of a message in a queue."""
    record = current.get()
    if record is not None and is_unsampled(record):
        return {"traceparent": format_traceparent(_NOWHERE), TRACESTATE: LEFT_OUT}
    header, state = traceparent(), _state(record)
    if header is None:
        return {}
    return {"traceparent": header, TRACESTATE: state} if state else {"traceparent": header}


def trace_environment() -> dict[str, str]:
    """The variables for a process that is started here: `TRACEPARENT` (and `TRACESTATE`); empty outside of a step.

    `subprocess.run(command, env={**os.environ, **longpole.trace_environment()})`: what the other process records is
    below the current step. It takes the variables up in its `configure()`.
    """
    return {name.upper(): value for name, value in trace_headers().items()}


class continue_trace:  # noqa: N801 - used like a function: with continue_trace(header)
    """What runs inside belongs below the caller in another process that sent this `traceparent` header.

    An absent or broken header changes nothing.

    Args:
        header: `traceparent`, or all headers of a request or message, by name in any case.
        tracestate: the header of that name; it is passed on with the next call.
    """

    __slots__ = ("_before", "_place")

    def __init__(self, header: str | Mapping[str, str] | None, tracestate: str | None = None) -> None:
        try:
            if isinstance(header, Mapping):
                folded = {_header_text(name).lower(): value for name, value in header.items()}
                header, tracestate = folded.get("traceparent"), folded.get(TRACESTATE)
            self._place = remote_place(_header_text(header), _header_text(tracestate))
        except BaseException as error:  # a mapping that only looks like one
            let_through(error)
            self._place = None
            complain("continue_trace", error)
        self._before: list[Record | None] = []  # it may be entered again inside of itself

    def __enter__(self) -> None:
        if self._place is not None:
            self._before.append(current.get())
            current.set(self._place)

    def __exit__(self, *_: object) -> None:
        if self._before:
            current.set(self._before.pop())


def continue_process(header: str | None, tracestate: str | None = None) -> None:
    """Puts what this process records at its top below the process that started it with these variables."""
    recorder.outside = remote_place(header, tracestate)


def remote_place(header: str | None, tracestate: str | None = None) -> Record | None:
    """The record that stands for the caller, or `None` if the header is absent or broken."""
    place = parse_traceparent(header) if header else None
    if place is None:
        return None
    if tracestate and not (len(tracestate) <= LONGEST_STATE and tracestate.isascii() and tracestate.isprintable()):
        tracestate = None  # whoever sends it on would fail, or send another header with it
    if tracestate and LEFT_OUT in tracestate.replace(" ", "").split(","):
        return [None, None, 0, None, None, None, None, None, None]
    record = remote_record(place.trace_id, place.span_id)
    if tracestate:
        record[MORE] = {TRACESTATE: tracestate}
    return record


def _state(record: Record | None) -> str | None:
    while record is not None:
        if record[MORE] and TRACESTATE in record[MORE]:
            return record[MORE][TRACESTATE]
        record = record[PARENT]
    return None


def _header_text(value: object) -> str:
    """A header as some frameworks give it: text, bytes, or a list of them; empty for anything else."""
    if isinstance(value, list | tuple) and value:
        value = value[0]
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else ""
