"""What people measured in pictures before networks: edges and their directions, colours, texture. Numpy alone, no weights.

Edges: histograms of oriented gradients (Dalal and Triggs 2005) in the variant of Felzenszwalb et al. 2010: 18 directions and
9 without sign, each cell made comparable with its four neighbourhoods, on a fine and a coarse grid. Texture: uniform local binary
patterns (Ojala et al. 2002). Colours: mean and spread in a coarse grid, and a histogram of all.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar, Self

import numpy as np

from leadline.columns.picture import Pictures
from leadline.encoders.small_pictures import SmallPictures, brightness, longest_side

LARGE, SMALL = 64, 32  # sides of the square; the small one where no picture is larger than `_SMALL_SIDE`
_SMALL_SIDE = 40
_DIRECTIONS = 18  # of edges; opposite ones are also counted together
_GRIDS = (8, 4)  # cells a side
_FLAT = 1.0  # squared grey levels a pixel: edges weaker than this are not made strong by comparing them with their neighbours
_MOST = 0.2  # a direction's share in its neighbourhood counts up to here, so that one strong edge does not hide the others
_TEXTURE_SCALE = 0.2357  # of the four sums that say how strong the edges of a cell are among its neighbours (1 / sqrt(18))
_PLACES = 4  # a side of the grid of colours and textures
_LEVELS = 4  # of each of red, green and blue in the histogram
_PATTERNS = 59  # 58 uniform patterns of eight neighbours, and all others together
_NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))  # once around

_CELL = _DIRECTIONS + _DIRECTIONS // 2 + 4
_DIMENSION = sum(side * side for side in _GRIDS) * _CELL + _PLACES**2 * (6 + _PATTERNS) + _LEVELS**3


class PictureFeatures(SmallPictures):
    """Pictures -> (n, 3584) float32, every feature between 0 and 1."""

    kind: ClassVar[str] = "picture-features"
    version: ClassVar[int] = 1

    def __init__(self, *, size: int = LARGE) -> None:
        super().__init__(size=size)

    def for_values(self, sample: Pictures) -> Self:
        return type(self)(size=SMALL if 0 < longest_side(sample) <= _SMALL_SIDE else LARGE)

    @property
    def dimension(self) -> int:
        return _DIMENSION

    def key_settings(self) -> dict[str, Any]:
        return {**super().key_settings(), "grids": list(_GRIDS), "directions": _DIRECTIONS, "places": _PLACES, "levels": _LEVELS}

    def compute(self, pictures: np.ndarray) -> np.ndarray:
        maps = direction_maps(pictures)
        edges = [compared(in_cells(maps, side)) for side in _GRIDS]
        blocks = [*edges, colours(pictures), colour_histogram(pictures), textures(pictures)]
        return np.concatenate([block.reshape(len(pictures), -1) for block in blocks], axis=1)


def direction_maps(pictures: np.ndarray) -> np.ndarray:
    """Edge strength by direction: (n, _DIRECTIONS, size, size) float32, that of each pixel shared by the two nearest directions."""
    across, along, strength = strongest_gradients(pictures)
    place = np.arctan2(along, across) * np.float32(_DIRECTIONS / (2 * np.pi)) % _DIRECTIONS
    lower = np.minimum(place.astype(np.intp), _DIRECTIONS - 1)
    of_upper = strength * (place - lower)
    num, size = len(pictures), pictures.shape[1]
    maps = np.zeros((num, _DIRECTIONS, size * size), np.float32)
    first = np.arange(num)[:, None] * maps[0].size + np.arange(size * size)
    lower = lower.reshape(num, -1)
    maps.ravel()[first + lower * (size * size)] = (strength - of_upper).reshape(num, -1)
    maps.ravel()[first + (lower + 1) % _DIRECTIONS * (size * size)] = of_upper.reshape(num, -1)
    return maps.reshape(num, _DIRECTIONS, size, size)


def strongest_gradients(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Differences to the right and downwards of the colour that changes most, and their length; each (n, size, size), 0 at the border."""
    planes = np.ascontiguousarray(pictures.transpose(3, 0, 1, 2), np.float32)
    if np.array_equal(planes[0], planes[1]) and np.array_equal(planes[0], planes[2]):
        planes = planes[:1]  # grey: all three say the same
    best = _gradients(planes[0])
    for plane in planes[1:]:
        other = _gradients(plane)
        stronger = other[2] > best[2]
        best = tuple(np.where(stronger, new, old) for new, old in zip(other, best, strict=True))
    return best[0], best[1], np.sqrt(best[2])


def _gradients(plane: np.ndarray) -> tuple[np.ndarray, ...]:
    across, along = np.zeros_like(plane), np.zeros_like(plane)
    across[:, :, 1:-1] = plane[:, :, 2:] - plane[:, :, :-2]
    along[:, 1:-1] = plane[:, 2:] - plane[:, :-2]
    return across, along, across * across + along * along


