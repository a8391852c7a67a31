"""What a column settled about how it is written is kept with the model: new rows are read the same way, even one alone."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import leadline as ll
from leadline.artifact.inputs import read_for
from leadline.artifact.manifest import MANIFEST, Manifest, read_manifest
from leadline.errors import LeadlineError
from leadline.tasks.choose import choose_task

CONTINENTAL = str.maketrans(",.", ".,")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Learned from prices such as 1.234,50 € and days such as 01/02/2024, which alone could mean something else."""
    folder, rng = tmp_path_factory.mktemp("settings"), np.random.default_rng(0)
    price, day = rng.uniform(900, 2_000, 300), rng.integers(1, 29, 300)
    rows = pl.DataFrame({
        "price": [f"{number:,.2f} €".translate(CONTINENTAL) for number in price],
        "day": [f"{number:02}/0{1 + number % 2}/2024" for number in day], "dear": np.where(price > 1_400, "yes", "no"),
    })  # fmt: skip
    rows.write_csv(folder / "rows.csv")
    return ll.train(folder / "rows.csv", target="dear", learners=["linear"], budget="1m", out=folder / "model.leadline").model


def test_settings_are_in_the_manifest_and_only_where_there_are_some(model: Any) -> None:
    settings = {column["name"]: column.get("settings") for column in model.manifest.columns}
    assert settings == {"price": {"decimal": ",", "units": ["€"]}, "day": {"order": "dmy"}}


def test_one_row_in_a_file_is_read_as_the_whole_column_was(model: Any, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("price,day\n1.950,01/02/2024\n")
    data = read_for(model.manifest, tmp_path / "one.csv")
    assert list(data.decode("price").values) == [1950.0]
    assert data.decode("day").values.to_list() == [datetime(2024, 2, 1)]
    assert model.predict(tmp_path / "one.csv")[0]["label"] == "yes"


@pytest.mark.parametrize("price", ["1.950", "1.950,00 €", 1950, 1950.0])
def test_one_row_at_hand_is_read_so_too(model: Any, price: Any) -> None:
    assert model.predict({"price": price, "day": "01/02/2024"})[0]["label"] == "yes"


def test_a_value_written_another_way_is_a_bad_row(model: Any) -> None:
    answer = model.predict({"price": "$1,950.00", "day": "01/02/2024"})[0]
    assert answer["label"] is None and '"$1,950.00" is not a number' in answer["error"] and "3,5 €" in answer["error"]


def changed(model: Any, folder: Path, column: dict[str, Any]) -> Manifest:
    value = model.manifest.to_json()
    value["columns"][0] = {"name": "price", **column}
    (folder / MANIFEST).write_text(json.dumps(value))
    return read_manifest(folder)


def test_a_manifest_without_settings_is_read_as_before_there_were_any(model: Any, tmp_path: Path) -> None:
    assert changed(model, tmp_path, {"type": "number"}).choices["price"].settings == {}


@pytest.mark.parametrize(
    "settings", [{"decimal": "x"}, {"nonsense": 1}, {"units": 5}, {"units": ["rm -rf"]}, [], "abc", 7, {"units": [[]]}]
)
def test_settings_that_train_never_wrote_are_refused(model: Any, tmp_path: Path, settings: Any) -> None:
    with pytest.raises(LeadlineError):
        changed(model, tmp_path, {"type": "number", "settings": settings})


def test_a_file_with_decimal_commas_is_learned_from_and_a_row_of_it_read_alike(tmp_path: Path) -> None:
    lines = [f"{row / 4:.2f}".replace(".", ",") + f";{1000 + row}"[:2] + f".{row:03}" for row in range(40)]
    (tmp_path / "rows.csv").write_text("part;whole;label\n" + "".join(f"{line};{'ab'[row % 2]}\n" for row, line in enumerate(lines)))
    data = ll.read(tmp_path / "rows.csv")
    assert {name: dict(choice.settings) for name, choice in data.columns.items()} == {"part": {"decimal": ","}, "whole": {"decimal": ","}}
    assert data.decode("whole").values[7] == 1007.0 and data.decode("part").values[7] == 1.75


def test_a_target_written_with_a_unit_is_a_number_to_predict() -> None:
    target = pl.Series("price", [f"${number:,}.50" for number in range(980, 1_030)])
    task, why = choose_task(target)
    assert (task.name, why) == ("regress", "the target holds numbers in dollars, 50 different ones")
    assert list(task.read_target(target).values) == [number + 0.5 for number in range(980, 1_030)]
    assert task.why_not(pl.Series("price", ["$1.50", "soon"])) == '"soon" is not a number'


def test_names_that_happen_to_be_few_numbers_are_classes() -> None:
    assert choose_task(pl.Series("grade", ["1", "2", "3"] * 20))[0].name == "classify"
