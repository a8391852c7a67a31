"""If-then rules: a small tree of questions about columns, written down in the user's own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from leadline.heads.rule_words import Bounds, Known, narrowed, sentence
from leadline.parts import Part
from leadline.values import take_rows

_MOST_QUESTIONS = 1 << 12  # of a file that was written by somebody else


@dataclass(frozen=True)
class Question:
    """Is the number of a column `at_most` so much, or its category one of `words`? With neither: is it missing?

    `missing` says whether a missing value goes the way of a yes; `gaps`, whether the column had any where the rules were made.
    """

    column: str
    at_most: float | None
    words: tuple[str, ...]
    missing: bool
    gaps: bool

    @cached_property
    def _known_words(self) -> frozenset[str]:
        return frozenset(self.words)

    def yes(self, values: Any) -> np.ndarray:
        """(n,) Boolean, of numbers float64 with NaN where missing or of categories as polars strings."""
        if isinstance(values, pl.Series):
            words = self._known_words
            answers = [self.missing if value is None else value in words for value in values.to_list()]
            return np.array(answers, dtype=bool)
        numbers = np.asarray(values, np.float64)
        known = numbers <= self.at_most if self.at_most is not None else np.zeros(len(numbers), dtype=bool)
        chosen: np.ndarray = known | (np.isnan(numbers) & self.missing)
        return chosen


@dataclass(frozen=True)
class Branch:
    """Rows that answer yes go on at place `yes` of the tree, the others at place `no`; both come after the branch's own."""

    question: Question
    yes: int
    no: int


@dataclass(frozen=True)
class Leaf:
    """Raw outputs (num_outputs,) of all rows that end here, and the share of the training rows that did."""

    raw: tuple[float, ...]
    share: float


class RulesHead(Part):
    """Columns as they come (numbers float64 (n,), categories as strings) -> raw outputs (n, num_outputs) float64.

    `columns` are the names of the inputs, in their order; `tree` starts with its root.
    """

    kind: ClassVar[str] = "rules"

    def __init__(self, columns: Sequence[str], tree: Sequence[Branch | Leaf]) -> None:
        self.columns, self.tree = tuple(columns), tuple(tree)
        self._leaves = [node.raw if isinstance(node, Leaf) else () for node in self.tree]
        self._width = len(next(raw for raw in self._leaves if raw))

    def run(self, *columns: Any) -> np.ndarray:
        values, raw = dict(zip(self.columns, columns, strict=True)), np.zeros((len(columns[0]), self._width))
        waiting = [(0, np.arange(len(raw)))]
        while waiting:
            place, rows = waiting.pop()
            node = self.tree[place]
            if isinstance(node, Leaf):
                raw[rows] = node.raw
            elif len(rows):
                column = values[node.question.column]
                said = node.question.yes(column if len(rows) == len(raw) else take_rows(column, rows))
                waiting += [(node.yes, rows[said]), (node.no, rows[~said])]
        return raw

    def sentences(self, in_words: Callable[[np.ndarray], Sequence[str]]) -> list[str]:
        """One sentence for each rule, from the one that answers most rows; `in_words` says raw outputs (k, num_outputs)."""
        found = sorted(self._paths(0, {}), key=lambda path: -path[1].share)
        said = in_words(np.array([leaf.raw for _, leaf in found]))
        return [sentence(known, answer, leaf.share) for (known, leaf), answer in zip(found, said, strict=True)]

    def _paths(self, place: int, known: Mapping[str, Known]) -> Iterator[tuple[Mapping[str, Known], Leaf]]:
        """What is known of the columns on the way to every leaf."""
        node = self.tree[place]
        if isinstance(node, Leaf):
            yield known, node
            return
        for next_place, said in ((node.yes, True), (node.no, False)):
            yield from self._paths(next_place, narrowed(known, _bounds(node.question, said)))

    def config(self) -> dict[str, Any]:
        return {"columns": list(self.columns), "tree": [asdict(node) for node in self.tree]}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        """Raises ValueError for a tree that would never end or asks of columns that are not there."""
        nodes = [_node(fields) for fields in config["tree"]]
        if not 0 < len(nodes) <= _MOST_QUESTIONS:
            raise ValueError(f"{len(nodes)} rules")
        for place, node in enumerate(nodes):
            if isinstance(node, Branch):
                if node.question.column not in config["columns"]:
                    raise ValueError(f"a question about {node.question.column}, which is not among the inputs")
                if not place < min(node.yes, node.no) <= max(node.yes, node.no) < len(nodes):
                    raise ValueError(f"a rule that goes on at {node.yes} or {node.no}")
        if len({len(node.raw) for node in nodes if isinstance(node, Leaf)}) != 1:
            raise ValueError("answers of different widths")
        return cls(config["columns"], nodes)


def _node(fields: dict[str, Any]) -> Branch | Leaf:
    if "question" not in fields:
        return Leaf(tuple(float(number) for number in fields["raw"]), float(fields["share"]))
    question = {**fields["question"], "words": tuple(fields["question"]["words"])}
    return Branch(Question(**question), int(fields["yes"]), int(fields["no"]))


def _bounds(question: Question, said: bool) -> Bounds:
    """What an answer to a question tells of its column."""
    missing = question.missing == said
    return Bounds(question.column, question.at_most, question.words, said, missing, question.gaps)
