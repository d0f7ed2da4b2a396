"""[followup]: sites, topics and limits of `gueststar followup`; workers only read past it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from broker.errors import SettingsError
from broker.toml_tables import Signed
from filters.selection import TOPIC

Adapter = Literal["ocs", "alpaca", "tom", "skyportal", "mail", "topic"]
"""What a site is asked through."""

OURS: Final = "followup"
"""The source of the job's own annotations."""
USER: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
"""A user's name, as of credentials."""

SEA, NIGHT = Signed(0.0), Signed(-12.0)


@dataclass(frozen=True)
class Site:
    """A telescope: where it stands, how far it reaches, and how it is asked."""

    latitude_deg: Signed
    longitude_deg: Signed
    """East of Greenwich."""
    elevation_m: Signed = SEA
    altitude_min_deg: float = 30.0
    altitude_max_deg: float = 90.0
    """A dome or mount that cannot look straight up."""
    hour_angle_max_h: float = 12.0
    """Either side of the meridian; 12: no limit."""
    horizon: tuple[tuple[Signed, ...], ...] = ()
    """Pairs of azimuth and altitude, degrees, by rising azimuth; between them straight lines."""
    sun_max_deg: Signed = NIGHT
    """It is night while the sun is below."""
    bands: tuple[str, ...] = ("g", "r", "i")
    zero_point_mag: float = 23.5
    """Of one electron a second, above the atmosphere."""
    sky_mag: float = 21.8
    """An arcsec² of a dark sky, at the zenith."""
    extinction_mag: float = 0.15
    """An airmass."""
    seeing_arcsec: float = 1.3
    """At the zenith, where nothing was said of now."""
    clear_fraction: float = 0.7
    """Of nights, where nothing was said of now."""
    overhead_s: float = 60.0
    """Of each observation: pointing and reading out."""
    adapter: Adapter = "topic"
    address: str = field(default="", repr=False)
    """A URL, or host:port of a mail server."""
    token: str = field(default="", repr=False)
    """Its password, best as "$NAME" of the environment."""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What else the adapter takes (docs/followup.md)."""

    def __post_init__(self) -> None:
        """Raises SettingsError for a place that is none on Earth, and for no pairs."""
        if not (abs(self.latitude_deg) <= 90 and abs(self.longitude_deg) <= 360):
            raise SettingsError(
                f"[followup.sites] {self.latitude_deg}, {self.longitude_deg} is no place on Earth"
            )
        azimuths = [pair[0] for pair in self.horizon if len(pair) == 2]
        if len(azimuths) < len(self.horizon) or azimuths != sorted({*azimuths}):
            raise SettingsError(
                "[followup.sites] horizon is a list of [azimuth, altitude], by rising azimuth"
            )
        if not self.address and self.adapter != "topic":
            raise SettingsError(f"[followup.sites] {self.adapter} has no address")


@dataclass(frozen=True)
class FollowupSection:
    """[followup]: the job that asks telescopes, and keeps track of what it asked."""

    topics: tuple[str, ...] = ()
    """Of enriched alerts; none: [topics] enriched."""
    group: str = "gueststar.followup"
    programmes: str = "gueststar.followup.programmes"
    """Records of what was deployed."""
    requests: str = "gueststar.followup"
    """Each request's newest state, compacted; its history until compaction comes."""
    conditions: str = "gueststar.followup.sites"
    """What is said of sites now: weather, seeing; compacted, by site."""
    answers: str = "gueststar.followup.answers"
    """What people and programs answer that were asked by mail or topic."""
    annotations: str = "gueststar.annotations"
    """What came back of objects, and what others say of them."""
    annotators: tuple[str, ...] = ()
    """Users who annotate objects, each on a topic of its own: `annotations`.USER."""
    slot_s: float = 600.0
    """The planner's grain."""
    ahead_s: float = 86_400.0
    """So far it plans."""
    lead_s: float = 3_600.0
    """So long before it begins an observation is asked for."""
    plan_s: float = 60.0
    """At most so often it plans anew; at once where something changed."""
    replan_s: float = 900.0
    """At the latest so often: what never arrived, or was refused, is asked for again then."""
    plan_limit_s: float = 5.0
    """What the optimum may cost; after that the best plan found stands."""
    poll_s: float = 30.0
    """So often a telescope is asked how a request stands."""
    settle_s: float = 60.0
    """So long after a lost answer the request may still arrive."""
    answer_s: float = 10.0
    """So long an answer is waited for."""
    attempts_max: int = 5
    """Submissions of one request, after which it has failed."""
    requests_max: int = 2_000
    """That wait at once; of more, those of least priority are not taken."""
    kept_days_max: float = 30.0
    """So long after an object's last request of a programme has ended all of these are forgotten:
    they leave the topic, and an alert of the object makes a new one."""
    conditions_max_s: float = 1_800.0
    """What was said of a site longer ago says nothing of now."""
    ask: bool = False
    """Whether workers read annotations, so that filters may ask them."""
    sites: Mapping[str, Site] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raises SettingsError for names that no topic can have."""
        for topic in (*self.topics, *self.named):
            if not TOPIC.fullmatch(topic):
                raise SettingsError(f"[followup] {topic!r} is no topic name")
        for user in self.annotators:
            if user == OURS or not USER.fullmatch(user):
                raise SettingsError(
                    f"[followup] annotators {user!r} is no user's name; write a to z, digits and _,"
                    f" at most 32, a letter first, and not {OURS!r}, which is the job's own"
                )
        if self.kept_days_max < 1:
            raise SettingsError(
                f"[followup] kept_days_max = {self.kept_days_max:g}; the least is 1"
            )
        if len({*self.named}) < len(self.named):
            raise SettingsError("[followup] two of its topics have one name")

    @property
    def asked(self) -> tuple[str, ...]:
        """The topics that workers read."""
        return (self.annotations,) if self.ask else ()

    @property
    def inboxes(self) -> dict[str, str]:
        """By user the topic that it alone may write; compacted, too."""
        return {user: f"{self.annotations}.{user}" for user in self.annotators}

    @property
    def named(self) -> tuple[str, ...]:
        """The topics that are ours, all compacted."""
        return (
            self.programmes,
            self.requests,
            self.conditions,
            self.answers,
            self.annotations,
        )

    def prefixed(self, named: Callable[[str], str]) -> FollowupSection:
        """The same with its own topics as `TopicsSection.named` calls them."""
        programmes, requests, conditions, answers, annotations = map(named, self.named)
        return replace(
            self,
            programmes=programmes,
            requests=requests,
            conditions=conditions,
            answers=answers,
            annotations=annotations,
        )
