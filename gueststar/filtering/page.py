"""A dry run as one HTML page that needs nothing else: no script, no network, pictures inside."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from gueststar.alert import Alert
from gueststar.filtering.report import BATCH, Report, Run
from gueststar.filtering.terminal import (
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


def html(reports: Sequence[Report], run: Run) -> str:
    title = ", ".join(each.candidate.name for each in reports)
    articles = "\n".join(article(each, run) for each in reports)
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


def article(report: Report, run: Run) -> str:
    parts = [
        header(report, run),
        figures(report),
        sign(report),
        waterfall(report),
        troubles(report),
        compared(report),
        f'<div class="two">{nights(report)}{objects(report)}</div>',
        examples(report, run),
    ]
    return f"<article>\n{chr(10).join(filter(None, parts))}\n</article>"


def header(report: Report, run: Run) -> str:
    candidate = report.candidate
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


def figures(report: Report) -> str:
    waterfall, count = report.waterfall, len(report.nights)
    traffic = report.nights.values()
    full, lite = (
        sum(getattr(each, name) for each in traffic) / count / 1e6
        for name in ("bytes_full", "bytes_lite")
    )
    each = {
        f"of {waterfall.alerts:,} alerts selected": f"{waterfall.selected:,}",
        "pass rate": percent(waterfall.pass_rate),
        f"alerts a night, of {count:,}": f"{waterfall.selected / count:,.1f}",
        f"MB a night as lite records, {full:,.2f} as full": f"{lite:,.2f}",
        f"µs an alert in batches of {BATCH}": f"{report.cost_us:.2f}",
        "alerts a second, over this archive": f"{report.alerts_per_s:,.0f}",
    }
    cells = "".join(f"<div><b>{value}</b><span>{name}</span></div>" for name, value in each.items())
    return f'<section class="figures">{cells}</section>'


def sign(report: Report) -> str:
    bad = report.ahead.found
    said = "".join(f"<p>{escape(line)}</p>" for line in report.ahead.sentences)
    title = "It looks ahead" if bad else "It does not look ahead"
    return f'<section class="sign{" bad" if bad else ""}"><h2>{title}</h2>{said}</section>'


def waterfall(report: Report) -> str:
    key = "".join(
        f'<span><i class="{kind}"></i>{name}</span>'
        for kind, name in (
            ("on", "goes on"),
            ("unknown", "refused: not measured"),
            ("refused", "refused"),
        )
    )
    alerts, texts = max(report.waterfall.alerts, 1), report.candidate.texts
    clauses = "".join(
        clause(each, alerts, texts.get(each.clause)) for each in report.waterfall.steps
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


def troubles(report: Report) -> str:
    if not report.troubles:
        return ""
    first, *others = trouble_lines(report)
    said = "".join(f"<p>{escape(line)}</p>" for line in others)
    return f'<section class="sign bad"><h2>{escape(first)}</h2>{said}</section>'


def compared(report: Report) -> str:
    if report.comparison is None:
        return ""
    line = escape(comparison_line(report.comparison))
    return f"<section><h2>Beside the version now live</h2><p>{line}</p></section>"


def nights(report: Report) -> str:
    """A bar a night, and the fullest nights in numbers."""
    head = ("night", "alerts", "selected", "full MB", "lite MB")
    shown = shown_nights(report)
    rows = [(night, *night_cells(report.nights[night])) for night in shown]
    more = len(report.nights) - len(shown)
    note = f"<small>and {more:,} nights with fewer</small>" if more else ""
    return f"<section><h2>Nights</h2>{chart(report)}{table(head, rows)}{note}</section>"


def chart(report: Report) -> str:
    """Alerts selected, a bar a night; nothing for one night alone."""
    counts = {night: each.selected for night, each in report.nights.items()}
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


def objects(report: Report) -> str:
    if not report.objects:
        return ""
    rows = ((name, f"{count:,}") for name, count in report.objects)
    listed = table(("object", "alerts"), rows)
    return f"<section><h2>Objects selected most often</h2>{listed}</section>"


def examples(report: Report, run: Run) -> str:
    if not report.examples:
        return "<section><h2>No alert was selected</h2></section>"
    without = (
        "" if run.has_stamps else "<p>The archive holds no packets, so there are no stamps.</p>"
    )
    pictures = "".join(map(picture, report.examples))
    title = f"{len(report.examples)} of the alerts selected, drawn at random"
    return f"<section><h2>{title}</h2>{without}{pictures}</section>"


def picture(alert: Alert) -> str:
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
