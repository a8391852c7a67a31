"""Categories: short names, whole-number codes where said, words that look missing kept and said."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.columns.category import Category, as_names
from leadline.columns.contract import Confidence, Sample, Where, WhyNot
from leadline.columns.recognise import Choice, recognise


def verdict(values: Any) -> Confidence | WhyNot:
    column = values if isinstance(values, pl.Series) else pl.Series(values)
    return Category().recognise(Sample("c", column, len(column)))


def test_names_that_repeat_are_surer_than_names_that_do_not() -> None:
    repeated, different = verdict(["red", "green"] * 200), verdict([f"person {row}" for row in range(400)])
    assert isinstance(repeated, Confidence) and isinstance(different, Confidence)
    assert repeated.value > different.value and "100% of them different" in different.why


def test_few_whole_numbers_may_be_codes_and_many_are_not() -> None:
    few = verdict([1, 2, 3] * 10)
    assert isinstance(few, Confidence) and "3 different whole numbers" in few.why
    assert isinstance(verdict(list(range(100))), WhyNot) and isinstance(verdict([0.5, 1.5]), WhyNot)


def test_long_values_are_no_names() -> None:
    assert isinstance(verdict(["word " * 30] * 10), WhyNot)


@pytest.mark.parametrize("word", ["unknown", "None", "N.A.", "-", "missing", "not available"])
def test_words_that_look_missing_stay_names_and_are_said(word: str) -> None:
    choice = recognise("job", pl.Series(["nurse", word, "smith"] * 20))
    assert isinstance(choice, Choice) and (choice.type, choice.missing) == ("category", 0)
    assert choice.remarks == (f'"{word}" looks like a missing value; it stays a name of its own',)
    assert choice.kind().decode(pl.Series([word]), Where("job")).values.to_list() == [word]


@pytest.mark.parametrize("word", ["other", "no", "nothing", "zero"])
def test_other_words_are_not_remarked_upon(word: str) -> None:
    choice = recognise("job", pl.Series(["nurse", word, "smith"] * 20))
    assert isinstance(choice, Choice) and choice.remarks == ()


@given(st.lists(st.none() | st.text(st.characters(categories=("L", "N", "P", "Zs")), max_size=5), min_size=1))
@settings(max_examples=50)
def test_names_are_trimmed_and_tokens_missing(values: list[str | None]) -> None:
    read = Category().decode(pl.Series(values, dtype=pl.String), Where("c"))
    assert not read.bad and len(read.values) == len(values)
    for value, name in zip(values, read.values, strict=True):
        assert name is None or name == (value or "").strip()


def test_whole_numbers_and_truths_have_names() -> None:
    assert as_names(pl.Series([3.0, 2.5, None])).to_list() == ["3", "2.5", None]
    assert Category().decode(pl.Series([True, None]), Where("c")).values.to_list() == ["true", None]
    assert Category().decode(pl.Series(["a", "?"], dtype=pl.Categorical), Where("c")).values.to_list() == ["a", None]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (["a"] * 3 + ["b"], "a 75%, b 25%"),
        ([f"k{row}" for row in range(100)], "100 different"),
        (["a"] * 50 + ["b"] * 40 + [f"k{row}" for row in range(10)], "12 different: a 50%, b 40%"),
    ],
)
def test_its_spread_in_few_words(values: list[str], said: str) -> None:
    assert Category().summary(pl.Series(values), Where("c")) == said
