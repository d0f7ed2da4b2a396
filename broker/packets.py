"""The packet that a message carries, whatever framing it came in."""

from __future__ import annotations

from broker.ports import Message
from schemas.container import MAGIC
from schemas.writing import contained


def packet_of(message: Message) -> bytes:
    """A message's packet; one whose schema is the message's key, as a container that has it."""
    key = message.key or b""
    if not key.startswith(b"{") or message.value.startswith(MAGIC):
        return message.value
    return contained(key.decode(errors="replace"), message.value)
