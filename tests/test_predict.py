"""Predicting many rows: from anything that is read, in batches, into files that appear whole; bad rows are marked and the rest answered."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import leadline as ll
from leadline.artifact import tables
from leadline.artifact.inputs import read_batches_for
from leadline.artifact.model import Model, load
from leadline.errors import LeadlineError

READ = {"csv": pl.read_csv, "parquet": pl.read_parquet, "jsonl": pl.read_ndjson}


@pytest.fixture(scope="module")
def trained(people: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ll.train(people, target="answer", learners=["linear"], budget="5m", out=tmp_path_factory.mktemp("trained") / "people").artifact


@pytest.fixture(scope="module")
def answering(trained: Path, people: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Model]:
    """Models by the learner that they are of."""
    grown = ll.train(people, target="answer", learners=["trees"], budget="5m", out=tmp_path_factory.mktemp("grown") / "people")
    return {"linear": load(trained), "trees": load(grown.artifact)}


@pytest.fixture(scope="module")
def striped(stripes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of a few pictures."""
    folder = tmp_path_factory.mktemp("striped")
    for path in sorted(stripes.rglob("*.png"))[::6]:
        copy = folder / "pictures" / path.relative_to(stripes)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return ll.train(folder / "pictures", learners=["probe"], budget="5m", out=folder / "striped").artifact


@pytest.fixture
def model(trained: Path) -> Model:
    return load(trained)


