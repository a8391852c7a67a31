"""The tree learner: answers well, the same every time, on every shape of table."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import r2_score, roc_auc_score

from leadline.data.examples import Examples
from leadline.heads.trees import TreesHead
from leadline.learners.contract import Sizes, Work
from leadline.learners.trees import Trees
from leadline.parts import Graph
from leadline.tasks.classify import Classify
from leadline.tasks.contract import Task
from leadline.tasks.regress import Regress


def examples(columns: Mapping[str, Any], target: np.ndarray, num_classes: int = 0) -> Examples:
    types = {name: "category" if isinstance(values, pl.Series) else "number" for name, values in columns.items()}
    return Examples({f"column:{name}": values for name, values in columns.items()}, types, target, num_classes)


def fit(train: Examples, effort: int = 0, seed: int = 0) -> Graph:
    task: Task = Classify() if train.num_classes else Regress()
    return Trees().fit(train, task, work(train, effort), seed)


def work(train: Examples, effort: int = 0) -> Work:
    task: Task = Classify() if train.num_classes else Regress()
    return Trees().work(Sizes(len(train), train.types, train.num_classes), task, effort)


def model_bytes(graph: Graph) -> bytes | Path:
    return graph.nodes[-1].part.files()["trees.onnx"]


def people(rows: int = 300, num_classes: int = 2, seed: int = 0) -> Examples:
    """Age with gaps and a city decide the class, income is noise."""
    rng = np.random.default_rng(seed)
    age, city, income = rng.uniform(18, 80, rows), rng.choice(["rome", "oslo", "lima"], rows), rng.lognormal(8, 2, rows)
    score = age + 30 * (city == "oslo") + rng.normal(0, 5, rows)
    target = np.digitize(score, np.quantile(score, np.linspace(0, 1, num_classes + 1)[1:-1])).astype(np.int64)
    age[rng.random(rows) < 0.1] = np.nan
    return examples({"age": age, "city": pl.Series(city), "income": income}, target, num_classes)


@pytest.mark.parametrize("effort", [0, 1, 2])
@pytest.mark.parametrize("num_classes", [2, 3])
def test_learns_classes_from_numbers_and_categories(effort: int, num_classes: int) -> None:
    graph = fit(people(num_classes=num_classes), effort)
    new = people(200, num_classes, seed=1)
    probabilities = Classify().answers(graph.run(new.values))
    assert probabilities.shape == (200, num_classes)
    assert (probabilities.argmax(axis=1) == new.target).mean() > 0.7


@pytest.mark.parametrize("effort", [0, 1])
@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (1e-9, 0.0), (1e6, 1e12)])
def test_learns_numbers_of_any_size(effort: int, scale: float, offset: float) -> None:
    """LightGBM alone keeps targets in float32, in which 1e12 and 1e12 + 10,000 are the same number."""
    train = people(500)
    age = np.nan_to_num(train.values["column:age"])
    target = offset + scale * np.sin(age / 10)
    answers = Regress().answers(fit(examples({"age": age}, target), effort).run({"column:age": age}))
    assert r2_score(target, answers) > 0.9


def test_equal_arguments_give_equal_bytes_and_another_seed_another_forest() -> None:
    train = people()
    first, again, other = (model_bytes(fit(train, 1, seed)) for seed in (3, 3, 4))
    assert first == again != other


def test_what_is_learned_does_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    one, three = [], []
    for threads, kept in ((1, one), (3, three)):
        monkeypatch.setattr("leadline.machine.num_threads", lambda threads=threads: threads)
        kept.append(model_bytes(fit(people(), 1)))
    assert one == three


def test_the_saved_graph_answers_as_before(tmp_path: Path) -> None:
    train = people()
    graph = fit(train, 1)
    known = dict(train.values)
    for node in graph.nodes:
        files = {name: tmp_path / name for name in node.part.files()}
        for name, content in node.part.files().items():
            files[name].write_bytes(content if isinstance(content, bytes) else content.read_bytes())
        loaded = type(node.part).load(node.part.config(), node.part.arrays(), files)
        known[node.name] = loaded.run(*(known[name] for name in node.inputs))
    np.testing.assert_array_equal(known[graph.nodes[-1].name], graph.run(train.values))
    assert isinstance(graph.nodes[-1].part, TreesHead)


def test_new_categories_and_missing_values_are_answered() -> None:
    graph = fit(people())
    asked = {
        "column:age": np.array([np.nan, np.inf, 40.0]),
        "column:city": pl.Series([None, "paris", "oslo"]),
        "column:income": np.full(3, np.nan),
    }
    assert np.isfinite(graph.run(asked)).all()


def test_little_data_and_a_class_seen_once() -> None:
    target = np.array([0] * 12 + [1] * 7 + [2], np.int64)
    train = examples({"x": np.arange(20.0), "c": pl.Series(["a", "b"] * 10)}, target, 4)
    for effort in (0, 1, 2):
        raw = fit(train, effort).run(train.values)
        assert raw.shape == (20, 4) and np.isfinite(raw).all()


def test_many_classes_stay_within_a_bounded_number_of_trees() -> None:
    rng = np.random.default_rng(0)
    target = np.repeat(np.arange(150), 12)
    train = examples({"x": target + rng.normal(0, 0.1, 1800), "noise": rng.normal(size=1800)}, target, 150)
    settings = work(train, 2).settings
    assert settings["max_trees"] * 150 <= 6000
    raw = fit(train, 0).run(train.values)
    assert raw.shape == (1800, 150) and (raw.argmax(axis=1) == target).mean() > 0.5


def test_columns_that_say_nothing_give_the_baseline() -> None:
    train = examples({"same": np.ones(50), "gone": np.full(50, np.nan)}, np.array([0] * 30 + [1] * 20), 2)
    np.testing.assert_allclose(fit(train, 1).run(train.values)[:, 0], np.log(20.5 / 30.5))


def test_says_why_it_cannot_read_text_alone_and_ignores_text_beside_numbers() -> None:
    assert "number and category columns" in (Trees().why_not(Sizes(10, {"review": "text"}), Classify()) or "")
    assert Trees().why_not(Sizes(10, {"review": "text", "age": "number"}), Classify()) is None
    train = people()
    train = Examples({**train.values, "column:note": pl.Series(["hi"] * 300)}, {"note": "text", **train.types}, train.target, 2)
    assert fit(train).columns() == ["age", "city", "income"]


def test_more_effort_and_more_data_are_more_work() -> None:
    small, large = people(100), people(1000)
    assert work(small, 0).steps < work(small, 1).steps < work(small, 2).steps < work(large, 2).steps
    assert work(small).peak_bytes < work(large).peak_bytes


def test_keeps_silent(capfd: pytest.CaptureFixture[str]) -> None:
    fit(people(60), 2)
    fit(examples({"same": np.ones(40)}, np.zeros(40, np.int64), 2), 1)
    assert capfd.readouterr() == ("", "")


def test_good_on_real_people(shared: Callable[[str], Path]) -> None:
    """`adult`, 4,000 rows: between the linear model's 0.91 and what all rows give, 0.93."""
    frame = pl.read_csv(shared("tabular/adult_train.csv"), null_values="?", n_rows=6000)
    target = (frame["income"] == ">50K").to_numpy().astype(np.int64)
    columns = {s.name: s if s.dtype == pl.String else s.cast(pl.Float64).to_numpy() for s in frame.drop("income")}
    whole = examples(columns, target, 2)
    graph = fit(whole.take(np.arange(4000)), 1)
    held_back = whole.take(np.arange(4000, 6000))
    assert roc_auc_score(held_back.target, graph.run(held_back.values)[:, 0]) > 0.9


def test_good_on_real_houses(shared: Callable[[str], Path]) -> None:
    frame = pl.read_csv(shared("tabular/california_housing.csv")).sample(4000, seed=0)
    target = frame["median_house_value"].to_numpy().astype(np.float64)
    columns = {
        s.name: s if s.dtype == pl.String else s.cast(pl.Float64).fill_null(np.nan).to_numpy() for s in frame.drop("median_house_value")
    }
    whole = examples(columns, target)
    graph = fit(whole.take(np.arange(3000)), 1)
    held_back = whole.take(np.arange(3000, 4000))
    assert r2_score(held_back.target, Regress().answers(graph.run(held_back.values))) > 0.75
