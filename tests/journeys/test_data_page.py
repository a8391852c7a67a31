"""Every command and snippet of docs/data.md works as it stands there, on data of the kind that it names."""

from __future__ import annotations

import gzip
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from tests.journeys.test_cli import leadline
from tests.test_database import SECRET, Server, server

PAGE = (Path(__file__).parents[2] / "docs" / "data.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", PAGE, re.S | re.M)
COMMANDS = [line.split("  #")[0].strip() for block in BLOCKS for line in block.splitlines()]
POSTGRES = "postgresql://reader:secret@localhost:5432/shop"

__all__ = ["server"]  # the fixture


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all that the page names, and the model that its last section asks."""
    folder = tmp_path_factory.mktemp("data-page")
    write_folders(folder)
    write_tables(folder)
    done = leadline("train", "customers.csv", "--target", "churn", "--budget", "10s", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def write_folders(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for place in ("photos", "photos-with-splits/train", "photos-with-splits/test"):
        for number in range(12):
            picture(folder / place / ("cat" if number % 2 else "dog") / f"{number}.jpg", rng)
    rows = ["file_name,title,price,sold"]
    for number in range(12):
        picture(folder / "shop" / f"{number}.jpg", rng)
        rows.append(f"{number}.jpg,a chair with {number} legs and some more,{number * 3.5},{'yes' if number % 2 else 'no'}")
    (folder / "shop" / "metadata.csv").write_text("\n".join(rows) + "\n")
    (folder / "reviews").mkdir()
    for part in ("train", "test"):
        reviews = pl.DataFrame({"text": [f"a review of {part} film number {n}, seen" for n in range(20)], "label": [0, 1] * 10})
        reviews.write_parquet(folder / "reviews" / f"{part}.parquet")
    shutil.make_archive(str(folder / "photos"), "zip", folder, "photos")


def picture(path: Path, rng: np.random.Generator) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rng.integers(0, 255, (24, 24, 3), dtype=np.uint8)).save(path)


def write_tables(folder: Path) -> None:
    rng = np.random.default_rng(1)
    age, plan = rng.integers(18, 80, 300), rng.choice(["basic", "full"], 300)
    churn = np.where((age < 40) & (plan == "basic"), "yes", "no")
    customers = pl.DataFrame({"age": age, "income": rng.normal(3_000, 500, 300).round(2), "plan": plan, "churn": churn})
    customers.write_csv(folder / "customers.csv")
    customers.write_csv(folder / "customers.tsv", separator="\t")
    customers.write_excel(folder / "customers.xlsx")
    customers.write_json(folder / "customers.json")
    customers.write_ndjson(folder / "customers.jsonl")
    customers.write_parquet(folder / "customers.parquet")
    customers.write_ipc(folder / "customers.arrow")
    (folder / "customers.csv.gz").write_bytes(gzip.compress((folder / "customers.csv").read_bytes()))
    connection = sqlite3.connect(folder / "customers.sqlite")
    with connection:
        connection.execute("CREATE TABLE customers (age INTEGER, income REAL, plan TEXT, churn TEXT)")
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?, ?)", customers.rows())
    connection.close()
    topics = rng.choice(["politics", "economy", "sports", "weather"], (200, 2))
    articles = pl.DataFrame({"text": [f"about {a} and also {b} today" for a, b in topics], "topics": [f"{a};{b}" for a, b in topics]})
    articles.write_csv(folder / "articles.csv")
    patients = pl.DataFrame({"patient": np.repeat(np.arange(60), 5), "heat": rng.normal(37, 1, 300).round(1)})
    patients.with_columns(ill=pl.col("heat") > 37.3).write_csv(folder / "visits.csv")
    days = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 10, 26), eager=True).alias("day")
    sales = pl.DataFrame({"day": days, "price": rng.normal(5, 1, len(days)).round(2)})
    sales.with_columns(sold_out=pl.col("price") < 4.8).write_csv(folder / "sales.csv")


@pytest.mark.parametrize("command", [command for command in COMMANDS if POSTGRES not in command])
def test_the_commands(place: Path, command: str) -> None:
    if command.startswith("cat "):
        line = command.replace("| leadline", f"| {sys.executable} -m leadline.cli.main")
        done = subprocess.run(["bash", "-c", line], cwd=place, capture_output=True, text=True)
    else:
        done = leadline(*words_of(command), cwd=place)
    assert done.returncode == 0, done.stderr + done.stdout
    assert done.stdout.strip()


def test_the_command_that_asks_a_database(place: Path, server: Server) -> None:
    server.run("CREATE TABLE customers (age int, plan text, churn text)")
    server.run("INSERT INTO customers SELECT n, 'basic', CASE WHEN n % 2 = 0 THEN 'no' ELSE 'yes' END FROM generate_series(1, 30) n")
    (command,) = [command for command in COMMANDS if POSTGRES in command]
    words = [sys.executable, "-m", "leadline.cli.main", *words_of(command.replace(POSTGRES, server.address()))]
    done = subprocess.run(words, cwd=place, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "customers" in done.stdout and SECRET not in done.stdout + done.stderr


def words_of(command: str) -> list[str]:
    return shlex.split(command)[1:]


def test_the_python_snippet(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    (snippet,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.S | re.M)
    exec(compile(snippet, "data.md", "exec"), {})


def test_every_kind_of_source_is_on_the_page() -> None:
    from leadline.registry import READERS

    for name in READERS:
        assert name == "folder" or name.strip(".:/") in PAGE, f"{name} is read and not described"


def test_every_column_type_is_on_the_page() -> None:
    from leadline.registry import COLUMNS

    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.M)) == set(COLUMNS)
