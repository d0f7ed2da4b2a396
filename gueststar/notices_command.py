"""`gueststar notices`: people and programs are told of what filters find."""

# The job is imported when it runs: `gueststar --help` shall not load a compiler.
# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def notices(
    config: Annotated[
        Path, typer.Argument(metavar="CONFIG.toml", help="The broker's; see [notices].")
    ],
) -> None:
    """Send notices of filters' finds by webhook, mail or Slack, until it is told to stop."""
    from broker.settings import read_settings
    from gueststar.logs import log_to_stderr
    from gueststar.release import __version__
    from gueststar.signals import stopped_by_signal
    from services.notices.assembly import notices as sending

    settings = read_settings(config)
    log_to_stderr(settings.logs.format, "notices")
    with sending(settings, version=__version__) as worker, stopped_by_signal(worker.stop):
        worker.runner.run()
