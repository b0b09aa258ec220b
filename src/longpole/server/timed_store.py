"""An engine that is measured: how long its writes and answers take, how many fail, how many rows it took."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from longpole.model.batch import Batch
from longpole.model.durations import Durations
from longpole.store.engine import Engine

_ROWS = ("executions", "steps", "events", "decisions", "scores", "bodies")


class TimedStore:
    """Another engine, with clocks around two of its verbs. Costs 2 us a call."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.server = engine.server
        self.is_shared = engine.is_shared
        self.publishes_in_memory = engine.publishes_in_memory
        self.prefers_rollups = engine.prefers_rollups
        self.kept = engine.kept
        self.commits = Durations()
        self.publishes = Durations()
        self.questions = Durations()
        self.rows_written = 0
        self.failures: Counter[str] = Counter()

    def migrate(self) -> None:
        """See `Engine.migrate`."""
        self.engine.migrate()

    def write(self, batch: Batch, *, fresh: bool = False) -> None:
        """See `Engine.write`."""
        began_s = time.monotonic()
        try:
            self.engine.write(batch, fresh=fresh)
        except BaseException:
            self.failures["publish" if fresh else "commit"] += 1
            raise
        (self.publishes if fresh else self.commits).add(time.monotonic() - began_s)
        if not fresh:
            self.rows_written += sum(len(getattr(batch, name)) for name in _ROWS)

    def rows(self, query: str, parameters: Mapping[str, Any] | None = None) -> Sequence[dict[str, Any]]:
        """See `Engine.rows`."""
        began_s = time.monotonic()
        try:
            return self.engine.rows(query, parameters)
        except BaseException:
            self.failures["question"] += 1
            raise
        finally:
            self.questions.add(time.monotonic() - began_s)

    def close(self) -> None:
        """See `Engine.close`."""
        self.engine.close()
