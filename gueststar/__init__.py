"""The public face of the broker: what a user imports, and the command line.

    import gueststar

    batch = gueststar.decode(packets)          # bytes of any survey and framing -> AlertBatch
    gueststar.score(batch)                     # every served classifier, into batch.scores
    for batch in gueststar.read("night.tar.gz"): ...
    gueststar.lake("lake").cone(353.66, 46.65, "5arcsec").pandas()
    for alert in gueststar.subscribe("young-supernovae"): ...
    for batch in gueststar.subscribe_batches("young-supernovae"): ...

Importing it costs a few milliseconds: each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from gueststar.hidden import check_rooms

check_rooms()

if TYPE_CHECKING:
    from broker.errors import (
        KafkaUnavailable,
        LedgerError,
        MemberFenced,
        MembershipOver,
        OffsetGap,
        OutputTooLarge,
        ProducerFenced,
        ProducerLost,
        SettingsError,
        TooManyAborts,
        TooManyDead,
        TopicMissing,
        TopicRemade,
        TransactionAborted,
    )
    from filters.selection import selection
    from gueststar.alert import Alert
    from gueststar.batches import decode, read, score
    from gueststar.open_lake import lake
    from gueststar.release import __version__
    from gueststar.similar import similar
    from gueststar.subscription import subscribe, subscribe_batches
    from gueststar.tables import astropy_table, pandas_frame
    from lake.sql import SqlLimits
    from schemas.batch import AlertBatch, LightCurves, Reason, Rejected
    from schemas.cutouts import Stamps
    from schemas.errors import (
        ArchiveError,
        BrokerError,
        DecodeLimitError,
        FilterError,
        GueststarError,
        HiddenRoomError,
        ModelError,
        NoticeError,
        QuestionError,
        RegistryError,
        SchemaError,
        SurveyError,
    )

__all__ = [
    "Alert",
    "AlertBatch",
    "ArchiveError",
    "BrokerError",
    "DecodeLimitError",
    "FilterError",
    "GueststarError",
    "HiddenRoomError",
    "KafkaUnavailable",
    "LedgerError",
    "LightCurves",
    "MemberFenced",
    "MembershipOver",
    "ModelError",
    "NoticeError",
    "OffsetGap",
    "OutputTooLarge",
    "ProducerFenced",
    "ProducerLost",
    "QuestionError",
    "Reason",
    "RegistryError",
    "Rejected",
    "SchemaError",
    "SettingsError",
    "SqlLimits",
    "Stamps",
    "SurveyError",
    "TooManyAborts",
    "TooManyDead",
    "TopicMissing",
    "TopicRemade",
    "TransactionAborted",
    "__version__",
    "astropy_table",
    "decode",
    "lake",
    "pandas_frame",
    "read",
    "score",
    "selection",
    "similar",
    "subscribe",
    "subscribe_batches",
]

_HOMES = {
    "filters.selection": ("selection",),
    "gueststar.alert": ("Alert",),
    "gueststar.batches": ("decode", "read", "score"),
    "gueststar.open_lake": ("lake",),
    "gueststar.release": ("__version__",),
    "gueststar.subscription": ("subscribe", "subscribe_batches"),
    "gueststar.similar": ("similar",),
    "gueststar.tables": ("astropy_table", "pandas_frame"),
    "lake.sql": ("SqlLimits",),
    "schemas.batch": ("AlertBatch", "LightCurves", "Reason", "Rejected"),
    "schemas.cutouts": ("Stamps",),
}
"""Where each public name is loaded from, the errors apart."""

_ERRORS = ("schemas.errors", "broker.errors")


def __getattr__(name: str) -> object:
    """Load a public name from its room, once."""
    if name not in __all__:
        raise AttributeError(f"gueststar has no {name!r}; it has {', '.join(__all__)}")
    homes = (home for home, names in _HOMES.items() if name in names)
    home = next(homes, None) or next(each for each in _ERRORS if hasattr(import_module(each), name))
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names, for completion in a notebook."""
    return list(__all__)
