"""Pictures: files named by the column, or bytes inside it. Decoded as `Pictures`, opened only when an encoder asks."""

from __future__ import annotations

import base64
import io
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl
from PIL.Image import Resampling

from leadline.columns.contract import ColumnType, Confidence, Decoded, Sample, Where, WhyNot, digest_of
from leadline.columns.picture import Picture, Pictures, looks_like_picture, open_picture, picture_header
from leadline.errors import LeadlineError
from leadline.files import scratch_around

EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".avif")
_LOOKED_FOR = 20  # files whose existence is checked when a column of names is recognised
_HEADERS = 50  # looked at for a summary
_THUMBNAIL = 288  # pixels of its longer side
_NAMED_PICTURE = rf"(?i)({'|'.join(re.escape(extension) for extension in EXTENSIONS)})$"
_WORTH_LISTING = 32  # files named in one folder


class Image(ColumnType):
    name = "image"
    forms: ClassVar = {"": "image"}
    extensions = EXTENSIONS
    by_name = True

    def from_file(self, path: Path) -> Any:
        return str(path)

    def recognise(self, sample: Sample) -> Confidence | WhyNot:
        dtype = sample.values.dtype
        if dtype == pl.Binary or isinstance(dtype, pl.Struct):
            return _of_bytes(sample.values)
        if dtype != pl.String or sample.values.is_empty():
            return WhyNot(f"its values are {dtype}, neither file names nor bytes")
        if sample.values.str.contains(_NAMED_PICTURE).mean() < 0.9:  # type: ignore[operator]
            return WhyNot("its values are not names of picture files")
        missing = [name for name in sample.values.head(_LOOKED_FOR) if not _is_file(_resolve(name, sample.root))]
        if missing:
            return WhyNot(f"it names picture files, but {missing[0]} is not there")
        return Confidence(0.95, "names picture files")

    def decode(self, raw: pl.Series, where: Where) -> Decoded:
        bad = {row: where.error(row, "there is no picture", "a file name or the bytes of a picture") for row in _empty(raw)}
        for row, path in _absent(raw, where.root).items():
            bad[row] = where.error(row, f"{path} is not there", "a picture file", "check the name and the folder it is relative to")
        archive = _archive_around(where.root)
        for row, name in _leading_out(raw, where.root, archive):
            bad[row] = where.error(row, f"{name} leads out of the archive", "a picture file in it", "put the picture into the archive")

        def picture(row: int) -> Picture:
            value = _content(raw[row])
            if isinstance(value, str):
                path = _resolve(value, where.root)
                return Picture(None if _leads_out(path, archive) else path, source=str(path))
            return Picture(value or None, source=where.source(row))

        return Decoded(Pictures.made_by(picture, np.arange(len(raw))), bad)

    def show(self, raw: Any) -> str:
        if isinstance(raw, dict):
            raw = raw.get("path") or raw.get("bytes")
        return f"<{len(raw):,} bytes>" if isinstance(raw, bytes) else str(raw or "")

    def tell(self, raw: Any) -> str:
        return ""

    def thumbnail(self, raw: pl.Series, where: Where) -> bytes | None:
        """Upright; pictures of few pixels are enlarged, so that each pixel stays one."""
        picture = self.decode(raw, where).values[0]
        with suppress(LeadlineError):
            image = open_picture(picture.read(), _THUMBNAIL, picture.name)
            image.thumbnail((_THUMBNAIL, _THUMBNAIL))
            times = max(1, _THUMBNAIL // (2 * max(image.size)))
            stream = io.BytesIO()
            image.resize((image.width * times, image.height * times), Resampling.NEAREST).save(stream, "JPEG", quality=80)
            return stream.getvalue()
        return None

    def to_json(self, raw: Any) -> Any:
        raw = _content(raw)
        return {"bytes": base64.b64encode(raw).decode()} if isinstance(raw, bytes) else raw

    def from_json(self, value: Any) -> Any:
        return base64.b64decode(value["bytes"]) if isinstance(value, dict) else value

    def summary(self, present: pl.Series, where: Where) -> str:
        headers = list[tuple[int, int, str]]()
        for picture in self.decode(present.gather_every(max(1, len(present) // _HEADERS)), where).values:
            with suppress(LeadlineError):
                headers.append(picture_header(picture.read(), picture.name))
        return _described(headers)

    def digest(self, raw: pl.Series, where: Where) -> bytes:
        """Files count by their own names and sizes, so that data are the same whichever way their folder was named."""
        if raw.dtype != pl.String:
            return digest_of(raw)
        paths = [None if name is None else _resolve(name, where.root) for name in raw]
        return digest_of(pl.Series([None if path is None else f"{path.name} {_size_of(path)}" for path in paths], dtype=pl.String))

    def made_up(self, num_rows: int, seed: int) -> pl.Series:
        """JPEG bytes of coloured noise, 300 x 240, as smooth as a photograph."""
        from PIL import Image as PillowImage

        rng, contents = np.random.default_rng(seed), []
        for _ in range(num_rows):
            coarse = PillowImage.fromarray(rng.integers(0, 256, (15, 20, 3), dtype=np.uint8))
            stream = io.BytesIO()
            coarse.resize((300, 240), Resampling.BICUBIC).save(stream, "JPEG", quality=85)
            contents.append(stream.getvalue())
        return pl.Series(contents, dtype=pl.Binary)


def _of_bytes(values: pl.Series) -> Confidence | WhyNot:
    """Bytes may be anything: the first ones of a few values tell."""
    if isinstance(values.dtype, pl.Struct) and "bytes" not in {field.name for field in values.dtype.fields}:
        return WhyNot("its values have parts, none of them called bytes")
    held = [value for value in map(_content, values.head(_LOOKED_FOR)) if value]
    known = [isinstance(value, str) or looks_like_picture(value) for value in held]
    if sum(known) * 2 <= len(known):
        return WhyNot(f"{len(known) - sum(known)} of {len(known)} values looked at are bytes that start like no picture")
    return Confidence(0.95, "holds the bytes of picture files")


def _content(value: Any) -> Any:
    """What stands for a picture in one raw value: bytes, a file's name, or nothing."""
    return value.get("bytes") or value.get("path") if isinstance(value, dict) else value


def _empty(raw: pl.Series) -> list[int]:
    """Rows without a picture."""
    if isinstance(raw.dtype, pl.Struct):
        return [row for row, value in enumerate(raw) if not _content(value)]
    lengths = raw.bin.size() if raw.dtype == pl.Binary else raw.cast(pl.String).str.len_bytes()
    return (lengths.fill_null(0) == 0).arg_true().to_list()


def _absent(raw: pl.Series, root: Path | None) -> dict[int, str]:
    """Row -> file, of those that are not there. Folders of which many files are named are listed, which is faster than asking for each."""
    folders: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for row, value in enumerate(raw) if raw.dtype == pl.String else _named(raw):
        if value:
            folder, name = os.path.split(value)
            folders[folder].append((row, name))
    absent = {}
    for folder, named in folders.items():
        place = _resolve(folder, root)
        there = _listed(place) if len(named) > _WORTH_LISTING else frozenset()
        for row, name in named:
            if name not in there and not _is_file(place / name):  # a listing may differ in upper and lower case
                absent[row] = str(place / name)
    return absent


def _named(raw: pl.Series) -> Iterator[tuple[int, str]]:
    """Rows of a struct that hold a name and no bytes."""
    if isinstance(raw.dtype, pl.Struct) and {"bytes", "path"} <= {field.name for field in raw.dtype.fields}:
        lengths = raw.struct.field("bytes").bin.size()
        for row in (lengths.fill_null(0) == 0).arg_true():
            yield row, raw[row]["path"]


def _archive_around(root: Path | None) -> Path | None:
    """The folder into which the archive that holds `root` was unpacked. Whoever made an archive must not choose files of its reader."""
    return None if root is None else scratch_around(root)


def _leading_out(raw: pl.Series, root: Path | None, archive: Path | None) -> Iterator[tuple[int, str]]:
    """Rows of an unpacked archive whose names lead out of it, and the names."""
    if archive is not None:
        for row, name in enumerate(raw) if raw.dtype == pl.String else _named(raw):
            if name and _leads_out(_resolve(name, root), archive):
                yield row, name


def _leads_out(path: Path, archive: Path | None) -> bool:
    """By the name alone: links are never unpacked, and a name that no file can have leads nowhere."""
    return archive is not None and not Path(os.path.normpath(path)).is_relative_to(archive)


def _listed(folder: Path) -> frozenset[str]:
    try:
        with os.scandir(folder) as entries:
            return frozenset(entry.name for entry in entries)
    except (OSError, ValueError):
        return frozenset()


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _described(headers: Sequence[tuple[int, int, str]]) -> str:
    """`92 x 112 pixels, PNG` or `180-500 x 120-500 pixels, mostly JPEG`."""
    if not headers:
        return "none that can be read"
    widths, heights = [width for width, _, _ in headers], [height for _, height, _ in headers]
    kinds = Counter(kind for _, _, kind in headers).most_common()
    return f"{_range(widths)} x {_range(heights)} pixels, {'mostly ' if len(kinds) > 1 else ''}{kinds[0][0]}"


def _range(numbers: Sequence[int]) -> str:
    least, most = min(numbers), max(numbers)
    return f"{least:,}" if least == most else f"{least:,}-{most:,}"


def _resolve(name: str, root: Path | None) -> Path:
    return Path(name) if root is None else root / name


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return -1
