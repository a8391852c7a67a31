"""Which task the target asks for, with the reason."""

from __future__ import annotations

import polars as pl

from leadline.errors import LeadlineError
from leadline.registry import TASKS
from leadline.tasks.contract import Task

_FEW = 20  # different whole numbers that still are classes: digits, grades, stars


def choose_task(target: pl.Series, wanted: str | None = None) -> tuple[Task, str]:
    """The task and why. Raises LeadlineError when neither classes nor numbers make sense."""
    name, why = (wanted, "as you said") if wanted else _by_look(target)
    task: Task = TASKS.get(name)()
    reason = task.why_not(target, str(target.dtype))
    if reason:
        raise LeadlineError(
            f'we cannot {name} "{target.name}": {reason}',
            "a few classes that repeat, or numbers",
            "check that the target is the right column (--target COL) or choose the task (--task classify|regress)",
            column=target.name,
        )
    return task, why


def _by_look(target: pl.Series) -> tuple[str, str]:
    distinct = target.n_unique()
    if not target.dtype.is_numeric():
        return "classify", f"the target holds {distinct:,} names"
    whole = target.dtype.is_integer() or bool((target.drop_nans().drop_nulls() % 1 == 0).all())
    if whole and distinct <= _FEW:
        return (
            "classify",
            f"the target holds only {distinct} different whole numbers, taken as classes; --task regress takes them as numbers",
        )
    return "regress", f"the target holds {distinct:,} different numbers"
