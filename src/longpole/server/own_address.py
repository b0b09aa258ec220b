"""The address that a server has, its certificate, and the note by which programs of this machine find both."""

import os
import socket
import ssl
from pathlib import Path

import msgspec
from msgspec import Struct

from longpole.model.errors import RefusedToServe
from longpole.settings import Settings

_LOCAL = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class OwnAddress(Struct, frozen=True):
    """Where a server is.

    Attributes:
        url: as others call it; the address of all networks where it listens on all.
        local_url: for programs on this machine.
        certificate: the file of its certificate in PEM, if it speaks TLS.
        key: the file of the key of the certificate.
    """

    url: str
    local_url: str
    certificate: str | None = None
    key: str | None = None


def own_address(listener: socket.socket, settings: Settings) -> OwnAddress:
    """The address of a server that listens there.

    Raises:
        RefusedToServe: the certificate or its key cannot be used.
    """
    certificate, key = settings.tls_certificate, settings.tls_key
    _check(certificate, key)
    name, port = listener.getsockname()[:2]
    host = str(name)
    scheme = "http" if certificate is None else "https"
    local_host = _LOCAL.get(host, host)
    return OwnAddress(_url(scheme, host, port), _url(scheme, local_host, port), certificate, key)


def _url(scheme: str, host: str, port: int) -> str:
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def leave_note(path: Path, address: OwnAddress, release: str, key: str) -> None:
    """Tell other programs of this user where the server is, and the key that it takes from them until it stops.

    Who can read this file can read the database beside it. A reader sees all of it or nothing.
    """
    note: dict[str, str | int] = {"pid": os.getpid(), "url": address.local_url, "version": release, "key": key}
    if address.certificate is not None:
        note["certificate"] = Path(address.certificate).read_text(encoding="utf-8")
    draft = path.with_suffix(".json.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode(note))
    draft.replace(path)


def _check(certificate: str | None, key: str | None) -> None:
    if certificate is None or key is None:
        if certificate is key:  # neither of them
            return
        given = "tls_certificate" if key is None else "tls_key"
        raise RefusedToServe(
            f"Only the setting `{given}` is given. Expected both `tls_certificate` and `tls_key`. "
            "Give a certificate and its key for TLS, or neither."
        )
    try:
        # Without a callback a key with a password would ask for it on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password="")
    except (OSError, ssl.SSLError) as error:
        raise RefusedToServe(
            f"The certificate {certificate} cannot be used with the key {key}: {error}. Expected a certificate and its "
            "key in PEM, the key without a password. Correct `tls_certificate` and `tls_key`."
        ) from None
