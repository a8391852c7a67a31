"""What holds for every reader: the rows that were written come back in order, piece by piece too, and what is broken ends in words."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import random
import sqlite3
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.sax.saxutils import escape

import polars as pl
import pytest

from leadline.data.contract import Reading
from leadline.data.read import read_batches, read_table
from leadline.data.table import Table
from leadline.errors import LeadlineError
from leadline.registry import READERS

ROWS = 25
TEXTS = ["plain words", 'with a comma, a "quote"', "ünï→code", "two\nlines", "  "]
Write = Callable[[Path, pl.DataFrame], None]


@pytest.fixture
def frame() -> pl.DataFrame:
    return pl.DataFrame({
        "whole": range(ROWS), "part": [None if row == 3 else row + 0.5 for row in range(ROWS)],
        "text": [f"{row} {TEXTS[row % len(TEXTS)]}" for row in range(ROWS)], "label": [f"class {row % 2}" for row in range(ROWS)],
    })  # fmt: skip


def sqlite(path: Path, frame: pl.DataFrame) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE rows ({', '.join(frame.columns)})")
        connection.executemany(f"INSERT INTO rows VALUES ({', '.join('?' * frame.width)})", frame.rows())
    connection.close()


def open_document(path: Path, frame: pl.DataFrame) -> None:
    def cell(value: object) -> str:
        if value is None:
            return "<table:table-cell/>"
        if isinstance(value, int | float):
            return f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{value}</text:p></table:table-cell>'
        lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in str(value).split("\n"))
        return f'<table:table-cell office:value-type="string">{lines}</table:table-cell>'

    rows = "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in [tuple(frame.columns), *frame.rows()])
    names = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text"))
    body = f'<office:body><office:spreadsheet><table:table table:name="S">{rows}</table:table></office:spreadsheet></office:body>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", '<manifest xmlns="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>')
        archive.writestr("content.xml", f'<?xml version="1.0"?><office:document-content {names}>{body}</office:document-content>')


def zipped(path: Path, frame: pl.DataFrame) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("rows.csv", frame.write_csv())


def tarred(path: Path, frame: pl.DataFrame) -> None:
    ending = {".tgz": "gz", ".tbz2": "bz2", ".txz": "xz"}.get(path.suffix, path.suffix[1:])
    with tarfile.open(path, "w" if ending == "tar" else f"w:{ending}") as archive:  # type: ignore[call-overload]
        content = frame.write_csv().encode()
        entry = tarfile.TarInfo("rows.csv")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))


def folder(path: Path, frame: pl.DataFrame) -> None:
    path.mkdir()
    frame.write_csv(path / "train.csv")


FILES: dict[str, Write] = {
    "folder": folder,
    ".csv": lambda path, frame: frame.write_csv(path),
    ".tsv": lambda path, frame: frame.write_csv(path, separator="\t"),
    ".tab": lambda path, frame: frame.write_csv(path, separator="\t"),
    ".parquet": lambda path, frame: frame.write_parquet(path, row_group_size=7),
    ".arrow": lambda path, frame: frame.write_ipc(path),
    ".feather": lambda path, frame: frame.write_ipc(path, compression="lz4"),
    ".ipc": lambda path, frame: frame.write_ipc_stream(path),
    ".json": lambda path, frame: path.write_text(json.dumps(frame.to_dicts())) and None,
    ".jsonl": lambda path, frame: frame.write_ndjson(path),
    ".ndjson": lambda path, frame: frame.write_ndjson(path),
    ".xlsx": lambda path, frame: frame.write_excel(path) and None,
    ".xlsm": lambda path, frame: frame.write_excel(path) and None,
    ".ods": open_document,
    ".db": sqlite,
    ".sqlite": sqlite,
    ".sqlite3": sqlite,
    ".zip": zipped,
    ".tar": tarred,
    ".tar.gz": tarred,
    ".tgz": tarred,
    ".tar.bz2": tarred,
    ".tbz2": tarred,
    ".tar.xz": tarred,
    ".txz": tarred,
    ".gz": lambda path, frame: path.write_bytes(gzip.compress(frame.write_csv().encode())) and None,
    ".bz2": lambda path, frame: path.write_bytes(bz2.compress(frame.write_csv().encode())) and None,
    ".xz": lambda path, frame: path.write_bytes(lzma.compress(frame.write_csv().encode())) and None,
}
NAMES = {".gz": "rows.csv.gz", ".bz2": "rows.csv.bz2", ".xz": "rows.csv.xz", "folder": "rows"}
ELSEWHERE = {
    "-": "standard input is tested in tests/test_predict.py",
    ".xls": "nothing here can write the format of Excel before 2007; it is read by the package that reads .xlsx",
    "sqlite://": "the same reader as .sqlite, tested in tests/test_sqlite.py",
    "postgresql://": "needs a server: tests/test_database.py",
    "postgres://": "needs a server: tests/test_database.py",
}
TEXTUAL = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson")  # cut anywhere, what is left is still a table


def test_the_contract_knows_every_reader() -> None:
    unknown = [name for name in READERS if name not in FILES and name not in ELSEWHERE]
    assert not unknown, f"teach the contract how to write one: {unknown}"
    assert set(FILES) | set(ELSEWHERE) == set(READERS), "the contract knows readers that are gone"


def path_of(kind: str, where: Path) -> Path:
    return where / NAMES.get(kind, f"rows{kind}")


@pytest.fixture(params=list(FILES))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def path(kind: str, frame: pl.DataFrame, tmp_path: Path) -> Path:
    made = path_of(kind, tmp_path)
    FILES[kind](made, frame)
    return made


def test_rows_come_back_as_they_were_written(path: Path, frame: pl.DataFrame) -> None:
    table = read_table(str(path))
    assert table.frame.columns == frame.columns
    assert table.frame["whole"].cast(pl.Int64).to_list() == frame["whole"].to_list()
    assert table.frame["part"].cast(pl.Float64).to_list() == frame["part"].to_list()
    for name in ("text", "label"):
        assert [value.strip() for value in table.frame[name]] == [value.strip() for value in frame[name]]
    assert not table.broken and table.first_row == 0
    assert table.origin == str(path)


def test_every_row_has_a_place_of_its_own(path: Path) -> None:
    table = read_table(str(path))
    places = [table.source(row) for row in range(ROWS)]
    assert len(set(places)) == ROWS
    assert all("rows" in place for place in places)


@pytest.mark.parametrize("rows", [1, 4, ROWS, 1_000])
def test_batches_are_the_same_rows(path: Path, rows: int) -> None:
    whole, batches = read_table(str(path)), list(read_batches(str(path), Reading(), rows))
    assert [batch.first_row for batch in batches] == [sum(b.frame.height for b in batches[:place]) for place in range(len(batches))]
    assert sum(batch.frame.height for batch in batches) == ROWS
    assert pl.concat([batch.frame for batch in batches]).equals(whole.frame)
    assert [batch.source(row) for batch in batches for row in range(batch.frame.height)] == [whole.source(row) for row in range(ROWS)]


def test_columns_asked_for_as_text_lose_nothing(path: Path) -> None:
    """Formats that keep numbers as numbers may go on doing so."""
    table = read_table(str(path), Reading(as_text=["whole"]))
    assert [str(value) for value in table.frame["whole"]] == [str(row) for row in range(ROWS)]


def outcome(read: Callable[[], list[Table]], path: Path) -> list[Table] | None:
    """The tables, or None for one clear error that names the file; anything else fails the test."""
    try:
        tables = read()
    except LeadlineError as error:
        assert path.name in str(error), f"does not name the file: {error}"
        return None
    for table in tables:
        assert all(path.name in str(error) for error in table.broken.values())
    return tables


def both(path: Path) -> list[list[Table] | None]:
    return [
        outcome(lambda: [read_table(str(path))], path),
        outcome(lambda: list(read_batches(str(path), Reading(), 10)), path),
    ]


@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_a_file_that_was_cut_off_is_one_error_or_fewer_rows(kind: str, path: Path, share: float) -> None:
    if path.is_dir():
        return
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    for tables in both(path):
        rows = ROWS if tables is None else sum(table.frame.height for table in tables)
        assert rows == ROWS or (rows < ROWS and kind in TEXTUAL), "a part of a file passes for the whole"


@pytest.mark.parametrize("content", [b"", bytes(3_000), random.Random(1).randbytes(3_000)], ids=["empty", "zeros", "noise"])
def test_a_file_of_nothing_is_one_error(path: Path, content: bytes) -> None:
    if path.is_dir():
        return
    path.write_bytes(content)
    with pytest.raises(LeadlineError) as caught:
        read_table(str(path))
    assert path.name in str(caught.value)


def test_flipped_bits_never_end_in_a_traceback(path: Path) -> None:
    if path.is_dir():
        return
    content, rng = path.read_bytes(), random.Random(0)
    for count in (1, 1, 2, 4, 8, 16, 64):
        changed = bytearray(content)
        for _ in range(count):
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
        path.write_bytes(changed)
        both(path)


@pytest.mark.skipif(sys.platform == "win32", reason="rights work differently there")
def test_a_file_that_may_not_be_read_is_one_error(path: Path) -> None:
    if path.is_dir():
        return
    read_table(str(path))  # what it takes is imported by now, which another user may not
    with TemporaryDirectory(dir="/tmp") as place:
        closed = path.rename(Path(place) / path.name)
        Path(place).chmod(0o755)
        closed.chmod(0)
        user = os.geteuid()
        os.seteuid(65534 if user == 0 else user)
        try:
            with pytest.raises(LeadlineError) as caught:
                read_table(str(closed))
        finally:
            os.seteuid(user)
    assert path.name in str(caught.value)
