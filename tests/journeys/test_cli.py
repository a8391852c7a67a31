"""The command line as a user meets it: screens, JSON, exit codes, and what it must never do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

# Put before everything else in the child: no socket may connect, and training packages can be taken away.
GUARD = """
import os, sys, socket
def refuse(*arguments, **settings):
    raise AssertionError("a socket was opened")
socket.socket.connect = socket.socket.connect_ex = refuse
socket.getaddrinfo = refuse
for name in os.environ.get("BLOCKED", "").split():
    sys.modules[name] = None
"""
BLOCKED = "torch transformers sklearn scipy pandas lightgbm openvino pyarrow onnx"


def leadline(*words: str, cwd: Path, home: Path | None = None, blocked: str = "") -> subprocess.CompletedProcess[str]:
    code = GUARD + "from leadline.cli.main import run\nsys.argv = ['leadline', *sys.argv[1:]]\nrun()"
    environment = {**os.environ, "BLOCKED": blocked, "COLUMNS": "120", **({"HOME": str(home)} if home else {})}
    return subprocess.run([sys.executable, "-W", "error", "-c", code, *words], cwd=cwd, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def place(people: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with people.csv and the model trained from it by the command line."""
    folder = tmp_path_factory.mktemp("place")
    people.write_csv(folder / "people.csv")
    done = leadline("train", "people.csv", "--target", "answer", "--budget", "20s", cwd=folder)
    assert done.returncode == 0, done.stderr
    (folder / "screen.txt").write_text(done.stdout)
    return folder


def test_the_last_screen_says_how_good_it_is_and_what_to_type_next(place: Path) -> None:
    screen = (place / "screen.txt").read_text()
    assert "How good it is" in screen and "95% interval" in screen
    command = next(line for line in screen.splitlines() if "leadline predict" in line).split("#")[0].split()
    done = leadline(*command[1:], cwd=place)
    assert done.returncode == 0, done.stderr
    assert "yes" in done.stdout


def test_json_is_exactly_one_object_on_stdout(place: Path) -> None:
    for words in (("predict", "people.leadline", "people.csv"), ("evaluate", "people.leadline", "people.csv"), ("doctor",)):
        done = leadline(*words, "--json", cwd=place)
        assert done.returncode == 0, done.stderr
        assert isinstance(json.loads(done.stdout), dict)


def test_the_evaluation_holds_the_public_keys_and_warns_on_training_rows(place: Path) -> None:
    record = json.loads(leadline("evaluate", "people.leadline", "people.csv", "--json", cwd=place).stdout)
    assert {"metrics", "per_class", "confusion", "calibration", "slices"} <= set(record)
    assert record["findings"][0]["code"] == "split-leak"


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl"])
def test_predictions_go_to_a_file(place: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"answers.{suffix}"
    assert leadline("predict", "people.leadline", "people.csv", "-o", str(out), cwd=place).returncode == 0
    table = {"csv": pl.read_csv, "parquet": pl.read_parquet, "jsonl": pl.read_ndjson}[suffix](out)
    assert table.height == 400 and "label" in table.columns


def test_predicting_needs_no_training_package(place: Path) -> None:
    done = leadline("predict", "people.leadline", "people.csv", "--json", cwd=place, blocked=BLOCKED)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["num_bad"] == 0


def test_the_report_as_a_page_needs_nothing_from_outside(place: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert leadline("evaluate", "people.leadline", "people.csv", "--html", str(page), cwd=place).returncode == 0
    text = page.read_text()
    assert "<table>" in text and "://" not in text


def test_errors_are_one_screen_with_exit_code_1(place: Path) -> None:
    done = leadline("train", "peple.csv", cwd=place)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr and done.stdout == ""
    assert "peple.csv" in done.stderr and "people.csv" in done.stderr
    assert len(done.stderr.splitlines()) < 15


def test_an_error_in_json_is_json(place: Path) -> None:
    done = leadline("predict", "nowhere.leadline", "people.csv", "--json", cwd=place)
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["saw"]


def test_wrong_usage_has_exit_code_2(place: Path) -> None:
    assert leadline("train", cwd=place).returncode == 2
    assert leadline("tran", "x", cwd=place).returncode == 2


def test_debug_shows_the_traceback(place: Path) -> None:
    assert "Traceback" in leadline("--debug", "train", "nowhere", cwd=place).stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_training_leaves_no_half_model(people: pl.DataFrame, tmp_path: Path, number: int, code: int) -> None:
    pl.concat([people] * 300).write_csv(tmp_path / "many.csv")
    words = [sys.executable, "-m", "leadline.cli.main", "train", "many.csv", "--target", "answer"]
    child = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    assert child.stderr is not None
    while "learning" not in (line := child.stderr.readline()):
        assert line or child.poll() is None
    time.sleep(0.2)
    child.send_signal(number)
    child.communicate()
    assert child.returncode == code
    assert not (tmp_path / "many.leadline").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_pictures_leave_nothing_in_home_and_open_no_socket(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    for number in range(24):
        path = tmp_path / "pics" / ("light" if number % 2 else "dark") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (40, 40), 200 + number if number % 2 else number).save(path)
    done = leadline("train", "pics", "--json", cwd=tmp_path, home=home)
    assert done.returncode == 0, done.stderr
    assert leadline("predict", "pics.leadline", "pics/dark/0.png", cwd=tmp_path, home=home, blocked=BLOCKED).returncode == 0
    assert list(home.rglob("*")) == []
