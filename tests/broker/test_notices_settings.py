"""[notices]: what is refused, and that no address is shown while it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.errors import SettingsError
from broker.notices_settings import NoticesSection
from broker.settings import read_settings

TARGET = '[notices.targets.x]\nfilters = ["bright"]\n'


@pytest.mark.parametrize(
    "lines",
    [
        TARGET + 'address = "ftp://s3cret"',
        TARGET + 'address = "https://example.org/s3cret hook"',
        TARGET + "address = 5300",
        TARGET + 'address = "http://example.org/"\ntoken = "s3cret\\u00e9"',
        TARGET + 'kind = "mail"\naddress = "s3cret"\nto = ["a@b"]',
        TARGET + 'kind = "mail"\naddress = "mail.example.org:25"',
        TARGET + 'kind = "mail"\naddress = "mail.example.org:25"\nto = ["a@b"]\nuser = "ada"\n'
        'token = "s3cret"\nencryption = "none"',
        '[notices.targets.x]\naddress = "https://s3cret"',
        '[notices.targets]\nx = "https://s3cret"',
        '[notices]\noutbox = "no topic"',
    ],
)
def test_a_target_that_cannot_be_told_is_refused_and_its_address_not_shown(
    tmp_path: Path, lines: str
) -> None:
    path = tmp_path / "c.toml"
    path.write_text(lines)
    with pytest.raises(SettingsError, match="notices") as raised:
        read_settings(path)
    assert "s3cret" not in str(raised.value)
    assert "5300" not in str(raised.value)


def test_a_topic_of_ours_has_the_prefix() -> None:
    assert NoticesSection().prefixed("a.{}".format).outbox == "a.gueststar.notices.outbox"
