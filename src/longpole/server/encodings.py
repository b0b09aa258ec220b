"""What a request says of its body, and the body decompressed within bounds."""

import zlib

from longpole.ingest.spool import BodyFormat
from longpole.model.errors import BodyTooLarge, InvalidInput, UnsupportedMedia

CONTENT_TYPES = {
    "application/x-protobuf": BodyFormat.PROTOBUF,
    "application/protobuf": BodyFormat.PROTOBUF,
    "application/json": BodyFormat.JSON,
}
_GZIP = 16 + zlib.MAX_WBITS
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}
_CHARSETS = ("utf-8", "utf8", "us-ascii")
_PIECE_BYTES = 256 * 1024


def body_format_of(content_type: str) -> BodyFormat:
    """The format that a `Content-Type` header names.

    Raises:
        UnsupportedMedia: it names none that OTLP has, or another charset than UTF-8.
    """
    name, *parameters = (part.strip().lower() for part in content_type.split(";"))
    found = CONTENT_TYPES.get(name)
    charsets = [value.strip('" ') for key, _, value in (item.partition("=") for item in parameters) if key == "charset"]
    if found is None or any(charset not in _CHARSETS for charset in charsets):
        raise UnsupportedMedia(
            f"The content type is {content_type[:100]!r}. Expected application/x-protobuf or application/json in "
            "UTF-8. Set the exporter's protocol to http/protobuf or http/json."
        )
    return found


def encoding_of(content_encoding: str) -> str:
    """`identity`, `gzip`, `x-gzip` or `deflate`, as a `Content-Encoding` header names it.

    Raises:
        UnsupportedMedia: it is another one, or several.
    """
    name = content_encoding.strip().lower() or "identity"
    if name != "identity" and name not in _WINDOWS:
        raise UnsupportedMedia(
            f"The content encoding is {content_encoding[:100]!r}. Expected gzip, deflate or none. "
            "Set the exporter's compression to gzip or none."
        )
    return name


def too_large(limit: int, what: str) -> BodyTooLarge:
    """The error of a body over the limit."""
    return BodyTooLarge(
        f"The body is over {limit} bytes {what}. Expected at most {limit}. "
        "Send smaller batches, or raise the server's setting body_limit_bytes."
    )


def decompress(content: bytes, encoding: str, limit: int) -> bytes:
    """The body as plain bytes; never holds more than `limit` and one piece of them.

    Raises:
        BodyTooLarge: it is longer than `limit`.
        InvalidInput: it is not compressed as announced, or cut off.
    """
    if encoding == "identity":
        return content
    window = _WINDOWS[encoding]
    if encoding == "deflate" and not _has_zlib_header(content):
        window = -zlib.MAX_WBITS  # "deflate" without the zlib header, as some clients send it
    pieces: list[bytes] = []
    size = 0
    rest = content
    try:
        while rest:  # a gzip file may consist of several members
            engine = zlib.decompressobj(window)
            while not engine.eof:
                piece = engine.decompress(rest, _PIECE_BYTES)
                rest = engine.unconsumed_tail
                if not piece and not rest and not engine.eof:
                    raise zlib.error("it is cut off")
                pieces.append(piece)
                size += len(piece)
                if size > limit:
                    raise too_large(limit, "after decompression")
            rest = engine.unused_data if window == _GZIP else b""
            if not rest.strip(b"\0"):  # gzip allows zeros as padding
                rest = b""
    except zlib.error as error:
        raise InvalidInput(
            f"The body of {len(content)} bytes could not be decompressed as {encoding} ({error}). "
            "Expected a whole compressed stream. Check what lies between the sender and this server."
        ) from None
    return b"".join(pieces)


def _has_zlib_header(content: bytes) -> bool:
    # RFC 1950: method 8 in the low half of the first byte, and both bytes together a multiple of 31.
    return len(content) >= 2 and content[0] & 0x0F == 8 and int.from_bytes(content[:2], "big") % 31 == 0
