"""The ways in which one JSON object can be a table, and what to do with those that are none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from leadline.data.json_files.records import Records
from leadline.data.places import RowNumbers
from leadline.data.plain import side_by_side
from leadline.data.split_names import splits_of
from leadline.errors import LeadlineError, listed

WANTED = 'a list of records: [{"text": "a fine film", "label": "good"}, ...]'
_COCO = ("images", "annotations", "categories")


@dataclass(frozen=True)
class Found:
    """The table in an object, a remark on where it was, and the splits where the object has a list for each."""

    frame: pl.DataFrame
    remark: str
    split: np.ndarray | None = None


def table_in(document: Mapping[str, Any], path: str, records: Records) -> Found:
    """Raises LeadlineError with a way out where there is no table."""
    if sum(key in document for key in _COCO) > 1:
        raise _boxes(path)
    lists = {key: value for key, value in document.items() if isinstance(value, list)}
    tables = {key: value for key, value in lists.items() if value and all(isinstance(row, dict) for row in value)}
    if "train" in splits_of(tables).values() and len(tables) > 1:
        return _splits(tables, path, records, [name for name in document if name not in tables])
    if len(tables) > 1 and "data" not in tables:
        advice = "write the list that is meant to a file of its own"
        raise LeadlineError(f"{path} holds several lists of records: {listed(list(tables))}", WANTED, advice, file=path)
    if tables:
        key = "data" if "data" in tables else next(iter(tables))
        beside = [name for name in document if name != key]
        return Found(records.frame(tables[key], RowNumbers(path)), f'the rows stand under "{key}"' + _not_read(beside))
    columns, why = _columns(document, lists, path)
    if columns is not None:
        return Found(side_by_side([records.column(name, values) for name, values in columns.items()], 0), why)
    if any(not isinstance(value, dict | list) for value in document.values()):
        return Found(records.frame([document], RowNumbers(path)), "the file holds one record: one row")
    advice = "write one flat record for each example, as a list or one on each line"
    raise LeadlineError(f"{path} holds objects in objects, not a table", WANTED, advice, file=path)


def _splits(tables: Mapping[str, list[Any]], path: str, records: Records, beside: list[str]) -> Found:
    splits = splits_of(tables)
    rows = [row for name in splits for row in tables[name]]
    split = np.repeat(list(splits.values()), [len(tables[name]) for name in splits])
    remark = "a list for each split" + _not_read([*(name for name in tables if name not in splits), *beside])
    return Found(records.frame(rows, RowNumbers(path)), remark, split)


def _not_read(beside: Iterable[str]) -> str:
    names = list(beside)
    return f"; beside it, not read: {listed(names, shown=5)}" if names else ""


def _columns(document: Mapping[str, Any], lists: Mapping[str, list[Any]], path: str) -> tuple[dict[str, list[Any]] | None, str]:
    """Values by column, where the object holds those, and how."""
    names, rows = document.get("columns"), document.get("data")
    if isinstance(names, list) and isinstance(rows, list) and all(isinstance(row, list) and len(row) == len(names) for row in rows):
        return {str(name): [row[i] for row in rows] for i, name in enumerate(names)}, 'the names of columns stand apart, under "columns"'
    if document and len(lists) == len(document):
        lengths = {name: len(values) for name, values in lists.items()}
        if len(set(lengths.values())) > 1:
            shown = listed([f"{name} ({length:,})" for name, length in lengths.items()], shown=5)
            raise LeadlineError(f"the lists in {path} are not equally long: {shown}", "as many values in each column", file=path)
        return dict(lists), "the values stand column by column"
    if document and all(isinstance(value, dict) and value and all(key.isdigit() for key in value) for value in document.values()):
        rows = dict.fromkeys(key for value in document.values() for key in value)
        columns = {name: [values.get(row) for row in rows] for name, values in document.items()}
        return columns, "the values stand column by column, by the numbers of their rows"
    return None, ""


def _boxes(path: str) -> LeadlineError:
    return LeadlineError(
        f"{path} describes objects in pictures (COCO): boxes or outlines",
        "a label for each whole picture; boxes and outlines are not learned from here",
        'write one line for each picture with its label: {"file_name": "images/1.jpg", "label": "cat"} (.jsonl)', file=path,
    )  # fmt: skip
