"""An edit list changes what is learned from and nothing on disk; a list for other data is refused; what was done is recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadline as ll
from leadline.data.edits import ACTIONS, Edit, apply_edits, merged_names, proposed, read_edits, summary, write_edits
from leadline.data.read import read
from leadline.data.table import Data
from leadline.errors import LeadlineError
from leadline.findings import Finding, Mend, Severity

ROWS = 40


def table(**columns: Any) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    labels = ["cat", "dog", "Cat", "owl"] * (ROWS // 4)
    return pl.DataFrame({"age": rng.normal(size=ROWS), "city": rng.choice(["rome", "oslo"], ROWS), "label": labels, **columns})


def finding(*mends: Mend) -> Finding:
    return Finding("test", Severity.LOW, "a reason", mends=mends)


def edited(data: Data, *mends: Mend) -> Data:
    return apply_edits(data, proposed([finding(*mends)], data))


def test_rows_are_dropped_and_keep_their_numbers() -> None:
    data = edited(read(table()), Mend("drop row", 0.9, (3, 7)))
    assert data.source_rows().tolist() == [row for row in range(ROWS) if row not in (3, 7)]
    assert [(one.code, one.title) for one in data.findings] == [("edited", "as the edit list says: 2 left out")]


@pytest.mark.parametrize("kind", [pl.String, pl.Int64, pl.Float64, pl.Boolean])
def test_labels_change_in_the_type_that_they_have(kind: Any) -> None:
    values = pl.Series("label", [0, 1] * (ROWS // 2)).cast(pl.Boolean if kind == pl.Boolean else kind)
    old, new = values[4], values[5]
    data = edited(read(table(label=values)), Mend("relabel row", 0.8, (4,), value=str(new).lower()))
    assert data.raw("label").dtype == kind
    assert data.raw("label").to_list() == [new if row == 4 else value for row, value in enumerate(values.to_list())] and old != new


def test_classes_are_merged_after_labels_have_changed() -> None:
    data = edited(read(table()), Mend("merge classes", 0.9, classes=("cat", "Cat"), value="cat"), Mend("relabel row", 1, (1,), value="Cat"))
    assert data.raw("label").to_list() == ["cat", "cat", "cat", "owl"] + ["cat", "dog", "cat", "owl"] * (ROWS // 4 - 1)


def test_who_names_a_class_that_was_merged_means_what_it_became() -> None:
    spelled = Mend("merge classes", 0.9, classes=("cat", "Cat"), value="cat")
    pets = Mend("merge classes", 0.5, classes=("Cat", "dog"), value="pet")
    assert merged_names([spelled, pets]) == {"cat": "pet", "Cat": "pet", "dog": "pet"}


def test_classes_are_merged_one_line_after_another() -> None:
    spelled, pets = (
        Mend("merge classes", 0.9, classes=("cat", "Cat"), value="cat"),
        Mend("merge classes", 0.5, classes=("cat", "dog"), value="pet"),
    )
    data = edited(read({"x": [1.0, 2.0, 3.0, 4.0], "label": ["cat", "Cat", "dog", "cow"]}), spelled, pets)
    assert data.raw("label").to_list() == ["pet", "pet", "pet", "cow"]


@pytest.mark.parametrize("answers", [[3, 8, 1], [3.0, 8.0, 1.0], ["3", "8", "1"]])
def test_numbered_classes_are_merged_under_a_name_that_is_no_number(answers: list[Any]) -> None:
    data = read(pl.DataFrame({"x": np.arange(30), "digit": answers * 10}), target="digit")
    mended = edited(data, Mend("merge classes", 0.5, classes=("3", "8"), value="3+8"))
    assert mended.raw("digit").to_list() == ["3+8", "3+8", "1"] * 10


def test_rows_are_moved_to_train(tmp_path: Path) -> None:
    for part, some in (("train", table()[:30]), ("test", table()[30:])):
        some.write_csv(tmp_path / f"{part}.csv")
    data = edited(read(tmp_path), Mend("move to train", 0.9, (35,)))
    assert data.split is not None and (data.split[35], data.split[36]) == ("train", "test")
    with pytest.raises(LeadlineError, match="bring no split"):
        edited(read(table()), Mend("move to train", 0.9, (35,)))


@pytest.mark.parametrize("named", [None, "who"])
def test_rows_are_kept_together_beside_the_groups_that_there_are(named: str | None) -> None:
    who = [f"p{row // 2}" for row in range(ROWS)]
    data = edited(
        read(table(who=who), group=named), Mend("group rows", 1, (0, 10)), Mend("group rows", 1, (10, 20)), Mend("group rows", 1, (5, 6))
    )
    groups = data.raw(str(data.group)).to_list()
    assert groups[0] == groups[10] == groups[20] and groups[5] == groups[6] != groups[0]
    assert (groups[0] == groups[21]) == (named is not None) and groups[30] == (None if named is None else groups[31])


def test_a_list_for_other_data_is_refused() -> None:
    edits = proposed([finding(Mend("drop row", 0.9, (3,)))], read(table()))
    with pytest.raises(LeadlineError, match="made for other data: row 3 is not what it was"):
        apply_edits(read(table(age=pl.Series(np.arange(ROWS)))), edits)
    with pytest.raises(LeadlineError, match="there is no row 3"):
        apply_edits(read(table()[:3]), edits)


def test_a_list_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(LeadlineError, match="leaves out every row"):
        edited(read(table()), Mend("drop row", 1, tuple(range(ROWS))))


def test_a_row_is_dropped_once_whatever_proposes_it(tmp_path: Path) -> None:
    data = read(table())
    edits = proposed([finding(Mend("drop row", 0.9, (3, 4))), finding(Mend("drop row", 0.5, (4, 5)))], data)
    assert [(edit.mend.rows, edit.mend.confidence) for edit in edits] == [((3,), 0.9), ((4,), 0.9), ((5,), 0.5)]


@pytest.mark.parametrize(("line", "reason"), [
    ("{", "edits.jsonl:2 is not an edit"), ('{"edit": "burn row"}', "burn row"), ('{"edit": "drop row", "row": 1}', "it has no 'hash'"),
    ('{"edit": "drop row", "row": -1, "hash": "a"}', "number of a row"), ('{"edit": "group rows", "rows": [1], "hashes": []}', "one hash"),
    ("[1]", "not an edit"), ('{"edit": "relabel row", "row": 1, "hash": "a"}', "it has no 'label'"),
])  # fmt: skip
def test_a_line_that_is_no_edit_is_named(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "edits.jsonl"
    path.write_text(f"\n{line}\n")
    with pytest.raises(LeadlineError) as error:
        read_edits(path)
    assert reason in str(error.value)


def test_a_file_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(LeadlineError, match="cannot be read"):
        read_edits(tmp_path / "none.jsonl")


@given(
    st.lists(
        st.builds(
            lambda action, rows, word, sure: Edit(
                Mend(
                    action, sure, () if action == "merge classes" else tuple(rows if action == "group rows" else rows[:1]),
                    ("a", word) if action == "merge classes" else (), word if action in ("merge classes", "relabel row") else None,
                ),
                () if action == "merge classes" else tuple("f" * 16 for _ in (rows if action == "group rows" else rows[:1])), "code", word,
            ),
            st.sampled_from(ACTIONS), st.lists(st.integers(0, 99), min_size=1, max_size=4), st.text(max_size=6), st.floats(0, 1),
        )
    )
)  # fmt: skip
def test_what_is_written_is_read_again(edits: list[Edit]) -> None:
    assert [Edit.from_json(json.loads(json.dumps(edit.to_json()))) for edit in edits] == edits


def test_check_proposes_and_train_does_it_and_the_artefact_records_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    labels = np.where(np.arange(120) % 2, "yes", np.where(np.arange(120) < 6, "Yes", "no"))
    frame = pl.DataFrame({"a": rng.normal(size=120), "b": rng.normal(size=120), "label": labels})
    pl.concat([frame, frame[10:14]]).write_csv("data.csv")
    report = ll.check("data.csv", only=["exact-duplicate", "label-spelling"], edits="edits.jsonl")
    lines = [json.loads(line) for line in Path("edits.jsonl").read_text().splitlines()]
    assert sorted(line["edit"] for line in lines) == ["drop row"] * 4 + ["merge classes"]
    assert sorted(line["row"] for line in lines if "row" in line) == [120, 121, 122, 123]
    assert "--edits edits.jsonl" in json.dumps([vars(block) for block in report.blocks()], default=str)
    before = Path("data.csv").read_bytes()
    trained = ll.train("data.csv", edits="edits.jsonl", learners=["linear"], budget="20s")
    assert set(trained.classes) == {"yes", "no"} and Path("data.csv").read_bytes() == before
    assert any(one.code == "edited" for one in trained.findings)
    plan, manifest = (json.loads(path.read_text()) for path in (trained.run / "plan.json", trained.artifact / "manifest.json"))
    assert plan["data"]["edits"] == lines
    assert manifest["data"]["edits"] == summary(lines)["edits"] and manifest["data"]["edits"]["counts"] == {
        "merge classes": 1,
        "drop row": 4,
    }
    again = ll.train("data.csv", plan=trained.run / "plan.json", out="again.leadline")
    assert again.score == trained.score


def test_copies_with_different_labels_are_left_to_a_person(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    frame = pl.DataFrame({"age": rng.normal(size=200), "height": rng.normal(size=200), "label": ["cat", "dog"] * 100})
    other = frame[:2].with_columns(label=pl.Series(["dog", "cat"]))
    report = ll.check(pl.concat([frame, other, frame[5:6]]), only=["exact-duplicate", "duplicate-labels"], edits=tmp_path / "edits.jsonl")
    assert {one.code for one in report.findings} == {"exact-duplicate", "duplicate-labels"}
    assert [edit.mend.rows for edit in read_edits(tmp_path / "edits.jsonl")] == [(202,)]


def test_writing_where_nothing_can_be_written_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(LeadlineError, match="cannot be written"):
        write_edits(tmp_path, [])
