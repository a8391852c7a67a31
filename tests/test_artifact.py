"""Artefacts: what is loaded answers as what was saved; what is damaged, hostile or newer is refused in words."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import leadline as ll
from leadline.artifact.manifest import read_manifest
from leadline.artifact.model import Model, load
from leadline.errors import LeadlineError


@pytest.fixture(scope="module")
def trained(people: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    return ll.train(people, target="answer", budget="20s", out=folder / "people").artifact


@pytest.fixture
def copy(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "copy.leadline"))


def edit(folder: Path, **changes: Any) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, **changes}))


def test_predictions_come_in_order_with_probabilities(trained: Path, people: pl.DataFrame) -> None:
    predictions = load(trained).predict(people)
    assert len(predictions) == len(people)
    first = predictions[0]
    assert first["label"] in ("yes", "no")
    assert sum(first["probabilities"].values()) == pytest.approx(1)
    right = np.mean([record["label"] == answer for record, answer in zip(predictions, people["answer"], strict=True)])
    assert right > 0.75


def test_one_row_as_a_dictionary(trained: Path, people: pl.DataFrame) -> None:
    model = load(trained)
    assert model.predict(people.to_dicts()[3])[0]["probabilities"] == pytest.approx(model.predict(people)[3]["probabilities"])


def test_columns_in_another_order_and_extra_ones_change_nothing(trained: Path, people: pl.DataFrame) -> None:
    model = load(trained)
    shuffled = people.select(people.columns[::-1]).with_columns(extra=pl.lit(1))
    assert model.predict(shuffled)[5]["probabilities"] == model.predict(people)[5]["probabilities"]


def test_a_category_of_digits_alone_in_a_file_is_the_category_it_was(tmp_path: Path) -> None:
    codes, answers = ["02", "7b"] * 40, ["yes", "no"] * 40
    pl.DataFrame({"code": codes, "answer": answers}).write_csv(tmp_path / "codes.csv")
    model = ll.train(tmp_path / "codes.csv", target="answer", budget="1m", out=tmp_path / "m")
    (tmp_path / "one.csv").write_text("code\n02\n")
    assert model.predict(tmp_path / "one.csv")[0]["label"] == "yes"
    assert model.predict(tmp_path / "one.csv")[0]["probabilities"]["yes"] > 0.9


def test_a_missing_column_is_named(trained: Path, people: pl.DataFrame) -> None:
    with pytest.raises(LeadlineError, match="height"):
        load(trained).predict(people.drop("height"))


def test_unseen_categories_and_gaps_still_get_an_answer(trained: Path) -> None:
    for row in ({"age": None, "colour": "violet", "height": 3}, {"age": "", "colour": None, "height": None}):
        assert load(trained).predict(row)[0]["label"] in ("yes", "no")


def test_a_value_of_the_wrong_kind_is_marked_and_the_others_answered(trained: Path) -> None:
    rows = [{"age": "20", "colour": "red", "height": "30"}, {"age": "old", "colour": "red", "height": "30"}]
    predictions = load(trained).predict(rows)
    assert predictions[0]["error"] is None
    assert '"old" is not a number' in predictions[1]["error"]
    assert predictions.to_json()["num_bad"] == 1


def test_the_manifest_says_what_the_model_is(trained: Path) -> None:
    manifest = read_manifest(trained)
    assert manifest.classes == ["no", "yes"]
    assert {"value", "low", "high", "n"} == set(manifest.metrics["accuracy"])
    assert set(manifest.files) == {p.relative_to(trained).as_posix() for p in trained.rglob("*") if p.is_file()} - {"manifest.json"}
    assert (trained / "card.md").read_text().startswith("# people") or (trained / "card.md").exists()


def test_nothing_in_it_can_run_code(trained: Path) -> None:
    assert {path.suffix for path in trained.rglob("*") if path.is_file()} <= {".json", ".md", ".parquet", ".safetensors", ".onnx"}


def test_a_changed_byte_is_noticed(copy: Path) -> None:
    for name in read_manifest(copy).files:
        content = bytearray((copy / name).read_bytes())
        content[len(content) // 2] ^= 1
        (copy / name).write_bytes(content)
        with pytest.raises(LeadlineError, match="not what was written"):
            load(copy)
        content[len(content) // 2] ^= 1
        (copy / name).write_bytes(content)
    assert isinstance(load(copy), Model)


def test_a_missing_or_shortened_file_is_named(copy: Path) -> None:
    name = next(iter(read_manifest(copy).files))
    (copy / name).write_bytes((copy / name).read_bytes()[:-1])
    with pytest.raises(LeadlineError, match=name):
        load(copy)
    (copy / name).unlink()
    with pytest.raises(LeadlineError, match="missing"):
        load(copy)


def test_a_newer_format_asks_for_a_newer_leadline(copy: Path) -> None:
    edit(copy, format_version=99)
    with pytest.raises(LeadlineError) as caught:
        load(copy)
    assert "newer leadline" in caught.value.try_this


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "parts/../../x", "c:\\x"])
def test_names_that_lead_out_of_the_folder_are_refused(copy: Path, name: str) -> None:
    edit(copy, files={**read_manifest(copy).files, name: {"sha256": "0" * 64, "bytes": 1}})
    with pytest.raises(LeadlineError, match="damaged"):
        load(copy)


def test_a_link_in_place_of_a_file_is_refused(copy: Path, tmp_path: Path) -> None:
    name = next(iter(read_manifest(copy).files))
    (tmp_path / "elsewhere").write_bytes((copy / name).read_bytes())
    (copy / name).unlink()
    (copy / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LeadlineError, match="missing"):
        load(copy)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3), max_leaves=4
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(data=st.data())
def test_no_manifest_however_odd_ends_in_a_traceback(copy: Path, trained: Path, data: st.DataObject) -> None:
    manifest = json.loads((trained / "manifest.json").read_text())
    place: Any = manifest
    for _ in range(data.draw(st.integers(0, 3))):
        inner = [
            key
            for key, value in (place.items() if isinstance(place, dict) else enumerate(place))
            if isinstance(value, dict | list) and value
        ]
        if not inner:
            break
        place = place[data.draw(st.sampled_from(inner))]
    key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
    place[key] = data.draw(JSON)
    (copy / "manifest.json").write_text(json.dumps(manifest))
    try:
        load(copy).predict({"age": 20, "colour": "red", "height": 30})
    except LeadlineError:
        pass


def test_a_folder_of_something_else_is_not_a_model(tmp_path: Path) -> None:
    with pytest.raises(LeadlineError, match="not a model of ours"):
        load(tmp_path)
    with pytest.raises(LeadlineError, match="not there"):
        load(tmp_path / "nowhere")
