"""A file of filters of one's own; `[filters] files` in the configuration names it."""

from gueststar import selection


@selection(topic="bright-and-new")
def bright_and_new(alerts):
    """Bright enough for a two-metre telescope, and not seen before this week."""
    yield "real", alerts.score("realbogus", "real") > 0.8
    yield "bright", alerts.magnitude < 18.5
    yield "new", alerts.age_days < 7
    # A distance is +inf where the survey found nothing near, and NaN where it did not look.
    yield "no asteroid", ~(alerts.asteroid_distance_arcsec < 5)
