"""docs/json.md names every key that the verbs print, and no other."""

from __future__ import annotations

import json
import re
from pathlib import Path

import polars as pl
import pytest

from tests.journeys.test_cli import leadline

PAGE = (Path(__file__).parents[2] / "docs" / "json.md").read_text()


def documented(verb: str) -> set[str]:
    """The names in the first column of the verb's table."""
    section = re.search(rf"^## {verb}$(.*?)(?=^## |\Z)", PAGE, re.S | re.M)
    assert section, verb
    rows = [line.split("|")[1] for line in section[1].splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


@pytest.mark.parametrize("target", ["answer", "height", "moods"])
def test_keys(people: pl.DataFrame, tmp_path: Path, target: str) -> None:
    if target == "moods":
        people = people.select("age", moods=pl.concat_str("colour", "answer", separator="|"))
    people.write_csv(tmp_path / "people.csv")
    verbs = {
        "read": ("read", "people.csv", "--target", target),
        "train": ("train", "people.csv", "--target", target, "--budget", "10s"),
        "evaluate": ("evaluate", "people.leadline", "people.csv"),
        "predict": ("predict", "people.leadline", "people.csv"),
        "doctor": ("doctor",),
    }
    for verb, words in verbs.items():
        done = leadline(*words, "--json", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert set(json.loads(done.stdout)) == documented(verb), verb


def test_keys_inside_the_data_that_were_read(people: pl.DataFrame, tmp_path: Path) -> None:
    people.write_csv(tmp_path / "people.csv")
    data = json.loads(leadline("read", "people.csv", "--json", cwd=tmp_path).stdout)["data"]
    section = re.search(r"^## read$(.*?)(?=^## )", PAGE, re.S | re.M)
    assert section
    named = set(re.findall(r"`(\w+)`", section[1]))
    assert set(data) | set(data["columns"][0]) <= named
