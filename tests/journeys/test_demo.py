"""The demo: what a first day looks like, on data that come along."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from leadline.errors import LeadlineError
from leadline.workflow.demo import demo


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return demo(tmp_path_factory.mktemp("demo") / "demo", learners=["pixels"], budget="5m")


def test_a_digit_that_was_kept_away_is_answered_and_what_is_none_is_refused(shown: Any) -> None:
    answers = {Path(record["source"]).stem: record for record in shown.asked}
    assert answers["a three"]["label"] == "3" and not answers["a three"]["refused"]
    assert all(answers[name]["refused"] and answers[name]["label"] is None for name in ("chequers", "a grey sky", "snow on a screen"))
    three = (shown.folder / "asked" / "a three.png").read_bytes()
    assert not list((shown.folder / "digits" / "3").glob("0003.png")) and three[:4] == b"\x89PNG"


def test_its_page_is_one_file_with_the_score(shown: Any) -> None:
    page = (shown.folder / "digits.html").read_text(encoding="utf-8")
    assert "digits: trained model" in page and "default-src 'none'" in page and "<script" not in page


def test_every_act_is_told_and_its_json_is_that_of_training(shown: Any) -> None:
    told = "\n".join(str(block) for block in shown.blocks())
    assert all(f"{number}. " in told for number in range(1, 6))
    assert shown.to_json()["learner"] == shown.trained.learner


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(LeadlineError, match="is there already"):
        demo(tmp_path)
