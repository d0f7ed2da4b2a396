"""Pictures as parts of a page: alerts that filters selected, and the sky that was covered."""

from __future__ import annotations

import base64
import io
from html import escape

import numpy as np

from gueststar.alert import Alert
from gueststar.pictures.alert import Picture, draw
from gueststar.pictures.sky import draw_sky
from gueststar.reporting.facts import Pick, SurveyFacts

DPI = 110
"""Of a picture 10 inches wide: sharp enough on a phone, and a dozen are a megabyte."""


def sky(facts: SurveyFacts) -> str:
    """Where a survey's alerts are."""
    ra_deg, dec_deg = facts.positions
    return figure(draw_sky(ra_deg, dec_deg, title=facts.survey), "alerts on the sky")


def alert_picture(alert: Alert, pick: Pick, why: str) -> str:
    """An alert with its stamps, where packets were kept, light curve and scores."""
    faint = f", {pick.magnitude:.2f} mag" if np.isfinite(pick.magnitude) else ""
    place = f"{alert.ra_deg:.5f} {alert.dec_deg:+.5f}"
    return figure(draw(alert, said=why), f"{pick.object_id}{faint}, at {place}; {why}")


def figure(drawn: Picture, what: str) -> str:
    """A figure as HTML, the picture inside; `what` is text."""
    image = io.BytesIO()
    drawn.savefig(image, format="png", dpi=DPI)
    data = base64.b64encode(image.getvalue()).decode()
    said = escape(what)
    return (
        f'<figure><img alt="{said}" src="data:image/png;base64,{data}">'
        f"<figcaption>{said}</figcaption></figure>"
    )
