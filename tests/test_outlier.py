"""Rows unlike all others are named and score highest; clean rows are left alone."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from leadline.check.contract import Checked, NotApplicable
from leadline.check.outlier import Outlier
from tests.check_views import view_of


def texts(rows: int) -> list[str]:
    return [f"the {n} quick brown foxes jumped over {n * 7} lazy dogs again" for n in range(rows)]


def asked(frame: pl.DataFrame, target: str | None, vectors: np.ndarray | None = None) -> Checked:
    checked = Outlier().run(view_of(frame, target, vectors=vectors))
    assert isinstance(checked, Checked)
    return checked


def table(rows: int = 900) -> pl.DataFrame:
    rng = np.random.default_rng(6)
    size = rng.normal(size=rows)
    return pl.DataFrame({"size": size, "weight": 3 * size + rng.normal(size=rows), "kind": rng.choice(["a", "b"], rows)})


@pytest.mark.parametrize("num_classes", [1, 3, 12])
def test_vectors_of_no_class_are_found(num_classes: int) -> None:
    rng = np.random.default_rng(1)
    codes = np.arange(900) % num_classes
    vectors = rng.normal(size=(num_classes, 40))[codes] * 3 + rng.normal(size=(900, 40))
    strangers = [5, 300, 777]
    vectors[strangers] = rng.normal(size=(3, 40)) * 12
    frame = pl.DataFrame({"note": texts(900), "kind": [f"c{code}" for code in codes]})
    checked = asked(frame.drop("kind") if num_classes == 1 else frame, None if num_classes == 1 else "kind", vectors)
    (finding,) = checked.findings
    assert set(strangers) <= set(finding.rows) and len(finding.rows) <= 9
    assert (checked.rows["outlier"][strangers] > 0.99).all() and checked.rows["outlier"].shape == (900,)


def test_clean_rows() -> None:
    vectors = np.random.default_rng(2).normal(size=(900, 40))
    assert not asked(pl.DataFrame({"note": texts(900)}), None, vectors).findings
    assert not asked(table(), "kind").findings


def test_a_number_with_a_slipped_comma() -> None:
    frame = table()
    frame[17, "weight"] = 400.0
    (finding,) = asked(frame, "kind").findings
    assert finding.rows[0] == 17 and len(finding.rows) <= 3
    assert asked(frame, "weight").rows["outlier"].shape == (900,)


def test_rows_that_cannot_be_read_have_no_score() -> None:
    vectors = np.random.default_rng(2).normal(size=(300, 40))
    vectors[::10] = np.nan
    score = asked(pl.DataFrame({"note": texts(300)}), None, vectors).rows["outlier"]
    assert np.isnan(score[::10]).all() and np.isfinite(np.delete(score, np.arange(0, 300, 10))).all()


def test_a_thousand_classes_of_two_examples() -> None:
    codes = np.arange(2_000) % 1_000
    vectors = np.random.default_rng(3).normal(size=(1_000, 30))[codes] * 4 + np.random.default_rng(4).normal(size=(2_000, 30))
    frame = pl.DataFrame({"note": texts(2_000), "kind": [f"c{code}" for code in codes]})
    assert len(asked(frame, "kind", vectors).rows["outlier"]) == 2_000


def test_too_few_rows_and_nothing_to_measure() -> None:
    assert isinstance(Outlier().run(view_of(table(20), None)), NotApplicable)
    assert isinstance(Outlier().run(view_of(pl.DataFrame({"note": texts(90)}), None)), NotApplicable)
