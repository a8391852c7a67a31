"""What classes are called: names in classes.json beside the data for labels that are numbers, and classes that only some splits have."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from leadline.columns.category import as_names
from leadline.data.folders.stray import NAMES_CLASSES
from leadline.data.table import Table
from leadline.errors import listed, printable
from leadline.findings import Finding, Severity

_LARGEST = 1 << 24  # bytes
_SHOWN = 5
_FEW = 20


def name_classes(table: Table, target: str, known: Collection[str] = ()) -> Table:
    """The table with the names that classes.json beside it gives to whole-number labels; a remark says that it was used, or why not.

    The file is a list of names, {"0": "cat"} or {"cat": 0}. Labels that are such names, or classes of a model already (`known`), stay.
    """
    path = None if table.root is None else table.root / NAMES_CLASSES
    if path is None or not path.is_file():
        return table
    labels = as_names(table.frame[target])
    numbers = labels.drop_nulls().unique()
    if numbers.is_in(list(known)).all() and known:
        return table
    names, why_not = _read(path)
    if names and numbers.is_in(list(names.values())).all():
        return table
    why_not = why_not or _why_not(numbers, names)
    if why_not:
        return replace(table, remarks=(*table.remarks, f"{NAMES_CLASSES} is not used: {why_not}"))
    named = labels.replace_strict(names, default=None, return_dtype=pl.String).alias(target)
    first = ", ".join(f"{number} is {name}" for number, name in list(names.items())[:_SHOWN])
    remark = f"{NAMES_CLASSES} names the numbers in {target}: {first}{' and so on' if len(names) > _SHOWN else ''}"
    return replace(table, frame=table.frame.with_columns(named), remarks=(*table.remarks, remark))


def _read(path: Path) -> tuple[dict[str, str], str]:
    """Number, as it is written, -> name; or why the file says no such thing."""
    try:
        value = json.loads(path.read_bytes() if path.stat().st_size <= _LARGEST else b"")
    except OSError as error:
        return {}, f"it cannot be opened ({error.strerror})"
    except (ValueError, RecursionError):
        return {}, "it is not JSON"
    names = {number: printable(name).strip() for number, name in _pairs(value).items()}
    if not names:
        return {}, 'it is neither a list of names nor numbers with names, {"0": "cat"}'
    if len(set(names.values())) < len(names):
        twice = next(name for name in names.values() if list(names.values()).count(name) > 1)
        return {}, f'two numbers have the name "{twice}"'
    return names, ""


def _pairs(value: Any) -> dict[str, str]:
    """Whichever way the names are written; empty where it is no such way."""
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return {str(number): name for number, name in enumerate(value)}
    if not isinstance(value, Mapping):
        return {}
    if all(isinstance(name, str) and number.isdecimal() and number.isascii() for number, name in value.items()):
        return {number.lstrip("0") or "0": name for number, name in value.items()}
    if all(type(number) is int for number in value.values()):
        return {str(number): name for name, number in value.items()}
    return {}


def _why_not(numbers: pl.Series, names: Mapping[str, str]) -> str:
    """Why these labels cannot be named, empty where they can."""
    if not numbers.str.contains(r"^-?\d+$").all():
        return "the answers are not whole numbers"
    strange = sorted(set(numbers) - set(names), key=int)
    return f"it has {len(names):,} names, none for {listed(strange, shown=_SHOWN)}" if strange else ""


def unseen_classes(table: Table, target: str) -> list[Finding]:
    """Said where a class is only in a part that judges: it cannot be learned."""
    values = table.frame[target]
    if table.split is None or values.dtype not in (pl.String, pl.Categorical, pl.Enum, pl.Boolean):
        return []
    names, taught = as_names(values), table.split == "train"
    if names.n_unique() > max(_FEW, len(names) // 2):  # not classes: names, codes, texts
        return []
    here = set(names.filter(pl.Series(taught)).drop_nulls())
    only = sorted(set(names.filter(pl.Series(~taught)).drop_nulls()) - here)
    if not only or not here:
        return []
    rows = np.flatnonzero(names.is_in(only).fill_null(False).to_numpy())
    title = f"{'a class is' if len(only) == 1 else f'{len(only):,} classes are'} in no row of the train part: {listed(only, shown=_SHOWN)}"
    fix = "add examples to the train part, or remove these rows; check the spelling"
    detail = listed(only) if len(only) > _SHOWN else ""
    return [Finding("unseen-class", Severity.HIGH, title, detail, target, (table.first_row + rows).tolist(), fix)]
