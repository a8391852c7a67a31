"""Every snippet of docs/sklearn.md works as it stands there."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from leadline.sklearn import Classifier

PAGE = (Path(__file__).parents[2] / "docs" / "sklearn.md").read_text()
SNIPPETS = re.findall(r"^```python\n(.*?)^```", PAGE, re.S | re.M)


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_the_snippets(snippet: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(snippet, "sklearn.md", "exec"), {})


def test_every_parameter_and_attribute_is_on_the_page() -> None:
    described = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.M))
    assert set(inspect.signature(Classifier).parameters) <= described
    fitted = set(vars(Classifier(learners=["baseline"]).fit([[1], [2], [3], [4]], [0, 1, 0, 1])))
    assert {name for name in fitted if name.endswith("_")} - {"classes_", "n_features_in_"} <= described
