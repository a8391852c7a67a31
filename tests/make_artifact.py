"""Writes the small artefact of the current format that test_formats.py keeps: run once for every new format, never for an old one.

.venv/bin/python tests/make_artifact.py
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

import leadline as ll
from leadline.artifact.manifest import FORMAT_VERSION
from leadline.registry import LEARNERS

ROWS = [
    {"age": 20, "plan": "basic", "note": "please cancel soon"},
    {"age": 60, "plan": "full", "note": "all is well"},
    {"age": None, "plan": "other", "note": ""},
]


def main() -> None:
    rng = np.random.default_rng(0)
    age, plan = rng.integers(18, 80, 200), rng.choice(["basic", "full"], 200)
    note = rng.choice(["please cancel soon", "all is well", "a question about the bill"], 200)
    stays = np.where((age < 40) & (plan == "basic"), "no", "yes")
    frame = pl.DataFrame({"age": age, "plan": plan, "note": note, "stays": stays})
    for learner in ("linear", "trees"):
        folder = Path(__file__).parent / "artifacts" / f"format-{FORMAT_VERSION}-{learner}"
        for other in [name for name in LEARNERS if name not in ("baseline", learner)]:
            LEARNERS.places.pop(other)
        with tempfile.TemporaryDirectory() as scratch:
            model = ll.train(frame, target="stays", types={"note": "text"}, out=Path(scratch) / "model")
            shutil.copytree(model.artifact, folder / "model.leadline")
        answers = [{"label": p["label"], "probabilities": p["probabilities"]} for p in ll.load(folder / "model.leadline").predict(ROWS)]
        (folder / "expected.json").write_text(json.dumps({"rows": ROWS, "answers": answers}, indent=1))
        LEARNERS.places.update(PLACES)


PLACES = dict(LEARNERS.places)

if __name__ == "__main__":
    main()
