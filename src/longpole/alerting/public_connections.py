"""Public addresses only, for libraries that connect by themselves: looked at where a connection is made.

A name may lead elsewhere a moment after it was checked, and a library may go where an answer sends it. Whatever Python
connects to is told to audit hooks before it happens (PEP 578), whichever library asks; an address is refused there.
"""

import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from longpole.alerting.targets import is_public, resolved

_EVENTS = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})


class _Here(threading.local):
    refused: list[str] | None = None
    proxies: frozenset[tuple[str, int]] = frozenset()


_here = _Here()
_adding = threading.Lock()
_added: list[bool] = []


@contextmanager
def only_public() -> Generator[list[str]]:
    """Let this thread connect to public addresses only; gives those that were refused, as they come.

    A connection that is refused raises PermissionError. The proxies of the environment may be connected to: what is
    asked of them they look up themselves. The first use installs an audit hook for good, which costs what Python audits
    0.2 us each.
    """
    with _adding:
        if not _added:
            sys.addaudithook(_look)
            _added.append(True)
    _here.proxies = _proxies()
    _here.refused = refused = list[str]()
    try:
        yield refused
    finally:
        _here.refused = None


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _EVENTS or (refused := _here.refused) is None:
        return
    place = arguments[1]
    if not isinstance(place, tuple) or place[:2] in _here.proxies:  # no network, or what is connected already
        return
    host = str(place[0])  # pyright: ignore[reportUnknownArgumentType] - whatever a library gives
    try:
        is_refused = not is_public(host)
    except ValueError:  # a name, which nobody has looked up yet
        is_refused = True
    if is_refused:
        refused.append(host)
        raise PermissionError(f"{host} is not a public address")


def _proxies() -> frozenset[tuple[str, int]]:
    found: set[tuple[str, int]] = set()
    for url in getproxies().values():
        try:
            parts = urlsplit(url if "://" in url else f"http://{url}")
            port = parts.port or (443 if parts.scheme == "https" else 80)
            found.update((address, port) for address in resolved(parts.hostname or ""))
        except (ValueError, OSError):  # it cannot be connected to either
            continue
    return frozenset(found)
