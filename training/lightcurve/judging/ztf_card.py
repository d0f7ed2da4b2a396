"""The card of the ZTF network: what it is, what it was made from, how good, where it fails."""

from __future__ import annotations

from dataclasses import dataclass

from training.bootstrap import CLEAR_ERRORS, ROUNDS
from training.lightcurve.judging import tables, ztf_tables
from training.lightcurve.judging.evaluation import Ztf
from training.lightcurve.judging.origin import Origin
from training.lightcurve.judging.outcome import SERVED, WINDOWS
from training.lightcurve.judging.ztf import LIKELY, Window
from training.lightcurve.labels import NOT_SHOWN, SUPERNOVAE, ZTF
from training.tables import per_cent, wrapped

SUMMARY = f"""Says which of five types a supernova in ZTF's g and r is of, from the 30 days of
history that a packet holds, or that it is {NOT_SHOWN.replace("_", " ")}. Taught with real,
spectroscopically classified supernovae."""


@dataclass(frozen=True)
class ZtfCard:
    """All that the card says; every figure comes from the evaluation or from whoever made it."""

    origin: Origin
    found: Ztf

    def text(self) -> str:
        """The card in Markdown."""
        parts = (
            self.origin.heading(SUMMARY, ZTF),
            self._goals(),
            self._windows(),
            self._types(),
            self._check(),
            self._others(),
            self.origin.training(),
            self.origin.costs(),
            self._limits(),
        )
        return wrapped("\n\n".join(parts))

    def _goals(self) -> str:
        return f"""## What it had to reach

{tables.goals_table(self.found.goals)}"""

    def _windows(self) -> str:
        found = self.found
        return f"""## Five types

By object, out of fold. A window is 30 days that end at a detection: the third one, or the last one
up to 20 or 40 days after the first. Types alone, renormalised without the sixth label, at the
balanced prior as served; macro AUC is the mean over the types of each against the rest. ± is the
standard error of {ROUNDS:,} draws of objects within each type and of networks, or over folds.

{ztf_tables.windows_table(found.windows)}

A rival's answers are held to ours object by object; a figure that is only quoted is held to ours
with our error alone. Ahead is {CLEAR_ERRORS:g} standard errors above zero.

{ztf_tables.claims_table(found.claims)}

{ztf_tables.at_the_prior_table(found.windows)}

Accuracy is no headline: always saying {SUPERNOVAE[0]} reaches {per_cent(self._most())}.

Every network by itself:

{ztf_tables.seeds_table(found.windows)}"""

    def _types(self) -> str:
        last = "\n\n".join(map(ztf_tables.called_table, self._ours()))
        return f"""## Type by type

{ztf_tables.types_table(self.found.windows)}

What is called what at a balanced prior, in per cent of each row:

{last}"""

    def _check(self) -> str:
        return f"""## The check

Of every type 15 % were held out: no choice was made on them, and they were looked at once.

{tables.held_out_table(self.found.check)}"""

    def _others(self) -> str:
        return f"""## What is no supernova

The sixth label, on real objects that are none, and on the supernovae. AUC: how often an object that
is no supernova has the higher probability of it. Not shown: that probability is above {LIKELY:g}.

{ztf_tables.not_shown_table(self.found.not_shown)}

{ztf_tables.others_table(self.found.others)}"""

    def _limits(self) -> str:
        counts = self._ours()[-1].counts
        rare = min(range(len(SUPERNOVAE)), key=lambda place: counts[place])
        others = sum(one.objects for one in self.found.others)
        return f"""## Limits

- A type here is the one that a spectrum gave. Objects with a spectrum are bright and chosen by
  people; those of a stream are neither.
- {SUPERNOVAE[rare]} has {counts[rare]:,} objects at {WINDOWS[-1]}: its figures are the least sure.
- "{NOT_SHOWN.replace("_", " ")}" says that the light curve does not show a supernova, not what it
  is. It is measured on {others:,} real objects of the kinds above, and on no others.
- No redshift is used, as no packet holds one.
- The figures are of networks that did not learn from what they are scored on. The served one learnt
  from all objects but those held out, and scoring it on these would flatter it."""

    def _ours(self) -> list[Window]:
        return [one for one in self.found.windows if one.model == SERVED]

    def _most(self) -> float:
        """The share of the most frequent type on the last window."""
        counts = self._ours()[-1].counts
        return counts[0] / sum(counts)
