"""Mails through a server that others wrote, which wants TLS and a password."""

from __future__ import annotations

import email
import email.policy
import logging
import shutil
from pathlib import Path

import pytest

from broker.notices_settings import Encryption, Target
from kafka_node.listeners import Certificates, make_certificates
from services.followup.adapters.port import NotReached, Refused
from services.notices.channels import channel_of, kind_of
from tests.services.notices.smtp_server import PASSWORD, USER, mail_server
from tests.services.notices.test_channels import HOSTILE, NOTICE

BOTH = pytest.mark.parametrize("encryption", ["starttls", "tls"])


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Of a CA that nobody else knows."""
    if shutil.which("openssl") is None:
        pytest.skip("certificates need openssl: apt install it first")
    return make_certificates(tmp_path_factory.mktemp("ca"))


@pytest.fixture
def trusted(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The server's certificate, whose CA is this machine's own for once."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))
    return certificates.server


def mail(address: str, encryption: Encryption, user: str = USER, password: str = PASSWORD) -> None:
    target = Target(
        kind="mail",
        filters=("bright",),
        address=address,
        user=user,
        token=password,
        sender="broker@example.org",
        to=("ada@example.org", "bob@example.org"),
        encryption=encryption,
    )
    channel_of(target, answer_s=10.0).send(NOTICE)


@BOTH
def test_with_the_password_a_mail_is_taken_over_tls(trusted: Path, encryption: Encryption) -> None:
    with mail_server(trusted, encryption) as (box, address):
        mail(address, encryption)
    (raw,) = box.mails
    found = email.message_from_bytes(raw, policy=email.policy.default)
    assert found["Message-ID"] == "<abc@gueststar>"
    assert found["To"] == "ada@example.org, bob@example.org"
    assert HOSTILE.split("\r\n", maxsplit=1)[0] in found.get_content()
    assert box.asked == 1


@BOTH
def test_a_wrong_password_or_none_is_refused_and_shown_nowhere(
    trusted: Path, encryption: Encryption, caplog: pytest.LogCaptureFixture
) -> None:
    with mail_server(trusted, encryption) as (box, address), caplog.at_level(logging.DEBUG):
        with pytest.raises(Refused) as wrong:
            mail(address, encryption, password=f"{PASSWORD}!")
        with pytest.raises(Refused) as none:
            mail(address, encryption, user="", password="")
    assert (kind_of(wrong.value), kind_of(none.value)) == ("Refused 535", "Refused 530")
    assert box.mails == []
    assert PASSWORD not in str(wrong.value)
    assert PASSWORD not in caplog.text


@BOTH
def test_a_server_of_a_ca_that_nobody_trusts_is_told_no_password(
    certificates: Certificates, encryption: Encryption
) -> None:
    with mail_server(certificates.server, encryption) as (box, address):
        with pytest.raises(NotReached, match="certificate verify failed"):
            mail(address, encryption)
        assert (box.asked, box.mails) == (0, [])


def test_a_certificate_of_another_name_is_not_taken(
    trusted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.services.notices.smtp_server.HOST", "127.0.0.2")
    with mail_server(trusted, "starttls") as (box, address):
        with pytest.raises(NotReached, match=r"certificate is not valid for '127\.0\.0\.2'"):
            mail(address, "starttls")
        assert (box.asked, box.mails) == (0, [])


def test_what_speaks_tls_at_once_is_not_asked_to_start_it(trusted: Path) -> None:
    with mail_server(trusted, "starttls") as (box, address):
        with pytest.raises(NotReached):
            mail(address, "tls")
        assert (box.asked, box.mails) == (0, [])
