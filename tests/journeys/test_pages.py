"""`--html` from the command line, on a table and on pictures: a page that somebody who cannot program can read from the top."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

import leadline as ll
from tests.journeys.test_cli import BLOCKED, leadline
from tests.test_reports import Elements, assert_self_contained


def page_of(path: Path) -> str:
    page = path.read_text(encoding="utf-8")
    assert_self_contained(page)
    assert len(page) < 2_000_000
    return page


def headings(page: str) -> list[str]:
    return re.findall(r"<h2>(.*?)</h2>", page)


@pytest.fixture(scope="module")
def table(people: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with people.csv, whose classes have hostile names, the model from it, and both pages."""
    folder = tmp_path_factory.mktemp("table")
    people.with_columns(answer=pl.col("answer").replace("yes", "<img src=x onerror=alert(1)>")).write_csv(folder / "people.csv")
    words = ("train", "people.csv", "--target", "answer", "--exclude", "height", "--budget", "10s", "--html", "trained.html", "--json")
    done = leadline(*words, cwd=folder)
    assert done.returncode == 0, done.stderr
    (folder / "report.json").write_text(done.stdout)
    return folder


def test_the_page_of_training_begins_with_the_answer_and_ends_with_what_to_type(table: Path) -> None:
    page, score = page_of(table / "trained.html"), json.loads((table / "report.json").read_text())["score"]["value"]
    found = headings(page)
    assert found[0] == "Who was tried" and found[-1] == "What to type next"
    assert "Where it is right and where it is not" in found and "Its worst mistakes" in found
    assert page.index(f"{score:.1%} right answers") < page.index("<h2>")
    assert page.count("<svg") == 6  # how sure, the race, the map, honesty, class by class, rows of each class
    assert all(attributes["aria-label"] for tag, attributes in Elements(page).found if tag == "svg")


def test_a_page_of_evaluation_needs_no_training_package_and_has_charts_where_matplotlib_is(table: Path) -> None:
    for name, blocked, charts in (("judged.html", BLOCKED, 4), ("bare.html", f"{BLOCKED} matplotlib", 0)):
        done = leadline("evaluate", "people.leadline", "people.csv", "--html", name, cwd=table, blocked=blocked)
        assert done.returncode == 0, done.stderr
        page = page_of(table / name)
        assert page.count("<svg") == charts
        assert "All measures" in headings(page) and "the model learned from these very data" in page.lower()


def test_pictures_are_shown_in_the_page_itself(stripes: Path, tmp_path: Path) -> None:
    for number, path in enumerate(sorted(stripes.rglob("*.png"))):
        wrong = number % 10 == 0  # some labels are wrong, so that there are mistakes to look at
        folder = tmp_path / "stripes" / ({"lying": "upright", "upright": "lying"}[path.parent.name] if wrong else path.parent.name)
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, folder)
    done = leadline("train", "stripes", "--budget", "15s", "--html", "pages/trained.html", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    page = page_of(tmp_path / "pages" / "trained.html")
    assert page.count('src="data:image/jpeg;base64,') == 12 and "in truth: upright" in page
    assert ll.load(tmp_path / "stripes.leadline").predict(tmp_path / "stripes")._repr_html_().count('src="data:image/jpeg;base64,') == 12
    assert leadline("read", "stripes", "--html", "read.html", cwd=tmp_path).returncode == 0
    assert page_of(tmp_path / "read.html").count('src="data:image/jpeg;base64,') == 8


def test_a_page_that_cannot_be_written_is_said_after_the_report(table: Path) -> None:
    (table / "file").write_text("")
    done = leadline("read", "people.csv", "--html", "file/page.html", cwd=table)
    assert done.returncode == 1 and "What we read" in done.stdout and "Traceback" not in done.stderr
