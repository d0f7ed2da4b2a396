"""A portal over TLS: what browsers are told then, what is no certificate, and renewing one."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPSConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest

from broker.errors import SettingsError
from broker.portal_settings import PortalSection
from gueststar.portal.application import OVER_TLS
from gueststar.portal.backend import Backend
from gueststar.portal.certificate import Certificate
from kafka_node.listeners import make_certificates
from tests.gueststar.portal.opened import served

LOCK = "open-sesame"
OLD_CA = """
[ca]
default_ca = old
[old]
database = {folder}/index
serial = {folder}/serial
new_certs_dir = {folder}
default_md = sha256
policy = any
[any]
commonName = supplied
"""
HSTS = next(iter(OVER_TLS.items()))


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA, a certificate of it with its key, another's key, a locked one, an old certificate."""
    if shutil.which("openssl") is None:
        pytest.skip("certificates are made by openssl")
    folder = tmp_path_factory.mktemp("tls")
    make_certificates(folder)
    key, locked = str(folder / "server.key"), str(folder / "locked.key")
    openssl("pkcs8", "-topk8", "-in", key, "-out", locked, "-passout", f"pass:{LOCK}")
    (folder / "open.key").write_bytes((folder / "server.key").read_bytes())
    (folder / "open.key").chmod(0o644)
    expired(folder)
    return folder


def openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def expired(folder: Path) -> None:
    """`old.pem`, of a year that is over."""
    (folder / "index").touch()
    (folder / "serial").write_text("01\n")
    (folder / "old.cnf").write_text(OLD_CA.format(folder=folder))
    key, request, config = (str(folder / name) for name in ("server.key", "old.csr", "old.cnf"))
    openssl("req", "-new", "-key", key, "-out", request, "-subj", "/CN=localhost")
    year = ("-startdate", "20200101000000Z", "-enddate", "20210101000000Z")
    signed = ("-selfsign", "-keyfile", key, "-in", request, "-out", str(folder / "old.pem"))
    openssl("ca", "-batch", "-notext", "-config", config, *signed, *year)


@pytest.fixture
def certificate(pems: Path) -> Certificate:
    return Certificate(pems / "server.crt", pems / "server.key", "")


@pytest.fixture
def trusting(pems: Path) -> ssl.SSLContext:
    """A client that trusts our CA, and asks for the name."""
    return ssl.create_default_context(cafile=str(pems / "ca.pem"))


@pytest.fixture
def address(writing: Backend, certificate: Certificate) -> Iterator[str]:
    with served(writing, certificate) as address:
        yield address


def test_a_page_over_tls_has_browsers_stay_there_and_the_cookie_with_them(
    address: str, tokens: tuple[Path, dict[str, str]], trusting: ssl.SSLContext
) -> None:
    assert address.startswith("https://127.0.0.1:")
    with urlopen(f"{address}/", context=trusting) as answer:
        assert answer.headers[HSTS[0]] == HSTS[1]
        assert b"gueststar" in answer.read()
    with closing(HTTPSConnection(urlsplit(address).netloc, context=trusting)) as client:
        form = urlencode({"token": tokens[1]["ada"], "next": "/filters"})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        client.request("POST", "/sign-in", form, kind)
        cookie = client.getresponse().headers["set-cookie"]
    assert "; Secure" in cookie and "; HttpOnly" in cookie and "SameSite=strict" in cookie


def test_what_comes_by_http_to_a_portal_over_tls_gets_no_answer(address: str) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(address).port or 0), 10) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        heard = b""
        try:
            while more := client.recv(1_000):
                heard += more
        except ConnectionResetError:
            pass
    assert b"HTTP/" not in heard


def test_who_trusts_another_ca_is_not_served(address: str) -> None:
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        urlopen(address, context=ssl.create_default_context())


def test_behind_a_proxy_with_tls_browsers_are_told_the_same(backend: Backend) -> None:
    with served(backend) as address:
        plain = urlopen(address).headers
        proxied = urlopen(Request(address, headers={"X-Forwarded-Proto": "https"})).headers
    assert address.startswith("http://")
    assert HSTS[0] not in plain and proxied[HSTS[0]] == HSTS[1]


