"""Cures for what makes agents slow, each measured by Longpole itself; `pip install 'longpole[remedies]'`.

They work without a server and before `configure()`. Each name is loaded when it is first asked for, with the packages
that it needs.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from longpole.remedies.background import Background as Background
    from longpole.remedies.batch_state import BatchState as BatchState
    from longpole.remedies.batch_state import StateChange as StateChange
    from longpole.remedies.cache import Cache as Cache
    from longpole.remedies.cache_warming import keep_warm as keep_warm
    from longpole.remedies.cache_warming import warm as warm
    from longpole.remedies.lazy_text import lazy as lazy
    from longpole.remedies.message_size import estimated_bytes as estimated_bytes
    from longpole.remedies.notify import Notifier as Notifier
    from longpole.remedies.pipeline import Pipeline as Pipeline
    from longpole.remedies.pipeline import execute_pipeline as execute_pipeline
    from longpole.remedies.pools import close_clients as close_clients
    from longpole.remedies.pools import in_thread as in_thread
    from longpole.remedies.pools import limit as limit
    from longpole.remedies.pools import pool_uses as pool_uses
    from longpole.remedies.pools import shared_client as shared_client
    from longpole.remedies.semantic_cache import SemanticCache as SemanticCache
    from longpole.remedies.state_writers import read_redis as read_redis
    from longpole.remedies.state_writers import read_sql as read_sql
    from longpole.remedies.state_writers import redis_writer as redis_writer
    from longpole.remedies.state_writers import sql_writer as sql_writer
    from longpole.remedies.stream_doors import send_events as send_events
    from longpole.remedies.stream_doors import server_sent as server_sent
    from longpole.remedies.streams import stream as stream

_PLACES = {
    "Background": "background",
    "BatchState": "batch_state",
    "StateChange": "batch_state",
    "Cache": "cache",
    "keep_warm": "cache_warming",
    "warm": "cache_warming",
    "lazy": "lazy_text",
    "estimated_bytes": "message_size",
    "Notifier": "notify",
    "Pipeline": "pipeline",
    "execute_pipeline": "pipeline",
    "close_clients": "pools",
    "in_thread": "pools",
    "limit": "pools",
    "pool_uses": "pools",
    "shared_client": "pools",
    "SemanticCache": "semantic_cache",
    "read_redis": "state_writers",
    "read_sql": "state_writers",
    "redis_writer": "state_writers",
    "sql_writer": "state_writers",
    "stream": "streams",
    "send_events": "stream_doors",
    "server_sent": "stream_doors",
}
__all__ = [
    "Background",
    "BatchState",
    "Cache",
    "Notifier",
    "Pipeline",
    "SemanticCache",
    "StateChange",
    "close_clients",
    "estimated_bytes",
    "execute_pipeline",
    "in_thread",
    "keep_warm",
    "lazy",
    "limit",
    "pool_uses",
    "read_redis",
    "read_sql",
    "redis_writer",
    "send_events",
    "server_sent",
    "shared_client",
    "sql_writer",
    "stream",
    "warm",
]


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'longpole.remedies' has no attribute {name!r}")
    value = globals()[name] = getattr(_import_module(f"longpole.remedies.{place}"), name)
    return value
