"""The page of what one network of many sites is worth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from training.federated.rounds import begun
from training.federated.sites import ROUNDS, Answers, Site, tables
from training.realbogus.fitting import Recipe
from training.realbogus.own.material import STEPS
from training.tables import counted, markdown, wrapped

FILE = Path(__file__).parents[2] / "docs" / "federated.md"


def text(some: Sequence[Site], found: Sequence[Answers]) -> str:
    """Markdown, of the answers of each seed."""
    update = _update_bytes()
    blocks = [
        "# One network of many sites",
        ABOUT,
        f"```\n{COMMANDS}```",
        "## What it is worth",
        ASKED.format(
            seeds=len(found), steps=counted(STEPS), rounds=ROUNDS, update=f"{update / 1e3:.0f}",
            sent=f"{update * ROUNDS / 1e6:.1f}",
        ),
        _stamps(some),
        tables(some, found),
        "## Limits",
        LIMITS,
    ]  # fmt: skip
    return wrapped("\n\n".join(blocks))


def _update_bytes() -> int:
    """As long as the centre's weights are."""
    with TemporaryDirectory() as folder:
        begun(Path(folder) / "central.npz", Recipe())
        return (Path(folder) / "central.npz").stat().st_size


def _stamps(some: Sequence[Site]) -> str:
    rows = []
    for one in some:
        stamps = sum(len(lesson.said) for lesson in one.lessons)
        stay = sum(lesson.images.nbytes for lesson in one.lessons)
        rows.append([one.name, counted(stamps), f"{stay / 1e6:.0f} MB"])
    return markdown(["site", "stamps it learns from", "which stay there"], rows)


ABOUT = """Sites with cameras of their own can teach one real/bogus network without sending a
frame, a stamp or a label. In each round every site takes the central weights, fits some steps on
its own candidates, and sends the change as a plain file by any transport; the centre adds the mean
of the changes, each site's alike (McMahan et al. 2017). The layers of normalisation are each site's
own and stay there (Li et al. 2021), as cameras differ. An update of other weights, of another
network, or with what is no number in it is refused by name. `make federated` writes this page."""

COMMANDS = """python -m training.federated begin --to central0.npz
python -m training.federated update central0.npz --round 0 --taught a.npz --own own.npz --to a0.npz
python -m training.federated average central0.npz a0.npz b0.npz c0.npz --to central1.npz
"""

ASKED = """Three sites: ZTF's alerts, Rubin's, and the simulated pairs of own telescopes of many
cameras, with the stamps that
[telescope_realbogus](../classifiers/telescope_realbogus.md) is taught. Each network is of {seeds}
seeds and {steps} steps, at each site as many, in {rounds} rounds where it is federated; an update
is {update} kB, so that a site sends {sent} MB in all. What they are asked about none was taught: of
surveys stamps drawn on alerts of nights that were held out, of the camera 9 other pairs. Of the
federated ones each site asks its own; `all in one place` needs every stamp at the centre.
Intervals are of 95 %, by whole nights of a field (of
the camera: pairs) and seeds drawn again."""

LIMITS = """- A site with stamps enough is served better by a network of its own; taking part
  pays where they are few.
- The sites stood in one process: what the commands above do, without files going anywhere.
- Two sites are surveys' cameras with real alerts, the third is simulated by our own hand. Frames of
  three real own telescopes are not at hand.
- The form was chosen after a look at the same stamps with one seed, in the order of the table:
  a third of the steps at each site and all layers averaged 0.827, 0.847, 0.949 (in 5 rounds 0.835,
  0.834, 0.940; in 100 rounds 0.815, 0.833, 0.931); all steps and all layers averaged 0.858, 0.878,
  0.966; a third of the steps and own normalisation 0.850, 0.911, 0.974. Another one with 5 rounds
  weighed sites by their stamps: 0.888, 0.759, 0.915 (two seeds).
- A camera that took no part has no layers of normalisation of its own: it takes part in a round, or
  borrows those of a camera like it.
- Updates are not encrypted, and no noise is added to them: who has them may learn something of the
  stamps. The centre is trusted with that."""
