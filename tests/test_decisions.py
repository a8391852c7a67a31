"""Decisions made for a metric: learned where nobody judges, kept in the model, followed by every verb, and told in words."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

import leadline as ll
from leadline.errors import LeadlineError, UsageError
from leadline.tasks.classify import Classify
from leadline.tasks.costs import Costs
from leadline.tasks.deciding import EachRow, FromOn, Likeliest, Weighed
from leadline.tasks.regress import Regress
from tests.test_tag import films
from tests.test_train import learned_files

QUICK: dict[str, Any] = {"learners": ["linear"], "budget": "5m"}
NO, YES = [0.9, 0.1], [0.6, 0.4]


def machines(rows: int = 3_000, seed: int = 0) -> pl.DataFrame:
    """Few of which are broken, and none surely."""
    rng = np.random.default_rng(seed)
    heat = rng.normal(size=rows)
    broken = rng.random(rows) < 1 / (1 + np.exp(3 - heat))
    return pl.DataFrame({"heat": heat, "state": np.where(broken, "broken", "fine")})


def animals(rows: int = 2_600, seed: int = 0) -> pl.DataFrame:
    """Three kinds that overlap, one of them rare."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(3, rows, p=[0.75, 0.2, 0.05])
    return pl.DataFrame({"length": kind + rng.normal(0, 1, rows), "kind": np.array(["cat", "dog", "wolf"])[kind]})


