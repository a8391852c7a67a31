"""The close look at rows that judged: charts and mistakes for each task, from answers made up here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

import leadline as ll
from leadline.data.table import Data
from leadline.evaluate.intervals import Interval
from leadline.evaluate.reliability import reliability
from leadline.reports import Card, Chart, Gallery, Grid, Paragraph
from leadline.reports.drawings import Cloud, HeatMap, Marks, Reliability
from leadline.tasks.classify import Classify
from leadline.tasks.contract import Task
from leadline.tasks.regress import Regress
from leadline.tasks.tag import Tag
from leadline.workflow.looking import CloseLook, class_chart, how_sure


def rows(number: int) -> Data:
    texts = [f"this is the text of example number {row}" for row in range(number)]
    return ll.read(pl.DataFrame({"text": texts, "size": np.arange(number) / 2, "answer": ["x", "y"] * (number // 2)}), target="answer")


def look(task: Task, answers: np.ndarray, truth: np.ndarray, classes: tuple[str, ...] = ()) -> CloseLook:
    return CloseLook(task, next(iter(task.metrics.values())), classes, rows(len(truth)), answers, truth)


def drawn(found: CloseLook) -> list[type]:
    return [type(block.drawing) for block in found.blocks() if isinstance(block, Chart)]


def cards(found: CloseLook) -> list[Card]:
    return [card for block in found.blocks() if isinstance(block, Gallery) for card in block.cards]


def certain(truth: np.ndarray, classes: int, sure: float = 0.9) -> np.ndarray:
    return np.where(np.eye(classes)[truth] == 1, sure, (1 - sure) / (classes - 1))


def test_classes_have_a_map_honesty_bars_and_the_surest_mistakes_first() -> None:
    truth = np.arange(40) % 2
    answers = certain(truth, 2)
    answers[[3, 8]] = [[0.8, 0.2], [0.05, 0.95]]
    found = look(Classify(), answers, truth, ("cat", "dog"))
    assert drawn(found) == [HeatMap, Reliability, Marks]
    first, second = cards(found)
    assert first.title == "said: dog" and first.lines[0] == "in truth: cat" and "95.0%" in first.lines[1]
    assert second.title == "said: cat"
    assert dict(first.facts) == {"text": "this is the text of example number 8", "size": "4"}
    assert found.baseline == 0.5


def test_a_cell_of_any_length_leaves_the_page_small() -> None:
    frame = pl.DataFrame({"blob": [f"{row}" * 300_000 for row in range(10)], "answer": ["x", "y"] * 5})
    truth = np.arange(10) % 2
    data = ll.read(frame, target="answer", types={"blob": "category"})
    found = CloseLook(Classify(), Classify.metrics["accuracy"], ("x", "y"), data, certain(1 - truth, 2), truth)
    assert len(cards(found)) == 10 and all(len(value) <= 400 for card in cards(found) for _, value in card.facts)


def test_of_many_classes_the_pairs_that_are_confused_are_listed() -> None:
    truth = np.arange(400) % 20
    answers = certain(truth, 20)
    answers[truth == 7] = certain(np.full(20, 8), 20)
    found = look(Classify(), answers, truth, tuple(f"class {number}" for number in range(20)))
    (grid,) = [block for block in found.blocks() if isinstance(block, Grid)]
    assert list(grid.rows) == [("class 7", "class 8", "20 of 20")]
    assert drawn(found) == [Reliability, Marks]


def test_numbers_have_clouds_and_the_farthest_off_first() -> None:
    truth = np.linspace(0, 100_000, 60)
    answers = truth + 1
    answers[5] = 90_000
    found = look(Regress(), answers, truth)
    assert drawn(found) == [Cloud, Cloud]
    assert cards(found)[0].title == "said: 90000" and len(cards(found)) == 12
    assert "off by less than 1" in next(block.says for block in found.blocks() if isinstance(block, Chart))


def test_labels_have_honesty_bars_and_mistakes() -> None:
    truth = np.array([[1, 0], [0, 1], [0, 0], [1, 1]], dtype=np.uint8)
    answers = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.1], [0.9, 0.6]])
    found = look(Tag(), answers, truth, ("rain", "wind"))
    assert drawn(found) == [Reliability, Marks]
    (only,) = cards(found)
    assert only.title == "said: rain" and only.lines[0] == "in truth: no label"


def test_where_all_is_right_it_says_so() -> None:
    truth = np.arange(10) % 2
    found = look(Classify(), certain(truth, 2), truth, ("cat", "dog"))
    assert any(isinstance(block, Paragraph) and "every answer was right" in block.text for block in found.blocks())


def test_the_score_stands_beside_not_looking() -> None:
    metric = Classify.metrics["log_loss"]
    _, expected, chart = how_sure(metric, Interval(0.31, 0.25, 0.38, 120), 0.69, "Not looking: {}.")
    assert isinstance(expected, Paragraph) and "between 0.25 and 0.38" in expected.text and "120 rows" in expected.text
    assert isinstance(chart, Chart) and isinstance(chart.drawing, Marks)
    assert "the further left the better" in chart.drawing.axis and "Not looking: 0.69." in chart.says


def test_of_very_many_classes_the_largest_and_the_smallest_are_drawn() -> None:
    chart = class_chart({f"class {number}": 1_000 - number for number in range(150)})
    assert isinstance(chart.drawing, Marks)
    names = [mark.name for mark in chart.drawing.marks]
    assert names[0] == "class 0" and names[-1] == "class 149" and len(names) == 20 and "130" in chart.says


def test_reliability_counts_every_statement_once_and_brackets_the_share_that_was_right() -> None:
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.3, 1, 500)
    sure[0] = 1.0
    bins = reliability(sure, (rng.uniform(size=500) < sure).astype(float))
    assert sum(found.count for found in bins) == 500
    assert all(found.low <= found.right <= found.high for found in bins)
    assert [found.said for found in bins] == sorted(found.said for found in bins)


@pytest.mark.parametrize(("size", "expected"), [((400, 300), (288, 216)), ((8, 8), (144, 144)), ((1, 2_000), (1, 288))])
def test_thumbnails_are_small_and_of_few_pixels_large_enough_to_see(
    size: tuple[int, int], expected: tuple[int, int], tmp_path: Path
) -> None:
    Image.new("RGB", size, "red").save(tmp_path / "one.png")
    content = _thumbnail(tmp_path / "one.png")
    assert content is not None
    (tmp_path / "thumbnail.jpg").write_bytes(content)
    with Image.open(tmp_path / "thumbnail.jpg") as made:
        assert made.size == expected and made.format == "JPEG"


def test_thumbnails_are_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held turned to the right
    Image.new("RGB", (100, 60)).save(tmp_path / "turned.jpg", exif=exif)
    content = _thumbnail(tmp_path / "turned.jpg")
    assert content is not None
    (tmp_path / "thumbnail.jpg").write_bytes(content)
    with Image.open(tmp_path / "thumbnail.jpg") as made:
        assert made.width < made.height


def test_what_cannot_be_opened_has_no_thumbnail(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    assert _thumbnail(tmp_path / "broken.png") is None
    assert rows(4).thumbnail(0) is None


def _thumbnail(path: Path) -> bytes | None:
    return ll.read(pl.DataFrame({"file": [str(path)] * 4, "answer": ["x", "y"] * 2}), target="answer", types={"file": "image"}).thumbnail(1)


def test_data_show_themselves_in_a_notebook() -> None:
    shown = rows(10)._repr_html_()
    assert "10 rows" in shown and "the target is &quot;answer&quot;" in shown and "<td>size</td>" in shown
