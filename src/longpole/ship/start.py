"""Puts a shipper together from the settings, and the secret that content is hashed with.

A module of its own because it brings in HTTP and SQLite: a program that imports Longpole and never configures it does
not pay for them.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from longpole import settings
from longpole.ship.budgets import BudgetAsker, UsedUpBudget
from longpole.ship.find import connect, find_server
from longpole.ship.hash_key import hash_key
from longpole.ship.langsmith import PUBLIC_ENDPOINT, LangSmithExporter, RunBody
from longpole.ship.shipper import Shipper
from longpole.ship.spool import Spool, spool_file
from longpole.wire.redact import Redactor


def start_shipper(
    chosen: settings.Settings,
    resource: Mapping[str, Any],
    version: str,
    take_budgets: Callable[[list[UsedUpBudget]], None] | None = None,
) -> Shipper:
    """A running shipper to the chosen endpoint, or to whatever server this machine has.

    `take_budgets` is given now and then which budgets are used up; without it nobody asks.
    """
    spool = None
    if chosen.persistence_enabled:
        file = spool_file(settings.spool_folder(chosen), chosen.endpoint, chosen.api_key)
        spool = Spool(file, chosen.spool_limit_bytes)
    folder, authorities = settings.data_folder(chosen), chosen.certificate_authorities
    if chosen.endpoint is None:
        find = partial(find_server, folder, chosen.port, authorities)
    else:
        find = partial(str, chosen.endpoint)
    shipper = Shipper(
        resource,
        version,
        find,
        spool,
        limit_bytes=chosen.queue_limit_bytes // 2,
        timeout_s=chosen.request_timeout_ms / 1000,
        is_longpole=chosen.endpoint is None,
        connect=partial(connect, folder, chosen.api_key, authorities),
        ask=None if take_budgets is None else BudgetAsker(chosen.workspace, take_budgets).ask,
    )
    shipper.start()
    return shipper


def start_langsmith(chosen: settings.Settings, version: str, redactor: Redactor) -> LangSmithExporter | None:
    """What takes profiled calls to LangSmith, or `None` where neither an address nor a key for it is set."""
    if chosen.langsmith_endpoint is None and chosen.langsmith_api_key is None:
        return None
    return LangSmithExporter(
        chosen.langsmith_endpoint or PUBLIC_ENDPOINT,
        chosen.langsmith_api_key,
        RunBody(chosen.langsmith_project, version, redactor),
        batch=chosen.langsmith_batch,
        timeout_s=chosen.request_timeout_ms / 1000,
    )


def content_key(chosen: settings.Settings) -> bytes:
    """The key of the chosen workspace's hashes."""
    return hash_key(settings.spool_folder(chosen) if chosen.persistence_enabled else None, chosen.workspace)
