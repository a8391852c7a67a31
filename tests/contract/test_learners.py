"""What holds for every learner: it says what it needs, learns alike from alike, and answers in the shape its task expects."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from leadline.columns.contract import Where
from leadline.data.examples import Examples
from leadline.encoders.contract import StoredEncoder
from leadline.learners.contract import Learner, Sizes
from leadline.parts import COLUMN, Graph, Part
from leadline.registry import COLUMNS, LEARNERS, PARTS, TASKS
from leadline.tasks.contract import Task

FORMS = ("number", "category", "text", "image", "tags")
ROWS = 90
TARGETS: dict[str, Callable[[np.ndarray, np.random.Generator], pl.Series]] = {
    "classify": lambda codes, rng: pl.Series("t", codes),
    "regress": lambda codes, rng: pl.Series("t", codes + rng.normal(size=ROWS)),
    "tag": lambda codes, rng: pl.Series("t", [f"label {code}|label {(code + rng.integers(2)) % 5}" for code in codes]),
}


def made_up(learner: Learner, form: str, task: Task, classes: int) -> tuple[Examples, Sizes]:
    """Rows in which the target can be told from the column, as far as this form allows."""
    rng = np.random.default_rng(0)
    codes = rng.permutation(np.arange(ROWS) % classes)
    raw = pl.Series(codes * 3.0 + rng.normal(size=ROWS)) if form == "number" else COLUMNS.get(form)().made_up(ROWS, 0)
    target = task.read_target(TARGETS[task.name](codes, rng))
    sizes = Sizes(ROWS, {"c": form}, len(target.classes), {"c": 12}, 50.0)
    values = {COLUMN + "c": COLUMNS.get(form)().decode(raw, Where("c")).values}
    for node in learner.inputs(sizes) if learner.why_not(sizes, task) is None else []:
        width = width_of(node.part)
        values[node.name] = rng.normal(size=(ROWS, width)).astype(np.float32) if width else node.part.run(values[node.inputs[0]])
    return Examples(values, {"c": form}, target.values, len(target.classes)), sizes


def width_of(part: Part) -> int:
    """Of the vectors of a part that takes its time, for which made-up ones do as well; 0 where it is quick."""
    return part.dimension if isinstance(part, StoredEncoder) else getattr(getattr(part, "card", None), "dimension", 0)


SETTINGS = (("classify", 2), ("classify", 4), ("regress", 3), ("tag", 5))


def reason_against(name: str, form: str, task: str, classes: int) -> str | None:
    reason: str | None = LEARNERS.get(name)().why_not(Sizes(ROWS, {"c": form}, classes, {"c": 12}, 50.0), TASKS.get(task)())
    return reason


ALL = [(name, form, *setting) for name in LEARNERS for form in FORMS for setting in SETTINGS]
CASES = [case for case in ALL if reason_against(*case) is None]


@pytest.fixture(params=CASES, ids=lambda case: "-".join(map(str, case)))
def case(request: pytest.FixtureRequest) -> tuple[Learner, Task, Examples, Sizes]:
    name, form, task_name, classes = request.param
    learner, task = LEARNERS.get(name)(), TASKS.get(task_name)()
    return learner, task, *made_up(learner, form, task, classes)


def test_what_it_does_not_take_it_refuses_in_words() -> None:
    refused = [case for case in ALL if case not in CASES]
    assert refused
    assert all(len(str(reason_against(*case)).split()) > 3 for case in refused)


def test_a_network_has_to_be_named() -> None:
    assert not any(name == "named-network" for name, *_ in CASES)
    assert "no network was named" in str(reason_against("named-network", "text", "classify", 2))


def test_it_answers_in_the_shape_of_the_task_and_the_same_each_time(case: tuple[Learner, Task, Examples, Sizes], tmp_path: Path) -> None:
    learner, task, examples, sizes = case
    work = learner.work(sizes, task, 0)
    first, second = (learner.fit(examples, task, work, seed=0) for _ in range(2))
    raw = first.run(examples.values)
    assert raw.shape == (len(examples), task.num_outputs(examples.num_classes))
    assert np.isfinite(raw).all()
    assert stored(first, tmp_path / "a") == stored(second, tmp_path / "b")
    assert np.array_equal(reloaded(first, tmp_path / "c").run(examples.values), raw)


def test_its_work_can_be_written_down_and_grows_with_effort(case: tuple[Learner, Task, Examples, Sizes]) -> None:
    learner, task, _, sizes = case
    works = [learner.work(sizes, task, effort) for effort in (0, 1, 2)]
    assert works[0].steps <= works[1].steps <= works[2].steps
    assert all(work.steps > 0 and work.peak_bytes >= 0 for work in works)
    assert all(json.loads(json.dumps(work.settings)) == work.settings for work in works)


def test_it_is_tuned_once_and_a_fit_tunes_what_has_not_been(case: tuple[Learner, Task, Examples, Sizes], tmp_path: Path) -> None:
    learner, task, examples, sizes = case
    work = learner.work(sizes, task, 2)
    tuned = learner.tuned(examples, task, work, seed=0)
    assert tuned.tuning_steps == 0 and learner.tuned(examples, task, tuned, seed=0) == tuned
    assert json.loads(json.dumps(tuned.settings)) == tuned.settings
    if tuned != work:
        whole, parts = learner.fit(examples, task, work, seed=0), learner.fit(examples, task, tuned, seed=0)
        assert stored(whole, tmp_path / "a") == stored(parts, tmp_path / "b")


def of_class_one(examples: Examples) -> np.ndarray:
    """(n,) Boolean: rows of the second class or with the second label."""
    is_so: np.ndarray = (examples.target if examples.target.ndim == 1 else examples.target[:, 1]) == 1
    return is_so


def test_a_class_that_a_fold_does_not_hold_still_has_its_place(case: tuple[Learner, Task, Examples, Sizes]) -> None:
    learner, task, examples, sizes = case
    if examples.num_classes <= 2:
        return
    without = examples.take(np.flatnonzero(~of_class_one(examples)))
    raw = learner.fit(without, task, learner.work(sizes, task, 0), seed=0).run(examples.values)
    assert raw.shape == (len(examples), task.num_outputs(examples.num_classes))
    names = tuple(f"class {code}" for code in range(examples.num_classes))
    assert task.class_counts(task.answers(raw), examples.target, names)[1].named < 0.1 * len(examples)


def test_a_class_with_a_single_example_does_not_end_the_work(case: tuple[Learner, Task, Examples, Sizes]) -> None:
    learner, task, examples, sizes = case
    if not examples.num_classes:
        return
    is_so = of_class_one(examples)
    rows = np.concatenate([np.flatnonzero(~is_so), np.flatnonzero(is_so)[:1]])
    learner.fit(examples.take(rows), task, learner.work(sizes, task, 0), seed=0)


def test_it_has_a_family_and_a_title(case: tuple[Learner, Task, Examples, Sizes]) -> None:
    assert case[0].family in ("classical", "deep")
    assert len(case[0].title.split()) >= 2


def stored(graph: Graph, folder: Path) -> list[bytes]:
    """Everything a graph learned, as bytes."""
    found = []
    for node in graph.nodes:
        found.append(json.dumps(node.part.config(), sort_keys=True).encode())
        found += [array.tobytes() for array in node.part.arrays().values()]
        found += [content.read_bytes() if isinstance(content, Path) else content for content in node.part.files().values()]
    return found


def reloaded(graph: Graph, folder: Path) -> Graph:
    """The graph after a trip through JSON, arrays and files."""
    from dataclasses import replace

    folder.mkdir()
    nodes = []
    for number, node in enumerate(graph.nodes):
        files = {}
        for name, content in node.part.files().items():
            files[name] = folder / f"{number}-{name}"
            files[name].write_bytes(content.read_bytes() if isinstance(content, Path) else content)
        part = PARTS.get(node.part.kind).load(json.loads(json.dumps(node.part.config())), node.part.arrays(), files)
        nodes.append(replace(node, part=part))
    return Graph(tuple(nodes))


def test_who_promises_answers_that_go_one_way_keeps_it_and_all_others_are_left_out(case: tuple[Learner, Task, Examples, Sizes]) -> None:
    """The target falls with the column, and answers may only rise."""
    from dataclasses import replace

    learner, task, examples, sizes = case
    if sizes.types != {"c": "number"} or task.num_outputs(examples.num_classes) > 1:
        return
    asked = replace(sizes, monotone={"c": "up"})
    if not learner.keeps_monotone:
        assert "cannot promise" in str(learner.refusal(asked, task)) and learner.refusal(sizes, task) is None
        return
    values = np.random.default_rng(1).permutation(examples.values[COLUMN + "c"]) - 2 * examples.target
    train = replace(examples, values={COLUMN + "c": values})
    grid = {COLUMN + "c": np.linspace(values.min() - 9, values.max() + 9, 500)}
    for effort in (0, 1):
        graph = learner.fit(train, task, learner.work(asked, task, effort), seed=0)
        assert (np.diff(graph.run(grid)[:, 0]) >= 0).all()
