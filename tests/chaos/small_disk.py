"""File systems that a test may fill, run out of files, and have turn read-only: for root alone."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

BALLAST: Final = "ballast"
"""The file of ours that fills it."""
NAMES: Final = "names"
"""And the folder of empty ones."""
FILES: Final = 3_000
"""So many may be on one."""
TRIES: Final = 10
LOOP: Final = Path("/dev/loop-control")


def why_no_disks() -> str:
    """Why none can be made; empty where they can."""
    if os.geteuid() != 0:
        return "only root mounts a small file system"
    return "" if LOOP.exists() and shutil.which("mkfs.ext4") else "no loop devices, or no ext4"


class SmallDisk:
    """An ext4 of a bounded size in a file, at `path`."""

    def __init__(self, path: Path, image: Path) -> None:
        self.path = path
        self._image = image

    def fill(self, leaving_bytes: int) -> None:
        """Take all the room that is left but so many bytes, whatever others take meanwhile."""
        with (self.path / BALLAST).open("ab") as ballast:
            for _ in range(TRIES):
                room = self._room_bytes() - leaving_bytes
                if room > 0:
                    with suppress(OSError):
                        os.posix_fallocate(ballast.fileno(), ballast.tell(), room)
                        ballast.seek(0, os.SEEK_END)

    def _room_bytes(self) -> int:
        found = os.statvfs(self.path)
        return found.f_bavail * found.f_frsize

    def use_up_names(self) -> None:
        """Let no further file be made."""
        folder = self.path / NAMES
        folder.mkdir()
        for number in range(os.statvfs(self.path).f_favail):
            (folder / str(number)).touch()

    def free(self) -> None:
        """Take back what was taken."""
        (self.path / BALLAST).unlink(missing_ok=True)
        for file in (self.path / NAMES).glob("*"):
            file.unlink()
        if (self.path / NAMES).exists():
            (self.path / NAMES).rmdir()

    def turn_read_only(self) -> None:
        """As one turns that found a fault in itself, whatever is open there."""
        device = Path(_do("findmnt", "-n", "-o", "SOURCE", str(self.path)).strip()).name
        Path("/sys/fs/ext4", device, "trigger_fs_error").write_text("1")

    def mend(self) -> None:
        """Look it through and mount it again; nobody may have a file of it open."""
        _do("umount", str(self.path))
        subprocess.run(["e2fsck", "-p", "-f", self._image], check=False, capture_output=True)
        _do("mount", *_loop(self._image), str(self.path))


@contextmanager
def small_disk(path: Path, megabytes: int) -> Iterator[SmallDisk]:
    """One at a folder that is made, in a file beside it."""
    path.mkdir()
    image = path.with_suffix(".image")
    image.touch()
    os.truncate(image, megabytes * 2**20)
    _do("mkfs.ext4", "-q", "-F", "-m", "0", "-N", str(FILES), str(image))
    with _mounted(path, *_loop(image)):
        yield SmallDisk(path, image)


def _loop(image: Path) -> tuple[str, ...]:
    return "-o", "loop,errors=remount-ro", str(image)


@contextmanager
def _mounted(path: Path, *what: str) -> Iterator[None]:
    _do("mount", *what, str(path))
    try:
        yield
    finally:
        # Lazily: what a test left open ends with it.
        _do("umount", "--lazy", str(path))


def _do(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
