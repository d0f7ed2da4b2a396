"""The root of every operating error of the house, so that a caller can catch one type.

GueststarError
├── SchemaError        a writer schema that cannot be read, or lacks what an adapter needs
├── SurveyError        an installed package's survey that is none
├── RegistryError      a schema registry that does not answer, or refuses
├── DecodeLimitError   a setting that is no usable bound
├── FilterError        a filter that cannot be loaded (filters/)
├── ModelError         a model file that cannot be served (classifiers/)
├── ArchiveError       a file or folder that cannot be replayed (replay/)
├── QuestionError      what is asked of a lake and cannot be asked, or not within its bounds (lake/)
├── NoticeError        a sky map, or another messenger's notice, that cannot be read (sky/)
├── HiddenRoomError    a user's module stands in front of one of ours (gueststar/)
└── BrokerError        Kafka and the engine; its branches stand in broker/errors.py

A bad alert is no exception: it is a row with a reason (`Rejected`), and its neighbours live.
A programmer's error is an AssertionError. Each message names the thing and the remedy.
"""

from __future__ import annotations

from schemas.plain_text import spelled
from schemas.secrets import hidden


class GueststarError(Exception):
    """An operating error: its message is one line that names the thing and the remedy.

    What others said is part of many, and errors end in logs and records: no secret is in one, and
    nothing that commands a terminal.
    """

    def __init__(self, *said: object) -> None:
        super().__init__(
            *(spelled(hidden(each)) if isinstance(each, str) else each for each in said)
        )

    @property
    def picture(self) -> str:
        """More lines that show where, of an error in a text; empty for all others."""
        return ""


class SchemaError(GueststarError):
    """A writer schema that cannot be read, or lacks what its survey's adapter needs."""


class SurveyError(GueststarError):
    """An installed package's survey that cannot be opened, or is none."""


class RegistryError(GueststarError):
    """A schema registry that does not answer, or refuses."""


class DecodeLimitError(GueststarError):
    """A decoding bound that is not a positive number."""


class FilterError(GueststarError):
    """A filter that cannot be loaded."""


class ModelError(GueststarError):
    """A model file that cannot be served."""


class ArchiveError(GueststarError):
    """A file or folder that cannot be read as alerts."""


class QuestionError(GueststarError):
    """A question to a lake that is none, or that its bounds do not allow."""


class NoticeError(GueststarError):
    """A sky map, or a notice of another messenger, that cannot be read."""


class HiddenRoomError(GueststarError):
    """A module of the user's hides one of ours."""


class BrokerError(GueststarError):
    """Kafka or the engine could not do what was asked."""
