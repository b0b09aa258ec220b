"""TLS by certificate files, and a proxy that ends it: real certificates, made for the test."""

import asyncio
import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.asyncio.client import connect

from longpole import settings
from longpole.model.errors import RefusedToServe
from longpole.server.own_address import own_address
from longpole.settings import child_environment
from running_server import RunningServer, wait_until

LONGPOLE = str(Path(sys.executable).with_name("longpole"))
PROGRAM = """
import sys, longpole

longpole.configure(endpoint=sys.argv[1] if len(sys.argv) > 1 else None)

@longpole.agent
def encrypted():
    return 1

encrypted()
longpole.flush()
"""


class Authority:
    """An authority of this test alone, and a certificate that it signed."""

    def __init__(self, folder: Path, name: str) -> None:
        own_key = ec.generate_private_key(ec.SECP256R1())
        own_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the authority of a test")])
        own = signed(own_name, own_name, own_key.public_key(), own_key, is_authority=True)
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        names: list[x509.GeneralName] = [x509.DNSName(name)]
        if name == "localhost":
            names.append(x509.IPAddress(ip_address("127.0.0.1")))
        certificate = signed(subject, own_name, key.public_key(), own_key, names=names)
        self.name = name
        self.file, self.certificate, self.key = folder / "authority.pem", folder / "server.pem", folder / "server.key"
        self.file.write_bytes(own.public_bytes(serialization.Encoding.PEM))
        self.certificate.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM) + own.public_bytes(serialization.Encoding.PEM)
        )
        self.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )


def signed(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    names: list[x509.GeneralName] | None = None,
    is_authority: bool = False,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if names is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if is_authority:
        usage = x509.KeyUsage(
            digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        builder = builder.add_extension(usage, critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


@pytest.fixture(scope="module", params=["localhost", "traces.example.com"])
def secured(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningServer, Authority]]:
    """A server with TLS, whose certificate is for this machine or for another name."""
    folder = tmp_path_factory.mktemp("tls")
    authority = Authority(folder, request.param)
    running = RunningServer(folder / "longpole")
    running.folder.mkdir()
    context = ssl.create_default_context(cafile=str(authority.file))
    context.check_hostname = request.param == "localhost"
    running.client = httpx.Client(timeout=60, trust_env=False, verify=context)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LONGPOLE_TLS_CERTIFICATE", str(authority.certificate))
        patch.setenv("LONGPOLE_TLS_KEY", str(authority.key))
        running.start()
    try:
        yield running, authority
    finally:
        running.close()


def program(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    given = child_environment({"LONGPOLE_DATA_FOLDER": str(folder), "LONGPOLE_PORT": "1", **variables})
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, env=given, check=False)


def test_a_server_with_a_certificate_speaks_tls_and_nothing_else(secured: tuple[RunningServer, Authority]) -> None:
    server, _ = secured
    assert server.url.startswith("https://")
    assert server.get("/api/overview").status_code == 200
    with pytest.raises(httpx.HTTPError):
        httpx.get(server.url.replace("https", "http", 1), trust_env=False)
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(server.url, trust_env=False)


def test_programs_on_its_machine_trust_it_whatever_name_it_has(secured: tuple[RunningServer, Authority]) -> None:
    server, _ = secured
    done = program(server.folder, "-c", PROGRAM)
    assert done.returncode == 0, done.stderr
    wait_until(lambda: server.get("/api/executions", params={"agent": "encrypted"}).json()["items"], "the execution")
    shown = program(server.folder, LONGPOLE, "list")
    assert "encrypted" in shown.stdout, shown.stderr


def test_elsewhere_the_authority_is_named(secured: tuple[RunningServer, Authority], tmp_path: Path) -> None:
    server, authority = secured
    url = server.url.replace("127.0.0.1", "localhost")
    asked = [LONGPOLE, "overview", "--url", url]
    refused = program(tmp_path, *asked)
    assert (refused.returncode, "certificate verify failed" in refused.stderr) == (3, True)
    taken = program(tmp_path, *asked, LONGPOLE_CERTIFICATE_AUTHORITIES=str(authority.file))
    is_local = authority.name == "localhost"
    assert taken.returncode == (0 if is_local else 3), taken.stderr
    sent = program(tmp_path, "-c", PROGRAM, url, LONGPOLE_CERTIFICATE_AUTHORITIES=str(authority.file))
    assert ("certificate verify failed" in sent.stderr) is not is_local


def test_a_session_over_tls_has_a_cookie_for_tls_only(secured: tuple[RunningServer, Authority]) -> None:
    server, _ = secured
    own = json.loads((server.folder / "server.json").read_text())["key"]
    made = server.client.post(
        f"{server.url}/api/keys", json={"title": "r", "rights": ["read"]}, headers={"authorization": f"Bearer {own}"}
    ).json()
    done = server.client.post(f"{server.url}/login", data={"key": made["key"]})
    assert "; Secure" in done.headers["set-cookie"]
    server.client.cookies.clear()
    address = server.url.replace("https", "wss", 1) + "/api/live"
    context = ssl.create_default_context(cadata=json.loads((server.folder / "server.json").read_text())["certificate"])
    context.check_hostname = False
    headers = {"authorization": f"Bearer {made['key']}"}

    # The library's client with threads reads and writes one TLS connection at once, and then and now hears nothing.
    async def first_word() -> str:
        async with connect(address, ssl=context, additional_headers=headers, proxy=None) as listener:
            await listener.send("{}")
            return str(await asyncio.wait_for(listener.recv(), 30))

    assert "subscribed" in asyncio.run(first_word())
    revoked = server.client.delete(
        f"{server.url}/api/keys/{made['item']['key_id']}", headers={"authorization": f"Bearer {own}"}
    )
    assert revoked.status_code == 200


def test_certificates_that_cannot_be_used_are_refused_with_a_reason(tmp_path: Path) -> None:
    authority, other = Authority(tmp_path, "localhost"), tmp_path / "other"
    other.mkdir()
    wrong = Authority(other, "localhost").key
    for key, said in ((wrong, "KEY_VALUES_MISMATCH"), (tmp_path / "none", "No such file"), (None, "Only the setting")):
        chosen = settings.load(tls_certificate=authority.certificate, tls_key=key)
        with socket.socket() as listener, pytest.raises(RefusedToServe, match=said):
            own_address(listener, chosen)


def test_behind_a_proxy_its_word_is_taken_and_keys_are_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGPOLE_FORWARDED_FROM", "127.0.0.1")
    running = RunningServer(tmp_path / "longpole", "--create-admin-key")
    running.folder.mkdir()
    try:
        running.start()
        assert running.get("/api/overview").status_code == 401
        key = running.log.read_text().split("lp_")[1].split()[0]
        through = {
            "x-forwarded-for": "6.6.6.6, 203.0.113.9",
            "x-forwarded-proto": "https",
            "x-forwarded-host": "traces.example.com",
            "origin": "https://traces.example.com",
        }
        done = running.client.post(f"{running.url}/login", data={"key": f"lp_{key}"}, headers=through)
        assert done.status_code == 303
        assert "; Secure" in done.headers["set-cookie"]
        shown = {"authorization": f"Bearer lp_{key}"}
        (entry,) = running.get("/api/audit-log", params={"deed": "login"}, headers=shown).json()["items"]
        assert entry["address"] == "203.0.113.9"
    finally:
        running.close()
