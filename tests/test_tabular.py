"""Columns prepared for trees and for linear models: learned from training rows, never surprised later."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.encoders import tabular
from leadline.encoders.number_scale import NumberScale
from leadline.encoders.tabular import DesignMatrix, TypedColumns

TYPES = {"age": "number", "city": "category"}
anything = st.floats(allow_nan=True, allow_infinity=True)
words = st.one_of(st.none(), st.sampled_from(["a", "b", "c", "", "é"]), st.text(max_size=3))


@st.composite
def columns(draw: st.DrawFn, least: int = 0) -> dict[str, object]:
    rows = draw(st.integers(least, 40))
    numbers = draw(st.lists(anything, min_size=rows, max_size=rows))
    names = draw(st.lists(words, min_size=rows, max_size=rows))
    return {"age": np.array(numbers, np.float64), "city": pl.Series(names, dtype=pl.String)}


def reloaded(part: TypedColumns | DesignMatrix) -> TypedColumns | DesignMatrix:
    """As after a journey through an artefact: what JSON keeps of the part."""
    return type(part).load(json.loads(json.dumps(part.config())), part.arrays(), {})


def table(ages: list[float], cities: list[str | None]) -> dict[str, object]:
    return {"age": np.array(ages, np.float64), "city": pl.Series(cities, dtype=pl.String)}


@settings(max_examples=40)
@given(columns(), columns())
def test_typed_columns_take_anything_and_survive_saving(train: dict[str, object], asked: dict[str, object]) -> None:
    part = TypedColumns.fit(train, TYPES)
    typed = part.run(*asked.values())
    assert typed.matrix.dtype == np.float64 and typed.matrix.shape == (len(asked["age"]), 2)  # type: ignore[arg-type]
    assert typed.categorical == (False, True) and typed.names == ("age", "city")
    np.testing.assert_array_equal(reloaded(part).run(*asked.values()).matrix, typed.matrix)


@settings(max_examples=40)
@given(columns(), columns())
def test_design_matrix_is_finite_and_bounded_and_survives_saving(train: dict[str, object], asked: dict[str, object]) -> None:
    part = DesignMatrix.fit(train, TYPES)
    dense = part.run(*asked.values())
    assert dense.dtype == np.float32 and len(dense) == len(asked["age"])  # type: ignore[arg-type]
    assert np.isfinite(dense).all() and (np.abs(dense) < 1000).all()
    np.testing.assert_array_equal(reloaded(part).run(*asked.values()), dense)


@settings(max_examples=40)
@given(columns(least=1))
def test_a_row_is_prepared_alike_alone_and_among_others(train: dict[str, object]) -> None:
    for part in (TypedColumns.fit(train, TYPES), DesignMatrix.fit(train, TYPES)):
        whole, first = part.run(*train.values()), part.run(*(values[:1] for values in train.values()))  # type: ignore[index]
        pair = (whole, first) if isinstance(whole, np.ndarray) else (whole.matrix, first.matrix)
        np.testing.assert_array_equal(pair[0][:1], pair[1])


@settings(max_examples=40)
@given(st.integers(0, 12).flatmap(lambda rows: st.lists(st.lists(anything, min_size=rows, max_size=rows), max_size=5)), st.integers(0, 8))
def test_numbers_are_looked_at_together_as_they_are_alone(columns: list[list[float]], num_bins: int) -> None:
    arrays = [np.array(values, np.float64) for values in columns]
    assert NumberScale.fit(arrays, num_bins) == [NumberScale.fit([values], num_bins)[0] for values in arrays]


def test_codes_follow_frequency_and_the_unknown_is_missing() -> None:
    part = TypedColumns.fit(table([1, 2, 3, 4, 5, 6], ["b", "a", "b", "a", "b", "once"]), TYPES)
    codes = part.run(np.zeros(5), pl.Series(["b", "a", "once", "new", None])).matrix[:, 1]
    np.testing.assert_array_equal(codes, [0, 1, np.nan, np.nan, np.nan])


def test_a_missing_number_stays_missing_only_where_training_had_one() -> None:
    complete = TypedColumns.fit(table([1, 5, 9], ["a"] * 3), TYPES)
    gappy = TypedColumns.fit(table([1, np.nan, 9], ["a"] * 3), TYPES)
    asked = (np.array([np.nan]), pl.Series(["a"]))
    assert complete.run(*asked).matrix[0, 0] == 5
    assert np.isnan(gappy.run(*asked).matrix[0, 0])


def test_many_rows_are_coded_as_few_are(monkeypatch: pytest.MonkeyPatch) -> None:
    names = pl.Series([None if k % 7 == 0 else f"c{k % 13}" for k in range(200)], dtype=pl.String)
    part = TypedColumns.fit({"city": names.head(100)}, {"city": "category"})
    few = part.run(names).matrix
    monkeypatch.setattr(tabular, "_FEW_ROWS", 0)
    np.testing.assert_array_equal(part.run(names).matrix, few)


def test_one_hot_pools_rare_and_new_categories_and_tells_missing_apart() -> None:
    part = DesignMatrix.fit({"city": pl.Series(["a", "a", "b", "b", "rare", None, None])}, {"city": "category"})
    dense = part.run(pl.Series(["a", "b", "rare", "new", None]))
    np.testing.assert_array_equal(dense, [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 1], [0, 0, 1, 0]])


def test_the_design_matrix_of_many_categories_is_capped() -> None:
    names = pl.Series([f"user {k // 2}" for k in range(5000)])
    assert DesignMatrix.fit({"city": names}, {"city": "category"}).run(names).shape[1] <= 102


def test_numbers_are_standardised_and_missing_ones_marked() -> None:
    values = np.random.default_rng(0).normal(50, 10, 1000)
    part = DesignMatrix.fit({"age": np.append(values, np.nan)}, {"age": "number"})
    dense = part.run(values)
    assert abs(dense[:, 0].mean()) < 0.01 and abs(dense[:, 0].std() - 1) < 0.01
    assert not dense[:, -1].any()
    assert part.run(np.array([np.nan]))[0, -1] == 1


def test_a_heavy_tail_does_not_flatten_the_middle() -> None:
    values = np.append(np.random.default_rng(0).normal(0, 1, 999), 1e9)
    dense = DesignMatrix.fit({"age": values}, {"age": "number"}).run(values)
    assert dense[:999, 0].std() > 0.3 and np.abs(dense).max() < 50


def test_a_linear_model_on_it_follows_a_curve() -> None:
    """The bins let least squares fit what no line can."""
    values = np.random.default_rng(0).uniform(-3, 3, 4000)
    dense = DesignMatrix.fit({"age": values}, {"age": "number"}).run(values).astype(np.float64)
    target = np.sin(2 * values)
    weights, *_ = np.linalg.lstsq(np.column_stack([dense, np.ones(len(dense))]), target, rcond=None)
    left = target - np.column_stack([dense, np.ones(len(dense))]) @ weights
    assert left.var() < 0.1 * target.var()


def test_a_category_column_without_any_value() -> None:
    nothing = pl.Series([None, None], dtype=pl.String)
    part = TypedColumns.fit({"city": nothing}, {"city": "category"})
    assert np.isnan(part.run(pl.Series(["a", None])).matrix).all()
    assert DesignMatrix.fit({"city": nothing}, {"city": "category"}).run(pl.Series(["a"])).sum() == 1


@settings(max_examples=40)
@given(columns(least=1), columns(least=1), st.integers(1, 5))
def test_columns_prepared_together_are_as_each_alone_however_many_rows_at_a_time(
    train: dict[str, object], asked: dict[str, object], at_once: int
) -> None:
    """Which is the definition: together is only the faster way."""
    more = {"age": train["age"], "city": train["city"], "height": np.cbrt(train["age"]), "town": train["city"]}  # type: ignore[call-overload]
    types = {"age": "number", "city": "category", "height": "number", "town": "category"}
    values = [asked["age"], asked["city"], np.cbrt(asked["age"]), asked["city"]]  # type: ignore[call-overload]
    alone = [DesignMatrix.fit({name: more[name]}, types).run(column) for name, column in zip(more, values, strict=True)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tabular, "_NUMBERS_AT_ONCE", at_once * sum(block.shape[1] for block in alone))
        together = DesignMatrix.fit(more, types).run(*values)
    np.testing.assert_array_equal(together, np.concatenate(alone, axis=1))


def test_a_column_too_many_or_too_few_is_refused() -> None:
    part = DesignMatrix.fit(table([1, 2, 3], ["a", "a", "b"]), TYPES)
    with pytest.raises(ValueError, match="1 columns instead of 2"):
        part.run(np.zeros(3))
