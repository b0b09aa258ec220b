"""Finds the Longpole server of this machine."""

from pathlib import Path

import msgspec

from longpole.ship.http import Connection

ASK_TIMEOUT_S = 0.5


class ServerNote(msgspec.Struct):
    """What a running server writes into `server.json` in its data folder."""

    url: str
    pid: int = 0


def find_server(data_folder: Path, port: int) -> str | None:
    """The address of a Longpole server that answers here now: the one that `server.json` names, else that on the
    default port. `None` when there is none. Something else on that port is not taken for one."""
    candidates = [f"http://127.0.0.1:{port}"]
    noted = _noted(data_folder)
    if noted is not None and noted not in candidates:
        candidates.insert(0, noted)
    return next((url for url in candidates if _is_longpole(url)), None)


def _noted(data_folder: Path) -> str | None:
    try:
        return msgspec.json.decode((data_folder / "server.json").read_bytes(), type=ServerNote).url
    except (OSError, msgspec.MsgspecError):
        return None


def _is_longpole(url: str) -> bool:
    connection = Connection(url, ASK_TIMEOUT_S)
    answer = connection.get("/healthz")
    connection.close()
    return answer.status == 200 and answer.is_longpole
