"""Static vectors of texts: words in a table, the same whoever asks; and the learner that puts them beside n-grams."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.data.examples import Examples
from leadline.encoders import static_table
from leadline.encoders.engine import REFERENCE, open_engine
from leadline.encoders.minilm import PACKAGE, MiniLM
from leadline.encoders.static import StaticText
from leadline.encoders.static_table import DIMENSION, kept_table
from leadline.encoders.text_network import TOKENIZER, read_tokenizer
from leadline.encoders.weights import installed_file
from leadline.learners.contract import Learner, Sizes
from leadline.learners.mlp import Mlp
from leadline.learners.static import Static
from leadline.machine import cache_folder
from leadline.parts import COLUMN
from leadline.registry import LEARNERS, PARTS
from leadline.tasks.classify import Classify

TEXTS = [
    "How deep is the water here?",
    "What is the depth of the sea at this place?",
    "My card was declined at the supermarket.",
    "Ärger, naïve café; 深い水 and some emoji \U0001f30a",
    "",
    "a sentence about ropes and leads " * 60,
]


@pytest.fixture(scope="module")
def encoder() -> StaticText:
    return StaticText()


def test_vectors_have_length_one_and_meaning(encoder: StaticText) -> None:
    vectors = encoder.run(pl.Series(TEXTS))
    assert vectors.shape == (6, DIMENSION) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(np.delete(vectors, 4, axis=0), axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2
    assert not vectors[4].any()


def test_words_never_met_in_training_have_their_meaning(encoder: StaticText) -> None:
    puppy, dog, bank = encoder.run(pl.Series(["puppies", "a dog", "the bank"]))
    assert puppy @ dog > puppy @ bank + 0.1


def test_a_text_is_the_sum_of_its_tokens_wherever_words_are_cut(encoder: StaticText) -> None:
    table, tokenizer = kept_table().astype(np.float32), read_tokenizer(installed_file(PACKAGE, f"model/{TOKENIZER}"))
    for text in TEXTS[:4]:
        expected = table[tokenizer.encode(text, add_special_tokens=False).ids].sum(axis=0)
        vector = encoder.run(pl.Series([text]))[0]
        np.testing.assert_allclose(vector, expected / np.linalg.norm(expected), atol=1e-5)


@settings(max_examples=40)
@given(st.lists(st.one_of(st.none(), st.text(max_size=30), st.text("ab'. \n\x00é漢\ud800", max_size=20)), min_size=1, max_size=8))
def test_any_text_has_a_vector_that_does_not_depend_on_its_neighbours(encoder: StaticText, texts: list[str | None]) -> None:
    clean = pl.Series([None if text is None else text.encode("utf-8", "replace").decode() for text in texts], dtype=pl.String)
    together = encoder.run(clean)
    assert np.isfinite(together).all()
    assert all(np.array_equal(encoder.run(clean[row : row + 1])[0], together[row]) for row in range(len(texts)))


def test_long_words_and_long_texts_are_read(encoder: StaticText) -> None:
    vectors = encoder.run(pl.Series(["x" * 200_000, "water " * 2000 + "end", "water " * 2000 + "card"]))
    assert np.isfinite(vectors).all()
    assert not np.array_equal(vectors[1], vectors[2])


def test_no_texts_give_no_vectors(encoder: StaticText) -> None:
    assert encoder.run(pl.Series([], dtype=pl.String)).shape == (0, DIMENSION)


def test_the_table_is_made_once_and_a_damaged_one_again(encoder: StaticText, monkeypatch: pytest.MonkeyPatch) -> None:
    table = kept_table()
    path = next((cache_folder() / "encoders").glob("static-*.safetensors"))
    content = path.read_bytes()
    monkeypatch.setattr("leadline.encoders.static_table._made", lambda: table)
    path.write_bytes(b"half a file")
    assert np.array_equal(kept_table(), table)
    assert path.read_bytes() == content


def test_a_token_means_what_the_model_says_of_it_alone() -> None:
    vocabulary = read_tokenizer(installed_file(PACKAGE, f"model/{TOKENIZER}")).get_vocab()
    few = static_table._alone(300, vocabulary["[CLS]"], vocabulary["[SEP]"])
    network = MiniLM()
    engine = open_engine(network.network(), REFERENCE)
    ids = np.array([[vocabulary["[CLS]"], 271, vocabulary["[SEP]"]]])
    expected = engine({"input_ids": ids, "attention_mask": np.ones_like(ids)})
    np.testing.assert_allclose(few[271], expected[0], atol=1e-5)


def test_components_keep_what_differs_and_even_out_its_spread() -> None:
    vectors = np.random.default_rng(0).normal(size=(2000, 384)) * np.geomspace(100, 1, 384) + 7
    found = static_table._components(vectors)
    assert found.shape == (2000, DIMENSION)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-9)
    spread = found.std(axis=0)
    assert 4 < spread[0] / spread[-1] < 6  # the root of 21
    assert np.array_equal(static_table._components(vectors), found)


def test_an_artefact_answers_the_same_with_every_training_package_missing(encoder: StaticText, tmp_path: Path) -> None:
    np.save(tmp_path / "expected.npy", encoder.run(pl.Series(TEXTS)))
    np.save(tmp_path / "table.npy", encoder.arrays()["table"])
    code = f"""
