"""How a text table is written - separator, quotes, line ends, lines above it - found by cutting its first records in every likely way.

What is not as in most files (comma, double quotes, line feeds) is said in a sentence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from leadline.data.text.careful import Marks, Record, read_records

NO_SEPARATOR = b"\x1f"  # of a table of one column: a byte that no text holds
_SEPARATORS = (b",", b";", b"\t", b"|")
_SPOKEN = {b"\t": "a tab", NO_SEPARATOR: "nothing"}
_SAMPLED = 200  # records
_LOOKED_AT = 2_000  # values
_LEAST_EVEN = 0.5  # of the records must have the same number of values
_MOST_TITLES = 20  # lines above a table that are no comments
_CLEAR = 0.9  # of records and values must be as expected where lines are skipped or a header has one name too few
_FAVOURED = 1.5  # the separator that the file's name promises
_LONGEST_PLAIN = 100  # bytes of a value that may be a number, a date or some words
_PADDED_SAMPLE = 64 << 10  # bytes
_COMMENT = b"#"
_EXCEL_HINT = re.compile(rb'"?sep=(.)"?\r?\n', re.IGNORECASE)
_IN_QUOTES = re.compile(rb'"[^"]*"')
_NUMBER = rb"[+-]?[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+)?%?"
_DATE = rb"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ][\d:.+Z-]*)?"
_WORDS = rb"[^,;\t|\s]+(?: [^,;\t|\s]+){0,3}"
_PLAIN = re.compile(rb"|" + _NUMBER + rb"|" + _DATE + rb"|" + _WORDS)


@dataclass(frozen=True)
class Layout:
    """The marks of a text table, where its first record begins, how many values a record has, and what was assumed."""

    marks: Marks
    start: int
    width: int
    records: list[Record]  # the first ones
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class _Way:
    """One way to cut the first records; `even` and `plain` are shares: records with `width` values, values of plain kinds."""

    marks: Marks
    records: list[Record]
    width: int
    even: float
    plain: float

    @property
    def num_odd(self) -> int:
        return sum(bool(record.why) for record in self.records)

    @property
    def num_quoted(self) -> int:
        return sum(len(record.quoted) for record in self.records)

    @property
    def header(self) -> int:
        return len(self.records[0].values) if self.records else 0

    @property
    def fits(self) -> bool:
        return self.width > 1 and self.even >= _LEAST_EVEN and (self.header == self.width or self.lacks_one_name)

    @property
    def is_perfect(self) -> bool:
        """Nothing speaks for any other way: `1,5;2,5` is even with commas too, but then its values are not plain."""
        return self.fits and self.header == self.width and self.even == self.plain == 1 and not self.num_odd

    @property
    def lacks_one_name(self) -> bool:
        """As R writes tables: names of rows in a first column that has no name itself. Also lines that all end with a separator."""
        rows = self.records[1:]
        return 1 < self.header == self.width - 1 and len(rows) > 2 and sum(len(r.values) == self.width for r in rows) >= _CLEAR * len(rows)

    @property
    def score(self) -> float:
        return self.even * (0.1 + self.plain) * (1 - 1 / self.width) * (1 - self.num_odd / (2 * len(self.records))) if self.fits else 0.0


def find_layout(head: bytes, whole: bool, favourite: bytes = b",") -> Layout:
    """The layout of a text from its first bytes. `whole`: they are all there is. `favourite`: the separator that its name promises."""
    line_end, start = _line_end(head), 0
    separators: tuple[bytes, ...] = _SEPARATORS
    hint = _EXCEL_HINT.match(head)
    if hint:
        start, separators = hint.end(), (hint[1],)
    start, comments = _skip_comments(head, start, line_end)
    if comments and not head[start:].strip():  # every line is one: then # is a part of the values
        start, comments = 0, ()
    ways = _Ways(head, line_end, whole, separators, favourite)
    way, skipped = ways.best(start), 0
    if not way.fits:
        way, start, skipped = ways.below_titles(way, start)
    if comments and not skipped and _is_header(comments[-1], way):
        start, comments = start - len(comments[-1]), comments[:-1]
        way = ways.best(start)
    said = (*_said_of_marks(way), *_said_of_lines(len(comments), skipped))
    return Layout(way.marks, start, way.width, way.records, said)


def _line_end(head: bytes) -> bytes:
    outside = _IN_QUOTES.sub(b"", head)
    return b"\r" if outside.count(b"\r") - outside.count(b"\r\n") > 4 * outside.count(b"\n") else b"\n"


def _skip_comments(head: bytes, start: int, line_end: bytes) -> tuple[int, tuple[bytes, ...]]:
    """Where the table begins, below blank lines and lines that begin with #, and the latter."""
    comments = list[bytes]()
    for begin, line in _lines(head, start, line_end):
        if line.strip() and not line.startswith(_COMMENT):
            return begin, tuple(comments)
        comments += [line] if line.strip() else []
    return len(head), tuple(comments)


def _lines(head: bytes, start: int, line_end: bytes) -> Iterator[tuple[int, bytes]]:
    while start < len(head):
        end = head.find(line_end, start) + 1 or len(head)
        yield start, head[start:end]
        start = end


