"""A secret that stands in a configuration is in no text that is made of the settings."""

from __future__ import annotations

from pathlib import Path

from broker.assembly import connect
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
url = "http://registry"
"basic.auth.user.info" = "ada:planted-3"
[enriched.registry]
url = "http://registry"
"basic.auth.user.info" = "ada:planted-4"
[messengers.security]
"sasl.oauthbearer.client.secret" = "planted-5"
[followup.sites.mine]
latitude_deg = 0
longitude_deg = 0
token = "planted-6"
options = { password = "planted-7" }
"""


def test_no_secret_is_shown_by_what_settings_look_like(tmp_path: Path) -> None:
    path = tmp_path / "secret.toml"
    path.write_text(CONFIG)
    settings = read_settings(path)
    assert settings.followup.sites["mine"].token == "planted-6"
    assert "planted" not in f"{settings!r} {connect(settings)!r}"
