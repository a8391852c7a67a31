"""How many labels are wrong in all, with an interval that counts what the rows cannot tell."""

from __future__ import annotations

import numpy as np

from leadline.check.label_noise import LabelNoise
from leadline.evaluate.intervals import Interval

_Z = 1.959964
# People err on rows whose class is in doubt, and there a mistake looks like any other doubt: no single label per row can tell them apart.
# Of the doubt, 28 and 51 % were mistakes in CIFAR-10N's aggregate and worst labels, on which this was chosen; in clean labels none are.
_HIDDEN = 0.33  # of the rows that are in doubt
_LESS, _MORE = 0.43, 0.3  # of the same, how much fewer and more there may be: overlap also looks a little like noise
_UNSURE_SEEN = 0.12  # of what the confusions explain
_FEW = 30  # rows of a class on average, under which a weak model looks like noise and nothing is known from below


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
