"""How many labels are wrong in all, with an interval that counts what the rows cannot tell."""

from __future__ import annotations

import numpy as np

from leadline.check.label_noise import LabelNoise
from leadline.evaluate.intervals import Interval

_Z = 1.959964
# People err on rows whose class is in doubt, and there a mistake looks like any other doubt: no single label per row can tell them apart.
# Of the doubt, 28 and 51 % were mistakes in CIFAR-10N's aggregate and worst labels, on which this was chosen; in clean labels none are.
_HIDDEN, _UNSURE_HIDDEN = 0.33, 0.3  # of the rows that are in doubt; the second is the half width
_UNSURE_SEEN = 0.12  # of what the confusions explain


def expected_errors(noise: LabelNoise, classes: np.ndarray) -> Interval:
    """What the confusions explain, which is all of a noise that does not look at the rows, and a share of the doubt that is left.

    With labels that people chose, the truth lies between the first alone and both; the interval reaches over either.
    """
    num_rows = len(classes)
    chance = 1 - noise.posterior[np.arange(num_rows), classes]
    seen, doubt = float(chance.sum()), float((1 - noise.clean.max(axis=1)).sum())
    number = min(seen + _HIDDEN * doubt, float(num_rows))
    half = np.hypot(np.hypot(_UNSURE_SEEN * seen, _UNSURE_HIDDEN * doubt), _Z * float((chance * (1 - chance)).sum()) ** 0.5)
    return Interval(number, max(0.0, number - float(half)), min(float(num_rows), number + float(half)), num_rows)
