"""A user looks through the oddest objects, one by one, and each answer ranks the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from gueststar.anomalies.nights import Odd
from gueststar.anomalies.records import Answer, Profile

KEYS: Final = {"i": Answer.INTERESTING, "n": Answer.NOT, "a": Answer.ARTEFACT}
SKIP, UNDO, QUIT = "s", "u", "q"
HELP: Final = "i interesting   n not   a artefact   s skip   u undo   q quit"

Shown = Callable[[Odd], None]
"""Shows one object."""


def ranked(odd: Odd, profile: Profile) -> Odd:
    """All objects by what the profile says of them."""
    return odd.ranked(*profile.taught())


def review(
    odd: Odd,
    profile: Profile,
    *,
    show: Shown,
    key: Callable[[], str],
    say: Callable[[str], None],
) -> None:
    """Until there are none, or the user quits."""
    skipped = set[tuple[str, str]]()
    while (one := next(still_open(ranked(odd, profile), profile, skipped), None)) is not None:
        name = str(one.survey[0]), str(one.object_id[0])
        show(one)
        while (pressed := key().lower()) not in {*KEYS, SKIP, UNDO, QUIT}:
            say(HELP)
        if pressed == QUIT:
            break
        if pressed == SKIP:
            skipped.add(name)
        elif pressed == UNDO:
            back = profile.take_back()
            say(f"{back.object_id}: {back.answer} is taken back" if back else "nothing was said")
        else:
            profile.say(KEYS[pressed], (*name, int(one.alert_id[0])), one.seen)


def still_open(odd: Odd, profile: Profile, skipped: set[tuple[str, str]]) -> Iterator[Odd]:
    """Those that were neither answered nor skipped, the highest first."""
    done = skipped | {(each.survey, each.object_id) for each in profile.answers}
    names = zip(odd.survey.tolist(), odd.object_id.tolist(), strict=True)
    for row, name in enumerate(names):
        if name not in done:
            yield odd.take(np.array([row]))
