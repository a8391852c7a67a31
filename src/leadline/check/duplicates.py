"""Which rows are copies of one another, so that no split that we make parts them, and what there is to say about it.

What counts as a copy:
- data with pictures: the same picture, saved anew, smaller, brighter, mirrored or with a tenth cut off, whatever the other columns say;
  with several columns of pictures, all of them;
- data of texts alone: the same words, or in a long text nearly so; beside other columns long texts alone;
- anything else: rows that are equal in every feature column, but for rounding, unless so few different rows are possible that they repeat
  by nature.

A column that tells every row apart and means nothing, an id, is not looked at.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import polars as pl

from leadline.check.equal_rows import equal_rows, repeat_by_nature, without_ids
from leadline.check.findings import findings_of, repeats_by_nature, skipped
from leadline.check.links import NONE, Links, links_of, together, united
from leadline.check.overlaps import overlaps
from leadline.check.patience import Patience, TooSlowError
from leadline.check.rounded_rows import rounded_rows
from leadline.check.same_pictures import same_pictures
from leadline.columns.picture import Pictures
from leadline.data.table import Data
from leadline.encoders.store import Store
from leadline.findings import Finding
from leadline.progress import Advance, Progress

_LONG_TEXT = 12  # words; two rows that share so many by chance are not met


@dataclass(frozen=True)
class Copies:
    """`groups` (n,): for each row the first row that it stays together with, itself where alone; None where all rows are alone.

    `near` says whether near duplicates were looked for to the end; `copies` is `groups` without what the user named.
    """

    groups: np.ndarray | None
    findings: tuple[Finding, ...]
    near: bool
    copies: np.ndarray | None = None


@dataclass(frozen=True)
class Looked:
    """Links between exact and between near copies, and what could not be done for want of time."""

    exact: Links
    near: Links = field(default_factory=NONE.copy)
    mirrored: Links = field(default_factory=NONE.copy)  # near copies that only count where left and right do not matter
    by_nature: bool = False
    too_slow: float = 0.0  # seconds that near duplicates would take


def find_copies(
    data: Data, target: np.ndarray, num_classes: int, store: Store, progress: Progress, near_seconds: float = math.inf
) -> Copies:
    """Copies among the rows, united with the groups that the user named. `target` (n, ...) is what the task made of the answers.

    Near duplicates are left out where they would take longer than `near_seconds`, with a finding; the same data, thumbnails already
    in the store or not, always give the same groups where they are not left out.
    """
    looked = _look(data, store, progress, near_seconds)
    own = NONE if data.group is None else links_of_values(data.raw(data.group))
    exact = united(len(data), [looked.exact])
    if looked.by_nature:
        found = [repeats_by_nature(data, exact), *overlaps(data, None, None, own)]
        return Copies(united(len(data), [own]), tuple(found), near=True)
    upright = united(len(data), [looked.exact, looked.near])
    every = united(len(data), [looked.exact, looked.near, looked.mirrored])
    found = [*findings_of(data, exact, upright, every, target if num_classes else None), *overlaps(data, exact, every, own)]
    if looked.too_slow:
        found.append(skipped(looked.too_slow, near_seconds))
    return Copies(united(len(data), [own, looked.exact, looked.near, looked.mirrored]), tuple(found), not looked.too_slow, every)


def links_of_values(values: pl.Series) -> Links:
    """Rows of equal value; a row without one belongs to none."""
    present = values.is_not_null().arg_true().to_numpy()
    keys = values.gather(present)
    return links_of((keys if keys.dtype.is_numeric() else keys.cast(pl.String)).hash(0).to_numpy(), present)


def _look(data: Data, store: Store, progress: Progress, near_seconds: float) -> Looked:
    pictures = data.features_of("image")
    if pictures:
        return _same_in_all([_of_pictures(data.feature(name), store, progress, near_seconds) for name in pictures], len(data))
    data = without_ids(data)
    exact, texts = equal_rows(data), data.features_of("text")
    if texts:
        words = pl.select(pl.concat_str([data.feature(name) for name in texts], separator="\n")).to_series()
        alone = len(texts) == len(data.forms)
        rows = np.arange(len(data)) if alone else (words.str.count_matches(r"\S+") >= _LONG_TEXT).arg_true().to_numpy()
        if alone or len(rows):
            near = partial(_near_texts, exact, words, rows)
            return _with_near(exact, near_seconds, progress, "texts", near)
    if len(exact) and repeat_by_nature(data, len(together(united(len(data), [exact])))):
        return Looked(exact, by_nature=True)
    return _with_near(exact, near_seconds, progress, "rows", partial(_near_rows, data, exact))


def _of_pictures(pictures: Pictures, store: Store, progress: Progress, near_seconds: float) -> Looked:
    exact = same_pictures(pictures)

    def near(patience: Patience, advance: Advance) -> Looked:
        from leadline.check.look_alikes import look_alikes
        from leadline.check.thumbnails import thumbnails

        rows = np.setdiff1d(np.arange(len(pictures)), exact[:, 0])
        alike = look_alikes(thumbnails(pictures.take_rows(rows), store, patience, advance), patience.rest())
        return Looked(exact, rows[alike.upright], rows[alike.mirrored])

    return _with_near(exact, near_seconds, progress, "pictures", near)


def _near_rows(data: Data, exact: Links, patience: Patience, advance: Advance) -> Looked:
    return Looked(exact, rounded_rows(data, np.setdiff1d(np.arange(len(data)), exact[:, 0]), patience))


def _near_texts(exact: Links, texts: pl.Series, rows: np.ndarray, patience: Patience, advance: Advance) -> Looked:
    from leadline.check.texts import near_texts

    return Looked(exact, rows[near_texts(texts.gather(rows), patience, advance)])


def _with_near(exact: Links, seconds: float, progress: Progress, unit: str, near: Callable[[Patience, Advance], Looked]) -> Looked:
    try:
        with progress.track(f"comparing {unit}", unit) as advance:
            return near(Patience(seconds), advance)
    except TooSlowError as error:
        return Looked(exact, too_slow=error.seconds)


def _same_in_all(each: list[Looked], num_rows: int) -> Looked:
    """Links of rows that belong together in every one of several columns."""
    if len(each) == 1:
        return each[0]
    exact = _shared([united(num_rows, [looked.exact]) for looked in each])
    near = _shared([united(num_rows, [looked.exact, looked.near]) for looked in each])
    mirrored = _shared([united(num_rows, [looked.exact, looked.near, looked.mirrored]) for looked in each])
    return Looked(exact, near, mirrored, too_slow=max(looked.too_slow for looked in each))


def _shared(groups: list[np.ndarray | None]) -> Links:
    if any(group is None for group in groups):
        return NONE
    return links_of(pl.DataFrame([pl.Series(str(place), group) for place, group in enumerate(groups)]).hash_rows(seed=0).to_numpy())
