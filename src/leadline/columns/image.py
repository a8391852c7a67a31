"""Pictures: files named by the column, or bytes inside it. Decoded as `Pictures`, opened only when an encoder asks."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl

from leadline.columns.contract import ColumnType, Confidence, Decoded, Sample, Where, WhyNot, digest_of
from leadline.columns.picture import Picture, Pictures
from leadline.errors import LeadlineError

EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".avif")
_LOOKED_FOR = 20  # files whose existence is checked when a column of names is recognised


class Image(ColumnType):
    name = "image"
    forms: ClassVar = {"": "image"}
    extensions = EXTENSIONS
    by_name = True

    def from_file(self, path: Path) -> Any:
        return str(path)

    def recognise(self, sample: Sample) -> Confidence | WhyNot:
        dtype = sample.values.dtype
        if dtype == pl.Binary or (isinstance(dtype, pl.Struct) and "bytes" in {field.name for field in dtype.fields}):
            return Confidence(0.95, "holds the bytes of picture files")
        if dtype != pl.String or sample.values.is_empty():
            return WhyNot(f"its values are {dtype}, neither file names nor bytes")
        share = sample.values.str.to_lowercase().str.ends_with(EXTENSIONS[0])
        for extension in EXTENSIONS[1:]:
            share = share | sample.values.str.to_lowercase().str.ends_with(extension)
        if share.mean() < 0.9:  # type: ignore[operator]
            return WhyNot("its values are not names of picture files")
        missing = [name for name in sample.values.head(_LOOKED_FOR) if not _resolve(name, sample.root).exists()]
        if missing:
            return WhyNot(f"it names picture files, but {missing[0]} is not there")
        return Confidence(0.95, "names picture files")

    def decode(self, raw: pl.Series, where: Where) -> Decoded:
        pictures, bad = [], {}
        for row, value in enumerate(raw):
            try:
                pictures.append(self._picture(value, row, where))
            except LeadlineError as error:
                bad[row] = error
                pictures.append(Picture(b"", source=where.source(row)))
        return Decoded(Pictures(pictures), bad)

    def _picture(self, value: Any, row: int, where: Where) -> Picture:
        if isinstance(value, dict):
            value = value.get("bytes") or value.get("path")
        if isinstance(value, bytes):
            return Picture(value, source=where.source(row))
        if not value:
            raise where.error(row, "there is no picture", "a file name or the bytes of a picture")
        path = _resolve(value, where.root)
        if not path.is_file():
            raise where.error(row, f"{path} is not there", "a picture file", "check the name and the folder it is relative to")
        return Picture(path, source=str(path))

    def show(self, raw: Any) -> str:
        if isinstance(raw, dict):
            raw = raw.get("path") or raw.get("bytes")
        return f"<{len(raw):,} bytes>" if isinstance(raw, bytes) else str(raw or "")

    def to_json(self, raw: Any) -> Any:
        if isinstance(raw, dict):
            raw = raw.get("bytes") or raw.get("path")
        return {"bytes": base64.b64encode(raw).decode()} if isinstance(raw, bytes) else raw

    def from_json(self, value: Any) -> Any:
        return base64.b64decode(value["bytes"]) if isinstance(value, dict) else value

    def summary(self, present: pl.Series, where: Where) -> str:
        return "named files" if present.dtype == pl.String else "embedded files"

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
            coarse.resize((300, 240), PillowImage.Resampling.BICUBIC).save(stream, "JPEG", quality=85)
            contents.append(stream.getvalue())
        return pl.Series(contents, dtype=pl.Binary)


def _resolve(name: str, root: Path | None) -> Path:
    return Path(name) if root is None else root / name


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return -1
