"""Of several kinds of vectors the one is looked at in which rows of a class lie together, not the one with the most numbers."""

from __future__ import annotations

import numpy as np

from leadline.check.telling_vectors import telling_most


def kinds(rows: int = 300) -> tuple[dict[str, np.ndarray], np.ndarray]:
    rng = np.random.default_rng(0)
    classes = rng.integers(0, 4, rows)
    telling = (rng.normal(size=(4, 8)) * 3)[classes] + rng.normal(size=(rows, 8))
    return {"long": rng.normal(size=(rows, 40)).astype(np.float32), "telling": telling.astype(np.float32)}, classes


def test_what_tells_the_classes_counts_and_not_its_length() -> None:
    made, classes = kinds()
    assert telling_most(made, classes, None, 0) == "telling"
    assert telling_most(made, None, None, 0) == "long"


def test_copies_do_not_make_noise_telling() -> None:
    made, classes = kinds()
    copies, groups = {name: np.repeat(vectors, 3, axis=0) for name, vectors in made.items()}, np.repeat(np.arange(300), 3)
    assert telling_most(copies, np.repeat(classes, 3), groups, 0) == "telling"


def test_rows_that_could_not_be_read_are_passed_over() -> None:
    made, classes = kinds()
    for vectors in made.values():
        vectors[::3] = np.nan
    assert telling_most(made, classes, None, 0) == "telling"


def test_rows_of_one_group_leave_the_choice_to_length() -> None:
    made, classes = kinds()
    assert telling_most(made, classes, np.zeros(300, np.int64), 0) == "long"
