"""How the server is, asked over HTTP: a store without a server has no such state."""

from longpole.client.answers import find_door
from longpole.client.over_http import HttpDoor
from longpole.model.errors import ServerUnreachable
from longpole.reports.health_views import ServerHealth
from longpole.settings import Settings


def server_health(settings: Settings) -> ServerHealth:
    """What `GET /api/health` of the server answers that the settings find.

    Raises:
        ServerUnreachable: no server runs.
    """
    door = find_door(settings)
    try:
        if isinstance(door, HttpDoor):
            return door.request("GET", "/api/health", [], ServerHealth)
    finally:
        door.close()
    raise ServerUnreachable(
        "No Longpole server runs here, and a store has no health of its own. Expected a running server. "
        "Start 'longpole serve', or name one with --url."
    )
