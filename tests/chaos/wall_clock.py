"""A wall clock that processes are given, and that a test sets; where a C compiler is."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).with_suffix(".c")
COMPILER: Final = "cc"


def missing_compiler() -> str:
    """Why no clock can be given; empty where one can."""
    return "" if shutil.which(COMPILER) else "no C compiler (Debian: gcc libc6-dev)"


class WallClock:
    """Ahead of the machine's by `ahead_s`, for processes that are started with `environment`."""

    def __init__(self, folder: Path) -> None:
        """folder: where its files are put."""
        self._library, self._file = folder / "wall_clock.so", folder / "wall_clock"
        build = [COMPILER, "-O2", "-shared", "-fPIC", "-o", str(self._library), str(SOURCE)]
        subprocess.run([*build, "-ldl", "-lpthread"], check=True)
        self._file.write_bytes(bytes(8))

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process is started with beside its own."""
        return {"LD_PRELOAD": str(self._library), "CLOCK_FILE": str(self._file)}

    def set(self, ahead_s: int) -> None:
        """Step to so far ahead of the machine's clock, or behind it where negative."""
        file = os.open(self._file, os.O_WRONLY)
        os.pwrite(file, struct.pack("=q", ahead_s), 0)
        os.close(file)
