"""docs/extending.md: its column type is one file and one line, passes the contract, and is learned from and predicted with."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from leadline.registry import COLUMNS
from tests.contract import test_columns as contract

PAGE = (Path(__file__).parents[2] / "docs" / "extending.md").read_text()
CONTRACT = [function for name, function in vars(contract).items() if name.startswith("test_")]


def block(head: str) -> str:
    found = re.search(rf"^```{re.escape(head)}\n(.*?)^```", PAGE, re.S | re.M)
    assert found, f"no block {head}"
    return found[1]


@pytest.fixture
def duration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    (tmp_path / "duration.py").write_text(block("python duration.py"))
    monkeypatch.syspath_prepend(tmp_path)
    line = block("text").strip()
    name, place = re.findall(r'"([^"]+)"', line)
    monkeypatch.setitem(COLUMNS.places, name, place.replace("leadline.columns.", ""))
    yield importlib.import_module("duration").Duration()
    sys.modules.pop("duration")


@pytest.mark.parametrize("promise", CONTRACT, ids=lambda function: function.__name__)
def test_the_example_keeps_the_contract(duration: Any, promise: Any, tmp_path: Path) -> None:
    wanted = inspect.signature(promise).parameters
    promise(**{name: value for name, value in (("kind", duration), ("tmp_path", tmp_path), ("rows", 60)) if name in wanted})


def test_the_example_is_learned_from_and_predicted_with(
    duration: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    laps = duration.made_up(300, 0)
    seconds = duration.decode(laps, contract.Where("lap")).values
    medal = np.where(seconds < np.median(seconds), "gold", "none")
    pl.DataFrame({"lap": laps, "medal": medal}).write_csv(tmp_path / "races.csv")
    monkeypatch.chdir(tmp_path)
    exec(compile(block("python"), "extending.md", "exec"), {})
    assert capsys.readouterr().out.strip() == "gold"
