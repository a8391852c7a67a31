"""Rows that an edit list keeps together, beside the groups that the user named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from leadline.data.table import Data

EDITED = "group of the edit list"  # the column that says so, where the user named none


def with_groups(data: Data, groups: Sequence[Sequence[int]]) -> Data:
    """`groups` are places of rows; groups that share a row, or a group of the user's, are one."""
    column = data.group or EDITED
    named = [None] * len(data) if data.group is None else data.raw(data.group).cast(pl.String).to_list()
    above = dict[str, str]()

    def top(name: str) -> str:
        while above.setdefault(name, name) != name:
            above[name] = name = above[above[name]]
        return name

    for number, places in enumerate(groups):
        own = f"\0edit {number}"
        for place in places:
            named[place] = named[place] or own
            above[top(str(named[place]))] = top(own)
    together = pl.Series(column, [None if name is None else top(name) for name in named], pl.String)
    return replace(data, group=column, table=replace(data.table, frame=data.table.frame.with_columns(together)))
