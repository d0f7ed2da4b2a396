"""One process at a time changes a lake; its lock goes with it, however it ends."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from schemas.errors import ArchiveError

LOCK = ".lock"
"""In a lake, of who changes it; in the folder that a process writes in, of that process."""

WRITING = ".writing-"
"""How the folders begin that processes write in before they change the lake."""

WAIT_S_MAX = 3_600.0
"""How long another process is waited for: merging a night of millions takes minutes."""

POLL_S = 0.05


@contextmanager
def locked(folder: Path, *, wait_s: float) -> Iterator[None]:
    """Nobody else holds the folder's lock meanwhile. Raises ArchiveError where that takes longer.

    The lock is the system's (flock), so that none is left behind by a process that was killed.
    """
    handle = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o644)
    try:
        until = time.monotonic() + wait_s
        while not _taken(handle):
            if time.monotonic() > until:
                raise ArchiveError(
                    f"another process has been writing in {folder} for {wait_s:,.0f} s; begin again"
                    " when it has ended: nothing was changed"
                )
            time.sleep(POLL_S)
        yield
    finally:
        os.close(handle)


@contextmanager
def writing(lake: Path, name: str) -> Iterator[Path]:
    """A folder of a lake to write in, which is removed at the end; `sweep` lets it be meanwhile."""
    folder, fresh = lake / f"{WRITING}{name}", lake / f".{name}"
    fresh.mkdir(parents=True)
    with locked(fresh, wait_s=0):
        fresh.replace(folder)  # under the name that is swept it is never without its lock
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sweep(lake: Path) -> None:
    """Remove the folders of processes that ended before they could."""
    for lock in lake.glob(f"{WRITING}*/{LOCK}"):
        with suppress(FileNotFoundError, ArchiveError), locked(lock.parent, wait_s=0):
            shutil.rmtree(lock.parent, ignore_errors=True)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
