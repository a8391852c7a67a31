"""A class that is two things is found with examples of both; a class of one kind is not, however long or lopsided it is."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.check.broad_class import BroadClass, parts_of, valley
from leadline.check.contract import Checked, NotApplicable
from leadline.findings import Finding, Severity
from tests.check_views import view_of


def asked(vectors: np.ndarray, codes: np.ndarray) -> Checked | NotApplicable:
    notes = [f"the {n} quick brown foxes jumped over {n * 7} lazy dogs again" for n in range(len(codes))]
    frame = pl.DataFrame({"note": notes, "kind": [f"c{code}" for code in codes]})
    return BroadClass().run(view_of(frame, "kind", vectors=vectors))


def found(vectors: np.ndarray, codes: np.ndarray) -> list[Finding]:
    checked = asked(vectors, codes)
    assert isinstance(checked, Checked)
    return list(checked.findings)


def blobs(num_blobs: int, rows: int, seed: int = 0, dimension: int = 40) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    codes = np.arange(num_blobs * rows) % num_blobs
    return rng.normal(size=(num_blobs, dimension))[codes] * 1.5 + rng.normal(size=(len(codes), dimension)), codes


@pytest.mark.parametrize("num_classes", [2, 6])
def test_two_things_under_one_name(num_classes: int) -> None:
    vectors, kinds = blobs(num_classes + 1, 150)
    (finding,) = found(vectors, np.where(kinds == num_classes, 0, kinds))
    assert finding.title == '"c0" looks like two things under one name' and finding.severity is Severity.MEDIUM
    examples = kinds[finding.rows]
    assert len(set(examples[:3])) == len(set(examples[3:])) == 1 and examples[0] != examples[3]


def test_clean_classes() -> None:
    assert not found(*blobs(6, 150))


def test_a_long_class_is_one_thing() -> None:
    vectors, codes = blobs(4, 200)
    vectors[codes == 1, 0] *= 12
    vectors[codes == 2, 1] += np.random.default_rng(1).exponential(6, (codes == 2).sum())
    assert not found(vectors, codes)


def test_rows_that_cannot_be_read_are_left_out() -> None:
    vectors, codes = blobs(3, 100)
    vectors[::7] = np.nan
    assert not found(vectors, codes)


def test_small_classes_are_too_small_to_say() -> None:
    vectors, codes = blobs(100, 3)
    assert isinstance(asked(vectors, codes), NotApplicable)


def test_a_class_of_two_rows_beside_large_ones() -> None:
    vectors, codes = blobs(3, 100)
    codes[:2] = 3
    assert not found(vectors, codes)


def test_numbers_have_no_classes() -> None:
    frame = pl.DataFrame({"a": np.arange(60.0), "price": np.random.default_rng(8).normal(size=60)})
    assert isinstance(BroadClass().run(view_of(frame, "price")), NotApplicable)


def test_tables_have_no_vectors() -> None:
    frame = pl.DataFrame({"a": np.random.default_rng(8).normal(size=300), "kind": ["x", "y", "z"] * 100})
    assert isinstance(BroadClass().run(view_of(frame, "kind")), NotApplicable)


def test_equal_vectors_are_one_thing() -> None:
    assert not parts_of(np.ones((80, 5)), 0).apart


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([100, 400, 1_000]))
def test_one_heap_has_no_valley_and_two_have(seed: int, rows: int) -> None:
    values = np.random.default_rng(seed).normal(size=rows)
    assert valley(values) > 0.32
    assert valley(values + 8 * (np.arange(rows) % 2)) < 0.32
