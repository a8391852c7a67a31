"""Tags: several labels in one cell, told from everything that merely holds commas, and read alike wherever they come from."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.columns.contract import Confidence, Sample, Where, WhyNot
from leadline.columns.recognise import Choice, recognise
from leadline.columns.tags import Tags
from leadline.encoders.multihot import MultiHot

RNG = np.random.default_rng(0)
GENRES = ["action", "comedy", "drama", "film noir", "horror", "sci-fi", "western"]
CITIES = [("Ulm", "Germany"), ("Bonn", "Germany"), ("Lyon", "France"), ("Nice", "France"), ("Bern", "Switzerland")]


def cells(mark: str, rows: int = 200) -> list[str]:
    return [mark.join(RNG.permutation(GENRES)[: RNG.integers(1, 4)]) for _ in range(rows)]


def decoded(values: list[Any], separator: str = "") -> list[Any]:
    return list(Tags(separator).decode(pl.Series("c", values), Where("c")).values.to_list())


@pytest.mark.parametrize("mark", ["|", ";", ",", ", ", " | "])
def test_labels_between_separators_are_recognised_with_the_separator_and_how_many(mark: str) -> None:
    choice = recognise("genres", pl.Series("genres", cells(mark)))
    assert isinstance(choice, Choice)
    assert choice.type == "tags" and f'"{mark.strip()}"' in choice.why and "7 different" in choice.why
    assert choice.settings == {"separator": mark.strip()}
    assert choice.kind().decode(pl.Series([mark.join(["drama", "western"])]), Where("c")).values.to_list() == [["drama", "western"]]


@pytest.mark.parametrize("write", [list, repr, lambda parts: str(parts).replace("'", '"')], ids=["lists", "python", "json"])
def test_lists_are_recognised_however_they_are_written(write: Any) -> None:
    values = pl.Series([write([str(name) for name in RNG.permutation(GENRES)[: RNG.integers(0, 4)]]) for _ in range(200)])
    choice = recognise("genres", values)
    assert isinstance(choice, Choice) and choice.type == "tags" and "in lists" in choice.why


NOT_TAGS = {
    "sentences": [f"Well, I think that {RNG.choice(GENRES)} number {n}, all in all, was rather fine" for n in range(200)],
    "addresses": [f"{n} Main Street, {city}, {country}" for n, (city, country) in enumerate(CITIES * 40)],
    "places": [f"{city}, {country}" for city, country in CITIES * 40],
    "people": [f"{RNG.choice(['Smith', 'Jones', 'Brown'])}, {RNG.choice(['Ann', 'Bob', 'Cy'])}" for _ in range(200)],
    "numbers with a comma": [f"{n % 7},{n % 10}" for n in range(200)],
    "lists of numbers": [f"[{n % 7}, {n % 3}]" for n in range(200)],
    "coordinates": [f"{n / 7:.3f};{n / 3:.3f}" for n in range(200)],
    "categories with a comma": ["yes, limited", "yes, unlimited", "no", "not known"] * 50,
    "names": GENRES * 30,
    "one odd cell": [*GENRES * 30, "action, drama"],
}


@pytest.mark.parametrize("values", NOT_TAGS.values(), ids=NOT_TAGS)
def test_what_merely_holds_separators_is_not_taken_for_tags(values: list[str]) -> None:
    verdict = Tags().recognise(Sample("c", pl.Series("c", values), len(values)))
    assert isinstance(verdict, WhyNot) and len(verdict.why.split()) > 3
    choice = recognise("c", pl.Series("c", values))
    assert isinstance(choice, Choice) and choice.type != "tags"


def test_where_few_cells_hold_several_labels_tags_are_named_as_possible() -> None:
    values = [RNG.choice(GENRES) for _ in range(190)] + [
        "action,drama",
        "drama,horror",
        "horror,action",
        "western,drama",
        "comedy,action",
    ] * 2
    choice = recognise("genres", pl.Series("genres", values))
    assert isinstance(choice, Choice) and choice.type == "category"
    assert "5% of its cells hold several labels" in choice.others["tags"]


def test_lists_of_numbers_are_no_labels() -> None:
    assert isinstance(Tags().recognise(Sample("c", pl.Series([[0.5, 1.0], [2.0, 3.0]] * 20), 40)), WhyNot)


def test_cells_are_trimmed_and_labels_named_once() -> None:
    assert decoded([" b |a|| b", "a", "", "  ", None, "n/a"], "|") == [["b", "a"], ["a"], [], [], None, None]


def test_lists_in_text_keep_what_their_quotes_hold() -> None:
    written = ["['a, b', \"it's\", c]", "[]", '["a"]', " [ a , b ] "]
    assert decoded(written) == [["a, b", "it's", "c"], [], ["a"], ["a", "b"]]
    assert decoded(written, ",") == decoded(written)


def test_lists_and_single_values_are_read_whatever_the_separator() -> None:
    assert decoded([["a ", "a", None], [], None], "|") == [["a"], [], None]
    assert decoded([3, None], ",") == [["3"], None]


LABEL = st.text(st.characters(exclude_characters=[*"|[],\"'", "\0"], exclude_categories=["Cs"]), min_size=1, max_size=8).map(str.strip)
LABELS = st.lists(LABEL.filter(lambda label: label and label.lower() not in Tags.tokens), max_size=4, unique=True)


@given(st.lists(LABELS, min_size=1, max_size=5))
def test_what_was_joined_comes_apart_again(rows: list[list[str]]) -> None:
    assert decoded(["|".join(row) for row in rows], "|") == rows


@given(st.lists(st.text(max_size=20) | st.none(), min_size=1, max_size=6), st.sampled_from(["", "|", ";", ","]))
def test_any_text_can_be_read_and_a_row_alone_is_read_as_among_others(values: list[str | None], separator: str) -> None:
    together = Tags(separator).decode(pl.Series(values, dtype=pl.String), Where("c")).values.to_list()
    alone = [Tags(separator).decode(pl.Series([value], dtype=pl.String), Where("c")).values.to_list()[0] for value in values]
    assert together == alone


@given(st.lists(st.text(max_size=12) | st.none(), max_size=40))
def test_any_column_gets_a_verdict(values: list[str | None]) -> None:
    column = pl.Series(values, dtype=pl.String).drop_nulls()
    assert isinstance(Tags().recognise(Sample("c", column, len(values))), Confidence | WhyNot)
    assert Tags().summary(column, Where("c"))


def test_a_value_is_shown_as_it_is_read_and_its_spread_in_labels() -> None:
    assert Tags("|").show("a|b|a") == Tags().show(["a", "b"]) == "a, b"
    assert "action" in Tags("|").summary(pl.Series(cells("|")), Where("c"))
    assert {key for _, key, _ in Tags("|").sketch(pl.Series(cells("|")))} >= set(GENRES)


def test_books_have_tags_and_nothing_else_of_them_does(shared: Any) -> None:
    books = pl.read_parquet(shared("recommender/goodbooks/books.parquet"))
    types = {name: recognise(name, books[name]) for name in books.columns}
    assert [name for name, choice in types.items() if isinstance(choice, Choice) and choice.type == "tags"] == ["tags"]
    assert types["tags"].why.startswith('holds labels separated by "|", 10.0 a cell')


def test_labels_become_columns_and_unknown_ones_none() -> None:
    values = pl.Series([["a", "b"], ["a"], [], None, ["c", "b"]], dtype=pl.List(pl.String))
    part = MultiHot.fit(values)
    assert part.labels == ["a", "b"]
    found = MultiHot.load(part.config(), part.arrays(), {}).run(values)
    assert found.num_columns == 2 and found.indptr.tolist() == [0, 2, 3, 3, 3, 4] and found.indices.tolist() == [0, 1, 0, 1]
    assert len(part.run(values.head(0))) == 0
