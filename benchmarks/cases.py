"""What the benchmarks of the whole path run: a survey's packets, and what is published of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.night import Night
from benchmarks.rubin_night import schema_folder
from benchmarks.whole_path import PATIENT_MS, Lap
from broker.kafka_settings import KafkaSection, TopicsSection
from broker.settings import FiltersSection, SchemasSection, Settings
from broker.stage_settings import StagesSection
from filters.sources import builtin_names
from schemas.annotation import EMBEDDING
from schemas.form import Form

FORMS: Final[tuple[Form, ...]] = ("lite", "full")
ENRICHED: Final = "enriched"
VECTORS: Final = "vectors"
PARTITIONS: Final = 45
"""Of Rubin's topic."""


class Case(NamedTuple):
    """A survey's packets and the form of what is published of each."""

    survey: str
    packets: Sequence[bytes]
    goal_us: float
    """By the client's CPU, and by wall clock."""
    schemas: Path | None
    form: Form
    partitions: int = 1
    """Of the input, and of each topic that is published to."""
    stages: StagesSection = StagesSection()
    """What else learns of the alerts, beside the networks."""

    @property
    def title(self) -> str:
        """A column's."""
        return f"{self.survey}, {'stages' if self.stages.names else self.form}"

    @property
    def topic(self) -> str:
        """Where its packets lie."""
        return f"input-{self.survey.lower()}-{self.partitions}"

    @property
    def prefix(self) -> str:
        """Of the names of its topics."""
        more = "stages-" if self.stages.names else ""
        return f"{self.survey}-{self.form}-{more}{self.partitions}-"

    def settings(self, bootstrap: str, prefix: str, group: str = "") -> Settings:
        """Those of a worker with all networks and built-in filters; its group is the prefix."""
        return Settings(
            topics=TopicsSection(
                input=(self.topic,),
                prefix=prefix,
                enriched=ENRICHED,
                dead_letters="dead-letters",
                ledger="ledger",
                replayed="",
                embeddings=VECTORS if EMBEDDING in self.stages.names else "",
                forms={ENRICHED: self.form},
                partitions=self.partitions,
            ),
            kafka=KafkaSection(
                bootstrap=bootstrap, group=group or prefix, transaction_timeout_ms=PATIENT_MS
            ),
            filters=FiltersSection(builtin=tuple(builtin_names()), live=""),
            schemas=SchemasSection(folder=self.schemas),
            stages=self.stages,
        )


class Laps(NamedTuple):
    """What was measured of one case."""

    case: Case
    published: float
    """Bytes an alert, on all topics."""
    ours: list[Lap]
    ceiling: list[Lap]


def cases(ztf: Night, rubin: Night | None) -> Iterator[Case]:
    """Those that there are packets for."""
    for form in FORMS:
        yield Case("ZTF", ztf.packets, 390.0, None, form)
    for form in FORMS if rubin else ():
        assert rubin
        yield Case("Rubin", rubin.packets, 330.0, schema_folder(), form)
