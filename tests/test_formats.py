"""Artefacts of every released format keep loading and keep answering as they did on the day they were written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from leadline.artifact.model import load

ARTIFACTS = Path(__file__).parent / "artifacts"


@pytest.mark.parametrize("folder", sorted(ARTIFACTS.iterdir()), ids=lambda path: path.name)
def test_an_old_artefact_answers_as_it_did(folder: Path) -> None:
    expected = json.loads((folder / "expected.json").read_text())
    predictions = load(folder / "model.leadline").predict(expected["rows"])
    for prediction, answer in zip(predictions, expected["answers"], strict=True):
        assert prediction["label"] == answer["label"]
        assert prediction["probabilities"] == pytest.approx(answer["probabilities"], abs=1e-9)
