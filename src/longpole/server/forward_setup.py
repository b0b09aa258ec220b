"""Puts the forwarder together from the settings, and between the pipeline and those who listen."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from longpole.model.batch import Batch
from longpole.model.errors import SettingsError
from longpole.model.status import ExecutionStatus
from longpole.server.forward import Forwarder, Selection
from longpole.server.forward_send import Collector, read_headers
from longpole.settings import Settings
from longpole.ship.trust import trust_of
from longpole.store.engine import Engine

Told = Callable[[Batch], None]

_STATUSES = frozenset(map(str, ExecutionStatus))


def set_up_forwarding(settings: Settings, store: Engine, folder: Path, stack: ExitStack) -> Forwarder | None:
    """A running forwarder, closed by `stack`; nothing where no collector is set.

    Raises:
        SettingsError: a status is not known, or the headers cannot be read.
    """
    if settings.forward_endpoint is None:
        return None
    trust = trust_of(settings.forward_endpoint, settings.certificate_authorities, None)
    collector = Collector(settings.forward_endpoint, read_headers(settings.forward_headers), trust)
    selection = selection_of(settings)
    forwarder = Forwarder(store, collector, selection, limit=settings.forward_queue_limit, folder=folder)
    stack.callback(forwarder.close)
    forwarder.start()
    return forwarder


def selection_of(settings: Settings) -> Selection:
    """Which executions the settings choose.

    Raises:
        SettingsError: a status is not known.
    """
    statuses = _names(settings.forward_statuses)
    if unknown := sorted(statuses - _STATUSES):
        raise SettingsError(
            f"The setting `forward_statuses` has {unknown[0][:40]!r}. Expected some of {', '.join(ExecutionStatus)}. "
            "Correct it."
        )
    return Selection(
        agents=_names(settings.forward_agents),
        environments=_names(settings.forward_environments),
        statuses=statuses,
        min_duration_ns=settings.forward_min_duration_ms * 1_000_000,
        share=settings.forward_share,
    )


def told_to_both(told: Told, forwarder: Forwarder | None) -> Told:
    """What tells a batch to both."""
    if forwarder is None:
        return told
    hear = forwarder.hear

    def tell(batch: Batch) -> None:
        told(batch)
        hear(batch)

    return tell


def _names(text: str) -> frozenset[str]:
    return frozenset(part.strip() for part in text.split(",") if part.strip())
