"""A page as a PDF, by a browser that the system has."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from schemas.errors import QuestionError

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
PRINT_S_MAX: Final = 120.0
PDF: Final = b"%PDF-"


def print_page(page: Path, to: Path) -> None:
    """Raises QuestionError where there is no browser, or it makes no PDF."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise QuestionError(
            f"a PDF needs one of {', '.join(BROWSERS)}; install Debian's package chromium, or leave"
            " --pdf out and print the page"
        )
    with tempfile.TemporaryDirectory() as profile:
        made = Path(profile) / "report.pdf"
        # A browser refuses its sandbox to root. The page holds no script, and forbids any.
        words = ["--no-sandbox"] if os.geteuid() == 0 else []
        words += ["--headless", "--disable-gpu", "--no-pdf-header-footer"]
        words += [f"--user-data-dir={profile}/profile", f"--print-to-pdf={made}"]
        try:
            done = subprocess.run(
                [browser, *words, page.resolve().as_uri()],
                capture_output=True,
                timeout=PRINT_S_MAX,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise QuestionError(f"{browser} made no PDF in {PRINT_S_MAX:g} s") from error
        if not made.is_file() or not made.read_bytes().startswith(PDF):
            said = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
            raise QuestionError(f"{browser} made no PDF, and said: {said[:200] or 'nothing'}")
        to.write_bytes(made.read_bytes())
