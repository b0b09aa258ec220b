"""What a dialect is: the spelling of each fragment."""

from collections.abc import Callable, Mapping

Fragments = Mapping[str, Callable[..., str]]
"""The spelling of each fragment, given its arguments as they stand in the query."""
