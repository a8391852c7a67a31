"""Which rows stand for each class: the most typical, those between it and another, and those least like the rest of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from leadline.check.contract import Check, Checked, NotApplicable, Section, Shelf
from leadline.check.view import Labels, View
from leadline.values import Dense

_EACH = 6  # rows of a kind, or a third of the class
_CLASSES_SHOWN, _SHOWN = 12, 4  # on a page: the largest, and rows of a kind of each, so that it stays light
_REFERENCES, _FEWEST = 3_000, 5  # rows that others are compared with, in all and of a class
_BLOCK = 2_048  # rows that are compared together
_NARROW = 0.5  # width of the kernel, of the middle distance between two rows of one class
_LEAST = 1e-30


@dataclass(frozen=True)
class Support:
    """(n,) logarithms of how much speaks for a row's own class and for the `nearest` other one; NaN of rows that cannot be told."""

    own: np.ndarray
    other: np.ndarray
    nearest: np.ndarray


class ClassExamples(Check):
    """By the density of a class's other rows around each row (Parzen 1962), in vectors; without vectors by the chance of its class in the
    answers of models that did not learn from it. Extremes and what lies between: Kim, Khanna and Koyejo 2016 on prototypes and criticisms.
    """

    code: ClassVar[str] = "class-examples"
    title: ClassVar[str] = "which rows stand for each class?"

    def run(self, view: View) -> Checked | NotApplicable:
        labels = view.labels
        if labels is None or labels.codes is None or len(labels.classes) < 2:
            return NotApplicable("the answers are not classes, one for each row")
        support = _by_vectors(view, labels) or _by_answers(view, labels)
        examples = {name: _of_class(view, support, code) for code, name in enumerate(labels.classes)}
        told = {
            name: {kind: [view.data.source_row(row) for row in rows] for kind, rows in found.items()} for name, found in examples.items()
        }
        return Checked(
            rows={"typicality": _ranks(support.own, labels.codes)},
            facts={"examples": told},
            sections=tuple(_sections(labels, support, examples)),
        )


def _by_vectors(view: View, labels: Labels) -> Support | None:
    """None where nothing makes vectors."""
    vectors = view.vectors_if_any
    if vectors is None:
        return None
    assert labels.codes is not None
    there = np.flatnonzero(np.isfinite(vectors.values[:, 0]))
    groups = np.arange(len(view)) if view.groups is None else view.groups
    found = supports(vectors.values[there], labels.codes[there], groups[there], len(labels.classes), view.seed)
    spread = np.full((3, len(view)), np.nan)
    spread[:, there] = found
    return Support(spread[0], spread[1], spread[2])


def _by_answers(view: View, labels: Labels) -> Support:
    assert labels.codes is not None
    chances, found = view.answers.values, np.empty((3, len(view)))
    for some in _blocks(len(view)):
        found[:, some] = _own_and_other(np.log(np.maximum(chances[some], _LEAST)), labels.codes[some])
    return Support(found[0], found[1], found[2])


def supports(vectors: Dense, codes: np.ndarray, groups: np.ndarray, num_classes: int, seed: int) -> np.ndarray:
    """(3, n): the logarithm of the mean kernel of a row (n, d) with rows of its own class and of the nearest other, and which that is.

    At most some thousand rows, one of each of the `groups`, are what others are compared with; no row with itself or its copies.
    """
    units = vectors - vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    units /= np.maximum(np.linalg.norm(units, axis=1, keepdims=True), np.float32(1e-12))
    chosen = _references(codes, groups, num_classes, seed)
    of_class, starts = np.unique(codes[chosen], return_index=True)
    width = _width(units[chosen], codes[chosen])
    found = np.empty((3, len(codes)))
    for some in _blocks(len(codes)):
        weights = np.exp((units[some] @ units[chosen].T - 1) / width).astype(np.float64)
        others = groups[some, None] != groups[chosen]
        sums = np.add.reduceat(weights * others, starts, axis=1) / np.maximum(np.add.reduceat(others, starts, axis=1, dtype=np.int64), 1)
        logs = np.full((len(sums), num_classes), np.log(_LEAST))
        logs[:, of_class] = np.log(np.maximum(sums, _LEAST))
        found[:, some] = _own_and_other(logs, codes[some])
    return found


