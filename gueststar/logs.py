"""The log of a service, on stderr: a line an event, or an object of JSON, and no secret in any."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import tomllib
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from schemas.plain_text import plain
from schemas.secrets import hidden

LOG: Final = logging.getLogger("gueststar")
LINE: Final = "%(asctime)s %(levelname)s %(message)s"


class Lines(logging.Formatter):
    """Lines to read, and below one of an error its traceback."""

    def __init__(self) -> None:
        super().__init__(LINE)

    def format(self, record: logging.LogRecord) -> str:
        return plain(hidden(super().format(record)))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's
        # A line end within what somebody sent would begin a line of its own.
        return super().formatMessage(record).replace("\n", " ")


class Objects(logging.Formatter):
    """An object of JSON a line: time (UTC), level, logger, message, worker; exception, if any."""

    def __init__(self, worker: str) -> None:
        """`worker`: who it is that logs."""
        super().__init__()
        self._worker = worker

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "worker": self._worker,
        }
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        # Hidden before it is quoted: a secret may hold what JSON writes otherwise.
        return json.dumps(
            {key: plain(hidden(value)) for key, value in said.items()}, ensure_ascii=False
        )


def log_to_stderr(form: Literal["text", "json"] = "text", worker: str = "") -> None:
    """Have what a service logs written to stderr, and faults of its threads with it.

    form: that of [logs]. worker: who logs, for objects.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(Objects(worker) if form == "json" else Lines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.captureWarnings(form == "json")
    for library in ("httpx", "httpx2"):  # The registry's client; it has a line for every request.
        logging.getLogger(library).setLevel(logging.WARNING)
    threading.excepthook = log_fault


def log_fault(fault: threading.ExceptHookArgs) -> None:
    """What a thread ended with, which Python would write to stderr as it is."""
    if fault.exc_value is not None and not isinstance(fault.exc_value, SystemExit):
        name = fault.thread.name if fault.thread else "a thread"
        LOG.error("%s ended with a fault of ours", name, exc_info=fault.exc_value)


def announce(config: Path, worker: str) -> None:
    """Say what is begun before what takes seconds is loaded, as the log will be written.

    What is wrong with the file is said where it is read.
    """
    if not config.is_file():
        return
    try:
        form = tomllib.loads(config.read_text(encoding="utf-8")).get("logs", {}).get("format")
    except (OSError, ValueError, AttributeError):
        form = None
    line = f"starting worker {worker} of {config}"
    if form == "json":
        log_to_stderr("json", worker)
        LOG.info("%s", line)
    else:
        print(f"gueststar: {line}", file=sys.stderr)  # noqa: T201 - a command's own output


def complain(said: str, error: Exception) -> None:
    """Say on stderr what a command ended with, as its log is written.

    GUESTSTAR_DEBUG=1 adds the traceback.
    """
    debug = bool(os.environ.get("GUESTSTAR_DEBUG"))
    if any(
        isinstance(each.formatter, Objects) and getattr(each, "stream", None) is sys.stderr
        for each in logging.getLogger().handlers
    ):
        LOG.critical("%s", said, exc_info=error if debug else None)
        return
    if debug:
        sys.stderr.write(hidden("".join(traceback.format_exception(error))))
    print(f"gueststar: {said}", file=sys.stderr)  # noqa: T201 - a command's own output
