"""From what the user has - a folder, a file, a table in memory - to `Data` whose types and target are known, with reasons."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from leadline.columns.missing import MISSING_TOKENS
from leadline.columns.recognise import Choice, recognise
from leadline.data.folder import read_folder
from leadline.data.frame import read_frame
from leadline.data.table import Data, Table
from leadline.errors import LeadlineError
from leadline.findings import Finding, Severity
from leadline.registry import COLUMNS, READERS

WRITTEN = ("category", "text")  # forms whose values are what is written, digit for digit
CONVENTIONAL_TARGETS = ("target", "label", "class", "category", "y")


def read(
    source: Any,
    *,
    target: str | None = None,
    types: Mapping[str, str] | None = None,
    exclude: Sequence[str] = (),
    group: str | None = None,
) -> Data:
    """Reads a path or a pandas or polars table and decides column types and target, saying why.

    Raises LeadlineError when a named column does not exist or no target is certain; a target is never guessed.
    """
    if isinstance(source, Data):
        if target or types or exclude or group:
            raise LeadlineError(
                "these data were read before; types, target and the rest are settled", "no further options", "give the options to read"
            )
        return source
    table = read_table(source, [name for name, kind in (types or {}).items() if kind in COLUMNS and COLUMNS.get(kind).form in WRITTEN])
    _refuse_unknown(table, [*exclude, *(types or {}), *([target] if target else []), *([group] if group else [])])
    target, why = _find_target(table, target)
    features = [name for name in table.frame.columns if name not in (target, group) and name not in exclude]
    columns, findings = {}, list[Finding]()
    for name in features:
        if table.frame[name].null_count() == table.frame.height and name not in (types or {}):
            findings.append(Finding("missing-values", Severity.LOW, f'column "{name}" is empty and is left out', column=name))
            continue
        columns[name] = _type_of(table, name, (types or {}).get(name))
    if not columns:
        raise LeadlineError(f"{table.origin} holds no column to learn from", "at least one column besides the target")
    return Data(table, columns, target, why, tuple(findings), group)


def _type_of(table: Table, name: str, wanted: str | None) -> Choice:
    if wanted is None and name in table.types:
        return Choice(table.types[name], "the folders hold such files", table.frame[name].null_count(), {})
    return recognise(name, table.frame[name], table.root, wanted)


def read_table(source: Any, as_text: Collection[str] = ()) -> Table:
    """Raw columns from a path or a table in memory, before anything is decided about them; `as_text` as in `read_csv`."""
    if isinstance(source, Data | Table):
        return source.table if isinstance(source, Data) else source
    if not isinstance(source, str | Path):
        return read_frame(source)
    path = Path(source)
    if not path.exists():
        raise LeadlineError(f"{path} is not there", "a folder or a file with labelled examples", _near(path))
    return read_folder(path, as_text) if path.is_dir() else read_file(path, as_text)


def read_file(path: Path, as_text: Collection[str] = ()) -> Table:
    if path.suffix.lower() not in READERS:
        raise LeadlineError(
            f"{path} is a kind of file we do not read",
            f"a folder of class folders, or a table: {', '.join(READERS)}",
            "save the table as CSV with a header line",
        )
    table: Table = READERS.get(path.suffix.lower())(path, as_text)
    if table.frame.height == 0:
        raise LeadlineError(f"{path} has no rows", "a header line and at least one row")
    return table


def _near(path: Path) -> str:
    if not path.parent.is_dir():
        return f"the folder {path.parent} is not there either; check the spelling"
    from difflib import get_close_matches

    close = get_close_matches(path.name, [p.name for p in path.parent.iterdir()], n=1)
    return f"did you mean {path.parent / close[0]}?" if close else f"look at what is in {path.parent}"


def _refuse_unknown(table: Table, names: Sequence[str]) -> None:
    for name in names:
        if name not in table.frame.columns:
            shown = ", ".join(table.frame.columns[:30])
            raise LeadlineError(f'there is no column "{name}" in {table.origin}', f"one of: {shown}")


def _find_target(table: Table, wanted: str | None) -> tuple[str, str]:
    if wanted is not None:
        return wanted, "as you said"
    if table.target is not None:
        return table.target, "the folders are named after the classes"
    names = [name for name in table.frame.columns if name.lower() in CONVENTIONAL_TARGETS]
    if len(names) == 1:
        return names[0], f'a column called "{names[0]}" is by convention the target'
    found = f"several columns could be it: {', '.join(names)}" if names else f"none is called {', '.join(CONVENTIONAL_TARGETS)}"
    shown = ", ".join(table.frame.columns[:30])
    raise LeadlineError(
        f"we do not know which column of {table.origin} is the target; {found}",
        "the column that holds the answers",
        f"--target COL with one of: {shown}",
    )


def drop_missing_target(data: Data) -> Data:
    """Rows without an answer cannot teach or judge: left out, with a finding that names them."""
    target = data.require_target()
    values = data.raw(target)
    missing = values.is_null()
    if values.dtype.is_float():
        missing = missing | values.is_nan().fill_null(True)
    if values.dtype == pl.String and data.table.target is None:  # a folder may well be called NA: Namibia
        missing = missing | values.str.strip_chars().is_in(MISSING_TOKENS).fill_null(True)
    if not missing.any():
        return data
    if missing.all():
        raise LeadlineError(
            f'no row has an answer in "{target}"', "labelled examples", "choose another column with --target COL", column=target
        )
    rows = missing.arg_true().to_numpy()
    finding = Finding(
        "missing-values", Severity.MEDIUM, f"{len(rows):,} of {len(data):,} rows have no {target} and are left out", column=target,
        rows=[data.source_row(row) for row in rows], fix="label these rows or remove them",
    )  # fmt: skip
    return data.take((~missing).arg_true().to_numpy()).with_findings(finding)
