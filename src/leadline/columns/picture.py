"""Pictures as they come: opened safely, turned upright and made plain RGB, with Pillow alone."""

from __future__ import annotations

import math
import os
import re
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, features

from leadline.errors import LeadlineError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM") + (("AVIF",) if features.check("avif") else ())
MAX_PIXELS = 178_000_000  # half a gigabyte as RGB; Pillow itself refuses a little more than this
MAX_BYTES = 512 << 20
_EXPECTED = f"a picture: {', '.join(FORMATS)}"
_ORIENTATION = 0x0112  # the EXIF tag; its values 2..8 and what brings each upright:
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_270, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_90,
}  # fmt: skip
_OF_SEVERAL = ("GIF", "WEBP", "PNG", "TIFF", "AVIF")
_PLAIN = ("1", "L", "P", "RGB", "YCbCr")  # modes that need no more memory on their way to RGB than RGB does
_SIGNATURES = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF....WEBP|BM....\0\0\0\0|II\*\0|MM\0\*|P[1-6]\s|....ftyp(avi[fs]|hei[cx]|mif1|hevc)",
    re.S,
)
# First bytes of files that people do hand in, and what to call them.
_LOOKS_LIKE = (
    (re.compile(rb"....ftyp(heic|heix|mif1|hevc)", re.S), "a HEIC photograph", "save it as JPEG (phones offer this when sharing)"),
    (re.compile(rb"%PDF"), "a PDF document", "export its page as PNG"),
    (re.compile(rb"\s*<(svg|\?xml)", re.I), "an SVG drawing", "export it as PNG"),
    (re.compile(rb"\s*<(!doctype|html)", re.I), "a web page", "download the picture itself, not the page that shows it"),
    (re.compile(rb"PK\x03\x04"), "a zip archive", "unpack it"),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """Where one encoded picture is: a file, or its bytes with a word on where they came from. Neither means a missing value."""

    content: Path | bytes | None
    source: str = ""

    @property
    def name(self) -> str:
        return self.source or (str(self.content) if isinstance(self.content, Path) else "a picture")

    def read(self) -> bytes:
        """The encoded bytes.

        Raises:
            LeadlineError: there is no picture, or its file cannot be read.
        """
        if self.content is None:
            raise LeadlineError("there is no picture here", "a file or its bytes", "drop the row or add the picture", file=self.name)
        return self.content if isinstance(self.content, bytes) else _read_file(self.content, self.name)

    def num_bytes(self) -> int:
        """How large the encoded picture is; 0 where there is none or its file is gone."""
        if not isinstance(self.content, Path):
            return len(self.content or b"")
        try:
            return self.content.stat().st_size
        except (OSError, ValueError):
            return 0


class Pictures:
    """Pictures aligned with rows. With `made_by` each is made when it is asked for, so that a million cost no more than their numbers."""

    def __init__(self, pictures: Iterable[Picture]) -> None:
        listed = list(pictures)
        self._at: Callable[[int], Picture] = listed.__getitem__
        self._rows = np.arange(len(listed))

    @classmethod
    def made_by(cls, at: Callable[[int], Picture], rows: np.ndarray) -> Pictures:
        """Picture i is `at(rows[i])`."""
        pictures = cls(())
        pictures._at, pictures._rows = at, rows
        return pictures

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Picture]:
        return (self._at(row) for row in self._rows.tolist())

    def __getitem__(self, row: int) -> Picture:
        return self._at(int(self._rows[row]))

    def take_rows(self, rows: np.ndarray) -> Pictures:
        return Pictures.made_by(self._at, self._rows[rows])


