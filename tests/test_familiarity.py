"""Familiarity: strangers are told from rows like those of training, and a promise to answer a share of these is kept."""

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
from leadline.artifact.model import load
from leadline.data.examples import Examples
from leadline.encoders.join import Join
from leadline.encoders.ngram_sketch import NgramSketch
from leadline.encoders.ngrams import HashedNgrams
from leadline.errors import LeadlineError
from leadline.evaluate.abstain import promised_share
from leadline.evaluate.familiarity import familiarity_of
from leadline.heads.class_distance import ClassDistance
from leadline.heads.constant import Constant
from leadline.heads.rank import Rank
from leadline.heads.table_distance import TableDistance
from leadline.parts import COLUMN, Graph, Node
from leadline.tasks.classify import Classify


def around(centres: np.ndarray, rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    classes = rng.integers(0, len(centres), rows)
    return (centres[classes] + rng.normal(size=(rows, centres.shape[1]))).astype(np.float32), classes


@pytest.mark.parametrize("num_classes", [1, 2, 12])
def test_vectors_of_a_class_never_seen_are_stranger(num_classes: int) -> None:
    centres = np.random.default_rng(1).normal(size=(num_classes + 1, 30)) * 4
    vectors, classes = around(centres[:-1], 600, 2)
    known, stranger = around(centres[:-1], 200, 3)[0], around(centres[-1:], 200, 4)[0]
    distance = ClassDistance.fit(vectors, classes, relative=num_classes > 10)
    assert np.quantile(distance.run(known), 0.9) < np.quantile(distance.run(stranger), 0.1)


def test_the_relative_distance_is_what_its_definition_says() -> None:
    vectors, classes = around(np.random.default_rng(5).normal(size=(11, 6)) * 3, 400, 6)
    means = np.stack([vectors[classes == k].mean(axis=0) for k in range(11)]).astype(np.float64)
    centre, apart = vectors.mean(axis=0, dtype=np.float64), vectors - means[classes]
    within = apart.T @ apart / (400 - 11)
    total = within + ((means - centre).T * np.bincount(classes) / 400) @ (means - centre)

    def squared(from_means: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        steps = vectors[:, None] - from_means
        return np.einsum("ncd,de,nce->nc", steps, np.linalg.inv(covariance), steps).min(axis=1)

    expected = squared(means, within) - squared(centre[None], total)
    found = ClassDistance.fit(vectors, classes, relative=True).run(vectors)
    assert np.corrcoef(found, expected)[0, 1] > 0.999 and np.abs(found - expected).max() < 0.05 * np.ptp(expected)


def test_constant_dimensions_and_lone_rows_do_no_harm() -> None:
    vectors = np.zeros((20, 5), np.float32)
    vectors[:, 0] = np.arange(20)
    for classes in (None, np.arange(20), np.arange(20) % 2):
        for relative in (False, True):
            assert np.isfinite(ClassDistance.fit(vectors, classes, relative).run(vectors)).all()


def test_texts_that_share_n_grams_have_sketches_that_are_alike() -> None:
    sketch = NgramSketch(512).run(HashedNgrams().run(pl.Series(["the cat sat on the mat", "a cat sat on a mat", "quarterly tax report"])))
    assert sketch[0] @ sketch[1] > 0.3 > abs(sketch[0] @ sketch[2])


def test_a_row_is_strange_by_its_numbers_its_categories_or_how_they_go_together() -> None:
    rng = np.random.default_rng(0)
    first = rng.normal(size=500)
    columns = [first, first + rng.normal(0, 0.1, 500), pl.Series(rng.choice(["red", "green"], 500))]
    table = TableDistance.fit(columns, {"a": "number", "b": "number", "c": "category"})
    rows: list[tuple[float, float, str | None]] = [
        (0, 0, "red"),
        (9, 9, "red"),
        (1.5, -1.5, "red"),
        (0, 0, "blue"),
        (float("nan"), 0, "red"),
    ]
    a, b, c = zip(*rows, strict=True)
    ordinary, *strange = table.run(np.array(a), np.array(b), pl.Series(c)).tolist()
    assert min(strange[:3]) > np.quantile(table.run(*columns), 0.98) > ordinary
    assert strange[3] >= ordinary


def test_familiarity_is_the_share_of_rows_that_are_as_strange() -> None:
    rng = np.random.default_rng(0)
    rank = Rank.fit([rng.normal(size=2000), rng.normal(size=2000) * 1000])
    fresh = rank.run(rng.normal(size=5000), rng.normal(size=5000) * 1000)
    for share in (0.01, 0.05, 0.5):
        assert np.mean(fresh < share) == pytest.approx(share, abs=0.03)
    assert rank.run(np.array([50.0]), np.array([0.0]))[0] < 0.001 and rank.run(np.array([-50.0]), np.array([0.0]))[0] == 1


def familiarities(values: Any, kind: str, classes: np.ndarray, seed: int) -> np.ndarray:
    """What a model of one column (or one encoder's vectors) says of the rows that taught it."""
    num_classes, rows = int(classes.max()) + 1, np.arange(len(classes))
    name = "vectors" if kind == "vectors" else COLUMN + "x"
    nodes = (Node("vectors", Join(), (COLUMN + "x",)), Node("head", Constant(np.zeros(num_classes)), (name,)))
    examples = Examples({name: values}, {} if kind == "vectors" else {"x": kind}, classes, num_classes)
    raw = np.zeros((len(rows), 1 if num_classes == 2 else num_classes))
    graph = Graph(nodes if kind == "vectors" else nodes[1:])
    beside = familiarity_of(graph, examples, raw, rows, Classify(), seed)
    found: np.ndarray = Graph(graph.nodes, beside).run_both({name: values})[1]
    return found


@pytest.mark.parametrize("seed", range(3))
def test_a_tenth_class_with_a_single_row_changes_no_scale(seed: int) -> None:
    vectors, classes = around(np.random.default_rng(seed).normal(size=(9, 20)) * 4, 600, seed)
    vectors, classes = np.concatenate([vectors, np.full((1, 20), 9, np.float32)]), np.append(classes, 9)
    familiarity = familiarities(vectors, "vectors", classes, seed)
    assert 0.01 < np.mean(familiarity < 0.05) < 0.09


def test_no_mean_is_a_training_row() -> None:
    vectors, classes = around(np.random.default_rng(0).normal(size=(12, 20)) * 4, 240, 0)
    classes[classes == 5] = 4
    classes[:2] = 5
    for relative in (False, True):
        assert len(ClassDistance.fit(vectors, classes, relative).means) == 11


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", ["category", "number"])
def test_a_value_that_many_rows_share_is_as_familiar_as_its_share_demands(kind: str, seed: int) -> None:
    codes = np.random.default_rng(seed).permutation(np.repeat([0, 1, 2], [550, 370, 80]))
    values = pl.Series(["a", "b", "c"]).gather(codes) if kind == "category" else codes.astype(np.float64)
    familiarity = familiarities(values, kind, np.arange(1000) % 2, seed)
    assert familiarity[codes == 2] == pytest.approx(0.08, abs=0.003)


def test_a_difference_of_rounding_between_machines_refuses_nobody() -> None:
    strange = np.repeat([0.1, 2.3], [90, 10])
    rank = Rank.fit([strange])
    assert rank.run(np.array([2.3 * (1 + 1e-9)]))[0] == rank.run(np.array([2.3]))[0] > 0.08


def test_a_measure_that_never_differs_drowns_no_other() -> None:
    strange = np.arange(100.0)
    assert Rank.fit([strange, np.full(100, np.log(10))]).run(strange, np.full(100, np.log(10)))[-1] < 0.03


def test_a_table_says_the_same_of_a_row_alone_and_among_others() -> None:
    rng = np.random.default_rng(0)
    types = {**{f"n{place}": "number" for place in range(30)}, "c": "category"}
    columns = [*rng.normal(size=(30, 300)), pl.Series(rng.choice(list("abcdefghij"), 300))]
    table = TableDistance.fit(columns, types)
    alone = [table.run(*(column[row : row + 1] for column in columns))[0] for row in range(300)]
    assert table.run(*columns).tolist() == alone


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=40), st.floats(-10, 10))
def test_familiarity_is_a_share_and_falls_as_things_get_stranger(strange: list[int], value: float) -> None:
    rank = Rank.fit([np.array(strange, np.float64)])
    more, less = rank.run(np.array([value + 1.0, value]))
    assert 0 <= more <= less <= 1


