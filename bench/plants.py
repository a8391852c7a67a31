"""What was planted in real data is found by `check`, and on clean data nothing of the kind is raised at high severity.

    .venv/bin/python bench/plants.py [--only target-leak,...]

Ten plants of each kind, listed below before the first run; nine of ten must be found. MNIST's are put into its 10,000 official test digits,
which are encoded once. Clean are `mnist` (the same digits) and `adult`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from harness import DATA, Bench, parser_for
from leadline.findings import Finding, Severity
from leadline.workflow.check import check
from reference import ROOT

MUST = 0.9
BUDGET = "2m"  # the default
TABULAR = ROOT / DATA / "tabular"
TARGETS = {"adult": "income", "bank_marketing": "y", "titanic": "Survived", "california_housing": "median_house_value", "mnist": "label"}


@dataclass(frozen=True)
class Plant:
    """`put` changes clean rows; `found` looks at a finding of that kind."""

    kind: str
    data: str
    what: str
    put: Callable[[pl.DataFrame, np.random.Generator], pl.DataFrame]
    found: Callable[[Finding], bool]


def clean(data: str) -> pl.DataFrame:
    if data == "mnist":
        return pl.read_parquet(ROOT / DATA / "mnist" / "test.parquet").with_columns(pl.col("label").cast(pl.String))
    return pl.read_csv(TABULAR / f"{data}.csv", infer_schema_length=None)


# Leaks: a column "planted" is added.

Values = Callable[[pl.Series, np.random.Generator], pl.Series]


def leak(data: str, what: str, values: Values) -> Plant:
    def put(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
        return frame.with_columns(values(frame[TARGETS[data]], rng).alias("planted"))

    return Plant("target-leak", data, what, put, lambda finding: finding.column == "planted")


def copied(noise: float, words: dict[str, list[str]] | None = None) -> Values:
    """The answer, in other words where they are given; another answer in a share of the rows."""

    def values(target: pl.Series, rng: np.random.Generator) -> pl.Series:
        answers = target.cast(pl.String).to_numpy().copy()
        wrong, classes = rng.random(len(answers)) < noise, np.unique(answers)
        answers[wrong] = classes[(np.searchsorted(classes, answers[wrong]) + 1) % len(classes)]
        return pl.Series([answer if words is None else str(rng.choice(words[answer])) for answer in answers])

    return values


def there(answer: str, share: float, value: str | None, otherwise: float = 0.0) -> Values:
    """A value (a number where `value` is None) in a share of the rows of one answer, and of the others."""

    def values(target: pl.Series, rng: np.random.Generator) -> pl.Series:
        filled = rng.random(len(target)) < np.where(target.cast(pl.String).to_numpy() == answer, share, otherwise)
        numbers = rng.normal(100, 15, len(target)).round(1)
        return pl.Series([(value or number) if fill else None for fill, number in zip(filled, numbers, strict=True)], strict=False)

    return values


def near(answer: str, spread: float) -> Values:
    """A number around 1 for one answer and around 0 for the others."""
    return lambda target, rng: pl.Series((target.cast(pl.String).to_numpy() == answer) + rng.normal(0, spread, len(target)))


def other_unit(target: pl.Series, rng: np.random.Generator) -> pl.Series:
    """A price in another currency, to the nearest hundred."""
    return pl.Series((target.to_numpy() * 0.87 / 100).round() * 100)


LEAKS = [
    leak("adult", "a copy with 2 % of mistakes", copied(0.02)),
    leak("adult", "the answer in a code of four letters", copied(0.0, {"<=50K": ["A", "C"], ">50K": ["B", "D"]})),
    leak("adult", "a number near 0 or 1, spread .2", near(">50K", 0.2)),
    leak("adult", "filled in four of five rows with >50K only", there(">50K", 0.8, "yes")),
    leak("bank_marketing", "a copy with 2 % of mistakes", copied(0.02)),
    leak("bank_marketing", "a date that is there only where y is yes", there("yes", 1.0, "2011-05-03")),
    leak("bank_marketing", "a number that is missing where y is yes", there("no", 1.0, None)),
    leak("titanic", "a copy in words with 2 % of mistakes", copied(0.02, {"0": ["lost"], "1": ["saved"]})),
    leak("titanic", "a boat for nine of ten who survived, and 2 % of the others", there("1", 0.9, "C7", 0.02)),
    leak("california_housing", "the price in another currency, rounded", other_unit),
]


# Broad classes: two digits under one name. Confusable classes: one digit under two names, by lot.


def merged(first: str, second: str) -> Plant:
    name = f"{first} or {second}"

    def put(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
        return frame.with_columns(pl.col("label").replace({first: name, second: name}))

    return Plant("broad-class", "mnist", f"{first} and {second} are one class", put, lambda finding: f'"{name}"' in finding.title)


def halved(digit: str) -> Plant:
    def put(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
        second = pl.Series(rng.random(frame.height) < 0.5)
        return frame.with_columns(pl.when((pl.col("label") == digit) & second).then(pl.lit(f"{digit}b")).otherwise("label").alias("label"))

    def found(finding: Finding) -> bool:
        return f'"{digit}"' in finding.title and f'"{digit}b"' in finding.title and finding.severity is not Severity.LOW

    return Plant("confusable-classes", "mnist", f"{digit} is two classes by lot", put, found)


PAIRS = ("0 1", "2 7", "3 8", "4 9", "5 6", "1 7", "3 5", "6 0", "8 2", "9 5")
PLANTS = [*LEAKS, *(merged(*pair.split()) for pair in PAIRS), *(halved(str(digit)) for digit in range(10))]
CLEAN = ("adult", "mnist")


def main() -> int:
    parser = parser_for(__doc__)
    parser.add_argument("--only", default=",".join(dict.fromkeys(plant.kind for plant in PLANTS)))
    parser.add_argument("--cache", type=Path, default=ROOT / ".bench" / "plants-cache", help="where vectors are kept")
    arguments = parser.parse_args()
    os.environ["LEADLINE_CACHE"] = str(arguments.cache)
    bench, kinds = Bench("plants"), arguments.only.split(",")
    findings(clean("mnist"), "mnist", "broad-class")  # encodes the digits
    for kind in kinds:
        found = list(planted(bench, kind))
        bench.at_least(f"{kind}: share of {len(found)} plants found", sum(found) / len(found), MUST)
    for data in CLEAN:
        seen = [finding for kind in kinds for finding in findings(clean(data), data, kind)]
        high = [finding.code for finding in seen if finding.severity is Severity.HIGH]
        bench.holds(f"clean {data}: none at high severity", ", ".join(high) or "none", not high)
    return bench.finish()


def planted(bench: Bench, kind: str) -> Iterator[bool]:
    for number, plant in enumerate(plant for plant in PLANTS if plant.kind == kind):
        began = time.process_time()
        frame = plant.put(clean(plant.data), np.random.default_rng([number, 5]))
        seen = findings(frame, plant.data, kind)
        hits = [finding for finding in seen if plant.found(finding)]
        severity = str(hits[0].severity) if hits else ""
        bench.record(
            state=f"{kind}, {plant.data}: {plant.what}", found="yes" if hits else "no", severity=severity, others=len(seen) - len(hits),
            cpu_seconds=round(time.process_time() - began, 2),
        )  # fmt: skip
        yield bool(hits)


def findings(frame: pl.DataFrame, data: str, kind: str) -> list[Finding]:
    report = check(frame, target=TARGETS[data], only=[kind], budget=BUDGET)
    return [finding for finding in report.findings if finding.code == kind]


if __name__ == "__main__":
    raise SystemExit(main())
