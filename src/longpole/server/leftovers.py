"""Takes in what programs of this machine left in their spool files, because no server was there or they were killed.

Each body goes through the server's own door as any sender's would: the same checks, counts and back-pressure, and it
leaves the file only when the door says that it is durable. A program that is delivering a body itself has claimed it,
so nobody sends it twice; if that happens all the same, the second time changes nothing.
"""

import logging
import sqlite3
import threading
from pathlib import Path

from longpole.server.own_address import OwnAddress
from longpole.ship.http import Connection
from longpole.ship.spool import Spool, SpooledBody, spool_file
from longpole.ship.trust import trust_of

LOOK_EVERY_S = 2.0
_AT_ONCE = 16
_TIMEOUT_S = 30.0
_FINAL = frozenset({400, 413, 415})

_log = logging.getLogger("longpole.leftovers")


class Leftovers:
    """A thread that looks into spool files every two seconds and sends what waits there to a server.

    Args:
        folder: the spool folder of this machine's programs.
        address: the server's; files meant for it and for "the server of this machine" are read.
        key: shown to the server.
    """

    def __init__(self, folder: Path, address: OwnAddress, key: str | None = None) -> None:
        self.delivered = 0
        self._url = url = address.local_url
        certificate = address.certificate and Path(address.certificate).read_text(encoding="utf-8")
        self._trust = trust_of(url, None, certificate)
        self._shown = {} if key is None else {"authorization": f"Bearer {key}"}
        endpoints = (None, url, url.replace("127.0.0.1", "localhost"))
        self._spools = [Spool(file, 0) for file in dict.fromkeys(spool_file(folder, each) for each in endpoints)]
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="longpole-leftovers", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self, timeout_s: float = _TIMEOUT_S) -> None:
        """Stop looking; what is under way goes back into its file, now or when its claim runs out."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        for spool in self._spools:
            spool.close()

    def _run(self) -> None:
        connection = Connection(self._url, _TIMEOUT_S, headers=self._shown, trust=self._trust)
        while not self._closing.is_set():
            for spool in self._spools:
                try:
                    while self._deliver_some(spool, connection):
                        pass
                except (sqlite3.Error, OSError) as error:
                    _log.warning("a spool file could not be read: %s; trying again in %s s", error, LOOK_EVERY_S)
            self._closing.wait(LOOK_EVERY_S)
        connection.close()

    def _deliver_some(self, spool: Spool, connection: Connection) -> bool:
        """Send the oldest bodies of one file; whether there may be more."""
        bodies = spool.claim(_AT_ONCE, _TIMEOUT_S + 5)
        for position, body in enumerate(bodies):
            if self._closing.is_set() or not self._deliver(body, connection):
                spool.give_back([each.id for each in bodies[position:]])
                return False
            spool.remove([body.id])
        return len(bodies) == _AT_ONCE

    def _deliver(self, body: SpooledBody, connection: Connection) -> bool:
        """Whether the body is done with: taken, or refused for good."""
        answer = connection.post(body.path, body.body)
        if answer.status == 200:
            self.delivered += 1
            return True
        if answer.status in _FINAL:
            _log.warning("%d items of a spool file were refused: %s", body.items, answer.body[:300])
            return True
        return False
