"""The two forms of an enriched record: with its cutouts, or without."""

from __future__ import annotations

from typing import Final, Literal, get_args

Form = Literal["full", "lite"]
FORMS: Final[tuple[Form, ...]] = get_args(Form)


def form_named(name: str) -> Form | None:
    """The form of that name; None where there is none."""
    return next((form for form in FORMS if form == name), None)
