"""Every command and snippet of the README works as it stands there, on data of the kind that it names."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from tests.journeys.test_cli import leadline

README = (Path(__file__).parents[2] / "README.md").read_text()
COMMANDS = [line.split("#")[0].strip() for line in re.findall(r"^leadline .*$", README, re.M)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """photos/, new.jpg and customers.csv, as a reader of the README might have them."""
    folder, rng = tmp_path_factory.mktemp("readme"), np.random.default_rng(0)
    for number in range(40):
        name = "cat" if number % 2 else "dog"
        path = folder / "photos" / name / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = rng.normal((200, 120, 60) if number % 2 else (60, 120, 200), 25, (48, 48, 3))
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(path)
    Image.new("RGB", (48, 48), (200, 120, 60)).save(folder / "new.jpg")
    age, plan = rng.integers(18, 80, 300), rng.choice(["basic", "full"], 300)
    churn = np.where((age < 40) & (plan == "basic"), "yes", "no")
    pl.DataFrame({"age": age, "plan": plan, "churn": churn}).write_csv(folder / "customers.csv")
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands(place: Path, command: str) -> None:
    done = leadline(*command.split()[1:], cwd=place)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_python_snippet(place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(place)
    (snippet,) = re.findall(r"^```python\n(.*?)^```", README, re.S | re.M)
    exec(compile(snippet, "README.md", "exec"), {})
    assert "no" in capsys.readouterr().out


def test_the_tree_it_draws_is_the_tree() -> None:
    named = set(re.findall(r"^\| `(\w+)/` \|", README, re.M))
    package = Path(__file__).parents[2] / "src" / "leadline"
    assert named == {path.parent.name for path in package.glob("*/__init__.py")}


def test_every_verb_is_described() -> None:
    from typer.main import get_command

    from leadline.cli.main import app

    assert {command.split()[1] for command in re.findall(r"`(leadline \w+)", README)} == set(get_command(app).commands)  # type: ignore[attr-defined]
