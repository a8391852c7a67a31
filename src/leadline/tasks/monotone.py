"""Answers that may only rise, or only fall, as a number column grows and all else stays: what the user asks for, checked and said."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Literal, get_args

from leadline.data.table import Data
from leadline.errors import LeadlineError, UsageError, listed
from leadline.tasks.contract import Task

Direction = Literal["up", "down"]
SIGNS: Mapping[Direction, int] = {"up": 1, "down": -1}
_TRY = "--monotone rooms=up --monotone age=down"
_NUMBER = "number"


def read_directions(asked: Mapping[str, str]) -> dict[str, Direction]:
    """Raises UsageError for a word that is no direction, and for what is no mapping."""
    if not isinstance(asked, Mapping):
        raise UsageError(f"{asked!r} does not say which column goes which way", 'monotone={"rooms": "up", "age": "down"}', _TRY)
    directions: dict[str, Direction] = {}
    for column, word in asked.items():
        if word not in get_args(Direction):
            saw = f'"{word}" is no direction for {column}'
            raise UsageError(saw, "up (the answer never falls as the column grows) or down (it never rises)", _TRY)
        directions[column] = word  # type: ignore[assignment]  # it is one of them
    return directions


def check_directions(monotone: Mapping[str, Direction], data: Data, task: Task, classes: tuple[str, ...]) -> None:
    """Raises LeadlineError where the answers have no order, or a column is none of the numbers that they are made from."""
    if not monotone:
        return
    if task.what_rises(classes) is None:
        among = f" among {len(classes)}" if classes else ""
        saw = f"the task is to {task.name}{among}, and such an answer neither rises nor falls"
        raise LeadlineError(saw, "numbers or two classes as answers", "leave out --monotone")
    for column in monotone:
        _check_column(column, data)


def _check_column(column: str, data: Data) -> None:
    if column == data.target:
        raise LeadlineError("--monotone names the target itself", "a column that answers are made from", _TRY, column=column)
    numbers = [name for name, kind in data.types.items() if kind == _NUMBER]
    there = f"a column of numbers: {listed(numbers)}" if numbers else "a column of numbers, and here there are none"
    if column not in data.types:
        close = get_close_matches(column, numbers, n=1)
        known = column in data.table.frame.columns
        saw = f'answers are not made from "{column}": it was left out' if known else f'there is no column "{column}"'
        raise LeadlineError(saw, there, f'did you mean "{close[0]}"?' if close and not known else "")
    if data.types[column] != _NUMBER:
        saw = f"it is read as {data.types[column]}, and only a number can grow"
        raise LeadlineError(saw, there, f"--type {column}=number, if it holds numbers", column=column)


def directions_in_words(monotone: Mapping[str, Direction], task: Task, classes: tuple[str, ...]) -> list[str]:
    """ "The answer never falls as rooms grows: asked for." """
    subject = task.what_rises(classes) or "the answer"
    never = {"up": "falls", "down": "rises"}
    return [f"{subject[:1].upper()}{subject[1:]} never {never[word]} as {column} grows: asked for." for column, word in monotone.items()]