@pytest.mark.parametrize(
    ("certificate", "key", "said"),
    [
        ("none.crt", "server.key", "certificate: .*none.crt: No such file or directory; name"),
        ("server.key", None, "certificate: .*server.key holds no certificate; name"),
        ("old.pem", "server.key", "certificate: .*old.pem: certificate has expired; have it"),
        ("server.crt", None, "key: .*server.crt holds no private key; name"),
        ("server.crt", "none.key", "key: .*none.key: No such file or directory; name"),
        ("server.crt", "ca.key", "key: .*ca.key is not the key of .*server.crt; name"),
        ("server.crt", "open.key", "key: all users of this machine may read .*; chmod o-rwx it"),
        ("server.crt", "locked.key", "key: .*locked.key is locked, and .* key_password"),
    ],
)
@pytest.mark.parametrize("password", ["", "wrong-word"])
def test_what_cannot_be_served_by_is_named_in_one_line(
    pems: Path, certificate: str, key: str | None, said: str, password: str
) -> None:
    with pytest.raises(SettingsError, match=rf"^\[portal\] {said}") as raised:
        Certificate(pems / certificate, pems / key if key else None, password)
    assert "\n" not in str(raised.value) and "wrong-word" not in str(raised.value)


def test_a_key_of_its_own_or_beside_the_certificate_locked_or_not_is_served_by(pems: Path) -> None:
    for certificate, key, password in (
        ("server.pem", None, ""),
        ("server.crt", pems / "locked.key", LOCK),
    ):
        section = PortalSection(certificate=pems / certificate, key=key, key_password=password)
        assert Certificate.of(section) is not None
    assert Certificate.of(PortalSection()) is None
    with pytest.raises(SettingsError, match=r"\[portal\] key needs its certificate"):
        Certificate.of(PortalSection(key=pems / "server.key"))


def serial(address: str, trusting: ssl.SSLContext) -> str:
    """Of the certificate that who comes now is shown."""
    parts = urlsplit(address)
    with (
        socket.create_connection((parts.hostname or "", parts.port or 0)) as plain,
        trusting.wrap_socket(plain, server_hostname=parts.hostname) as client,
    ):
        shown = client.getpeercert()
    assert shown is not None
    return str(shown["serialNumber"])


def renewed(folder: Path, pems: Path) -> None:
    """Another certificate of the same CA, and its key, in the place of those that were there."""
    again = folder / "again"
    again.mkdir()
    key, new = str(again / "server.key"), str(again / "server.crt")
    by = ("-CA", str(pems / "ca.pem"), "-CAkey", str(pems / "ca.key"))
    names = ("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
    openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", new, *by, *names
    )
    for name in ("server.key", "server.crt"):
        (again / name).replace(folder / name)


def test_a_renewed_certificate_is_shown_to_who_comes_and_who_is_there_stays(
    backend: Backend, pems: Path, tmp_path: Path, trusting: ssl.SSLContext
) -> None:
    for name in ("server.crt", "server.key"):
        shutil.copy2(pems / name, tmp_path)
    certificate = Certificate(tmp_path / "server.crt", tmp_path / "server.key", "")
    with served(backend, certificate) as address:
        before = serial(address, trusting)
        with closing(HTTPSConnection(urlsplit(address).netloc, context=trusting)) as client:
            client.request("GET", "/healthz")
            assert client.getresponse().read()
            came = client.sock
            renewed(tmp_path, pems)
            certificate.look()
            assert serial(address, trusting) != before
            client.request("GET", "/healthz")
            assert client.getresponse().read() and client.sock is came


def test_a_renewal_that_cannot_be_served_by_is_logged_once_and_the_old_one_stays(
    backend: Backend,
    pems: Path,
    tmp_path: Path,
    trusting: ssl.SSLContext,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in ("server.crt", "server.key"):
        shutil.copy2(pems / name, tmp_path)
    certificate = Certificate(tmp_path / "server.crt", tmp_path / "server.key", "")
    spoilings: tuple[Callable[[], object], ...] = (
        lambda: shutil.copy2(pems / "ca.key", tmp_path / "server.key"),
        (tmp_path / "server.key").unlink,
    )
    with served(backend, certificate) as address:
        before = serial(address, trusting)
        for nth, spoil in enumerate(spoilings, 1):
            spoil()
            certificate.look()
            certificate.look()
            assert serial(address, trusting) == before
            assert (
                caplog.text.count("goes on with the certificate that it has: [portal] key") == nth
            )
