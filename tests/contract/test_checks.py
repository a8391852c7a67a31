"""What holds for every check: it answers or says why not, names rows that there are, and finds the same each time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

import leadline as ll
from leadline.findings import Finding
from leadline.registry import CHECKS
from leadline.workflow.check_report import CheckReport

ROWS = 60


def table(target: pl.Series | None, **columns: pl.Series) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"age": rng.normal(40, 9, ROWS), "city": rng.choice(["rome", "oslo", "lima"], ROWS), **columns})
    return frame if target is None else frame.with_columns(target.alias("answer"))


def classes(number: int) -> pl.Series:
    return pl.Series([f"class {row % number}" for row in range(ROWS)])


SOURCES: dict[str, Callable[[], pl.DataFrame]] = {
    "two classes": lambda: table(classes(2)),
    "numbers": lambda: table(pl.Series(np.random.default_rng(1).normal(size=ROWS))),
    "labels": lambda: table(pl.Series([["a", "b"] if row % 2 else ["b"] for row in range(ROWS)])),
    "no answers": lambda: table(None),
    "many classes": lambda: table(classes(30)),
    "a class of two": lambda: table(pl.Series(["rare"] * 2 + [f"class {row % 2}" for row in range(ROWS - 2)])),
    "texts": lambda: table(classes(2), said=pl.Series([f"the number {row} is written here, as it was before" for row in range(ROWS)])),
    "gaps": lambda: table(classes(2), gap=pl.Series([None if row % 3 else row for row in range(ROWS)])),
}


@pytest.fixture(scope="module", params=list(SOURCES))
def source(request: pytest.FixtureRequest) -> pl.DataFrame:
    return SOURCES[request.param]()


def asked(source: pl.DataFrame, code: str) -> CheckReport:
    target = "answer" if "answer" in source.columns else None
    return ll.check(source, target=target, only=[code], budget="5m")


@pytest.mark.parametrize("code", list(CHECKS))
def test_it_answers_or_says_why_not(source: pl.DataFrame, code: str) -> None:
    before, report = source.clone(), asked(source, code)
    assert source.equals(before)
    reasons = [one.why for one in report.unasked if one.code == code]
    assert all(len(reason.split()) > 3 and not reason.endswith(".") and "Error" not in reason for reason in reasons)
    for finding in report.findings:
        check_words(finding)
        assert set(finding.rows) <= set(range(ROWS)) and len(set(finding.rows)) == len(finding.rows)
    assert all(len(values) == ROWS for values in report.rows.values())


@pytest.mark.parametrize("code", list(CHECKS))
def test_it_finds_the_same_each_time(code: str) -> None:
    source = SOURCES["two classes"]()
    assert asked(source, code).findings == asked(source, code).findings


def check_words(finding: Finding) -> None:
    assert finding.title and "\n" not in finding.title and not finding.title.endswith(".")


def test_every_check_says_what_it_asks_and_is_named_as_its_findings() -> None:
    for code in CHECKS:
        check = CHECKS.get(code)
        assert check.code == code and check.title.endswith("?")
