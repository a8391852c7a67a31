"""JSON: the ways in which people keep a table in it, and what to do with what is no table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.data.contract import Reading
from leadline.data.json_files import records
from leadline.data.json_files.json import Json
from leadline.data.read import read
from leadline.data.table import Table
from leadline.errors import LeadlineError


def document(folder: Path, content: Any) -> Path:
    path = folder / "rows.json"
    path.write_bytes(content if isinstance(content, bytes) else (content if isinstance(content, str) else json.dumps(content)).encode())
    return path


def whole(path: Path) -> Table:
    return Json().read(str(path), Reading())


ROWS = [{"a": 1, "label": "x"}, {"a": 2, "label": None}]


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        (ROWS, None),
        ({"data": ROWS, "version": 1}, 'under "data"; beside it, not read: version'),
        ({"version": 1, "examples": ROWS, "tags": []}, 'under "examples"'),
        ({"a": [1, 2], "label": ["x", None]}, "column by column"),
        ({"a": {"0": 1, "1": 2}, "label": {"0": "x", "1": None}}, "column by column"),
        ({"columns": ["a", "label"], "index": [0, 1], "data": [[1, "x"], [2, None]]}, '"columns"'),
        ('{"a": 1, "label": "x"}\n{"a": 2, "label": null}\n', "on each line"),
        ('{"a": 1, "label": "x"}\n\n{"a": 2}', "on each line"),
    ],
)
def test_tables_in_many_forms(tmp_path: Path, content: Any, remark: str | None) -> None:
    table = whole(document(tmp_path, content))
    assert table.frame.to_dict(as_series=False) == {"a": [1, 2], "label": ["x", None]}
    assert (remark is None and not table.remarks) or any(str(remark) in said for said in table.remarks)


def test_lists_by_the_names_of_splits_are_splits(tmp_path: Path) -> None:
    table = whole(document(tmp_path, {"test": ROWS[:1], "train": ROWS, "val": ROWS[1:], "notes": "none"}))
    assert table.frame["a"].to_list() == [1, 2, 2, 1]
    assert table.split is not None and table.split.tolist() == ["train", "train", "valid", "test"]


def test_one_record_is_one_row(tmp_path: Path) -> None:
    assert whole(document(tmp_path, {"a": 1, "b": "x", "tags": ["y"]})).frame.rows() == [(1, "x", ["y"])]


def test_rows_are_found_by_line_or_by_number(tmp_path: Path) -> None:
    path = document(tmp_path, json.dumps(ROWS, indent=1))
    assert [whole(path).source(row) for row in (0, 1)] == [f"{path}:2", f"{path}:6"]
    assert whole(document(tmp_path, ROWS)).source(1) == f"{path}:row 1"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"images": [{"id": 1}], "annotations": [{"bbox": [1, 2]}], "categories": []}, "one line for each picture with its label"),
        ({"type": "FeatureCollection", "features": [{"geometry": {"coordinates": [[1, 2]]}}]}, "one flat record"),
        ({"a": {"b": {"c": 1}}}, "one flat record"),
        ({"a": ROWS, "b": ROWS}, "a file of its own"),
        ({"a": [1, 2], "b": [1]}, "not equally long: a (2), b (1)"),
        ({}, "not a table"),
        ([[1, 2], [3, 4]], "give each value a name"),
        (["x", "y"], "give each value a name"),
        ("null", "cannot be read as JSON"),
        ("a,b\n1,2\n", "it looks like plain text, perhaps CSV"),
        ("<html></html>", "it looks like a page of HTML or XML"),
        (b"PAR1....PAR1", "it looks like Parquet"),
        ('[{"a": 1}, {"a": ', "not whole JSON: Expecting value in line 1, column 18"),
        ('[{"a": 1}\n {"a": 2}]', "a comma is missing"),
        ('[{"a": 1}] [', "something follows"),
        ("[{'a': 1}]", "not whole JSON"),
        ('[{"a": ' + "9" * 5_000 + "}]", "thousands of digits"),
        ("[" * 100_000, "nested too deep"),
        ('{"a":' * 100_000, "nested too deep"),
        ('[{"a": {"b": {"c": 1}}}]', "nested too deep"),
        ('[{"a": "é"}]'.encode("latin-1"), "not written in UTF-8"),
        (b"", "is empty"),
        (b" \n ", "cannot be read as JSON"),
    ],
)
def test_what_is_no_table_is_one_error_with_a_way_out(tmp_path: Path, content: Any, words: str) -> None:
    with pytest.raises(LeadlineError) as caught:
        whole(document(tmp_path, content))
    assert words in str(caught.value) and "rows.json" in str(caught.value)


def test_an_empty_list_has_no_rows(tmp_path: Path) -> None:
    with pytest.raises(LeadlineError, match="has no rows"):
        read(document(tmp_path, []))


def test_an_element_that_is_no_record_is_a_row_without_values(tmp_path: Path) -> None:
    path = document(tmp_path, '[{"a": 1},\n7,\n{"a": 3}]')
    table = whole(path)
    assert table.frame["a"].to_list() == [1, None, 3]
    assert table.broken[1].file == f"{path}:2"


def test_equal_keys_and_mixed_kinds_are_said(tmp_path: Path) -> None:
    table = whole(document(tmp_path, '[{"a": 1, "a": 2, "b": 1}, {"a": 3, "b": "x"}]'))
    assert table.frame.rows() == [(2, "1"), (3, "x")]
    assert ["the last counts: a" in table.remarks[0], '"b"' in table.remarks[1]] == [True, True]


def test_what_json_does_not_know_is_read_all_the_same(tmp_path: Path) -> None:
    table = whole(document(tmp_path, '[{"a": NaN, "b": Infinity}, {"a": 1, "b": -Infinity}]'))
    assert str(table.frame.rows()) == "[(nan, inf), (1.0, -inf)]"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
def test_any_unicode_is_read(tmp_path: Path, encoding: str) -> None:
    assert whole(document(tmp_path, '[{"a": "é→"}]'.encode(encoding))).frame["a"].to_list() == ["é→"]


def test_more_records_than_are_held_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadline.data.json_files.json._AT_ONCE", 3)
    records = [{"a": row} if row < 7 else {"a": str(row), "b": row} for row in range(10)]
    table = whole(document(tmp_path, records))
    assert table.frame["a"].to_list() == [str(row) for row in range(10)]
    assert table.frame["b"].to_list() == [None] * 7 + [7, 8, 9]
    assert any('"a"' in remark for remark in table.remarks)


def test_ten_thousand_columns(tmp_path: Path) -> None:
    table = whole(document(tmp_path, [{f"c{place}": place for place in range(10_000)}] * 2))
    assert table.frame.shape == (2, 10_000)


VALUES = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=6)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), VALUES, min_size=1), min_size=1, max_size=6))
def test_no_value_is_lost(tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, Any]]) -> None:
    frame = whole(document(tmp_path_factory.mktemp("any"), records)).frame
    for name in frame.columns:
        wanted = [record.get(name) for record in records]
        if frame[name].dtype == pl.String and any(value is not None and not isinstance(value, str) for value in wanted):
            assert [value is None for value in frame[name]] == [value is None for value in wanted]
        elif frame[name].dtype == pl.Float64:
            assert frame[name].to_list() == [value if value is None else float(value) for value in wanted]
        else:
            assert frame[name].to_list() == wanted


@given(st.text(alphabet='[]{}",:ab1 \n\\.', max_size=40))
def test_any_text_is_a_table_or_one_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    try:
        whole(document(tmp_path_factory.mktemp("any"), text))
    except LeadlineError as error:
        assert "rows.json" in str(error)


_values = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.integers(-9, 9), st.floats(), st.text(max_size=3), st.just("\ud800"),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.sampled_from("ab"), st.integers(0, 3), max_size=2),
)  # fmt: skip


@given(st.lists(st.dictionaries(st.sampled_from(["a", "b", "c", "\udfff"]), _values, max_size=3), max_size=4))
def test_columns_made_all_at_once_are_those_made_one_by_one(rows: list[dict[str, Any]]) -> None:
    made = records.Records().frame(rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_plain_frame", lambda _: None)
        one_by_one = records.Records().frame(rows)
    assert made.schema == one_by_one.schema and made.height == one_by_one.height
    assert made.equals(one_by_one, null_equal=True)
