"""What holds for every column type, today's and tomorrow's."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from leadline.columns.contract import ColumnType, Confidence, Sample, Where
from leadline.columns.recognise import recognise
from leadline.registry import COLUMNS
from leadline.values import take_rows

TYPES = list(COLUMNS)


@pytest.fixture(params=TYPES)
def kind(request: pytest.FixtureRequest) -> ColumnType:
    made: ColumnType = COLUMNS.get(request.param)()
    return made


def test_it_is_registered_under_its_own_name(kind: ColumnType) -> None:
    assert kind.name in COLUMNS


def test_it_recognises_what_it_makes_up_and_says_why(kind: ColumnType) -> None:
    verdict = kind.recognise(Sample("some column", kind.made_up(50, 0), 50))
    assert isinstance(verdict, Confidence)
    assert 0 < verdict.value <= 1 and verdict.why


def test_no_other_type_is_surer_of_it(kind: ColumnType) -> None:
    assert recognise("some column", kind.made_up(200, 1)).type == kind.name


def test_what_it_settles_about_a_column_can_be_kept(kind: ColumnType) -> None:
    settled = type(kind).for_values(Sample("some column", kind.made_up(50, 8), 50))
    config = json.loads(json.dumps(settled.config()))
    assert type(kind)(**config).config() == config


def test_what_it_says_of_values_are_sentences(kind: ColumnType) -> None:
    raw = kind.made_up(50, 9)
    for said in kind.remarks(Sample("some column", raw, 50), raw):
        assert said and "\n" not in said and not said.endswith(".")


def test_its_features_are_those_it_promises(kind: ColumnType) -> None:
    features = kind.features(kind.decode(kind.made_up(20, 10), Where("c")).values)
    assert set(features) == set(kind.forms)
    assert all(len(values) == 20 for values in features.values())


@pytest.mark.parametrize("rows", [0, 1, 5, 60])
def test_columns_read_together_are_read_as_each_by_itself(kind: ColumnType, rows: int) -> None:
    made, whole = kind.made_up(60, 13).head(rows), pl.Series(range(60), dtype=pl.Int64).head(rows)
    odd = pl.Series(["?", " b ", "B", None, "1,5", "é", "-", "12"] * 8, dtype=pl.String).head(rows)
    gaps = pl.Series([None, 1.5, float("inf"), float("nan"), -0.0, 1e300] * 10, dtype=pl.Float64).head(rows)
    none = pl.Series([None] * rows, dtype=pl.String)
    columns = {"made": made, "gap": made.scatter([0], None) if rows else made, "whole": whole, "odd": odd, "gaps": gaps, "none": none}
    for name, values in type(kind).decode_together(pl.DataFrame(columns), list(columns)).items():
        alone = kind.decode(columns[name], Where(name))
        assert not alone.bad
        assert pl.Series("", values).equals(pl.Series("", alone.values), null_equal=True), name


def test_a_row_alone_is_decoded_as_it_is_among_others(kind: ColumnType) -> None:
    raw = kind.made_up(10, 11)
    together = kind.features(kind.decode(raw, Where("c")).values)
    for row in range(10):
        alone = kind.features(kind.decode(raw.slice(row, 1), Where("c")).values)
        for name, values in alone.items():
            if kind.forms[name] != "image":
                assert [str(value) for value in values] == [str(value) for value in take_rows(together[name], np.array([row]))]


def test_values_of_any_other_type_do_not_crash_its_settings(kind: ColumnType) -> None:
    for other in COLUMNS.make_all():
        values = other.made_up(20, 12)
        type(kind).for_values(Sample("some column", values, 20))


def test_decoding_keeps_the_rows_and_their_order(kind: ColumnType) -> None:
    raw = kind.made_up(30, 2)
    whole = kind.decode(raw, Where("c")).values
    part = kind.decode(raw.gather([7, 3, 3]), Where("c")).values
    assert len(whole) == 30
    picked = take_rows(whole, np.array([7, 3, 3]))
    assert [str(value) for value in picked] == [str(value) for value in part] or len(picked) == len(part)


def test_made_up_values_are_the_same_for_the_same_seed(kind: ColumnType) -> None:
    assert kind.made_up(20, 3).equals(kind.made_up(20, 3))
    assert not kind.made_up(20, 3).equals(kind.made_up(20, 4))


def test_values_survive_json(kind: ColumnType) -> None:
    for raw in kind.made_up(5, 4):
        assert kind.from_json(json.loads(json.dumps(kind.to_json(raw)))) == raw


def test_a_person_can_look_at_a_value(kind: ColumnType) -> None:
    line = kind.show(kind.made_up(1, 5)[0])
    assert line and "\n" not in line and len(line) < 200
    assert isinstance(kind.show(None), str)


def test_a_person_sees_or_reads_a_value_where_there_is_room(kind: ColumnType) -> None:
    raw = kind.made_up(3, 0)
    told, seen = kind.tell(raw[0]), kind.thumbnail(raw.slice(0, 1), Where("some column"))
    assert told or seen
    assert seen is None or seen.startswith(b"\xff\xd8\xff")
    assert kind.thumbnail(pl.Series([None], dtype=raw.dtype), Where("some column")) is None


def test_missing_values_do_not_end_the_work(kind: ColumnType) -> None:
    raw = kind.made_up(3, 6)
    with_gap = pl.concat([raw, pl.Series([None], dtype=raw.dtype)])
    decoded = kind.decode(with_gap, Where("c", lambda row: f"file.csv:{row}"))
    assert len(decoded.values) == 4
    for row, error in decoded.bad.items():
        assert row == 3 and error.column == "c" and error.file == "file.csv:3"


def test_its_sketch_is_plain_figures(kind: ColumnType) -> None:
    for statistic, key, value in kind.sketch(kind.made_up(100, 7)):
        assert isinstance(statistic, str) and isinstance(key, str) and isinstance(value, float)


def test_files_that_hold_one_value_can_be_read(kind: ColumnType, tmp_path: Path) -> None:
    for extension in kind.extensions:
        assert extension.startswith(".") and extension == extension.lower()
        path = tmp_path / f"one{extension}"
        path.write_bytes(b"words in a file")
        assert kind.from_file(path)
