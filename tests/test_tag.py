"""The task of naming any number of labels: what can be asked, what is learned, how it is judged, and what comes out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as reference
from sklearn.linear_model import LogisticRegression

import leadline as ll
from leadline.columns.contract import WhyNot
from leadline.data.examples import Examples
from leadline.evaluate.calibration import fit_temperature
from leadline.evaluate.intervals import score_interval
from leadline.learners.contract import Sizes
from leadline.learners.linear import Linear
from leadline.learners.search import Aim, Search
from leadline.learners.trees import Trees
from leadline.parts import COLUMN
from leadline.registry import LEARNERS
from leadline.tasks.choose import choose_task
from leadline.tasks.tag import Tag
from tests.test_tags import NOT_TAGS
from tests.test_train import learned_files

TAG = Tag()
WORDS = {"action": "chase", "comedy": "laugh", "drama": "tears", "horror": "ghost", "western": "horse", "musical": "song"}
SHARES = np.array([0.5, 0.4, 0.35, 0.15, 0.1, 0.06])


def films(rows: int = 400, seed: int = 0) -> pl.DataFrame:
    """Keywords among which a genre's own stands nine times in ten where the film is of that genre; drama lasts longer."""
    rng = np.random.default_rng(seed)
    truth = rng.random((rows, len(SHARES))) < SHARES
    filler = ["man", "woman", "city", "life", "night", "story"]
    told = truth & (rng.random(truth.shape) < 0.9)
    words = [[word for word, is_so in zip(WORDS.values(), row, strict=True) if is_so] + rng.choice(filler, 2).tolist() for row in told]
    tags = ["|".join(rng.permutation([name for name, is_so in zip(WORDS, row, strict=True) if is_so])) or "[]" for row in truth]
    keywords = [", ".join(rng.permutation(row)) for row in words]
    return pl.DataFrame({"keywords": keywords, "minutes": truth[:, 2] * 40 + rng.normal(80, 8, rows), "tags": tags})


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("films")
    films().write_csv(folder / "films.csv")
    return ll.train(folder / "films.csv", target="tags", budget="1m", out=folder / "films")


def test_a_file_of_tags_is_learned_without_being_told_what_it_is(report: Any) -> None:
    assert report.task == "tag" and "separated by" in report.task_why and "--task classify" in report.task_why
    assert report.metric == "micro_f1" and report.score.value > 0.85 > 0.6 > report.baseline
    assert report.score.low < report.score.value < report.score.high
    tried = {row.learner for row in report.leaderboard} | {skipped.learner for skipped in report.skipped}
    assert tried >= set(LEARNERS) and report.learner == "linear"


def test_the_saved_model_names_labels_with_their_probabilities(report: Any) -> None:
    (answer,) = report.predict({"keywords": "man, ghost, song, an unknown word", "minutes": 80.0})
    assert set(answer["labels"]) == {"horror", "musical"}
    assert set(answer["probabilities"]) == set(WORDS)
    decision = report.model.manifest.decision
    assert decision["metric"] == "micro_f1" and 0.1 < decision["threshold"] < 0.8
    assert all((chance >= decision["threshold"]) == (name in answer["labels"]) for name, chance in answer["probabilities"].items())
    assert any("It names a label from a probability of" in getattr(block, "text", "") for block in report.blocks())
    json.dumps(answer)
    assert set(report.predict({"keywords": ["song", "ghost", "man"], "minutes": 80.0})[0]["labels"]) == {"horror", "musical"}


def test_new_rows_are_judged_label_by_label(report: Any) -> None:
    found = ll.evaluate(report.artifact, films(200, seed=1))
    assert found.metrics["micro_f1"].value > 0.85 and found.metrics["mean_average_precision"].value > 0.85
    assert {c.name for c in found.per_class} == set(WORDS) and all(c.recall > 0.6 for c in found.per_class)
    assert found.confusion == [] and found.ece is not None and found.ece < 0.15
    assert set(found.metrics) == set(TAG.metrics)


