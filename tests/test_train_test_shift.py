"""Parts of a given split that differ are said, with what differs; alike parts are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from leadline.check.contract import Checked, NotApplicable
from leadline.check.train_test_shift import TrainTestShift
from leadline.check.view import View
from leadline.findings import Finding, Severity
from tests.check_views import view_of

ROWS = 1_200
TEST = np.arange(ROWS) % 3 == 0


def rows(seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    age, colour = rng.normal(40, 10, ROWS), rng.choice(["red", "green", "blue"], ROWS)
    return pl.DataFrame({"age": age, "colour": colour, "bought": rng.choice(["no", "yes"], ROWS)})


def parted(frame: pl.DataFrame, target: str | None = "bought", vectors: np.ndarray | None = None) -> View:
    """The rows with a given split; a third of them test."""
    view = view_of(frame, target, vectors=vectors)
    table = replace(view.data.table, split=np.where(TEST, "test", "train"))
    view.data = replace(view.data, table=table)
    return view


def found(view: View) -> list[Finding]:
    checked = TrainTestShift().run(view)
    assert isinstance(checked, Checked)
    return list(checked.findings)


def test_alike_parts() -> None:
    assert not found(parted(rows()))
    assert not found(parted(rows(1), None))


def test_what_differs_is_named() -> None:
    frame = rows().with_columns(pl.when(pl.Series(TEST)).then(pl.col("age") + 25).otherwise("age").alias("age"))
    (finding,) = found(parted(frame))
    assert finding.severity is Severity.HIGH and finding.column == "age" and "age (middle 4" in finding.detail


def test_names_that_come_more_often() -> None:
    more = TEST & (np.random.default_rng(2).random(ROWS) < 0.6)
    frame = rows().with_columns(pl.when(pl.Series(more)).then(pl.lit("blue")).otherwise("colour").alias("colour"))
    (finding,) = found(parted(frame))
    assert finding.severity in (Severity.MEDIUM, Severity.LOW) and "colour (blue: 3" in finding.detail


def test_gaps_in_one_part() -> None:
    gone = TEST & (np.random.default_rng(2).random(ROWS) < 0.8)
    frame = rows().with_columns(pl.when(pl.Series(gone)).then(None).otherwise("age").alias("age"))
    assert "age (missing in 0% and " in found(parted(frame))[0].detail


def test_row_numbers_and_dates_differ_by_how_a_split_is_made() -> None:
    order = np.argsort(np.argsort(TEST, kind="stable"), kind="stable")
    days = pl.Series(order).map_elements(lambda day: f"20{10 + day // 300:02d}-{1 + day // 25 % 12:02d}-{1 + day % 25:02d}", pl.String)
    assert not found(parted(rows().with_columns(pl.Series("id", order), days.alias("day"))))


def test_other_shares_of_classes() -> None:
    yes = np.random.default_rng(3).random(ROWS) < np.where(TEST, 0.8, 0.4)
    (finding,) = found(parted(rows().with_columns(pl.Series("bought", np.where(yes, "yes", "no")))))
    assert finding.column == "bought" and finding.severity is Severity.MEDIUM and "in other shares in test" in finding.title


def test_texts_are_told_apart_by_their_vectors() -> None:
    frame = rows().select(
        pl.Series("note", [f"the {n} quick brown foxes jumped over {n * 7} lazy dogs again" for n in range(ROWS)]), "bought"
    )
    vectors = np.random.default_rng(4).normal(size=(ROWS, 30))
    assert not found(parted(frame, vectors=vectors))
    vectors[:, 3] += 3 * TEST
    (finding,) = found(parted(frame, vectors=vectors))
    assert finding.column == "note" and finding.severity is Severity.HIGH


def test_without_a_given_split_it_cannot_be_asked() -> None:
    assert isinstance(TrainTestShift().run(view_of(rows(), "bought")), NotApplicable)
