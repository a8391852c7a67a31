"""Names written in several ways are found; names that are different things are left alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.check.label_spelling import spellings


@pytest.mark.parametrize("names", [
    ["Cat", "cat ", "CAT"], ["New York", "new_york", "New-York"], ["café", "Cafe"], ["labrador", "labradr"], ["elephant", "elehpant"],
    ["Type 1", "type 1"],
])  # fmt: skip
def test_one_name_in_several_spellings(names: list[str]) -> None:
    counts = {name: 100 if place == 0 else 3 for place, name in enumerate(names)}
    assert {usual: set(others) for usual, others in spellings(counts).items()} == {names[0]: set(names[1:])}


@pytest.mark.parametrize("names", [
    ["<=50K", ">50K"], ["-1", "1"], ["1.5", "15"], ["C", "C++", "C#"], ["type 1", "type 2"], ["male", "female"], ["cat", "rat"],
    ["", "?"], ["A+", "A"], ["1/2", "12"],
])  # fmt: skip
def test_different_names_are_left_alone(names: list[str]) -> None:
    assert spellings({name: 100 // (place * 20 + 1) for place, name in enumerate(names)}) == {}


@pytest.mark.parametrize("names", [("stationary", "stationery"), ("married", "marred")])
def test_two_frequent_names_are_two_names(names: tuple[str, str]) -> None:
    assert spellings(dict.fromkeys(names, 100)) == {}


@given(st.dictionaries(st.text(max_size=12), st.integers(1, 500), max_size=12))
def test_every_name_is_named_once_at_most_and_the_usual_one_is_the_most_frequent(counts: dict[str, int]) -> None:
    found = spellings(counts)
    named = [*found, *(other for others in found.values() for other in others)]
    assert len(set(named)) == len(named) and set(named) <= set(counts)
    assert all(counts[usual] >= max(counts[other] for other in others) for usual, others in found.items())