def trained(data: Any, target: str, metric: str, folder: Path, **options: Any) -> Any:
    return ll.train(data, target=target, metric=metric, out=folder / "m", **{**QUICK, **options})


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows of which a third is given to judge: `train.csv`, `test.csv`."""
    folder = tmp_path_factory.mktemp("machines") / "data"
    folder.mkdir()
    machines(2_000, 1).write_csv(folder / "train.csv")
    machines(1_000, 2).write_csv(folder / "test.csv")
    return folder


@pytest.fixture(scope="module")
def report(given: Path) -> Any:
    return trained(given, "state", "f1", given.parent, positive="broken")


def test_the_model_says_yes_where_f1_is_highest_and_says_so(report: Any) -> None:
    decision = report.model.manifest.decision
    assert decision["metric"] == "f1" and 0.05 < decision["threshold"] < 0.4
    assert report.to_json()["decision"] == decision and 'It answers "broken" from' in (report.artifact / "card.md").read_text()
    text = " ".join(getattr(block, "text", "") for block in report.blocks())
    assert f'It answers "broken" from a probability of {decision["threshold"]:.1%} on: there its F1 is highest' in text


def test_every_verb_follows_the_decision(report: Any, given: Path) -> None:
    table = report.predict(given / "test.csv").to_table()
    assert ((table["label"] == "broken") == (table["p(broken)"] >= report.model.manifest.decision["threshold"])).all()
    truth = pl.read_csv(given / "test.csv")["state"]
    expected = f1_score(truth == "broken", table["label"] == "broken")
    evaluation = ll.evaluate(report.artifact, given / "test.csv")
    assert report.score.value == pytest.approx(expected) == evaluation.metrics["f1"].value
    assert expected > f1_score(truth == "broken", table["p(broken)"] >= 0.5) + 0.1
    assert evaluation.to_json()["decision"] == report.model.manifest.decision
    assert np.sum(evaluation.confusion, axis=0)[1] == (table["label"] == "broken").sum()


def test_not_looking_may_say_yes_to_all(report: Any, given: Path) -> None:
    share = (pl.read_csv(given / "test.csv")["state"] == "broken").mean()
    assert isinstance(share, float) and report.baseline == pytest.approx(2 * share / (1 + share))
    board = {row.learner: row.score for row in report.leaderboard}
    assert board["linear"] > board["baseline"] > 0


def test_a_replayed_plan_gives_the_same_bytes(report: Any, given: Path, tmp_path: Path) -> None:
    again = ll.train(given, plan=report.run / "plan.json", out=tmp_path / "again")
    assert learned_files(report.artifact) == learned_files(again.artifact)
    assert again.model.manifest.decision == report.model.manifest.decision


def test_balanced_accuracy_compares_with_the_share_of_the_class(given: Path, tmp_path: Path) -> None:
    report = trained(given, "state", "balanced_accuracy", tmp_path, positive="broken")
    share = (pl.read_csv(given / "train.csv")["state"] == "broken").mean()
    assert report.model.manifest.decision["threshold"] == pytest.approx(share, abs=1e-3)
    assert report.score.value > 0.6 and report.baseline == 0.5
    assert "that is its share of training rows" in " ".join(getattr(block, "text", "") for block in report.blocks())


@pytest.mark.parametrize(("metric", "words"), [("balanced_accuracy", "all count alike"), ("f1_macro", "mean F1")])
def test_many_classes_are_weighed_by_how_rare_they_are(tmp_path: Path, metric: str, words: str) -> None:
    report = trained(animals(), "kind", metric, tmp_path)
    weights = report.model.manifest.decision["weights"]
    assert weights == sorted(weights) and weights[2] > weights[0]
    fresh = animals(4_000, seed=5)
    table = report.predict(fresh).to_table()
    said, likeliest = table["label"].to_numpy(), np.array(["cat", "dog", "wolf"])[table.select("^p.*$").to_numpy().argmax(axis=1)]
    score = {
        "balanced_accuracy": lambda named: balanced_accuracy_score(fresh["kind"], named),
        "f1_macro": lambda named: f1_score(fresh["kind"], named, average="macro", zero_division=0),
    }[metric]
    assert score(said) > score(likeliest) + 0.02
    text = " ".join(getattr(block, "text", "") for block in report.blocks())
    assert '"wolf"' in text and words in text


def test_few_rows_are_judged_by_decisions_that_never_saw_them(tmp_path: Path) -> None:
    report = trained(machines(400, 3), "state", "f1", tmp_path, positive="broken")
    rule = report.look.task.rule
    assert "nested" in report.judged and isinstance(rule, EachRow)
    thresholds = {one.threshold for one in rule.rules if isinstance(one, FromOn)}
    assert len(thresholds) == len(rule.rules) >= 3
    named = np.zeros(len(report.look.answers), dtype=bool)
    for row, part in enumerate(rule.part):
        named[row] = report.look.answers[row, 1] >= rule.rules[part].threshold
    assert report.score.value == pytest.approx(f1_score(report.look.truth, named))
    assert report.page()


def test_metrics_that_look_at_no_decision_leave_it_alone(given: Path, tmp_path: Path) -> None:
    report = trained(given, "state", "average_precision", tmp_path, positive="broken")
    assert report.model.manifest.decision is None and report.to_json()["decision"] is None


@pytest.mark.parametrize(
    ("data", "target", "options", "words"),
    [
        (machines(60), "state", {"metric": "f1", "cost": "fp=1,fn=2"}, "--cost and --metric f1"),
        (machines(60), "state", {"metric": "balanced_accuracy", "cost": "fp=1,fn=2"}, "leave out --metric"),
        (machines(60), "state", {"metric": "f1", "positive": "melted"}, '"melted" cannot be the positive class'),
        (machines(60), "heat", {"metric": "f1"}, '"f1" is not a metric'),
        (animals(60), "kind", {"metric": "f1"}, "f1_macro"),
        (animals(60), "kind", {"metric": "f1_macro", "positive": "wolf"}, "positive class"),
        (films(60), "tags", {"metric": "f1"}, "macro_f1"),
    ],
)
def test_what_does_not_go_together_is_said_in_one_error(
    tmp_path: Path, data: pl.DataFrame, target: str, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(LeadlineError) as caught:
        ll.train(data, target=target, out=tmp_path / "m", **QUICK, **options)
    assert words in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "decision",
    [
        {"threshold": 0.2, "metric": "roc_auc"}, {"threshold": True, "metric": "f1"}, {"threshold": None, "metric": "f1"},
        {"weights": [1.0], "metric": "f1_macro"}, {"weights": [0.0, 1.0]}, {"weights": [1.0, float("nan")]}, {"weights": "12"},
        {"weights": [1.0, 10**400]}, {"thresholds": [0.1, 0.2], "metric": "macro_f1"},
    ],
)  # fmt: skip
def test_a_decision_that_is_none_is_damage(report: Any, tmp_path: Path, decision: dict[str, Any]) -> None:
    copy = Path(shutil.copytree(report.artifact, tmp_path / "copy.leadline"))
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps({**manifest, "decision": decision}))
    with pytest.raises(LeadlineError, match="damaged"):
        ll.load(copy)


def test_decisions_are_read_back_as_they_were_written() -> None:
    for task in (Classify(FromOn(0.3), aim="f1"), Classify(FromOn(0.2), Costs(1, 4)), Classify(Weighed(np.array([1.0, 2.0])))):
        assert Classify().deciding(json.loads(json.dumps(task.decision)), 2).decision == task.decision
    assert Classify().decision is None and Regress().decision is None
    assert Classify(Likeliest()).decision is None


def test_answers_of_learners_are_compared_as_each_would_decide() -> None:
    """A learner that is never half sure wins by F1 where it ranks better."""
    chances, truth = np.array([NO, NO, NO, YES, YES]), np.array([0, 0, 0, 1, 1])
    task = Classify().suiting("f1", chances, truth, 2)
    assert isinstance(task, Classify) and task.rule.decide(chances).tolist() == truth.tolist()
    assert Classify.metrics["f1"].value(task.settled(chances), truth) == 1
    assert np.isnan(Classify.metrics["f1"].value(chances, np.zeros(5, np.int64)))
    assert Classify().suiting("log_loss", chances, truth, 2).settled(chances) is chances


def test_costs_decide_whatever_metric_looks_at_no_decision() -> None:
    task = Classify().weighing(Costs(1, 9), 2)
    assert task.metric("roc_auc", 2).name == "roc_auc"
    with pytest.raises(UsageError):
        task.metric("f1_macro", 2)
