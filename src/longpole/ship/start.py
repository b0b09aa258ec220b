"""Puts a shipper together from the settings, and the secret that content is hashed with.

A module of its own because it brings in HTTP and SQLite: a program that imports Longpole and never configures it does
not pay for them.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from longpole import settings
from longpole.ship.find import find_server
from longpole.ship.hash_key import hash_key
from longpole.ship.shipper import Shipper
from longpole.ship.spool import Spool, spool_file


def start_shipper(chosen: settings.Settings, resource: Mapping[str, Any], version: str) -> Shipper:
    """A running shipper to the chosen endpoint, or to whatever server this machine has."""
    spool = None
    if chosen.persistence_enabled:
        spool = Spool(spool_file(settings.spool_folder(chosen), chosen.endpoint), chosen.spool_limit_bytes)
    if chosen.endpoint is None:
        find = partial(find_server, settings.data_folder(chosen), chosen.port)
    else:
        find = partial(str, chosen.endpoint)
    shipper = Shipper(
        resource,
        version,
        find,
        spool,
        limit_bytes=chosen.queue_limit_bytes,
        timeout_s=chosen.request_timeout_ms / 1000,
    )
    shipper.start()
    return shipper


def content_key(chosen: settings.Settings) -> bytes:
    """The key of the chosen workspace's hashes."""
    return hash_key(settings.spool_folder(chosen) if chosen.persistence_enabled else None, chosen.workspace)
