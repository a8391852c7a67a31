"""Texts as hashed n-grams, checked against a slow reference that cuts one character at a time."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.encoders import hashing
from leadline.encoders.join import Join
from leadline.encoders.ngrams import HashedNgrams, Ngrams
from leadline.values import Blocks, HashedDocuments, Sparse

ALL_BITS = (1 << 64) - 1
TEXTS = st.lists(st.one_of(st.none(), st.text(max_size=40), st.text("ab'. ’<br/>é漢\n", max_size=30)), max_size=12)


def within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)


def slow_tokens(text: str) -> list[str]:
    text = re.sub(r"<(?:br|hr|/?p)\s*/?>", " ", text, flags=re.IGNORECASE).lower()
    kinds = ["space" if within(ord(c), hashing._SPACES) else
             "mark" if within(ord(c), hashing._MARKS + hashing._UNSPACED) else "word" for c in text]  # fmt: skip
    tokens, current = [], ""
    for i, c in enumerate(text):
        inner = c in "'’" and 0 < i < len(text) - 1 and kinds[i - 1] == kinds[i + 1] == "word"
        if kinds[i] == "word" or inner:
            current += c
            continue
        tokens += [current, c if kinds[i] == "mark" else ""]
        current = ""
    return [token for token in [*tokens, current] if token]


def slow_mix(value: int) -> int:
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & ALL_BITS
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & ALL_BITS
    return value ^ (value >> 31)


def slow_hash(text: str) -> int:
    word_salt = int(hashing._WORD_SALT)
    return slow_mix(sum(slow_mix((ord(c) + word_salt) & ALL_BITS) * hashing._BASE ** (i + 0) for i, c in enumerate(text)) & ALL_BITS)


def slow_ngrams(text: str, words: tuple[int, int], chars: tuple[int, int] | None) -> Counter[int]:
    tokens, found = slow_tokens(text), Counter[int]()
    for start in range(len(tokens)):
        run = slow_hash(tokens[start])
        for length in range(1, words[1] + 1):
            if start + length > len(tokens):
                break
            if length > 1:
                run = slow_mix((run * int(hashing._WORD_SALT) + slow_hash(tokens[start + length - 1])) & ALL_BITS)
            found[run] += length >= words[0]
    if chars:
        for padded in (f" {token} " for token in tokens):
            for length in range(chars[0], chars[1] + 1):
                for start in range(len(padded) - length + 1):
                    found[slow_mix((slow_hash(padded[start : start + length]) + int(hashing._CHAR_SALT)) & ALL_BITS)] += 1
    return +found


@settings(max_examples=150)
@given(TEXTS, st.sampled_from([(1, 1), (1, 3), (2, 3)]), st.sampled_from([None, (2, 4), (1, 1)]))
def test_hashes_equal_the_slow_reference(texts: list[str | None], words: tuple[int, int], chars: tuple[int, int] | None) -> None:
    found = HashedNgrams(words, chars).run(pl.Series(texts, dtype=pl.String))
    assert len(found) == len(texts)
    for i, text in enumerate(texts):
        row = slice(found.indptr[i], found.indptr[i + 1])
        expected = slow_ngrams(text or "", words, chars)
        assert found.hashes[row].tolist() == sorted(expected)
        assert found.counts[row].tolist() == [expected[h] for h in sorted(expected)]


def test_hashes_never_change() -> None:
    """Artefacts rely on them: if this fails, give the changed part a new kind."""
    found = HashedNgrams((1, 2), (2, 2)).run(pl.Series(["It isn't é!"]))
    assert int(found.hashes.sum(dtype=np.uint64)) == 11345863817939812743
    assert len(found.hashes) == 18


def test_many_chunks_give_what_one_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = pl.Series([f"text {i} says {'very ' * (i % 7)}much" for i in range(200)])
    whole = HashedNgrams().run(texts)
    monkeypatch.setattr("leadline.encoders.ngrams._CHUNK_CHARACTERS", 100)
    pieces = HashedNgrams().run(texts)
    assert np.array_equal(whole.hashes, pieces.hashes) and np.array_equal(whole.indptr, pieces.indptr)
    assert np.array_equal(whole.counts, pieces.counts)


def test_order_of_words_and_breaks_matter_as_they_should() -> None:
    def hashes(text: str) -> set[int]:
        return set(HashedNgrams((2, 2)).run(pl.Series([text])).hashes.tolist())

    assert hashes("not good") != hashes("good not")
    assert hashes("not<br /><br />good") == hashes("NOT good")
    assert hashes("good.") == hashes("good .")


def docs(*texts: str) -> HashedDocuments:
    return HashedNgrams((1, 1)).run(pl.Series(texts))


def test_only_ngrams_in_enough_documents_are_learned() -> None:
    part, _ = Ngrams.taught(docs("a b", "a c c c", "a b"), min_documents=2)
    assert len(part.hashes) == 2
    assert np.diff(part.run(docs("a b c", "c", "")).indptr).tolist() == [2, 0, 0]


def test_weights_tell_classes_apart() -> None:
    labels = np.array([0, 0, 1, 1])
    part, _ = Ngrams.taught(docs("bad film", "bad film", "good film", "good film"), labels, min_documents=1)
    weight = {word: part.run(docs(word)).values[0] for word in ("bad", "good", "film")}
    assert weight["film"] < 1e-6 < weight["bad"] == pytest.approx(weight["good"]) == pytest.approx(np.log(3), abs=1e-6)


def test_rows_have_length_one_if_asked() -> None:
    rows = Ngrams.taught(docs("a b", "a b b"), counts="log", normalise=True)[0].run(docs("a b b b", "a", "z"))
    assert np.sqrt(np.add.reduceat(rows.values**2, rows.indptr[:2])) == pytest.approx([1, 1])


@settings(max_examples=40)
@given(
    st.lists(st.text("abc de", max_size=12), min_size=1, max_size=8), st.lists(st.text("abc dez", max_size=12), max_size=5), st.booleans()
)
def test_a_loaded_part_answers_equally(train: list[str], test: list[str], normalise: bool) -> None:
    part, _ = Ngrams.taught(docs(*train), min_documents=1, counts="log", normalise=normalise)
    again = Ngrams.load(part.config(), part.arrays(), part.files())
    hashed = HashedNgrams.load(HashedNgrams((1, 1)).config(), {}, {}).run(pl.Series(test, dtype=pl.String))
    first, second = part.run(hashed), again.run(hashed)
    assert first.values.tobytes() == second.values.tobytes() and first.indices.tobytes() == second.indices.tobytes()
    known = {int(h): i for i, h in enumerate(part.hashes)}
    assert first.indices.tolist() == [known[int(h)] for h in hashed.hashes if int(h) in known]


def dense(rows: Sparse) -> np.ndarray:
    result = np.zeros((len(rows), rows.num_columns), np.float32)
    result[np.repeat(np.arange(len(rows)), np.diff(rows.indptr)), rows.indices] = rows.values
    return result


@settings(max_examples=40)
@given(st.lists(st.text("ab c", max_size=8), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_taking_rows_and_joining_blocks_keep_rows_together(texts: list[str], random: object) -> None:
    rows = Ngrams.taught(docs(*texts), min_documents=1)[0].run(docs(*texts))
    picks = np.array([random.randrange(len(texts)) for _ in range(7)])  # type: ignore[attr-defined]
    assert np.array_equal(dense(rows.take_rows(picks)), dense(rows)[picks])
    block = np.arange(2.0 * len(texts), dtype=np.float32).reshape(-1, 2)
    joined = Join().run(block, rows)
    assert isinstance(joined, Blocks)
    assert np.array_equal(joined.take_rows(picks).parts[0], block[picks])
    assert np.array_equal(dense(joined.take_rows(picks).parts[1]), dense(rows)[picks])
    assert np.array_equal(dense(Join().run(rows, rows)), np.concatenate([dense(rows), dense(rows)], axis=1))
    assert np.array_equal(Join().run(block, block), np.concatenate([block, block], axis=1))
