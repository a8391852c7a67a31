"""Tags: several labels in one cell. Decoded as a polars List(String) Series without repeats, an empty list for none, null where missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from leadline.columns.contract import ColumnType, Confidence, Decoded, Sample, Where, WhyNot
from leadline.columns.missing import TOKENS, missing_rows
from leadline.columns.sketch import Sketch, counts

SEPARATORS = ("|", ";", ",")
_WRITTEN_LIST = r"(?s)^\s*\[.*\]\s*$"
_LIST_PARTS = r"""(?s)"[^"]*"|'[^']*'|[^,\s][^,]*"""
_NOWHERE = "\0"  # splits nothing
_NUMBER = r"^[-+]?[\d.,]+%?$"
_LONGEST_LABEL, _MOST_WORDS = 40, 4  # longer ones are phrases
_MOST_NUMBERS = 0.1  # of the different labels
_LEAST_SEVERAL = 0.15  # of the cells have two labels or more, else the separator may be an accident
_LEAST_POSSIBLE = 0.02  # of them, for it to be worth a word
_MOST_SINGLES = 0.25  # of all labels given are of a kind that is given once: streets and names are, labels are not
_LEAST_MOVING = 0.05  # of the labels beside others are now first, now not; in "Paris, France" none is


@dataclass(frozen=True)
class _Look:
    """What cells are like when they are taken apart."""

    several: float  # share of cells with two labels or more
    labels: pl.DataFrame  # label, count
    each: float  # labels a cell
    combinations: int
    moving: float  # share of the labels beside others that are sometimes first and sometimes not

    def why_not(self, listed: bool) -> str | None:
        """The reason in words why these are no labels; `listed` where the cells are lists, which nothing else looks like."""
        names, given = self.labels["label"], self.labels["count"].to_numpy()
        if self.several < _LEAST_POSSIBLE and not listed:
            return "hardly any of its cells hold more than one label"
        if names.str.contains(_NUMBER).to_numpy().mean() > _MOST_NUMBERS:
            return "the parts of its cells are numbers"
        characters, words = names.str.len_chars().to_numpy(), names.str.count_matches(r"\S+").to_numpy()
        if np.quantile(characters, 0.95) > _LONGEST_LABEL or np.quantile(words, 0.9) > _MOST_WORDS:
            return "the parts of its cells are phrases, not labels"
        if (given == 1).sum() > _MOST_SINGLES * given.sum():
            return "the parts of its cells hardly repeat"
        if not listed and (self.combinations < len(names) or self.moving < _LEAST_MOVING):
            return "the parts of its cells each have their place, as in an address"
        return None


class Tags(ColumnType):
    """`separator` is what stands between labels in one text; lists, and lists written as text (["a", "b"]), need none."""

    name = "tags"
    forms: ClassVar = {"": "tags"}
    tokens: ClassVar[frozenset[str]] = TOKENS - {""}  # a blank cell has no label, and says so

    def __init__(self, separator: str = "") -> None:
        if separator not in ("", *SEPARATORS):
            raise ValueError(f'labels separated by "{separator}"')
        self.separator = separator

    @classmethod
    def for_values(cls, sample: Sample) -> Self:
        if sample.values.dtype.is_nested() or not _is_text(sample.values):
            return cls()
        text = sample.values.cast(pl.String).filter(~_is_written_list(sample.values.cast(pl.String)))
        found = {mark: float(text.str.contains(mark, literal=True).mean() or 0.0) for mark in SEPARATORS}  # type: ignore[arg-type]
        best = max(SEPARATORS, key=lambda mark: found[mark])
        return cls(best if found[best] else "")

    def config(self) -> dict[str, Any]:
        return {"separator": self.separator} if self.separator else {}

    def recognise(self, sample: Sample) -> Confidence | WhyNot:
        values = sample.values
        if not _may_hold_labels(values):
            return WhyNot(f"its values are {values.dtype}, not lists of labels")
        if values.is_empty():
            return WhyNot("it is empty")
        kind = self.for_values(sample)
        if not values.dtype.is_nested() and not kind.separator and not _is_written_list(values.cast(pl.String)).any():
            return WhyNot("no separator stands between labels in its cells")
        look = _look(kind.decode(values, Where(sample.name)).values)
        reason = look.why_not(listed=not kind.separator) if look else "its cells hold nothing"
        if look is None or reason:
            return WhyNot(str(reason))
        if look.several < _LEAST_SEVERAL and kind.separator:
            return Confidence(0.2, f'{look.several:.0%} of its cells hold several labels, if "{kind.separator}" separates them')
        how = f'separated by "{kind.separator}"' if kind.separator else "in lists"
        return Confidence(0.9, f"holds labels {how}, {look.each:.1f} a cell of {len(look.labels):,} different ones")

    def decode(self, raw: pl.Series, where: Where) -> Decoded:
        missing = missing_rows(raw, self.tokens)
        if raw.dtype.is_nested():
            labels = raw.cast(pl.List(pl.String))
        else:
            text = raw.cast(pl.String)
            written = _is_written_list(text)
            split = text.str.split(self.separator or _NOWHERE)
            labels = split.zip_with(~written, _list_parts(text)) if written.any() else split
        return Decoded(_tidy(labels).set(missing, None) if missing.any() else _tidy(labels))

    def show(self, raw: Any) -> str:
        line = ", ".join(self._parts(raw))
        return line if len(line) <= 80 else line[:79] + "…"

    def _parts(self, raw: Any) -> list[str]:
        if raw is None:
            return []
        return list(self.decode(pl.Series([raw]), Where("")).values[0])

    def to_json(self, raw: Any) -> Any:
        return list(raw) if isinstance(raw, pl.Series | Sequence) and not isinstance(raw, str) else raw

    def summary(self, present: pl.Series, where: Where) -> str:
        look = _look(self.decode(present, where).values)
        if look is None:
            return "no labels"
        shown = ", ".join(f"{name} {count / len(present):.0%}" for name, count in look.labels.head(3).iter_rows())
        return f"{look.each:.1f} a cell of {len(look.labels):,} different: {shown}"

    def sketch(self, raw: pl.Series) -> Sketch:
        return counts(self.decode(raw, Where("")).values.explode())

    def made_up(self, num_rows: int, seed: int) -> pl.Series:
        rng = np.random.default_rng(seed)
        chosen = rng.random((num_rows, 8)) < np.linspace(0.6, 0.1, 8)
        return pl.Series(["|".join(f"label {place}" for place in np.flatnonzero(row)) or f"label {rng.integers(8)}" for row in chosen])


