"""What a worker is told in CONFIG.toml: every key, its default, and its unit in its name.

`examples/gueststar.toml` lists them all with a sentence each, and a test holds it to this file.
How the file is read, and what is said of a mistake in it, stands in broker/toml_tables.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from broker.alerts.access import Access
from broker.alerts.disagreement import Certainty
from broker.alerts.repeats import IDS_KEPT_MAX
from broker.alerts.unknown_schema import OnUnknownSchema
from broker.defaults import (
    DEPLOYED,
    FILTER_PREFIX,
    GROUP,
    SHARED,
)
from broker.errors import SettingsError
from broker.followup_settings import FollowupSection
from broker.kafka.connection import (
    Compression,
    Start,
)
from broker.kafka_settings import KafkaSection, SourceSection, TopicsSection, read_topics
from broker.ledger import Delivery
from broker.messengers.section import MessengersSection
from broker.models.limits import DriftSection, GatesSection, ModelsSection
from broker.notices_settings import NoticesSection
from broker.portal_settings import PortalSection
from broker.report_settings import ReportSection
from broker.runner import RunLimits
from broker.service_settings import LogsSection, MetricsSection
from broker.stage_settings import StagesSection
from broker.toml_tables import read_table
from broker.topic_names import FilterTopics, check_prefix, shared_topic
from classifiers.served import BUILT_IN
from filters.selection import TOPIC
from schemas.enriched_framing import FramingName
from schemas.form import FORMS
from schemas.limits import DecodeLimits
from schemas.prior import Named, Prior


@dataclass(frozen=True)
class SchemasSection:
    """[schemas]: where the writer schemas of bare datums are found by their id."""

    folder: Path | None = None
    registry: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Raises SettingsError where two places are named, or a registry without its address."""
        if self.folder and self.registry:
            raise SettingsError(
                "[schemas] names a folder and a registry; keep one of them"
                " (the registry of our own schemas is [enriched.registry])"
            )
        check_registry(self.registry, "schemas")


@dataclass(frozen=True)
class EnrichedSection:
    """[enriched]: how what is published is written."""

    framing: FramingName = "container"
    compression: Compression = "none"
    rescore: bool = False
    registry: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        """Raises SettingsError for a registry without its address."""
        check_registry(self.registry, "enriched")


def check_registry(registry: Mapping[str, str], table: str) -> None:
    """Raises SettingsError for a registry without its address."""
    if registry and "url" not in registry:
        raise SettingsError(f"[{table}.registry] has no url; say where the registry is")


