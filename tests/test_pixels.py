"""Pixels of small pictures, in grey where all are grey."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from leadline.columns.picture import Picture, Pictures
from leadline.encoders.pixels import Pixels
from leadline.errors import LeadlineError
from leadline.learners.classical_pictures import ClassicalPictures
from leadline.learners.contract import Sizes
from leadline.learners.pixels import PixelsLinear
from leadline.learners.probe import LargerProbe
from leadline.tasks.classify import Classify


def of_pixels(pixels: np.ndarray) -> Picture:
    stream = BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return Picture(stream.getvalue())


def test_pictures_of_the_right_size_are_taken_as_they_are() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (3, 28, 28), dtype=np.uint8)
    encoder = Pixels().for_values(Pictures(of_pixels(one) for one in grey))
    assert encoder.config() == {"size": 28, "grey": True} and encoder.dimension == 784
    assert np.array_equal(encoder.run(Pictures([of_pixels(grey[1])])), grey[1].reshape(1, -1))


def test_one_picture_in_colour_makes_all_of_them_coloured() -> None:
    grey, red = np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3), np.uint8)
    red[3, 3, 0] = 9
    pictures = Pictures([of_pixels(grey), of_pixels(red), Picture(b"broken")])
    encoder = Pixels().for_values(pictures)
    assert encoder.config() == {"size": 8, "grey": False} and encoder.dimension == 192
    encoded = encoder.encode(pictures)
    assert list(encoded.bad) == [2] and encoded.vectors[1].sum() == 9 and not encoded.vectors[0].any()


@pytest.mark.parametrize(("side", "size"), [(1, 8), (9, 12), (28, 28), (32, 32), (300, 32)])
def test_larger_pictures_are_made_small(side: int, size: int) -> None:
    pictures = Pictures([of_pixels(np.full((side, 2), 77, np.uint8))])
    encoder = Pixels().for_values(pictures)
    assert encoder.size == size and (encoder.run(pictures) == 77).all()


def test_nothing_that_can_be_read_gives_settings_too() -> None:
    assert Pixels().for_values(Pictures([Picture(b"nothing")])).config() == {"size": 32, "grey": False}
    with pytest.raises(LeadlineError, match="grey is 1"):
        Pixels(grey=1)  # type: ignore[arg-type]


def test_learners_say_for_which_pictures_they_are_not_made() -> None:
    small, large = (Sizes(100, {"photo": "image"}, 3, picture_side=side) for side in (64, 65))
    for learner in (PixelsLinear(), LargerProbe()):
        why = learner.why_not(large, Classify())
        assert learner.why_not(small, Classify()) is None and why is not None and "pixels" in why
    assert ClassicalPictures().why_not(large, Classify()) is None
    for learner in (PixelsLinear(), LargerProbe(), ClassicalPictures()):
        assert "image" in str(learner.why_not(Sizes(100, {"says": "text"}, 3), Classify()))
