"""Percentiles of executions that stand for several others each, because they were sampled."""

from collections.abc import Iterable, Mapping, Sequence

from longpole.model.buckets import bucket_duration_ns

SHARES = {"p50_ns": 0.5, "p95_ns": 0.95, "p99_ns": 0.99}


def weighted_quantiles(buckets: Mapping[int, float]) -> dict[str, int | None]:
    """The durations that half, 95 % and 99 % of the weight does not exceed, in nanoseconds, within 1 %.

    Args:
        buckets: the sum of weights by `duration_bucket`; empty gives `None` for each.
    """
    total = sum(buckets.values())
    found: dict[str, int | None] = dict.fromkeys(SHARES)
    passed = 0.0
    waiting = list(SHARES.items())
    for bucket in sorted(buckets):
        passed += buckets[bucket]
        # A sum of weights may miss its own total by a rounding error.
        while waiting and passed >= waiting[0][1] * total * (1 - 1e-12):
            found[waiting.pop(0)[0]] = round(bucket_duration_ns(bucket))
    return found


def by_group(rows: Iterable[Mapping[str, object]], key: str) -> dict[str, dict[int, float]]:
    """Rows of `key`, `duration_bucket` and `weight` as the weights of every group by bucket."""
    groups: dict[str, dict[int, float]] = {}
    for row in rows:
        bucket, weight = row["duration_bucket"], row["weight"]
        if isinstance(bucket, int) and isinstance(weight, int | float):
            groups.setdefault(str(row[key]), {})[bucket] = float(weight)
    return groups


def joined(groups: Sequence[Mapping[int, float]]) -> dict[int, float]:
    """Several groups as one."""
    whole: dict[int, float] = {}
    for group in groups:
        for bucket, weight in group.items():
            whole[bucket] = whole.get(bucket, 0.0) + weight
    return whole