def _read_file(path: Path, name: str) -> bytes:
    """By plain system calls: for a small picture Python's file objects take five times as long as reading it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:
            size = os.fstat(descriptor).st_size
            if size > MAX_BYTES:
                raise LeadlineError(f"a file of {size >> 20} MB", f"at most {MAX_BYTES >> 20} MB", "save it smaller", file=name)
            content = os.read(descriptor, size + 1)
            return content if len(content) == size else content + b"".join(iter(lambda: os.read(descriptor, 1 << 20), b""))
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LeadlineError(f"a file that cannot be read: {reason}", "a picture file", "check that it is still there", file=name) from error


def open_picture(content: bytes, at_least: int | None = None, source: str = "", max_pixels: int = MAX_PIXELS) -> Image.Image:
    """The picture upright in RGB; the first one where several are in the file, transparency over white.

    A JPEG may come at a half, a quarter or an eighth of its size as long as its shortest side keeps `at_least` pixels.

    Raises:
        LeadlineError: not a picture of an allowed format, damaged, or of more than `max_pixels`; says which.
    """
    try:
        with _pillow_quiet():
            image = _open(content, source, max_pixels)
            if at_least is not None and image.format in ("JPEG", "MPO"):
                image.draft(None, (at_least, at_least))
            image.load()
            return _to_rgb(_upright(image))
    except LeadlineError:
        raise
    except Exception as error:  # decoders meet hostile bytes: whatever they raise, the file is at fault
        raise LeadlineError(
            f"a picture that cannot be decoded: {error or type(error).__name__}", "a whole picture file",
            "open and save it again, or drop the row", file=source or None,
        ) from error  # fmt: skip


def picture_size(content: bytes, source: str = "") -> tuple[int, int]:
    """(width, height) as the header states them, before any turning; nothing is decoded. Raises LeadlineError as `open_picture`."""
    return picture_header(content, source)[:2]


def picture_header(content: bytes, source: str = "") -> tuple[int, int, str]:
    """(width, height, format) as the header states them, before any turning; nothing is decoded. Raises LeadlineError."""
    with _pillow_quiet():
        image = _open(content, source, MAX_PIXELS)
        return image.width, image.height, "JPEG" if image.format == "MPO" else str(image.format)


def is_several(content: bytes) -> bool:
    """Whether a file holds more pictures than the one that `open_picture` gives: an animation, or several pages."""
    try:
        with _pillow_quiet():
            image = _open(content, "", MAX_PIXELS)
            return image.format in _OF_SEVERAL and bool(getattr(image, "is_animated", False))
    except Exception:  # what is damaged is found where it is opened
        return False


def looks_like_picture(content: bytes) -> bool:
    """Whether the first bytes are those of a format that we read, or of one that we know and ask to convert."""
    return _SIGNATURES.match(content) is not None


def _open(content: bytes, source: str, max_pixels: int) -> Image.Image:
    try:
        image = Image.open(BytesIO(content), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_large(str(error), max_pixels, source) from error
    except Exception as error:
        raise _not_a_picture(content, source) from error
    if image.width * image.height > (max_pixels if image.mode in _PLAIN else max_pixels // 2):
        raise _too_large(f"{image.width} x {image.height} pixels", max_pixels, source)
    return image


def _too_large(saw: str, max_pixels: int, source: str) -> LeadlineError:
    return LeadlineError(
        f"a picture too large to open safely: {saw}", f"at most {max_pixels / 1e6:.0f} million pixels", "scale it down", file=source or None
    )


def _not_a_picture(content: bytes, source: str) -> LeadlineError:
    if not content:
        return LeadlineError("an empty file", _EXPECTED, "copy it again from where it came", file=source or None)
    for start, what, advice in _LOOKS_LIKE:
        if start.match(content[:64]):
            return LeadlineError(f"{what}, not a picture we read", _EXPECTED, advice, file=source or None)
    saw = f"bytes that are no picture we know (they start with {content[:8]!r})"
    return LeadlineError(saw, _EXPECTED, "save it as JPEG or PNG, or drop the row", file=source or None)


def _upright(image: Image.Image) -> Image.Image:
    """Turned as the camera's orientation tag says. A broken tag turns nothing: the pixels are still good."""
    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except Exception:
        return image
    turn = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    return image if turn is None else image.transpose(turn)


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode.startswith(("I", "F")):
        return _deep_grey(image).convert("RGB")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, (255, 255, 255))
        white.paste(image, mask=image.getchannel("A"))
        return white
    return image.convert("RGB")


def _deep_grey(image: Image.Image) -> Image.Image:
    """Grey of more than 8 bits, scaled to 8 by its full range: Pillow's own conversion would clip everything above 255 to white.

    16-bit pictures have the range 0..65535 and real ones 0..1; other numbers state no range, so theirs runs from least to greatest.
    """
    levels = np.nan_to_num(np.asarray(image).astype(np.float32))
    low, high = float(levels.min()), float(levels.max())
    limit = 1.0 if image.mode == "F" else 65535.0
    if low < 0 or high > limit:
        levels, limit = levels - low, max(high - low, 1e-30)
    if not math.isfinite(limit):
        raise ValueError("grey levels beyond any range")
    return Image.fromarray(np.rint(levels * (255.0 / limit)).clip(0, 255).astype(np.uint8), "L")


_quiet_lock = threading.Lock()
_quiet_users = 0
_quiet_filters: list[object] = []


@contextmanager
def _pillow_quiet() -> Iterator[None]:
    """Silences Pillow's own warnings while any thread is in here, and nothing else.

    `warnings.catch_warnings` swaps the whole list of filters, which loses filters when threads overlap; this adds one and removes it.
    """
    global _quiet_users
    with _quiet_lock:
        _quiet_users += 1
        if _quiet_users == 1:
            warnings.filterwarnings("ignore", module=r"PIL\b|leadline\.columns\.picture")
            _quiet_filters.append(warnings.filters[0])
    try:
        yield
    finally:
        with _quiet_lock:
            _quiet_users -= 1
            if _quiet_users == 0:
                _remove_filter(_quiet_filters.pop())


def _remove_filter(entry: object) -> None:
    if entry in warnings.filters:  # gone already where someone reset all filters meanwhile
        warnings.filters.remove(entry)  # type: ignore[attr-defined]
