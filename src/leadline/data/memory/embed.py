"""Pictures that are in memory as the bytes of files, which is how a column holds them; lossless."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from leadline.errors import LeadlineError

_CHANNELS = (1, 3, 4)
_WANTED = "whole numbers from 0 to 255, or fractions from 0 to 1"


def png_of(picture: Any) -> bytes:
    """A Pillow image, or an array (height, width) or (height, width, channels) of uint8 or uint16, as PNG."""
    from PIL import Image

    image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    stream = io.BytesIO()
    image.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def pngs_of(pictures: np.ndarray, name: str) -> tuple[list[bytes], tuple[str, ...]]:
    """(n, height, width) or (n, height, width, channels), channels first too, as PNG each; and what was assumed.

    Raises LeadlineError where these are no pictures, or their values no brightness.
    """
    remarks = list[str]()
    if pictures.ndim == 4 and pictures.shape[3] not in _CHANNELS and pictures.shape[1] in _CHANNELS:
        pictures = np.moveaxis(pictures, 1, 3)
        remarks.append(f'the pictures of "{name}" have their channels first')
    if pictures.ndim == 4 and pictures.shape[3] not in _CHANNELS:
        saw = f'"{name}" has the shape {pictures.shape}: pictures of {pictures.shape[3]} channels'
        raise LeadlineError(saw, "1, 3 or 4 channels", column=name)
    if pictures.ndim == 4 and pictures.shape[3] == 1:
        pictures = pictures[..., 0]
    scale = _scale(pictures, name)
    if scale == 255 and pictures.dtype != bool:
        remarks.append(f'the brightness of the pictures of "{name}" goes from 0 to 1')
    deep = pictures.dtype == np.uint16
    return [png_of(one if deep else _bytes(one, scale)) for one in pictures], tuple(remarks)


def _bytes(picture: np.ndarray, scale: int) -> np.ndarray:
    if picture.dtype == np.uint8:
        return np.ascontiguousarray(picture)
    return np.rint(picture.astype(np.float64) * scale).astype(np.uint8)


def _scale(pictures: np.ndarray, name: str) -> int:
    """What makes bytes of the values. Raises LeadlineError where nothing does."""
    if pictures.dtype == np.uint8 or (pictures.dtype == np.uint16 and pictures.ndim == 3):
        return 1
    if pictures.dtype == bool:
        return 255
    if pictures.size == 0 or pictures.dtype.kind not in "uif":
        raise LeadlineError(f'"{name}" holds {pictures.dtype} in {pictures.ndim} dimensions', "pictures of " + _WANTED, column=name)
    low, high = float(pictures.min()), float(pictures.max())
    if not (low >= 0 and high <= 255):  # also where one of them is not a number
        advice = "scale them, or give a table: an array of two dimensions"
        raise LeadlineError(
            f'"{name}" holds values from {low:g} to {high:g} in {pictures.ndim} dimensions', "pictures of " + _WANTED, advice, column=name
        )
    return 255 if pictures.dtype.kind == "f" and high <= 1 else 1
