"""A dry run as one HTML page that needs nothing else: no script, no network, pictures inside."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from gueststar.alert import Alert
from gueststar.filtering.findings import BATCH, Findings, Run
from gueststar.filtering.telling import (
    comparison_line,
    night_cells,
    percent,
    shown_nights,
    trouble_lines,
)
from gueststar.filtering.waterfall import Step
from gueststar.release import __version__

STYLE = Path(__file__).with_name("page.css")

EXAMPLE_DPI = 110
"""Of an example's picture, 10 inches wide: sharp on a phone, and ten are a megabyte."""

BAR_UNITS, BAR_GAP, CHART_UNITS = 10, 2, 100
"""The chart of nights in its own units: a bar's width, what is between two, the height."""


def html(found: Sequence[Findings], run: Run) -> str:
    """The page: an article a filter."""
    title = ", ".join(each.candidate.name for each in found)
    articles = "\n".join(article(each, run) for each in found)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · dry run</title>
<style>
{STYLE.read_text(encoding="utf-8")}</style>
</head>
<body>
{articles}
</body>
</html>
"""


def article(found: Findings, run: Run) -> str:
    """One filter's findings."""
    parts = [
        header(found, run),
        figures(found),
        sign(found),
        waterfall(found),
        troubles(found),
        compared(found),
        f'<div class="two">{nights(found)}{objects(found)}</div>',
        examples(found, run),
    ]
    return f"<article>\n{chr(10).join(filter(None, parts))}\n</article>"


def header(found: Findings, run: Run) -> str:
    """Which filter, over what, and when."""
    candidate = found.candidate
    when = datetime.fromtimestamp(run.unix_s, UTC).strftime("%Y-%m-%d %H:%M UTC")
    nights = f", nights {', '.join(run.nights)}" if run.nights else ""
    described = candidate.selection.description.strip().partition("\n\n")[0]
    origin = escape(Path(candidate.origin).name)
    over = (
        f"{origin} · sha256 <code>{candidate.sha256[:12]}</code> · over"
        f" {escape(run.archive.name)}{escape(nights)} · {when} · gueststar {__version__}"
    )
    return (
        f"<header><h1>{escape(candidate.name)}</h1>"
        f"<p>{escape(described)}</p><small>{over}</small></header>"
    )


def figures(found: Findings) -> str:
    """What one looks for first."""
    waterfall, count = found.waterfall, len(found.nights)
    traffic = found.nights.values()
    full, lite = (
        sum(getattr(each, name) for each in traffic) / count / 1e6
        for name in ("bytes_full", "bytes_lite")
    )
    each = {
        f"of {waterfall.alerts:,} alerts selected": f"{waterfall.selected:,}",
        "pass rate": percent(waterfall.pass_rate),
        f"alerts a night, of {count:,}": f"{waterfall.selected / count:,.1f}",
        f"MB a night as lite records, {full:,.2f} as full": f"{lite:,.2f}",
        f"µs an alert in batches of {BATCH}": f"{found.cost_us:.2f}",
        "alerts a second, over this archive": f"{found.alerts_per_s:,.0f}",
    }
    cells = "".join(f"<div><b>{value}</b><span>{name}</span></div>" for name, value in each.items())
    return f'<section class="figures">{cells}</section>'


def sign(found: Findings) -> str:
    """Whether it looks ahead."""
    bad = found.ahead.found
    said = "".join(f"<p>{escape(line)}</p>" for line in found.ahead.sentences)
    title = "It looks ahead" if bad else "It does not look ahead"
    return f'<section class="sign{" bad" if bad else ""}"><h2>{title}</h2>{said}</section>'


def waterfall(found: Findings) -> str:
    """A bar a clause, of what reaches it."""
    key = "".join(
        f'<span><i class="{kind}"></i>{name}</span>'
        for kind, name in (
            ("on", "goes on"),
            ("unknown", "refused: not measured"),
            ("refused", "refused"),
        )
    )
    alerts, texts = max(found.waterfall.alerts, 1), found.candidate.texts
    clauses = "".join(
        clause(each, alerts, texts.get(each.clause)) for each in found.waterfall.steps
    )
    return f'<section><h2>Clause by clause</h2><p class="key">{key}</p>{clauses}</section>'


