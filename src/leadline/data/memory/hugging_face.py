"""Datasets of Hugging Face: numbers of classes become their names, the keys of a DatasetDict splits, pictures stay embedded."""

from __future__ import annotations

from typing import Any

import polars as pl

from leadline.data.memory.frame import numbered, read_frame, split_tables
from leadline.data.table import Table
from leadline.errors import LeadlineError

_NOT_LEARNED = {"Audio": "sound", "Video": "video", "Pdf": "PDF documents", "Nifti": "medical volumes"}


def read_dataset(source: Any) -> Table:
    """A Dataset or a DatasetDict. Raises LeadlineError for one that is streamed, or holds what nothing is learned from."""
    kind = type(source).__name__
    if kind.startswith("Iterable"):
        raise LeadlineError(
            f"a streamed dataset ({kind}) has no end that we know of", "a Dataset, which knows its rows",
            "load_dataset without streaming=True, or for its first rows: Dataset.from_list(list(data.take(10_000)))",
        )  # fmt: skip
    if isinstance(source, dict):
        return split_tables({str(name): read_frame(part) for name, part in source.items()})
    if not hasattr(source, "features"):
        raise LeadlineError(f"we cannot read a {kind} as data", "a Dataset or a DatasetDict")
    frame = pl.DataFrame(source.with_format("arrow")[:])
    changed = [_named(frame[name], feature) for name, feature in source.features.items()]
    return numbered(frame.with_columns(column for column in changed if column is not None))


def _named(values: pl.Series, feature: Any) -> pl.Series | None:
    """The column with the names of its classes, None where it has none. Raises LeadlineError for what is not learned from."""
    kind, name = type(feature).__name__, values.name
    if kind in _NOT_LEARNED:
        saw = f"it holds {_NOT_LEARNED[kind]}, which nothing is learned from yet"
        raise LeadlineError(saw, "pictures, texts, numbers or categories", f'data.remove_columns("{name}")', column=name)
    if kind == "ClassLabel":
        return _names(values, feature.names)
    inner: Any = getattr(feature, "feature", None)
    if type(inner).__name__ != "ClassLabel":
        return None
    rows = values.to_list()
    flat = iter(_names(pl.Series([code for row in rows if row is not None for code in row], dtype=pl.Int64), inner.names).to_list())
    return pl.Series(name, [None if row is None else [next(flat) for _ in row] for row in rows], pl.List(pl.String))


def _names(codes: pl.Series, names: list[str]) -> pl.Series:
    """-1 and other numbers without a name stand for no answer."""
    places = codes.cast(pl.Int64)
    return pl.Series(codes.name, names, pl.String).gather(places.set((places < 0) | (places >= len(names)), None))
