"""Hugging Face datasets: names of classes, splits, pictures, and streamed ones refused with advice."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from leadline.data.memory.frame import read_frame
from leadline.data.read import read
from leadline.errors import LeadlineError

datasets = pytest.importorskip("datasets")


@pytest.fixture
def pets() -> Any:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, "PNG")
    features = datasets.Features({
        "image": datasets.Image(), "label": datasets.ClassLabel(names=["cat", "dog"]),
        "seen": datasets.Sequence(datasets.ClassLabel(names=["paw", "tail"])), "note": datasets.Value("string"),
    })  # fmt: skip
    rows = {
        "image": [{"bytes": stream.getvalue(), "path": None}] * 3,
        "label": [0, 1, -1],
        "seen": [[0, 1], [], [1]],
        "note": ["x", None, "y"],
    }
    return datasets.Dataset.from_dict(rows, features=features)


def test_numbers_of_classes_become_their_names_and_pictures_stay(pets: Any) -> None:
    table = read_frame(pets)
    assert table.frame["label"].to_list() == ["cat", "dog", None]
    assert table.frame["seen"].to_list() == [["paw", "tail"], [], ["tail"]]
    assert table.frame["image"][0]["bytes"].startswith(b"\x89PNG")
    assert read(pets, exclude=["seen", "note"]).types == {"image": "image"}


def test_rows_that_were_chosen_and_formats_that_were_set_are_honoured(pets: Any) -> None:
    assert read_frame(pets.select([2, 0])).frame["note"].to_list() == ["y", "x"]
    assert read_frame(pets.with_format("numpy")).frame["label"].to_list() == ["cat", "dog", None]


def test_keys_become_splits(pets: Any) -> None:
    table = read_frame(
        datasets.DatasetDict({"test": pets.select([1]), "validation": pets.select([0]), "train": pets, "unsupervised": pets})
    )
    assert table.split is not None and table.split.tolist() == ["train"] * 3 + ["valid", "test"]
    assert table.source(4) == "test row 0"
    assert "unsupervised" in table.remarks[-1]
    assert read_frame(datasets.DatasetDict({"all": pets})).split is None


def test_parts_that_are_no_splits_are_one_error(pets: Any) -> None:
    with pytest.raises(LeadlineError, match="called en, de"):
        read_frame(datasets.DatasetDict({"en": pets, "de": pets}))


def test_parts_with_other_columns_are_one_error(pets: Any) -> None:
    with pytest.raises(LeadlineError, match="the table cannot be read"):
        read_frame(datasets.DatasetDict({"train": pets, "test": pets.remove_columns("label")}))


def test_a_streamed_one_is_refused_with_advice(pets: Any) -> None:
    for streamed in (pets.to_iterable_dataset(), datasets.IterableDatasetDict({"train": pets.to_iterable_dataset()})):
        with pytest.raises(LeadlineError) as caught:
            read_frame(streamed)
        assert "streaming=True" in caught.value.try_this


def test_sound_is_refused_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.Audio, "encode_example", lambda self, value: value)  # which needs a package for sound
    features = datasets.Features({"audio": datasets.Audio(), "label": datasets.Value("string")})
    sounds = datasets.Dataset.from_dict({"audio": [{"bytes": b"x", "path": None}], "label": ["a"]}, features=features)
    with pytest.raises(LeadlineError, match="holds sound") as caught:
        read_frame(sounds)
    assert caught.value.try_this == 'data.remove_columns("audio")'
