"""JSON lines: read at once or line by line with the same result, in constant memory, broken lines named and kept as rows."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leadline.data.contract import Reading
from leadline.data.json_files.jsonl import JsonLines
from leadline.data.json_files.lines_fast import parsed_at_once
from leadline.data.json_files.records import Records
from leadline.data.plain import plain
from leadline.data.read import read
from leadline.data.table import Table
from leadline.errors import LeadlineError

PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = PLAIN | st.lists(st.text(max_size=4) | st.none(), max_size=3) | st.dictionaries(st.text(max_size=3), PLAIN, max_size=3)
KEYS = st.sampled_from(["a", "b", "é", 'quo"te', "", "a.b"])
RECORDS = st.lists(st.dictionaries(KEYS, VALUES, max_size=4), min_size=1, max_size=8)


def lines(folder: Path, *text: str | bytes, name: str = "rows.jsonl") -> Path:
    path = folder / name
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else line.encode() for line in text))
    return path


def whole(path: Path) -> Table:
    return JsonLines().read(str(path), Reading())


def test_values_keep_their_kinds_and_lines_their_numbers(tmp_path: Path) -> None:
    table = whole(lines(tmp_path, '{"n": 1, "t": "x"}', "", '{"t": "y", "n": 2.5}', "  ", '{"tags": ["a", "b"]}'))
    assert table.frame.to_dict(as_series=False) == {"n": [1.0, 2.5, None], "t": ["x", "y", None], "tags": [None, None, ["a", "b"]]}
    assert [table.source(row).rpartition(":")[2] for row in range(3)] == ["1", "3", "5"]


def test_a_broken_line_is_a_row_without_values_that_names_its_line(tmp_path: Path) -> None:
    path = lines(tmp_path, '{"a": 1, "label": "x"}', "", '{"a": 2, "label"', '{"a": 3, "label": "y"}', '{"a": 4, "label": "x"}')
    table = whole(path)
    assert table.frame["a"].to_list() == [1, None, 3, 4]
    assert list(table.broken) == [1]
    assert table.broken[1].file == f"{path}:3" and table.broken[1].row == 1
    data = read(path)
    assert len(data) == 3 and data.findings[0].rows == [1]


@pytest.mark.parametrize(
    "line", [b"[1]", b'"text"', b"5", b"null", b'{"a": \xff}', b"{'a': 1}", b'{"a": ' + b"9" * 5_000 + b"}", b'{"a":' * 3_000]
)
def test_whatever_is_no_record_is_a_broken_line(tmp_path: Path, line: bytes) -> None:
    table = whole(lines(tmp_path, '{"a": 1}', line, '{"a": 2}'))
    assert table.frame["a"].to_list() == [1, None, 2] and list(table.broken) == [1]


def test_a_file_that_is_mostly_broken_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(LeadlineError, match=r"2 of the first 3 lines .*rows.jsonl:2") as caught:
        whole(lines(tmp_path, '{"a": 1}', "a,b", "1,2"))
    assert ".csv" in caught.value.try_this


def test_values_of_several_kinds_become_text_and_it_is_said(tmp_path: Path) -> None:
    table = whole(lines(tmp_path, '{"a": 1, "b": 1}', '{"a": "x", "b": 2}', '{"a": true}', '{"a": 2.0}', '{"a": [1]}', '{"a": {"k": 1}}'))
    assert table.frame["a"].to_list() == ["1", "x", "true", "2", "[1]", '{"k": 1}']
    assert table.frame["b"].dtype == pl.Int64
    assert any('"a"' in remark and '"b"' not in remark for remark in table.remarks)


def test_an_object_becomes_columns_and_a_picture_stays_one(tmp_path: Path) -> None:
    table = whole(lines(tmp_path, '{"who": {"name": "Ann", "tags": ["x"]}, "image": {"bytes": "aGk=", "path": "1.png"}}', '{"who": null}'))
    assert table.frame["who.name"].to_list() == ["Ann", None]
    assert table.frame["who.tags"].to_list() == [["x"], None]
    assert table.frame["image"].to_list() == [{"bytes": b"hi", "path": "1.png"}, None]
    assert any('"who"' in remark for remark in table.remarks)


@pytest.mark.parametrize("value", ['{"b": {"c": 1}}', "[[1]]", '[{"b": 1}]', '{"b": [[1]]}', '{"b": [{"c": 1}]}'])
def test_what_is_nested_deeper_is_refused_with_the_line(tmp_path: Path, value: str) -> None:
    path = lines(tmp_path, '{"a": null}', f'{{"a": {value}}}')
    with pytest.raises(LeadlineError, match="nested too deep") as caught:
        whole(path)
    assert caught.value.file == f"{path}:2" and caught.value.column == "a"


def test_numbers_too_long_for_64_bits_lose_no_digit(tmp_path: Path) -> None:
    for long in (2**64, 2**100, 10**60):
        table = whole(lines(tmp_path, f'{{"id": {long}}}', '{"id": 7}'))
        assert table.frame["id"].to_list() == [str(long), "7"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"])
def test_any_unicode_is_read(tmp_path: Path, encoding: str) -> None:
    assert whole(lines(tmp_path, '{"a": "é"}\n{"a": "→"}\n'.encode(encoding))).frame["a"].to_list() == ["é", "→"]


def test_halves_of_characters_are_marked_as_unreadable(tmp_path: Path) -> None:
    assert whole(lines(tmp_path, r'{"a": "x\ud800y"}', r'{"a": "\ud83d\ude00"}')).frame["a"].to_list() == ["x\ufffdy", "\U0001f600"]


def test_a_line_without_an_end_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadline.data.json_files.jsonl._LONGEST", 1_000)
    with pytest.raises(LeadlineError, match="has a line of over"):
        whole(lines(tmp_path, '{"a": "' + "x" * 2_000))


def test_batches_keep_columns_that_later_lines_lack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadline.data.json_files.jsonl._LINES", 2)
    path = lines(tmp_path, '{"a": 1, "b": "x"}', "", '{"a": 2}', "broken", '{"c": true}', '{"a": 3}')
    batches = list(JsonLines().batches(str(path), Reading(), 2))
    assert [batch.frame.columns for batch in batches] == [["a", "b"], ["a", "b", "c"], ["a", "b", "c"]]
    assert [batch.first_row for batch in batches] == [0, 2, 4]
    assert list(batches[1].broken) == [0] and batches[1].broken[0].row == 2
    assert [batch.source(0) for batch in batches] == [f"{path}:{line}" for line in (1, 4, 6)]


def test_a_stream_is_read_as_it_comes(tmp_path: Path) -> None:
    text = "".join(f'{{"n": {row}}}\n' for row in range(5_000))
    batches = JsonLines().stream_batches(io.BytesIO(text.encode()), "stdin", Reading(), 1_000)
    assert [batch.frame["n"].sum() for batch in batches] == [sum(range(start, start + 1_000)) for start in range(0, 5_000, 1_000)]


def spread(frame: pl.DataFrame) -> dict[str, Any]:
    """Values in a form in which not-a-number equals itself."""
    frame = plain(frame)[0]
    return {name: json.dumps(frame[name].to_list()) for name in frame.columns}


@given(RECORDS)
@example([{"a": "x"}, {"a": 1.0}])
@example([{"a": {"b": 1}}, {"a": {"b": "x"}}])
@example([{"a": 'says "b": 5', "b": "y"}])
def test_all_at_once_is_the_same_as_one_by_one(records: list[dict[str, Any]]) -> None:
    written = [json.dumps(record, ensure_ascii=len(records) % 2 == 0).encode() + b"\n" for record in records]
    at_once = parsed_at_once(written)
    if at_once is not None:
        one_by_one = Records()
        assert spread(at_once) == spread(one_by_one.frame([json.loads(line) for line in written]))
        assert not one_by_one.mixed


OBJECTS = st.dictionaries(st.just("object"), st.dictionaries(st.sampled_from("ab"), PLAIN, max_size=2), max_size=1)
# An object among values of other kinds is written down with the keys that others of its portion have.
ALIKE = st.builds(lambda plain, nested: plain | nested, st.dictionaries(KEYS, PLAIN, max_size=3), OBJECTS)


@settings(max_examples=40)
@given(st.lists(st.lists(ALIKE, min_size=1, max_size=6), min_size=1, max_size=3))
def test_portions_put_together_are_the_same_as_all_lines_together(parts: list[list[dict[str, Any]]]) -> None:
    pieces, together = Records(), Records()
    stacked = pieces.stacked([Records(pieces.mixed).frame(part) for part in parts])
    frame = together.frame([record for part in parts for record in part])
    assert spread(stacked) == spread(frame) and set(pieces.mixed) == set(together.mixed)


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_one_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("any") / "rows.jsonl"
    path.write_bytes(content)
    try:
        whole(path)
    except LeadlineError as error:
        assert "rows.jsonl" in str(error)
