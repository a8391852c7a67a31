"""What is left of a budget buys more, priced by what fits took in truth."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from leadline.learners.contract import Sizes, Work
from leadline.plan.budget import Asked, Field, fill_budget
from leadline.plan.calibration import Rate
from leadline.plan.plan import Encoding, Fitting, Plan
from leadline.plan.room import Room
from leadline.tasks.classify import Classify


class Needs:
    """A learner that needs this many steps at effort 0, and twice as many with each more."""

    family, title, larger_than = "classical", "", ""

    def __init__(self, name: str, steps: float, larger_than: str = "", peak_bytes: int = 0) -> None:
        self.name, self.steps, self.larger_than, self.peak_bytes = name, steps, larger_than, peak_bytes

    def work(self, sizes: Sizes, task: Any, effort: int) -> Work:
        return Work(self.steps * 2**effort, self.peak_bytes, {"effort": effort})


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def start(
    learners: dict[str, float] | list[Needs], seconds: float, folds: tuple[int, int] = (1, 0), most_effort: int = 2, inputs: Any = None
) -> tuple[Room, Plan, Clock]:
    """A room, the plan that a budget of so many seconds buys at the start, and a clock that stands."""
    made = [Needs(name, steps) for name, steps in learners.items()] if isinstance(learners, dict) else learners
    read = inputs or {}
    fields = [Field(one, Rate(0.0, 0.0, 1.0), tuple(read.get(one.name, ()))) for one in made]  # type: ignore[arg-type]
    names = {name for of in read.values() for name in of}
    asked = Asked(Sizes(100, {}), Classify(), dict.fromkeys(names, 4.0), most_effort, memory_bytes=1000)
    chosen, clock = fill_budget(fields, asked, seconds, [folds]), Clock()
    encodings = {name: Encoding(name, "e", "c", {}, "a", "a", 1, 4.0) for name in names}
    plan = Plan(
        {}, "classify", "accuracy", 0, seconds, *folds, tuple(encodings[name] for name in chosen.inputs), chosen.fittings, chosen.skipped,
        1, 0.0, 0.0,
    )  # fmt: skip
    return Room({field.learner.name: field for field in fields}, asked, encodings, seconds, clock=clock), plan, clock


def tell(room: Room, plan: Plan, pace: float) -> None:
    """All contests so far took so many times what was expected."""
    for fitting in plan.fittings:
        room.took(fitting, plan.num_folds, pace * fitting.work.steps * plan.num_folds * 0.8)


def named(fitting: Fitting | None) -> tuple[str, int] | None:
    return None if fitting is None else (fitting.learner, fitting.effort)


def test_fits_that_are_cheaper_than_expected_leave_room_for_more_effort() -> None:
    room, plan, clock = start({"a": 20.0}, 60)
    assert plan.fittings[0].effort == 0
    clock.now = 4.0
    tell(room, plan, 0.1)
    assert named(room.next(plan, ["a"])) == ("a", 1)


def test_fits_that_are_as_dear_as_expected_do_not() -> None:
    room, plan, clock = start({"a": 20.0}, 60)
    clock.now = 16.0
    tell(room, plan, 1.0)
    assert room.next(plan, ["a"]) is None


def test_who_seemed_too_dear_is_tried_first_and_then_the_leader() -> None:
    room, plan, _ = start({"cheap": 15.0, "dear": 22.0}, 50)
    assert [fitting.learner for fitting in plan.fittings] == ["cheap"] and plan.skipped[0].learner == "dear"
    tell(room, plan, 0.1)
    dear = room.next(plan, ["cheap"])
    assert dear is not None and named(dear) == ("dear", 0)
    grown = room.with_fitting(plan, dear)
    assert [fitting.learner for fitting in grown.fittings] == ["cheap", "dear"] and not grown.skipped
    tell(room, grown, 0.1)
    assert named(room.next(grown, ["dear", "cheap"])) == ("dear", 1)
    assert named(room.next(grown, ["dear", "cheap"])) == ("cheap", 1), "an attempt is made once"


def test_one_that_was_never_fitted_may_cost_more_than_the_rest_would_allow_if_it_turned_out_as_dear_as_it_seems() -> None:
    room, plan, _ = start({"cheap": 0.01, "dear": 6.0}, 60, folds=(3, 5), most_effort=0)
    assert [fitting.learner for fitting in plan.fittings] == ["cheap"]
    tell(room, plan, 1.0)
    dear = room.next(plan, ["cheap"])
    assert named(dear) == ("dear", 0)
    assert dear is not None
    grown = room.with_fitting(plan, dear)
    assert room.rest(grown) > room.left(grown), "by what it seems to cost it cannot be judged"
    tell(room, grown, 0.1)
    assert room.rest(grown) < room.left(grown), "by what it cost it can"


def test_what_an_added_learner_reads_is_paid_and_noted_in_the_plan() -> None:
    room, plan, _ = start({"cheap": 15.0, "reader": 18.0}, 50, inputs={"reader": ["pictures"]})
    assert not plan.encodings
    tell(room, plan, 0.1)
    reader = room.next(plan, [])
    assert reader is not None and [one.node for one in room.with_fitting(plan, reader).encodings] == ["pictures"]


def test_a_larger_version_has_had_its_turn_and_whom_it_waited_for_stays_as_it_was() -> None:
    learners = [Needs("small", 5.0), Needs("large", 5.0, larger_than="small"), Needs("huge", 60.0, larger_than="small")]
    room, plan, _ = start(learners, 40)
    assert [(fitting.learner, fitting.effort) for fitting in plan.fittings] == [("small", 1), ("large", 0)]
    tell(room, plan, 0.01)
    assert named(room.next(plan, ["small", "large"])) == ("large", 1)
    assert room.next(plan, ["small", "large"]) is None


def test_nobody_is_tried_whose_memory_there_is_not() -> None:
    room, plan, _ = start([Needs("a", 1.0), Needs("b", 1.0, peak_bytes=2000)], 60)
    tell(room, plan, 0.01)
    assert room.next(plan, []) is None


@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(0.1, 30), min_size=1), st.floats(0.02, 1.0), st.floats(10, 300))
def test_attempts_end_and_never_begin_without_the_time_for_them(steps: dict[str, float], pace: float, seconds: float) -> None:
    room, plan, clock = start(steps, seconds)
    clock.now += pace * sum(0.8 * fitting.work.steps for fitting in plan.fittings)
    tell(room, plan, pace)
    attempts = 0
    while (wished := room.next(plan, [fitting.learner for fitting in plan.fittings])) is not None:
        plan, attempts = room.with_fitting(plan, wished), attempts + 1
        clock.now += pace * 0.8 * wished.work.steps
        tell(room, plan, pace)
    assert attempts <= 3 * len(steps)
    assert attempts == 0 or clock.now + room.rest(plan) <= seconds
