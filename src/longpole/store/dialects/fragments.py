"""What a dialect is: the spelling of each fragment."""

from collections.abc import Callable, Mapping

Fragments = Mapping[str, Callable[..., str]]
"""The spelling of each fragment, given its arguments as they stand in the query."""

NAMES = "[0-9A-Fa-f-]*[0-9][0-9A-Fa-f-]*|(^|[^0-9A-Za-z_])(''[^'']+''|\"[^\"]+\"|`[^`]+`)"
"""What differs between messages that are alike: numbers and ids, each a run of digits, letters to f and hyphens; and
quoted words. As it stands in an SQL literal."""

FAILED = "status IN ('failed', 'timeout', 'crashed')"
"""What failed, ran out of time or crashed: `longpole.model.status.FAILED_STATUSES`."""


def bodies_of(in_list: Callable[[str, str], str], traces: str, spans: str, received_ns: str) -> str:
    """The bodies of some spans of some traces that came at a time or later."""
    wanted = f"{in_list('trace_id', traces)} AND {in_list('span_id', spans)}"
    return f"SELECT * FROM bodies WHERE {wanted} AND received_ns >= {received_ns}"
