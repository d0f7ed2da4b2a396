"""`python -m tests.lake.hats_kills LAKE COLLECTION OUT`: nights added, killed before each change.

OUT/1, OUT/2 and so on are what the collection was left as; the last one was not killed. Each try is
a child of this process, which has loaded all that it needs, and ends by SIGKILL just before it
would have changed anything of its folder the n-th time.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from itertools import count
from pathlib import Path
from typing import Any

from lake.hats.collection import add_nights

CHANGES = {"os.rename", "os.link", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def main(lake: Path, collection: Path, out: Path) -> None:
    """One try after another, until one comes to its end."""
    for number in count(1):
        tried = out / str(number)
        shutil.copytree(collection, tried / collection.name)
        if not _is_killed(lake, tried / collection.name, number):
            return


def _is_killed(lake: Path, collection: Path, number: int) -> bool:
    child = os.fork()
    if child == 0:
        sys.addaudithook(_Killer(str(collection), number))
        add_nights(lake, collection, version="test")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert status == 0
    return False


class _Killer:
    def __init__(self, folder: str, number: int) -> None:
        self._folder = folder
        self._left = number

    def __call__(self, event: str, args: tuple[Any, ...]) -> None:
        if self._changes(event, args) and any(str(one).startswith(self._folder) for one in args):
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)

    @staticmethod
    def _changes(event: str, args: tuple[Any, ...]) -> bool:
        return event in CHANGES or (event == "open" and bool(args[2] & WRITING))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
