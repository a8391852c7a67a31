"""Frozen encoder and linear head, with encoders small enough to see through."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

from leadline.data.examples import Examples
from leadline.heads.linear import LinearHead
from leadline.learners import vectors as vectors_module
from leadline.learners.contract import Sizes
from leadline.learners.logistic import LinearFit
from leadline.learners.probe import LargerProbe, Probe
from leadline.learners.vectors import Preparing, Scaling
from leadline.registry import Registry
from leadline.tasks.classify import Classify
from leadline.tasks.regress import Regress


class Stub:
    dimension = 20
    spoken: ClassVar[tuple[str, ...]] = ()

    def run(self, values: Any) -> Any:
        return values

    @classmethod
    def languages(cls) -> tuple[str, ...]:
        return cls.spoken

    @classmethod
    def reads(cls, languages: tuple[str, ...]) -> bool:
        return not cls.spoken or set(languages) <= set(cls.spoken)


class ImageStub(Stub):
    pass


class TextStub(Stub):
    spoken = ("en",)


@pytest.fixture(autouse=True)
def small_encoders(monkeypatch: pytest.MonkeyPatch) -> None:
    places = {"other": f"{__name__}:Stub", "eye": f"{__name__}:ImageStub", "ear": f"{__name__}:TextStub"}
    monkeypatch.setattr(vectors_module, "ENCODERS", Registry("encoder", places))
    monkeypatch.setattr(Probe, "encoders", {"image": "eye", "text": "ear"})


def example_set(types: dict[str, str], values: dict[str, Any], target: np.ndarray, num_classes: int) -> tuple[Sizes, Examples]:
    categories = {name: 3 for name, kind in types.items() if kind == "category"}
    return Sizes(len(target), types, num_classes, categories), Examples(values, types, target, num_classes)


def vectors(rows: int, width: int, seed: int = 0) -> np.ndarray:
    """Features of very different sizes, one of which never changes."""
    x = np.random.default_rng(seed).normal(size=(rows, width)) * np.logspace(-3, 3, width) + 5
    x[:, -1] = 7
    return x.astype(np.float32)


def test_reads_one_node_for_every_image_and_text_column() -> None:
    nodes = Probe().inputs(Sizes(5, {"front": "image", "says": "text", "age": "number"}, 2))
    assert [(node.name, node.inputs) for node in nodes] == [("front.eye", ("column:front",)), ("says.ear", ("column:says",))]
    assert isinstance(nodes[1].part, TextStub)


def test_says_what_it_could_read() -> None:
    why = Probe().why_not(Sizes(5, {"age": "number"}, 2), Classify())
    assert why is not None and "image, text" in why
    assert Probe().why_not(Sizes(5, {"photo": "image"}, 2), Classify()) is None


def test_leaves_out_texts_in_a_language_that_its_encoder_does_not_read() -> None:
    forms = {"front": "image", "says": "text", "sagt": "text"}
    sizes = Sizes(5, forms, 2, languages={"says": ("en",), "sagt": ("de", "en")})
    assert [node.inputs for node in Probe().inputs(sizes)] == [("column:front",), ("column:says",)]


def test_says_which_language_it_does_not_read() -> None:
    why = Probe().why_not(Sizes(5, {"sagt": "text"}, 2, languages={"sagt": ("de",)}), Classify())
    assert why is not None and "reads English" in why and "sagt is in German" in why


def test_tries_texts_whose_language_cannot_be_told() -> None:
    assert Probe().why_not(Sizes(5, {"code": "text"}, 2, languages={"code": ()}), Classify()) is None


def test_joins_what_was_encoded_and_nothing_else() -> None:
    x = vectors(60, 20)
    target = (x[:, 0] > 5).astype(np.int64)
    _, examples = example_set({"says": "text", "sagt": "text"}, {"says.ear": x}, target, 2)
    graph = Probe().fit(examples, Classify(), Probe().work(Sizes(60, {"says": "text"}, 2), Classify(), 0), seed=0)
    assert [node.inputs for node in graph.nodes] == [("says.ear",)]


@pytest.mark.parametrize("effort", [0, 1, 2])
@pytest.mark.parametrize("num_classes", [0, 2, 3])
def test_finds_what_is_linear_in_the_vectors(num_classes: int, effort: int) -> None:
    x = vectors(300, 20)
    scores = (x[:, :5] - 5) / np.logspace(-3, 3, 20)[:5]
    target = scores[:, 0] * 100 + 1e6 if num_classes == 0 else scores[:, :num_classes].argmax(axis=1)
    sizes, examples = example_set({"photo": "image"}, {"photo.eye": x}, target, num_classes)
    task = Classify() if num_classes else Regress()
    work = Probe().work(sizes, task, effort)
    graph = Probe().fit(examples, task, work, seed=0)
    assert [node.part.kind for node in graph.nodes] == ["linear"]
    raw = graph.run(examples.values)
    if num_classes == 0:
        assert np.corrcoef(raw[:, 0], target)[0, 1] > 0.99 and abs(raw.mean() - target.mean()) < 10
    else:
        assert np.mean((raw.argmax(axis=1) if num_classes == 3 else raw[:, 0] > 0) == target) > 0.93
    again = Probe().fit(examples, task, work, seed=0).nodes[-1].part
    assert again.arrays()["coef"].tobytes() == graph.nodes[-1].part.arrays()["coef"].tobytes()


def test_joins_vectors_with_table_columns() -> None:
    rng = np.random.default_rng(4)
    x, age = vectors(400, 6), rng.normal(size=400)
    target = ((x[:, 2] > x[:, 2].mean()) ^ (age > 1.5)).astype(np.int64) & (age < 1.5)
    types = {"photo": "image", "age": "number"}
    sizes, examples = example_set(types, {"photo.eye": x, "column:age": age}, target, 2)
    graph = Probe().fit(examples, Classify(), Probe().work(sizes, Classify(), 0), seed=0)
    assert graph.nodes[-2].part.kind == "join"
    assert np.mean((graph.run(examples.values)[:, 0] > 0) == target) > 0.9


def test_scaling_is_folded_into_the_head() -> None:
    x, rng = vectors(50, 8), np.random.default_rng(0)
    scaling, fit = Scaling.of(x), LinearFit(rng.normal(size=(8, 2)), rng.normal(size=2))
    folded = scaling.undone(fit)
    expected = scaling.applied(x) @ fit.coef + fit.intercept
    np.testing.assert_allclose(x @ folded.coef + folded.intercept, expected, atol=1e-2)
    assert LinearHead(folded.coef, folded.intercept).run(x).shape == (50, 2)


def test_a_few_rows_are_enough_to_answer() -> None:
    sizes, examples = example_set({"photo": "image"}, {"photo.eye": vectors(3, 4)}, np.array([0, 1, 1]), 2)
    graph = Probe().fit(examples, Classify(), Probe().work(sizes, Classify(), 1), seed=0)
    assert np.isfinite(graph.run(examples.values)).all()


def test_the_larger_network_is_asked_only_where_there_are_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LargerProbe, "encoders", {"image": "other", "text": "ear"})
    why = LargerProbe().why_not(Sizes(5, {"says": "text"}, 2), Classify())
    assert why is not None and "image" in why
    nodes = LargerProbe().inputs(Sizes(5, {"photo": "image", "says": "text"}, 2))
    assert [node.name for node in nodes] == ["photo.other", "says.ear"]


def test_two_probes_read_their_own_vectors() -> None:
    rng = np.random.default_rng(0)
    good, noise = vectors(60, 20), rng.normal(size=(60, 20)).astype(np.float32)
    target = (good[:, 0] > 5).astype(np.int64)
    sizes, examples = example_set({"photo": "image"}, {"photo.other": noise, "photo.eye": good}, target, 2)
    graph = Probe().fit(examples, Classify(), Probe().work(sizes, Classify(), 0), seed=0)
    assert [node.inputs for node in graph.nodes] == [("photo.eye",)]


def test_more_rows_than_memory_holds_are_sampled() -> None:
    few, many = (Probe().work(Sizes(rows, {"photo": "image"}, 2), Classify(), 1) for rows in (1_000, 100_000_000))
    assert few.settings["rows"] == 1_000
    assert many.settings["rows"] < 10_000_000 and many.peak_bytes < 4e9


@pytest.mark.parametrize("num_outputs", [1, 3])
def test_few_rows_are_learned_from_in_their_own_coordinates(num_outputs: int) -> None:
    x, rng = vectors(30, 100), np.random.default_rng(0)
    x[7] = x[3]  # copies must not end the work
    preparing = Preparing.of(x)
    prepared, fit = preparing.applied(x), LinearFit(rng.normal(size=(30, num_outputs)), rng.normal(size=num_outputs))
    assert prepared.shape == (30, 30)
    scaled = Scaling.of(x).applied(x)
    np.testing.assert_allclose(prepared @ prepared.T, scaled @ scaled.T, atol=0.02)
    others = vectors(9, 100, seed=1)
    unfolded = preparing.undone(fit)
    np.testing.assert_allclose(preparing.applied(others) @ fit.coef + fit.intercept, others @ unfolded.coef + unfolded.intercept, atol=0.1)


def test_many_rows_keep_their_columns() -> None:
    assert Preparing.of(vectors(60, 100)).applied(vectors(5, 100)).shape == (5, 100)
