"""Which certificate of a server is trusted."""

import ssl

from longpole.model.errors import SettingsError

_END = "-----END CERTIFICATE-----"


def trust_of(url: str, authorities: str | None, left: str | None) -> ssl.SSLContext | None:
    """How the certificate of the server at an address is checked; nothing where no TLS is spoken.

    Args:
        url: the server's address.
        authorities: file of certificates, in PEM, that are trusted in place of the system's.
        left: the certificate that a server of this machine has left in its data folder. It alone is trusted then,
            whatever name it is for: it came by a file that only its owner can write.

    Raises:
        SettingsError: the file cannot be read.
    """
    if not url.startswith("https://"):
        return None
    if left is not None and authorities is None:
        context = ssl.create_default_context(cadata=left.partition(_END)[0] + _END)
        context.check_hostname = False
        # It may be signed by somebody else, and is trusted itself all the same.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        return context
    try:
        return ssl.create_default_context(cafile=authorities)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"The certificates in {authorities} cannot be read: {error}. Expected a file with certificates in PEM. "
            "Correct the setting `certificate_authorities`."
        ) from None