def in_cells(maps: np.ndarray, side: int) -> np.ndarray:
    """Mean edge strength in cells (n, directions, side, side); a pixel counts for the nearest cells, more for nearer ones."""
    weights = _cell_weights(maps.shape[-1], side)
    cells: np.ndarray = np.matmul(np.matmul(weights, maps), weights.T)
    return cells


@lru_cache(maxsize=8)
def _cell_weights(size: int, side: int) -> np.ndarray:
    """(side, size): linear interpolation between the centres of cells, so that a cell's weights add up to about 1."""
    centres = (np.arange(size) + 0.5) * side / size - 0.5
    weights: np.ndarray = (np.maximum(0, 1 - np.abs(centres - np.arange(side)[:, None])) * side / size).astype(np.float32)
    return weights


def compared(cells: np.ndarray) -> np.ndarray:
    """Each cell by the energy of the four blocks of 2 x 2 cells that it is in: (n, 31, side, side)."""
    half = cells.shape[1] // 2
    unsigned = cells[:, :half] + cells[:, half:]
    energy = np.pad(np.square(unsigned).sum(axis=1), ((0, 0), (1, 1), (1, 1)), mode="edge")
    blocks = energy[:, :-1, :-1] + energy[:, 1:, :-1] + energy[:, :-1, 1:] + energy[:, 1:, 1:]
    scales = 1 / np.sqrt(blocks + np.float32(_FLAT))
    side = cells.shape[2]
    both = np.concatenate([cells, unsigned], axis=1)
    total, strengths = np.zeros_like(both), []
    for scale in (scales[:, top : top + side, left : left + side, None] for top in (0, 1) for left in (0, 1)):
        clipped = np.minimum(both * scale.transpose(0, 3, 1, 2), np.float32(_MOST))
        total += clipped
        strengths.append(clipped[:, : 2 * half].sum(axis=1))
    return np.concatenate([total * np.float32(0.5), np.stack(strengths, axis=1) * np.float32(_TEXTURE_SCALE)], axis=1)


def colours(pictures: np.ndarray) -> np.ndarray:
    """Mean and standard deviation of red, green and blue in a coarse grid: (n, 2, grid, grid, 3), 0 to 1."""
    num, step = len(pictures), pictures.shape[1] // _PLACES
    parts = pictures.reshape(num, _PLACES, step, _PLACES, step, 3).astype(np.float32) / np.float32(255)
    return np.stack([parts.mean(axis=(2, 4)), parts.std(axis=(2, 4))], axis=1)


def colour_histogram(pictures: np.ndarray) -> np.ndarray:
    """Square roots of the shares of 64 colours: (n, 64)."""
    levels = pictures.astype(np.intp) * _LEVELS >> 8
    codes = (levels[..., 0] * _LEVELS + levels[..., 1]) * _LEVELS + levels[..., 2]
    return _shares(codes.reshape(len(pictures), 1, -1), _LEVELS**3)


def textures(pictures: np.ndarray) -> np.ndarray:
    """Square roots of the shares of local patterns in a coarse grid: (n, grid * grid, 59). A pattern: which neighbours are as bright."""
    grey, size = brightness(pictures), pictures.shape[1]
    centre = grey[:, 1:-1, 1:-1]
    codes = np.zeros(centre.shape, np.uint8)
    for bit, (down, right) in enumerate(_NEIGHBOURS):
        neighbour = grey[:, 1 + down : size - 1 + down, 1 + right : size - 1 + right]
        codes |= (neighbour >= centre).astype(np.uint8) << np.uint8(bit)
    padded = np.pad(_uniform_patterns()[codes], ((0, 0), (1, 1), (1, 1)), mode="edge")  # so that all cells have as many pixels
    step = size // _PLACES
    cells = padded.reshape(len(pictures), _PLACES, step, _PLACES, step).transpose(0, 1, 3, 2, 4)
    return _shares(cells.reshape(len(pictures), _PLACES**2, -1), _PATTERNS)


@lru_cache(maxsize=1)
def _uniform_patterns() -> np.ndarray:
    """(256,): the number of a pattern that changes at most twice on its way around, 58 for all others."""
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    is_uniform = (bits != np.roll(bits, 1, axis=1)).sum(axis=1) <= 2
    return np.where(is_uniform, np.cumsum(is_uniform) - 1, _PATTERNS - 1).astype(np.intp)


def _shares(codes: np.ndarray, number: int) -> np.ndarray:
    """codes (n, cells, pixels) below `number` -> (n, cells, number) float32, square roots of each code's share of its cell."""
    num, cells, pixels = codes.shape
    places = codes + np.arange(num * cells).reshape(num, cells, 1) * number
    counts = np.bincount(places.ravel(), minlength=num * cells * number)
    return np.sqrt(counts.reshape(num, cells, number) / np.float32(pixels)).astype(np.float32)