@dataclass(frozen=True)
class FiltersSection:
    """[filters]: which ones run, by name, by file and by package; and what deployed ones may."""

    builtin: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    plugins: tuple[str, ...] = ()
    live: str = DEPLOYED
    topic_prefix: str = FILTER_PREFIX
    topics: FilterTopics = "shared"
    """What a filter publishes to that is deployed for the first time; others keep theirs."""
    shared: str = SHARED
    live_max: int = 1_000
    cost_us_max: float = 10.0
    regions: Mapping[str, Path] = field(default_factory=dict)
    watchlists: Mapping[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises SettingsError for names that no topic can have."""
        if self.live and not TOPIC.fullmatch(self.live):
            raise SettingsError(f"[filters] live = {self.live!r} is no topic name")
        check_prefix(self.topic_prefix, "[filters] topic_prefix")
        for topic in self.shared_topics:
            if not TOPIC.fullmatch(topic) or topic.startswith(self.topic_prefix):
                raise SettingsError(
                    f"[filters] shared = {self.shared!r}: {topic!r} is no topic's name, or begins"
                    " as the topics of single filters do"
                )

    @property
    def shared_topics(self) -> tuple[str, ...]:
        """Those that deployed filters share, one a form."""
        return tuple(shared_topic(self.shared, form) for form in FORMS)


@dataclass(frozen=True)
class AccessSection(Access):
    """[access]: which alerts may be published at all."""


@dataclass(frozen=True)
class ClassifiersSection:
    """[classifiers]: which ones score."""

    names: tuple[str, ...] = tuple(BUILT_IN)
    embeddings: tuple[str, ...] = ()
    """Which of them give their last hidden layer, too, as NAME_embedding in full records."""
    prior: Named = "natural"
    """For which shares of the labels scores are published."""
    priors: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """The same of single ones, a share for each label."""

    @property
    def by_name(self) -> dict[str, Prior]:
        """Each one's prior."""
        return {name: self.priors.get(name, self.prior) for name in {*self.names, *self.priors}}


@dataclass(frozen=True)
class DisagreementSection(Certainty):
    """[disagreement]: when a classifier and the survey are counted as saying the opposite."""

    def __post_init__(self) -> None:
        """Raises SettingsError where one score could be both, or no score could be one."""
        if not 0 < self.bogus_max < self.real_min <= 1:
            raise SettingsError(
                f"[disagreement] bogus_max = {self.bogus_max} and real_min = {self.real_min}:"
                " probabilities that do not rise from above 0 to at most 1"
            )


@dataclass(frozen=True)
class LimitsSection(RunLimits):
    """[limits]: the bounds of the loop (`RunLimits`), and of what may die."""

    dead_fraction_max: float = 1.0
    dead_alerts_min: int = 1_000
    unknown_schema: OnUnknownSchema = "dead-letter"
    ids_kept_max: int = IDS_KEPT_MAX


@dataclass(frozen=True)
class LakeSection:
    """[lake]: where `gueststar lake write` keeps what is published, and in what pieces."""

    path: Path | None = None
    """The lake's folder, which nothing else writes."""
    topics: tuple[str, ...] = ()
    """Of enriched alerts; none: [topics] enriched."""
    start: Start = "earliest"
    """Where a new lake begins in what is there."""
    packets: bool = True
    """Whether packets are kept, too."""
    flush_s: float = 4.0
    """So long after its first alert a part is written at the latest,"""
    flush_alerts_max: int = 3_000
    flush_bytes_max: int = 256_000_000
    """or once there are so many alerts, or bytes of them."""
    parts_max: int = 64
    """Small parts of a night, after which they are joined though it has not ended."""
    quiet_s: float = 3_600.0
    """A night of which nothing came for so long has ended: its parts are joined."""
    retired_s: float = 600.0
    """How long files that were joined are kept for who has yet to open them."""

    def __post_init__(self) -> None:
        """Raises SettingsError for what names no topic, and for pieces that come too late."""
        if self.topics:
            object.__setattr__(self, "topics", read_topics(self.topics, "[lake] topics"))
        if self.flush_s > FLUSH_S_MAX:
            raise SettingsError(
                f"[lake] flush_s = {self.flush_s}: the least that a lake promises is to have an"
                f" alert 10 s after it was published, so flush_s is at most {FLUSH_S_MAX}"
            )


FLUSH_S_MAX = 8.0
"""Leaves two seconds for writing."""


@dataclass(frozen=True)
class Settings:
    """A worker's whole configuration."""

    topics: TopicsSection = field(default_factory=TopicsSection)
    kafka: KafkaSection = field(default_factory=KafkaSection)
    source: SourceSection = field(default_factory=SourceSection)
    schemas: SchemasSection = SchemasSection()
    enriched: EnrichedSection = EnrichedSection()
    access: AccessSection = AccessSection()
    filters: FiltersSection = FiltersSection()
    classifiers: ClassifiersSection = ClassifiersSection()
    stages: StagesSection = field(default_factory=StagesSection)
    models: ModelsSection = field(default_factory=ModelsSection)
    gates: GatesSection = field(default_factory=GatesSection)
    drift: DriftSection = field(default_factory=DriftSection)
    metrics: MetricsSection = field(default_factory=MetricsSection)
    logs: LogsSection = field(default_factory=LogsSection)
    disagreement: DisagreementSection = DisagreementSection()
    limits: LimitsSection = LimitsSection()
    lake: LakeSection = LakeSection()
    messengers: MessengersSection = field(default_factory=MessengersSection)
    followup: FollowupSection = field(default_factory=FollowupSection)
    notices: NoticesSection = field(default_factory=NoticesSection)
    portal: PortalSection = field(default_factory=PortalSection)
    report: ReportSection = field(default_factory=ReportSection)
    decoding: DecodeLimits = field(default_factory=DecodeLimits)

    def __post_init__(self) -> None:
        """Raises SettingsError where two sections contradict each other."""
        self._input()
        if "confluent" in self.framings and not self.own_registry:
            raise SettingsError(
                "framing = 'confluent' needs [enriched.registry], for our own schemas"
            )
        if self.topics.prefix:
            self._prefix()
        if shared := {*self.messengers.named} & {*self.topics.used, self.filters.live}:
            raise SettingsError(f"[messengers] {shared.pop()!r}: another section uses it")
        if self.filters.live in self.topics.used:
            raise SettingsError(f"[filters] live = {self.filters.live!r}: [topics] uses it")
        if {*self.filters.shared_topics} & {*self.topics.used, self.filters.live}:
            raise SettingsError(f"[filters] shared = {self.filters.shared!r} is in use already")
        self._models()

    def _models(self) -> None:
        """Raises SettingsError where a topic of models has another use, or none has a name."""
        if not self.models.live:
            return
        others = {*self.topics.used, self.filters.live}
        for key in ("live", "comparisons", "retrains"):
            topic = getattr(self.models, key)
            if topic in others or not TOPIC.fullmatch(topic):
                raise SettingsError(f"[models] {key} = {topic!r}: no topic's name, or one in use")
            others.add(topic)

    def _prefix(self) -> None:
        """Have what stands in other sections the prefix of [topics], too."""
        named, filters, kafka = self.topics.named, self.filters, self.kafka
        live, prefix = filters.live and named(filters.live), named(filters.topic_prefix)
        renamed = replace(filters, live=live, topic_prefix=prefix, shared=named(filters.shared))
        object.__setattr__(self, "filters", renamed)
        object.__setattr__(self, "messengers", self.messengers.prefixed(named))
        object.__setattr__(self, "followup", self.followup.prefixed(named))
        object.__setattr__(self, "notices", self.notices.prefixed(named))
        object.__setattr__(self, "models", self.models.prefixed(named))
        if kafka.group == GROUP:
            object.__setattr__(self, "kafka", replace(kafka, group=self.topics.prefix + GROUP))

    def _input(self) -> None:
        """Have what is read named by [topics], wherever it stands. Raises SettingsError."""
        if not self.is_elsewhere:
            read_topics(self.topics.input, "[topics] input")
            return
        if self.topics.input:
            raise SettingsError("[topics] input and [source] topics: keep what names the survey's")
        if self.kafka.delivery is not Delivery.EXACTLY_ONCE:
            raise SettingsError("[source] needs [kafka] delivery = 'exactly-once'")
        topics = replace(self.topics, input=self.source.topics, prefix="")
        object.__setattr__(topics, "prefix", self.topics.prefix)
        object.__setattr__(self, "topics", topics)

    @property
    def is_elsewhere(self) -> bool:
        """Whether the survey's topics stand in another Kafka than ours."""
        return bool(self.source.bootstrap)

    @property
    def read(self) -> tuple[str, ...]:
        """The topics that a worker reads, of the one Kafka that it reads from."""
        return self.topics.input if self.is_elsewhere else self.topics.read

    def of_letters(self) -> Settings:
        """Those of a worker that reads dead letters sent again, which stand in our Kafka.

        Raises SettingsError where the workers of the survey's topics read them, too.
        """
        topics = self.topics
        if not (self.is_elsewhere and topics.replayed):
            raise SettingsError("--letters is for a [source] of its own and [topics] replayed")
        return replace(
            self,
            source=SourceSection(),
            kafka=replace(self.kafka, group=f"{self.kafka.group}.letters", start="earliest"),
            topics=replace(topics, input=(topics.replayed,), replayed=""),
        )

    @property
    def group(self) -> str:
        """That in which the survey's topics are read."""
        return self.source.group or self.kafka.group

    @property
    def start(self) -> Start:
        """Where a new group begins in them."""
        return self.source.start if self.is_elsewhere else self.kafka.start

    @property
    def framings(self) -> set[FramingName]:
        """The framings that any topic has."""
        return {self.enriched.framing, *self.topics.framings.values()}

    @property
    def own_registry(self) -> Mapping[str, str]:
        """Where our own schemas get their ids; empty where there is no registry."""
        return self.enriched.registry or self.schemas.registry


def read_settings(path: Path) -> Settings:
    """The settings in a TOML file. Raises SettingsError, one line that names file and key.

    A path in it is relative to the file, and a text "$NAME" is that environment variable.
    """
    return read_table(Settings, path)
