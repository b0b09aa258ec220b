"""The jobs that look after the store: rollups and retention."""

from longpole.model.clock import DAY_NS, MINUTE_NS
from longpole.server.jobs import Job, Work
from longpole.settings import Settings
from longpole.store.engine import Engine
from longpole.store.retention import Keep, Removed, retain
from longpole.store.rollups import refresh_rollups

RETAIN_EVERY_NS = 10 * MINUTE_NS
THOROUGH_EVERY_NS = DAY_NS // 4
"""So often every window is compared with what is stored, and whenever this server has taken over the jobs."""


def store_jobs(store: Engine, settings: Settings) -> list[Job]:
    """The rollups every `rollup_interval_minutes`, the retention every ten minutes."""
    width_ns = settings.rollup_interval_minutes * MINUTE_NS
    keep = keep_of(settings)
    thorough_ns = 0

    def rollups(now_ns: int) -> Work:
        nonlocal thorough_ns
        is_thorough = now_ns >= thorough_ns + THOROUGH_EVERY_NS
        written = yield from refresh_rollups(store, width_ns=width_ns, now_ns=now_ns, is_thorough=is_thorough)
        if is_thorough:
            thorough_ns = now_ns
        return f"{written} rows changed"

    def retention(now_ns: int) -> Work:
        nonlocal thorough_ns
        removed = Removed()
        try:
            yield from retain(store, keep, now_ns, removed)
        finally:
            if removed.rows:
                thorough_ns = 0  # the windows of what went are computed again
        return str(removed)

    return [Job("rollups", width_ns, rollups), Job("retention", RETAIN_EVERY_NS, retention)]


def keep_of(settings: Settings) -> Keep:
    """What the settings say is kept."""
    return Keep(
        steps_ns=settings.retention_days * DAY_NS,
        bodies_ns=settings.retention_bodies_days * DAY_NS,
        rollups_ns=settings.retention_rollups_days * DAY_NS,
        audit_ns=settings.retention_audit_days * DAY_NS,
        size_bytes=settings.store_limit_bytes,
    )
