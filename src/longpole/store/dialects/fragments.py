"""What a dialect is: the spelling of each fragment."""

from collections.abc import Callable, Mapping

Fragments = Mapping[str, Callable[..., str]]
"""The spelling of each fragment, given its arguments as they stand in the query."""

NUMBERS = "[0-9A-Fa-f-]*[0-9][0-9A-Fa-f-]*"
"""What differs between messages that are alike: numbers and ids, each a run of digits, letters to f and hyphens."""
