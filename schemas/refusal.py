"""Why a packet is no row, on its way to where packets are framed."""

from __future__ import annotations

from schemas.batch import Reason


class Refusal(Exception):  # noqa: N818 - a packet is refused, nothing went wrong with us
    """Why a packet is no row; caught where packets are framed, and never seen outside."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail
