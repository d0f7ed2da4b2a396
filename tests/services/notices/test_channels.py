"""What targets get, by a webhook and a mail server of this machine; and how failing is told."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace

import pytest

from broker.notices_settings import Target
from services.followup.adapters.port import AnswerLost, NotReached, Refused, TelescopeError
from services.notices.channels import channel_of, kind_of
from services.notices.job import told
from services.notices.outbox import Notice
from tests.services.notices.doubles import Hook, MailBox

HOSTILE = "<script>alert(1)</script><!channel>\r\nBcc: all@example\n.\r\n&\u202e\x1b[2J\udcff"
ALERT = {
    "survey": "ztf",
    "alert_id": "9007199254740993",
    "object_id": HOSTILE,
    "band": None,
    "ra_deg": 10.0,
    "dec_deg": -5.0,
    "mjd": 60_000.5,
    "magnitude": 18.25,
}
NOTICE = Notice("abc", "t", 1, {"kind": "find", **ALERT}, told(["bright"], ALERT))


def sent(notice: Notice, target: Target) -> None:
    channel_of(target, answer_s=0.5).send(notice)


def test_a_webhook_gets_json_with_its_key_and_a_hostile_id_as_text() -> None:
    with Hook().serving() as hook:
        sent(NOTICE, Target(filters=("bright",), address=hook.address, token="t0ken"))
    ((headers, document),) = hook.got
    assert headers["Idempotency-Key"] == document["id"] == "abc"
    assert headers["Authorization"] == "Bearer t0ken"
    assert document["object_id"] == HOSTILE
    assert document["alert_id"] == "9007199254740993"
    assert document["text"].isprintable()


def test_slack_gets_a_text_without_markup_and_its_answer_need_be_no_json() -> None:
    with Hook().serving() as hook:
        sent(NOTICE, Target(kind="slack", filters=("bright",), address=hook.address))
    (document,) = hook.documents
    assert not {"<", ">", "\n"} & {*document["text"]}
    assert "&lt;script&gt;" in document["text"]
    assert document["mrkdwn"] is False


def test_a_mail_has_no_header_and_no_recipient_that_an_id_says() -> None:
    with MailBox().serving() as box:
        sent(NOTICE, mail_to(box))
    (raw,) = box.mails
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert mail["Message-ID"] == "<abc@gueststar>"
    assert (mail["To"], mail["Bcc"]) == ("ada@example.org", None)
    assert "Bcc: all@example" in mail.get_content()
    assert not [line for line in mail.get_content().splitlines() if line.startswith("Bcc")]


def mail_to(box: MailBox) -> Target:
    return Target(
        kind="mail",
        filters=("bright",),
        address=box.address,
        to=("ada@example.org",),
        encryption="none",
    )


@pytest.mark.parametrize(
    ("status", "kind"), [(404, Refused), (302, Refused), (429, NotReached), (500, AnswerLost)]
)
def test_a_webhook_that_fails_is_told_by_number_and_never_by_address(
    status: int, kind: type[TelescopeError]
) -> None:
    with Hook().serving() as hook:
        hook.statuses = [status]
        with pytest.raises(kind) as raised:
            sent(NOTICE, Target(filters=("bright",), address=hook.address))
    assert kind_of(raised.value) == f"{kind.__name__} {status}"


def test_a_target_that_does_not_answer_is_waited_for_so_long_alone() -> None:
    with Hook().serving() as hook:
        hook.hangs.set()
        with pytest.raises(AnswerLost):
            sent(NOTICE, Target(filters=("bright",), address=hook.address))
    with pytest.raises(NotReached):
        sent(NOTICE, Target(filters=("bright",), address="http://127.0.0.1:9/s3cret"))


@pytest.mark.parametrize(("code", "kind"), [(451, NotReached), (550, Refused)])
def test_a_mail_server_that_will_take_it_later_is_asked_again(
    code: int, kind: type[TelescopeError]
) -> None:
    with MailBox().serving() as box:
        box.code = code
        with pytest.raises(kind) as raised:
            sent(NOTICE, mail_to(box))
    assert kind_of(raised.value) == f"{kind.__name__} {code}"
    assert not box.mails


def test_a_mail_that_was_taken_is_taken_however_its_server_takes_leave() -> None:
    with MailBox().serving() as box:
        box.leaves = 421
        sent(NOTICE, mail_to(box))
    assert len(box.mails) == 1


def test_mail_that_is_to_be_encrypted_is_not_sent_in_the_clear() -> None:
    with MailBox().serving() as box, pytest.raises(TelescopeError):
        sent(NOTICE, replace(mail_to(box), encryption="starttls"))
    assert not box.mails