@pytest.mark.parametrize(("asked", "share"), [("95%", 0.95), ("0.9", 0.9), (0.99, 0.99), ("50 %", 0.5)])
def test_a_share_is_read(asked: Any, share: float) -> None:
    assert promised_share(asked) == pytest.approx(share)


@pytest.mark.parametrize("asked", ["100%", "0.2", "95", "most", "", -1, 1.0, "nan"])
def test_a_share_that_makes_no_sense_is_refused_in_words(asked: Any) -> None:
    with pytest.raises(LeadlineError, match="share"):
        promised_share(asked)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Any:
    rng = np.random.default_rng(5)
    size, weight = rng.normal(10, 2, 2400), rng.normal(50, 5, 2400)
    kind = np.where(size + weight / 5 + rng.normal(0, 1, 2400) > 20, "large", "small")
    rows = pl.DataFrame({"size": size, "weight": weight, "kind": kind})
    return ll.train(rows, target="kind", learners=["linear"], budget="1m", abstain="90%", out=tmp_path_factory.mktemp("abstain") / "m")


def test_rows_unlike_training_get_no_answer_and_the_others_do(report: Any) -> None:
    rows = [{"size": 10, "weight": 50}, {"size": 1000, "weight": 50}, {"size": None, "weight": -4000}]
    ordinary, *strange = report.predict(rows)
    assert ordinary["familiarity"] > 0.3 and not ordinary["refused"] and ordinary["label"] in ("small", "large")
    for record in strange:
        assert record["refused"] and record["label"] is None and record["familiarity"] < 0.02
        assert sum(record["probabilities"].values()) == pytest.approx(1)
    assert report.predict(rows).to_json()["num_refused"] == 2
    table = report.predict(rows).to_table()
    assert table["refused"].to_list() == [False, True, True] and table["label"].null_count() == 2
    assert any("2 of 3 are too unlike" in getattr(block, "text", "") for block in report.predict(rows).blocks())


