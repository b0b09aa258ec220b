"""Langfuse, as its documentation shows it."""

from langfuse import Langfuse, observe
from step_cost import Flush, Recorded, run_trial, work


def set_up(url: str) -> tuple[Recorded, Flush]:
    """Sends to the sink instead of its service."""
    client = Langfuse(public_key="pk-lf-bench", secret_key="sk-lf-bench", base_url=url)
    return observe(name="work", as_type="tool")(work), client.flush


run_trial("langfuse", set_up)
