"""Classes that cannot be told apart are found by a test; similar ones are named, and clear ones are not."""

from __future__ import annotations

import numpy as np
import polars as pl

from leadline.check.confusable_classes import ConfusableClasses
from leadline.check.contract import Checked, NotApplicable
from leadline.check.one_column import auc, auc_interval
from leadline.findings import Finding, Severity
from tests.check_views import view_of


def answered(codes: np.ndarray, logits: np.ndarray) -> list[Finding]:
    """Findings where a model said these logits (n, num_classes) of rows of these classes."""
    chances = np.exp(logits - logits.max(axis=1, keepdims=True))
    frame = pl.DataFrame({"a": np.random.default_rng(9).normal(size=len(codes)), "kind": [f"c{code:04d}" for code in codes]})
    checked = ConfusableClasses().run(view_of(frame, "kind", answers=chances / chances.sum(axis=1, keepdims=True)))
    assert isinstance(checked, Checked)
    return list(checked.findings)


def told(codes: np.ndarray, num_classes: int, sure: float = 6.0, seed: int = 0) -> np.ndarray:
    """Logits of a model that knows the classes well."""
    return np.eye(num_classes)[codes] * sure + np.random.default_rng(seed).normal(size=(len(codes), num_classes))


def test_clear_classes_are_not_confusable() -> None:
    codes = np.arange(600) % 4
    assert not answered(codes, told(codes, 4))


def test_a_class_split_by_lot_is_found_with_what_merging_gains() -> None:
    true = np.arange(1_200) % 3
    codes = np.where((true == 2) & (np.random.default_rng(1).random(1_200) < 0.5), 3, true)
    logits = told(true, 4)
    logits[:, 3] = logits[:, 2] + np.random.default_rng(2).normal(0, 0.3, 1_200)
    (finding,) = answered(codes, logits)
    assert finding.severity is Severity.HIGH and '"c0002", "c0003" cannot be told apart' in finding.title
    assert "with them merged 100.0%" in finding.detail and "merge them" in finding.fix
    assert set(finding.rows) <= set(np.flatnonzero(codes >= 2).tolist()) and len(finding.rows) > 100


def test_three_classes_by_lot_are_one_group() -> None:
    codes = np.random.default_rng(3).integers(0, 3, 3_000) + np.where(np.arange(3_000) < 1_500, 0, 3)
    logits = np.random.default_rng(4).normal(0, 0.3, (3_000, 6))
    logits[:1_500, :3] += 5
    logits[1_500:, 3:] += 5
    titles = [finding.title for finding in answered(codes, logits)]
    assert len(titles) == 2 and titles[0].startswith('"c0000", "c0001", "c0002" cannot')


def test_similar_classes_are_named_at_low_severity() -> None:
    codes = np.arange(2_000) % 4
    logits = told(codes, 4, 8.0)
    near = codes < 2
    logits[near] = told(codes, 4, 1.8, 5)[near] + np.array([5, 5, 0, 0])
    (finding,) = answered(codes, logits)
    assert finding.severity is Severity.LOW and '"c0000" and "c0001" (' in finding.title


def test_hard_pairs_are_worth_a_look() -> None:
    codes = np.arange(2_000) % 4
    logits = told(codes, 4, 8.0)
    near = codes < 2
    logits[near] = told(codes, 4, 0.7, 5)[near] + np.array([5, 5, 0, 0])
    (finding,) = answered(codes, logits)
    assert finding.severity is Severity.MEDIUM and "hard to tell apart" in finding.title


def test_few_rows_prove_nothing() -> None:
    codes = np.array([0] * 300 + [1] * 300 + [2] * 12 + [3] * 12 + [4] * 2)
    logits = told(codes, 5)
    logits[600:624] = np.random.default_rng(6).normal(size=(24, 5)) + np.array([0, 0, 5, 5, 0])
    assert not [finding for finding in answered(codes, logits) if finding.severity is Severity.HIGH]


def test_two_classes_that_nothing_tells_apart() -> None:
    codes = np.arange(1_000) % 2
    (finding,) = answered(codes, np.random.default_rng(7).normal(size=(1_000, 2)))
    assert "not in these data" in finding.fix and "merged" not in finding.detail


def test_two_of_a_thousand_classes() -> None:
    codes = np.arange(24_000) % 1_000
    true = np.where(codes == 8, 7, codes)
    logits = told(true, 1_000, 12.0)
    logits[:, 8] = logits[:, 7] + np.random.default_rng(11).normal(0, 0.3, 24_000)
    titles = [finding.title for finding in answered(codes, logits) if finding.severity is not Severity.LOW]
    assert len(titles) == 1 and '"c0007"' in titles[0] and '"c0008"' in titles[0]


def test_numbers_have_no_classes() -> None:
    frame = pl.DataFrame({"a": np.arange(60.0), "price": np.random.default_rng(8).normal(size=60)})
    assert isinstance(ConfusableClasses().run(view_of(frame, "price")), NotApplicable)


def test_the_interval_holds_the_area_as_often_as_it_says() -> None:
    """Scores of unit spread, one apart: the area is .7602."""
    rng, held = np.random.default_rng(10), 0
    for _ in range(300):
        scores, positive = rng.normal(size=160), np.arange(160) % 2 == 0
        interval = auc_interval(auc(scores + positive, positive), 80, 80)
        held += interval.low <= 0.7602 <= interval.high
    assert held / 300 > 0.91