def test_the_promise_is_kept_on_rows_that_judged(report: Any) -> None:
    assert report.refused.low <= 0.12 and report.refused.high >= 0.08
    assert report.score.n == report.refused.n - round(report.refused.value * report.refused.n)
    assert report.to_json()["refused"]["value"] == report.refused.value


def test_evaluate_scores_the_rows_that_were_answered(report: Any) -> None:
    rows = pl.DataFrame({"size": [10.0] * 30 + [900.0] * 10, "weight": [50.0] * 40, "kind": ["small"] * 40})
    evaluation = ll.evaluate(report.artifact, rows)
    assert evaluation.refused is not None and evaluation.refused.value == 0.25 and evaluation.metrics["accuracy"].n == 30
    with pytest.raises(LeadlineError, match="refuses all"):
        ll.evaluate(report.artifact, rows.tail(10))


def test_without_rows_evaluate_does_not_speak_of_refusing(report: Any) -> None:
    with pytest.raises(LeadlineError, match="no rows"):
        ll.evaluate(report.artifact, pl.DataFrame({"size": [1.0], "weight": [1.0], "kind": ["small"]}).clear())


def test_rows_of_which_none_can_be_read_are_told_by_the_first_error(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    size = rng.normal(size=300)
    rows = pl.DataFrame({"size": size, "kind": np.where(size > 0, "large", "small")})
    model = ll.train(rows, target="kind", learners=["rules"], out=tmp_path / "m").artifact
    with pytest.raises(LeadlineError, match="tall"):
        ll.evaluate(model, pl.DataFrame({"size": ["tall", "tall"], "kind": ["large", "small"]}))


def test_a_model_that_reads_nothing_that_tells_familiarity_answers_all_and_says_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    tags = [["a"] if flag else ["b"] for flag in rng.random(300) < 0.5]
    rows = pl.DataFrame({"tags": tags, "kind": [first[0] * 2 for first in tags]})
    report = ll.train(rows, target="kind", learners=["baseline"], abstain="95%", out=tmp_path / "m")
    assert "no-refusal" in [finding.code for finding in report.findings] and report.refused is None
    assert load(report.artifact).manifest.abstain is None and not report.predict(rows)[0]["refused"]


def test_that_all_rows_that_judge_are_refused_is_said(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    size = rng.normal(size=1000)
    split = np.repeat(["train", "test"], [800, 200])
    rows = pl.DataFrame({"size": size + np.where(split == "test", 1e6, 0), "kind": np.where(size > 0, "large", "small"), "split": split})
    for part in ("train", "test"):
        rows.filter(pl.col("split") == part).drop("split").write_csv(tmp_path / f"{part}.csv")
    with pytest.raises(LeadlineError, match="refuses all 200 rows"):
        ll.train(tmp_path, target="kind", learners=["rules"], abstain="95%", out=tmp_path / "m")


def test_with_few_rows_the_report_says_that_refusing_was_not_measured(tmp_path: Path) -> None:
    size = np.random.default_rng(0).normal(size=120)
    rows = pl.DataFrame({"size": size, "kind": np.where(size > 0, "large", "small")})
    report = ll.train(rows, target="kind", learners=["rules"], abstain="95%", out=tmp_path / "m")
    assert "refusal-not-measured" in [finding.code for finding in report.findings]
    assert report.predict([{"size": 1e6}])[0]["refused"]


def test_no_row_of_training_is_kept(report: Any) -> None:
    """What tells familiarity is a few quantiles and a covariance."""
    manifest = json.loads((report.artifact / "manifest.json").read_text())
    assert manifest["abstain"] == {"promised": 0.9, "below": 0.1}
    assert sum(manifest["files"][part["arrays"]]["bytes"] for part in manifest["beside"] if part["arrays"]) < 20_000


@pytest.mark.parametrize("abstain", [{"promised": 0.9}, {"promised": 0.9, "below": 7}, "often", {"promised": 0.9, "below": None}])
def test_a_threshold_that_is_none_is_damage(report: Any, tmp_path: Path, abstain: Any) -> None:
    changed = _copied(report.artifact, tmp_path, abstain=abstain)
    with pytest.raises(LeadlineError, match="damaged"):
        load(changed)


def test_a_threshold_without_parts_that_measure_is_damage(report: Any, tmp_path: Path) -> None:
    with pytest.raises(LeadlineError, match="damaged"):
        load(_copied(report.artifact, tmp_path, beside=[]))


def _copied(artifact: Path, folder: Path, **changes: Any) -> Path:
    import shutil

    copy = Path(shutil.copytree(artifact, folder / "copy.leadline"))
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps({**manifest, **changes}))
    return copy


def test_vectors_far_from_zero_that_hardly_differ_can_be_judged() -> None:
    """Few rows, many classes, features that never change: as with picture features of faces."""
    rng = np.random.default_rng(0)
    vectors = (rng.random((80, 600)) * 0.02 + rng.random((1, 600))).astype(np.float32)
    vectors[:, :100] = 0.7
    distances = ClassDistance.fit(vectors, np.arange(80) % 40, relative=True).run(vectors)
    assert np.isfinite(distances).all()
