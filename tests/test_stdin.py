"""Standard input: `-` means rows from a pipe, whatever of CSV, JSON lines or a JSON list they are."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import leadline as ll
from leadline.data.contract import Reading
from leadline.data.read import read_batches, read_table
from leadline.data.table import Table
from leadline.errors import LeadlineError
from leadline.files import remove_scratch

ROWS = [{"code": "02", "size": number} for number in range(25)]
CSV = "code,size\n" + "".join(f"{row['code']},{row['size']}\n" for row in ROWS)
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)
LIST = "\n  " + json.dumps(ROWS)


class Pipe(io.TextIOWrapper):
    """Standard input that holds these bytes and then ends."""

    def __init__(self, content: bytes | str) -> None:
        super().__init__(io.BufferedReader(io.BytesIO(content.encode() if isinstance(content, str) else content)))


def batches(monkeypatch: pytest.MonkeyPatch, content: bytes | str, rows: int = 10) -> list[Table]:
    monkeypatch.setattr(sys, "stdin", Pipe(content))
    return list(read_batches("-", Reading(["code"]), rows))


@pytest.mark.parametrize("content", [CSV, "\ufeff" + CSV, LINES, "\ufeff" + LINES, LIST])
def test_rows_come_in_their_order_with_their_numbers(monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    tables = batches(monkeypatch, content)
    assert len(tables) > 1
    assert pl.concat([table.frame.select("code", pl.col("size").cast(pl.Int64)) for table in tables]).to_dicts() == ROWS
    assert [table.first_row for table in tables] == [0, *pl.Series([table.frame.height for table in tables]).cum_sum()[:-1]]
    assert "stdin" in tables[-1].source(0) and "/" not in tables[-1].source(0)


@pytest.mark.parametrize("content", [CSV, LINES, LIST])
def test_all_rows_at_once(monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    monkeypatch.setattr(sys, "stdin", Pipe(content))
    table = read_table("-", Reading(["code"]))
    assert table.frame.height == 25 and table.origin == "standard input"
    assert table.frame["code"].to_list() == ["02"] * 25


def test_a_broken_row_is_a_row_without_values(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = LINES.splitlines()
    lines[13] = '{"code": '
    tables = batches(monkeypatch, "\n".join(lines))
    assert [table.first_row + row for table in tables for row in table.broken] == [13]


def test_a_header_without_rows_is_no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sum(table.frame.height for table in batches(monkeypatch, "code,size\n")) == 0


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02\x00" * 50, b"[1, 2", b"{{{{\n"])
def test_nothing_or_nonsense_is_said(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    with pytest.raises(LeadlineError):
        batches(monkeypatch, content)


def test_a_terminal_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Pipe("x"))
    monkeypatch.setattr(sys.stdin.buffer, "isatty", lambda: True, raising=False)
    with pytest.raises(LeadlineError, match="nothing is piped in"):
        list(read_batches("-", Reading(), 10))


def test_a_list_leaves_no_file_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    batches(monkeypatch, LIST)
    remove_scratch()
    assert list(tmp_path.iterdir()) == []


def test_the_command_predicts_from_a_pipe_as_from_a_file(people: pl.DataFrame, tmp_path: Path) -> None:
    model = ll.train(people, target="answer", learners=["linear"], budget="5m", out=tmp_path / "people").artifact
    people.write_csv(tmp_path / "people.csv")
    people.drop("answer").write_ndjson(tmp_path / "people.jsonl")
    answers = list[list[str]]()
    for name in ("people.csv", "people.jsonl"):
        words = [sys.executable, "-m", "leadline.cli.main", "predict", str(model), "-", "-o", f"{name}.parquet"]
        with (tmp_path / name).open("rb") as pipe:
            done = subprocess.run(words, cwd=tmp_path, stdin=pipe, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        answers.append(pl.read_parquet(tmp_path / f"{name}.parquet")["label"].to_list())
    assert answers[0] == answers[1] == ll.load(model).predict(people).to_table()["label"].to_list()