@pytest.fixture
def in_small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few rows are many batches."""
    monkeypatch.setattr("leadline.artifact.model._MOST_ROWS", 7)


def leadline(*words: str, cwd: Path, **settings: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "leadline.cli.main", *words], cwd=cwd, capture_output=True, text=True, **settings)


def nothing_left(folder: Path, *expected: str) -> bool:
    return sorted(path.name for path in folder.iterdir()) == sorted(expected)


def test_batches_hold_what_the_whole_holds(model: Model, people: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = model.predict(people).to_table()
    monkeypatch.setattr("leadline.artifact.model._MOST_ROWS", 7)
    parts = list(model.predict_batches(people))
    assert len(parts) == 58
    assert pl.concat(parts).equals(whole)


_numbers = st.one_of(st.none(), st.integers(-5, 90), st.floats(), st.sampled_from([2**53 + 1, 2**62, 1e300, -0.0]))
_spelled = ["33", " 33 ", "1,234.5", "1e2", "inf", "NaN", "?", "", "-", "abc", "12 %", "\u00a07", "(5)"]
_written = st.one_of(st.none(), st.sampled_from(_spelled))
_colours = st.one_of(st.none(), st.sampled_from(["red", " green", "RED", "blue\u00a0", "?", "n/a", "", "none", "é", "1.0", "new"]))


@pytest.mark.parametrize("learner", ["linear", "trees"])
@settings(max_examples=15)
@given(data=st.data())
def test_a_row_alone_has_the_answer_that_it_has_among_others(answering: dict[str, Model], learner: str, data: st.DataObject) -> None:
    """Whatever is missing, infinite or oddly written; to the last bit."""
    age = data.draw(st.sampled_from([_numbers, _written]))
    rows = data.draw(st.lists(st.fixed_dictionaries({"age": age, "colour": _colours, "height": _numbers}), min_size=1, max_size=40))
    together = list(answering[learner].predict(rows))
    for row, among in zip(rows, together, strict=True):
        for source in (row, [row], pl.DataFrame([row], infer_schema_length=None)):
            alone = answering[learner].predict(source)[0]
            assert (alone["error"] is None) == (among["error"] is None)
            assert all(alone[name] == among[name] for name in alone if name not in ("row", "source", "seconds", "error"))


def test_the_table_has_the_documented_columns_and_agrees_with_the_records(model: Model, people: pl.DataFrame) -> None:
    predictions = model.predict(people)
    table = predictions.to_table()
    assert table.columns == ["row", "source", "label", "error", "low", "high", "familiarity", "refused", "p(no)", "p(yes)"]
    for record, row in zip(predictions, table.iter_rows(named=True), strict=True):
        assert {name: record[name] for name in table.columns[:8]} == {name: row[name] for name in table.columns[:8]}
        assert record["probabilities"] == {"no": row["p(no)"], "yes": row["p(yes)"]}


def test_numbers_come_with_their_interval(people: pl.DataFrame, tmp_path: Path) -> None:
    model = load(ll.train(people, target="height", learners=["linear"], budget="5m", out=tmp_path / "m").artifact)
    predictions = model.predict(people.head(5))
    table = predictions.to_table()
    assert table.columns[2] == "value"
    assert table["low"].to_list() == [record["low"] for record in predictions]
    assert ((table["low"] < table["value"]) & (table["value"] < table["high"])).all()


@pytest.mark.usefixtures("in_small_batches")
@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_rows_and_sources_count_through_the_whole_source(model: Model, people: pl.DataFrame, tmp_path: Path, kind: str) -> None:
    people.head(40).write_parquet(tmp_path / "people.parquet")
    summary = model.predict_into(tmp_path / f"out.{kind}", tmp_path / "people.parquet")
    table = READ[kind](tmp_path / f"out.{kind}")
    assert table["row"].to_list() == list(range(40))
    assert table["source"][23] == f"{tmp_path / 'people.parquet'}:row 23"
    assert (summary.num_rows, summary.num_bad) == (40, 0)
    assert table["label"].to_list() == model.predict(people.head(40)).to_table()["label"].to_list()
    assert nothing_left(tmp_path, "people.parquet", f"out.{kind}")


@pytest.mark.usefixtures("in_small_batches")
def test_a_parquet_file_of_many_parts_is_in_order(
    model: Model, people: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_ROWS_HELD", 50)
    model.predict_into(tmp_path / "out.parquet", people)
    assert pl.read_parquet(tmp_path / "out.parquet").equals(model.predict(people).to_table())


@pytest.mark.usefixtures("in_small_batches")
def test_bad_rows_are_marked_where_they_are_and_the_rest_answered(model: Model, people: pl.DataFrame, tmp_path: Path) -> None:
    ages = [str(age) for age in people["age"].fill_null(30)]
    ages[3], ages[25], ages[26] = "abc", "old", ""
    rows = people.drop("age").with_columns(age=pl.Series(ages))
    summary = model.predict_into(tmp_path / "out.csv", rows)
    table = pl.read_csv(tmp_path / "out.csv")
    assert table.filter(pl.col("error").is_not_null())["row"].to_list() == [3, 25]
    assert '"abc" is not a number' in table["error"][3]
    assert "row 25" in table["error"][25]
    assert table["label"][3] is None and table["p(yes)"][25] is None
    assert table["label"].null_count() == summary.num_bad == 2


def test_other_rows_are_answered_alike_whether_or_not_some_are_bad(model: Model, people: pl.DataFrame) -> None:
    text = people.with_columns(pl.col("age").cast(pl.String))
    spoilt = text.with_columns(pl.when(pl.int_range(pl.len()) % 5 == 0).then(pl.lit("x")).otherwise("age").alias("age"))
    clean, marked = model.predict(text).to_table(), model.predict(spoilt).to_table()
    good = marked["error"].is_null()
    assert good.sum() == 320
    assert clean.filter(good).equals(marked.filter(good))


def test_rows_that_the_reader_could_not_read_are_marked(model: Model, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"age": 20, "colour": "red", "height": 3}\n{"age": \n{"age": 21, "colour": "red", "height": 3}\n')
    predictions = model.predict(tmp_path / "rows.jsonl")
    assert [record["error"] is None for record in predictions] == [True, False, True]
    assert predictions[1]["label"] is None
    assert predictions[1]["row"] == 1


def test_data_that_were_read_before_keep_their_row_numbers(model: Model, people: pl.DataFrame) -> None:
    data = ll.read(people, target="answer").take(np.array([5, 80, 300]))
    assert model.predict(data).to_table()["row"].to_list() == [5, 80, 300]
    assert model.predict(data)[1]["source"] == "row 80"


def test_a_table_without_rows_gives_a_table_without_rows(model: Model, people: pl.DataFrame, tmp_path: Path) -> None:
    people.head(0).write_parquet(tmp_path / "none.parquet")
    for source in (people.head(0), tmp_path / "none.parquet"):
        assert len(model.predict(source)) == 0
        assert model.predict_into(tmp_path / "out.csv", source).num_rows == 0
        assert (tmp_path / "out.csv").read_text() == "row,source,label,error,low,high,familiarity,refused,p(no),p(yes)\n"


def test_numbers_as_text_and_categories_as_numbers_are_read(model: Model, people: pl.DataFrame) -> None:
    text = people.with_columns(pl.col("age", "height").cast(pl.String))
    assert model.predict(text).to_table().equals(model.predict(people).to_table())
    assert model.predict({"age": 3, "colour": 7, "height": 2.0})[0]["label"] in ("yes", "no")


def test_a_name_written_differently_is_suggested(model: Model, people: pl.DataFrame) -> None:
    with pytest.raises(LeadlineError) as caught:
        model.predict(people.rename({"age": "Age ", "colour": "colours"}))
    assert 'rename "Age " to "age"' in caught.value.try_this
    assert "colour" in caught.value.saw


def test_a_picture_for_a_model_of_tables_is_refused_in_words(model: Model, stripes: Path) -> None:
    for source in (next(stripes.rglob("*.png")), stripes):
        with pytest.raises(LeadlineError, match=r"nothing but image, and the model answers from age \(number\)"):
            model.predict(source)


@pytest.mark.usefixtures("in_small_batches")
@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
@pytest.mark.parametrize("error", [LeadlineError("the source broke off"), SystemExit(143), KeyboardInterrupt()])
def test_nothing_is_written_where_the_work_breaks_off(
    model: Model, people: pl.DataFrame, tmp_path: Path, kind: str, error: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows(*arguments: Any) -> Iterator[Any]:
        yield from islice(read_batches_for(*arguments), 5)
        raise error

    monkeypatch.setattr("leadline.artifact.model.read_batches_for", rows)
    monkeypatch.setattr(tables, "_ROWS_HELD", 10)
    (tmp_path / f"out.{kind}").write_text("older")
    with pytest.raises(type(error)) as caught:
        model.predict_into(tmp_path / f"out.{kind}", people)
    assert caught.value is error
    assert (tmp_path / f"out.{kind}").read_text() == "older"
    assert nothing_left(tmp_path, f"out.{kind}")


FULL_DISK = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, 3_000))
from leadline.cli.main import run
sys.argv = ["leadline", *sys.argv[1:]]
run()
"""


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_a_full_disk_ends_in_one_screen_and_leaves_nothing(trained: Path, people: pl.DataFrame, tmp_path: Path, kind: str) -> None:
    pl.concat([people] * 10).write_csv(tmp_path / "people.csv")
    words = ["predict", str(trained), "people.csv", "-o", f"out.{kind}"]
    done = subprocess.run([sys.executable, "-c", FULL_DISK, *words], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1
    assert "the disk is full" in done.stderr and "room" in done.stderr
    assert "Traceback" not in done.stderr
    assert nothing_left(tmp_path, "people.csv")


def test_a_kind_of_file_that_is_not_written_is_said_before_the_work(model: Model, people: pl.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(LeadlineError, match=r"\.xlsx is a kind of table we do not write"):
        model.predict_into(tmp_path / "out.xlsx", people)
    assert nothing_left(tmp_path)


def test_unreadable_pictures_are_marked_and_the_others_answered_as_before(striped: Path, stripes: Path, tmp_path: Path) -> None:
    pictures = sorted(stripes.rglob("*.png"))[:6]
    for number, path in enumerate(pictures):
        shutil.copyfile(path, tmp_path / f"{number}.png")
    model = load(striped)
    before = model.predict(tmp_path).to_table()
    (tmp_path / "2.png").write_bytes(b"no picture")
    (tmp_path / "4.png").write_bytes(b"")
    table = model.predict(tmp_path).to_table()
    good = table["error"].is_null()
    assert good.to_list() == [True, True, False, True, False, True]
    assert "2.png" in table["error"][2] and "empty" in table["error"][4]
    assert table.filter(good).equals(before.filter(good))


def test_a_lone_picture_is_the_column_of_pictures_whatever_that_is_called(striped: Path, stripes: Path) -> None:
    path = next((stripes / "lying").glob("*.png"))
    assert load(striped).predict(path)[0]["label"] == "lying"
    otherwise = replace(load(striped).manifest, columns=[{"name": "photo", "type": "image"}])
    (data,) = read_batches_for(otherwise, path, 10)
    assert data.raw("photo").to_list() == [path.name]


def test_the_command_says_how_many_and_how_many_bad(trained: Path, people: pl.DataFrame, tmp_path: Path) -> None:
    heights = pl.when(pl.col("height") < 10).then(pl.lit("low")).otherwise(pl.col("height").cast(pl.String))
    people.with_columns(heights.alias("height")).write_csv(tmp_path / "people.csv")
    bad = int((people["height"] < 10).sum())
    assert bad
    screen = leadline("predict", str(trained), "people.csv", cwd=tmp_path)
    assert screen.returncode == 0, screen.stderr
    assert "and 380 more" in screen.stdout and f"{bad} of 400 could not be read" in screen.stdout
    told = leadline("predict", str(trained), "people.csv", "-o", "out.csv", "--json", cwd=tmp_path)
    summary = json.loads(told.stdout)
    assert (summary["num_rows"], summary["num_bad"], summary["out"]) == (400, bad, "out.csv") and summary["seconds"] > 0
    whole = json.loads(leadline("predict", str(trained), "people.csv", "--json", cwd=tmp_path).stdout)
    assert len(whole["predictions"]) == whole["num_rows"] == 400 and whole["num_bad"] == bad


def test_the_exit_code_is_1_where_all_rows_are_bad(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("age,colour,height\nx,red,1\ny,red,2\n")
    done = leadline("predict", str(trained), "bad.csv", "-o", "out.csv", cwd=tmp_path)
    assert done.returncode == 1
    assert "2 of 2 could not be read" in done.stdout
    assert pl.read_csv(tmp_path / "out.csv")["error"].null_count() == 0


def test_predictions_never_replace_the_rows_they_are_for(trained: Path, people: pl.DataFrame, tmp_path: Path) -> None:
    people.write_csv(tmp_path / "people.csv")
    before = (tmp_path / "people.csv").read_bytes()
    done = leadline("predict", str(trained), "people.csv", "-o", "people.csv", cwd=tmp_path)
    assert done.returncode == 2 and "another file" in done.stderr
    assert (tmp_path / "people.csv").read_bytes() == before


def test_an_error_half_way_leaves_one_json_object(trained: Path, tmp_path: Path) -> None:
    done = leadline("predict", str(trained), "nowhere.csv", "--json", cwd=tmp_path)
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["saw"]


def test_rows_in_flight_follow_what_the_model_reads(model: Model, striped: Path) -> None:
    assert model.rows_at_once > 10_000
    assert load(striped).rows_at_once <= 512
