"""Which task the target asks for, with the reason."""

from __future__ import annotations

import polars as pl

from leadline.columns.contract import Confidence
from leadline.errors import LeadlineError
from leadline.registry import TASKS
from leadline.tasks.contract import Task


def choose_task(target: pl.Series, wanted: str | None = None) -> tuple[Task, str]:
    """The task that claims the target with the most confidence, or the one that is `wanted`; and why.

    Raises LeadlineError when the target does not suit it.
    """
    task, why = (TASKS.get(wanted)(), "as you said") if wanted else _most_sure(target)
    reason = task.why_not(target)
    if reason:
        raise LeadlineError(
            f'we cannot {task.name} "{target.name}": {reason}',
            "a few classes or labels that repeat, or numbers",
            f"check that the target is the right column (--target COL) or choose the task (--task {'|'.join(TASKS)})",
            column=target.name,
        )
    return task, why


def _most_sure(target: pl.Series) -> tuple[Task, str]:
    tasks: list[Task] = TASKS.make_all()
    claims = [(task, task.claims(target)) for task in tasks]
    sure = [(task, claim) for task, claim in claims if isinstance(claim, Confidence)]
    task, claim = max(sure, key=lambda pair: pair[1].value)
    return task, claim.why