def clause(step: Step, alerts: int, text: str | None) -> str:
    """One clause: its name, what it asks, and where the alerts go."""
    asked = f'<code class="asked">{escape(text)}</code>' if text else ""
    parts = (("on", step.passed), ("unknown", step.unknown), ("refused", step.refused))
    bar = "".join(
        f'<i class="{kind}" style="width:max({100 * count / alerts:.3f}%,2px)"></i>'
        for kind, count in parts
        if count
    )
    unknown = f", {step.unknown:,} not measured" if step.unknown else ""
    return (
        f'<div class="clause"><b>{escape(step.clause)}</b>'
        f"<span>{step.passed:,} <small>of {step.reached:,} go on{unknown}</small></span>{asked}"
        f'<div class="bar">{bar}</div>'
        f'<small class="asked">asked alone it lets {percent(step.alone / alerts)} pass</small>'
        "</div>"
    )


def troubles(found: Findings) -> str:
    """What it raised, if it did."""
    if not found.troubles:
        return ""
    first, *others = trouble_lines(found)
    said = "".join(f"<p>{escape(line)}</p>" for line in others)
    return f'<section class="sign bad"><h2>{escape(first)}</h2>{said}</section>'


def compared(found: Findings) -> str:
    """Beside what is live, if that was asked."""
    if found.comparison is None:
        return ""
    line = escape(comparison_line(found.comparison))
    return f"<section><h2>Beside the version now live</h2><p>{line}</p></section>"


def nights(found: Findings) -> str:
    """A bar a night, and the fullest nights in numbers."""
    head = ("night", "alerts", "selected", "full MB", "lite MB")
    shown = shown_nights(found)
    rows = [(night, *night_cells(found.nights[night])) for night in shown]
    more = len(found.nights) - len(shown)
    note = f"<small>and {more:,} nights with fewer</small>" if more else ""
    return f"<section><h2>Nights</h2>{chart(found)}{table(head, rows)}{note}</section>"


def chart(found: Findings) -> str:
    """Alerts selected, a bar a night; nothing for one night alone."""
    counts = {night: each.selected for night, each in found.nights.items()}
    most = max(counts.values())
    if len(counts) < 2 or not most:
        return ""
    step = BAR_UNITS + BAR_GAP
    bars = "".join(
        f'<rect x="{place * step}" y="{CHART_UNITS - CHART_UNITS * count / most:.2f}"'
        f' width="{BAR_UNITS}" height="{CHART_UNITS * count / most:.2f}">'
        f"<title>{night}: {count:,}</title></rect>"
        for place, (night, count) in enumerate(counts.items())
    )
    size = f"0 0 {len(counts) * step - BAR_GAP} {CHART_UNITS}"
    return f'<svg viewBox="{size}" preserveAspectRatio="none" role="img">{bars}</svg>'


def objects(found: Findings) -> str:
    """Those selected most often."""
    if not found.objects:
        return ""
    rows = ((name, f"{count:,}") for name, count in found.objects)
    listed = table(("object", "alerts"), rows)
    return f"<section><h2>Objects selected most often</h2>{listed}</section>"


def examples(found: Findings, run: Run) -> str:
    """Some of the alerts, with their pictures."""
    if not found.examples:
        return "<section><h2>No alert was selected</h2></section>"
    without = (
        "" if run.has_stamps else "<p>The archive holds no packets, so there are no stamps.</p>"
    )
    pictures = "".join(map(picture, found.examples))
    title = f"{len(found.examples)} of the alerts selected, drawn by lot"
    return f"<section><h2>{title}</h2>{without}{pictures}</section>"


def picture(alert: Alert) -> str:
    """An alert's stamps, light curve and scores."""
    image = io.BytesIO()
    alert.plot().savefig(image, format="png", dpi=EXAMPLE_DPI)
    data = base64.b64encode(image.getvalue()).decode()
    what = f"{escape(alert.object_id)}, alert {alert.alert_id}"
    return (
        f'<figure><img alt="{what}: stamps, light curve and scores" loading="lazy"'
        f' src="data:image/png;base64,{data}"><figcaption>{what}</figcaption></figure>'
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A plain table, which scrolls by itself where it is too wide."""
    return f'<div class="wide"><table>{"".join(_lines(head, rows))}</table></div>'


def _lines(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"<tr>{''.join(f'<th>{escape(each)}</th>' for each in head)}</tr>"
    for row in rows:
        yield f"<tr>{''.join(f'<td>{escape(each)}</td>' for each in row)}</tr>"
