"""SQL of a person: asked of the server that runs, else of the store that nobody holds."""

import msgspec

from longpole.client.answers import find_door
from longpole.client.in_process import StoreDoor
from longpole.reports.sql_answer import SqlAnswer, SqlBody
from longpole.settings import Settings

_BESIDE_THE_QUERY_S = 30.0


def ask_sql(settings: Settings, asked: SqlBody) -> SqlAnswer:
    """The answer to one SELECT.

    Raises:
        InvalidInput: it is not one SELECT, or the database refuses it.
        KeyRefused: the key does not open it.
        ServerUnreachable: no server answers and there is no store.
        StoreLocked: the store is held by a process that does not answer.
    """
    timeout_s = settings.sql_timeout_ms / 1000
    door = find_door(settings)
    try:
        if isinstance(door, StoreDoor):
            return door.sql(asked, timeout_s=timeout_s, row_limit=settings.sql_row_limit)
        body = msgspec.json.encode(asked)
        wait_s = timeout_s + _BESIDE_THE_QUERY_S
        return door.request("POST", "/api/sql", [], SqlAnswer, body=body, timeout_s=wait_s)
    finally:
        door.close()
