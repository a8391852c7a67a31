"""Parquet: whole and in pieces, kinds that only it has made plain, pictures embedded, encrypted and broken files refused."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from leadline.data.columnar.parquet import Parquet
from leadline.data.columnar.slices import slices
from leadline.data.contract import Reading
from leadline.data.plain import plain, unique_names
from leadline.data.read import read
from leadline.errors import LeadlineError


def written(folder: Path, frame: pl.DataFrame, **how: int) -> Path:
    frame.write_parquet(folder / "rows.parquet", **how)  # type: ignore[arg-type]
    return folder / "rows.parquet"


@pytest.mark.parametrize("group", [7, 10_000])
def test_pieces_are_the_whole_whatever_the_groups(tmp_path: Path, group: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadline.data.columnar.slices._CELLS", 600)  # so that several pieces are cut from several larger ones
    frame = pl.DataFrame({"n": range(1_000), "t": [str(row) for row in range(1_000)]})
    path = written(tmp_path, frame, row_group_size=group)
    batches = list(Parquet().batches(str(path), Reading(), 64))
    assert pl.concat([batch.frame for batch in batches]).equals(frame)
    assert [batch.first_row for batch in batches] == [sum(b.frame.height for b in batches[:place]) for place in range(len(batches))]
    assert {batch.frame.height for batch in batches[:-1]} == {64}
    assert batches[2].source(1) == f"{path}:row 129"


def test_pieces_of_pictures_are_small(tmp_path: Path) -> None:
    """What is cut at once is measured in bytes of the file too: a thousand pictures are more than a thousand numbers."""
    cut: list[int] = []
    scan = pl.LazyFrame({"a": range(1_000)})
    for _, frame in slices(scan, 1 << 34, 10):
        cut.append(frame.height)
    assert set(cut) == {10}


def test_kinds_that_only_some_formats_have_become_plain(tmp_path: Path) -> None:
    frame = pl.DataFrame({
        "money": [Decimal("1.25")], "long": [timedelta(minutes=1)], "clock": [time(0, 1)], "day": [date(2020, 1, 2)],
        "moment": [datetime(2020, 1, 2, 3)], "size": pl.Series(["S"], dtype=pl.Enum(["S", "M"])),
        "kind": pl.Series(["k"], dtype=pl.Categorical),
        "nothing": pl.Series([None], dtype=pl.Null), "tags": pl.Series([["a"]], dtype=pl.List(pl.Categorical)),
        "vector": pl.Series([[1, 2]], dtype=pl.Array(pl.Int64, 2)), "who": [{"name": "Ann", "home": {"city": "Ur"}}],
    })  # fmt: skip
    table = Parquet().read(str(written(tmp_path, frame)), Reading())
    assert table.frame.row(0, named=True) == {
        "money": 1.25, "long": 60.0, "clock": time(0, 1), "day": date(2020, 1, 2), "moment": datetime(2020, 1, 2, 3), "size": "S",
        "kind": "k",
        "nothing": None, "tags": ["a"], "vector": [1, 2], "who.name": "Ann", "who.home": {"city": "Ur"},
    }  # fmt: skip
    assert table.frame.schema["size"] == table.frame.schema["nothing"] == pl.String
    assert {remark.partition(":")[0] for remark in table.remarks} == {'column "long"', 'column "who"'}


@pytest.mark.parametrize(
    "column",
    [
        pl.Series("c", [[1.0, 2.0]] * 4), pl.Series("c", [{"a": {"b": 1}}] * 4), pl.Series("c", [b"x"] * 4), pl.Series("c", [[["a"]]] * 4),
        pl.Series("c", [2**100, 1, 2, 3], dtype=pl.Int128), pl.Series("c", [Decimal(1)] * 3 + [None]),
        pl.Series("c", [object()] * 4, dtype=pl.Object),
    ],
    ids=lambda column: str(column.dtype),
)  # fmt: skip
def test_whatever_a_column_holds_there_is_a_type_or_a_clear_word(column: pl.Series) -> None:
    frame = pl.DataFrame([column, pl.Series("n", [1, 2, 3, 4]), pl.Series("label", ["x", "y", "x", "y"])])
    try:
        data = read(frame)
        for name in data.types:
            data.decode(name)
        data.fingerprint()
    except LeadlineError as error:
        assert "c" in str(error.column)


def test_pictures_stay_embedded(tmp_path: Path) -> None:
    pictures = [{"bytes": b"\x89PNG", "path": "1.png"}, None]
    table = Parquet().read(str(written(tmp_path, pl.DataFrame({"image": pictures}))), Reading())
    assert table.frame["image"].to_list() == pictures and not table.remarks


def test_rows_without_columns_and_columns_without_rows(tmp_path: Path) -> None:
    with pytest.raises(LeadlineError, match="has no rows"):
        read(written(tmp_path, pl.DataFrame({"a": []}, schema={"a": pl.Int64})))
    with pytest.raises(LeadlineError):
        read(pl.DataFrame(height=3))


def test_an_encrypted_file_is_said_to_be(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"PARE" + bytes(100) + b"PARE")
    with pytest.raises(LeadlineError, match="is encrypted"):
        Parquet().read(str(path), Reading())


def test_brackets_in_a_name_are_no_pattern(tmp_path: Path) -> None:
    path = written(tmp_path, pl.DataFrame({"a": [1]})).rename(tmp_path / "rows[1]*.parquet")
    assert Parquet().read(str(path), Reading()).frame.height == 1
    assert sum(batch.frame.height for batch in Parquet().batches(str(path), Reading(), 5)) == 1


def test_a_page_broken_far_down_is_one_error_in_the_middle_of_the_batches(tmp_path: Path) -> None:
    frame = pl.DataFrame({"t": [f"{row * 7919 % 10_007:x}" * 9 for row in range(20_000)]})
    path = written(tmp_path, frame, row_group_size=2_000)
    content = bytearray(path.read_bytes())
    place = len(content) * 3 // 4
    content[place : place + 300] = bytes(300)
    path.write_bytes(content)
    with pytest.raises(LeadlineError, match=r"rows\.parquet cannot be read as Parquet"):
        for _ in Parquet().batches(str(path), Reading(), 500):
            pass


def test_names_are_made_to_differ() -> None:
    assert unique_names(["a", "a", "", "a_2", None, "a", " "])[0] == ["a", "a_2_2", "column_3", "a_2", "column_5", "a_3", "column_7"]
    names, remarks = unique_names(["a", "b"])
    assert names == ["a", "b"] and not remarks


def test_keys_of_an_object_do_not_hide_a_column() -> None:
    frame, remarks = plain(pl.DataFrame({"a": [{"b": 1}], "a.b": [2]}))
    assert frame.rows() == [(1, 2)] and frame.columns == ["a.b", "a.b_2"] and len(remarks) == 2
