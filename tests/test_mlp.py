"""The small network on table columns: it learns curves and combinations, answers every row alike, and needs numpy alone later."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import r2_score

import leadline as ll
from leadline import machine
from leadline.data.examples import Examples
from leadline.heads.mlp import MlpHead
from leadline.learners.contract import Sizes, Work
from leadline.learners.mlp import Mlp
from leadline.parts import Graph
from leadline.tasks.classify import Classify
from leadline.tasks.contract import Task
from leadline.tasks.regress import Regress
from leadline.tasks.tag import Tag


def examples(columns: Mapping[str, Any], target: np.ndarray, num_classes: int = 0) -> Examples:
    types = {name: "category" if isinstance(values, pl.Series) else "number" for name, values in columns.items()}
    return Examples({f"column:{name}": values for name, values in columns.items()}, types, target, num_classes)


def task_of(train: Examples) -> Task:
    return Tag() if train.target.ndim == 2 else Classify() if train.num_classes else Regress()


def work(train: Examples, effort: int = 0) -> Work:
    return Mlp().work(Sizes(len(train), train.types, train.num_classes, {"city": 3}), task_of(train), effort)


def fit(train: Examples, effort: int = 0, seed: int = 0) -> Graph:
    return Mlp().fit(train, task_of(train), work(train, effort), seed)


def people(rows: int = 600, num_classes: int = 2, seed: int = 0) -> Examples:
    """Age with gaps and a city decide the class, income is noise."""
    rng = np.random.default_rng(seed)
    age, city, income = rng.uniform(18, 80, rows), rng.choice(["rome", "oslo", "lima"], rows), rng.lognormal(8, 2, rows)
    score = age + 30 * (city == "oslo") + rng.normal(0, 5, rows)
    target = np.digitize(score, np.quantile(score, np.linspace(0, 1, num_classes + 1)[1:-1])).astype(np.int64)
    age[rng.random(rows) < 0.1] = np.nan
    return examples({"age": age, "city": pl.Series(city), "income": income}, target, num_classes)


def weights_of(graph: Graph) -> bytes:
    return b"".join(array.tobytes() for array in graph.nodes[-1].part.arrays().values())


@pytest.mark.parametrize(("effort", "num_classes"), [(0, 2), (0, 3), (1, 2), (2, 3)])
def test_learns_classes_from_numbers_and_categories(effort: int, num_classes: int) -> None:
    new = people(300, num_classes, seed=1)
    probabilities = Classify().answers(fit(people(600 if effort == 0 else 250, num_classes), effort).run(new.values))
    assert probabilities.shape == (300, num_classes)
    assert (probabilities.argmax(axis=1) == new.target).mean() > 0.75


@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (1e-9, 0.0), (1e6, 1e12)])
def test_learns_numbers_of_any_size(scale: float, offset: float) -> None:
    x = np.random.default_rng(0).uniform(0, 8, 800)
    target = offset + scale * np.sin(x)
    assert r2_score(target, fit(examples({"x": x}, target)).run({"column:x": x})[:, 0]) > 0.9


def test_learns_how_columns_act_together() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 2000))
    graph = fit(examples({"x": x, "y": y}, (x * y > 0).astype(np.int64), 2))
    assert ((graph.run({"column:x": x, "column:y": y})[:, 0] > 0) == (x * y > 0)).mean() > 0.9


def test_texts_and_numbers_are_read_together_whichever_of_them_says_it() -> None:
    rng = np.random.default_rng(3)
    animals, tools = ["a dog", "the cat", "my horse", "cows", "some sheep"], ["a hammer", "the saw", "my drill", "pliers", "some nails"]
    alive, age = rng.random(400) < 0.5, rng.uniform(0, 10, 400)
    said = pl.Series([str(rng.choice(animals if one else tools)) for one in alive])
    sizes = Sizes(400, {"age": "number", "said": "text"}, 2, text_length=8.0)
    values = {"column:age": age, "column:said": said} | {node.name: node.part.run(said) for node in Mlp().inputs(sizes)}
    target = (alive & (age > 5)).astype(np.int64)
    train = Examples(values, dict(sizes.types), target, 2)
    learner = Mlp()
    raw = learner.fit(train, Classify(), learner.work(sizes, Classify(), 0), 0).run(values)
    assert ((raw[:, 0] > 0) == target).mean() > 0.95


def test_texts_alone_in_another_language_are_refused_in_words() -> None:
    assert "French" in str(Mlp().why_not(Sizes(100, {"q": "text"}, 2, languages={"q": ("fr",)}), Classify()))
    assert Mlp().why_not(Sizes(100, {"q": "text", "n": "number"}, 2, languages={"q": ("fr",)}), Classify()) is None
    assert "there are none" in str(Mlp().why_not(Sizes(100, {"p": "image"}, 2), Classify()))


def test_learns_every_label_by_itself() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(2, 1000))
    truth = np.column_stack([x > 0, y > 0.5, np.zeros(1000)]).astype(np.uint8)
    raw = fit(examples({"x": x, "y": y}, truth, 3)).run({"column:x": x, "column:y": y})
    assert ((raw > 0) == truth).mean() > 0.95


def test_equal_arguments_give_equal_bytes_and_another_seed_another_network() -> None:
    train = people(80)
    assert weights_of(fit(train, 1, 3)) == weights_of(fit(train, 1, 3)) != weights_of(fit(train, 1, 4))


def test_what_is_learned_does_not_depend_on_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    train, found = people(80), []
    wanted = work(train, 1)
    for threads in (1, 3):
        monkeypatch.setattr(machine, "num_threads", lambda threads=threads: threads)
        found.append(weights_of(Mlp().fit(train, Classify(), wanted, 0)))
    assert found[0] == found[1]


def test_nobody_elses_random_numbers_or_threads_change() -> None:
    torch.manual_seed(5)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    fit(people(100))
    assert torch.equal(before, torch.get_rng_state())
    assert torch.get_num_threads() == threads


def test_new_categories_missing_and_huge_values_are_answered() -> None:
    asked = {
        "column:age": np.array([np.nan, np.inf, -1e300]),
        "column:city": pl.Series([None, "paris", "oslo"]),
        "column:income": np.full(3, np.nan),
    }
    assert np.isfinite(fit(people(100)).run(asked)).all()


@pytest.mark.parametrize("rows", [1, 2, 5, 12])
def test_a_handful_of_rows(rows: int) -> None:
    train = examples({"x": np.arange(float(rows))}, np.arange(rows) % 2, 2)
    assert np.isfinite(fit(train, 1).run(train.values)).all()


def test_columns_that_say_nothing_give_about_the_baseline() -> None:
    train = examples({"same": np.ones(100), "gone": np.full(100, np.nan)}, np.array([0] * 60 + [1] * 40), 2)
    np.testing.assert_allclose(fit(train).run(train.values)[:, 0], np.log(40.5 / 60.5), atol=0.15)


def test_more_effort_and_more_data_are_more_work_and_memory_is_bounded() -> None:
    small, large = people(100), people(1000)
    assert work(small, 0).steps < work(small, 1).steps < work(small, 2).steps < work(large, 2).steps
    wide = Mlp().work(Sizes(10_000_000, {f"c{i}": "number" for i in range(50)}), Regress(), 1)
    assert wide.peak_bytes < 4e9
    assert wide.settings["rows"] < 10_000_000


@settings(max_examples=30)
@given(st.integers(1, 70), st.integers(1, 40), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_a_row_has_the_same_bits_in_whatever_company_it_is_asked(rows: int, columns: int, outputs: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shapes = [(3, columns, 24), (3, 24, outputs)]
    head = MlpHead([rng.normal(size=shape) for shape in shapes], [rng.normal(size=(3, shape[2])) for shape in shapes], 2.0, 1.0)
    features = rng.normal(size=(rows, columns)).astype(np.float32)
    whole, order = head.run(features), rng.permutation(rows)
    assert np.array_equal(head.run(features[order]), whole[order])
    assert np.array_equal(np.concatenate([head.run(features[row : row + 1]) for row in range(rows)]), whole)
    hidden = np.maximum(np.einsum("nc,mch->mnh", features.astype(np.float64), head.weights[0]) + head.biases[0][:, None], 0)
    expected = (np.einsum("mnh,mho->mno", hidden, head.weights[1]) + head.biases[1][:, None]).mean(axis=0) * 2 + 1
    np.testing.assert_allclose(whole, expected, rtol=1e-3, atol=1e-2)
    assert head.run(features[:0]).shape == (0, outputs)


def test_layers_that_do_not_fit_are_refused() -> None:
    good = MlpHead([np.zeros((2, 4, 8)), np.zeros((2, 8, 3))], [np.zeros((2, 8)), np.zeros((2, 3))])
    arrays = good.arrays()
    for name, shape in (("weights1", (2, 7, 3)), ("weights0", (1, 4, 8)), ("biases1", (2, 4))):
        with pytest.raises(ValueError):
            MlpHead.load(good.config(), {**arrays, name: np.zeros(shape, np.float32)}, {})
    with pytest.raises(ValueError):
        MlpHead.load(good.config(), {}, {})


def test_answers_without_torch(tmp_path: Path) -> None:
    graph = fit(people(100))
    np.savez(tmp_path / "arrays.npz", **graph.nodes[-1].part.arrays())
    (tmp_path / "config.json").write_text(json.dumps(graph.nodes[-1].part.config()))
    code = (
        "import sys\nsys.modules['torch'] = None\nimport json, numpy as np\nfrom leadline.heads.mlp import MlpHead\n"
        "head = MlpHead.load(json.load(open('config.json')), dict(np.load('arrays.npz')), {})\n"
        "print(head.run(np.ones((2, head.weights[0].shape[1]), np.float32)).shape)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "(2, 1)"


def test_good_on_real_houses(shared: Callable[[str], Path]) -> None:
    """`california_housing`, 3,000 rows: above the linear model's 0.70."""
    frame = pl.read_csv(shared("tabular/california_housing.csv")).sample(4000, seed=0)
    target = frame["median_house_value"].to_numpy().astype(np.float64)
    columns = {
        s.name: s if s.dtype == pl.String else s.cast(pl.Float64).fill_null(np.nan).to_numpy() for s in frame.drop("median_house_value")
    }
    whole = examples(columns, target)
    held_back = whole.take(np.arange(3000, 4000))
    assert r2_score(held_back.target, fit(whole.take(np.arange(3000))).run(held_back.values)[:, 0]) > 0.7


def test_a_saved_network_on_texts_answers_alike_without_what_taught_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    animals, tools = ["a dog", "the cat", "my horse", "some cows"], ["a hammer", "the saw", "my drill", "some nails"]
    alive = rng.random(120) < 0.5
    said = [f"{rng.choice(animals if one else tools)} is here, number {row}" for row, one in enumerate(alive)]
    frame = pl.DataFrame({"said": said, "alive": np.where(alive, "yes", "no")})
    report = ll.train(frame, target="alive", types={"said": "text"}, learners=["mlp"], budget="5m", out=tmp_path / "said")
    assert report.learner == "mlp"
    expected = [report.predict({"said": text}).to_json()["predictions"][0]["probabilities"]["yes"] for text in said[:5]]
    code = (
        "import sys\nfor name in ('torch', 'sklearn', 'scipy', 'pandas', 'transformers'): sys.modules[name] = None\n"
        f"import json, leadline\nmodel = leadline.load({str(report.artifact)!r})\n"
        f"print(json.dumps([model.predict({{'said': text}}).to_json()['predictions'][0]['probabilities']['yes'] for text in {said[:5]!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == expected
