"""The log of a service, on stderr: a line an event, and no secret in any."""

from __future__ import annotations

import logging
import threading
from typing import Final

from schemas.secrets import hidden

LOG: Final = logging.getLogger("gueststar")
LINE: Final = "%(asctime)s %(levelname)s %(message)s"


class Lines(logging.Formatter):
    """Lines to read, and below one of an error its traceback."""

    def __init__(self) -> None:
        super().__init__(LINE)

    def format(self, record: logging.LogRecord) -> str:
        return hidden(super().format(record))


def log_to_stderr() -> None:
    """Have what a service logs written to stderr, and faults of its threads with it."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for library in ("httpx", "httpx2"):  # The registry's client; it has a line for every request.
        logging.getLogger(library).setLevel(logging.WARNING)
    threading.excepthook = log_fault


def log_fault(fault: threading.ExceptHookArgs) -> None:
    """What a thread ended with, which Python would write to stderr as it is."""
    if fault.exc_value is not None and not isinstance(fault.exc_value, SystemExit):
        name = fault.thread.name if fault.thread else "a thread"
        LOG.error("%s ended with a fault of ours", name, exc_info=fault.exc_value)
