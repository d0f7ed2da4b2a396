"""What was read as a secret, so that no log line, error or record shows it, whoever writes it.

Settings and clients say what is secret when they take it (`keep`); what writes texts for people
asks `hidden`: every operating error, the log, what the command line says of a fault.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Final
from urllib.parse import quote, unquote

HIDDEN: Final = "***"
CHARACTERS_MIN: Final = 4
"""Of a secret that is hidden; a shorter one would blank half of every text, and be told by that."""

NAMED: Final = re.compile(
    r"(password|passphrase|secret|token|user\.info|jaas\.config|oauthbearer\.config|key\.pem)$"
)
"""How the names of settings end whose values are secret."""
USER_INFO: Final = re.compile(r"//([^/?#\s]*)@")
"""Within an address."""

_kept: set[str] = set()


def keep(name: str, value: object) -> None:
    """Have a setting's value hidden from now on where it is secret, or the password within it."""
    text = str(value)
    infos = USER_INFO.findall(text)
    if NAMED.search(name):
        infos += [text] if name.endswith("user.info") else []
        _keep(text)
    for info in infos:
        user, colon, password = info.partition(":")
        _keep(password if colon else user)
        _keep(unquote(password))
        _keep(base64.b64encode(unquote(info).encode()).decode())


def hidden(text: str) -> str:
    """A text without any secret in it."""
    for secret in sorted(_kept, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def _keep(secret: str) -> None:
    """In each of the ways in which a text may quote it."""
    if len(secret.strip()) >= CHARACTERS_MIN:
        quoted = repr(secret)[1:-1], json.dumps(secret)[1:-1], quote(secret, safe="")
        _kept.update((secret, secret.strip(), *quoted))
