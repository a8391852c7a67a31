"""The walk from one shape of trees to a better one."""

from __future__ import annotations

import pytest

from leadline.learners.tree_shapes import Shape, best_shape, first_shapes


def walked(losses: dict[str, float], rows: int = 1_000) -> tuple[Shape, list[Shape]]:
    """The shape that is found where settings add these to the loss, and all that were asked about."""
    asked: list[Shape] = []

    def loss_of(shape: Shape) -> float:
        asked.append(shape)
        return sum(losses.get(f"{name}={value}", 0.0) for name, value in vars(shape).items())

    return best_shape(first_shapes(rows), loss_of), asked


def test_where_nothing_is_better_the_first_shape_stays() -> None:
    found, asked = walked({"extra_trees=True": 1.0})
    assert found == first_shapes(1_000)[0] and len(set(asked)) == len(asked)


def test_the_better_kind_is_where_the_walk_begins() -> None:
    assert walked({"extra_trees=True": -1.0})[0] == first_shapes(1_000)[1]


@pytest.mark.parametrize(("losses", "name", "value"), [
    ({"num_leaves=63": -1.0, "num_leaves=127": -2.0, "num_leaves=255": -1.5, "extra_trees=True": 9.0}, "num_leaves", 127),
    ({"num_leaves=15": -1.0, "num_leaves=7": -0.5, "extra_trees=True": 9.0}, "num_leaves", 15),
    ({"feature_fraction=0.4": -1.0, "extra_trees=True": 9.0}, "feature_fraction", 0.4),
    ({"min_data_in_leaf=5": -1.0, "lambda_l2=10.0": -1.0, "extra_trees=True": 9.0}, "lambda_l2", 10.0),
])  # fmt: skip
def test_every_setting_is_followed_as_long_as_the_loss_falls(losses: dict[str, float], name: str, value: float) -> None:
    assert getattr(walked(losses)[0], name) == value


def test_a_way_up_that_helped_is_not_walked_down_again() -> None:
    _, asked = walked({"num_leaves=63": -1.0, "extra_trees=True": 9.0})
    assert not any(shape.num_leaves < 31 for shape in asked)


def test_few_rows_have_small_leaves() -> None:
    assert {shape.min_data_in_leaf for shape in first_shapes(60)} == {5}