def test_a_replayed_plan_learns_the_same_bytes(report: Any, tmp_path: Path) -> None:
    again = ll.train(report.name, plan=report.run / "plan.json", out=tmp_path / "again")
    assert learned_files(report.artifact) == learned_files(again.artifact)


def test_a_label_that_the_model_does_not_know_is_said_and_left_out(report: Any) -> None:
    rows = films(50, seed=2).with_columns(pl.col("tags").str.replace("drama", "opera"))
    assert any("opera" in finding.detail for finding in ll.evaluate(report.artifact, rows).findings)
    with pytest.raises(ll.LeadlineError, match="does not know the label"):
        ll.evaluate(report.artifact, rows.with_columns(tags=pl.lit("opera|ballet")))


def test_classes_can_be_asked_of_the_same_column() -> None:
    task, why = choose_task(films()["tags"], "classify")
    assert task.name == "classify" and why == "as you said"
    lists = films()["tags"].str.split("|")
    assert choose_task(lists)[0].name == "tag"
    assert len(choose_task(lists, "classify")[0].read_target(lists).classes) < 64


@pytest.mark.parametrize("values", NOT_TAGS.values(), ids=NOT_TAGS)
def test_nothing_else_asks_for_tags(values: list[str]) -> None:
    assert isinstance(TAG.claims(pl.Series(values)), WhyNot)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1, 2, 3, 4] * 5, "labels are names"),
        ([0.5, 1.5] * 10, "labels are names"),
        (["a, b"] * 20, "same labels"),
        ([f"tag {n}" for n in range(20)], "one row each"),
        ([*(f"only {n}" for n in range(18)), "a", "a"], "one row only"),
        (["[]"] * 20, "none of 20 rows"),
    ],
)
def test_what_cannot_be_tagged_is_refused_in_words(values: list[Any], words: str) -> None:
    with pytest.raises(ll.LeadlineError, match=words):
        choose_task(pl.Series("t", values), "tag")


def test_rare_labels_are_left_out_and_the_rows_named() -> None:
    target = TAG.read_target(pl.Series("t", ["a|b", "a", "a|b|once", "b|never again"]))
    assert target.classes == ("a", "b")
    assert target.values.tolist() == [[1, 1], [1, 0], [1, 1], [0, 1]]
    (finding,) = target.findings
    assert finding.rows == [2, 3] and "2 labels" in finding.title and "once" in finding.detail


def test_blank_cells_are_no_label_and_missing_ones_are_left_out(tmp_path: Path) -> None:
    frame = films(120).with_columns(tags=pl.when(pl.int_range(pl.len()) % 10 == 0).then(pl.lit("")).otherwise("tags"))
    frame = frame.with_columns(tags=pl.when(pl.int_range(pl.len()) % 10 == 1).then(None).otherwise("tags"))
    report = ll.train(frame.select("minutes", "tags"), target="tags", learners=["linear"], budget="5m", out=tmp_path / "m")
    assert report.score.n == 108
    assert any(len(finding.rows) == 12 for finding in report.findings)


def test_new_cells_are_taken_apart_as_the_known_labels_are_found() -> None:
    for cells in (["a, b", "b"], ["a;b", "b"], ["['a', 'b']", "[b]"], [["b", "a"], ["b"]]):
        assert TAG.codes_of(pl.Series("t", cells), ("b", "a")).values.tolist() == [[1, 1], [1, 0]]


@settings(max_examples=50)
@given(st.integers(0, 10_000))
def test_metrics_agree_with_scikit_learn_on_any_answers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, chances = (rng.random((40, 5)) < 0.3).astype(np.uint8), np.round(rng.random((40, 5)), 1)
    weights = rng.integers(0, 3, 40).astype(float)
    there = [label for label in range(5) if truth[weights > 0, label].any()]
    expected = {
        "micro_f1": reference.f1_score(truth, chances >= 0.5, average="micro", sample_weight=weights),
        "macro_f1": reference.f1_score(truth, chances >= 0.5, average="macro", sample_weight=weights),
        "exact_match": reference.accuracy_score(truth, chances >= 0.5, sample_weight=weights),
        "mean_average_precision": np.mean(
            [reference.average_precision_score(truth[:, k], chances[:, k], sample_weight=weights) for k in there]
        ),
    }
    for name, value in expected.items():
        assert TAG.metrics[name].score(chances, truth, weights) == pytest.approx(value), name
    inner = np.clip(chances, 0.01, 0.99)
    losses = [reference.log_loss(truth[:, k], inner[:, k], labels=[0, 1]) for k in range(5)]
    assert TAG.metrics["log_loss"].value(inner, truth) == pytest.approx(np.mean(losses))


