"""Pictures on which nothing can be seen are named, the worst first; pictures that are dark or small by nature are left alone."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from PIL import Image, ImageEnhance, ImageFilter

import leadline as ll
from leadline.check.picture_facts import picture_facts
from leadline.check.sharpness import blur
from leadline.columns.picture import Picture, Pictures
from leadline.encoders.store import Store
from leadline.findings import Finding, Severity

CODE = "low-quality-picture"
PLANTED = (7, 23, 41)


def photograph(seed: int, side: int = 160) -> Image.Image:
    """Coloured patches with sharp edges and some grain."""
    rng = np.random.default_rng(seed)
    patches = Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)).resize((side, side), Image.Resampling.NEAREST)
    grain = rng.normal(0, 12, (side, side, 1))
    return Image.fromarray((np.asarray(patches) + grain).clip(0, 255).astype(np.uint8))


def content(image: Image.Image) -> dict[str, bytes]:
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return {"bytes": stream.getvalue()}


def found_in(images: list[Image.Image]) -> list[Finding]:
    frame = pl.DataFrame({"image": [content(image) for image in images], "label": ["a", "b"] * (len(images) // 2)})
    return list(ll.check(frame, only=[CODE]).findings)


SPOILED: dict[str, Callable[[Image.Image], Image.Image]] = {
    "dark": lambda image: ImageEnhance.Brightness(image).enhance(0.15),
    "washed out": lambda image: image.point(lambda level: 205 + level // 6),
    "blurred": lambda image: image.filter(ImageFilter.GaussianBlur(6)),
    "nearly blank": lambda image: Image.new("RGB", image.size, (180, 180, 180)),
    "tiny": lambda image: image.resize((20, 20)),
    "of an odd shape": lambda image: image.crop((0, 0, image.width, 52)),
}


@pytest.mark.parametrize("kind", list(SPOILED))
def test_what_was_spoiled_is_found_and_nothing_else(kind: str) -> None:
    images = [SPOILED[kind](photograph(row)) if row in PLANTED else photograph(row) for row in range(60)]
    found = {finding.title: finding for finding in found_in(images)}
    (title,) = [title for title in found if f"are {kind}, of 60" in title]
    assert sorted(found[title].rows) == list(PLANTED)
    assert all(set(finding.rows) <= set(PLANTED) for finding in found.values())
    assert found[title].severity == (Severity.MEDIUM if kind == "nearly blank" else Severity.LOW)


def test_the_worst_come_first() -> None:
    strength = {7: 0.2, 23: 0.12, 41: 0.16}
    images = [ImageEnhance.Brightness(photograph(row)).enhance(strength.get(row, 1.0)) for row in range(60)]
    (found,) = found_in(images)
    assert found.rows == [23, 41, 7]


@pytest.mark.parametrize("nature", ["dark", "blurred", "tiny", "of an odd shape"])
def test_what_all_pictures_are_like_is_their_nature(nature: str) -> None:
    assert found_in([SPOILED[nature](photograph(row)) for row in range(40)]) == []


def test_digits_on_black_are_not_dark() -> None:
    rng = np.random.default_rng(0)
    images = []
    for row in range(40):
        pixels = np.zeros((28, 28), np.uint8)
        pixels[5:23, 12 : 13 + row % 5] = rng.integers(180, 256)
        images.append(Image.fromarray(pixels))
    assert found_in(images) == []


def test_without_pictures_it_says_so() -> None:
    report = ll.check(pl.DataFrame({"age": range(20), "label": ["a", "b"] * 10}), only=[CODE])
    assert [(one.code, one.why) for one in report.unasked] == [(CODE, "there are no pictures")]


def test_a_broken_file_is_no_low_quality_picture() -> None:
    values = [content(photograph(row)) for row in range(20)]
    values[3] = {"bytes": values[3]["bytes"][:60]}
    report = ll.check(pl.DataFrame({"image": values, "label": ["a", "b"] * 10}), only=[CODE])
    assert report.findings == () and report.unasked == ()


def test_blur_does_not_depend_on_contrast_and_grows_with_blurring() -> None:
    grey = np.asarray(photograph(0)).mean(axis=2, dtype=np.float32)
    softer = [np.asarray(photograph(0).filter(ImageFilter.GaussianBlur(radius))).mean(axis=2, dtype=np.float32) for radius in (1, 2, 4)]
    values = blur(np.stack([grey, *softer]))
    assert (np.diff(values) > 0).all() and ((values >= 0) & (values <= 1)).all()
    assert blur((grey / 4)[None])[0] == pytest.approx(values[0], abs=1e-3)
    assert np.isnan(blur(np.zeros((1, 20, 20), np.float32))[0])


def test_what_was_measured_once_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    values = [Picture(content(photograph(row))["bytes"]) for row in range(6)]
    first = picture_facts(Pictures(values), Store(), lambda done, total: None)
    monkeypatch.setattr(sys.modules[picture_facts.__module__], "open_picture", None)
    again = picture_facts(Pictures(values), Store(), lambda done, total: None)
    assert np.array_equal(first.stored, again.stored)
    assert first.width.tolist() == [160.0] * 6 and np.isfinite(first.stored).all()
