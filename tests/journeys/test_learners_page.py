"""Every command of docs/learners.md and docs/sure.md works as it stands there, and the first names every learner that there is."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from leadline.registry import BLENDS, LEARNERS
from tests.journeys.test_cli import leadline
from tests.make_networks import save_network

DOCS = Path(__file__).parents[2] / "docs"
PAGE, SURE = ((DOCS / name).read_text() for name in ("learners.md", "sure.md"))
COMMANDS = [line.strip() for block in re.findall(r"^```sh\n(.*?)^```", PAGE + SURE, re.S | re.M) for line in block.splitlines()]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the data that the page names, in each of which there is something to learn."""
    folder, rng = tmp_path_factory.mktemp("learners-page"), np.random.default_rng(0)
    age, plan = rng.integers(18, 80, 200), rng.choice(["basic", "full"], 200)
    churn = np.where((age < 40) & (plan == "basic"), "yes", "no")
    customers = pl.DataFrame({"age": age, "income": rng.normal(3_000, 500, 200).round(2), "plan": plan, "churn": churn})
    customers.write_csv(folder / "customers.csv")
    stars = np.clip(np.round(3 + age[:150] / 40 - 1.2 + rng.normal(0, 0.5, 150)), 1, 5).astype(int)
    pl.DataFrame({"age": age[:150], "stars": stars}).write_csv(folder / "reviews.csv")
    asked = {
        "card": ("my card was lost {} days ago", "please block card number {}"),
        "rate": ("what is the rate for {} euro", "how is {} exchanged"),
    }
    rows = [(text.format(n), intent) for intent, texts in asked.items() for n in range(30) for text in texts]
    pl.DataFrame(rows, schema=["question", "intent"], orient="row").write_csv(folder / "questions.csv")
    for number in range(60):
        stripes = np.kron(np.tile([40, 200], (28, 14)), np.ones((1, 1))) + rng.integers(0, 30, (28, 28))
        picture = (stripes if number % 2 else stripes.T).astype(np.uint8)
        path = folder / "photos" / ("down" if number % 2 else "across") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path)
    for name, kind in (("tiny-bert", "Bert"), ("tiny-resnet", "ResNet")):
        (folder / name).mkdir()
        save_network(kind, folder / name)
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_the_command_works(place: Path, command: str) -> None:
    program, *words = shlex.split(command)
    assert program == "leadline"
    done = leadline(*words, "-o", "model", "--budget", "5m", cwd=place)
    assert done.returncode == 0, done.stderr
    for name in words[words.index("--learners") + 1].split(",") if "--learners" in words else []:
        assert name in done.stdout


def test_the_page_names_everybody() -> None:
    named = set(re.findall(r"^## ([a-z0-9-]+)$", PAGE, re.M))
    assert named == {*LEARNERS, *BLENDS}
    assert set(re.findall(r"^\| `([a-z0-9-]+)` \|", PAGE, re.M)) == named
