"""Logfire, as its documentation shows it, with arguments and the result."""

import logfire
from step_cost import Flush, Recorded, run_trial, work


def set_up(url: str) -> tuple[Recorded, Flush]:
    """Sends to the sink instead of its service; prints nothing."""
    logfire.configure(
        token="pylf_v1_us_bench",
        console=False,
        metrics=False,
        inspect_arguments=False,
        advanced=logfire.AdvancedOptions(base_url=url),
    )
    return logfire.instrument("work", record_return=True)(work), logfire.force_flush


run_trial("logfire", set_up)
