"""Pictures on which little can be seen: dark, washed out, blurred, blank, tiny, or of an odd shape, as such and beside the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from leadline.check.contract import Check, Checked, NotApplicable
from leadline.check.picture_facts import PictureFacts, facts_of
from leadline.check.view import View
from leadline.findings import Finding, Severity

_BLANK_CONTRAST, _BLANK_RANGE = 4.0, 16.0  # grey levels: standard deviation, and from the darkest to the brightest hundredth
_DARK, _BRIGHT = 64.0, 190.0  # grey levels that hardly any pixel is above, or below
_BLURRED = 0.55  # of 1; photographs of 300 pixels have 0.3, and this once they are blurred by a Gaussian of 3 to 4
_TINY = 64.0  # pixels of the shorter side
_ODD = np.log(2.5)  # times as wide as high, or as high as wide
_UNUSUAL = 3.5  # standard deviations, as the median distance from the median tells them, that make a picture unlike the others


@dataclass(frozen=True)
class _Kind:
    """`flags` (n,) which pictures, `how` (n,) the larger the worse."""

    words: str
    detail: str
    severity: Severity
    flags: np.ndarray
    how: np.ndarray


class LowQualityPicture(Check):
    """Each has to pass a fixed bound, and to be unlike most pictures of the data set: X-rays are dark and thumbnails tiny by nature.

    Blur as Crete et al. (2007) measure it, at 96 pixels.
    """

    code: ClassVar[str] = "low-quality-picture"
    title: ClassVar[str] = "can something be seen on every picture?"

    def run(self, view: View) -> Checked | NotApplicable:
        columns = view.data.features_of("image")
        if not columns:
            return NotApplicable("there are no pictures")
        said, findings = np.zeros(len(view), dtype="<U48"), list[Finding]()
        for column in columns:
            rows, facts = facts_of(view, column)
            for kind in _kinds(facts):
                if kind.flags.any():
                    findings.append(self._finding(view, column, rows, facts, kind))
                    said[rows[kind.flags]] = kind.words
        return Checked(tuple(findings), {"low_quality": said})

    def _finding(self, view: View, column: str, rows: np.ndarray, facts: PictureFacts, kind: _Kind) -> Finding:
        worst = np.flatnonzero(kind.flags)[np.argsort(-kind.how[kind.flags], kind="stable")]
        sampled = " looked at" if len(rows) < len(view) else ""
        number = "1 picture is" if len(worst) == 1 else f"{len(worst):,} pictures are"
        title = f"{number} {kind.words}, of {int(facts.readable.sum()):,}{sampled}"
        fix = "look at them: where nothing can be seen, leave them out or take them again"
        return view.found(self.code, kind.severity, title, kind.detail, column=column, rows=rows[worst], fix=fix)


def _kinds(facts: PictureFacts) -> Iterator[_Kind]:
    """A picture is of the first of these kinds that has to do with light alone; its size and shape are asked by themselves."""
    seen = facts.readable
    span = facts.brightest - facts.darkest
    blank = seen & (facts.contrast < _BLANK_CONTRAST) & (span < _BLANK_RANGE)
    yield _Kind("nearly blank", "all their pixels are nearly of one grey level", Severity.MEDIUM, blank, -facts.contrast)
    dark = seen & ~blank & (facts.brightest < _DARK) & _below(facts.brightest)
    yield _Kind("dark", f"hardly a pixel has a grey level above {_DARK:.0f} of 255", Severity.LOW, dark, -facts.brightest)
    bright = seen & ~blank & (facts.darkest > _BRIGHT) & _below(-facts.darkest)
    yield _Kind("washed out", f"hardly a pixel has a grey level below {_BRIGHT:.0f} of 255", Severity.LOW, bright, facts.darkest)
    blurred = seen & ~blank & (facts.blur > _BLURRED) & _below(-facts.blur)
    yield _Kind("blurred", "blurring them once more changes them little", Severity.LOW, blurred, facts.blur)
    side = np.minimum(facts.width, facts.height)
    usual = float(np.median(side[seen])) if seen.any() else 0.0
    tiny = seen & (side < min(_TINY, usual / 2))
    detail = f"their shorter side is under {min(_TINY, usual / 2):.0f} pixels, where {usual:.0f} are usual"
    yield _Kind("tiny", detail, Severity.LOW, tiny, -side)
    shape = np.log(np.maximum(1.0, facts.width)) - np.log(np.maximum(1.0, facts.height))
    apart = np.abs(shape - np.median(shape[seen])) if seen.any() else np.zeros(len(shape))
    odd = seen & (np.abs(shape) > _ODD) & (apart > _ODD)
    yield _Kind("of an odd shape", f"one side is more than {np.exp(_ODD):.1f} times as long as the other", Severity.LOW, odd, apart)


def _below(values: np.ndarray) -> np.ndarray:
    """(n,) which values are far below most."""
    present = values[np.isfinite(values)]
    if not len(present):
        return np.zeros(len(values), dtype=bool)
    middle = np.median(present)
    spread = 1.4826 * np.median(np.abs(present - middle))
    below: np.ndarray = values < middle - _UNUSUAL * max(float(spread), 1e-6)
    return below