def test_a_score_lies_in_its_interval_though_rare_labels_vanish_from_resamples() -> None:
    rng = np.random.default_rng(0)
    truth = (rng.random((300, 80)) < 0.01).astype(np.uint8)
    chances = np.clip(rng.random(truth.shape) * 0.6 + truth * 0.3, 0, 1)
    for name in ("macro_f1", "mean_average_precision"):
        interval = score_interval(TAG.metrics[name], chances, truth)
        assert interval.low < interval.value < interval.high


def test_rows_are_spread_by_their_rarest_label() -> None:
    assert TAG.strata(np.array([[1, 0, 1], [1, 0, 0], [0, 0, 0], [1, 1, 0]], np.uint8)).tolist() == [3, 1, 0, 2]


def test_too_sure_labels_are_made_honest() -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(size=(2_000, 6)) * 2
    truth = (rng.random(honest.shape) < TAG.answers(honest)).astype(np.uint8)
    per_row = TAG.metrics["log_loss"].per_row
    assert per_row is not None
    assert fit_temperature(honest * 2.5, truth, TAG.answers, per_row) == pytest.approx(2.5, rel=0.1)


def test_a_table_of_answers_holds_the_labels_of_each_row() -> None:
    table = TAG.columns(np.array([[0.6, 0.9], [0.1, 0.2], [np.nan, np.nan]]), ("a", "b"))
    assert table["labels"].to_list() == [["b", "a"], [], []]
    assert table["p(b)"].to_list()[:2] == [0.9, 0.2]


def test_each_label_is_fitted_as_if_it_were_alone() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(80, 6)).astype(np.float32)
    truth = (x[:, :3] + rng.normal(size=(80, 3)) > 0.5).astype(np.uint8)
    search = Search((1e-3,), max_iterations=500, tolerance=1e-12)
    found = search.fit(x, truth, Aim("each-label", 3))
    penalty = 1e-3 * np.mean(np.sum(x.astype(np.float64) ** 2, axis=1)) * len(x)
    for label in range(3):
        peer = LogisticRegression(C=1 / penalty, tol=1e-10, max_iter=5000).fit(x.astype(np.float64), truth[:, label])
        np.testing.assert_allclose(found.coef[:, label], peer.coef_[0], atol=1e-2)


def test_a_thousand_labels_are_learned() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random((600, 1_000)) < 0.004
    texts = pl.Series([" ".join(f"word{label}" for label in np.flatnonzero(row)) for row in truth])
    cells = pl.Series("t", ["|".join(f"label{label}" for label in np.flatnonzero(row)) for row in truth])
    target = TAG.read_target(cells)
    sizes = Sizes(600, {"says": "text"}, len(target.classes), text_length=24)
    values = {COLUMN + "says": texts, **{node.name: node.part.run(texts) for node in Linear().inputs(sizes)}}
    examples = Examples(values, sizes.types, target.values, len(target.classes))
    work = Linear().work(sizes, TAG, 0)
    assert work.settings["min_documents"] > 1 and work.peak_bytes < 1 << 30
    work.settings["min_documents"] = 1
    graph = Linear().fit(examples, TAG, work, 0)
    assert TAG.metrics["mean_average_precision"].value(TAG.answers(graph.run(values)), target.values) > 0.9
    assert "labels" in (Trees().why_not(Sizes(600, {"n": "number"}, 1_000), TAG) or "")


