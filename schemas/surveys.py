"""Which surveys are read: those built in, and what installed packages offer.

A package's survey is an entry point of the group `gueststar.surveys`: a `Survey`. To be installed
is enough, as a record that none recognises is a dead letter.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from schemas.errors import SurveyError
from schemas.lsst import LSST
from schemas.survey import Survey
from schemas.telescope import TELESCOPE
from schemas.winter import WINTER
from schemas.ztf import ZTF

ENTRY_POINTS = "gueststar.surveys"
BUILT_IN = (ZTF, LSST, WINTER, TELESCOPE)


@cache
def surveys() -> tuple[Survey, ...]:
    """Every survey, found once. Raises SurveyError for what is none, and for two of one name."""
    offered = sorted(entry_points(group=ENTRY_POINTS), key=lambda point: point.name)
    found = (*BUILT_IN, *map(_opened, offered))
    names = [one.name for one in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise SurveyError(f"two surveys are called {twice[0]!r}; uninstall one's package")
    return found


def _opened(point: EntryPoint) -> Survey:
    named = f"survey {point.name!r} ({point.value})"
    try:
        found = point.load()
    except Exception as error:  # a package may raise anything
        raise SurveyError(f"{named} cannot be opened: {error!r}; see its author") from error
    if isinstance(found, Survey):
        return found
    raise SurveyError(f"{named} is no Survey; see its author")
