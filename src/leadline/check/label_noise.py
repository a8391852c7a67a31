"""Which classes are taken for which, and how often: class-conditional noise, found by expectation and maximisation without any truth.

What a model says of a row is taken as evidence for its true class; the label given is the true class seen through a matrix of confusions
(Dawid and Skene 1979 for one annotator; Patrini et al. 2017 and Northcutt et al. 2021 for learned probabilities). Noise and overlap
are told apart by their shape: where classes overlap, disagreement vanishes among rows of which the model is sure; noise stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import softmax

_ROUNDS, _ROUNDS_LOOKING = 40, 15  # the fewer while the scale is looked for
_SETTLED = 1e-6  # a mean gain of log likelihood that ends the rounds
_SCALES = (0.5, 8.0)  # within which it is looked for how much surer of true classes the model would be than of given ones
_HALVINGS = 7  # of that range, by the golden section
_ROWS_OF_RATE, _ROWS_OF_KIND = 20.0, 5.0  # what is assumed weighs as much as so many rows of a class, and so many wrong ones
_START = 0.1
_FITTED = 1_000_000  # numbers, rows times classes, that the scale is fitted to
_GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class LabelNoise:
    """`confusion` (k, k): chance of the given class (column) by true class (row). `clean` (n, k): chances of the true class before the
    label is looked at; `posterior` (n, k) after."""

    confusion: np.ndarray
    clean: np.ndarray
    posterior: np.ndarray

    def counts(self, classes: np.ndarray) -> np.ndarray:
        """(k, k): expected rows of each true class (row) that were given each class (column)."""
        return _counted(self.posterior, classes)


def fit_noise(logits: np.ndarray, classes: np.ndarray) -> LabelNoise:
    """`logits` (n, k): log probabilities from models that did not learn from the row; `classes` (n,) the codes given."""
    num_classes = logits.shape[1]
    share = np.bincount(classes, minlength=num_classes) / len(classes)
    start = _confusion(np.full(num_classes, _START), _directionless(share))
    clean = softmax(_scale(logits, classes, start) * logits, axis=1)
    confusion, _ = _settled(clean, classes, start, _ROUNDS)
    return LabelNoise(confusion, clean, _seen(clean, confusion, classes)[0])


def _scale(logits: np.ndarray, classes: np.ndarray, start: np.ndarray) -> float:
    """What to multiply logits with so that, with the confusions that go with it, the given labels are likeliest."""
    step = -(-logits.size // _FITTED)
    logits, classes = logits[::step], classes[::step]

    def likelihood(log_scale: float) -> float:
        return _settled(softmax(np.exp(log_scale) * logits, axis=1), classes, start, _ROUNDS_LOOKING)[1]

    low, high = np.log(_SCALES)
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = likelihood(left), likelihood(right)
    for _ in range(_HALVINGS):
        if at_left > at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = likelihood(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = likelihood(right)
    return float(np.exp((low + high) / 2))


def _settled(clean: np.ndarray, classes: np.ndarray, confusion: np.ndarray, rounds: int) -> tuple[np.ndarray, float]:
    """Confusions after rounds of expectation and maximisation, and the mean log likelihood of the given labels."""
    share = np.bincount(classes, minlength=clean.shape[1]) / len(classes)
    before = -np.inf
    for _ in range(rounds):
        posterior, likelihood = _seen(clean, confusion, classes)
        if likelihood - before < _SETTLED:
            break
        before = likelihood
        confusion = _learned(_counted(posterior, classes), share)
    return confusion, likelihood


def _seen(clean: np.ndarray, confusion: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, float]:
    joint = clean * confusion[:, classes].T
    total = np.maximum(joint.sum(axis=1, keepdims=True), 1e-300)
    return joint / total, float(np.log(total).mean())


def _counted(posterior: np.ndarray, classes: np.ndarray) -> np.ndarray:
    order = np.argsort(classes, kind="stable")
    present, starts = np.unique(classes[order], return_index=True)
    counts = np.zeros((posterior.shape[1],) * 2)
    counts[:, present] = np.add.reduceat(posterior[order], starts, axis=0).T
    return counts


def _learned(counts: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Confusions from expected counts; a class with few rows borrows the rate of all, one with few wrong rows the directions."""
    right = np.diag(counts)
    wrong = counts - np.diag(right)
    rate = wrong.sum() / max(counts.sum(), 1e-12)
    rates = (wrong.sum(axis=1) + _ROWS_OF_RATE * rate) / (counts.sum(axis=1) + _ROWS_OF_RATE)
    kinds = (wrong + _ROWS_OF_KIND * _directionless(share)) / (wrong.sum(axis=1, keepdims=True) + _ROWS_OF_KIND)
    return _confusion(rates, kinds)


def _directionless(share: np.ndarray) -> np.ndarray:
    """(k, k): where a wrong label goes when it goes anywhere, as often as that class is given; nothing on the diagonal."""
    kinds = np.tile(share + 1e-9, (len(share), 1))
    np.fill_diagonal(kinds, 0)
    return np.asarray(kinds / np.maximum(kinds.sum(axis=1, keepdims=True), 1e-300))


def _confusion(rates: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    confusion = kinds * rates[:, None]
    confusion[np.diag_indices(len(rates))] = 1 - rates
    return np.asarray(confusion)
