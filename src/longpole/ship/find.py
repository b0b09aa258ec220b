"""Finds the Longpole server of this machine, and makes connections that show it a key."""

from pathlib import Path

import msgspec

from longpole.ship.http import Connection
from longpole.ship.trust import trust_of

ASK_TIMEOUT_S = 0.5


class ServerNote(msgspec.Struct):
    """What a running server writes into `server.json` in its data folder, which may outlive it.

    `key` opens everything until the server stops; `certificate` is the one that it shows, in PEM, if it speaks TLS.
    They are for programs of its own user, who alone can read the file.
    """

    url: str
    pid: int = 0
    key: str | None = None
    certificate: str | None = None


def noted_server(data_folder: Path) -> ServerNote | None:
    """What a server has written there last; nothing if there is nothing, or half of it."""
    try:
        return msgspec.json.decode((data_folder / "server.json").read_bytes(), type=ServerNote)
    except (OSError, msgspec.MsgspecError):
        return None


def note_of(data_folder: Path, url: str) -> ServerNote | None:
    """What the server at an address has written there; nothing if it is another's note."""
    note = noted_server(data_folder)
    return note if note is not None and note.url == url.rstrip("/").replace("//localhost:", "//127.0.0.1:") else None


def find_server(data_folder: Path, port: int, authorities: str | None = None) -> str | None:
    """The address of a Longpole server that answers here now: the one that `server.json` names, else that on the
    default port. `None` when there is none. Something else on that port is not taken for one."""
    candidates = [f"http://127.0.0.1:{port}"]
    note = noted_server(data_folder)
    if note is not None and note.url not in candidates:
        candidates.insert(0, note.url)
    return next((url for url in candidates if _is_longpole(data_folder, authorities, url)), None)


def connect(data_folder: Path, key: str | None, authorities: str | None, url: str, timeout_s: float) -> Connection:
    """A connection to a server that shows it a key: the given one, else the one that it has left in its folder.

    Args:
        data_folder: where a server of this machine leaves its note.
        key: shown to the server.
        authorities: file of the certificates that are trusted, besides the one in the note.
        url: the server's address.
        timeout_s: limit for connecting and for each answer.
    """
    note = note_of(data_folder, url)
    shown = key or (note and note.key)
    return Connection(
        url,
        timeout_s,
        headers={"authorization": f"Bearer {shown}"} if shown else None,
        trust=trust_of(url, authorities, note and note.certificate),
    )


def _is_longpole(data_folder: Path, authorities: str | None, url: str) -> bool:
    note = note_of(data_folder, url)
    connection = Connection(url, ASK_TIMEOUT_S, trust=trust_of(url, authorities, note and note.certificate))
    answer = connection.get("/healthz")
    connection.close()
    return answer.status == 200 and answer.is_longpole
