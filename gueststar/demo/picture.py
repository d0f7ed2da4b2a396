"""The demo's screen as a picture: README's is made by `gueststar demo --picture docs/demo.svg`."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console, RenderableType

COLUMNS = 100

# A picture should need nothing from the network; readers have a monospaced font of their own.
SVG_FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


def save(screen: RenderableType, path: Path) -> None:
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(screen)
    console.save_svg(str(path), title="gueststar demo", code_format=SVG_FORMAT)
