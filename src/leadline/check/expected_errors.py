"""How many labels are wrong in all, with an interval that counts what the rows cannot tell."""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from leadline.check.label_noise import LabelNoise
from leadline.evaluate.intervals import Interval

_Z = 1.959964
# People err on rows whose class is in doubt, and there a mistake looks like any other doubt: no single label per row can tell them apart.
# Of the doubt, 28 and 51 % were mistakes in CIFAR-10N's aggregate and worst labels, on which this was chosen; in clean labels none are.
_HIDDEN = 0.33  # of the rows that are in doubt
_LESS, _MORE = 0.43, 0.3  # of the same, how much fewer and more there may be: overlap also looks a little like noise
_UNSURE_SEEN = 0.12  # of what the confusions explain
_FEW = 30  # rows of a class on average, under which a weak model looks like noise and nothing is known from below
# People take classes for one another that look alike. Where confusions go as overlap goes, by at least such a share of it, and hardly any
# go elsewhere, rows in doubt are called wrong as well. Of overlap: CIFAR-10's own labels .08, people's .3 and 1. Elsewhere: of evenly wrong
# labels a fifth of the confusions and more, of people's none.
_ALONG, _ALONE = (0.13, 0.28), (0.8, 0.95)  # from where it counts to where it counts in full


def expected_errors(noise: LabelNoise, classes: np.ndarray) -> Interval:
    """What the confusions explain, which is all of a noise that does not look at the rows, and a share of the doubt that is left.

    With labels that people chose, the truth lies between the first alone and both; the interval reaches over either.
    """
    num_rows = len(classes)
    chance = 1 - noise.posterior[np.arange(num_rows), classes]
    seen, doubt = float(chance.sum()), float((1 - noise.clean.max(axis=1)).sum())
    number = min(seen + _HIDDEN * doubt, float(num_rows))
    known = np.hypot(_UNSURE_SEEN * seen, _Z * float((chance * (1 - chance)).sum()) ** 0.5)
    below, above = float(np.hypot(known, _LESS * doubt)), float(np.hypot(known, _MORE * doubt))
    few = num_rows < _FEW * len(np.unique(classes))
    return Interval(number, 0.0 if few else max(0.0, number - below), min(float(num_rows), number + above), num_rows)


def likely_errors(noise: LabelNoise, classes: np.ndarray) -> float:
    """As many as the rows themselves speak for: of the doubt that is left a share only where labels are wrong as people's are."""
    chance = 1 - noise.posterior[np.arange(len(classes)), classes]
    doubt = float((1 - noise.clean.max(axis=1)).sum())
    return min(float(chance.sum()) + _HIDDEN * _as_people_err(noise, classes) * doubt, float(len(classes)))


def _as_people_err(noise: LabelNoise, classes: np.ndarray) -> float:
    """0 to 1: do the confusions go where classes overlap? Of two classes nobody knows, as there is only one way to go: 1."""
    num_classes = noise.clean.shape[1]
    if num_classes < 3:
        return 1.0
    elsewhere = ~np.eye(num_classes, dtype=bool)
    rows = np.bincount(classes, minlength=num_classes).astype(np.float64)
    evenly, overlap = np.outer(rows, rows / rows.sum())[elsewhere], (noise.clean.T @ noise.clean)[elsewhere]
    (even, along), _ = nnls(np.column_stack([evenly, overlap]), noise.counts(classes)[elsewhere])
    share = along * overlap.sum() / max(along * overlap.sum() + even * evenly.sum(), 1e-12)
    return float(_ramp(along, *_ALONG) * _ramp(share, *_ALONE))


def _ramp(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))
