"""What a leak between given parts was worth: told with its interval, or that it cannot be told; groups and times on both sides."""

from __future__ import annotations

import datetime

import numpy as np
import polars as pl
import pytest

import leadline as ll
from leadline.check.contract import Checked
from leadline.check.split_leak import SplitLeak
from leadline.check.view import Answers, Labels, Vectors, View
from leadline.data.read import read
from leadline.encoders.store import Store
from leadline.evaluate.intervals import gain_interval
from leadline.findings import Finding, Severity
from leadline.progress import Progress
from leadline.tasks.classify import Classify
from leadline.workflow.setup import set_up

TRAIN, TEST = 300, 200


def parts(leaking: int, seed: int = 0, **columns: pl.Series) -> pl.DataFrame:
    """The last rows of test are the first of train."""
    rng = np.random.default_rng(seed)
    number = TRAIN + TEST
    frame = pl.DataFrame({"x": rng.normal(size=number), "z": rng.normal(size=number), "label": rng.choice(["a", "b"], number), **columns})
    if leaking:
        frame = pl.concat([frame.head(number - leaking), frame.head(leaking)])
    return frame


def split(frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
    return {"train": frame.head(TRAIN), "test": frame.tail(TEST)}


def view_of(frame: pl.DataFrame, leaking: int, share: float, **options: str) -> View:
    """Nobody learns here: rows that leak are answered rightly, so large a share of the others, too."""
    setup = set_up(read(split(frame), target="label", **options), None, None, None, 0)  # type: ignore[arg-type]
    labels = Labels("label", setup.task, setup.target, setup.metric, setup.partition)
    truth = setup.target.values

    def said(teach: np.ndarray, judge: np.ndarray, _: object = None) -> np.ndarray:
        assert (setup.data.split[teach] == "train").all() and (setup.data.split[judge] == "test").all()  # type: ignore[index]
        right = (np.random.default_rng(1).random(len(judge)) < share) | (judge >= TRAIN + TEST - leaking)
        return np.eye(2)[np.where(right, truth[judge], 1 - truth[judge])]

    def encode() -> Vectors:
        raise AssertionError("nobody needs vectors")

    answers = Answers(np.full((len(frame), 2), 0.5), "linear", "linear model")
    return View(setup.data, labels, setup.groups, 0, Store(), Progress(), lambda: answers, encode, said)


def asked(view: View) -> tuple[list[Finding], list[dict[str, object]]]:
    found = SplitLeak().run(view)
    assert isinstance(found, Checked)
    return list(found.findings), found.facts["split_leaks"]


def test_the_score_is_told_with_and_without_the_leak() -> None:
    (leak,), (fact,) = asked(view_of(parts(80), 80, 0.6))
    assert leak.severity == Severity.HIGH and len(leak.rows) == 80 and leak.mends
    assert "exactly as they are; 74.5% right answers with them and 57.5% without, worth 17.0 points (" in leak.detail
    worth = fact["worth"]
    assert isinstance(worth, dict) and worth["low"] < 0.4 * 0.4 < worth["high"] and worth["low"] > 0
    assert fact["part"] == "test" and fact["num_rows"] == 80 and fact["score"]["n"] == 200 and fact["score_without"]["n"] == 120  # type: ignore[index]
    assert fact["score"]["value"] - fact["score_without"]["value"] == pytest.approx(worth["value"])  # type: ignore[index]


def test_a_leak_that_changes_nothing_is_said_to_be_chance() -> None:
    view = view_of(parts(60), 0, 0.75)
    (leak,), (fact,) = asked(view)
    assert fact["worth"] is not None and "which may be chance" in leak.detail


def test_with_too_few_rows_it_cannot_be_told() -> None:
    for leaking, why in ((5, "fewer than 10 rows leak"), (180, "fewer than 30 rows of test do not leak")):
        (leak,), (fact,) = asked(view_of(parts(leaking), leaking, 0.7))
        assert f"what that is worth cannot be told: {why}" in leak.detail
        assert fact["worth"] is None and fact["why"] == why and len(leak.rows) == leaking


def test_without_a_leak_nobody_learns() -> None:
    view = view_of(parts(0), 0, 0.7)
    assert asked(view) == ([], []) and view.known_answers is None


def test_without_answers_it_is_not_asked() -> None:
    report = ll.check(split(parts(40).drop("label")), only=["split-leak"])
    assert [one.code for one in report.unasked] == ["split-leak"] and [finding.code for finding in report.findings] == ["split-leak"]


def test_groups_on_both_sides_are_found_and_judged() -> None:
    rng = np.random.default_rng(0)
    who = [f"p{number}" for number in [*rng.integers(0, 60, TRAIN), *rng.integers(100, 160, TEST - 50), *rng.integers(0, 60, 50)]]
    (leak,), (fact,) = asked(view_of(parts(0, who=pl.Series(who)), 50, 0.6, group="who"))
    assert leak.rows == list(range(450, 500)) and "50 of 200 test rows are of a who that is also in train" in leak.title
    assert fact["worth"]["low"] > 0  # type: ignore[index]


def dated(train: range, test: range) -> pl.DataFrame:
    first = datetime.date(2021, 1, 1)
    return parts(0, day=pl.Series([first + datetime.timedelta(days=day) for day in (*train, *test)]))


def test_time_that_runs_backwards_is_found() -> None:
    view = view_of(dated(range(TRAIN), range(200, 200 + TEST)), 0, 0.7, time="day")
    (leak,), _ = asked(view)
    assert leak.rows == list(range(300, 396)) and leak.severity == Severity.HIGH  # but for the newest hundredth of train
    assert "96 of 200 test rows (48.0%) are older than rows of train by day: time runs backwards" in leak.title
    assert "train goes on to 2021-10-24" in leak.detail


def test_time_runs_backwards_without_answers_too() -> None:
    frame = split(dated(range(TRAIN), range(200, 200 + TEST)).drop("label"))
    leaks = [one for one in ll.check(frame, time="day", budget="10s").findings if one.code == "split-leak"]
    assert ["time runs backwards" in leak.title for leak in leaks] == [True]


def test_time_in_its_order_is_no_leak_nor_is_one_mistyped_date() -> None:
    assert asked(view_of(dated(range(TRAIN), range(TRAIN, TRAIN + TEST)), 0, 0.7, time="day")) == ([], [])
    late = dated(range(TRAIN), range(TRAIN, TRAIN + TEST))
    late = late.with_columns(day=pl.when(pl.int_range(pl.len()) == 5).then(datetime.date(2031, 1, 1)).otherwise("day"))
    assert asked(view_of(late, 0, 0.7, time="day")) == ([], [])
    assert all(finding.code != "split-leak" for finding in set_up(read(split(late), target="label"), None, None, None, 0).data.findings)


def test_the_interval_holds_what_the_leak_was_worth() -> None:
    """Known truth: 30 % of the rows leak and are answered rightly, of the others 70 %."""
    metric, held = Classify().metrics["accuracy"], list[bool]()
    for seed in range(120):
        rng = np.random.default_rng(seed)
        clean = rng.random(400) >= 0.3
        right = ~clean | (rng.random(400) < 0.7)
        truth = rng.integers(0, 2, 400)
        gain = gain_interval(metric, np.eye(2)[np.where(right, truth, 1 - truth)], truth, clean, seed)
        held.append(gain.low <= 0.3 * 0.3 <= gain.high)
    assert 0.89 <= np.mean(held) <= 0.995
    nothing = gain_interval(metric, np.eye(2)[truth], truth, np.zeros(400, bool))
    assert not nothing.defined


def test_check_says_it_once_with_its_worth() -> None:
    frame = parts(60).with_columns(label=pl.when(pl.col("x") > 0).then(pl.lit("a")).otherwise(pl.lit("b")))
    report = ll.check(split(frame), target="label", only=["split-leak"])
    (leak,) = report.findings
    assert leak.code == "split-leak" and len(leak.rows) == 60 and "with them and" in leak.detail
    (fact,) = report.to_json()["split_leaks"]
    assert fact["score"]["n"] == 200 and report.asked == ("split-leak",)
