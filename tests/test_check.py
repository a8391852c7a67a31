"""`leadline check`: what is wrong with the data, worst first, for people, for programs and for pipelines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import leadline as ll
from leadline.errors import LeadlineError, UsageError
from leadline.findings import Severity
from leadline.registry import CHECKS
from leadline.workflow.check import at_least, codes


@pytest.fixture(scope="module")
def messy() -> pl.DataFrame:
    """200 rows with an id, gaps, a class in three spellings, a rare class, copies, and copies with different answers."""
    rng = np.random.default_rng(0)
    answer = np.array(["cat"] * 120 + ["dog"] * 66 + ["Cat"] * 6 + ["cat "] * 4 + ["bird"] * 4, dtype=object)
    frame = pl.DataFrame({
        "id": np.arange(200), "weight": rng.normal(5, 1, 200).round(3), "colour": rng.choice(["red", "blue"], 200),
        "gap": [None if row % 5 == 0 else float(row % 7) for row in range(200)], "answer": answer.tolist(),
    })  # fmt: skip
    return frame


def found(report: object, code: str) -> list[str]:
    return [finding.title for finding in report.findings if finding.code == code]  # type: ignore[attr-defined]


def test_it_lists_the_worst_first_and_says_what_each_costs(messy: pl.DataFrame) -> None:
    report = ll.check(messy, target="answer")
    order = [Severity.HIGH, Severity.MEDIUM, Severity.LOW]
    places = [order.index(finding.severity) for finding in report.findings]
    assert places == sorted(places) and report.worst() == Severity.HIGH
    assert '"Cat" (6)' in found(report, "label-spelling")[0]
    assert found(report, "id-like") == ["id is different in every row"]
    assert "20.0% of gap is missing" in found(report, "missing-values")
    told = report.to_json()
    assert told["quality"] == pytest.approx(100 - sum(part["points"] for part in told["quality_parts"]), abs=0.1)
    json.dumps(told)


def test_only_and_skip_choose_among_all_findings(messy: pl.DataFrame) -> None:
    only = ll.check(messy, target="answer", only=["id-like"])
    assert {finding.code for finding in only.findings} == {"id-like"}
    rest = ll.check(messy, target="answer", skip=["id-like", "label-spelling"])
    assert {"id-like", "label-spelling"}.isdisjoint(finding.code for finding in rest.findings)
    with pytest.raises(UsageError, match='there is no check "id-lke"'):
        ll.check(messy, target="answer", only=["id-lke"])


def test_without_answers_what_needs_none_is_asked_and_the_rest_is_said(messy: pl.DataFrame) -> None:
    report = ll.check(messy.drop("answer"))
    assert found(report, "id-like") and report.setup is None
    assert {"imbalance"} <= {one.code for one in report.unasked}
    assert report.to_json()["data"]["task"] is None


def test_clean_data_lose_nothing() -> None:
    rng = np.random.default_rng(1)
    clean = pl.DataFrame({"x": rng.normal(size=300), "y": rng.normal(size=300), "answer": rng.choice(["a", "b"], 300)})
    report = ll.check(clean, target="answer", only=[code for code in codes() if code in ("id-like", "imbalance", "missing-values")])
    assert not report.findings and report.quality == 100


def test_a_check_that_fails_is_said_and_the_others_go_on(messy: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object, view: object) -> None:
        raise LeadlineError("the sun was in its eyes")

    monkeypatch.setattr(CHECKS.get("id-like"), "run", broken)
    report = ll.check(messy, target="answer")
    assert ("id-like", "the sun was in its eyes") in [(one.code, one.why) for one in report.unasked]
    assert found(report, "label-spelling")


def test_every_row_gets_a_line(messy: pl.DataFrame, tmp_path: Path) -> None:
    ll.check(messy, target="answer", out=tmp_path / "found")
    rows = pl.read_parquet(tmp_path / "found" / "rows.parquet")
    assert rows.height == 200 and rows["row"].to_list() == list(range(200)) and rows["label"][0] == "cat"
    assert set(rows["split"]) <= {"train", "valid", "test"}


def test_the_page_shows_the_rows_that_are_meant(messy: pl.DataFrame) -> None:
    from leadline.reports import to_html

    page = to_html(ll.check(messy, target="answer"), "check")
    assert "label-spelling" in page and page.index("In one figure") < page.index("Mend first")


def test_severities_are_compared() -> None:
    assert at_least("medium") == {Severity.MEDIUM, Severity.HIGH} and at_least(None) == set()
    with pytest.raises(UsageError, match='"awful" is not a severity'):
        at_least("awful")


@pytest.mark.parametrize(("threshold", "code"), [("high", 3), ("low", 3), (None, 0)])
def test_a_pipeline_can_refuse_bad_data(messy: pl.DataFrame, tmp_path: Path, threshold: str | None, code: int) -> None:
    messy.write_csv(tmp_path / "messy.csv")
    options = ["--fail-on", threshold] if threshold else []
    command = [Path(sys.executable).with_name("leadline"), "check", "messy.csv", "--target", "answer", "--json", "--quiet", *options]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert json.loads(done.stdout)["findings"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["messy.csv"]


def test_the_page_on_checks_names_every_one() -> None:
    page = (Path(__file__).parents[1] / "docs" / "checks.md").read_text()
    assert not [code for code in codes() if f"`{code}`" not in page]


def test_of_very_many_rows_some_are_looked_at_and_copies_are_sought_among_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from leadline.reports import to_html

    monkeypatch.setattr("leadline.workflow.check_view.MOST_ROWS", 300)
    rng = np.random.default_rng(0)
    size = rng.normal(size=1_000).round(4)
    frame = pl.DataFrame({"size": size, "weight": rng.normal(size=1_000).round(4), "kind": np.where(size > 0, "big", "small")})
    frame = frame.with_columns(gap=pl.when(pl.int_range(1_000) % 4 == 0).then(None).otherwise(pl.col("size").round(1)))
    frame = pl.concat([frame, frame.tail(10)])
    for columns, target in ((frame, "kind"), (frame.drop("kind"), None)):
        report = ll.check(columns, target=target, budget="10s", skip=["too-few"], out=tmp_path / "out", edits=tmp_path / "edits.jsonl")
        rows = pl.read_parquet(tmp_path / "out" / "rows.parquet")
        assert len(rows) == 300 and (target is None or set(rows["label"]) == {"big", "small"})
        lines = [json.loads(line) for line in (tmp_path / "edits.jsonl").read_text().splitlines()]
        assert sum(line["edit"] == "drop row" for line in lines) == 10
        assert (len(report.data), report.num_rows) == (300, 1_010)
        assert [len(finding.rows) for finding in report.findings if finding.code == "exact-duplicate"] == [20]
        (gaps,) = found(report, "missing-values")
        assert gaps.endswith("of gap is missing") and 15 < float(gaps.split("%")[0]) < 35
        told = report.to_json()["data"]
        assert (told["rows"], told["looked_at"]) == (1_010, 300)
        assert "300 rows, drawn by lot, were looked at" in to_html(report, "check")
        assert all(len(values) == 300 for values in report.rows.values())


def test_as_long_as_it_takes_goes_with_no_budget(messy: pl.DataFrame) -> None:
    assert ll.check(messy, target="answer", only=["id-like"], thorough=True).findings
    with pytest.raises(UsageError, match="--thorough beside --budget 30s"):
        ll.check(messy, target="answer", thorough=True, budget="30s")
