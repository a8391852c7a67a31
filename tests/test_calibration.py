"""Stated confidence made honest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.evaluate.calibration import expected_calibration_error, fit_temperature
from leadline.tasks.classify import Classify, surprise

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
