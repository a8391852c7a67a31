"""Learners that fail: they are left out, the reason is said in words, and the others go on."""

from __future__ import annotations

import polars as pl

from leadline.errors import LeadlineError
from leadline.findings import Finding, Severity
from leadline.plan.plan import Fitting, Skipped

# What a learner's failure is: any error, and a panic inside polars, which is none for Python. An interrupt is neither.
FAILURES = (Exception, pl.exceptions.PanicException)
TRIVIAL = "baseline"  # the learner that every result is shown against
_SHOWN = 200  # characters of a message that was not written for a user


def why_failed(error: BaseException) -> str:
    """Why a learner is left out, in a sentence without its full stop."""
    if isinstance(error, LeadlineError):
        return error.saw
    if isinstance(error, MemoryError):
        return "it ran out of memory"
    lines = str(error).strip().splitlines()
    return f"it failed on these data ({type(error).__name__}{': ' + lines[0][:_SHOWN] if lines else ''})"


def failed(fitting: Fitting, error: BaseException) -> Skipped:
    return Skipped(fitting.learner, fitting.seconds, why_failed(error))


def nothing_learned(learners: list[str], skipped: list[Skipped]) -> tuple[Finding, ...]:
    """The warning where nothing but the trivial baseline could be had; `learners` are those that ran."""
    if set(learners) - {TRIVIAL}:
        return ()
    telling = [one for one in skipped if not one.foreign] or skipped
    reasons = "; ".join(f"{one.learner}: {one.why}" for one in telling)
    title = "Nothing was learned from the examples: the model gives the same answer to all, as no learner could be run"
    return (Finding("nothing-learned", Severity.HIGH, title, reasons, fix="a larger --budget, or mend what is said of each learner"),)
