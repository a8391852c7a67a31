"""Rows that come in on standard input, `-`: CSV, JSON lines or a JSON list, told apart by the first character."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from leadline.data.contract import Reader, Reading
from leadline.data.table import Table
from leadline.errors import LeadlineError
from leadline.files import scratch_folder
from leadline.registry import READERS

_NAME = "stdin"
_BEFORE = b"\xef\xbb\xbf \t\r\n"  # a byte-order mark and blanks
_LINES, _LIST, _TABLE = ".jsonl", ".json", ".csv"
_BEGINNINGS = {b"{": _LINES, b"[": _LIST}


class StandardInput(Reader):
    """Registered under `-`, the only place it has."""

    def read(self, place: str, reading: Reading) -> Table:
        stream = _stream()
        return _by_way_of_a_file(stream, _kind(stream), reading)

    def batches(self, place: str, reading: Reading, rows: int) -> Iterator[Table]:
        """As they come in; a JSON list has to be there whole before it can be read."""
        stream = _stream()
        kind = _kind(stream)
        if kind != _LIST:
            yield from READERS.get(kind)().stream_batches(stream, _NAME, reading, rows)
            return
        yield from _by_way_of_a_file(stream, kind, reading).parts(rows)


def _stream() -> io.BufferedReader:
    """Raises LeadlineError where nobody sends anything."""
    stream: Any = getattr(sys.stdin, "buffer", None)
    if stream is None or stream.isatty():
        saw = "- means rows from standard input, and nothing is piped in"
        raise LeadlineError(saw, "a table in CSV or JSON lines", "cat rows.csv | leadline predict MODEL -")
    if not stream.peek(1):
        raise LeadlineError("nothing came in on standard input", "a table in CSV or JSON lines", "look at what the command before it says")
    buffered: io.BufferedReader = stream
    return buffered


def _kind(stream: io.BufferedReader) -> str:
    return _BEGINNINGS.get(stream.peek(1).lstrip(_BEFORE)[:1], _TABLE)


def _by_way_of_a_file(stream: io.BufferedReader, kind: str, reading: Reading) -> Table:
    path = scratch_folder() / f"{_NAME}{kind}"
    with path.open("wb") as copy:
        shutil.copyfileobj(stream, copy)
    table: Table = READERS.get(kind)().read(str(path), reading)
    return replace(table, source=lambda row: table.source(row).replace(str(path), _NAME), name=_NAME, root=None, origin="standard input")
