"""JSON lines: one record a line, read some lines at a time; a line that is broken is a row without values, and is named."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from leadline.data.contract import Reader, Reading
from leadline.data.json_files.json_text import TOO_LONG, encoding_of
from leadline.data.json_files.lines_fast import parsed_at_once
from leadline.data.json_files.records import Records
from leadline.data.opening import as_one_error, head_of, looks_like, wrong_kind
from leadline.data.places import LineNumbers
from leadline.data.plain import plain
from leadline.data.table import Table
from leadline.errors import LeadlineError

_KIND = "JSON lines"
_LINES = 1_000  # looked at together at least, so that a few broken ones at the beginning do not condemn a file
_AT_ONCE = 32 << 20  # bytes of lines held in memory
_LONGEST = 256 << 20  # bytes of one line
_RECORD = 'one record on each line: {"text": "a fine film", "label": "good"}'


class JsonLines(Reader):
    """Of equal keys in one record the last counts, as everywhere in JSON."""

    def read(self, place: str, reading: Reading) -> Table:
        _refuse_other_kinds(place)
        with as_one_error(place, _KIND), Path(place).open("rb") as stream:
            return _below_each_other(list(_portions(stream, place, None)), place, reading)

    def batches(self, place: str, reading: Reading, rows: int) -> Iterator[Table]:
        _refuse_other_kinds(place)
        with as_one_error(place, _KIND), Path(place).open("rb") as stream:
            yield from self.stream_batches(stream, place, reading, rows)

    def stream_batches(self, stream: BinaryIO, name: str, reading: Reading, rows: int) -> Iterator[Table]:
        """Tables of about `rows` rows, as the lines come; columns that were there once stay."""
        with as_one_error(name, _KIND):
            first_row, known = 0, pl.DataFrame()
            for portion in _portions(stream, name, max(rows, _LINES)):
                records = Records(portion.mixed)
                frame = records.stacked([known, portion.frame])
                known = frame.clear()
                yield from _table(frame, portion.places, name, reading, first_row, portion.broken, records).parts(rows)
                first_row += portion.rows


def _refuse_other_kinds(place: str) -> None:
    head = head_of(Path(place))
    if looks_like(head):
        raise wrong_kind(Path(place), _KIND, head)


@dataclass
class _Portion:
    """Some lines and what became of them; rows and their places count from the first of these lines."""

    full: list[bytes]
    blank: list[int]  # numbers of blank lines in the whole file
    places: LineNumbers
    frame: pl.DataFrame = field(default_factory=pl.DataFrame)
    broken: dict[int, LeadlineError] = field(default_factory=dict)
    mixed: dict[str, None] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return self.frame.height


def _portions(stream: BinaryIO, name: str, rows: int | None) -> Iterator[_Portion]:
    """Raises LeadlineError where over half of all lines so far are broken."""
    lines, first_line, seen, broken = _lines_of(stream, name), 1, 0, 0
    while portion := _next(lines, name, first_line, rows):
        first_line += len(portion.full) + len(portion.blank)
        _parse(portion, name, seen)
        portion.full = []
        seen, broken = seen + portion.rows, broken + len(portion.broken)
        if 2 * broken > seen:
            raise _mostly_broken(name, broken, seen, portion.broken[min(portion.broken)])
        yield portion


def _next(lines: Iterator[bytes], name: str, first_line: int, rows: int | None) -> _Portion | None:
    full, blank, size, number = list[bytes](), list[int](), 0, first_line
    for line in lines:
        if line.isspace():
            blank.append(number)
        else:
            full.append(line)
        number, size = number + 1, size + len(line)
        if size >= _AT_ONCE or len(full) == rows or len(blank) >= _AT_ONCE // 64:
            break
    return _Portion(full, blank, LineNumbers(name, first_line, blank)) if number > first_line else None


def _parse(portion: _Portion, name: str, first_row: int) -> None:
    """All lines at once where that gives the same as one by one, which takes longer."""
    if (frame := parsed_at_once(portion.full)) is not None:
        portion.frame = frame
        return
    found = list[Mapping[str, Any] | None]()
    for row, line in enumerate(portion.full):
        record = _record(line)
        if isinstance(record, str):
            portion.broken[row] = LeadlineError(record, _RECORD, file=portion.places(row), row=first_row + row)
        found.append(None if isinstance(record, str) else record)
    portion.frame = Records(portion.mixed).frame(found, portion.places)


def _record(line: bytes) -> Mapping[str, Any] | str:
    """The record on a line, or what is wrong with it."""
    try:
        found = json.loads(line.decode())
    except json.JSONDecodeError as error:
        return f"this line is no JSON: {error.msg.removesuffix(' at')} at character {error.pos + 1:,}"
    except UnicodeDecodeError as error:
        return f"this line is not UTF-8: {error.reason} at byte {error.start + 1:,}"
    except (ValueError, RecursionError) as error:
        return f"this line holds {TOO_LONG if isinstance(error, ValueError) else 'values that are nested too deep'}"
    return found if isinstance(found, dict) else "this line holds a value, but not in braces under a name"


def _lines_of(stream: BinaryIO, name: str) -> Iterator[bytes]:
    """The lines in UTF-8, whatever Unicode the stream is in. Raises LeadlineError where one is too long to be one."""
    buffered: Any = stream if hasattr(stream, "peek") else io.BufferedReader(stream)
    encoding, mark = encoding_of(buffered.peek(4)[:4])
    if encoding != "utf-8":
        decoded = io.TextIOWrapper(buffered, encoding, newline="\n")
        try:
            yield from (line.encode() for line in decoded)
        finally:
            decoded.detach()  # the stream is not ours to close
        return
    buffered.read(mark)
    while line := buffered.readline(_LONGEST):
        if len(line) == _LONGEST:
            raise LeadlineError(
                f"{name} has a line of over {_LONGEST >> 20} MB", _RECORD, "put each record on a line of its own", file=name
            )
        yield line


def _mostly_broken(name: str, broken: int, seen: int, first: LeadlineError) -> LeadlineError:
    saw = f"{broken:,} of the first {seen:,} lines of {name} are no JSON records; {first.file}: {first.saw}"
    return LeadlineError(saw, _RECORD, "if the file is one list of records, call it .json; if it is a table, .csv", file=name)


def _below_each_other(portions: list[_Portion], name: str, reading: Reading) -> Table:
    records = Records({key: None for portion in portions for key in portion.mixed})
    frame = records.stacked([portion.frame for portion in portions])
    broken, first_row = dict[int, LeadlineError](), 0
    for portion in portions:
        broken |= {first_row + row: error for row, error in portion.broken.items()}
        first_row += portion.rows
    places = LineNumbers(name, 1, [number for portion in portions for number in portion.blank])
    return _table(frame, places, name, reading, 0, broken, records)


def _table(
    frame: pl.DataFrame, places: LineNumbers, name: str, reading: Reading, first_row: int, broken: Mapping[int, LeadlineError],
    records: Records,
) -> Table:  # fmt: skip
    frame, changed = plain(frame, reading.as_text)
    path, remarks = Path(name), (*records.remarks, *changed)
    return Table(frame, places, path.stem, path.parent, remarks=remarks, origin=name, first_row=first_row, broken=broken)
