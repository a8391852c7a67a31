"""A row's product has the same bits alone and in any company, and is the product."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.heads.products import steady_product


@given(st.integers(0, 40), st.integers(0, 70), st.integers(0, 9), st.sampled_from([np.float32, np.float64]))
def test_every_row_has_the_same_bits_alone_and_among_others(num_rows: int, dimension: int, columns: int, dtype: type) -> None:
    rng = np.random.default_rng(num_rows)
    rows, right = rng.normal(size=(num_rows, dimension)), rng.normal(size=(dimension, columns))
    together = steady_product(rows, right, dtype)
    assert together.shape == (num_rows, columns) and together.dtype == dtype
    assert all((steady_product(rows[row : row + 1], right, dtype)[0] == together[row]).all() for row in range(num_rows))


@pytest.mark.parametrize(("num_rows", "dimension", "columns"), [(5_000, 1_280, 3), (9, 40_000, 2), (30, 1_280, 150)])
def test_large_ones_are_the_product(num_rows: int, dimension: int, columns: int) -> None:
    rng = np.random.default_rng(0)
    rows, right = rng.normal(size=(num_rows, dimension)), rng.normal(size=(dimension, columns))
    np.testing.assert_allclose(steady_product(rows, right), rows @ right, rtol=1e-9, atol=1e-9)
