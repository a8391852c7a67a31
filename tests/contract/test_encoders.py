"""What holds for every stored encoder: vectors that depend on nothing but the value, and a life without torch."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from leadline.columns.contract import Where
from leadline.encoders.contract import PretrainedEncoder
from leadline.registry import COLUMNS, ENCODERS, PARTS
from leadline.values import take_rows


@pytest.fixture(params=list(ENCODERS))
def kind(request: pytest.FixtureRequest) -> Any:
    return ENCODERS.get(request.param)


@pytest.fixture
def values(kind: Any) -> Any:
    column = COLUMNS.get(kind.takes)()
    return column.decode(column.made_up(6, 1), Where("c")).values


@pytest.mark.parametrize("name", [name for name in ENCODERS if issubclass(ENCODERS.get(name), PretrainedEncoder)])
def test_its_card_says_where_it_comes_from(name: str) -> None:
    card = ENCODERS.get(name).card.to_json()
    assert all(card[key] for key in ("name", "source", "licence", "sha256", "dimension", "domain"))
    assert len(card["sha256"]) == 64


def test_it_is_a_part_that_artefacts_can_hold(kind: Any) -> None:
    assert PARTS.get(kind.kind) is kind


def test_what_serves_it_is_here_and_opens(kind: Any, values: Any) -> None:
    encoder = kind().for_values(values)
    assert encoder.serving_engine in encoder.engines()
    assert encoder.open(encoder.serving_engine).name == encoder.serving_engine


def test_the_store_can_tell_it_from_others(kind: Any, values: Any) -> None:
    encoder = kind().for_values(values)
    assert encoder.identity() and json.loads(json.dumps(encoder.key_settings())) == encoder.key_settings()


def test_its_settings_survive_json(kind: Any, values: Any) -> None:
    encoder = kind().for_values(values)
    assert kind(**json.loads(json.dumps(encoder.config()))).config() == encoder.config()


def test_vectors_have_the_promised_shape_and_differ(kind: Any, values: Any) -> None:
    encoder = kind().for_values(values)
    vectors = encoder.run(values)
    assert vectors.shape == (6, encoder.dimension) and vectors.dtype == np.float32
    assert np.isfinite(vectors).all()
    assert len({row.tobytes() for row in vectors}) == 6


def test_a_vector_does_not_depend_on_its_neighbours(kind: Any, values: Any) -> None:
    encoder = kind().for_values(values)
    together = encoder.run(values)
    assert np.array_equal(encoder.run(take_rows(values, np.array([4]))), together[[4]])
    assert np.array_equal(encoder.run(take_rows(values, np.array([5, 0]))), together[[5, 0]])


def test_what_an_artefact_holds_answers_alike(kind: Any, values: Any) -> None:
    encoder = kind().for_values(values)
    loaded = kind.load(encoder.config(), encoder.arrays(), encoder.files())
    assert np.array_equal(loaded.run(values), encoder.run(values))
