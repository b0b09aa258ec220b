"""Longpole, by the same trials as its peers."""

import tempfile

from step_cost import Flush, Recorded, run_trial, work

import longpole


def set_up(url: str) -> tuple[Recorded, Flush]:
    """Content in full, a spool of its own."""
    longpole.configure(endpoint=url, spool=tempfile.mkdtemp(prefix="longpole-bench-"), content="full")
    return longpole.timing_step(category="tool")(work), longpole.flush


run_trial("longpole", set_up)