def test_every_label_has_trees_of_its_own() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=300), rng.normal(size=300)
    truth = np.stack([x > 0, y > 1, np.abs(x) < 0.5, np.zeros(300, bool)], axis=1).astype(np.uint8)
    examples = Examples({COLUMN + "x": x, COLUMN + "y": y}, {"x": "number", "y": "number"}, truth, 4)
    for effort in (0, 1):
        graph = Trees().fit(examples, TAG, Trees().work(Sizes(300, examples.types, 4), TAG, effort), 0)
        chances = TAG.answers(graph.run(examples.values))
        assert (chances[:, :3].round() == truth[:, :3]).mean() > 0.95
        assert chances[:, 3].max() < 0.05


def test_books_get_better_tags_than_by_not_looking(shared: Any) -> None:
    books = pl.read_parquet(shared("recommender/goodbooks/books.parquet")).sample(1_500, seed=0)
    target = TAG.read_target(books["tags"])
    assert len(target.classes) > 300 and target.findings
    sizes = Sizes(1_500, {"title": "text"}, len(target.classes), text_length=float(books["title"].str.len_chars().mean() or 0))  # type: ignore[arg-type]
    values = {COLUMN + "title": books["title"], **{node.name: node.part.run(books["title"]) for node in Linear().inputs(sizes)}}
    examples = Examples(values, sizes.types, target.values, len(target.classes))
    teach, judge = examples.take(np.arange(1_000)), examples.take(np.arange(1_000, 1_500))
    graph = Linear().fit(teach, TAG, Linear().work(sizes, TAG, 0), 0)
    guess = np.repeat(TAG.answers(TAG.first_guess(teach.target, sizes.num_classes)[None]), 500, axis=0)
    for name, gain in (("micro_f1", 0.01), ("mean_average_precision", 0.1)):
        metric = TAG.metrics[name]
        assert metric.value(TAG.answers(graph.run(judge.values)), judge.target) > metric.value(guess, judge.target) + gain


def test_each_label_has_a_threshold_of_its_own_where_labels_count_alike() -> None:
    rng = np.random.default_rng(0)
    chances = np.stack([rng.beta(2, 2, 4_000), rng.beta(0.5, 12, 4_000)], axis=1)
    truth = (rng.random(chances.shape) < chances).astype(np.uint8)
    task = TAG.suiting("macro_f1", chances, truth, 2)
    frequent, rare = task.decision["thresholds"] if task.decision else ()
    assert rare < frequent < 0.5
    assert task.metrics["macro_f1"].value(chances, truth) > TAG.metrics["macro_f1"].value(chances, truth) + 0.1
    assert TAG.metrics["macro_f1"].value(task.settled(chances), truth) == task.metrics["macro_f1"].value(chances, truth)
    assert '"b" from' in str(task.decides_in_words(("a", "b")))
    one = TAG.suiting("micro_f1", chances, truth, 2)
    assert one.metrics["micro_f1"].value(chances, truth) > TAG.metrics["micro_f1"].value(chances, truth)
    assert TAG.suiting("exact_match", chances, truth, 2).decision is None


def test_rows_of_several_models_keep_the_thresholds_of_theirs() -> None:
    chances = np.array([[0.3, 0.1], [0.3, 0.1]])
    both = Tag(0.2).each_row([Tag(0.2, "micro_f1"), Tag(0.4, "micro_f1")], np.array([0, 1]))
    assert both.columns(chances, ("a", "b"))["labels"].to_list() == [["a"], []]
    assert [both.of_row(row).to_json(chances[row], ("a", "b"))["labels"] for row in (0, 1)] == [["a"], []]


@pytest.mark.parametrize(
    "decision",
    [{"threshold": 2, "metric": "micro_f1"}, {"thresholds": [0.5], "metric": "macro_f1"}, {"threshold": 0.5}, {"thresholds": "no"}],
)
def test_thresholds_that_are_none_are_refused(decision: Any) -> None:
    assert TAG.deciding({"thresholds": [0.1, 0.5], "metric": "macro_f1"}, 2).decision is not None
    with pytest.raises(ValueError, match="decides by"):
        TAG.deciding(decision, 2)
