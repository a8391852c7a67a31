"""JSON: a list of records, alone or under a key, or a list of values for each column. What is no table is refused with a way out."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from leadline.data.contract import Reader, Reading
from leadline.data.json_files.json_shapes import WANTED, table_in
from leadline.data.json_files.json_text import JsonText, encoding_of
from leadline.data.json_files.jsonl import JsonLines
from leadline.data.json_files.records import Records
from leadline.data.opening import as_one_error, head_of, looks_like, wrong_kind
from leadline.data.places import RowNumbers
from leadline.data.plain import plain
from leadline.data.table import Table
from leadline.errors import LeadlineError, listed

_KIND = "JSON"
_AT_ONCE = 20_000  # records held as Python objects on the way into columns


class Json(Reader):
    """Read as a whole: to be read piece by piece, records have to stand on lines of their own (JSON lines)."""

    def read(self, place: str, reading: Reading) -> Table:
        path, head = Path(place), head_of(Path(place))
        with as_one_error(path, _KIND):
            if looks_like(head):
                raise wrong_kind(path, _KIND, head)
            text = _text(path)
            first = text.text[text.start : text.start + 1]
            if first not in ("[", "{"):
                raise wrong_kind(path, _KIND, head)
            try:
                return _listed(path, text, reading) if first == "[" else _keyed(path, text, reading)
            except json.JSONDecodeError as error:
                raise _not_whole(path, error) from None
            except RecursionError:
                raise LeadlineError(f"{path} is nested too deep", WANTED, "write one flat record for each example", file=place) from None


def _text(path: Path) -> JsonText:
    content = path.read_bytes()
    encoding, mark = encoding_of(content[:4])
    return JsonText(content[mark:].decode(encoding) if mark else content.decode(encoding))


def _listed(path: Path, text: JsonText, reading: Reading) -> Table:
    records, frames, waiting, lines = Records(), list[pl.DataFrame](), list[dict[str, Any] | None](), array("q")
    broken = dict[int, LeadlineError]()

    def finish() -> None:
        first_row = len(lines) - len(waiting)
        frames.append(records.frame(waiting, lambda row: f"{path}:{lines[first_row + row]}"))
        waiting.clear()

    for line, value in text.elements(text.start):
        if not isinstance(value, dict):
            broken[len(lines)] = LeadlineError(f"{_shown(value)} is no record", WANTED, file=f"{path}:{line}", row=len(lines))
        waiting.append(value if isinstance(value, dict) else None)
        lines.append(line)
        if len(waiting) == _AT_ONCE:
            finish()
    finish()
    if 2 * len(broken) > len(lines):
        raise _no_records(path, broken, len(lines))
    apart = len(set(lines)) == len(lines)  # else a line says little: programs write all records on one
    source = (lambda row: f"{path}:{lines[row]}") if apart else RowNumbers(str(path))
    return _table(path, text, reading, records, records.stacked(frames), source, broken=broken)


def _keyed(path: Path, text: JsonText, reading: Reading) -> Table:
    document, end = text.value(text.start)
    if end < len(text.text):
        del document, text
        lines = JsonLines().read(str(path), reading)
        return replace(lines, remarks=("one record stands on each line (JSON lines)", *lines.remarks))
    records = Records()
    found = table_in(document, str(path), records)
    table = _table(path, text, reading, records, found.frame, RowNumbers(str(path)), found.remark)
    return replace(table, split=found.split)


def _table(
    path: Path, text: JsonText, reading: Reading, records: Records, frame: pl.DataFrame, source: Callable[[int], str], *said: str,
    broken: dict[int, LeadlineError] | None = None,
) -> Table:  # fmt: skip
    frame, remarks = plain(frame, reading.as_text)
    twice = [f"keys that stand twice in one record, where the last counts: {listed(list(text.twice), shown=5)}"] if text.twice else []
    remarks = (*said, *twice, *records.remarks, *remarks)
    return Table(frame, source, path.stem, path.parent, remarks=remarks, origin=str(path), broken=broken or {})


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _no_records(path: Path, broken: dict[int, LeadlineError], rows: int) -> LeadlineError:
    first = broken[min(broken)]
    saw = f"{len(broken):,} of {rows:,} elements of the list in {path} are no records: {first.saw}"
    return LeadlineError(saw, WANTED, "give each value a name: the column that it belongs to", file=first.file)


def _not_whole(path: Path, error: json.JSONDecodeError) -> LeadlineError:
    saw = f"{path} is not whole JSON: {error.msg.removesuffix(' at')} in line {error.lineno}, column {error.colno}"
    return LeadlineError(saw, WANTED, "look at that place: was the file cut off, or edited by hand?", file=f"{path}:{error.lineno}")
