"""How blurred pictures are, whatever they show: a sharp one changes when it is blurred, a blurred one hardly does."""

from __future__ import annotations

import numpy as np

_REACH = 9  # pixels over which it is blurred once more
_NOTHING = 1e-3  # grey levels of variation a pixel: less is no picture


def blur(grey: np.ndarray) -> np.ndarray:
    """(n,) 0 sharp to 1 blurred, of pictures (n, h, w) in grey levels; NaN where they show nothing.

    Share of the differences between neighbouring pixels that are left once the picture is blurred along them; the larger of both
    directions (Crete, Dolmiere, Ladret, Nicolas, "The blur effect", 2007).
    """
    worse: np.ndarray = np.fmax(_along(grey), _along(grey.transpose(0, 2, 1)))
    return worse


def _along(grey: np.ndarray) -> np.ndarray:
    """In the direction of the last axis."""
    if grey.shape[2] <= 2:
        return np.full(len(grey), np.nan, np.float32)
    before, after = np.abs(np.diff(grey, axis=2)), np.abs(np.diff(_smoothed(grey), axis=2))
    lost = np.maximum(0.0, before - after).sum(axis=(1, 2))
    total = before.sum(axis=(1, 2))
    left: np.ndarray = np.where(total > _NOTHING * grey[0].size, 1.0 - lost / np.maximum(total, 1e-9), np.nan)
    return left


def _smoothed(grey: np.ndarray) -> np.ndarray:
    """Running means along the last axis, edges repeated."""
    half = _REACH // 2
    wide = np.pad(grey, ((0, 0), (0, 0), (half + 1, half)), mode="edge").astype(np.float64)
    sums = np.cumsum(wide, axis=2)
    means: np.ndarray = (sums[:, :, _REACH:] - sums[:, :, :-_REACH]) / _REACH
    return means
