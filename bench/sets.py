"""Are real data sets read right with no option but `--target`? Types, target, missing tokens, splits: what was expected and what was found.

    .venv/bin/python bench/sets.py [--only adult,mnist]

What is expected is written here by hand from `../shared/data/README.md` and from looking at the files.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness import DATA, Bench, leadline, parser_for, scratch_folder

ADULT_NUMBERS = ("age", "fnlwgt", "education-num", "capital-gain", "capital-loss", "hours-per-week")
ADULT_CATEGORIES = ("workclass", "education", "marital-status", "occupation", "relationship", "race", "sex", "native-country")
DIGITS = {str(digit) for digit in range(10)}


@dataclass(frozen=True)
class Expected:
    """`types` of the columns without the target; `missing` maps a column to how each token stands in it; `splits` only where given."""

    path: str
    target: str | None  # as said with --target; None where the data say it themselves
    task: str
    rows: int
    types: Mapping[str, str]
    found_target: str = ""
    classes: int | set[str] = 0
    missing: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    splits: Mapping[str, int] = field(default_factory=dict)
    looks_missing: frozenset[str] = frozenset()  # columns in which a word looks like a missing value and stays a category


def _adult(path: str, rows: int, workclass: int, occupation: int, country: int) -> Expected:
    types = {**_numbers(*ADULT_NUMBERS), **dict.fromkeys(ADULT_CATEGORIES, "category")}
    missing = {"workclass": {"?": workclass}, "occupation": {"?": occupation}, "native-country": {"?": country}}
    return Expected(path, "income", "classify", rows, types, classes={"<=50K", ">50K"}, missing=missing)


def _numbers(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "number")


IMAGE, TEXT = {"image": "image"}, {"text": "text"}
FASHION = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"}
CIFAR = {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"}
HOUSING = ("longitude", "latitude", "housing_median_age", "total_rooms", "total_bedrooms", "population", "households", "median_income")
BANK_NUMBERS = ("age", "balance", "day", "duration", "campaign", "pdays", "previous")
BANK_NAMES = ("job", "marital", "education", "default", "housing", "loan", "contact", "month", "poutcome")
UNKNOWN = frozenset({"job", "education", "contact", "poutcome"})

SETS = {
    "catsdogs": Expected("catsdogs", None, "classify", 1_500, IMAGE, "label", {"cat", "dog"}, splits={"train": 1_000, "test": 500}),
    "faces": Expected("faces", None, "classify", 400, IMAGE, "label", 40),
    "mnist": Expected("mnist", None, "classify", 70_000, IMAGE, "label", DIGITS, splits={"train": 60_000, "test": 10_000}),
    "fashion_mnist": Expected("fashion_mnist", None, "classify", 70_000, IMAGE, "label", FASHION, splits={"train": 60_000, "test": 10_000}),
    "cifar10": Expected("cifar10", None, "classify", 60_000, IMAGE, "label", CIFAR, splits={"train": 50_000, "test": 10_000}),
    "pneumoniamnist": Expected(
        "medical/pneumoniamnist", None, "classify", 5_030, IMAGE, "label", {"normal", "pneumonia"},
        splits={"train": 3_882, "valid": 524, "test": 624},
    ),
    "imdb": Expected("imdb", None, "classify", 50_000, TEXT, "label", {"neg", "pos"}, splits={"train": 25_000, "test": 25_000}),
    "banking77": Expected("intents/banking77", None, "classify", 13_083, TEXT, "category", 77, splits={"train": 10_003, "test": 3_080}),
    "clinc150": Expected(
        "intents/clinc150", None, "classify", 22_500, TEXT, "label", 150, splits={"train": 15_000, "valid": 3_000, "test": 4_500}
    ),
    "adult": _adult("tabular/adult.csv", 48_842, 2_799, 2_809, 857),
    "adult_train": _adult("tabular/adult_train.csv", 32_561, 1_836, 1_843, 583),
    "adult_test": _adult("tabular/adult_test.csv", 16_281, 963, 966, 274),
    "california_housing": Expected(
        "tabular/california_housing.csv", "median_house_value", "regress", 20_640, {**_numbers(*HOUSING), "ocean_proximity": "category"},
        missing={"total_bedrooms": {"": 207}},
    ),
    "bank_marketing": Expected(
        "tabular/bank_marketing.csv", "y", "classify", 45_211, {**_numbers(*BANK_NUMBERS), **dict.fromkeys(BANK_NAMES, "category")},
        classes={"no", "yes"}, looks_missing=UNKNOWN,
    ),
    "credit_card_fraud_sample": Expected(
        "tabular/credit_card_fraud_sample.csv", "Class", "classify", 10_019,
        _numbers("Time", *(f"V{number}" for number in range(1, 29)), "Amount"), classes={"0", "1"},
    ),
    "titanic": Expected(
        "tabular/titanic.csv", "Survived", "classify", 891,
        {**_numbers("PassengerId", "Pclass", "Age", "SibSp", "Parch", "Fare"), "Name": "text",
         **dict.fromkeys(("Sex", "Ticket", "Cabin", "Embarked"), "category")},
        classes={"0", "1"}, missing={"Age": {"": 177}, "Cabin": {"": 687}, "Embarked": {"": 2}},
    ),
}  # fmt: skip


def differences(expected: Expected, data: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """What was expected and what was found, where the two differ."""
    target = expected.found_target or expected.target
    columns = {column["name"]: column for column in data["columns"] if column["name"] != target}
    classes = set(data["classes"]) if isinstance(expected.classes, set) else len(data["classes"])
    tokens = {name: _tokens(column) for name, column in columns.items() if column["missing"]}
    splits = {name: rows for name, rows in data["splits"].items() if rows} if expected.splits else {}
    looks = {name for name, column in columns.items() if any("looks like a missing value" in remark for remark in column["remarks"])}
    pairs = {
        "rows": (expected.rows, data["rows"]),
        "types": (dict(expected.types), {name: column["type"] for name, column in columns.items()}),
        "target": (target, data["target"]),
        "task": (expected.task, data["task"]),
        "classes": (expected.classes, classes),
        "missing": ({name: dict(tokens) for name, tokens in expected.missing.items()}, tokens),
        "splits": (dict(expected.splits), splits),
        "looks missing": (sorted(expected.looks_missing), sorted(looks)),
    }
    return {name: (str(wanted), str(found)) for name, (wanted, found) in pairs.items() if wanted != found}


def _tokens(column: Mapping[str, Any]) -> dict[str, int]:
    """How often each token stands for a missing value; what has none is an empty cell."""
    written: dict[str, int] = column["missing_as"]
    empty = column["missing"] - sum(written.values())
    return {**written, **({"": empty} if empty else {})}


def measure(bench: Bench, name: str, expected: Expected) -> None:
    with scratch_folder("sets") as folder:
        options = ["--target", expected.target] if expected.target else []
        trial = leadline("read", DATA / expected.path, *options, "--json", "--quiet", cache=folder)
    data = trial.json()["data"]
    wrong = differences(expected, data)
    for what, (wanted, found) in wrong.items():
        print(f"{name}, {what}: expected {wanted}\n{' ' * len(name)}  {' ' * len(what)}  found    {found}")
    said = f"{data['rows']} rows; {data['target']}: {data['task']}; {len(data['classes'])} classes; {data['splits']}"
    wanted = f"{expected.rows} rows; {expected.found_target or expected.target}: {expected.task}; {dict(expected.splits)}"
    types = " ".join(f"{column['name']}:{column['type']}" for column in data["columns"])
    bench.record(state=name, expected=wanted, found=said, types=types, different=", ".join(wrong) or "none", **trial.row())
    bench.holds(f"{name} is read right", "as expected" if not wrong else f"other {', '.join(wrong)}", not wrong)


def main() -> int:
    parser = parser_for(__doc__)
    parser.add_argument("--only", default=",".join(SETS), help="which data sets")
    bench = Bench("sets")
    for name in parser.parse_args().only.split(","):
        measure(bench, name, SETS[name])
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
