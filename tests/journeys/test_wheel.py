"""The wheel: installed without extras in an empty environment, away from the checkout, it predicts."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import leadline as ll
from leadline.registry import LEARNERS

ROOT = Path(__file__).parents[2]
BLOCKED = ("torch", "transformers", "sklearn", "scipy", "pandas", "lightgbm", "openvino", "pyarrow", "onnx")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new virtual environment with nothing but our wheel and what it asks for."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT)]
    subprocess.run(wheel, check=True, cwd=folder)
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    python = folder / "venv" / "bin" / "python"
    (built,) = folder.glob("leadline-*.whl")
    install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "-c", str(ROOT / "constraints.txt"), str(built)]
    subprocess.run(install, check=True, cwd=folder)
    return python


def test_it_predicts_where_nothing_that_trains_is_installed(environment: Path, people: pl.DataFrame, tmp_path: Path) -> None:
    model = shutil.copytree(
        ll.train(people, target="answer", budget="20s", out=tmp_path / "here").artifact, tmp_path / "away" / "m.leadline"
    )
    people.write_csv(model.parent / "rows.csv")
    found = subprocess.run(
        [environment, "-c", f"from importlib.util import find_spec\nprint([name for name in {BLOCKED!r} if find_spec(name)])"],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert found.stdout.strip() == "[]"
    command = [environment.parent / "leadline", "predict", "m.leadline", "rows.csv", "--json"]
    done = subprocess.run(command, cwd=model.parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    theirs = json.loads(done.stdout)["predictions"]
    ours = ll.load(model).predict(people)
    assert [p["label"] for p in theirs] == [p["label"] for p in ours]
    assert [p["probabilities"]["yes"] for p in theirs] == pytest.approx([p["probabilities"]["yes"] for p in ours])


def test_pictures_and_texts_too(environment: Path, stripes: Path, tmp_path: Path) -> None:
    good, bad = "what a fine and lovely film it was", "a dull and empty film, a waste of time"
    texts = pl.DataFrame({"review": [f"{(good, bad)[i % 2]} {i}" for i in range(40)], "label": ["good", "bad"] * 20})
    (tmp_path / "one.txt").write_text("so fine and so lovely")
    picture = next((stripes / "lying").iterdir())
    asked = (
        (stripes, "probe", picture, "lying"),
        (texts, "linear", tmp_path / "one.txt", "good"),
        (texts, "static", tmp_path / "one.txt", "good"),
        (texts, "probe", tmp_path / "one.txt", "good"),
    )
    for number, (data, learner, question, answer) in enumerate(asked):
        model = shutil.copytree(_only(data, learner, tmp_path / f"here{number}"), tmp_path / f"away{number}.leadline")
        command = [environment.parent / "leadline", "predict", str(model), str(question), "--json"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["predictions"][0]["label"] == answer


def _only(data: Any, learner: str, out: Path) -> Path:
    """A model by this learner and no other but the baseline."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in LEARNERS if name not in (learner, "baseline")]:
            patch.delitem(LEARNERS.places, name)
        return Path(ll.train(data, target="label" if isinstance(data, pl.DataFrame) else None, out=out).artifact)
