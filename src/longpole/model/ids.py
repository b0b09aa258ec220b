"""Ids as they are on the wire: 32 and 16 lower-case hexadecimal digits."""

import os


def new_trace_id() -> str:
    """A random trace id, 32 hexadecimal digits, never all zero."""
    return os.urandom(16).hex()


def new_span_id() -> str:
    """A random span id, 16 hexadecimal digits, never all zero in practice."""
    return os.urandom(8).hex()


def execution_id_of(trace_id: str, span_id: str) -> str:
    """The id of an execution whose program gave it none: trace id and span id joined, 48 hexadecimal digits."""
    return trace_id + span_id
