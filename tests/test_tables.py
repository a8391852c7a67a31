"""Which columns of very wide tables are read, and that rows held out do not choose them."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

import leadline.learners.tables as tables
from leadline.data.examples import Examples
from leadline.learners.contract import Sizes
from leadline.learners.linear import Linear
from leadline.learners.rules import Rules
from leadline.parts import COLUMN, Graph
from leadline.tasks.classify import Classify
from leadline.tasks.contract import Task
from leadline.tasks.regress import Regress
from leadline.tasks.tag import Tag

ROWS, WIDE = 60, 300
RNG = np.random.default_rng(0)
NOISE = RNG.normal(size=(WIDE, ROWS))


@pytest.fixture(autouse=True)
def _fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that 300 columns are many."""
    monkeypatch.setattr(tables, "_LEAST_NUMBERS", 20)
    monkeypatch.setattr(tables, "_NUMBERS_A_ROW", 1)
    monkeypatch.setattr(tables, "_COLUMNS_TOGETHER", 70)


def wide(target: np.ndarray, num_classes: int, columns: np.ndarray = NOISE) -> Examples:
    values: dict[str, Any] = {f"{COLUMN}c{number}": column for number, column in enumerate(columns)}
    types = {**{f"c{number}": "number" for number in range(len(columns))}, "name": "category"}
    return Examples({**values, f"{COLUMN}name": pl.Series(["a", "b"] * (ROWS // 2))}, types, target, num_classes)


@pytest.mark.parametrize(
    ("task", "target", "num_classes"),
    [
        (Regress(), NOISE[7] - NOISE[250], 0),
        (Classify(), (NOISE[7] - NOISE[250] > 0).astype(np.int64), 2),
        (Classify(), np.where(NOISE[7] > 0.5, 2, NOISE[250] > 0).astype(np.int64), 3),
        (Tag(), np.stack([NOISE[7] > 0, NOISE[250] > 0], axis=1), 2),
    ],
)
def test_columns_that_go_with_the_target_are_kept_in_their_order(task: Task, target: np.ndarray, num_classes: int) -> None:
    kept = tables.telling_columns(wide(target, num_classes), task)
    assert len(kept) == ROWS + 1 and {"c7", "c250"} < set(kept) and kept[-1] == "name", "names are no numbers"
    assert kept[:-1] == sorted(kept[:-1], key=lambda name: int(name[1:]))


def test_all_of_a_table_that_is_not_wide_are_read() -> None:
    examples = wide(NOISE[7], 0, NOISE[:ROWS])
    assert tables.telling_columns(examples, Regress()) == list(examples.types)


def test_strange_columns_do_not_hide_the_others() -> None:
    columns = NOISE.copy()
    columns[:5], columns[5:10], columns[10], columns[11] = np.nan, 3.0, 1e300, np.inf
    columns[12] *= 1e200
    columns[7, ::2] = np.nan
    target = np.where(np.isnan(columns[12]), 0.0, NOISE[12] + NOISE[250])
    kept = tables.telling_columns(wide(target, 0, columns), Regress())
    assert {"c12", "c250"} < set(kept) and not {"c0", "c5", "c10", "c11"} & set(kept)


@pytest.mark.parametrize("learner", [Linear(), Rules()], ids=["linear", "rules"])
def test_what_is_learned_reads_few_columns_and_noise_is_not_told_from_rows_held_out(learner: Any) -> None:
    """Were the columns chosen by all rows, those held out would be answered well, too."""
    right = []
    for seed in range(8):
        examples = wide(np.random.default_rng(seed).permutation(np.arange(ROWS) % 2), 2)
        train, valid = np.arange(0, 40), np.arange(40, ROWS)
        work = learner.work(Sizes(40, examples.types, 2, {"name": 2}), Classify(), 0)
        graph: Graph = learner.fit(examples.take(train), Classify(), work, 0)
        assert len(graph.columns()) <= 41
        right.append(((graph.run(examples.take(valid).values)[:, 0] > 0) == examples.target[valid]).mean())
    assert 0.3 < float(np.mean(right)) < 0.7


def test_where_two_columns_of_many_say_it_all_few_are_read() -> None:
    examples = wide((NOISE[7] - NOISE[250] > 0).astype(np.int64), 2)
    sizes = Sizes(ROWS, examples.types, 2, {"name": 2})
    work = Linear().tuned(examples, Classify(), Linear().work(sizes, Classify(), 0), 0)
    assert Linear().work(sizes, Classify(), 0).settings["numbers"] == [60, 15] and work.settings["numbers"] == [15]
    graph = Linear().fit(examples, Classify(), work, 0)
    assert {"c7", "c250"} < set(graph.columns()) and len(graph.columns()) == 16


def test_a_wide_table_costs_what_is_read_of_it() -> None:
    few, many = (Sizes(ROWS, {f"c{number}": "number" for number in range(count)}, 2) for count in (ROWS, WIDE))
    for learner in (Linear(), Rules()):
        assert learner.work(few, Classify(), 1).steps == learner.work(many, Classify(), 1).steps  # type: ignore[attr-defined]
