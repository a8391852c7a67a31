"""What all databases share: which table is meant, that columns can be told apart, portions of rows put below each other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

import polars as pl

from leadline.data.contract import Reading
from leadline.data.table import Table
from leadline.errors import LeadlineError, listed

ROWS_AT_ONCE = 20_000  # held as Python objects on the way into a table: some tens of megabytes
_EXAMPLE = '--query "SELECT ..."'


@dataclass(frozen=True)
class Named:
    """A table as a user names it, and about how many rows it has where that is known."""

    name: str
    rows: int | None = None

    def __str__(self) -> str:
        return self.name if self.rows is None else f"{self.name} ({self.rows:,} rows)"


def check_question(reading: Reading) -> None:
    """Raises LeadlineError where both a table and a query are named, or the query is empty."""
    if reading.table is not None and reading.query is not None:
        raise LeadlineError("both a table and a query are named", "one of --table and --query", "put the table's name into the query")
    if reading.query is not None and not reading.query.strip(" \t\r\n;"):
        raise LeadlineError("the query is empty", "one statement that reads", _EXAMPLE)


def choose_table(known: Sequence[Named], wanted: str | None, origin: str) -> Named:
    """The table that is meant. Raises LeadlineError listing those that are there when that is not certain."""
    shown = listed([str(one) for one in known])
    if not known:
        raise LeadlineError(f"{origin} holds no table that we can see", "a table with rows", "look at it with the program that wrote it")
    if wanted is None:
        if len(known) == 1:
            return known[0]
        advice = f"--table {_quoted(known[0].name)}, or {_EXAMPLE}"
        raise LeadlineError(f"{origin} holds {len(known):,} tables: {shown}", "one table, or the answer to a query", advice)
    same = [one for one in known if one.name == wanted] or [one for one in known if one.name.lower() == wanted.lower()]
    if not same:
        same = [one for one in known if one.name.lower().endswith(f".{wanted.lower()}")]
    if len(same) == 1:
        return same[0]
    if same:
        raise LeadlineError(f'{origin} holds several tables "{wanted}"', f"one of: {listed([str(one) for one in same])}")
    close = get_close_matches(wanted, [one.name for one in known], n=1)
    raise LeadlineError(
        f'{origin} holds no table "{wanted}"', f"one of: {shown}", f"did you mean --table {_quoted(close[0])}?" if close else ""
    )


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[\w.-]+", name) else f'"{name}"'


def check_columns(names: Sequence[str], origin: str) -> list[str]:
    """The column names of an answer. Raises LeadlineError where two are alike."""
    twice = sorted({name for name in names if list(names).count(name) > 1})
    if twice:
        advice = f"name them apart in the query: SELECT a.{twice[0]} AS {twice[0]}_1, ..."
        raise LeadlineError(f"the query gives several columns called {listed(twice)}", "a name for each column", advice, file=origin)
    return list(names)


def one_table(parts: Sequence[Table]) -> Table:
    """Portions of one source as one table, without a copy. The last portion knows the findings of all."""
    frame = pl.concat([part.frame for part in parts], rechunk=False)
    first = parts[0]
    return replace(first, frame=frame, findings=parts[-1].findings)


def file_name(name: str) -> str:
    """A name for a model out of the name of a table, which may hold any character."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "rows"
