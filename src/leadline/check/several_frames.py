"""Files that hold more than one picture: animations, and scans of several pages. Only the first picture of each is used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from leadline.check.same_pictures import spread
from leadline.columns.picture import Picture, Pictures, is_several
from leadline.data.named_files import ends_with
from leadline.data.table import Data
from leadline.errors import LeadlineError
from leadline.findings import Finding, Severity

_ENDINGS = (".gif", ".webp", ".tif", ".tiff", ".avif")  # a PNG may be animated too; of files called so, none is opened for this
_BEGINNINGS = (b"GIF8", b"RIFF", b"II*\0", b"MM\0*")


def several_frames(data: Data) -> list[Finding]:
    """A finding for every column of pictures where some files hold several."""
    found = []
    for name, form in data.forms.items():
        rows = _rows(data.raw(name), data.feature(name)) if form == "image" else []
        if rows:
            title = f"{len(rows):,} of {len(data):,} pictures are animated or have several pages; the first one counts"
            numbers = [data.source_row(row) for row in rows]
            found.append(Finding("several-frames", Severity.LOW, title, column=name, rows=numbers, fix="save the picture that you mean"))
    return found


def _rows(raw: pl.Series, pictures: Pictures) -> list[int]:
    named = raw.dtype == pl.String  # then names say enough, and a hundred thousand pictures need not be made to ask them
    possible = ends_with(raw, _ENDINGS).fill_null(False).arg_true().to_list() if named else range(len(raw))
    suspects = np.array([row for row in possible if _may_be(pictures[row])], dtype=np.int64)
    several = [one for _, some in spread(lambda row: _is_several(pictures[row]), suspects) for one in some]
    return [row for row, one in zip(suspects.tolist(), several, strict=True) if one]


def _may_be(picture: Picture) -> bool:
    content = picture.content
    if isinstance(content, Path):
        return content.name.lower().endswith(_ENDINGS)
    return content is not None and (content.startswith(_BEGINNINGS) or b"acTL" in content[:4096])


def _is_several(picture: Picture) -> bool:
    try:
        return is_several(picture.read())
    except LeadlineError:
        return False
