"""Rubin's layers beside ours: in the answers that are kept, and in the card with paired errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from schemas.errors import ModelError
from training.bootstrap import CLEAR_ERRORS, ROUNDS
from training.realbogus.answers import FILE, NOT_DRAWN, log_odds, read
from training.realbogus.fitting import Recipe
from training.realbogus.material import Material
from training.realbogus.model import RealBogusNet
from training.realbogus.rubin.crossing import Answers
from training.realbogus.rubin.model import RubinNet, multiplications
from training.realbogus.rubin.paired import differences
from training.realbogus.verifying import RUBIN, RUBIN_SECTION, headlines
from training.tables import figures_table, with_section, wrapped

TRIED = "Rubin's layers: recipes tried"
LESS = "Ours less Rubin's layers"
STAMPS_OF_RUBIN = 2 * 89_066 + 183_046
"""That the first version was taught on: simulated ones, then those of the commissioning camera."""
TEXT = """
The layers that Rubin has published for its own real/bogus score (Acero-Cuellar et al. 2026,
DMTN-337: three convolutions of 5 x 5 with 16, 32 and 64 filters, each pooled and with dropout of
0.4, then 32 and 1; 51 x 51 pixels), taught by us: the same lessons, folds, seed and number of draws
as ours, and calibrated as ours, out of fold. **It is not Rubin's network**: its weights are not
public, and were taught on other stamps, by injections and by labels of people. Its input is scaled
as ours, each pixel in its plane's noise, then stretched: fluxes as they are, which it is published
for, would not do for two cameras in two units. Our names for four kinds of bogus it cannot use, as
it has one output. It takes {times:.0f} times ours' multiplications.{folds}
"""
TRIED_TEXT = """
The recipe was chosen for it on night 60235, which is in its figures, as it is in ours. What is
published are the rate, the decay and batches of 128, not for how long: our {draws:,} draws, as many
as ours has, are {passes:.1f} passes over the {stamps:,} stamps that its first version was taught
on, and a small rate may ask for more. It
learns in bfloat16, for time; in the fit of 29 November 2026 night 60235 by our recipe was learnt
before that was so, in float32.
"""
LESS_TEXT = """
Out of fold, on the same alerts and stamps, under the same {rounds:,} draws of whole field-nights
(† of alerts, where there are fewer than 5); one seed each, so what seeds do is in no error. Clear
is {clear:g} standard errors, either way; one such in twenty is chance. Purity = completeness is
read off anew in each draw.
"""


def keep(found: Answers, some: Material, path: Path = FILE) -> None:
    """Put the answers beside ours. Raises ModelError where ours are of other alerts or stamps."""
    table = pq.read_table(path)
    drawn = table["drawn"].to_numpy() != NOT_DRAWN
    if not _same(table, drawn, some):
        raise ModelError(f"{path} holds answers about other alerts; run the step `report` first")
    column = np.full(len(drawn), np.nan, np.float32)
    column[~drawn] = log_odds(found.alerts).astype(np.float16)
    column[drawn] = log_odds(found.exam).astype(np.float16)
    others = table.drop_columns(RUBIN) if RUBIN in table.column_names else table
    pq.write_table(others.append_column(RUBIN, pa.array(column)), path, compression="zstd")


def _same(table: pa.Table, drawn: NDArray[np.bool_], some: Material) -> bool:
    ours = {name: table[name].to_numpy() for name in ("alert_id", "fold", "drawn", "snr")}
    pairs: list[tuple[NDArray[Any], NDArray[Any]]] = [
        (ours["alert_id"][~drawn], some.examples.alert_id),
        (ours["fold"][~drawn], some.fold),
        (ours["drawn"][drawn], some.exam.label),
        (ours["snr"][drawn], some.exam.snr.astype(np.float32)),
    ]
    return all(np.array_equal(*pair) for pair in pairs)


def put_into(card: Path, path: Path, tried: str, steps: int) -> None:
    """Three sections of the card, anew; steps: of each fit."""
    text = card.read_text("utf-8")
    for heading, body in _sections(path, tried, steps).items():
        text = with_section(text, heading, wrapped(body))
    card.write_text(text, encoding="utf-8")


def _sections(path: Path, tried: str, steps: int) -> dict[str, str]:
    own = {name: value for name, value in headlines(path).items() if name.endswith(RUBIN)}
    times = multiplications(RubinNet().eval()) / multiplications(RealBogusNet().eval())
    draws = steps * Recipe.batch
    few = TRIED_TEXT.format(draws=draws, passes=draws / STAMPS_OF_RUBIN, stamps=STAMPS_OF_RUBIN)
    told = TEXT.format(times=times, folds=_folds(path))
    return {
        RUBIN_SECTION: f"{told}\n{figures_table('figure', own)}",
        TRIED: f"{few}\n{tried}",
        LESS: f"{LESS_TEXT.format(rounds=ROUNDS, clear=CLEAR_ERRORS)}\n{differences(path)}",
    }


def _folds(path: Path) -> str:
    """A sentence where not all folds were answered."""
    columns = read(path)
    alerts = columns["drawn"] == NOT_DRAWN
    told = alerts & np.isfinite(columns[RUBIN])
    left = np.setdiff1d(columns["fold"][alerts], columns["fold"][told]).tolist()
    names = ", ".join(map(str, left))
    return f" Left out of what follows, as it was not fitted there: fold {names}." if left else ""
