"""The options that the steps of all makers share, each told once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

Work = Annotated[Path, typer.Option(help="folder for what one step leaves for the next")]
Data = Annotated[Path, typer.Option(help="folder of real alerts and light curves")]
Out = Annotated[Path, typer.Option(help="folder for the networks and their cards")]
Docs = Annotated[Path, typer.Option(help="folder for the pictures")]
Seed = Annotated[int, typer.Option(help="of what is drawn, weights and batches")]
Seeds = Annotated[int, typer.Option(help="networks a fold")]
Steps = Annotated[int, typer.Option(help="of each fit")]
Rounds = Annotated[int, typer.Option(help="of timing the smaller forms in turn")]
Workers = Annotated[int, typer.Option(help="fits side by side")]
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def steps() -> typer.Typer:
    """Commands to be, one a step."""
    return typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
