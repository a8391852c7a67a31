"""The scikit-learn estimators do what scikit-learn's own checks ask; mixed tables, texts, gaps and odd labels go in as they are."""

from __future__ import annotations

import gc
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.metrics import f1_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import leadline as ll
from leadline.sklearn import Classifier, Regressor

QUICK: dict[str, Any] = {"learners": ["linear"], "budget": "10m"}  # a ceiling: so few rows take seconds


@parametrize_with_checks([Classifier(**QUICK), Regressor(**QUICK)])
def test_the_checks_of_scikit_learn(estimator: Any, check: Any) -> None:
    """All of them: there is no list of exceptions."""
    check(estimator)


@pytest.fixture(scope="module")
def fitted(people: pl.DataFrame) -> Classifier:
    return Classifier(**QUICK).fit(people.select("age", "colour"), people["answer"])


@pytest.fixture(scope="module")
def plane() -> tuple[np.ndarray, np.ndarray]:
    """60 points, and which side of a line they are on."""
    X = np.random.default_rng(0).normal(size=(60, 2))  # noqa: N806
    return X, X[:, 0] + X[:, 1] > 0


@pytest.mark.parametrize("form", ["polars", "pandas"])
def test_tables_with_names_and_gaps_go_in_as_they_are(people: pl.DataFrame, form: str) -> None:
    table: Any = (
        people.select("age", "colour") if form == "polars" else pd.DataFrame(people.select("age", "colour").to_dict(as_series=False))
    )
    model = Classifier(**QUICK).fit(table, people["answer"].to_list())
    assert model.score(table, people["answer"].to_list()) > 0.85
    assert list(model.feature_names_in_) == ["age", "colour"] and model.n_features_in_ == 2
    assert model.predict_proba(table).sum(axis=1) == pytest.approx(1)


def test_numbers_are_answered_with_numbers(people: pl.DataFrame) -> None:
    model = Regressor(**QUICK).fit(people.select("age", "colour"), people["height"])
    assert model.score(people.select("age", "colour"), people["height"]) > 0.8


def test_a_list_of_texts_is_enough() -> None:
    rng = np.random.default_rng(3)
    words = {"sport": ["goal", "match", "team", "coach"], "food": ["salt", "oven", "soup", "bread"]}
    labels = rng.choice(list(words), 120).tolist()
    texts = [f"the {rng.choice(words[label])} and the {rng.choice(words[label])} number {n}" for n, label in enumerate(labels)]
    model = Classifier(**QUICK).fit(texts[:80], labels[:80])
    assert model.score(texts[80:], labels[80:]) > 0.9
    assert model.n_features_in_ == 1


@pytest.mark.parametrize(
    "labels",
    [np.array(["NA", ""]), np.array([True, False]), np.array([7, 3]), np.array([2.0, -1.0]), np.array(["a", "a "])],
    ids=["words for missing", "truth", "integers", "floats", "a blank more"],
)
def test_labels_come_back_as_they_were(plane: tuple[np.ndarray, np.ndarray], labels: np.ndarray) -> None:
    X, above = plane  # noqa: N806
    y = labels[above.astype(int)]
    model = Classifier(**QUICK).fit(X, y)
    assert model.predict(X).dtype == y.dtype and (model.predict(X) == y).mean() > 0.9
    assert set(model.classes_) == set(labels)


def test_a_rare_class_keeps_its_column() -> None:
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(200, 2)), np.where(np.arange(200) % 15 == 0, "a rare one", "usual")  # noqa: N806
    X[y == "a rare one"] += 4
    model = Classifier(**QUICK).fit(X, y)
    assert list(model.classes_) == ["a rare one", "usual"]
    assert model.predict_proba(X[y == "a rare one"])[:, 0].mean() > 0.5


