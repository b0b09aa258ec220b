"""What a dialect is: the spelling of each fragment."""

from collections.abc import Callable, Mapping

Fragments = Mapping[str, Callable[..., str]]
"""The spelling of each fragment, given its arguments as they stand in the query."""

NAMES = "[0-9A-Fa-f-]*[0-9][0-9A-Fa-f-]*|(^|[^0-9A-Za-z_])(''[^'']+''|\"[^\"]+\"|`[^`]+`)"
"""What differs between messages that are alike: numbers and ids, each a run of digits, letters to f and hyphens; and
quoted words. As it stands in an SQL literal."""