def _is_header(comment: bytes, way: _Way) -> bool:
    """`#chrom,start,end`: the last comment has as many values as the records below it."""
    cells = comment.strip().split(way.marks.separator)
    return way.width > 1 and len(cells) == way.width and all(cell.strip() for cell in cells)


def _said_of_marks(way: _Way) -> Iterator[str]:
    marks = way.marks
    if marks.separator == NO_SEPARATOR:
        if any(set(b",;\t|") & set(record.values[0]) for record in way.records if not record.quoted):
            yield "there is one column: lines are not cut into values"
    elif marks.separator != b",":
        yield f"columns are separated by {_SPOKEN.get(marks.separator) or chr(34) + marks.separator.decode('latin-1') + chr(34)}"
    if marks.padded:
        yield "spaces behind separators are left out"
    if marks.quote is None:
        yield "quotes are letters like any other, because they do not pair up"
    elif marks.quote != b'"':
        yield f"values are quoted with {marks.quote.decode()}"
    if marks.line_end == b"\r":
        yield "lines end with a carriage return, as on old Macs"


def _said_of_lines(comments: int, titles: int) -> Iterator[str]:
    if comments:
        yield (
            f"{comments} lines that begin with # are skipped at the top"
            if comments > 1
            else "the first line, which begins with #, is skipped"
        )
    if titles:
        yield f"{titles} lines above the table are skipped" if titles > 1 else "one line above the table is skipped"


@dataclass(frozen=True)
class _Ways:
    """The ways to cut a head."""

    head: bytes
    line_end: bytes
    whole: bool
    separators: tuple[bytes, ...]
    favourite: bytes

    def best(self, start: int) -> _Way:
        """The way that fits best; where none does, one column, or records whose header has another number of values."""
        usual = self._with_best_quote(start, self.favourite) if self.favourite in self.separators else None
        if usual and usual.is_perfect:
            return usual
        ways = [self._with_best_quote(start, separator) for separator in self.separators]
        best = max(ways, key=lambda way: way.score * (_FAVOURED if way.marks.separator == self.favourite else 1))
        if best.fits:
            return best
        uneven = max(ways, key=lambda way: (way.header > 1) * way.plain * way.header)
        if uneven.header > 1 and uneven.width > 1 and uneven.plain >= _CLEAR:
            return replace(uneven, width=uneven.header)
        return self._with_best_quote(start, NO_SEPARATOR)

    def below_titles(self, way: _Way, start: int) -> tuple[_Way, int, int]:
        """The way, start and number of lines skipped, if clear records begin some lines further down; else as it was."""
        lines = islice(_lines(self.head, start, self.line_end), 1, _MOST_TITLES)
        for skipped, (begin, line) in enumerate(lines, 1):
            if not line.strip():
                continue
            below = self.best(begin)
            if below.fits and below.even >= _CLEAR and below.plain >= _CLEAR and len(below.records) > 2 and below.width > max(2, way.width):
                return below, begin, skipped
        return way, start, 0

    def _with_best_quote(self, start: int, separator: bytes) -> _Way:
        """Double quotes, unless single ones or none at all are clearly what the records are written with."""
        padded = self._is_padded(start, separator)
        double = self._way(start, Marks(separator, b'"', self.line_end, padded))
        if b"'" in self.head:
            single = self._way(start, Marks(separator, b"'", self.line_end, padded))
            if not single.num_odd and (_has_quoted_header(single) or (not double.num_quoted and _is_better(single, double))):
                return single
        if double.num_odd > double.num_quoted:
            bare = self._way(start, Marks(separator, None, self.line_end))
            if bare.width >= double.width and (bare.even > double.even or (separator == b"\t" and bare.even == double.even)):
                return bare
        return double

    def _is_padded(self, start: int, separator: bytes) -> bool:
        """Whether nearly every separator is followed by a space: `a, b, c`."""
        sample = self.head[start : start + _PADDED_SAMPLE]
        number = sample.count(separator)
        return number > 0 and sample.count(separator + b" ") >= _CLEAR * number

    def _way(self, start: int, marks: Marks) -> _Way:
        records = self._records(start, marks, self.whole)
        if not records:  # not one whole record fits into the head
            records = self._records(start, marks, True)[:1]
        header = len(records[0].values) if records else 0
        counts = Counter(len(record.values) for record in records)
        width = max(counts, key=lambda number: (counts[number], number == header, number), default=1)
        cells = [value for record in records for value in record.values][:_LOOKED_AT]
        plain = sum(len(cell) <= _LONGEST_PLAIN and _PLAIN.fullmatch(cell) is not None for cell in cells) / max(1, len(cells))
        return _Way(marks, records, width, counts[width] / max(1, len(records)), plain)

    def _records(self, start: int, marks: Marks, final: bool) -> list[Record]:
        return [record for record in islice(read_records(self.head, start, marks, None, final), _SAMPLED) if record.values]


def _has_quoted_header(way: _Way) -> bool:
    header = way.records[0] if way.records else None
    return header is not None and len(header.quoted) == len(header.values) > 0


def _is_better(single: _Way, double: _Way) -> bool:
    """Whether single quotes are certainly such, where nothing stands in double ones: records are more even, or one is doubled within."""
    quote = single.marks.quote or b""
    doubled = any(quote in record.values[place] for record in single.records for place in record.quoted)
    return doubled or (single.even > double.even and single.num_quoted > 0)
