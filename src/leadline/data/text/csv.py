"""Tables written as text (.csv, .tsv, .tab): read block by block, so that a broken row is named and memory does not grow with the file."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

import polars as pl

from leadline.data.contract import Reader, Reading
from leadline.data.opening import as_one_error
from leadline.data.table import Table
from leadline.data.text.blocks import Block
from leadline.data.text.careful import Marks
from leadline.data.text.parsing import Mistyped, Parsed, Parser
from leadline.data.text.text_lines import Stretch, TextLines
from leadline.data.text.text_table import KIND, TextTable, open_text
from leadline.data.text.written import Written, finished
from leadline.errors import LeadlineError

_MOST_RETYPED = 3  # times that a file is read again because values further down are of another kind
_AT_ONCE = 2  # blocks parsed at a time: polars uses all cores for each, but not all of the time
_MEND = "mend this line; a value that holds a separator, a quote or a line end stands in quotes, quotes within it doubled"

_HEADER = "look at the first lines: the header has to name every column, and a value that holds a separator stands in quotes"


class Csv(Reader):
    def read(self, place: str, reading: Reading) -> Table:
        path, types = Path(place), dict[str, type[pl.DataType]]()
        for again in range(_MOST_RETYPED + 1):
            with as_one_error(path, KIND), path.open("rb") as stream:
                opened = open_text(stream, str(path), reading)
                if again == _MOST_RETYPED:
                    types = dict.fromkeys(opened.header.names, pl.String)
                try:
                    return _read(opened, path, opened.written.with_types(types))
                except Mistyped as error:
                    types |= error.types
        raise AssertionError("nothing is mistyped where all columns are strings")

    def batches(self, place: str, reading: Reading, rows: int) -> Iterator[Table]:
        path = Path(place)
        with as_one_error(path, KIND), path.open("rb") as stream:
            for table in self.stream_batches(stream, str(path), reading, rows):
                yield replace(table, name=path.stem, root=path.parent)

    def stream_batches(self, stream: BinaryIO, name: str, reading: Reading, rows: int) -> Iterator[Table]:
        """The rows of a text table that comes as a stream, in tables of at most `rows` each.

        What columns hold is decided by the first rows: a number column with other values further down is of strings from there on.
        """
        opened = open_text(stream, name, reading)
        part = _Part(opened)
        for block, parsed, written in _parsed(opened.blocks(), opened.marks, opened.written, start_again=False):
            part = _Part(opened, part.first_row + part.num_rows, part.next_line)
            part.add(parsed, partial(_itself, block.text))
            if part.first_row == 0:
                _refuse_mostly_broken(part, all_of_them=True)
            table = _table(part, written)
            pieces = -(-table.frame.height // rows) or 1
            for piece in range(pieces):
                start, stop = (table.frame.height * place // pieces for place in (piece, piece + 1))
                yield replace(table.sliced(start, stop - start), of=None)


def _read(opened: TextTable, path: Path, written: Written) -> Table:
    part = _Part(opened)
    for block, parsed, used in _parsed(opened.blocks(), opened.marks, written, start_again=True):
        part.add(parsed, partial(_again, path, opened, block.offset, len(block.text)))
        written = used
    _refuse_mostly_broken(part)
    suspected = [column.name for column in part.frame if column.dtype == pl.Int64 and written.may_be_code(column)]
    if suspected:
        raise Mistyped(dict.fromkeys(suspected, pl.String))
    return replace(_table(part, written), name=path.stem, root=path.parent)


def _parsed(blocks: Iterator[Block], marks: Marks, written: Written, start_again: bool) -> Iterator[tuple[Block, Parsed, Written]]:
    """Every block as rows. A caller that can start again gets Mistyped where strings were taken for numbers, and several blocks at once."""
    parser = Parser(marks, written)
    for block, attempt in _attempts(blocks, parser) if start_again else ((block, None) for block in blocks):
        parsed = None
        while parsed is None:
            try:
                parsed, attempt = attempt() if attempt else parser.parse(block), None
            except Mistyped as error:
                if start_again and pl.String in error.types.values():
                    raise
                parser, attempt = Parser(marks, parser.written.with_types(error.types)), None
        yield block, parsed, parser.written


def _attempts(blocks: Iterator[Block], parser: Parser) -> Iterator[tuple[Block, Callable[[], Parsed]]]:
    """Every block with a first attempt at parsing it, a few under way while others are cut and gathered."""
    with ThreadPoolExecutor(_AT_ONCE) as workers:
        waiting = deque[tuple[Block, Callable[[], Parsed]]]()
        for block in blocks:
            waiting.append((block, workers.submit(parser.parse, block).result))
            if len(waiting) > _AT_ONCE:
                yield waiting.popleft()
        yield from waiting


@dataclass
class _Part:
    """Rows of a text table that follow each other, as they are gathered."""

    opened: TextTable
    first_row: int = 0
    next_line: int = 0  # 1-based; 0 where nothing was gathered yet
    frames: list[pl.DataFrame] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    broken: dict[int, LeadlineError] = field(default_factory=dict)
    num_rows: int = 0

    def add(self, parsed: Parsed, text: Callable[[], bytes]) -> None:
        """The rows of one more block, whose text can be had again."""
        line, width, row = self.next_line or self.opened.first_line, len(self.opened.header.names), self.first_row + self.num_rows
        expected = f"{width:,} value{'s' * (width != 1)}, as in the {'header' if self.opened.header.found else 'first line'}"
        for place, broken in parsed.broken.items():
            where = f"{self.opened.name}:{line + broken.line}"
            self.broken[self.num_rows + place] = LeadlineError(broken.saw, expected, _MEND, file=where, row=row + place)
        self.stretches.append(Stretch(row, line, self.opened.marks, width, None if parsed.plain else text))
        self.frames.append(parsed.frame.select(self.opened.columns))
        self.num_rows += parsed.frame.height
        self.next_line = line + parsed.num_lines

    @property
    def frame(self) -> pl.DataFrame:
        return (
            pl.concat(self.frames, how="vertical_relaxed")
            if self.frames
            else pl.DataFrame(schema=dict.fromkeys(self.opened.columns, pl.String))
        )


def _table(part: _Part, written: Written) -> Table:
    opened, frame = part.opened, finished(part.frame, written)
    return Table(
        frame, TextLines(opened.name, part.stretches, part.first_row), opened.name, remarks=opened.said(), origin=opened.name,
        first_row=part.first_row, broken=part.broken, findings=opened.header.findings, decimal="," if written.comma else "",
    )  # fmt: skip


def _refuse_mostly_broken(part: _Part, all_of_them: bool = False) -> None:
    """Raises LeadlineError where half of the rows, or all of them, are broken: then what we believe about the whole is wrong."""
    if part.broken and len(part.broken) * (1 if all_of_them else 2) >= part.num_rows:
        first = part.broken[min(part.broken)]
        many = f"{len(part.broken):,} of {part.num_rows:,} rows are broken, the first ({first.file}) with {first.saw}"
        alike = len({error.saw for error in part.broken.values()}) == 1
        raise LeadlineError(f"{part.opened.name} cannot be read as a table: {many}", first.expected, _HEADER if alike else _MEND)


def _itself(text: bytes) -> bytes:
    return text


def _again(path: Path, opened: TextTable, offset: int, size: int) -> bytes:
    with path.open("rb") as stream:
        return opened.source.again(stream, offset, size)
