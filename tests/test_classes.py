"""classes.json beside the data names whole-number labels, in training and evaluating alike; else it is said why it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.artifact.inputs import read_for
from leadline.artifact.manifest import Manifest
from leadline.columns.recognise import Choice
from leadline.data.classes import name_classes
from leadline.data.read import read, read_table
from leadline.data.table import Table


def labelled(folder: Path, labels: list[Any], classes: Any, name: str = "rows.parquet") -> Path:
    pl.DataFrame({"a": [0.5 * row for row in range(len(labels))], "label": labels}).write_parquet(folder / name)
    (folder / "classes.json").write_text(classes if isinstance(classes, str) else json.dumps(classes))
    return folder / name


@pytest.mark.parametrize("classes", [["cat", "dog"], {"0": "cat", "1": "dog"}, {"cat": 0, "dog": 1}, ["cat ", "dog", "cow"]])
def test_whole_numbers_are_named_whichever_way_the_names_are_written(tmp_path: Path, classes: Any) -> None:
    data = read(labelled(tmp_path, [1, 0, None, 1], classes))
    assert data.raw("label").to_list() == ["dog", "cat", None, "dog"]
    assert "0 is cat" in data.table.remarks[-1]


def test_labels_of_a_folder_of_tables_and_of_class_folders_are_named(tmp_path: Path) -> None:
    labelled(tmp_path, [0, 1], ["cat", "dog"], "train.parquet")
    labelled(tmp_path, [1], ["cat", "dog"], "test.parquet")
    data = read(tmp_path)
    assert data.raw("label").to_list() == ["cat", "dog", "dog"]
    assert not any("not read" in remark for remark in data.table.remarks)
    for label in "01":
        folder = tmp_path / "folders" / label
        folder.mkdir(parents=True)
        (folder / "1.txt").write_text("words")
    (tmp_path / "folders" / "classes.json").write_text('["cat", "dog"]')
    assert read(tmp_path / "folders").raw("label").to_list() == ["cat", "dog"]


@pytest.mark.parametrize(
    ("classes", "labels", "words"),
    [
        (["cat"], [0, 1], "1 names, none for 1"),
        ({"1": "cat", "2": "dog"}, [0, 1], "none for 0"),
        (["cat", "dog"], ["x", "y"], "not whole numbers"),
        (["cat", "dog"], [0.5, 1.0], "not whole numbers"),
        (["cat", "cat"], [0, 1], "two numbers have the name"),
        ("[", [0, 1], "not JSON"),
        ("", [0, 1], "not JSON"),
        ("[" * 100_000, [0, 1], "not JSON"),
        ([], [0, 1], "neither a list"),
        ([["cat"], ["dog"]], [0, 1], "neither a list"),
        ({"cat": True, "dog": 1}, [0, 1], "neither a list"),
        ("3", [0, 1], "neither a list"),
    ],
)
def test_why_it_is_not_used_is_said(tmp_path: Path, classes: Any, labels: list[Any], words: str) -> None:
    data = read(labelled(tmp_path, labels, classes))
    assert data.raw("label").to_list() == labels
    assert data.table.remarks[-1].startswith("classes.json is not used: ") and words in data.table.remarks[-1]


def test_names_that_are_there_already_stay_without_a_word(tmp_path: Path) -> None:
    data = read(labelled(tmp_path, ["cat", "dog"], ["cat", "dog", "cow"]))
    assert data.raw("label").to_list() == ["cat", "dog"] and not data.table.remarks
    again = read(read(labelled(tmp_path, [0, 1], ["cat", "dog"])).table)
    assert again.raw("label").to_list() == ["cat", "dog"] and len(again.table.remarks) == 1


def test_truth_to_judge_by_has_the_names_that_the_model_learned(tmp_path: Path) -> None:
    path = labelled(tmp_path, [1, 0], ["cat", "dog"])
    assert read_for(model_of(["cat", "dog"]), path).raw("label").to_list() == ["dog", "cat"]
    assert read_for(model_of(["0", "1"]), path).raw("label").to_list() == [1, 0]
    assert read_for(model_of([]), path).raw("label").to_list() == [1, 0]


def model_of(classes: list[str]) -> Manifest:
    """What reading asks of a model."""
    wanted: Any = SimpleNamespace(
        target="label", classes=classes, types={"a": "number"}, choices={"a": Choice("number", "as in training", 0)}, written=[]
    )
    manifest: Manifest = wanted
    return manifest


@settings(max_examples=200)
@given(
    st.one_of(
        st.binary(max_size=40),
        st.recursive(st.one_of(st.integers(), st.text(max_size=3), st.none(), st.booleans()),
                     lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
                     max_leaves=6).map(lambda value: json.dumps(value).encode()),
    )
)  # fmt: skip
def test_whatever_the_file_holds_no_row_is_lost(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "classes.json").write_bytes(content)
    labels = [0, 1, None, 2]
    table = name_classes(Table(pl.DataFrame({"label": labels}), str, "t", folder), "label")
    assert table.frame["label"].null_count() == 1 and len(table.remarks) == 1


@pytest.mark.parametrize(
    ("name", "some"), [("fashion_mnist", "Ankle boot"), ("cifar10", "airplane"), ("medical/pneumoniamnist", "pneumonia")]
)  # fmt: skip
def test_the_real_classes_have_their_names(shared: Callable[[str], Path], name: str, some: str) -> None:
    names = json.loads((shared(name) / "classes.json").read_text())
    for source in (shared(name), shared(name) / "test.parquet"):
        data = read(source)
        assert set(data.raw("label")) == set(names) and some in names
    numbers = read_table(shared(name) / "test.parquet").frame["label"]
    assert data.raw("label").to_list() == [names[number] for number in numbers]
