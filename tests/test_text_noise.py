"""What is in texts and is no text is counted, with examples and rows; clean texts in any language are left alone."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import leadline as ll
from leadline.check.text_noise import _DAMAGE, _SPACED
from leadline.findings import Finding, Severity

CODE = "text-noise"
SUBJECTS = ("the old man", "my neighbour", "this small film", "a good teacher", "our first house", "the last chapter", "her brother")
VERBS = ("was never seen by", "could have been better than", "has always reminded me of", "is not as good as", "would be lost without")
OBJECTS = ("the book that I read", "a long walk in the rain", "what they had promised", "all of his other work", "the people in the street")
WHERE = ("last summer", "in the end", "when we were young", "for some reason", "on the second day", "at the theatre")


def sentence(row: int) -> str:
    words = (part[(row * step) % len(part)] for part, step in ((SUBJECTS, 1), (VERBS, 3), (OBJECTS, 2), (WHERE, 5)))
    return " ".join((*words, f"and the number {row} too"))


def noise(changed: dict[int, str], rows: int = 120) -> list[Finding]:
    texts = [changed.get(row, sentence(row)) for row in range(rows)]
    frame = pl.DataFrame({"text": texts, "label": ["good", "bad"] * (rows // 2)})
    return list(ll.check(frame, target="label", types={"text": "text"}, only=[CODE]).findings)


def test_clean_texts_are_left_alone() -> None:
    assert noise({}) == []


@pytest.mark.parametrize(("text", "words"), [
    ("a film<br />that I <i>liked</i>", "markup: "), ("Tom &amp; Jerry &#39;again&#39;", "markup: "),
    ("the cafÃ© was good", "damaged letters: "), ("it wasnâ€™t", "damaged letters: "), ("so \ufffd it is", "damaged letters: "),
    ("well \x97 maybe", "damaged letters: "), ("Ð¿Ñ€Ð¸Ð²ÐµÑ‚", "damaged letters: "), ("... !!", "neither a letter nor a digit"),
])  # fmt: skip
def test_what_is_no_text_is_found(text: str, words: str) -> None:
    (found,) = [finding for finding in noise({4: text, 9: text}) if words in finding.title]
    assert found.rows == [4, 9] and found.severity == Severity.LOW and found.column == "text" and found.title.startswith("2 rows")


@pytest.mark.parametrize("text", [
    "São Paulo, NÃO, Âge, français, naïve", "a < b and c > d", "R&D; List<String>", "<john@mail.org> wrote", "привет, как дела",
    "100 € – “so” … it’s", "Ãlvaro", "DÃ kle",
])  # fmt: skip
def test_what_is_rightly_so_is_not(text: str) -> None:
    assert [finding for finding in noise({4: text, 9: text}) if "markup" in finding.title or "damaged" in finding.title] == []


def test_texts_in_another_language_are_found() -> None:
    pytest.importorskip("py3langid")
    german = "Dieser Film war leider nicht so gut wie das Buch, das wir im letzten Sommer zusammen gelesen haben"
    french = "Je ne pensais pas que cette maison serait aussi grande, mais nous y avons passé de très bonnes vacances"
    (found,) = [finding for finding in noise({11: german, 60: french, 90: german}) if "language" in finding.title]
    assert found.rows == [11, 60, 90] and "than English: German (2), French (1)" in found.title


def test_texts_of_a_word_among_long_ones() -> None:
    long = {row: f"{sentence(row)}, {sentence(row + 1)}" for row in range(120)}
    (found,) = noise({**long, 8: "Ok"})
    assert found.rows == [8] and "2 words at most" in found.title


def test_a_passage_that_many_texts_have() -> None:
    signed = {row: f"{sentence(row)}. This message was sent from my telephone." for row in range(0, 120, 5)}
    (found,) = noise(signed)
    assert found.rows == list(range(0, 120, 5)) and '"This message was sent from my telephone"' in found.title


def test_much_damage_is_worth_a_look() -> None:
    (found,) = noise({row: sentence(row).replace("e", "Ã©") for row in range(40)})
    assert found.severity == Severity.MEDIUM


def test_without_texts_it_says_so() -> None:
    report = ll.check(pl.DataFrame({"age": range(20), "label": ["a", "b"] * 10}), only=[CODE])
    assert [(one.code, one.why) for one in report.unasked] == [(CODE, "there are no texts")]


@given(st.text(st.characters(codec="latin-1", min_codepoint=0xC0, exclude_characters="×÷"), min_size=1, max_size=8))
def test_letters_read_in_the_wrong_encoding_are_damage(letters: str) -> None:
    damaged = pl.Series([f"word {letters.encode().decode('latin-1')} word"])
    assert damaged.str.contains(_DAMAGE).item() or damaged.str.contains(_SPACED).item()
