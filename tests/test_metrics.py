"""Metrics agree with scikit-learn on any answers, weights included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from leadline.errors import LeadlineError
from leadline.tasks.classify import Classify
from leadline.tasks.regress import Regress

SEEDS = st.integers(0, 10_000)
METRICS = Classify.metrics | Regress.metrics


def two_classes(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.permutation(np.arange(40) % 2)
    positive = np.round(rng.random(40), 1)  # rounded, so that there are ties
    return np.stack([1 - positive, positive], axis=1), truth, rng.integers(0, 3, 40) + (np.arange(40) < 20)


@given(SEEDS)
def test_ranking_metrics(seed: int) -> None:
    answers, truth, weights = two_classes(seed)
    if (weights[truth == 1].sum() == 0) or (weights[truth == 0].sum() == 0):
        return
    got = METRICS["roc_auc"].score(answers, truth, weights.astype(float))
    assert got == pytest.approx(reference.roc_auc_score(truth, answers[:, 1], sample_weight=weights))
    got = METRICS["average_precision"].score(answers, truth, weights.astype(float))
    assert got == pytest.approx(reference.average_precision_score(truth, answers[:, 1], sample_weight=weights))


@given(SEEDS)
def test_class_metrics(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, answers = rng.permutation(np.arange(60) % 3), rng.dirichlet(np.ones(3), 60)
    named = answers.argmax(axis=1)
    assert METRICS["accuracy"].value(answers, truth) == pytest.approx(reference.accuracy_score(truth, named))
    assert METRICS["balanced_accuracy"].value(answers, truth) == pytest.approx(reference.balanced_accuracy_score(truth, named))
    assert METRICS["log_loss"].value(answers, truth) == pytest.approx(reference.log_loss(truth, answers))
    assert METRICS["f1_macro"].value(answers, truth) == pytest.approx(reference.f1_score(truth, named, average="macro"))


@given(SEEDS)
def test_f1_of_two_classes(seed: int) -> None:
    answers, truth, weights = two_classes(seed)
    if weights[truth == 1].sum() == 0:
        return
    named = answers.argmax(axis=1)
    got = METRICS["f1"].score(answers, truth, weights.astype(float))
    assert got == pytest.approx(reference.f1_score(truth, named, sample_weight=weights))


@given(SEEDS)
def test_number_metrics(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, answers = rng.normal(size=30), rng.normal(size=30)
    assert METRICS["r2"].value(answers, truth) == pytest.approx(reference.r2_score(truth, answers))
    assert METRICS["rmse"].value(answers, truth) == pytest.approx(reference.root_mean_squared_error(truth, answers))
    assert METRICS["mae"].value(answers, truth) == pytest.approx(reference.mean_absolute_error(truth, answers))


def test_a_metric_that_does_not_fit_is_refused_with_those_that_do() -> None:
    with pytest.raises(LeadlineError) as caught:
        Classify().metric("roc_auc", num_classes=3)
    assert "accuracy" in caught.value.expected
    assert "roc_auc" not in caught.value.expected
