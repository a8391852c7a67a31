"""`train` from Python: honest scores, replays, bad rows, and nothing half written."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import leadline as ll
from leadline.machine import cache_folder
from leadline.workflow import encode


def learned_files(artifact: Path) -> dict[str, str]:
    return {
        p.relative_to(artifact).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(artifact.rglob("*")) if p.is_file()
    }


@pytest.fixture(scope="module")
def table_report(people: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return ll.train(people, target="answer", learners=["linear", "trees"], budget="1m", out=tmp_path_factory.mktemp("train") / "people")


def test_the_score_has_an_interval_and_beats_not_looking(table_report: Any) -> None:
    record = table_report.to_json()
    assert record["score"]["low"] < record["score"]["value"] < record["score"]["high"]
    assert record["score"]["n"] == 400
    assert record["baseline"]["value"] < record["score"]["low"]


def test_every_public_key_is_there(table_report: Any) -> None:
    keys = {
        "task",
        "metric",
        "score",
        "baseline",
        "learner",
        "leaderboard",
        "price",
        "skipped",
        "findings",
        "splits",
        "artifact",
        "run",
        "seconds",
        "peak_memory_mb",
        "rules",
        "refused",
        "costs",
        "decision",
        "monotone",
    }
    assert set(table_report.to_json()) == keys
    row = {"learner", "family", "score", "low", "high", "fit_seconds", "latency_ms", "size_mb"}
    assert all(set(line) == row for line in table_report.to_json()["leaderboard"])
    json.dumps(table_report.to_json(), allow_nan=False)


def test_verbs_stay_verbs_though_a_package_is_called_alike(table_report: Any, people: pl.DataFrame) -> None:
    assert ll.evaluate(table_report.artifact, people).metrics["accuracy"].value > 0.7


def test_the_run_keeps_how_it_came_about(table_report: Any) -> None:
    names = {path.name for path in table_report.run.iterdir()}
    assert names == {"plan.json", "environment.json", "holdout.json", "report.json", "artifact"}


def test_noise_gets_no_better_than_not_looking(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    noise = pl.DataFrame({"x": rng.normal(size=300), "z": rng.normal(size=300), "answer": rng.choice(["a", "b"], 300)})
    report = ll.train(noise, target="answer", budget="15s", out=tmp_path / "noise")
    assert report.score.low < 0.55
    assert report.learner == "baseline" or report.score.value < 0.6


@pytest.mark.parametrize("target", ["answer", "height"])
def test_a_replayed_plan_learns_the_same_bytes(people: pl.DataFrame, target: str, tmp_path: Path) -> None:
    first = ll.train(people, target=target, budget="15s", seed=3, out=tmp_path / "first")
    again = ll.train(people, target=target, plan=first.run / "plan.json", out=tmp_path / "again")
    assert learned_files(first.artifact) == learned_files(again.artifact)


def test_pictures_replay_alike_with_vectors_stored_or_not(stripes: Path, tmp_path: Path) -> None:
    first = ll.train(stripes, out=tmp_path / "first")
    assert first.score.value > 0.9
    stored = ll.train(stripes, plan=first.run / "plan.json", out=tmp_path / "stored")
    shutil.rmtree(cache_folder() / "store")
    anew = ll.train(stripes, plan=first.run / "plan.json", out=tmp_path / "anew")
    assert learned_files(first.artifact) == learned_files(stored.artifact) == learned_files(anew.artifact)


def test_a_plan_replays_on_data_that_were_read_before(people: pl.DataFrame, tmp_path: Path) -> None:
    data = ll.read(people, target="answer", exclude=["height"])
    first = ll.train(data, budget="10s", out=tmp_path / "first")
    again = ll.train(data, plan=first.run / "plan.json", out=tmp_path / "again")
    assert learned_files(first.artifact) == learned_files(again.artifact)
    assert set(again.model.manifest.types) <= {"age", "colour"}


def test_a_plan_for_other_data_is_refused(people: pl.DataFrame, table_report: Any, tmp_path: Path) -> None:
    with pytest.raises(ll.LeadlineError, match="other data"):
        ll.train(people.head(300), target="answer", plan=table_report.run / "plan.json", out=tmp_path / "x")


def test_a_picture_that_cannot_be_opened_is_left_out_and_named(stripes: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(stripes, tmp_path / "broken"))
    (folder / "lying" / "1.png").write_bytes(b"not a picture at all")
    report = ll.train(folder, out=tmp_path / "model")
    (finding,) = report.findings
    assert finding.code == "corrupt-file"
    assert len(finding.rows) == 1
    assert "1.png" in finding.detail


def test_numbers_come_with_an_interval(people: pl.DataFrame, tmp_path: Path) -> None:
    report = ll.train(people.drop("answer"), target="height", learners=["linear"], budget="5m", out=tmp_path / "height")
    assert report.metric == "r2" and report.score.value > 0.9
    predictions = ll.load(report.artifact).predict(people)
    inside = [p["low"] <= truth <= p["high"] for p, truth in zip(predictions, people["height"], strict=True)]
    assert 0.85 < np.mean(inside) <= 1


def test_held_back_rows_are_recorded_and_groups_stay_together(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    person = rng.integers(0, 300, 2_400)
    frame = pl.DataFrame({"x": person + rng.normal(size=2_400), "person": person, "answer": np.where(person % 2 == 0, "even", "odd")})
    report = ll.train(frame, target="answer", group="person", learners=["linear"], budget="5m", out=tmp_path / "groups")
    held = json.loads((report.run / "holdout.json").read_text())["sha256"]
    assert len(held) == report.splits["test"] > 300
    assert "person" not in ll.load(report.artifact).manifest.types


@pytest.mark.parametrize(
    ("frame", "options", "words"),
    [
        ({"a": [1, 2, 3], "t": ["x", "x", "x"]}, {}, "same answer"),
        ({"a": range(60), "t": [f"id {i}" for i in range(60)]}, {}, "not classes"),
        ({"a": [1, 2, 3, 4], "t": ["x", "y", "x", "y"]}, {"metric": "r2"}, "not a metric"),
        ({"a": [1, 2, 3, 4], "t": ["x", "y", "x", "y"]}, {"task": "regress"}, "not a number"),
        ({"a": [1, 2, 3, 4], "t": ["x", "y", "x", "y"]}, {"task": "clasify"}, "not a task"),
        ({"a": [1, 2, 3, 4], "t": ["x", "y", "x", "y"]}, {"positive": "z"}, "positive class"),
        ({"a": [1, 2, 3, 4], "t": ["x", "y", "x", "y"]}, {"budget": "soon"}, "not a budget"),
        ({"a": [1, 2, 3, 4], "t": ["x", "y", "x", "y"]}, {"types": {"a": "numbr"}}, "not a column type"),
    ],
)
def test_what_cannot_work_ends_in_words(frame: dict[str, Any], options: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(ll.LeadlineError, match=words):
        ll.train(pl.DataFrame({k: list(v) for k, v in frame.items()}), target="t", out=tmp_path / "m", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_somebody_else_is_never_replaced(people: pl.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "m.leadline").mkdir()
    (tmp_path / "m.leadline" / "thesis.txt").write_text("years of work")
    with pytest.raises(ll.LeadlineError, match="not a model of ours"):
        ll.train(people, target="answer", out=tmp_path / "m")
    assert (tmp_path / "m.leadline" / "thesis.txt").exists()


def test_what_was_read_can_be_trained_on_and_what_comes_back_predicts(people: pl.DataFrame, tmp_path: Path) -> None:
    data = ll.read(people, target="answer", exclude=["age"])
    model = ll.train(data, learners=["linear"], budget="5m", out=tmp_path / "m")
    assert model.predict({"colour": "red", "height": 60})[0]["label"] == "yes"
    assert set(model.model.manifest.types) == {"colour", "height"}


def test_a_class_that_only_the_test_part_has_does_not_end_the_work(tmp_path: Path) -> None:
    for split, classes in (("train", ("a", "b")), ("test", ("a", "b", "c"))):
        rows = [{"x": number + 10 * code, "label": name} for code, name in enumerate(classes) for number in range(8)]
        pl.DataFrame(rows).write_csv(tmp_path / f"{split}.csv")
    report = ll.train(tmp_path, learners=["linear"], budget="5m", out=tmp_path / "m")
    assert report.score.value == pytest.approx(16 / 24, abs=0.1)


def test_an_encoder_that_fails_on_all_examples_leaves_its_learner_out(
    stripes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    through_store = encode.encode_through_store

    def fail(encoder: Any, *arguments: Any) -> Any:
        if encoder.kind == "picture-features":
            raise MemoryError
        return through_store(encoder, *arguments)

    monkeypatch.setattr(encode, "encode_through_store", fail)
    report = ll.train(stripes, learners=["probe", "picture-features"], budget="5m", out=tmp_path / "m")
    assert report.learner == "probe"
    assert ("picture-features", "it ran out of memory") in {(one.learner, one.why) for one in report.skipped}
