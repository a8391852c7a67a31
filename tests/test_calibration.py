"""Stated confidence made honest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.evaluate.calibration import expected_calibration_error, fit_calibration, fit_temperature
from leadline.heads.scaling import Scaling
from leadline.heads.temperature import Temperature
from leadline.tasks.class_metrics import surprise
from leadline.tasks.classify import Classify
from leadline.tasks.regress import Regress

ANSWERS = Classify().answers


@given(st.floats(0.3, 4), st.sampled_from([1, 4]))
def test_the_temperature_that_spoiled_the_logits_is_found(temperature: float, outputs: int) -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(size=(4_000, outputs)) * 2
    probabilities = ANSWERS(honest)
    truth = (probabilities.cumsum(axis=1) < rng.random((4_000, 1))).sum(axis=1)
    assert fit_temperature(honest * temperature, truth, ANSWERS, surprise) == pytest.approx(temperature, rel=0.15)


def test_overconfident_answers_have_a_large_calibration_error() -> None:
    truth = np.arange(1_000) % 2
    sure_and_wrong_half_the_time = np.tile([0.01, 0.99], (1_000, 1))
    assert expected_calibration_error(*Classify().certainty(sure_and_wrong_half_the_time, truth)) == pytest.approx(0.49)


def test_two_classes_are_also_shifted_where_one_is_named_too_often() -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(-2, 2, (4_000, 1))
    truth = (rng.random(4_000) < 1 / (1 + np.exp(-honest[:, 0]))).astype(np.int64)
    part = fit_calibration(2 * honest + 3, truth, Classify())
    assert isinstance(part, Scaling) and np.abs(part.run(2 * honest + 3) - honest).mean() < 0.2


def test_answers_that_are_all_right_stay_finite_and_in_their_order() -> None:
    log_odds = np.linspace(-3, 3, 400)[:, None]
    part = fit_calibration(log_odds, (log_odds[:, 0] > 0).astype(np.int64), Classify())
    assert part is not None and np.isfinite(part.run(log_odds)).all() and (np.diff(part.run(log_odds)[:, 0]) > 0).all()


@pytest.mark.parametrize("log_odds", [np.zeros((200, 1)), np.tile([[5.0], [-5.0]], (100, 1))])
def test_answers_that_say_nothing_or_the_contrary_do_no_harm(log_odds: np.ndarray) -> None:
    truth = np.arange(200) % 2
    part = fit_calibration(log_odds, truth, Classify())
    assert part is not None and np.isfinite(part.run(log_odds)).all()


def test_few_rows_of_a_class_get_a_temperature_alone_and_numbers_nothing() -> None:
    assert isinstance(fit_calibration(np.ones((60, 1)), (np.arange(60) < 3).astype(np.int64), Classify()), Temperature)
    assert fit_calibration(np.ones((60, 1)), np.arange(60.0), Regress()) is None
