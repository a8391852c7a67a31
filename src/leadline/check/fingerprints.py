"""What tells one picture from the others of its data set: the cosine transform of its thumbnail, less what all pictures have in common.

The mean picture is taken out, and the directions in which pictures differ a lot are scaled down until all count the same ("whitening",
Kessy et al. 2018; with few pictures, or beyond what thumbnails resolve, by what holds for pictures in general). After that different
pictures are nearly at right angles, copies nearly parallel. Pictures and their mirror images have the same mean and spread here, so that
a mirrored picture is the same numbers with some signs changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadline.check.thumbnails import SIDE
from leadline.values import Dense

_NOISE = 0.3  # of the mean variance is taken for noise of encoding
_GENERAL = 256  # pictures as many as general knowledge of pictures is worth
_FEW = 16  # pictures under which their mean says little of what they have in common
_CERTAIN = 0.995  # the cosine of pictures that are copies whatever the data set
_LEARNED = 4_000  # pictures that the whitening is learned from
_AROUND = 4  # pixels beyond the border that a window's cubic weights may touch

Window = tuple[float, float, float]  # left, top and side of a part of a picture, as shares of the whole picture's sides
WHOLE: Window = (0.0, 0.0, 1.0)


@dataclass(frozen=True)
class Fingerprints:
    """Rows (n, d) float32 of unit length. The first `even` numbers stay as they are when a picture is mirrored, the others change sign."""

    values: Dense
    even: int

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: np.ndarray | slice) -> Fingerprints:
        return Fingerprints(self.values[rows], self.even)

    def cosines(self, others: Fingerprints) -> Dense:
        """(n, m): of each row and each of the others, mirrored where that is nearer."""
        found: Dense = self.values[:, self.even :] @ others.values[:, self.even :].T
        np.abs(found, out=found)
        found += self.values[:, : self.even] @ others.values[:, : self.even].T
        return found

    def cosines_of_pairs(self, others: Fingerprints) -> tuple[Dense, np.ndarray]:
        """(n,) as above, of each row and the other in the same place, and whether the mirror image is nearer."""
        products = self.values * others.values
        same, turned = products[:, : self.even].sum(axis=1), products[:, self.even :].sum(axis=1)
        return same + np.abs(turned), turned < 0


class Whitening:
    """Learned from thumbnails (n, 256); makes fingerprints of `frequencies` x `frequencies` numbers, less the mean brightness."""

    def __init__(self, thumbnails: Dense, frequencies: int) -> None:
        self.frequencies = frequencies
        wave = np.arange(frequencies)
        self._odd = np.tile(wave % 2 == 1, (frequencies, 1)).ravel()[1:]
        power = 1 / np.maximum(wave[:, None] ** 2 + wave**2, 1).ravel()[1:]  # in general it falls with the square of the frequency
        power /= power.mean()
        sample = self._sample(thumbnails, power)
        mean = sample.sum(axis=0, dtype=np.float64) / (len(sample) + _FEW)
        mean[self._odd] = 0  # as with their mirror images
        centred = sample - mean
        covariance = centred.T @ centred / len(sample)
        prior = _NOISE * np.eye(len(power)) + _GENERAL / len(sample) * np.diag(power)
        covariance += prior * covariance.trace() / len(power)
        self._mean = mean.astype(np.float32)
        self._scaled = [_inverse_root(covariance[np.ix_(part, part)]) for part in (~self._odd, self._odd)]

    def _sample(self, thumbnails: Dense, power: np.ndarray) -> Dense:
        """Transforms of some pictures, each picture once: one that is there a hundred times is not what pictures have in common."""
        if len(thumbnails) > _LEARNED:
            thumbnails = thumbnails[np.sort(np.random.default_rng(0).choice(len(thumbnails), _LEARNED, replace=False))]
        sample = unit(thumbnails @ _transform(self.frequencies, WHOLE))
        rough = unit(sample / np.sqrt(power + _NOISE).astype(np.float32))
        again = (np.tril(rough @ rough.T, -1) >= _CERTAIN).any(axis=1)
        kept: Dense = sample[~again]
        return kept

    def __call__(self, thumbnails: Dense, window: Window = WHOLE) -> Fingerprints:
        """Of thumbnails (n, 256), or of what thumbnails of that part of the same pictures would be."""
        waves = unit(thumbnails @ _transform(self.frequencies, window)) - self._mean
        parts = [waves[:, part] @ scaled for part, scaled in zip((~self._odd, self._odd), self._scaled, strict=True)]
        return Fingerprints(unit(np.concatenate(parts, axis=1)), parts[0].shape[1])


def unit(vectors: Dense) -> Dense:
    """Rows of unit length, so that brightness and contrast do not count."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6), np.float32)


def _inverse_root(covariance: np.ndarray) -> Dense:
    values, directions = np.linalg.eigh(covariance)
    return np.asarray(directions / np.sqrt(np.maximum(values, 1e-30)), np.float32)


def _transform(frequencies: int, window: Window) -> Dense:
    """(256, frequencies^2 - 1): from grey levels to the two-dimensional cosine transform of a window, without the mean."""
    place, wave, (left, top, side) = np.arange(SIDE), np.arange(frequencies), window
    cosines = np.cos(np.pi * wave[:, None] * (2 * place + 1) / (2 * SIDE)) * np.sqrt(2 / SIDE)
    cosines[0] *= np.sqrt(0.5)
    if window == WHOLE:
        return np.asarray(np.kron(cosines, cosines)[1:].T, np.float32)
    return np.asarray(np.kron(cosines @ _resampled(top, side), cosines @ _resampled(left, side))[1:].T, np.float32)


def _resampled(start: float, side: float) -> np.ndarray:
    """(16, 16): weights that take a row of pixels to the row of a part of it, by cubic interpolation (Keys 1981)."""
    wanted = (start + side * (np.arange(SIDE) + 0.5) / SIDE) * SIDE - 0.5
    pixels = np.arange(-_AROUND, SIDE + _AROUND)
    away = np.abs(wanted[:, None] - pixels)
    weights = np.where(away < 1, 1.5 * away**3 - 2.5 * away**2 + 1, np.where(away < 2, -0.5 * away**3 + 2.5 * away**2 - 4 * away + 2, 0))
    found = np.zeros((SIDE, SIDE))
    np.add.at(found.T, np.clip(pixels, 0, SIDE - 1), weights.T)
    return found
