"""All that may be sent to the portal, by its routes."""

from __future__ import annotations

from gueststar.portal.access.sign_in import sign_in, sign_out
from gueststar.portal.acts import Act
from gueststar.portal.reviewing import ACTS as OF_REVIEWS
from gueststar.portal.writing.acts import ACTS as OF_FILTERS
from gueststar.portal.writing.lists import ACTS as OF_LISTS

ACTS: tuple[Act, ...] = (
    Act("/sign-in", sign_in, "Show a token, and get a cookie."),
    Act("/sign-out", sign_out, "End a session."),
    *OF_FILTERS,
    *OF_LISTS,
    *OF_REVIEWS,
)
