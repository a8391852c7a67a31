"""NumPy pairs and dictionaries of arrays: tables, texts and pictures, and lengths that differ."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from PIL import Image

from leadline.data.memory.frame import read_frame
from leadline.data.read import read
from leadline.errors import LeadlineError

RNG = np.random.default_rng(0)
LABELS = np.array(["cat", "dog", "cat", "dog"])


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)))


def test_a_pair_is_columns_and_a_target() -> None:
    values = RNG.normal(size=(4, 3))
    table = read_frame((values, LABELS))
    assert table.frame.columns == ["x0", "x1", "x2", "target"]
    assert np.array_equal(table.frame.select("x0", "x1", "x2").to_numpy(), values)
    assert read((values, LABELS)).target == "target"


@pytest.mark.parametrize(
    "texts", [["a b", "c", "d", "e"], np.array(["a b", "c", "d", "e"]), pd.Series(["a b", "c", "d", "e"])], ids=["list", "array", "series"]
)
def test_one_dimension_of_texts_or_numbers_is_one_column(texts: Any) -> None:
    assert read_frame((texts, LABELS)).frame.columns == ["text", "target"]
    assert read_frame((np.arange(4), LABELS.tolist())).frame.columns == ["x0", "target"]


def test_a_table_with_its_answers_apart_keeps_its_names() -> None:
    frame = pd.DataFrame({"age": [1, 2]})
    assert read_frame((frame, pd.Series(["a", "b"], name="answer"))).frame.columns == ["age", "answer"]
    assert read_frame((frame, np.array([[1], [0]]))).frame.columns == ["age", "target"]


@pytest.mark.parametrize("shape", [(4, 6, 5), (4, 6, 5, 3), (4, 6, 5, 4)])
def test_whole_numbers_of_three_dimensions_are_pictures_without_loss(shape: tuple[int, ...]) -> None:
    pictures = RNG.integers(0, 256, shape, dtype=np.uint8)
    table = read_frame((pictures, LABELS))
    assert all(np.array_equal(pixels(content), picture) for content, picture in zip(table.frame["image"], pictures, strict=True))
    assert read((pictures, LABELS)).types == {"image": "image"}


def test_other_ways_of_keeping_pictures() -> None:
    pictures = RNG.integers(0, 256, (4, 6, 5, 3), dtype=np.uint8)
    for form, said in (
        (pictures / 255, "from 0 to 1"),
        (np.moveaxis(pictures, 3, 1), "channels first"),
        (pictures.astype(np.float32), ""),
        (pictures.astype(int), ""),
    ):
        table = read_frame((form, LABELS))
        assert all(np.array_equal(pixels(content), picture) for content, picture in zip(table.frame["image"], pictures, strict=True))
        assert [said in remark for remark in table.remarks] == [True] * bool(said)
    assert read_frame((pictures[..., :1], LABELS)).frame["image"].dtype == pl.Binary
    assert pixels(read_frame((pictures[..., 0] > 99, LABELS)).frame["image"][0]).max() == 255
    deep = RNG.integers(0, 65_536, (2, 6, 5), dtype=np.uint16)
    assert np.array_equal(pixels(read_frame((deep, [0, 1])).frame["image"][1]), deep[1])


def test_pictures_of_different_sizes() -> None:
    source = {"image": [Image.new("RGB", (3, 2)), np.zeros((4, 4), np.uint8), None], "label": ["a", "b", "a"]}
    found = read_frame(source).frame["image"]
    assert [None if content is None else Image.open(io.BytesIO(content)).size for content in found] == [(3, 2), (4, 4), None]


def test_a_dictionary_of_arrays_is_columns_by_name() -> None:
    source = {
        "a": np.array([1, 2]), "b": ["x", None], "m": np.ma.array([1.0, 2.0], mask=[True, False]), "two": np.eye(2),
        "when": np.array(["2020-01-01", "NaT"], "M8[D]"),
        "raw": np.array([b"x", b"y"]), "half": np.array([1, 2], np.float16), "picture": np.zeros((2, 3, 3), np.uint8), 5: (1, 2),
    }  # fmt: skip
    frame = read_frame(source).frame
    assert frame.columns == ["a", "b", "m", "two.0", "two.1", "when", "raw", "half", "picture", "5"]
    assert frame["m"].to_list() == [None, 2.0] and frame["when"].null_count() == 1 and frame["raw"].to_list() == ["x", "y"]


def test_one_array_is_values_without_answers() -> None:
    assert read_frame(np.zeros((2, 3))).frame.columns == ["x0", "x1", "x2"]
    assert read_frame(np.array([(1, "a")], dtype=[("n", "i4"), ("t", "U3")])).frame.columns == ["n", "t"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ((np.zeros((4, 2)), [1, 2]), '"target" has 2 values, "x0" 4'),
        ({"a": [1, 2], "b": [1]}, "as many values in each column"),
        ((np.zeros((4, 2)), np.eye(4)), "y.argmax(axis=1)"),
        ((np.zeros((4, 2)), LABELS, np.zeros((4, 2)), LABELS), "a tuple of 4"),
        ((RNG.normal(size=(4, 6, 5)), LABELS), "fractions from 0 to 1"),
        ((np.full((4, 6, 5), np.nan), LABELS), "fractions from 0 to 1"),
        ((np.zeros((4, 6, 5, 7), np.uint8), LABELS), "1, 3 or 4 channels"),
        ((np.zeros((4, 1, 1, 1, 1)), LABELS), "has the shape (4, 1, 1, 1, 1)"),
        ((np.zeros(4, complex), LABELS), "complex128"),
        ((np.array([["a"] * 5] * 4)[..., None], LABELS), "<U1 in 3 dimensions"),
        ({"a": 1, "b": 2}, "one value (int), not a column"),
        ({"a": "text"}, "one value (str), not a column"),
    ],
    ids=range(12),
)
def test_what_does_not_fit_is_one_error(source: Any, words: str) -> None:
    with pytest.raises(LeadlineError) as caught:
        read_frame(source)
    assert words in str(caught.value)
