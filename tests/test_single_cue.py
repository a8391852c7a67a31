"""A number by itself tells a class as well as it does, and not better: chance is one half, and intervals hold what is true."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from leadline.check.single_cue import told_by


def test_noise_tells_nothing_and_its_interval_says_so() -> None:
    held = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        told = told_by(rng.normal(size=400), rng.integers(0, 2, 400), 2, None, seed, 0.1)
        held += told.low[0] <= 0.5 <= told.high[0]
    assert held >= 35


@pytest.mark.parametrize("shift", [0.5, 1.0, 2.0])
def test_the_interval_holds_the_true_area(shift: float) -> None:
    """Of two normals whose means are so far apart the area is known; bins lose a little of it."""
    truth, held = 0.5 * (1 + math.erf(shift / 2)), 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        codes = rng.integers(0, 2, 1_000)
        told = told_by(rng.normal(size=1_000) + shift * codes, codes, 2, None, seed, 0.1)
        held += told.low[1] - 0.01 <= truth <= told.high[1] + 0.02
    assert held >= 25


def test_a_value_in_the_middle_tells_as_well_as_one_at_the_end() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 5, 1_000)
    told = told_by(np.where(codes == 2, 128.0 + rng.normal(0, 1, 1_000), rng.uniform(-1e3, 1e3, 1_000)), codes, 5, None, 0, 4.0)
    assert told.low[2] > 0.9 and told.mark[2] == pytest.approx(128, abs=8) and told.held[2] > 0.9
    assert (told.high[[0, 1, 3, 4]] < 0.75).all()


def test_copies_do_not_teach_themselves() -> None:
    """Of 200 rows in pairs every value is met twice; in one fold, so that none is learned by heart."""
    rng = np.random.default_rng(0)
    values, codes, groups = np.repeat(rng.normal(size=100), 2), np.repeat(rng.integers(0, 2, 100), 2), np.repeat(np.arange(100), 2)
    assert told_by(values, codes, 2, groups, 0, 0.1).low[0] < 0.5


@settings(max_examples=60)
@given(
    hnp.arrays(np.float64, st.integers(10, 80), elements=st.floats(-1e6, 1e6) | st.just(float("nan"))),
    st.integers(2, 6), st.integers(0, 9),
)  # fmt: skip
def test_any_values_give_areas_between_nothing_and_all(values: np.ndarray, num_classes: int, seed: int) -> None:
    codes = np.random.default_rng(seed).integers(0, num_classes, len(values))
    told = told_by(values, codes, num_classes, None, seed, 1.0)
    known = np.isfinite(told.value)
    assert ((told.low <= told.value) & (told.value <= told.high))[known].all()
    assert ((told.value >= 0) & (told.value <= 1))[known].all()
    assert ((told.held >= 0) & (told.held <= 1) & (told.others <= 1)).all()
