"""Errors show what a user can act on, and never a password."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.errors import LeadlineError, masked


@given(st.text(st.characters(exclude_characters="\n"), min_size=1))
def test_whatever_a_password_holds_it_is_not_shown(password: str) -> None:
    error = LeadlineError(f"postgresql://user:{password}@host/name is not there", file=f"postgresql://user:{password}@host/name")
    assert error.saw == "postgresql://user:***@host/name is not there" and error.file == "postgresql://user:***@host/name"
    assert error.args == (error.saw,)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://host/name?user=me&password=a%20b&sslmode=require", "postgresql://host/name?user=me&password=***&sslmode=require"),
        ("postgresql://host/name?sslpassword=abc", "postgresql://host/name?sslpassword=***"),
        ("postgresql:/user:abc@host", "postgresql:/user:***@host"),  # what becomes of an address that is taken for a path
    ],
)
def test_other_places_of_passwords(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize("text", ["postgresql://user@host:5432/name", "C:/photos/a@b.jpg", "rows.csv:3: a@b", "no column pass=word", ""])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert masked(text) == text


def test_an_error_keeps_its_words_when_its_row_gets_another_number() -> None:
    error = LeadlineError("3 values", "4", "mend it", file="a.csv:3", row=1)
    moved = error.at_row(41)
    assert (moved.saw, moved.expected, moved.try_this, moved.file, moved.row, error.row) == ("3 values", "4", "mend it", "a.csv:3", 41, 1)