import sys
for name in ("torch", "onnx", "openvino", "scipy", "sklearn", "pandas", "pyarrow", "transformers"):
    sys.modules[name] = None
from pathlib import Path
import numpy as np, polars as pl
from leadline.encoders.static import StaticText
folder = Path({str(tmp_path)!r})
encoder = StaticText.load({{}}, {{"table": np.load(folder / "table.npy")}}, {{{TOKENIZER!r}: Path({str(encoder.files()[TOKENIZER])!r})}})
assert encoder.run(pl.Series({TEXTS!r})).tobytes() == np.load(folder / "expected.npy").tobytes()
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_table_that_does_not_fit_the_tokenizer_is_found_when_loading(encoder: StaticText) -> None:
    files = {TOKENIZER: installed_file(PACKAGE, f"model/{TOKENIZER}")}
    broken = encoder.arrays()["table"].copy()
    broken[7, 7] = np.nan
    for table in (broken, broken[:-1], broken[:, :-1]):
        with pytest.raises(ValueError, match="table"):
            StaticText.load({}, {"table": table}, files)


def test_its_card_names_the_model_that_the_table_was_made_of() -> None:
    assert StaticText.card.sha256 == MiniLM.card.sha256
    assert PARTS.get(StaticText.kind) is StaticText and LEARNERS.get("static") is Static


def questions(words: list[str], other: list[str]) -> pl.Series:
    asked = [[f"is the {word} here", f"where did the {word} go", f"I saw a {word} today"] for word in (*words, *other)]
    return pl.Series([text for texts in asked for text in texts])


@pytest.mark.parametrize("learner", [Static(), Mlp()], ids=["static", "mlp"])
def test_it_answers_for_words_that_no_training_row_held(learner: Learner) -> None:
    task = Classify()
    texts = questions(["dog", "cat", "horse", "cow", "sheep", "goat"], ["car", "truck", "train", "plane", "boat", "bus"])
    sizes = Sizes(len(texts), {"q": "text"}, 2, text_length=20.0)
    values = {COLUMN + "q": texts} | {node.name: node.part.run(texts) for node in learner.inputs(sizes)}
    examples = Examples(values, {"q": "text"}, np.repeat([0, 1], 18), 2)
    graph = learner.fit(examples, task, learner.work(sizes, task, 0), 0)
    new = questions(["pig", "rabbit"], ["motorcycle", "bicycle"])
    raw = graph.run({COLUMN + "q": new} | {node.name: node.part.run(new) for node in learner.inputs(sizes)})
    assert np.mean((raw[:, 0] > 0) == np.repeat([0, 1], 6)) >= 0.9


def test_texts_in_other_languages_and_data_without_texts_are_refused_in_words() -> None:
    task = Classify()
    assert "French" in str(Static().why_not(Sizes(100, {"q": "text"}, 2, languages={"q": ("fr",)}), task))
    assert "no texts" in str(Static().why_not(Sizes(100, {"n": "number"}, 2), task))
    mixed = Sizes(100, {"q": "text", "r": "text"}, 2, languages={"q": ("fr",), "r": ("en",)})
    assert Static().why_not(mixed, task) is None
    assert [node.name for node in Static().inputs(mixed)] == ["q.hashed-ngrams", "r.hashed-ngrams", "r.static-text"]
