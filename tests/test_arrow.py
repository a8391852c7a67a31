"""Arrow and Feather: files and streams told apart, piece by piece in constant memory, broken ones refused before polars panics."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.feather
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.data.columnar.arrow import Arrow
from leadline.data.columnar.arrow_stream import pieces
from leadline.data.columnar.flatbuffer import check_contents
from leadline.data.contract import Reading
from leadline.errors import LeadlineError

FRAME = pl.DataFrame({"n": range(100), "t": [f"text {row}" for row in range(100)]})


def file(path: Path) -> None:
    FRAME.write_ipc(path, record_batch_size=30)


def stream(path: Path) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, FRAME.to_arrow().schema) as writer:
        for start in range(0, 100, 30):
            writer.write_table(FRAME.slice(start, 30).to_arrow())


def dictionaries(path: Path) -> None:
    """As pandas and Hugging Face write categories: each value stands once, in a message of its own."""
    table = pa.table({"n": range(100), "t": pa.array(FRAME["t"].to_list()).dictionary_encode()})
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=30)


def feather(path: Path) -> None:
    pyarrow.feather.write_feather(FRAME.to_arrow(), str(path), compression="zstd", chunksize=30)


@pytest.mark.parametrize("write", [file, stream, dictionaries, feather])
def test_every_way_of_writing_is_read_whole_and_in_pieces(tmp_path: Path, write: object) -> None:
    path = tmp_path / "rows.arrow"
    write(path)  # type: ignore[operator]
    assert Arrow().read(str(path), Reading()).frame.equals(FRAME)
    batches = list(Arrow().batches(str(path), Reading(), 40))
    assert [(batch.first_row, batch.frame.height) for batch in batches] == [(0, 40), (40, 40), (80, 20)]
    assert pl.concat([batch.frame for batch in batches]).equals(FRAME)
    assert batches[1].source(2) == f"{path}:row 42"


def test_a_table_without_rows_has_columns(tmp_path: Path) -> None:
    for path, write in ((tmp_path / "f.arrow", FRAME.clear().write_ipc), (tmp_path / "s.arrow", FRAME.clear().write_ipc_stream)):
        write(path)
        assert Arrow().read(str(path), Reading()).frame.columns == ["n", "t"]
        assert list(Arrow().batches(str(path), Reading(), 10)) == []


def test_brackets_in_a_name_are_no_pattern(tmp_path: Path) -> None:
    path = tmp_path / "rows[1]*.arrow"
    file(path)
    assert Arrow().read(str(path), Reading()).frame.height == 100


def test_feather_of_version_1_is_refused_with_a_way_out(tmp_path: Path) -> None:
    path = tmp_path / "old.feather"
    path.write_bytes(b"FEA1" + bytes(100) + b"FEA1")
    with pytest.raises(LeadlineError, match="version 1") as caught:
        Arrow().read(str(path), Reading())
    assert "to_parquet" in caught.value.try_this


@pytest.mark.parametrize(
    ("content", "words"), [(b"a,b\n1,2\n", "perhaps CSV"), (b"PAR1 and more", "looks like Parquet"), (b"ARROW1", "cannot be read")]
)
def test_other_content_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "rows.arrow"
    path.write_bytes(content)
    with pytest.raises(LeadlineError, match=words):
        Arrow().read(str(path), Reading())


@pytest.mark.parametrize("write", [file, stream])
def test_a_missing_middle_is_found_before_polars_reads(tmp_path: Path, write: object, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "rows.arrow"
    write(path)  # type: ignore[operator]
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 3] + content[2 * len(content) // 3 :])
    for read in (lambda: Arrow().read(str(path), Reading()), lambda: list(Arrow().batches(str(path), Reading(), 10))):
        with pytest.raises(LeadlineError, match="cannot be read as Arrow"):
            read()
    assert "panicked" not in capfd.readouterr().err


@settings(max_examples=60)
@given(st.data())
def test_the_checks_of_broken_bytes_only_raise_value_errors(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    made = io.BytesIO()
    (FRAME.write_ipc if data.draw(st.booleans()) else FRAME.write_ipc_stream)(made)
    content = bytearray(made.getvalue()[: data.draw(st.integers(8, len(made.getvalue())))])
    for _ in range(data.draw(st.integers(0, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("any") / "rows.arrow"
    path.write_bytes(content)
    try:
        check_contents(path)
    except ValueError:
        pass
    try:
        list(Arrow().batches(str(path), Reading(), 10))
    except LeadlineError as error:
        assert "rows.arrow" in str(error)


def test_a_length_beyond_the_file_makes_no_room_for_it(tmp_path: Path) -> None:
    path = tmp_path / "rows.arrow"
    path.write_bytes(b"\xff\xff\xff\xff" + (2**31 - 1).to_bytes(4, "little") + bytes(100))
    with pytest.raises(ValueError, match="ends in the middle"):
        list(pieces(path, 10))
