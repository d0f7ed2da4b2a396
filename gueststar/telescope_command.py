"""`gueststar telescope`: an own telescope's frames to alerts, and what helps to set one up."""

# Each command imports what it needs when it runs: what frames need is an extra.
# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broker.errors import KafkaUnavailable, SettingsError

if TYPE_CHECKING:
    from telescope.pipeline import Report
    from telescope.sending import Sender
    from telescope.settings import Settings
    from telescope.site import Site

app = typer.Typer(
    help="An own telescope as a survey: frames in, alerts out.", no_args_is_help=True,
    rich_markup_mode=None,
)  # fmt: skip
Config = Annotated[Path, typer.Argument(metavar="CONFIG.toml", help="The telescope's settings.")]
Frames = Annotated[list[Path], typer.Argument(metavar="FRAME...", help="FITS files.")]


def require_extra() -> None:
    """Raises SettingsError where the extra is not installed."""
    if find_spec("sep") is None:
        raise SettingsError(
            "frames need a library that is not installed: pip install 'gueststar[telescope]'"
        )


@app.command()
def run(
    config: Config,
    *,
    once: Annotated[bool, typer.Option("--once", help="End with what is there.")] = False,
    apart: Annotated[
        bool, typer.Option("--apart", help="Without a link: spool, and send nothing.")
    ] = False,
) -> None:
    """Take frames up as they come, and send their alerts, each exactly once."""
    require_extra()
    from telescope.settings import read_settings
    from telescope.site import Site
    from telescope.working import work

    settings = read_settings(config)
    on_report, on_turn = _observed(settings)
    site = Site(settings, on_report=on_report)
    sender = None if apart else lambda: _sender(site)
    say = partial(typer.echo, err=True)
    work(site, sender, once=once, on_line=say, on_turn=on_turn)


@app.command()
@app.command("reference")
def fuse(
    frames: Frames,
    *,
    camera: Annotated[
        list[Path], typer.Option(help="The camera's TOML file: one for all frames, or one each.")
    ],
    to: Annotated[Path, typer.Option(help="The file that is written.")],
) -> None:
    """Fuse frames of one field into one that is deeper than any, and say what disagrees.

    They may be of several sites. A reference is made in the same way.
    """
    require_extra()
    from telescope.camera import read_camera
    from telescope.inspection import fused_lines
    from telescope.reference import write_fused

    if len(camera) not in (1, len(frames)):
        raise SettingsError(
            f"{len(frames)} frames and {len(camera)} cameras: name one, or one each"
        )
    cameras = [read_camera(one) for one in camera] * (len(frames) if len(camera) == 1 else 1)
    for line in fused_lines(write_fused(frames, cameras, to), to):
        typer.echo(line)


@app.command()
def curve(
    configs: Annotated[
        list[Path], typer.Argument(metavar="CONFIG.toml...", help="The sites' settings.")
    ],
    *,
    at: Annotated[tuple[float, float], typer.Option(metavar="RA DEC", help="Degrees, ICRS.")],
    radius: Annotated[float, typer.Option(help="Arcseconds.")] = 1.5,
) -> None:
    """Show what several sites saw of an object as one light curve, on the first's zero point."""
    require_extra()
    from gueststar.telescope_curve import lines
    from telescope.settings import read_settings

    for line in lines([read_settings(config) for config in configs], at, radius):
        typer.echo(line)


@app.command()
def master(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="bias, dark or flat.")],
    frames: Frames,
    *,
    camera: Annotated[Path, typer.Option(help="The camera's TOML file.")],
    to: Annotated[Path, typer.Option(help="The file that is written.")],
) -> None:
    """Combine raw frames into a master bias, dark or flat that [camera.detector] may name."""
    require_extra()
    from telescope.camera import read_camera
    from telescope.masters import Kind, write_master

    if kind not in list(Kind):
        raise SettingsError(f"a master is of {', '.join(Kind)}, not of {kind!r}")
    write_master(Kind(kind), frames, read_camera(camera), to)
    typer.echo(f"{to}: {len(frames)} frames")


@app.command()
def inspect(
    frame: Annotated[Path, typer.Argument(metavar="FRAME", help="A FITS file.")],
    *,
    camera: Annotated[Path, typer.Option(help="The camera's TOML file.")],
    reference: Annotated[Path | None, typer.Option(help="Subtract that, and tell.")] = None,
) -> None:
    """Say what a frame holds, how good it is, and what a reference shows to be new."""
    require_extra()
    from telescope.camera import read_camera
    from telescope.inspection import lines

    for line in lines(frame, read_camera(camera), reference):
        typer.echo(line)


@app.command()
def simulate(
    to: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where frames and truth go.")],
    *,
    frames: Annotated[int, typer.Option(min=1, help="How many.")] = 5,
    side: Annotated[int, typer.Option(min=256, help="Pixels.")] = 1024,
    count: Annotated[int, typer.Option(min=0, help="Transients in the field.")] = 30,
    seed: Annotated[int, typer.Option(help="The same seed, the same frames.")] = 1,
) -> None:
    """Write a reference and frames with known truth, and settings to run them by."""
    require_extra()
    from telescope.simulated_night import write_night

    for line in write_night(to, frames=frames, side=side, transients_count=count, seed=seed):
        typer.echo(line)


def _sender(site: Site) -> Sender:
    """Who sends a site's spool. Raises KafkaUnavailable where there is no link now."""
    from broker.kafka import Connection, KafkaAdmin, KafkaBookmark, KafkaSink, TopicSettings
    from telescope.sending import Sender

    said = site.settings.telescope
    connection = Connection.configured(said.bootstrap, patience_s=10.0)
    admin = KafkaAdmin(connection)
    if said.topic not in admin.partitions():
        admin.create([TopicSettings(said.topic, said.partitions)])
    identity = site.spool.identity
    group = f"{connection.readers}-telescope"
    sink = KafkaSink(connection, group=group, worker=identity, topics=[said.topic])
    bookmark = KafkaBookmark(
        connection, name=f"{group}-{identity}", topic=said.topic, note=f"spool {identity}"
    )
    try:
        return Sender(site.spool, sink, bookmark, said.topic)
    except KafkaUnavailable:
        sink.close()
        bookmark.close()
        raise


def _observed(settings: Settings) -> tuple[Callable[[Report], None], Callable[[], object]]:
    """What is done with each frame's report, a line, and where Prometheus asks a count; and at each
    turn of the loop."""
    from broker.metrics import Metrics
    from gueststar.release import __version__
    from telescope.metrics import SiteMetrics

    said = settings.telescope
    metrics = Metrics(worker=said.site or settings.camera.name, version=__version__)
    counts = SiteMetrics(metrics.instruments, settings.camera.name)
    if said.metrics_port:
        metrics.serve("", said.metrics_port)

    def on_report(report: Report) -> None:
        counts.on_report(report)
        _say(report)

    return on_report, metrics.health.turned


def _say(report: Report) -> None:
    """A line a frame."""
    from telescope.inspection import summary

    typer.echo(summary(report))