def test_it_is_cloned_searched_and_chained_like_any_estimator(plane: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = plane  # noqa: N806
    assert cross_val_score(Classifier(**QUICK), X, y, cv=3).mean() > 0.8
    assert make_pipeline(StandardScaler(), Classifier(**QUICK)).fit(X, y).score(X, y) > 0.9
    search = GridSearchCV(Classifier(**QUICK), {"learners": [["baseline"], ["linear"]]}, cv=3).fit(X, y)
    assert search.best_params_ == {"learners": ["linear"]}
    assert clone(search.best_estimator_).get_params()["budget"] == "10m"


def test_it_pickles_as_the_files_of_its_model_and_answers_alike_elsewhere(fitted: Classifier, people: pl.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(fitted))
    people.select("age", "colour").write_parquet(tmp_path / "rows.parquet")
    code = "import pickle, polars; print(pickle.load(open('model.pickle', 'rb')).predict(polars.read_parquet('rows.parquet')).tolist())"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(fitted.predict(people.select("age", "colour")).tolist())
    assert all(isinstance(content, bytes) for content in fitted.artifact_.values())


def test_the_model_can_be_saved_for_every_verb(fitted: Classifier, people: pl.DataFrame, tmp_path: Path) -> None:
    fitted.save(tmp_path / "answers")
    model = ll.load(tmp_path / "answers.leadline")
    assert set(model.classes) == {"yes", "no"}
    assert [one["label"] for one in model.predict(people)] == fitted.predict(people.select("age", "colour")).tolist()
    assert ll.evaluate(tmp_path / "answers.leadline", people).metrics["accuracy"].value > 0.85


def test_nothing_stays_behind(plane: tuple[np.ndarray, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    model = Classifier(**QUICK).fit(*plane)
    assert pickle.loads(pickle.dumps(model)).predict(plane[0]).shape == (60,)
    del model
    gc.collect()
    assert list(tmp_path.iterdir()) == []


def test_what_was_tried_and_what_was_not_can_be_asked(fitted: Classifier) -> None:
    assert fitted.learner_ == "linear" and set(fitted.scores_) == {"baseline", "linear"}
    assert fitted.scores_["linear"] > fitted.scores_["baseline"]
    assert fitted.left_out_ == {}


@pytest.mark.parametrize(
    ("options", "X", "y", "words"),
    [
        ({"budget": "soon"}, [[1], [2], [3]], [0, 1, 0], "not a budget"),
        ({"learners": ["liner"]}, [[1], [2], [3], [4]], [0, 1, 0, 1], 'did you mean "linear"'),
        ({"metric": "r2"}, [[1], [2], [3], [4]], [0, 1, 0, 1], "not a metric"),
        ({}, pl.DataFrame({"a": [1]}), [0], "at least 2"),
        ({}, [[1], [2], [3], [4]], [0, 0, 0, 0], "one class only"),
        ({}, [[1], [2], [3], [4]], ["a", "b", "c", "d"], "single example"),
        ({"metric": "f1"}, [[1], [2], [3]] * 4, [0, 1, 2] * 4, "f1_macro"),
        ({"positive": "b"}, [[1], [2], [3], [4]], ["a", "c", "a", "c"], "'b' cannot be the positive class"),
        ({"types": {"x7": "number"}}, [[1], [2], [3], [4]], [0, 1, 0, 1], "no column"),
    ],
)
def test_what_cannot_work_is_a_value_error_in_words(options: dict[str, Any], X: Any, y: Any, words: str) -> None:  # noqa: N803
    with pytest.raises(ValueError, match=words):
        Classifier(**{**QUICK, **options}).fit(X, y)


def test_familiarity_tells_strangers_from_rows_like_those_of_training(plane: tuple[np.ndarray, np.ndarray]) -> None:
    X, y = plane  # noqa: N806
    for model in (Classifier(**QUICK).fit(X, y), Regressor(**QUICK).fit(X, X[:, 0] * 2)):
        usual, strange = model.familiarity(X), model.familiarity(np.full((3, 2), 40.0))
        assert usual.shape == (60,) and ((usual >= 0) & (usual <= 1)).all() and 0.3 < usual.mean() < 0.7
        assert strange.max() < 0.05
    with pytest.raises(ValueError, match="features"):
        model.familiarity(X[:, :1])


def test_where_nothing_tells_familiarity_it_is_not_known() -> None:
    tags = pl.DataFrame({"tags": ["a|b", "b|c", "a|c", "c|d"] * 10})
    model = Classifier(types={"tags": "tags"}, **QUICK).fit(tags, ["x", "y"] * 20)
    assert np.isnan(model.familiarity(tags)).all()


def test_decisions_are_made_for_the_metric() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(2_000, 1))  # noqa: N806
    y = np.where(rng.random(2_000) < 1 / (1 + np.exp(3 - X[:, 0])), "broken", "fine")
    plain, model = Classifier(**QUICK).fit(X, y), Classifier(metric="f1", positive="broken", **QUICK).fit(X, y)
    assert f1_score(y, model.predict(X), pos_label="broken") > f1_score(y, plain.predict(X), pos_label="broken") + 0.1
    decision = model.model_.manifest.decision
    assert decision is not None
    chance = model.predict_proba(X)[:, list(model.classes_).index("broken")]
    assert ((model.predict(X) == "broken") == (chance >= decision["threshold"])).all()
    assert cross_val_score(Classifier(metric="balanced_accuracy", **QUICK), X, y, cv=2, scoring="balanced_accuracy").mean() > 0.6


def test_every_learner_may_take_part(plane: tuple[np.ndarray, np.ndarray]) -> None:
    model = Classifier(budget="5m").fit(*plane)
    assert {"baseline", "linear", "trees"} <= set(model.scores_)
    assert "probe" in model.left_out_


@pytest.mark.parametrize("made", [Classifier, Regressor], ids=lambda made: made.__name__)
def test_every_parameter_reaches_its_attribute(made: Any) -> None:
    """`positive` is the classifier's alone."""
    asked = {"budget": "9s", "metric": "x", "learners": ["linear"], "types": {"x0": "number"}, "monotone": {"x0": "up"}, "random_state": 5}
    asked |= {"positive": 1} if made is Classifier else {}
    assert made(**asked).get_params() == asked


def test_a_classifier_takes_directions() -> None:
    table = np.random.default_rng(0).normal(size=(60, 2))
    labels = (table[:, 0] + 0.3 * table[:, 1] > 0).astype(int)
    fitted = Classifier(learners=["linear"], monotone={"x0": "up"}, random_state=5, budget="5m").fit(table, labels)
    grid = np.column_stack([np.linspace(-4, 4, 50), np.zeros(50)])
    assert (np.diff(fitted.predict_proba(grid)[:, 1]) >= 0).all()
