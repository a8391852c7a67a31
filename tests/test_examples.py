"""Rows of examples: what is taken are the rows asked for, and nothing is taken that nobody reads."""

from __future__ import annotations

from typing import Any

import numpy as np

from leadline.data.examples import Examples
from leadline.parts import Graph, Node


class Counting:
    """A column that counts how often rows of it were taken."""

    def __init__(self, numbers: np.ndarray) -> None:
        self.numbers, self.taken = numbers, 0

    def take_rows(self, rows: np.ndarray) -> np.ndarray:
        self.taken += 1
        return self.numbers[rows]


class Doubled:
    kind = "doubled"

    def run(self, numbers: Any) -> Any:
        return numbers * 2


def test_rows_of_rows_are_the_rows_meant_and_made_once() -> None:
    column, unread = Counting(np.arange(10) * 10), Counting(np.arange(10))
    examples = Examples({"column:a": column, "column:b": unread}, {"a": "number", "b": "number"}, np.arange(10), groups=np.arange(10) % 3)
    some = examples.take(np.array([9, 1, 5])).take(np.array([2, 0]))
    assert some.target.tolist() == [5, 9] and some.groups is not None and some.groups.tolist() == [2, 0]
    assert list(some.values) == ["column:a", "column:b"] and "column:b" in some.values
    assert [some.values["column:a"].tolist() for _ in range(2)] == [[50, 90], [50, 90]]
    assert (column.taken, unread.taken) == (1, 0)


def test_a_graph_reads_only_what_its_nodes_name() -> None:
    column, unread = Counting(np.arange(4)), Counting(np.arange(4))
    some = Examples({"column:a": column, "column:b": unread}, {}, np.arange(4)).take(np.array([3]))
    graph = Graph((Node("twice", Doubled(), ("column:a",)), Node("again", Doubled(), ("twice",))))  # type: ignore[arg-type]
    assert graph.run(some.values).tolist() == [12] and unread.taken == 0
    assert "twice" not in some.values
