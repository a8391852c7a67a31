"""If-then rules: they find what is there, say it in the user's words, and can be kept and read back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeRegressor

from leadline.data.examples import Examples
from leadline.heads.rules import Branch, Leaf, RulesHead
from leadline.learners.contract import Sizes
from leadline.learners.rule_growth import grow
from leadline.learners.rule_table import Entries, RuleTable, shortest_between
from leadline.learners.rules import Rules
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


def fit(train: Examples, effort: int = 1) -> Graph:
    task = task_of(train)
    return Rules().fit(train, task, Rules().work(Sizes(len(train), train.types, train.num_classes), task, effort), 0)


def rules_of(train: Examples, effort: int = 1) -> list[str]:
    part = fit(train, effort).nodes[-1].part
    assert isinstance(part, RulesHead)
    task = task_of(train)
    return part.sentences(lambda raw: [f"{answer.argmax() if answer.ndim else round(float(answer), 1)}" for answer in task.answers(raw)])


def test_says_what_it_found_in_the_words_of_the_data() -> None:
    rng = np.random.default_rng(0)
    age, city = rng.integers(18, 80, 600).astype(np.float64), rng.choice(["rome", "oslo", "lima"], 600)
    said = rules_of(examples({"age": age, "city": pl.Series(city), "noise": rng.normal(size=600)}, ((age > 40) & (city == "oslo")) * 1, 2))
    assert any("age is above 40" in line and "city is oslo" in line and line.split(": ")[1].startswith("1.") for line in said)
    assert said[0].endswith("% of rows.")
    assert not any("noise" in line for line in said)


def test_missing_values_have_their_own_branch_and_are_named() -> None:
    rng = np.random.default_rng(1)
    gaps = rng.random(500) < 0.3
    number = np.where(gaps, np.nan, rng.normal(size=500))
    said = rules_of(examples({"income": number}, gaps.astype(np.int64), 2))
    assert said == ["If income is not missing: 0. 68.2% of rows.", "If income is missing: 1. 31.8% of rows."]
    words = pl.Series([None if gap else "known" for gap in gaps])
    assert "If title is missing: 1. 31.8% of rows." in rules_of(examples({"title": words}, gaps.astype(np.int64), 2))


def test_many_categories_are_parted_into_two_sets_by_their_answers() -> None:
    rng = np.random.default_rng(2)
    letters = rng.choice(list("abcdefgh"), 800)
    said = rules_of(examples({"letter": pl.Series(letters)}, np.isin(letters, ["b", "d", "g"]).astype(np.int64), 2))
    words = [line.partition(" is ")[2].partition(":")[0] for line in said]
    assert sorted(words) == sorted([named := next(w for w in words if "not" not in w), f"not {named}"])
    assert set(named.replace(" or ", ", ").split(", ")) == {"b", "d", "g"}


def test_conditions_on_one_column_are_said_as_one() -> None:
    x = np.arange(300) // 10.0
    said = rules_of(examples({"x": x}, np.digitize(x, [9.5, 19.5]) % 2, 2))
    assert any(line.startswith("If x is above 9 and at most 19: 1.") for line in said)


def test_tells_many_classes_apart_and_not_one_from_the_rest_at_a_time() -> None:
    """Eight classes, one behind each combination of three answers."""
    rng = np.random.default_rng(9)
    columns = {name: rng.integers(0, 2, 800).astype(np.float64) for name in "abc"}
    target = (columns["a"] + 2 * columns["b"] + 4 * columns["c"]).astype(np.int64)
    raw = fit(examples(columns, target, 8)).run({f"column:{name}": values for name, values in columns.items()})
    assert (raw.argmax(axis=1) == target).all()


@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (1e-9, 0.0), (1e6, 1e12)])
def test_numbers_of_any_size(scale: float, offset: float) -> None:
    x = np.tile(np.linspace(0, 8, 100), 4)
    target = offset + scale * np.floor(x / 2.1)
    answers = fit(examples({"x": x}, target)).run({"column:x": x})[:, 0]
    np.testing.assert_allclose((answers - offset) / scale, np.floor(x / 2.1), atol=0.1)


def test_labels_each_by_themselves() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=400), rng.normal(size=400)
    truth = np.column_stack([x > 0, y > 0, np.zeros(400)]).astype(np.uint8)
    raw = fit(examples({"x": x, "y": y}, truth, 3)).run({"column:x": x, "column:y": y})
    assert ((raw[:, :2] > 0) == truth[:, :2]).mean() > 0.97
    assert (raw[:, 2] < -3).all()


def test_nothing_to_find_leaves_one_rule_that_answers_like_the_baseline() -> None:
    train = examples({"same": np.ones(50)}, np.array([0] * 30 + [1] * 20), 2)
    assert rules_of(train) == ["Always: 0. 100.0% of rows."]
    np.testing.assert_allclose(fit(train).run(train.values)[:, 0], np.log(20.5 / 30.5))


@pytest.mark.parametrize("rare", [1, 2, 4])
def test_a_class_that_is_rare_but_sure_somewhere_has_a_chance_between_none_and_all(rare: int) -> None:
    target = np.array([0] * 40 + [1] * 40 + [2] * rare, np.int64)
    train = examples({"x": np.where(target == 2, 9.0, target)}, target, 4)
    for effort in (0, 1, 2):
        chances = Classify().answers(fit(train, effort).run(train.values))
        assert (chances > 0).all() and np.isfinite(chances).all()
    assert (chances[-rare:].argmax(axis=1) == 2).all() or rare < 3


def test_only_the_columns_that_are_asked_about_are_needed_later() -> None:
    rng = np.random.default_rng(4)
    x = rng.normal(size=300)
    graph = fit(examples({"noise": rng.normal(size=300), "x": x}, (x > 0).astype(np.int64), 2))
    assert "x" in graph.columns()
    assert (graph.run({f"column:{name}": np.array([5.0]) for name in graph.columns()}) > 0).all() or "noise" in graph.columns()


def test_new_categories_and_missing_values_are_answered() -> None:
    rng = np.random.default_rng(5)
    city, age = pl.Series(rng.choice(["rome", "oslo", "lima"], 200)), rng.uniform(18, 80, 200)
    graph = fit(examples({"city": city, "age": age}, ((city == "oslo").to_numpy() & (age > 30)).astype(np.int64), 2))
    asked = {"column:city": pl.Series([None, "paris", "oslo"]), "column:age": np.array([np.nan, np.inf, -np.inf])}
    assert np.isfinite(graph.run(asked)).all()


def test_at_most_sixteen_rules_and_no_rule_on_a_handful_of_rows() -> None:
    rng = np.random.default_rng(6)
    train = examples({f"c{i}": rng.normal(size=3000) for i in range(5)}, rng.integers(0, 2, 3000), 2)
    part = fit(train, 2).nodes[-1].part
    leaves = [node for node in part.tree if isinstance(node, Leaf)]
    assert len(leaves) <= 16
    assert min(leaf.share for leaf in leaves) * 3000 >= 3
    assert sum(leaf.share for leaf in leaves) == pytest.approx(1)


def test_refuses_more_classes_than_it_can_name_and_data_without_columns() -> None:
    assert "16" in (Rules().why_not(Sizes(100, {"x": "number"}, 17), Classify()) or "")
    assert Rules().why_not(Sizes(100, {"x": "number"}, 16), Classify()) is None
    assert "number and category columns" in (Rules().why_not(Sizes(100, {"x": "text"}, 2), Classify()) or "")


def test_grows_the_tree_that_a_known_library_grows() -> None:
    """Without gaps and with few different values, every cut is open to both."""
    rng = np.random.default_rng(7)
    columns = {f"c{i}": rng.integers(0, 40, 500).astype(np.float64) for i in range(4)}
    target = columns["c0"] * (columns["c1"] > 20) + rng.normal(size=500)
    tree = grow(RuleTable.of(columns, Entries.of(target, "squared", 1)), np.arange(500), 3, 10)

    def left(node: Any) -> float:
        return node.mean[0] ** 2 * node.num_rows if not node.branches else sum(left(branch) for branch in node.branches)

    matrix = np.column_stack(list(columns.values()))
    theirs = DecisionTreeRegressor(max_depth=3, min_samples_leaf=10, random_state=0).fit(matrix, target)
    explained = ((target - target.mean()) ** 2).mean() - ((target - theirs.predict(matrix)) ** 2).mean()
    assert left(tree) / 500 == pytest.approx(explained / target.var(), rel=1e-6)


finite = st.floats(-1e300, 1e300, allow_subnormal=False)


@given(finite, finite)
def test_a_threshold_parts_the_numbers_it_lies_between(one: float, other: float) -> None:
    low, high = sorted((one, other))
    if low < high:
        assert low <= shortest_between(low, high) < high


@pytest.mark.parametrize(
    ("low", "high", "shortest"), [(3.97, 4.21, 4.0), (-1.0, 7.0, 0.0), (1234.0, 1300.0, 1300.0 - 30), (0.1, 0.2, 0.15)]
)
def test_a_threshold_is_short_to_write(low: float, high: float, shortest: float) -> None:
    assert len(str(shortest_between(low, high))) <= len(str(shortest))


@settings(max_examples=60)
@given(st.data())
def test_every_row_follows_exactly_one_sentence(data: st.DataObject) -> None:
    """A table of any shape: the rules answer every row, alone as among others, and are the same when read back."""
    rows = data.draw(st.integers(12, 40))
    numbers = st.one_of(st.none(), st.floats(allow_nan=False), st.integers(-3, 3).map(float))
    x = np.array([np.nan if value is None else value for value in data.draw(st.lists(numbers, min_size=rows, max_size=rows))])
    words = pl.Series(
        data.draw(st.lists(st.sampled_from([None, "a", "b", "c", "or missing"]), min_size=rows, max_size=rows)), dtype=pl.String
    )
    target = np.array(data.draw(st.lists(st.integers(0, 2), min_size=rows, max_size=rows)))
    graph = fit(examples({"x": x, "w": words}, target, 3), data.draw(st.sampled_from([0, 1])))
    part, known = graph.nodes[-1].part, {"column:x": x, "column:w": words}
    inputs = [known[name] for name in graph.nodes[-1].inputs]
    raw = part.run(*inputs)
    assert np.isfinite(raw).all()
    again = RulesHead.load(json.loads(json.dumps(part.config(), allow_nan=False)), {}, {})
    assert np.array_equal(again.run(*inputs), raw)
    alone = [part.run(*(values[row : row + 1] for values in inputs))[0] for row in range(rows)]
    assert np.array_equal(np.array(alone), raw)
    assert len(part.sentences(lambda answers: ["?"] * len(answers))) == sum(isinstance(node, Leaf) for node in part.tree)


def test_a_damaged_file_is_refused_and_never_runs_in_circles() -> None:
    x = np.arange(40.0)
    config = fit(examples({"x": x}, (x > 20).astype(np.int64), 2)).nodes[-1].part.config()
    circle = json.loads(json.dumps(config))
    place = next(i for i, node in enumerate(circle["tree"]) if "question" in node)
    circle["tree"][place]["no"] = place
    foreign = json.loads(json.dumps(config))
    foreign["tree"][place]["question"]["column"] = "y"
    wide = json.loads(json.dumps(config))
    wide["tree"][-1]["raw"] = [1.0, 2.0]
    for damaged in (circle, foreign, wide, {"columns": [], "tree": []}):
        with pytest.raises(ValueError):
            RulesHead.load(damaged, {}, {})


def test_equal_arguments_give_equal_rules_and_gaps_never_teach_a_threshold() -> None:
    rng = np.random.default_rng(8)
    x = np.where(rng.random(300) < 0.2, np.nan, rng.normal(size=300))
    train = examples({"x": x}, (np.nan_to_num(x) > 0.5).astype(np.int64), 2)
    first, second = (fit(train, 2).nodes[-1].part for _ in range(2))
    assert first.config() == second.config()
    assert all(np.isfinite(node.question.at_most) for node in first.tree if isinstance(node, Branch) and node.question.at_most is not None)


def test_good_on_real_people(shared: Callable[[str], Path]) -> None:
    """`adult`: four questions rank people nearly as well as a linear model does (0.91)."""
    frame = pl.read_csv(shared("tabular/adult_train.csv"), null_values="?", n_rows=6000)
    target = (frame["income"] == ">50K").to_numpy().astype(np.int64)
    columns = {s.name: s if s.dtype == pl.String else s.cast(pl.Float64).to_numpy() for s in frame.drop("income")}
    whole = examples(columns, target, 2)
    held_back = whole.take(np.arange(4000, 6000))
    assert roc_auc_score(held_back.target, fit(whole.take(np.arange(4000))).run(held_back.values)[:, 0]) > 0.85
