"""The key that a request shows: as Bearer, as the password of Basic, as `x-api-key`, or in a session's cookie."""

import binascii
from base64 import b64decode
from collections.abc import Mapping

from msgspec import Struct

COOKIE = "longpole_session"


class Shown(Struct, frozen=True):
    """A key, and whether a browser sent it by itself."""

    key: str
    is_cookie: bool = False


def shown_key(headers: Mapping[bytes, bytes]) -> Shown | None:
    """The key in a request's headers; a header counts before a cookie. Nothing if none is shown.

    Langfuse's clients send `Basic` with a public key as user and the secret one as password: the password counts.
    """
    authorization = headers.get(b"authorization")
    if authorization is not None:
        scheme, _, rest = authorization.decode("latin-1").strip().partition(" ")
        if scheme.lower() == "bearer":
            return Shown(rest.strip())
        return Shown(_password(rest.strip()) if scheme.lower() == "basic" else "")
    key = headers.get(b"x-api-key")
    if key is not None:
        return Shown(key.decode("latin-1").strip())
    cookies = headers.get(b"cookie")
    session = None if cookies is None else cookie_of(cookies.decode("latin-1"))
    return None if session is None else Shown(session, is_cookie=True)


def cookie_of(cookies: str) -> str | None:
    """The session in a `Cookie` header."""
    for cookie in cookies.split(";"):
        name, _, value = cookie.strip().partition("=")
        if name == COOKIE:
            return value
    return None


def _password(encoded: str) -> str:
    try:
        return b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
