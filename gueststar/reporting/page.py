"""The report as one HTML page that needs nothing else: what filters found first, and no script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final

import numpy as np

from gueststar.filtering.page import STYLE, table
from gueststar.open_lake import OpenLake
from gueststar.release import __version__
from gueststar.reporting.discovery import groups, oddest
from gueststar.reporting.facts import Facts, Found, SurveyFacts
from gueststar.reporting.figures import alert_picture, sky
from gueststar.reporting.known import Known, Section, moment, several

PICTURES_MAX: Final = 12
"""Of a survey: the page stays below two megabytes."""
OBJECTS_MAX: Final = 8
"""Of a filter, in its table."""
STALE_S: Final = 86_400.0
"""Alerts that are published later than this after their exposure were sent again."""
POLICY: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Were there a script after all, no browser would run it."""
MORE_STYLE: Final = (
    "h3{margin:1.4rem 0 .3rem;font-size:1rem}.lede{font-size:1.1rem}"
    "article{break-inside:auto}figure,tr{break-inside:avoid}td:last-child{white-space:normal}"
)


def html(facts: Facts, known: Known | None, *, objective_s: float) -> str:
    """objective_s: within how long 99 % of alerts shall be published once they were received."""
    lake = OpenLake(facts.lake, facts.nights)
    articles = "\n".join(article(each, lake, objective_s) for each in facts.surveys)
    told = (*known.others, known.accounts) if known else ()
    sections = [section(each) for each in (groups(facts.lake, facts.nights), *told) if each]
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title(facts))}</title>
<style>
{STYLE.read_text(encoding="utf-8")}{MORE_STYLE}</style>
</head>
<body>
{header(facts, known, objective_s)}
{articles}
{chr(10).join(sections)}
{left_out(facts, known)}
</body>
</html>
"""


def title(facts: Facts) -> str:
    first, last = day(facts.nights[0]), day(facts.nights[-1])
    if first == last:
        return f"The night of {first}"
    return f"{first} to {last}, {len(facts.nights):,} nights"


def day(night: str) -> str:
    found = datetime.strptime(night, "%Y%m%d").replace(tzinfo=UTC)
    return f"{found.day} {found:%B %Y}"


def header(facts: Facts, known: Known | None, objective_s: float) -> str:
    """The night in a few sentences, what is wrong among them."""
    said = [sentence(each, objective_s) for each in facts.surveys]
    if known:
        parts = (known.accounts, *known.others)
        said += [known.accounts.sentences[0]]
        said += [f"{each.title}: {each.sentences[0]}" for each in parts[1:] if each.is_bad]
    lines = "".join(f'<p class="lede">{escape(each)}</p>' for each in said)
    now = moment(datetime.now(UTC).timestamp())
    over = escape(f"from {facts.lake.resolve().name} · {now} · gueststar {__version__}")
    return f"<header><h1>{escape(title(facts))}</h1>{lines}<small>{over}</small></header>"


def sentence(facts: SurveyFacts, objective_s: float) -> str:
    """What one would say over breakfast."""
    first = f"{facts.survey}: {facts.alerts:,} alerts of {len(facts.objects):,} objects"
    if not facts.is_live:
        return f"{first}, archived without a broker."
    chosen = len({each for found in facts.filters.values() for each in found.objects})
    delay = delays(facts, 1)
    late = f"; 99 % were published within {seconds(delay[2])}" if len(delay) else ""
    met = ", as wanted" if len(delay) and delay[2] <= objective_s else ""
    missed = f", where {seconds(objective_s)} was wanted" if late and not met else ""
    return f"{first}; filters selected {chosen:,} of these{late}{met}{missed}."


def article(facts: SurveyFacts, lake: OpenLake, objective_s: float) -> str:
    parts = [
        f"<h2>{escape(facts.survey)}</h2>",
        figures(facts),
        found(facts, lake),
        oddest(facts, lake),
        f"<section><h2>Sky covered</h2>{sky(facts)}</section>",
        latencies(facts, objective_s),
        models(facts),
        nights(facts),
    ]
    return f"<article>{chr(10).join(filter(None, parts))}</article>"


def figures(facts: SurveyFacts) -> str:
    visits = facts.visits - {0}
    told = {
        "alerts": facts.alerts,
        "objects": len(facts.objects),
        "objects detected for the first time": len(facts.new_objects),
        "visits": len(visits) or "-",
        "filters that selected something": len(facts.filters) if facts.is_live else "-",
        "alerts seen before": facts.seen_before if facts.is_live else "-",
    }
    cells = "".join(
        f"<div><b>{value if isinstance(value, str) else format(value, ',')}</b>"
        f"<span>{name}</span></div>"
        for name, value in told.items()
    )
    return f'<section class="figures">{cells}</section>'


def found(facts: SurveyFacts, lake: OpenLake) -> str:
    """What filters selected, what fewest alerts passed first."""
    if not facts.is_live:
        why = "No broker wrote this lake, so no filter was asked: gueststar filter test tries one."
        return section(Section("What filters found", (why,)))
    if not facts.filters:
        return section(Section("What filters found", ("No filter selected an alert.",)))
    pictured, parts = set[str](), []
    for name, each in facts.rarest():
        fresh = [pick for pick in each.shown if pick.object_id not in pictured]
        shown = fresh[: PICTURES_MAX - len(pictured)]
        pictured |= {pick.object_id for pick in shown}
        pictures = "".join(
            alert_picture(
                lake.object(pick.object_id).newest(),
                pick,
                selected(name, each.objects[pick.object_id]),
            )
            for pick in shown
        )
        parts.append(f"<h3>{escape(name)}</h3>{of_filter(each)}{pictures}")
    return f"<section><h2>What filters found</h2>{''.join(parts)}</section>"


def selected(name: str, alerts: int) -> str:
    return f"{name} selected {several(alerts, 'alert')} of it"


def of_filter(found: Found) -> str:
    objects = len(found.objects)
    said = f"<p>{several(found.alerts, 'alert')} of {several(objects, 'object')}</p>"
    picks = sorted(found.brightest.values())[:OBJECTS_MAX]
    rows = [
        (each.object_id, f"{found.objects[each.object_id]:,}", f"{each.magnitude:.2f}")
        for each in picks
    ]
    more = f"<small>and {objects - len(rows):,} more</small>" if objects > len(rows) else ""
    return said + table(("object, the brightest first", "alerts", "mag"), rows) + more


def delays(facts: SurveyFacts, begin: int) -> list[float]:
    """p50, p95, p99 and the longest, s, from exposure (0) or receipt (1) to publication."""
    if not len(facts.moments):
        return []
    late_s = facts.moments[:, 2] - facts.moments[:, begin]
    late_s = late_s[np.isfinite(late_s)]
    return [*map(float, np.quantile(late_s, [0.5, 0.95, 0.99, 1.0]))] if len(late_s) else []


def latencies(facts: SurveyFacts, objective_s: float) -> str:
    own, whole = delays(facts, 1), delays(facts, 0)
    if not own:
        return ""
    late = int((facts.moments[:, 2] - facts.moments[:, 1] > objective_s).sum())
    said = [
        f"Wanted: 99 % within {seconds(objective_s)}."
        f" {late:,} of {len(facts.moments):,} alerts took longer."
    ]
    rows = [("received to published", *map(seconds, own))]
    if whole and whole[0] <= STALE_S:
        rows.append(("exposed to published", *map(seconds, whole)))
    else:
        said.append("They were published long after their exposures: a night sent again.")
    head = ("latency", "p50", "p95", "p99", "longest")
    return section(Section("Latency", (*said,), head, (*rows,), is_bad=own[2] > objective_s))


def seconds(value: float) -> str:
    if value < 1e-3:
        return "1 ms"
    return f"{value * 1e3:.0f} ms" if value < 1 else f"{value:,.1f} s"


def models(facts: SurveyFacts) -> str:
    """Which scored, and how often each stage gave nothing."""
    rows = [
        (name, f"{asked:,}", f"{facts.declined[name]:,}", f"{facts.declined[name] / asked:.1%}")
        for name, asked in sorted(facts.asked.items())
    ]
    said = tuple(f"{name} scored {count:,} alerts." for name, count in facts.models.most_common())
    if not rows and not said:
        return ""
    head = ("stage", "alerts", "declined", "share")
    return section(Section("Models", said, head, tuple(rows)))


def nights(facts: SurveyFacts) -> str:
    if len(facts.nights) < 2:
        return ""
    rows = tuple((day(night), f"{count:,}") for night, count in sorted(facts.nights.items()))
    return section(Section("Nights", (), ("night", "alerts"), rows))


def left_out(facts: Facts, known: Known | None) -> str:
    """What was not served, and what this page cannot know."""
    said = [*not_kept(facts)]
    if known is None:
        said.append(
            "No configuration was named: of the ledger, dead letters, follow-up, other messengers"
            " and drift of models this page knows nothing (--config)."
        )
    return section(Section("What was not served, and is not known", tuple(said)))


def not_kept(facts: Facts) -> Iterator[str]:
    if facts.unread:
        yield f"{facts.unread:,} messages in the lake, of whatever night, could not be read."
    for each in facts.surveys:
        if each.without_packet:
            yield (
                f"{each.survey}: of {each.without_packet:,} alerts the lake has no packet, so no"
                " stamps can be shown."
            )


def section(part: Section) -> str:
    said = "".join(f"<p>{escape(each)}</p>" for each in part.sentences)
    rows: Sequence[Sequence[str]] = part.rows
    listed = table(part.head, rows) if rows else ""
    kind = ' class="sign bad"' if part.is_bad else ""
    return f"<section{kind}><h2>{escape(part.title)}</h2>{said}{listed}</section>"
