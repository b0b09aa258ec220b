"""Many executions or steps as one row: counts, sums and a histogram of durations for a window of time."""

from enum import StrEnum

from msgspec import Struct


class RollupKind(StrEnum):
    """What a row of the rollups stands for.

    The first two sum up what is stored one by one as well, and are computed again while that changes. So do the next
    three, by days that are over: steps once without names, and once by names alone. `DAY` is an empty row that says
    that all of a day is in them, `REFRESHED` one whose `updated_ns` is when a run last came to its end. The `GONE` ones
    sum up what retention has removed: together with what is stored, everything is counted once.
    """

    EXECUTION = "execution"
    STEP = "step"
    DAY_EXECUTION = "day_execution"
    DAY_STEP = "day_step"
    DAY_NAME = "day_name"
    DAY = "day"
    REFRESHED = "refreshed"
    GONE_EXECUTION = "gone_execution"
    GONE_STEP = "gone_step"


class Rollup(Struct, frozen=True, kw_only=True, gc=False):
    """One row of the table `rollups`: what started in a window and agrees in every column up to `environment`.

    `kind` is a `RollupKind`; `name` and `category` are those of the step, `category` alone that of an execution.
    Texts that are unknown are empty, so that the columns can be a key. `weight` counts executions that sampling left
    out too, and all sums are weighted with it; tokens and cost are those of counted model calls only, for executions
    of those that their own steps made. `histogram` is `bucket:weight` pairs separated by spaces, buckets as in
    `longpole.model.buckets`; what has not ended counts in `count` and not in it. Two rows of one key are merged by
    adding them up. `updated_ns` is when it was computed.

    Of `model_calls`, `model_calls_without_usage` told no tokens; all took `model_call_ns` together. The `tree` counts
    are those of whole trees, at the executions that nobody called. `last_seen_ns` is when the last one ended.
    """

    window_ns: int
    width_ns: int
    workspace: str
    kind: str
    agent: str
    name: str
    category: str
    status: str
    version: str
    environment: str
    count: int
    weight: float
    duration_ns: int
    self_ns: int
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd_nanos: int | None = None
    model_calls: int
    histogram: str
    updated_ns: int
    model_calls_without_usage: int = 0
    model_call_ns: int = 0
    tree_model_calls: int = 0
    tree_model_calls_without_usage: int = 0
    tree_model_calls_without_cost: int = 0
    tree_tool_calls: int = 0
    last_seen_ns: int = 0
