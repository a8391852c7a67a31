"""Texts: sentences or more, written by people. Decoded as a polars String Series, empty where missing."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl

from leadline.columns.contract import ColumnType, Confidence, Decoded, Sample, Where, WhyNot
from leadline.columns.missing import missing_rows
from leadline.columns.sketch import Sketch, quantiles
from leadline.errors import LeadlineError

_SHOWN_CHARACTERS = 80
_TOLD_CHARACTERS = 400
_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",  # before UTF-16, whose marks begin alike
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip


class Text(ColumnType):
    name = "text"
    forms: ClassVar = {"": "text"}
    extensions = (".txt",)

    def from_file(self, path: Path) -> Any:
        """What is in the file: UTF-8, what a byte-order mark says, or windows-1252. Raises LeadlineError where it is no text."""
        return _decoded(path.read_bytes(), str(path))

    def recognise(self, sample: Sample) -> Confidence | WhyNot:
        if sample.values.dtype != pl.String:
            return WhyNot(f"its values are {sample.values.dtype}, not text")
        if sample.values.is_empty():
            return WhyNot("it is empty")
        words = float(sample.values.str.count_matches(r"\S+").mean() or 0)  # type: ignore[arg-type]
        distinct_share = sample.num_distinct / len(sample.values)
        if words < 3 or distinct_share < 0.3:  # names, unless nothing else takes them: addresses of pages, protein sequences
            return Confidence(0.1, f"holds text of {words:.1f} words a value")
        return Confidence(
            0.6, f"has {words:.0f} words a value, nearly all different" if distinct_share > 0.9 else f"has {words:.0f} words a value"
        )

    def decode(self, raw: pl.Series, where: Where) -> Decoded:
        texts = raw.cast(pl.String)
        missing = missing_rows(texts)
        return Decoded(texts.set(missing, "") if missing.any() else texts)

    def show(self, raw: Any) -> str:
        return _beginning(raw, _SHOWN_CHARACTERS)

    def tell(self, raw: Any) -> str:
        return _beginning(raw, _TOLD_CHARACTERS)

    def summary(self, present: pl.Series, where: Where) -> str:
        lengths = present.cast(pl.String).str.len_chars()
        least, middle, most = (float(length) for length in np.quantile(lengths.to_numpy(), [0, 0.5, 1]))
        return f"{least:,.0f} to {most:,.0f} characters, median {middle:,.0f}"

    def sketch(self, raw: pl.Series) -> Sketch:
        return quantiles(raw.cast(pl.String).str.len_chars(), "quantile of characters")

    def made_up(self, num_rows: int, seed: int) -> pl.Series:
        """Texts of 60 words drawn with the frequencies of natural language (Zipf)."""
        rng = np.random.default_rng(seed)
        words = np.array([f"word{number}" for number in range(5_000)])
        return pl.Series([" ".join(words[np.minimum(rng.zipf(1.3, 60), 5_000) - 1]) for _ in range(num_rows)])


def _beginning(raw: Any, most: int) -> str:
    """On one line; `most` characters of it."""
    line = " ".join(str(raw or "").split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _decoded(content: bytes, source: str) -> str:
    for mark, encoding in _MARKS.items():
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    if b"\0" in content:
        raise LeadlineError("a file that holds binary data, not text", "a text in UTF-8", "save it as text, or remove it", file=source)
    text = content.decode(errors="replace")
    damaged = text.count("\ufffd")
    if damaged and damaged * 2 > sum(not letter.isascii() for letter in text):  # a few are damage, many are another encoding
        return content.decode("cp1252", "replace")
    return text
