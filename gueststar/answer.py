"""What a lake answers: rows, as Arrow, pandas and astropy have them, or as a file."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.errors import QuestionError

if TYPE_CHECKING:
    from gueststar.tables import AstropyTable, PandasFrame

ENDINGS = ".parquet, .csv, .vot or .xml"


@dataclass(frozen=True)
class Answer:
    """Rows in memory."""

    table: Any
    """An Arrow table; pyarrow has no types."""
    cut_short: str = ""
    """Why there are more rows than these; empty where these are all."""
    with_units: bool = True
    """Whether columns are the lake's, and so have its units."""

    def __len__(self) -> int:
        return len(self.table)

    @property
    def columns(self) -> list[str]:
        names: list[str] = self.table.column_names
        return names

    def arrow(self) -> Any:  # noqa: ANN401
        """As a pyarrow Table."""
        return self.table

    def pandas(self) -> PandasFrame:
        """As a pandas DataFrame. Raises GueststarError where pandas is not installed."""
        from gueststar.tables import arrow_frame  # noqa: PLC0415 - slow

        return arrow_frame(self.table)

    def astropy(self) -> AstropyTable:
        """As an astropy Table, with units, masked where a statement gave NULL."""
        from gueststar.tables import masked_table  # noqa: PLC0415 - slow

        return masked_table(self.table, with_units=self.with_units)

    def save(self, path: str | PathLike[str]) -> None:
        """Write a file of the form that its name's ending says: ENDINGS.

        Raises QuestionError for another, or where it cannot be written.
        """
        from lake.saving import save_arrow, save_csv, save_parquet  # noqa: PLC0415 - loads pyarrow

        path = Path(path)
        if path.suffix == ".parquet":
            save_parquet(self.table, path, with_units=self.with_units)
        elif path.suffix == ".arrow":
            save_arrow(self.table, path, with_units=self.with_units)
        elif path.suffix == ".csv":
            save_csv(self.table, path)
        elif path.suffix in {".vot", ".xml"}:
            from gueststar.tables import save_votable  # noqa: PLC0415 - slow

            save_votable(self.table, path, with_units=self.with_units)
        else:
            raise QuestionError(f"{path} has an ending that is no table's; name it {ENDINGS}")