def _blocks(num_rows: int) -> Iterator[slice]:
    return (slice(start, start + _BLOCK) for start in range(0, num_rows, _BLOCK))


def _references(codes: np.ndarray, groups: np.ndarray, num_classes: int, seed: int) -> np.ndarray:
    """Positions by class, drawn by chance, as many of each class as there is room for."""
    rng = np.random.default_rng([seed, 53])
    order = rng.permutation(len(codes))
    own = np.stack([groups[order], codes[order]], axis=1)  # a hospital has patients of every class
    order = order[np.sort(np.unique(own, axis=0, return_index=True)[1])]
    order = order[np.argsort(codes[order], kind="stable")]
    starts = np.searchsorted(codes[order], codes[order])
    return order[np.arange(len(order)) - starts < max(_FEWEST, _REFERENCES // num_classes)]


def _width(units: Dense, codes: np.ndarray) -> float:
    """Of the kernel, by pairs of references that lie side by side in one class."""
    same = codes[1:] == codes[:-1]
    apart = 1 - np.einsum("nd,nd->n", units[1:][same], units[:-1][same])
    return max(_NARROW * float(np.median(apart)) if len(apart) else 1.0, 1e-3)


def _own_and_other(logs: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """(3, n) of logarithms (n, num_classes)."""
    rows = np.arange(len(codes))
    others = logs.copy()
    others[rows, codes] = -np.inf
    nearest = others.argmax(axis=1)
    return np.stack([logs[rows, codes], others[rows, nearest], nearest])


def _of_class(view: View, support: Support, code: int) -> dict[str, list[int]]:
    """Positions of the most typical rows of a class, the first one the most, of the rest the least, of the rest those in between."""
    codes = view.codes
    assert codes is not None
    rows = np.flatnonzero((codes == code) & np.isfinite(support.own))
    number, taken = min(_EACH, max(1, len(rows) // 3)), set[int]()
    orders = {"typical": -support.own, "least_typical": support.own, "borderline": np.abs(support.own - support.other)}
    found = {kind: _first(view, rows[np.argsort(by[rows], kind="stable")], number, taken) for kind, by in orders.items()}
    return {kind: found[kind] for kind in ("typical", "borderline", "least_typical")}


def _first(view: View, rows: np.ndarray, number: int, taken: set[int]) -> list[int]:
    """The first of the rows that were not taken and are no copies of one another."""
    found, seen = list[int](), set[int]()
    for row in rows.tolist():
        if row not in taken and int(view.copies[row]) not in seen:
            found.append(row)
            seen.add(int(view.copies[row]))
        if len(found) == number:
            break
    taken.update(found)
    return found


def _ranks(own: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """(n,) the share of its class that each row is more typical than, 0 to 1."""
    ranks = np.full(len(own), np.nan)
    told = np.flatnonzero(np.isfinite(own))
    for code in np.unique(codes[told]):
        rows = told[codes[told] == code]
        ranks[rows[np.argsort(own[rows], kind="stable")]] = (np.arange(len(rows)) + 0.5) / len(rows)
    return ranks


def _sections(labels: Labels, support: Support, examples: dict[str, dict[str, list[int]]]) -> Iterator[Section]:
    assert labels.codes is not None
    counts = np.bincount(labels.codes, minlength=len(labels.classes))
    largest = np.argsort(-counts, kind="stable")[:_CLASSES_SHOWN]
    for code in largest.tolist():
        found = examples[labels.classes[code]]
        typical, borderline, least = (tuple(found[kind][:_SHOWN]) for kind in ("typical", "borderline", "least_typical"))
        near = tuple(f"near {labels.classes[int(support.nearest[row])]}" for row in borderline)
        shelves = (
            Shelf("The most typical first", typical),
            Shelf("Between it and another class", borderline, near),
            Shelf("The least like the rest of it", least),
        )
        yield Section(ClassExamples.code, _title(labels.classes[code], int(counts[code])), (), shelves)
    if len(largest) < len(labels.classes):
        rest = f"Examples are shown of the {len(largest)} largest of {len(labels.classes):,} classes; those of all are in --json."
        yield Section(ClassExamples.code, "More classes", (), (Shelf(rest, ()),))


def _title(name: str, rows: int) -> str:
    return f'What stands for "{name}" ({rows:,} rows)'
