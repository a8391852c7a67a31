"""Whether a text table has a header, and what its columns are called."""

from __future__ import annotations

import pytest

from leadline.data.text.header import Header, find_header


def header(text: str, width: int | None = None) -> Header:
    rows = [line.split(",") for line in text.split()]
    return find_header(rows, width or len(rows[0]), "t.csv")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("age,label 1,a 2,b", True),
        ("1,a 2,b", False),
        ("text,label x,spam y,ham", True),
        ("spam,x ham,y spam,z ham,w", False),  # the first line's values come again below
        ("a,b", True),
        ("1,2", False),
        ("2020-01-01,5 2020-01-02,6", False),
        ("country,2019,2020,2021 France,1,2,3 Spain,4,5,6", True),
        ("0,1,2 5,6,7 8,9,1", True),  # pandas, without names
        ("alice,23,1.5 bob,25,2.5", False),
        ("n,c ?,x 3,y 4,z", True),
    ],
)
def test_a_header_is_unlike_the_rows_below(text: str, found: bool) -> None:
    made = header(text)
    assert made.found == found
    if not found:
        assert made.names[0] == "column_1" and "no header line" in made.remarks[0]


def test_columns_get_names_of_their_own() -> None:
    made = header("a,a,,a_2 1,2,3,4")
    assert made.names == ("a", "a_3", "column_3", "a_2")
    assert [finding.column for finding in made.findings] == ["a_3"] and "column_3" in made.remarks[0]


@pytest.mark.parametrize(("name", "first"), [("", 0), ("", 1), ("Unnamed: 0", 0)])
def test_a_nameless_first_column_that_counts_the_rows_is_an_index(name: str, first: int) -> None:
    made = find_header([[name, "a"], *([str(first + row), "5"] for row in range(3))], 2, "t.csv")
    assert made.index and made.names[1] == "a" and "left out" in made.remarks[0]


def test_a_nameless_first_column_of_other_values_is_kept() -> None:
    made = header(",a 5,5 9,6")
    assert not made.index and made.names == ("column_1", "a")


def test_the_names_of_rows_that_r_writes() -> None:
    made = header("mpg,cyl Mazda,21,6 Datsun,22,4", width=3)
    assert made.names == ("column_1", "mpg", "cyl")
    assert header("mpg,cyl 21,6, 22,4,", width=3).names == ("mpg", "cyl", "column_3")
