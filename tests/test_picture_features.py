"""Edges, colours and texture: what is measured changes as a picture changes, and nothing else does."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from leadline.columns.picture import Picture, Pictures
from leadline.encoders import picture_features
from leadline.encoders.picture_features import PictureFeatures
from leadline.errors import LeadlineError


def of_pixels(pixels: np.ndarray, kind: str = "PNG") -> Picture:
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, kind)
    return Picture(stream.getvalue())


def ramp(angle: float, size: int = 64) -> np.ndarray:
    """Brightness that rises towards one direction, as (1, size, size, 3)."""
    across, along = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    rows, columns = np.mgrid[:size, :size]
    grey = np.rint(127 + 1.2 * (across * (columns - size / 2) + along * (rows - size / 2))).clip(0, 255).astype(np.uint8)
    return np.repeat(grey[None, :, :, None], 3, axis=3)


@pytest.mark.parametrize("angle", [0, 20, 80, 180, 260, 340])
def test_edges_are_counted_in_the_direction_in_which_it_grows_brighter(angle: int) -> None:
    strength = picture_features.direction_maps(ramp(angle))[0, :, 8:-8, 8:-8].sum(axis=(1, 2))
    assert strength.argmax() == angle / 20


def test_edge_strength_is_shared_not_lost() -> None:
    pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    maps = picture_features.direction_maps(pictures)
    _, _, strength = picture_features.strongest_gradients(pictures)
    np.testing.assert_allclose(maps.sum(axis=1), strength, rtol=1e-5, atol=1e-3)


def test_the_colour_that_changes_most_counts() -> None:
    picture = np.full((1, 16, 16, 3), 100, np.uint8)
    picture[:, :, 8:, 1] = 220  # only green
    across, along, strength = picture_features.strongest_gradients(picture)
    assert across.max() == strength.max() == 120 and not along.any()


def test_grey_is_measured_as_three_equal_colours_are() -> None:
    grey = np.repeat(np.random.default_rng(1).integers(0, 256, (1, 32, 32, 1), dtype=np.uint8), 3, axis=3)
    coloured = grey.copy()
    coloured[0, 0, 0] += np.array([0, 0, 1], np.uint8)  # one pixel at the border makes it a picture in colour
    alone, both = PictureFeatures(size=32).compute(grey), PictureFeatures(size=32).compute(np.concatenate([grey, coloured]))
    assert np.array_equal(alone[0], both[0])


def test_a_flat_picture_has_no_edges_and_one_colour() -> None:
    flat = np.full((1, 64, 64, 3), 200, np.uint8)
    assert not picture_features.compared(picture_features.in_cells(picture_features.direction_maps(flat), 8)).any()
    assert np.count_nonzero(picture_features.colour_histogram(flat)) == 1
    means, spreads = picture_features.colours(flat)[0]
    np.testing.assert_allclose(means, 200 / 255, rtol=1e-5)
    assert spreads.max() < 1e-4


def test_more_contrast_leaves_the_edges_as_they_are() -> None:
    pictures = np.random.default_rng(2).integers(100, 130, (1, 64, 64, 3)).astype(np.uint8)
    strong = ((pictures.astype(int) - 100) * 4 + 20).astype(np.uint8)
    weak, same = (picture_features.compared(picture_features.in_cells(picture_features.direction_maps(p), 8)) for p in (pictures, strong))
    np.testing.assert_allclose(weak, same, atol=0.02)


def test_texture_does_not_mind_brightness() -> None:
    picture = np.random.default_rng(3).integers(0, 200, (1, 32, 32, 1), dtype=np.uint8).repeat(3, axis=3)
    assert np.array_equal(picture_features.textures(picture), picture_features.textures(picture + np.uint8(50)))


def test_patterns_are_numbered_as_they_are_published() -> None:
    numbers = picture_features._uniform_patterns()
    assert len(set(numbers.tolist())) == 59 and (numbers == 58).sum() == 256 - 58


@settings(max_examples=25)
@given(st.integers(1, 90), st.integers(1, 90), st.sampled_from(["L", "RGB", "RGBA", "1", "P", "CMYK"]), st.integers(0, 2**32 - 1))
def test_any_picture_becomes_numbers_from_0_to_1(width: int, height: int, mode: str, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    stream = BytesIO()
    Image.fromarray(noise).convert(mode).save(stream, "TIFF")
    vectors = PictureFeatures(size=32).run(Pictures([Picture(stream.getvalue())]))
    assert vectors.shape == (1, PictureFeatures().dimension) and vectors.min() >= 0 and vectors.max() <= 1.01


def test_settings_follow_the_size_of_the_pictures() -> None:
    small, large = (of_pixels(np.zeros((side, 20, 3), np.uint8)) for side in (40, 41))
    broken = Picture(b"nothing")
    assert PictureFeatures().for_values(Pictures([small, broken])).config() == {"size": 32}
    assert PictureFeatures().for_values(Pictures([small, large])).config() == {"size": 64}
    assert PictureFeatures().for_values(Pictures([broken])).config() == {"size": 64}
    for size in (0, 30, 1024, "32", True, None):
        with pytest.raises(LeadlineError, match="a size of"):
            PictureFeatures(size=size)  # type: ignore[arg-type]


def test_pictures_that_cannot_be_read_are_named_and_the_others_measured() -> None:
    encoder = PictureFeatures(size=32)
    good = of_pixels(np.random.default_rng(0).integers(0, 256, (40, 30, 3), dtype=np.uint8))
    encoded = encoder.encode(Pictures([good, Picture(b"broken", "photos/b.jpg"), good]))
    assert list(encoded.bad) == [1] and encoded.bad[1].file == "photos/b.jpg"
    assert np.isnan(encoded.vectors[1]).all() and np.array_equal(encoded.vectors[0], encoded.vectors[2])


def test_another_engine_is_refused_in_words() -> None:
    with pytest.raises(LeadlineError, match="not computed by onnxruntime"):
        PictureFeatures().open("onnxruntime-float32")


def test_its_edges_agree_with_those_of_scikit_image() -> None:
    """Another formula (hard bins there; only edges without sign compared), so: pictures that are alike by one are alike by the other."""
    feature = pytest.importorskip("skimage.feature")
    rng = np.random.default_rng(5)
    coarse = rng.integers(0, 256, (30, 8, 8, 3), dtype=np.uint8)
    pictures = np.stack([np.asarray(Image.fromarray(one).resize((64, 64), Image.Resampling.BICUBIC)) for one in coarse])
    theirs = np.stack([feature.hog(one, channel_axis=-1) for one in pictures])
    ours = picture_features.compared(picture_features.in_cells(picture_features.direction_maps(pictures), 8))[:, 18:27].reshape(30, -1)
    pairs = np.triu_indices(30, 1)
    of_ours, of_theirs = (np.corrcoef(vectors)[pairs] for vectors in (ours, theirs))
    assert np.corrcoef(of_ours, of_theirs)[0, 1] > 0.8
