"""A secret that stands in a configuration is in no text that is made of the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.assembly import connect
from broker.errors import SettingsError
from broker.settings import read_settings

CONFIG = """
[kafka.security]
"sasl.password" = "planted-1"
[source]
bootstrap = "survey:1"
topics = ["alerts"]
[source.security]
"sasl.password" = "planted-2"
[schemas.registry]
url = "http://schemas.example"
"basic.auth.user.info" = "ada:planted-3"
[enriched.registry]
url = "http://schemas.example"
"basic.auth.user.info" = "ada:planted-4"
[messengers.security]
"sasl.oauthbearer.client.secret" = "planted-5"
[followup.sites.mine]
latitude_deg = 0
longitude_deg = 0
token = "planted-6"
options = { password = "planted-7" }
[notices.targets.mine]
filters = ["bright"]
address = "https://chat.example/planted-8"
token = "planted-9"
"""


def test_no_secret_is_shown_by_what_settings_look_like(tmp_path: Path) -> None:
    path = tmp_path / "secret.toml"
    path.write_text(CONFIG)
    settings = read_settings(path)
    assert settings.followup.sites["mine"].token == "planted-6"
    assert "planted" not in f"{settings!r} {connect(settings)!r}"


@pytest.mark.parametrize(
    "line",
    [
        '[kafka.security]\n"sasl.password" = 314159',
        '[schemas.registry]\n"basic.auth.user.info" = 314159',
        "[followup.sites.mine]\nlatitude_deg = 0\nlongitude_deg = 0\ntoken = 314159",
    ],
)
def test_a_secret_without_quotes_is_refused_and_not_shown(tmp_path: Path, line: str) -> None:
    path = tmp_path / "secret.toml"
    path.write_text(line)
    with pytest.raises(SettingsError, match="is not a text") as raised:
        read_settings(path)
    assert "314159" not in str(raised.value)
