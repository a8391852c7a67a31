"""Texts: what people wrote, kept as it is; missing ones are empty."""

from __future__ import annotations

import polars as pl
import pytest

from leadline.columns.contract import Confidence, Sample, Where
from leadline.columns.recognise import Choice, recognise
from leadline.columns.text import Text

PROSE = [f"this is what somebody wrote about number {row}" for row in range(50)]


def test_prose_is_text_and_says_how_long_it_is() -> None:
    choice = recognise("review", pl.Series(PROSE))
    assert isinstance(choice, Choice)
    assert (choice.type, choice.why) == ("text", "has 8 words a value, nearly all different")


def test_prose_that_repeats_is_text_all_the_same() -> None:
    choice = recognise("review", pl.Series([PROSE[row % 30] for row in range(50)]))
    assert isinstance(choice, Choice) and choice.type == "text"


def test_names_are_rather_names_but_could_be_read_as_text() -> None:
    verdict = Text().recognise(Sample("colour", pl.Series(["red", "green"] * 20), 40))
    assert isinstance(verdict, Confidence) and verdict.value < 0.2


@pytest.mark.parametrize("missing", [None, "", "  ", "?", "N/A", "null"])
def test_missing_texts_are_empty(missing: str | None) -> None:
    assert Text().decode(pl.Series([missing, "is it na or null?"]), Where("t")).values.to_list() == ["", "is it na or null?"]


def test_spaces_and_line_breaks_are_kept_and_shown_on_one_line() -> None:
    raw = "  first\nsecond\t" + "word " * 40
    assert Text().decode(pl.Series([raw]), Where("t")).values[0] == raw
    assert Text().show(raw).startswith("first second") and len(Text().show(raw)) <= 80


def test_its_spread_in_few_words() -> None:
    assert Text().summary(pl.Series(["a" * 10, "b" * 20, "c" * 1_500]), Where("t")) == "10 to 1,500 characters, median 20"
