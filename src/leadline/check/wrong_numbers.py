"""How likely each number to be predicted is wrong: what it differs from an out-of-fold prediction, beyond what such differences are like.

Differences are brought to one scale along the size of the prediction. They are then a mixture of two: honest ones, by a Student
distribution whose weight of tails is learned with it (Lange, Little and Taylor 1989), and wrong numbers, which lie anywhere
(Hawkins 1980; Box and Tiao 1968). Honest tails are tried first: a number is called wrong only if no such distribution explains it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from scipy.stats import cauchy, t

from leadline.check.wrong_labels import flagged
from leadline.evaluate.intervals import Interval

_TAILS = (2.0, 3.0, 4.0, 6.0, 10.0, 30.0)  # degrees of freedom
_SHARES = np.concatenate([[0.0], np.geomspace(1e-4, 0.5, 40)])  # of wrong numbers
_WIDTHS = np.geomspace(0.6, 1.6, 17)  # of the honest distribution, in robust standard deviations
_BELOW_BEST = 1.920729  # log likelihood within which a 95 % interval lies (Wilks 1938)
_NEAR, _FEWEST = 0.1, 50  # rows that a scale is taken from: a share of all, and so many at least
_TO_DEVIATION = 1.482602  # from the median of absolute differences, where these are normal
_BINS, _OUTSIDE = 20, 0.3  # of the density of wrong numbers: bins of equal counts, and the share that is far more widely spread
_UNSURE_BELOW, _UNSURE_ABOVE = 0.5, 0.25  # of the number: tails that no Student distribution has are taken for wrong numbers
_LEAST = 1e-12


@dataclass(frozen=True)
class WrongNumbers:
    """`chance` (n,): that the number given is wrong. `flagged` (n,): called wrong or not. `expected`: how many, with a 95 % interval.

    `standardised` (n,): given less predicted, in robust standard deviations of rows predicted alike.
    """

    chance: np.ndarray
    flagged: np.ndarray
    expected: Interval
    standardised: np.ndarray


def wrong_numbers(given: np.ndarray, predicted: np.ndarray) -> WrongNumbers:
    """`given` (n,) numbers, `predicted` (n,) by models that did not learn from the row; all finite."""
    given, predicted = np.asarray(given, np.float64), np.asarray(predicted, np.float64)
    apart = given - predicted
    scale = _scales(apart, predicted)
    standardised = (apart - np.median(apart)) / scale
    anywhere = _log_density(given) + np.log(scale)
    share, low, high, honest = _likeliest(standardised, anywhere)
    chance = np.zeros(len(given)) if share == 0 else np.asarray(expit(np.log(share) - np.log1p(-share) + anywhere - honest))
    value, most = float(chance.sum()), float(len(given))
    below = np.hypot(_UNSURE_BELOW * value, value - min(value, low * most))
    above = np.hypot(_UNSURE_ABOVE * value, max(value, high * most) - value)
    expected = Interval(value, max(0.0, value - float(below)), min(most, value + float(above)), len(given))
    return WrongNumbers(chance, flagged(chance), expected, standardised)


def _log_density(given: np.ndarray) -> np.ndarray:
    """(n,) log density of wrong numbers: mostly those of other rows, sometimes far outside of all."""
    middle = float(np.median(given))
    spread = float(np.median(np.abs(given - middle))) * _TO_DEVIATION or float(given.std()) or 1.0
    edges = np.unique(np.quantile(given, np.linspace(0, 1, min(_BINS, max(2, len(given) // 10)) + 1)))
    counts, _ = np.histogram(given, edges) if len(edges) > 1 else (np.zeros(1), edges)
    widths = np.maximum(np.diff(edges), 1e-3 * spread) if len(edges) > 1 else np.ones(1)
    place = np.clip(np.searchsorted(edges, given, side="right") - 1, 0, len(counts) - 1)
    inside = (counts / (len(given) * widths))[place]
    return np.asarray(np.log((1 - _OUTSIDE) * inside + _OUTSIDE * cauchy.pdf(given, middle, spread)))


def _scales(apart: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """(n,) robust standard deviations of differences among rows of about the same prediction."""
    order, size = np.argsort(predicted, kind="stable"), np.abs(apart - np.median(apart))
    near = max(_FEWEST, round(_NEAR * len(apart)))
    starts = np.arange(0, max(1, len(apart) - near // 2), max(1, near // 2))
    parts = [size[order[start : start + near]] for start in starts]
    middles = [start + len(part) / 2 for start, part in zip(starts, parts, strict=True)]
    everywhere = float(np.median(size)) or float(size.mean()) or 1.0
    levels = [max(float(np.median(part)), 0.1 * everywhere) for part in parts]
    scales = np.empty(len(apart))
    scales[order] = np.interp(np.arange(len(apart)), middles, levels) * _TO_DEVIATION
    return np.maximum(scales, _LEAST)


def _likeliest(standardised: np.ndarray, anywhere: np.ndarray) -> tuple[float, float, float, np.ndarray]:
    """The share of wrong numbers with its interval, and log densities (n,) of honest ones, where the likelihood is largest."""
    best, profile, honest = -np.inf, np.full(len(_SHARES), -np.inf), anywhere
    for degrees in _TAILS:
        for width in _WIDTHS:
            # The scale is measured by the median, which for a Student distribution is another number of its units.
            unit = width / (t.ppf(0.75, degrees) * _TO_DEVIATION)
            density = t.logpdf(standardised, degrees, scale=unit)
            ratio = np.exp(np.clip(anywhere - density, -700, 700))
            likelihoods = np.array([float((density + np.log(1 - share + share * ratio)).sum()) for share in _SHARES])
            profile = np.maximum(profile, likelihoods)
            if likelihoods.max() > best:
                best, honest = float(likelihoods.max()), density
    within = np.flatnonzero(profile >= best - _BELOW_BEST)
    return float(_SHARES[int(profile.argmax())]), float(_SHARES[within[0]]), float(_SHARES[within[-1]]), honest