def codes_in(cells: pl.Series, labels: Sequence[str]) -> pl.DataFrame:
    """(row, code) of every one of `labels` that a decoded cell holds, each once, in the order of rows and codes."""
    known = pl.DataFrame({"label": labels, "code": np.arange(len(labels))}, schema={"label": pl.String, "code": pl.Int32})
    given = pl.DataFrame({"label": cells}).with_row_index("row").explode("label").drop_nulls()
    return given.join(known, on="label").unique(["row", "code"]).select("row", "code").sort("row", "code")


def _is_text(values: pl.Series) -> bool:
    return values.dtype in (pl.String, pl.Categorical, pl.Enum)


def _may_hold_labels(values: pl.Series) -> bool:
    if isinstance(values.dtype, pl.List | pl.Array):
        inner = values.dtype.inner
        return inner in (pl.String, pl.Categorical, pl.Enum)
    return _is_text(values)


def _is_written_list(text: pl.Series) -> pl.Series:
    return text.str.contains(_WRITTEN_LIST).fill_null(False)


def _list_parts(text: pl.Series) -> pl.Series:
    """Of `["a", 'b, c', d]` the three parts, without their quotes."""
    inside = text.str.strip_chars().str.strip_prefix("[").str.strip_suffix("]")
    return inside.str.extract_all(_LIST_PARTS).list.eval(pl.element().str.strip_chars().str.replace(r"""(?s)^(["'])(.*)["']$""", "$2"))


def _tidy(labels: pl.Series) -> pl.Series:
    """Trimmed, without empty ones and repeats, in the order given."""
    trimmed = pl.element().str.strip_chars()
    return labels.list.eval(trimmed.filter(trimmed.str.len_chars() > 0).unique(maintain_order=True))


def _look(labels: pl.Series) -> _Look | None:
    """None where there are no labels at all."""
    cells = pl.DataFrame({"labels": labels}).filter(pl.col("labels").list.len() > 0)
    if cells.is_empty():
        return None
    lengths = cells["labels"].list.len()
    table = cells["labels"].explode().alias("label").value_counts(sort=True, name="count")
    beside = cells.filter(lengths > 1)
    moving = _moving(beside["labels"]) if beside.height else 0.0
    combinations = cells["labels"].list.sort().list.join("\0").n_unique()
    several = float((lengths > 1).sum()) / len(labels)
    return _Look(several, table.sort("count", "label", descending=[True, False]), float(lengths.sum()) / len(labels), combinations, moving)


def _moving(several: pl.Series) -> float:
    """Share of the labels in these cells that are sometimes first and sometimes not."""
    cells = pl.DataFrame({"label": several}).with_columns(place=pl.int_ranges(pl.col("label").list.len()))
    places = cells.explode("label", "place").group_by("label").agg(first=(pl.col("place") == 0).sum(), count=pl.len())
    moving = places.filter((pl.col("first") > 0) & (pl.col("first") < pl.col("count")))
    return float(moving["count"].sum()) / max(1, int(places["count"].sum()))
