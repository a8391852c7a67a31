"""`leadline read`: one screen and one JSON object that say what is in the data and what train would make of it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from leadline.columns.language import in_words, languages_of
from leadline.errors import LeadlineError
from leadline.reports import print_report, to_html
from leadline.workflow.read import overview
from leadline.workflow.reading_report import ReadReport
from tests.journeys.test_cli import leadline

GERMAN = [
    "Der Hund läuft über die Wiese und bellt die Katze an.", "Ich hätte gerne ein Zimmer mit Blick auf den See.",
    "Das Essen war leider kalt und der Kellner unfreundlich.", "Morgen wird es regnen, also nimm einen Schirm mit.",
    "Wir haben uns sehr über den schnellen Versand gefreut.",
]  # fmt: skip
ENGLISH = [
    "The dog runs across the meadow and barks at the cat.", "I would like a room with a view of the lake, please.",
    "The food was cold and the waiter was rather unfriendly.", "It is going to rain tomorrow, so bring an umbrella.",
    "We were very pleased with how quickly it was delivered.",
]  # fmt: skip


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")


def screen(report: ReadReport) -> str:
    stream = io.StringIO()
    print_report(report, stream)
    return stream.getvalue()


def mixed(rows: int = 60) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    return pl.DataFrame({
        "customer_id": range(rows), "price": [f"€{i:,}.50" for i in range(990, 990 + rows)],
        "seen": [f"{1 + i % 28:02}/{1 + i % 12:02}/2024" for i in range(rows)], "job": rng.choice(["nurse", "smith", "unknown", "?"], rows),
        "grade": rng.integers(1, 5, rows), "always": ["same"] * rows, "answer": rng.choice(["yes", "no"], rows),
    })  # fmt: skip


def test_the_screen_says_types_with_reasons_missing_values_target_splits_and_what_is_next() -> None:
    said = screen(overview(mixed(), target="answer"))
    for part in (
        "60 rows; columns: 3 number, 1 datetime, 1 category, and the target answer", "holds whole numbers", "holds numbers in euros",
        "could also be category", "as ?", "customer_id: every value is different, as in an id", "2024-01-01 to 2024-12-",
        '"unknown" looks like', 'Column "always" holds the same value in every row', "The task is to classify", "yes",
        "Splits: 60 train", "leadline.train(data, target='answer')",
    ):  # fmt: skip
        assert " ".join(part.split()) in " ".join(said.split()), part


def test_day_or_month_first_settled_by_the_column_is_in_the_reason() -> None:
    report = overview(mixed(), target="answer")
    assert report.data.columns["seen"].settings == {"order": "dmy"}


def test_without_a_certain_target_the_candidates_are_named(tmp_path: Path) -> None:
    mixed().write_csv(tmp_path / "rows.csv")
    report = overview(str(tmp_path / "rows.csv"))
    assert next(iter(report.candidates)) == "answer"
    assert "not certain" in screen(report)
    assert report.to_json()["next"] == f"leadline read {tmp_path / 'rows.csv'} --target answer"


def test_what_cannot_be_learned_from_is_said_and_the_rest_is_shown() -> None:
    report = overview(mixed().with_columns(answer=pl.lit("yes")), target="answer")
    assert report.problem is not None and "same answer" in report.problem.saw
    assert "cannot be learned from" in screen(report) and "holds whole numbers" in screen(report)
    assert report.to_json()["problem"]["saw"] == report.problem.saw


def test_json_has_every_column_and_value_of_the_answer() -> None:
    found = overview(mixed(), target="answer").to_json()
    data = found["data"]
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert data["rows"] == 60 and data["task"] == "classify" and data["target"] == "answer"
    assert sum(data["classes"].values()) == 60 and data["splits"] == {"train": 60, "valid": 0, "test": 0}
    job = next(column for column in data["columns"] if column["name"] == "job")
    assert job["missing_as"] == {"?": job["missing"]} and job["examples"] and job["values"]
    assert [finding["code"] for finding in found["findings"]][:1] == ["constant-column"]


def test_numbers_to_predict_are_shown_with_their_range() -> None:
    report = overview(mixed().with_columns(answer=pl.int_range(60) / 7), target="answer")
    assert "to regress" in screen(report) and "0 to 8.429, median 4.214" in screen(report)
    assert report.to_json()["data"]["classes"] == {}


def test_a_split_by_time_is_offered_where_there_are_dates() -> None:
    assert "--time seen" in screen(overview(mixed(), target="answer"))
    assert "judged on the latest" not in screen(overview(mixed(), target="answer", time="seen"))


def test_wide_tables_are_cut_and_say_so() -> None:
    wide = pl.DataFrame({f"x{number}": np.random.default_rng(number).normal(size=40) for number in range(300)})
    report = overview(wide.with_columns(answer=pl.int_range(40) % 2), target="answer")
    said = screen(report)
    assert "and 270 more columns (270 number)" in said and said.count("\n") < 70
    assert len(report.to_json()["data"]["columns"]) == 300


def test_many_classes_are_cut_and_say_so() -> None:
    names = pl.Series([f"class {number % 100}" for number in range(400)])
    said = screen(overview(mixed(400).with_columns(answer=names), target="answer"))
    assert "89 more" in said and said.count("class ") < 20


def test_the_next_command_asks_what_was_asked(tmp_path: Path) -> None:
    mixed().write_csv(tmp_path / "my rows.csv")
    report = overview(
        str(tmp_path / "my rows.csv"), target="answer", types={"grade": "category"}, exclude=["customer_id"], group="job"
    )  # fmt: skip
    line = report.to_json()["next"]
    assert line.startswith("leadline train '") and "--type grade=category" in line
    assert "--exclude customer_id" in line and "--group job" in line and "--target answer" in line


@pytest.mark.parametrize("width", [80, 120])
def test_nothing_is_wider_than_the_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = screen(overview(mixed(), target="answer")).splitlines()
    assert max(len(line.rstrip()) for line in lines if "leadline" not in line) <= width


def test_it_is_a_page_too() -> None:
    assert "<table>" in to_html(overview(mixed(), target="answer"), "rows")


def test_at_the_command_line(tmp_path: Path) -> None:
    mixed().write_csv(tmp_path / "rows.csv")
    done = leadline("read", "rows.csv", "--target", "answer", "--html", "rows.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "What we read: rows.csv" in done.stdout and "leadline train rows.csv --target answer" in done.stdout
    assert "<title>rows.csv" in (tmp_path / "rows.html").read_text()
    assert leadline("read", "rows.csv", "--target", "anser", cwd=tmp_path).returncode == 1


def test_a_source_that_cannot_be_read_is_an_error() -> None:
    with pytest.raises(LeadlineError, match="not there"):
        overview("nowhere.csv")


def said_of(texts: list[str]) -> str:
    rows = pl.DataFrame({"says": [f"{text} {row}" for row in range(20) for text in texts]})
    report = overview(rows.with_columns(answer=pl.int_range(pl.len()) % 2), target="answer")
    return " ".join(remark for column in report.to_json()["data"]["columns"] for remark in column["remarks"])


def test_the_language_of_texts_is_said() -> None:
    assert "is in English" in said_of(ENGLISH)
    assert "is in German, and the pretrained encoder reads English" in said_of(GERMAN)
    assert "is in German and English" in said_of([*GERMAN, *ENGLISH[:4]])


def test_texts_longer_than_the_encoder_reads_are_said() -> None:
    assert "about 20% are longer than the 256 tokens" in said_of([*ENGLISH[:4], " ".join(ENGLISH * 6)])


@pytest.mark.parametrize("texts", [[], ["ok", "fine"] * 30, ["x83-11", "y99-42 zz"] * 30, [None, None], ["12345 678"] * 20])
def test_what_is_too_short_to_tell_is_left_open(texts: list[Any]) -> None:
    assert languages_of(pl.Series(texts, dtype=pl.String)) == ()


def test_a_language_without_a_name_here_is_called_by_its_code() -> None:
    assert in_words(["en", "xx"]) == 'English and the language "xx"'


REAL = {
    "tabular/titanic.csv": ("Survived", "classify", 891, {"0": 549, "1": 342}),
    "tabular/adult.csv": ("income", "classify", 48_842, {"<=50K": 37_155, ">50K": 11_687}),
    "tabular/bank_marketing.csv": (None, "classify", 45_211, {"no": 39_922, "yes": 5_289}),
    "tabular/california_housing.csv": ("median_house_value", "regress", 20_640, {}),
}


@pytest.mark.parametrize("name", REAL)
def test_real_data(name: str, shared: Callable[[str], Path]) -> None:
    target, task, rows, classes = REAL[name]
    data = overview(str(shared(name)), target=target).to_json()["data"]
    assert (data["rows"], data["task"], data["classes"]) == (rows, task, classes)


def test_missing_tokens_of_real_data(shared: Callable[[str], Path]) -> None:
    data = overview(str(shared("tabular/adult.csv")), target="income").to_json()["data"]
    assert {column["name"]: column["missing"] for column in data["columns"] if column["missing"]} == {
        "workclass": 2_799, "occupation": 2_809, "native-country": 857,
    }  # fmt: skip
    bank = overview(str(shared("tabular/bank_marketing.csv"))).to_json()["data"]
    unknown = [column["name"] for column in bank["columns"] if any('"unknown" looks like' in said for said in column["remarks"])]
    assert unknown == ["job", "education", "contact", "poutcome"]


def test_pictures_that_cannot_be_read_are_named(stripes: Path, tmp_path: Path) -> None:
    for number, path in enumerate(sorted(stripes.rglob("*.png"))[:240:12]):
        (tmp_path / path.parent.name).mkdir(exist_ok=True)
        (tmp_path / path.parent.name / path.name).write_bytes(b"" if number == 3 else path.read_bytes())
    (finding,) = [finding for finding in overview(tmp_path).findings if finding.code == "corrupt-file"]
    assert finding.title.startswith("1 picture cannot be read") and len(finding.rows) == 1
