"""Refusing to answer what is too unlike the training data, for a promised share of answers."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from leadline.errors import LeadlineError, UsageError
from leadline.evaluate.intervals import Interval, wilson


def promised_share(asked: str | float) -> float:
    """0.95 from "95%", "0.95" or 0.95. Raises UsageError for what is no share between one half and one."""
    text = str(asked).strip()
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = math.nan
    if not 0.5 <= share < 1:
        raise UsageError(
            f'"{asked}" is not a share of rows that a model can promise to answer', "a share from 50% to under 100%", "--abstain 95%"
        )
    return share


def threshold(promised: float) -> dict[str, float]:
    """What a manifest says of refusing: familiarity is a rank among held-out training rows, so the threshold is what is not promised."""
    return {"promised": promised, "below": round(1 - promised, 6)}


def refused(familiarity: np.ndarray | None, abstain: Mapping[str, float] | None, num_rows: int) -> np.ndarray:
    """(n,) whether a row gets no answer; NaN, where familiarity is not known, is not refused."""
    if abstain is None or familiarity is None:
        return np.zeros(num_rows, dtype=bool)
    unfamiliar: np.ndarray = familiarity < abstain["below"]
    return unfamiliar


def some_answered(unfamiliar: np.ndarray, origin: str) -> None:
    """Raises LeadlineError where there are rows and none of them gets an answer: nothing could be scored."""
    if len(unfamiliar) and unfamiliar.all():
        raise LeadlineError(f"the model refuses all {len(unfamiliar):,} rows of {origin}", "rows like those it learned from")


def share_refused(unfamiliar: np.ndarray) -> Interval:
    """Of rows (n,), with its 95 % interval."""
    count, n = float(unfamiliar.sum()), len(unfamiliar)
    return Interval(count / n, *wilson(count, n), n) if n else Interval(*(float("nan"),) * 3, 0)


def refusing_in_words(share: Interval, promised: float) -> str:
    low, high = f"{share.low:.1%}", f"{share.high:.1%}"
    answered = f"It answers where it promises to be familiar with {promised:.0%} of rows like those of training"
    return f"{answered}: {share.value:.1%} of {share.n:,} rows got no answer ({low} to {high}) and are not in the scores."
