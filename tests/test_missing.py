"""What stands for a missing value: recognised however it is written, counted in all rows; words stay words."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.columns.missing import TOKENS, WORDS, missing_rows, written_as
from leadline.columns.recognise import Choice, recognise

SPELLED = st.sampled_from(sorted(TOKENS)).flatmap(
    lambda token: st.builds(
        lambda letters, before, after: before + "".join(letters) + after,
        st.tuples(*(st.sampled_from([letter, letter.upper()]) for letter in token)),
        st.sampled_from(["", " ", "\t", "   "]),
        st.sampled_from(["", " ", "\r"]),
    )
)
PLAIN = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=6)


def is_missing(value: str | None) -> bool:
    return value is None or value.strip().lower() in TOKENS


@settings(max_examples=50)
@given(st.lists(st.none() | SPELLED | PLAIN, max_size=30))
def test_a_token_is_found_in_any_case_with_any_space_around_it(values: list[str | None]) -> None:
    assert missing_rows(pl.Series(values, dtype=pl.String)).to_list() == [is_missing(value) for value in values]


@settings(max_examples=50)
@given(st.lists(st.none() | SPELLED | PLAIN, min_size=1, max_size=30))
def test_many_rows_are_sieved_to_the_same_answer(values: list[str | None]) -> None:
    many = values * (3_000 // len(values) + 1)
    found = missing_rows(pl.Series(many, dtype=pl.String))
    assert found.to_list() == [is_missing(value) for value in many]


@pytest.mark.parametrize("word", ["none", "unknown", "other", "-", "n.a.", "nothing", "0", "N"])
def test_words_are_answers_in_a_column_of_names(word: str) -> None:
    assert not missing_rows(pl.Series([word, "red"])).any()


def test_in_a_column_of_measurements_words_mean_missing() -> None:
    values = pl.Series(["3", "none", "unknown", "-", "4"])
    assert missing_rows(values, TOKENS | WORDS).to_list() == [False, True, True, True, False]


def test_how_they_are_written_is_counted() -> None:
    values = pl.Series(["a", "?", " ?", "NA", None, ""])
    assert written_as(values, missing_rows(values)) == {"?": 2, "NA": 1}


@pytest.mark.parametrize(
    "values",
    [pl.Series([1.0, float("nan"), None]), pl.Series([1, None, None]), pl.Series(["x", "?", None], dtype=pl.Categorical)],
    ids=["floats", "whole", "categorical"],
)
def test_of_values_of_other_types_nulls_and_nan_are_missing(values: pl.Series) -> None:
    assert missing_rows(values).to_list() == [False, True, True]


def test_every_row_is_counted_though_types_are_told_from_a_sample() -> None:
    names = np.random.default_rng(0).choice(["red", "green"], 20_000).tolist()
    names[7] = names[19_003] = "?"
    choice = recognise("colour", pl.Series(names))
    assert isinstance(choice, Choice)
    assert (choice.type, choice.missing, choice.missing_as) == ("category", 2, {"?": 2})


def test_a_column_that_is_nearly_empty_is_still_recognised() -> None:
    values = pl.Series([None] * 50_000 + ["2024-01-05"] * 30 + [None] * 50_000, dtype=pl.String)
    choice = recognise("seen", values)
    assert isinstance(choice, Choice)
    assert (choice.type, choice.missing) == ("datetime", 100_000)
