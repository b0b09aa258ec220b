"""A value inside an attribute or a log line that the content mode applies to."""

from typing import Any

from longpole.record.recorder import recorder

LONGEST_TEXT = 65536
_SIMPLE = (str, int, float, bool, type(None))


class Content:
    """A value that the content mode applies to: as it is in `full`, else `plain`, else hashed or left out.

    Args:
        value: what it is; anything but a text, a number or nothing is snapshotted.
        plain: what may be shown in every mode.
    """

    __slots__ = ("packed", "plain", "value")

    def __init__(self, value: Any, plain: str | None = None) -> None:
        self.plain = plain
        self.value: Any = value
        self.packed: bytes | None = None
        if isinstance(value, str) and len(value) > LONGEST_TEXT:
            self.value = f"{value[:LONGEST_TEXT]}… [cut: {LONGEST_TEXT} of {len(value)} characters]"
        elif type(value) not in _SIMPLE:
            self.value, self.packed = None, recorder.snapshot(value)
