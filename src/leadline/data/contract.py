"""What a reader is: one kind of source, from its name to raw columns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from leadline.data.table import Table


@dataclass(frozen=True)
class Reading:
    """What the user asks of a source beyond naming it."""

    as_text: Collection[str] = ()  # columns whose values are kept as they are written: 01234 is a code, not a number
    table: str | None = None  # of several in one source: the sheet of a workbook, the table of a database
    query: str | None = None  # SQL


class Reader(ABC):
    """Registered in READERS under an ending (".csv") or the beginning of an address ("postgresql://"); `place` is a path or an address.

    Rows that are broken stay in the table as rows without values and are named in `Table.broken`; a source that cannot be read at all
    is a LeadlineError.
    """

    @classmethod
    def reads_table(cls, name: str) -> bool:
        """Whether a file of this name, met among others in a folder, is a table."""
        return True

    @abstractmethod
    def read(self, place: str, reading: Reading) -> Table: ...

    def batches(self, place: str, reading: Reading, rows: int) -> Iterator[Table]:
        """The same rows in tables of about `rows` each, `Table.first_row` saying where each begins.

        A reader of a format that can be read piece by piece overrides this, so that memory does not grow with the source.
        """
        yield from self.read(place, reading).parts(rows)
