"""What is beside the point and tells the answer is found and asked about; what rows are about is never called a serious problem."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image, ImageDraw

import leadline as ll
from leadline.findings import Finding, Severity

CODE = "spurious-cue"
PER_CLASS = 60


def cues(frame: pl.DataFrame, target: str = "label", **options: Any) -> list[Finding]:
    return list(ll.check(frame, target=target, only=[CODE], **options).findings)


def picture(seed: int, ink: float = 0.5, frame: int | None = None, kind: str = "PNG", size: tuple[int, int] = (30, 30)) -> dict[str, bytes]:
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray((rng.random((5, 5, 3)) * 2 * ink * 255).clip(0, 255).astype(np.uint8))
    image = coarse.resize(size, Image.Resampling.BICUBIC)
    if frame is not None:
        ImageDraw.Draw(image).rectangle((0, 0, size[0] - 1, size[1] - 1), outline=(frame,) * 3)
    stream = io.BytesIO()
    image.save(stream, kind)
    return {"bytes": stream.getvalue()}


def pictures(marked: dict[str, Any], plain: dict[str, Any] | None = None, share: float = 1.0) -> pl.DataFrame:
    """Three classes; `share` of the pictures of `odd` are made with `marked`, all others with `plain`."""
    labels = ["odd", "cat", "dog"] * PER_CLASS
    values = [picture(row, **(marked if label == "odd" and row < share * len(labels) else plain or {})) for row, label in enumerate(labels)]
    return pl.DataFrame({"image": values, "label": labels}).sample(fraction=1.0, shuffle=True, seed=0)


@pytest.mark.parametrize("grey", [0, 128, 200])
def test_a_frame_on_one_class_is_serious_and_its_rows_are_named(grey: int) -> None:
    frame = pictures({"frame": grey})
    found = [finding for finding in cues(frame) if "border of one colour" in finding.title]
    assert [finding.severity for finding in found] == [Severity.HIGH]
    assert found[0].title.endswith("give odd away?") and "100.0% of odd" in found[0].detail and "0.0% of the others" in found[0].detail
    assert sorted(found[0].rows) == np.flatnonzero((frame["label"] == "odd").to_numpy()).tolist()


def test_a_frame_on_some_of_a_class_is_found_too() -> None:
    found = [finding for finding in cues(pictures({"frame": 128}, share=0.6)) if "border of one colour" in finding.title]
    assert len(found) == 1 and found[0].severity == Severity.MEDIUM and len(found[0].rows) == 36


@pytest.mark.parametrize(("made", "words"), [({"kind": "JPEG"}, "file format"), ({"size": (40, 30)}, "width")])
def test_what_a_camera_or_a_collector_decides_is_serious(made: dict[str, Any], words: str) -> None:
    severe = [finding.title for finding in cues(pictures(made)) if finding.severity == Severity.HIGH]
    assert any(words in title for title in severe)


def test_how_much_ink_a_class_has_may_be_what_it_looks_like() -> None:
    found = cues(pictures({"ink": 0.2}))
    assert any("how bright a picture is give odd away" in finding.title for finding in found)
    assert all(finding.severity != Severity.HIGH for finding in found)


def test_pictures_that_were_all_made_alike_have_no_cues() -> None:
    assert cues(pictures({})) == []
    assert cues(pictures({"frame": 128}, {"frame": 128})) == []


def table(rows: int = 400) -> pl.DataFrame:
    rng = np.random.default_rng(5)
    labels = rng.choice(["yes", "no"], rows)
    return pl.DataFrame({"age": rng.normal(40, 9, rows), "city": rng.choice(["rome", "oslo"], rows), "label": labels})


def test_gaps_that_give_the_answer_away_are_asked_about() -> None:
    frame = table().with_columns(age=pl.when(pl.col("label") == "yes").then(None).otherwise(pl.col("age")))
    (found,) = cues(frame)
    assert found.severity == Severity.HIGH and "away whether age is missing?" in found.title and found.column == "age"


def test_gaps_by_chance_are_not() -> None:
    gaps = np.random.default_rng(1).random(400) < 0.3
    assert cues(table().with_columns(age=pl.when(pl.Series(gaps)).then(None).otherwise(pl.col("age")))) == []


def test_rows_sorted_by_their_answers_are_mentioned() -> None:
    (found,) = cues(table().sort("label"))
    assert found.severity == Severity.LOW and found.title == "do the rows stand in the order of label?"
    (found,) = cues(table().drop("label").with_columns(price=pl.Series(np.sort(np.random.default_rng(2).normal(size=400)))), "price")
    assert found.title == "do the rows stand in the order of price?"


def test_words_that_all_texts_of_a_class_begin_with_are_asked_about() -> None:
    rng, words = np.random.default_rng(3), ["red", "blue", "old", "new", "big", "small", "house", "tree"]
    labels = rng.choice(["good", "bad"], 300)
    said = [" ".join(rng.choice(words, 12)) for _ in labels]
    marked = [f"Review by Ann: {text}" if label == "good" else text for label, text in zip(labels, said, strict=True)]
    assert [finding for finding in cues(pl.DataFrame({"text": said, "label": labels})) if "words" in finding.title] == []
    found = [finding for finding in cues(pl.DataFrame({"text": marked, "label": labels})) if "words at the beginning" in finding.title]
    assert len(found) == 1 and found[0].severity == Severity.MEDIUM and '"Review' in found[0].detail


def test_without_one_answer_a_row_it_says_why_not() -> None:
    report = ll.check(table().drop("label"), only=[CODE])
    assert [one.code for one in report.unasked] == [CODE]
