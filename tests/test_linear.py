"""Linear models: the head's product, the solver against scikit-learn, and the learner on words and columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from leadline.data.examples import Examples
from leadline.encoders.join import Join
from leadline.heads.linear import LinearHead
from leadline.learners.contract import Sizes
from leadline.learners.linear import Linear
from leadline.learners.search import Aim, Search, Trial
from leadline.parts import Graph
from leadline.registry import PARTS
from leadline.tasks.classify import Classify
from leadline.tasks.regress import Regress
from leadline.values import Blocks, Sparse

IMDB = Path(__file__).parents[2] / "shared/data/imdb"


def aim(num_classes: int) -> Aim:
    return Aim.of(Classify() if num_classes else Regress(), num_classes)


def to_sparse(matrix: np.ndarray) -> Sparse:
    """The same without its zeros."""
    rows = sparse.csr_array(matrix)
    return Sparse(rows.indptr.astype(np.int64), rows.indices.astype(np.int32), rows.data, matrix.shape[1])


EXACT = Search((1e-3,), max_iterations=2000, tolerance=1e-12)


@settings(max_examples=60)
@given(st.integers(0, 12), st.integers(1, 9), st.integers(1, 4), st.integers(0, 2**32), st.floats(0, 1))
def test_head_equals_a_matrix_product(rows: int, columns: int, outputs: int, seed: int, share: float) -> None:
    rng = np.random.default_rng(seed)
    features = (rng.normal(size=(rows, columns)) * (rng.random((rows, columns)) < share)).astype(np.float32)
    head = LinearHead(rng.normal(size=(columns, outputs)), rng.normal(size=outputs))
    expected = sparse.csr_array(features).astype(np.float64) @ head.coef + head.intercept
    for block in (features, to_sparse(features), Blocks((features[:, :1], to_sparse(features[:, 1:])))):
        raw = head.run(block)
        assert raw.dtype == np.float64 and raw.shape == (rows, outputs)
        np.testing.assert_allclose(raw, expected, rtol=1e-12, atol=1e-12)
    again = LinearHead.load(head.config(), head.arrays(), {})
    assert again.run(to_sparse(features)).tobytes() == head.run(to_sparse(features)).tobytes()


@pytest.mark.parametrize("outputs", [1, 3])
def test_what_is_left_of_large_terms_that_cancel_is_right(outputs: int) -> None:
    features = np.array([[3e7, 1.0, -3e7]], np.float32)
    head = LinearHead(np.ones((3, outputs)), np.zeros(outputs))
    for block in (features, to_sparse(features), Blocks((features[:, :1], to_sparse(features[:, 1:])))):
        assert head.run(block).tolist() == [[1.0] * outputs]


@pytest.mark.parametrize("outputs", [1, 2])
def test_a_row_answers_the_same_alone_and_in_company(outputs: int) -> None:
    rng = np.random.default_rng(0)
    features = to_sparse((rng.normal(size=(300, 50)) * (rng.random((300, 50)) < 0.3)).astype(np.float32))
    head = LinearHead(rng.normal(size=(50, outputs)), rng.normal(size=outputs))
    together = head.run(features)
    alone = np.concatenate([head.run(features.take_rows(np.array([i]))) for i in range(300)])
    assert together.tobytes() == alone.tobytes()


@pytest.mark.parametrize("shape", [(60, 8), (40, 90)], ids=["more rows", "more columns"])
@pytest.mark.parametrize("num_classes", [0, 2, 4])
@pytest.mark.parametrize("form", ["dense", "sparse", "both"])
def test_solver_finds_what_scikit_learn_finds(shape: tuple[int, int], num_classes: int, form: str) -> None:
    from sklearn.linear_model import LogisticRegression, Ridge

    rng = np.random.default_rng(3)
    x = rng.normal(size=shape).astype(np.float32)
    signal = x[:, :4] @ rng.normal(size=(4, 4)) + rng.normal(size=(len(x), 4))
    target = 50 + 7 * signal[:, 0] if num_classes == 0 else signal[:, :num_classes].argmax(axis=1)
    both = Join().run(x[:, :3], to_sparse(x[:, 3:]))
    found = EXACT.fit({"dense": x, "sparse": to_sparse(x), "both": both}[form], target, aim(num_classes))
    penalty = EXACT.strengths[0] * np.mean(np.sum(x.astype(np.float64) ** 2, axis=1)) * len(x)
    if num_classes == 0:
        peer = Ridge(alpha=penalty).fit(x.astype(np.float64), target)
    else:
        peer = LogisticRegression(C=1 / penalty, tol=1e-10, max_iter=5000).fit(x.astype(np.float64), target)
    expected = x @ np.atleast_2d(peer.coef_).T + peer.intercept_
    ours = x @ found.coef + found.intercept
    if num_classes == 4:  # a constant added to all classes of a row means nothing
        expected, ours = expected - expected.mean(1, keepdims=True), ours - ours.mean(1, keepdims=True)
    single = 1e-2 if num_classes == 4 else 1e-3  # many outputs: products in single precision
    np.testing.assert_allclose(ours, expected, rtol=1e-3, atol=single)


def test_search_prefers_strong_penalties_for_noise_and_weak_ones_for_signal() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 30)).astype(np.float32)
    search = Search((1e2, 1.0, 1e-2, 1e-4), 200, 1e-6)

    def chosen(target: np.ndarray) -> float:
        return search.choose([Trial(x[:300], target[:300], x[300:], target[300:])], aim(0))[0]

    assert chosen(rng.normal(size=400)) >= 1.0
    assert chosen(x @ rng.normal(size=30) + 0.01 * rng.normal(size=400)) == 1e-4


def text_examples(texts: list[str], target: np.ndarray, num_classes: int) -> tuple[Sizes, Examples]:
    column = pl.Series(texts)
    sizes = Sizes(len(texts), {"says": "text"}, num_classes, text_length=float(column.str.len_chars().mean() or 0))
    values = {node.name: node.part.run(column) for node in Linear().inputs(sizes)}
    return sizes, Examples({"column:says": column, **values}, {"says": "text"}, target, num_classes)


def reloaded(graph: Graph) -> Graph:
    nodes = [
        type(node)(node.name, PARTS.get(node.part.kind).load(node.part.config(), node.part.arrays(), {}), node.inputs)
        for node in graph.nodes
    ]
    return Graph(tuple(nodes))


@pytest.mark.parametrize("num_classes", [0, 2, 3])
@pytest.mark.parametrize("effort", [0, 1])
def test_learns_from_texts_and_loads_again(num_classes: int, effort: int) -> None:
    rng = np.random.default_rng(1)
    words = np.array(["awful", "fine", "great"])
    codes = rng.integers(0, num_classes or 3, 120)
    texts = [f"{rng.choice(['the', 'a'])} {words[code]} {rng.choice(['film', 'book', 'song'])}" for code in codes]
    target = codes if num_classes else codes * 10.0
    task = Classify() if num_classes else Regress()
    sizes, examples = text_examples(texts, target, num_classes)
    work = Linear().work(sizes, task, effort)
    graph = Linear().fit(examples, task, work, seed=0)
    raw = graph.run(examples.values)
    assert raw.shape == (120, 3 if num_classes == 3 else 1)
    answers = raw[:, 0].round(-1) if num_classes == 0 else raw.argmax(1) if num_classes == 3 else raw[:, 0] > 0
    assert np.mean(answers == target) > 0.95
    assert reloaded(graph).run(examples.values).tobytes() == raw.tobytes()
    again = Linear().fit(examples, task, work, seed=0)
    assert all(
        np.array_equal(a, b) for a, b in zip(graph.nodes[-1].part.arrays().values(), again.nodes[-1].part.arrays().values(), strict=True)
    )


def test_learns_from_texts_and_columns_together() -> None:
    rng = np.random.default_rng(2)
    sizes = Sizes(300, {"age": "number", "says": "text", "town": "category"}, 2, {"town": 2}, text_length=8)
    age, town = rng.normal(size=300), pl.Series(rng.choice(["Ulm", "Bonn"], 300))
    says = pl.Series(rng.choice(["yes please", "no thanks"], 300))
    target = ((age > 0) & (says == "yes please").to_numpy()).astype(np.int64)
    values = {"column:age": age, "column:town": town, "column:says": says}
    values |= {node.name: node.part.run(says) for node in Linear().inputs(sizes)}
    examples = Examples(values, sizes.types, target, 2)
    graph = Linear().fit(examples, Classify(), Linear().work(sizes, Classify(), 0), seed=0)
    assert np.mean((graph.run(values)[:, 0] > 0) == target) > 0.93
    assert graph.columns() == ["age", "town"]


def test_few_rows_and_empty_texts_are_no_accident() -> None:
    sizes, examples = text_examples(["", "a", "b", ""], np.array([0, 1, 1, 0]), 2)
    graph = Linear().fit(examples, Classify(), Linear().work(sizes, Classify(), 1), seed=0)
    assert np.isfinite(graph.run(examples.values)).all()


def test_says_why_it_cannot_read_images() -> None:
    assert "numbers, categories, tags and texts" in (Linear().why_not(Sizes(10, {"photo": "image"}, 2), Classify()) or "")
    assert Linear().why_not(Sizes(10, {"photo": "image", "age": "number"}, 2), Classify()) is None


def test_more_rows_outputs_and_effort_are_more_work() -> None:
    def steps(rows: int, num_classes: int, effort: int) -> float:
        work = Linear().work(Sizes(rows, {"says": "text"}, num_classes, text_length=1000), Classify(), effort)
        return work.steps + work.tuning_steps

    assert steps(40_000, 2, 1) == pytest.approx(2 * steps(20_000, 2, 1))
    assert steps(20_000, 2, 0) < steps(20_000, 2, 1) < steps(20_000, 2, 2)
    assert steps(20_000, 10, 1) > 2 * steps(20_000, 2, 1)


@pytest.mark.skipif(not IMDB.exists(), reason="the shared IMDB reviews are not on this machine")
def test_a_thousand_reviews_are_enough_for_four_in_five() -> None:
    train = pl.read_parquet(IMDB / "train.parquet").sample(1000, seed=0, shuffle=True)
    test = pl.read_parquet(IMDB / "test.parquet").sample(1000, seed=0, shuffle=True)
    sizes, examples = text_examples(train["text"].to_list(), (train["label"] == "pos").to_numpy().astype(np.int64), 2)
    graph = Linear().fit(examples, Classify(), Linear().work(sizes, Classify(), 0), seed=0)
    _, judged = text_examples(test["text"].to_list(), np.zeros(1000, np.int64), 2)
    assert np.mean((graph.run(judged.values)[:, 0] > 0) == (test["label"] == "pos").to_numpy()) > 0.82
