"""Classes that are whole numbers in order - stars, grades: how far off an answer is can be asked for, is decided for, and is told."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, mean_absolute_error

import leadline as ll
from leadline.errors import LeadlineError
from leadline.sklearn import Classifier
from leadline.tasks.classify import Classify
from leadline.tasks.deciding import EachRow
from leadline.tasks.ordered import Cut, Levels, Middle, levels_of
from leadline.tasks.regress import Regress
from tests.test_train import learned_files

QUICK: dict[str, Any] = {"learners": ["linear"], "budget": "5m"}
STARS = ("1", "2", "3", "4", "5")
SEEDS = st.integers(0, 10_000)


def reviews(rows: int, seed: int = 0) -> pl.DataFrame:
    """Stars that two numbers tell of, the middle ones most frequent."""
    rng = np.random.default_rng(seed)
    taste, service = rng.normal(size=(2, rows))
    stars = np.clip(np.round(3.2 + 0.8 * taste + 0.4 * service + 0.8 * rng.normal(size=rows)), 1, 5)
    return pl.DataFrame({"taste": taste, "service": service, "stars": stars.astype(np.int64)})


def text_of(report: Any) -> str:
    return " ".join(getattr(block, "text", "") for block in report.blocks())


def chances(seed: int, rows: int = 40, classes: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.ones(classes), rows), rng.integers(0, classes, rows)


# What is in order.


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        (STARS, [1, 2, 3, 4, 5]), (("-1", "0", "+1"), [-1, 0, 1]), (("1.0", "2.", "5.0"), [1, 2, 5]), (("1", "10", "2"), [1, 10, 2]),
        (("0", "1"), None), (("a", "b", "c"), None), (("1", "2", "3+"), None), (("1", "01", "2"), None), (("0.5", "1", "1.5"), None),
        (("nan", "1", "2"), None), (("1e3", "2", "3"), None), (("1", "2", "9" * 40), None), ((), None),
    ],
)  # fmt: skip
def test_three_or_more_whole_numbers_are_in_order(classes: tuple[str, ...], expected: list[int] | None) -> None:
    found = levels_of(classes)
    assert (None if found is None else found.numbers.tolist()) == expected


def test_classes_in_no_order_of_their_own_are_put_in_that_of_their_numbers() -> None:
    levels = Levels(np.array([1.0, 10.0, 2.0]))
    assert levels.order.tolist() == [0, 2, 1]
    assert levels.steps(np.array([1, 2, 0]), np.array([0, 0, 1])).tolist() == [2, 1, -2]
    sure = np.eye(3)
    assert Cut(levels, np.array([1.5, 6.0])).decide(sure).tolist() == Middle(levels).decide(sure).tolist() == [0, 1, 2]


# The metrics.


@settings(max_examples=25)
@given(SEEDS)
def test_they_are_those_of_scikit_learn(seed: int) -> None:
    answers, truth = chances(seed)
    weights, said = np.random.default_rng(seed).integers(0, 4, 40) + (np.arange(40) < 9), answers.argmax(axis=1)
    metrics = Classify().of_classes(STARS).metrics
    expected = cohen_kappa_score(np.repeat(truth, weights), np.repeat(said, weights), weights="quadratic", labels=range(5))
    assert metrics["quadratic_kappa"].score(answers, truth, weights.astype(float)) == pytest.approx(expected)
    assert metrics["mae"].score(answers, truth, weights.astype(float)) == pytest.approx(
        mean_absolute_error(truth, said, sample_weight=weights)
    )


@settings(max_examples=25)
@given(SEEDS)
def test_distances_are_those_of_the_numbers(seed: int) -> None:
    """A gap in the numbers is farther to go."""
    answers, truth = chances(seed, classes=3)
    numbers, said = np.array([1.0, 2.0, 1_000_006.0]), answers.argmax(axis=1)
    metrics = Classify().of_classes(("1", "2", "1000006")).metrics
    by_chance = ((numbers[said][:, None] - numbers[truth]) ** 2).mean()
    expected = 1 - ((numbers[said] - numbers[truth]) ** 2).mean() / by_chance
    assert metrics["quadratic_kappa"].value(answers, truth) == pytest.approx(expected)
    assert metrics["mae"].value(answers, truth) == pytest.approx(np.abs(numbers[said] - numbers[truth]).mean())


def test_where_all_is_alike_agreement_means_nothing() -> None:
    kappa = Classify().of_classes(STARS).metrics["quadratic_kappa"]
    same, other = np.eye(5)[[2, 2, 2]], np.array([1, 2, 3])
    assert np.isnan(kappa.value(same, np.array([2, 2, 2]))) and np.isnan(kappa.score(same, other, np.zeros(3)))
    assert kappa.value(same, other) == 0


@pytest.mark.parametrize("name", ["quadratic_kappa", "mae"])
def test_elsewhere_an_error_says_why_they_do_not_fit(name: str) -> None:
    for classes in (("cat", "dog", "wolf"), ("0", "1")):
        with pytest.raises(LeadlineError, match="whole numbers in order"):
            Classify().of_classes(classes).metric(name, len(classes))
        assert name not in {metric.name for metric in Classify().of_classes(classes).fitting_metrics(len(classes))}
    assert Classify().of_classes(STARS).metric(name, 5).name == name
    with pytest.raises(LeadlineError, match="to regress"):
        Regress().metric("quadratic_kappa", 0)


# The decisions.


@settings(max_examples=25)
@given(SEEDS)
def test_the_middle_class_is_the_least_far_off(seed: int) -> None:
    answers, _ = chances(seed)
    levels = Levels(np.array([3.0, 4.0, 5.0, 9.0, 1.0]))
    far = answers @ np.abs(levels.numbers[:, None] - levels.numbers)
    assert far[np.arange(40), Middle(levels).decide(answers)] == pytest.approx(far.min(axis=1))


def test_rows_that_could_not_be_read_stop_nobody() -> None:
    levels = Levels(np.arange(5.0))
    unknown = np.full((2, 5), np.nan)
    assert Cut(levels, np.arange(4.0)).decide(unknown).shape == Middle(levels).decide(unknown).shape == (2,)


@settings(max_examples=25)
@given(SEEDS)
def test_decisions_are_read_back_as_they_were_written(seed: int) -> None:
    answers, truth = chances(seed)
    task = Classify().of_classes(STARS)
    for metric in ("quadratic_kappa", "mae"):
        made = task.suiting(metric, answers, truth, 5)
        again = task.deciding(json.loads(json.dumps(made.decision)), 5)
        assert isinstance(made, Classify) and isinstance(again, Classify)
        assert again.decision == made.decision and again.decides_in_words(STARS) == made.decides_in_words(STARS) is not None
        assert (again.rule.decide(answers) == made.rule.decide(answers)).all()
        assert again.metrics[metric].value(answers, truth) == task.metrics[metric].value(made.settled(answers), truth)
        one_by_one = [int(made.rule.decide(answers[row : row + 1])[0]) for row in range(40)]
        assert one_by_one == made.rule.decide(answers).tolist()


# How far off is told.


def test_how_far_off_is_told_where_mistakes_are_near_or_it_was_asked_for() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 5, 500)
    near = np.eye(5)[np.clip(truth + rng.integers(-1, 2, 500), 0, 4)]
    anywhere = np.eye(5)[np.where(rng.random(500) < 0.6, truth, rng.integers(0, 5, 500))]
    task = Classify().of_classes(STARS)
    steps = task.steps_off(near, truth)
    assert steps is not None and set(steps.tolist()) == {-1, 0, 1}
    assert task.steps_off(anywhere, truth) is None, "as with digits, of which none is nearer to another"
    assert task.suiting("mae", anywhere, truth, 5).steps_off(anywhere, truth) is not None
    (hint,) = task.advice("accuracy", near, truth)
    assert "--metric quadratic_kappa" in hint and "--task regress" in hint
    assert not task.advice("mae", near, truth) and not task.advice("accuracy", anywhere, truth)
    assert Classify().steps_off(near, truth) is None and not Classify().advice("accuracy", near, truth)
    assert Regress().steps_off(truth, truth) is None


# From one end to the other.


@pytest.fixture(scope="module")
def given_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reviews") / "data"
    folder.mkdir()
    reviews(1_200, 1).write_csv(folder / "train.csv")
    reviews(800, 2).write_csv(folder / "test.csv")
    return folder


@pytest.fixture(scope="module")
def report(given_data: Path) -> Any:
    return ll.train(given_data, target="stars", metric="quadratic_kappa", abstain="95%", out=given_data.parent / "m", **QUICK)


def test_the_model_cuts_where_agreement_is_highest_and_says_so(report: Any) -> None:
    decision = report.model.manifest.decision
    assert decision["metric"] == "quadratic_kappa" and decision["cuts"] == sorted(decision["cuts"]) and len(decision["cuts"]) == 4
    assert report.to_json()["decision"] == decision and '"2" from' in (report.artifact / "card.md").read_text()
    assert "off by one class at most" in text_of(report) and "weighed by their probabilities" in text_of(report)
    assert "How far off" in str([getattr(block, "title", "") for block in report.page()])
    assert report.baseline == 0 and not any("--metric" in remark for remark in report.remarks)


def test_every_verb_follows_the_decision(report: Any, given_data: Path) -> None:
    table = report.predict(given_data / "test.csv").to_table()
    expected = table.select("^p.*$").to_numpy() @ np.arange(1, 6)
    cut = 1 + np.searchsorted(report.model.manifest.decision["cuts"], expected, side="right")
    labels = table["label"].to_list()
    assert all(label in (None, str(number)) for label, number in zip(labels, cut.tolist(), strict=True))
    assert 0 < table["label"].null_count() < 100, "the strangest are refused"
    truth = pl.read_csv(given_data / "test.csv")["stars"].to_list()
    pairs = [(t, int(label)) for t, label in zip(truth, labels, strict=True) if label]
    evaluation = ll.evaluate(report.artifact, given_data / "test.csv")
    kappa = cohen_kappa_score(*map(list, zip(*pairs, strict=True)), weights="quadratic")
    assert report.score.value == pytest.approx(kappa) == evaluation.metrics["quadratic_kappa"].value
    likeliest = 1 + table.select("^p.*$").to_numpy().argmax(axis=1)
    assert kappa > cohen_kappa_score(truth, likeliest, weights="quadratic") + 0.01
    assert evaluation.metrics["mae"].value > 0 and "off by one class at most" in text_of(evaluation) and evaluation.page()


def test_a_replayed_plan_gives_the_same_bytes(report: Any, given_data: Path, tmp_path: Path) -> None:
    again = ll.train(given_data, plan=report.run / "plan.json", out=tmp_path / "again")
    assert learned_files(report.artifact) == learned_files(again.artifact)


def test_without_such_a_metric_nothing_changes_but_it_is_said_that_there_is_one(given_data: Path, tmp_path: Path) -> None:
    plain = ll.train(given_data, target="stars", out=tmp_path / "m", **QUICK)
    assert plain.metric == "accuracy" and plain.model.manifest.decision is None
    assert any("--metric quadratic_kappa" in remark for remark in plain.remarks) and "off by one class at most" in text_of(plain)


def test_few_rows_are_judged_by_decisions_that_never_saw_them(tmp_path: Path) -> None:
    """Blends and several learners too are compared as they would decide."""
    few = ll.train(reviews(300), target="stars", metric="quadratic_kappa", learners=["linear", "trees"], budget="5m", out=tmp_path / "m")
    rule = few.look.task.rule
    assert "nested" in few.judged and isinstance(rule, EachRow) and all(isinstance(one, Cut) for one in rule.rules)
    truth, said = few.look.truth, rule.decide(few.look.answers)
    assert few.score.value == pytest.approx(cohen_kappa_score(truth, said, weights="quadratic"))
    assert few.page() and "off by one class at most" in text_of(few)


def test_scikit_learn_estimators_decide_alike_for_labels_of_any_kind() -> None:
    table = reviews(300)
    X, stars = table.select("taste", "service"), table["stars"].to_numpy()  # noqa: N806
    model = Classifier(metric="mae", **QUICK).fit(X, stars)
    said = model.predict(X)
    assert model.model_.manifest.decision == {"quantile": 0.5, "metric": "mae"}
    assert ((model.predict_proba(X).cumsum(axis=1) >= 0.5 - 1e-9).argmax(axis=1) + 1 == said).all()
    with pytest.raises(ValueError, match="whole numbers in order"):
        Classifier(metric="mae", **QUICK).fit(X, np.array(["one", "two", "three", "four", "five"])[stars - 1])


@pytest.mark.parametrize(
    "decision",
    [
        {"cuts": [1.5], "metric": "quadratic_kappa"}, {"cuts": [2, 1, 3, 4]}, {"cuts": "1234"}, {"cuts": [1, 2, 3, float("nan")]},
        {"quantile": 0.9}, {"quantile": None, "metric": "mae"}, {"metric": "mae"}, {"cuts": [1, 2, 3, 4], "metric": "accuracy"},
    ],
)  # fmt: skip
def test_a_decision_that_is_none_is_damage(report: Any, tmp_path: Path, decision: dict[str, Any]) -> None:
    copy = Path(shutil.copytree(report.artifact, tmp_path / "copy.leadline"))
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps({**manifest, "decision": decision}))
    with pytest.raises(LeadlineError, match="damaged"):
        ll.load(copy)


def test_cuts_of_classes_without_an_order_are_damage() -> None:
    for classes in (("a", "b", "c"), ("0", "1")):
        with pytest.raises(ValueError, match="none"):
            Classify().of_classes(classes).deciding({"cuts": [1.0, 2.0]}, len(classes))


def test_a_few_mistakes_or_far_ones_say_nothing_of_an_order() -> None:
    rng, levels = np.random.default_rng(0), levels_of(tuple(str(digit) for digit in range(10)))
    assert levels is not None
    truth = rng.integers(0, 10, 5_000)
    few = truth.copy()
    few[:10] = np.minimum(few[:10] + 1, 9)
    assert not levels.told_by(few, truth)
    assert not levels.told_by(np.minimum(truth + 3, 9), truth)  # nearer than chance, and yet no neighbours
    assert levels.told_by(np.minimum(truth + (np.arange(5_000) < 200), 9), truth)
