"""What only whoever made a file can say of it; both cards begin and end with it."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from schemas.errors import ModelError
from training.tables import markdown

PICTURES = "../docs/lightcurve.md"
LICENCE = "BSD-3-Clause, as the project"
PRIOR = """**balanced** in the file: every label is taken to be equally likely before the light
curve is seen, so that a rare class is not lost in a frequent one; all figures here are of that. A
survey is not balanced: for a stream in which label c has the share s_c, each probability is
multiplied by s_c and the row divided by its sum, as gueststar does by default, with shares that it
states (docs/priors.md)"""


@dataclass(frozen=True)
class File:
    """A served file as it lies on the disk."""

    name: str
    size_bytes: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> File:
        """Read it."""
        content = path.read_bytes()
        return cls(path.name, len(content), hashlib.sha256(content).hexdigest())


@dataclass(frozen=True)
class Origin:
    """Paragraphs and tables are Markdown."""

    name: str
    version: str
    file: File
    weights: int
    """Numbers that were learnt."""
    data_sha256: str
    """Of names, labels and points that were learnt from."""
    folds_sha256: str
    seed: int
    """Of the served network."""
    seeds: tuple[int, ...]
    """Of the networks that the figures come from."""
    layout: str
    """The fingerprint of the rows that it reads."""
    command: str
    """That makes it again, exactly."""
    input: str
    inside: str
    """What the graph does before, in and after the network."""
    declines: str
    counts: Mapping[str, int]
    """Objects of each label."""
    sources: str
    """The table of the data's files."""
    recipe: str
    split: str
    calibration: str
    selection: str
    """How often the recipe was chosen, and on what."""
    speed: str
    """Times, and how they were measured."""
    compression: str
    """The table of the study, and which form was kept."""

    def heading(self, summary: str, labels: tuple[str, ...]) -> str:
        """Name, one paragraph, and the facts of the file."""
        seeds = ", ".join(map(str, self.seeds))
        return f"""# {self.name} {self.version}

{summary.strip()} Pictures: [docs/lightcurve.md]({PICTURES}).

| | |
|---|---|
| file | `{self.file.name}`, {self.file.size_bytes:,} bytes, {self.weights:,} weights |
| sha256 | `{self.file.sha256}` |
| data | sha256 of names, labels and points `{self.data_sha256}` |
| folds | sha256 `{self.folds_sha256}` |
| seed | {self.seed}; the figures come from networks of seeds {seeds} |
| input | {_line(self.input)}; layout `{self.layout}` |
| output | probabilities, float32 (n, {len(labels)}): {", ".join(labels)} |
| prior served | {_line(PRIOR)} |
| inside the file | {_line(self.inside)} |
| declines | {_line(self.declines)} |
| licence | {LICENCE} |

Made by

```
{self.command.strip()}
```"""

    def training(self) -> str:
        total = sum(self.counts.values())
        rows = [[name, f"{count:,}"] for name, count in self.counts.items()]
        return f"""## Data and training

{markdown(["learnt from", "objects"], [*rows, ["together", f"{total:,}"]])}

{self.sources}

**Split.** {self.split.strip()}

**Recipe.** {self.recipe.strip()}

**Calibration.** {self.calibration.strip()}

**Selection.** {self.selection.strip()}"""

    def costs(self) -> str:
        return f"""## Speed

{self.speed.strip()}

## Compression

{self.compression.strip()}"""


def _line(text: str) -> str:
    return " ".join(text.split())


MANIFEST = "MANIFEST.tsv"
NO_LICENCE = "none stated"
DIGITS = 16
"""Of a sha256 that a table shows."""


class Source(NamedTuple):
    """One file that was read."""

    path: str
    origin: str
    licence: str
    sha256: str
    holds: str


def sources(data: Path, prefixes: Sequence[str]) -> list[Source]:
    """The manifest's lines about files whose path begins with one of `prefixes`.

    Raises ModelError where the manifest is missing or says nothing of one of them.
    """
    path = data / MANIFEST
    if not path.is_file():
        raise ModelError(f"{path} is missing: a card says where its data come from")
    with path.open(encoding="utf-8", newline="") as file:
        _, *lines = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    rows = [Source(*line) for line in lines]
    for prefix in prefixes:
        if not any(row.path.startswith(prefix) for row in rows):
            raise ModelError(f"{MANIFEST} says nothing of {prefix}: add a line for it")
    return [row for row in rows if row.path.startswith(tuple(prefixes))]


def sources_table(found: Sequence[Source]) -> str:
    """What each file holds, where it comes from, its licence and the start of its sha256."""
    rows = [
        [
            f"`{one.path}`",
            _plain(one.holds),
            _plain(one.origin),
            _plain(NO_LICENCE if one.licence == "none" else one.licence),
            f"`{one.sha256[:DIGITS]}`",
        ]
        for one in found
    ]
    head = ["file", "holds", "from", "licence", "sha256"]
    return markdown(head, rows).replace("---:", "---")


def _plain(text: str) -> str:
    """Without what would end a cell."""
    return text.replace("|", "/").strip()
