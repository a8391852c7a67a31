"""Blocks of a text table as polars frames, row for row: records that are broken become rows of nulls, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import polars as pl

from leadline.data.text.blocks import Block
from leadline.data.text.careful import Marks
from leadline.data.text.scanner import Scanned, line_numbers, scan
from leadline.data.text.written import Written
from leadline.errors import LeadlineError

_COMPLAINTS = (pl.exceptions.PolarsError, pl.exceptions.PanicException, UnicodeError)
_PLACEHOLDER = b"0"  # in a table of one column a line without anything is no record


class Mistyped(Exception):  # noqa: N818 - not an error: the column is read again
    """Values that do not fit the type that the first records suggested; `types` are what these columns can be."""

    def __init__(self, types: dict[str, type[pl.DataType]]) -> None:
        super().__init__(", ".join(types))
        self.types = types


@dataclass(frozen=True)
class Broken:
    """Why a record is a row without values, and in which line of its block it begins."""

    saw: str
    line: int


@dataclass(frozen=True)
class Parsed:
    """The rows of one block. `num_lines` of text it takes; `plain` if each row is one line and there are no others."""

    frame: pl.DataFrame
    num_lines: int
    plain: bool
    broken: dict[int, Broken] = field(default_factory=dict)


@dataclass(frozen=True)
class Parser:
    """Parses blocks of records with these columns."""

    marks: Marks
    written: Written

    @property
    def width(self) -> int:
        return len(self.written.schema)

    def parse(self, block: Block) -> Parsed:
        """Raises Mistyped where whole columns are not of the type expected, LeadlineError where nothing can be done."""
        text = block.text
        frame = None if block.scanned or b"\0" in text else self._attempt(text)
        if frame is not None and self._is_complete(frame, text):
            plain = not self._has_quotes(text)
            return Parsed(self._tidy(frame, text), frame.height if plain else self._num_lines(text), plain)
        scanned = block.scanned or scan(text, self.marks, self.width)
        broken = self._broken(text, scanned)
        mended = b"".join(self._mended(text, scanned, broken))
        if frame is None or mended != text:
            frame = self._sure(mended, len(scanned))
        if broken and self.width == 1:
            frame = frame.with_columns(pl.when(~pl.int_range(pl.len()).is_in(list(broken))).then(pl.all()))
        lines = line_numbers(text, scanned.starts[list(broken)], self.marks).tolist()
        named = {row: Broken(saw, line) for (row, saw), line in zip(broken.items(), lines, strict=True)}
        return Parsed(self._tidy(frame, mended), self._num_lines(text), False, named)

    def _attempt(self, text: bytes) -> pl.DataFrame | None:
        """The rows of records that all have the right number of values; None if something is wrong with them."""
        try:
            return self._read(text)
        except _COMPLAINTS:
            return None

    def _read(self, text: bytes) -> pl.DataFrame:
        quote, line_end = (mark.decode() if mark else None for mark in (self.marks.quote, self.marks.line_end))
        return pl.read_csv(
            text, has_header=False, schema=dict(self.written.schema), separator=self.marks.separator.decode("latin-1"), quote_char=quote,
            eol_char=line_end or "\n",
        )  # fmt: skip

    def _sure(self, text: bytes, height: int) -> pl.DataFrame:
        """The rows of so many records that all have the right number of values. Raises Mistyped where a type is not theirs."""
        frame = self._attempt(text)
        if frame is None:
            strings = replace(self, written=self.written.with_types(dict.fromkeys(self.written.schema, pl.String)))
            frame = strings._attempt(text)
            if frame is not None and strings.written.schema != self.written.schema:
                raise Mistyped(self.written.misfits(frame))
        if frame is None or frame.height != height:
            found = "nothing" if frame is None else f"{frame.height:,} rows"
            raise LeadlineError(f"{height:,} records that read as {found}", "a table written as text", "save it again as CSV (UTF-8)")
        return frame

    def _is_complete(self, frame: pl.DataFrame, text: bytes) -> bool:
        """Whether it is certain that no record has too few values: polars fills those up. Too many would have been refused."""
        if not frame.to_series(-1).null_count():
            return True
        if self._has_quotes(text):
            return False
        return self.width > 1 and _count(text, self.marks.separator) == frame.height * (self.width - 1)

    def _has_quotes(self, text: bytes) -> bool:
        return self.marks.quote is not None and self.marks.quote in text

    def _num_lines(self, text: bytes) -> int:
        return _count(text, self.marks.line_end) + (not text.endswith(self.marks.line_end))

    def _broken(self, text: bytes, scanned: Scanned) -> dict[int, str]:
        """What is wrong with each record that is not as it should be, in order."""
        wrong = {int(row): _instead(int(scanned.counts[row]), self.width) for row in np.flatnonzero(scanned.counts != self.width)}
        wrong.update(scanned.broken)
        wrong.update({scanned.holding(place): "a zero byte" for place in _zeros(text)})
        wrong.update(dict.fromkeys(_not_utf8(text, scanned), "letters that are not UTF-8"))
        return dict(sorted(wrong.items()))

    def _mended(self, text: bytes, scanned: Scanned, broken: dict[int, str]) -> Iterator[bytes]:
        """The text with a line of missing values in place of every broken record, and without blank lines."""
        special = np.zeros(len(scanned) + 1, bool)
        special[[*broken, *scanned.rewritten]] = True
        gaps = np.append(scanned.ends[:-1] != scanned.starts[1:], True) if len(scanned) else np.zeros(0, bool)
        stops = np.flatnonzero(gaps | special[:-1] | special[1:])  # last records of runs that can be copied at once
        first, end = 0, self.marks.line_end
        missing = (_PLACEHOLDER if self.width == 1 else self.marks.separator * (self.width - 1)) + end
        for stop in stops.tolist():
            if first in broken:
                yield missing
            elif first in scanned.rewritten:
                yield self.marks.separator.join(self._quoted(value) for value in scanned.rewritten[first]) + end
            else:
                yield text[scanned.starts[first] : scanned.ends[stop]]
            first = stop + 1

    def _quoted(self, value: bytes) -> bytes:
        quote = self.marks.quote or b""
        return quote + value.replace(quote, quote * 2) + quote if value else value

    def _tidy(self, frame: pl.DataFrame, text: bytes) -> pl.DataFrame:
        """Strings without padding. Empty ones, which only quotes can say, are missing values like any other empty cell."""
        strings = pl.col(pl.String)
        if self.marks.padded:
            frame = frame.with_columns(strings.str.strip_chars_start(" "))
        elif not self._has_quotes(text) or (self.marks.quote or b"") * 2 not in text:
            return frame
        return frame.with_columns(pl.when(strings != "").then(strings))


def _instead(count: int, width: int) -> str:
    return f"{count:,} {'value' if count == 1 else 'values'} instead of {width:,}"


def _count(text: bytes, mark: bytes) -> int:
    return int(np.count_nonzero(np.frombuffer(text, np.uint8) == mark[0]))


def _zeros(text: bytes) -> list[int]:
    found: list[int] = np.flatnonzero(np.frombuffer(text, np.uint8) == 0).tolist() if b"\0" in text else []
    return found


def _not_utf8(text: bytes, scanned: Scanned) -> Iterator[int]:
    """The records that hold bytes that are no UTF-8."""
    if _is_utf8(text):
        return
    for row, (start, end) in enumerate(zip(scanned.starts.tolist(), scanned.ends.tolist(), strict=True)):
        if not _is_utf8(text[start:end]):
            yield row


def _is_utf8(text: bytes) -> bool:
    try:
        return text.isascii() or bool(text.decode())
    except UnicodeDecodeError:
        return False
