"""Taking an archive apart into a folder, distrusting everything that it says: names, sizes and kinds of entries."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PureWindowsPath
from typing import IO, Any, cast

from leadline.errors import LeadlineError

MOST_ENTRIES = 2_000_000
MOST_BYTES = 64 << 30
MOST_RATIO = 200  # bytes for each packed one, beyond the first megabyte
MOST_DEPTH = 50
LONGEST_NAME = 255  # bytes between two slashes
RESERVE = 1 << 30  # bytes of the disk that stay free

_FREELY = 1 << 20  # so much of one entry may be as compressible as it likes
_FREELY_IN_ALL = 64 << 20  # and so much of all entries together, which may share what they are packed in
_CHUNK = 1 << 20
_LONGEST_HEADER = 1 << 24  # a header of a tar archive that wants more is made to fill the memory
_UNPACK_YOURSELF = "unpack it yourself, look at what is in it, and name the folder"
_OPENERS: dict[bytes, Callable[[Path], Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
_DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, ValueError, RecursionError,
    NotImplementedError, KeyError, IndexError, OverflowError, MemoryError,
)  # fmt: skip


def unpack_zip(archive: Path, folder: Path) -> None:
    """Every file of a ZIP archive into the folder. Raises LeadlineError where it is damaged, encrypted, or not what a data set is."""
    with _one_error(archive), zipfile.ZipFile(archive) as opened:
        writing = Unpacking(archive, folder)
        entries = opened.infolist()
        writing.expect(len(entries), sum(entry.file_size for entry in entries))
        for entry in entries:
            name = _zip_name(entry)
            if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise writing.refusal(f"{name} is a link or a device")
            if entry.flag_bits & 1:
                raise LeadlineError(f"{archive} is protected by a password", "an archive that anybody can open", _UNPACK_YOURSELF)
            if name.endswith("/"):
                writing.add_folder(name)
                continue
            with opened.open(entry) as stream:
                writing.add_file(name, stream, entry.compress_size)


def unpack_tar(archive: Path, folder: Path) -> None:
    """Every file of a tar archive, however it is compressed, into the folder. Raises LeadlineError as `unpack_zip` does."""
    packed = archive.stat().st_size
    with _one_error(archive), _decompressed(archive) as stream:
        writing = Unpacking(archive, folder)
        forward = cast(IO[bytes], _Forward(stream))
        with tarfile.open(fileobj=forward, mode="r:", encoding="utf-8", errors="surrogateescape") as opened:
            while (entry := opened.next()) is not None:
                opened.members.clear()  # type: ignore[attr-defined]  # tarfile would keep them all
                name = _tar_name(entry)
                content = opened.extractfile(entry) if entry.isreg() else None
                if content is not None:
                    writing.add_file(name, content, packed, shared=True)
                elif entry.isdir():
                    writing.add_folder(name)
                else:
                    raise writing.refusal(f"{name} is a link or a device")


def unpack_single(archive: Path, target: Path) -> None:
    """What a compressed file holds into the file `target`. Raises LeadlineError as `unpack_zip` does."""
    with _one_error(archive), _decompressed(archive) as stream:
        Unpacking(archive, target.parent).add_file(target.name, stream, archive.stat().st_size)


class Unpacking:
    """What one archive may still write, and where."""

    def __init__(self, archive: Path, folder: Path) -> None:
        self.archive, self.folder = archive, folder
        self.room = shutil.disk_usage(folder).free - RESERVE
        self.usual = max(_FREELY_IN_ALL, MOST_RATIO * archive.stat().st_size)
        self.entries = self.written = 0
        self._made = {folder}

    def refusal(self, why: str) -> LeadlineError:
        return LeadlineError(
            f"{self.archive} is refused: {why}", "an archive of plain files and folders, of a usual size", _UNPACK_YOURSELF
        )

    def expect(self, entries: int, size: int) -> None:
        """Raises LeadlineError where there is, or says it is, more than we take or the disk has room for."""
        if entries > MOST_ENTRIES:
            raise self.refusal(f"it holds more than {MOST_ENTRIES:,} entries")
        if size > MOST_BYTES:
            raise self.refusal(f"unpacked it would be larger than {MOST_BYTES >> 30:,} GB")
        if size > self.usual:
            raise self.refusal(f"unpacked it would be more than {MOST_RATIO} times as large as it is")
        if size > self.room:
            saw = f"{self.archive} needs {size >> 20:,} MB unpacked, and {max(0, self.room) >> 20:,} MB are free in {self.folder.parent}"
            raise LeadlineError(saw, "room for what is in it", "free some space there, or set TMPDIR to a larger disk")

    def add_folder(self, name: str) -> None:
        self._count()
        self._make(self._place(name))

    def add_file(self, name: str, content: IO[bytes], packed: int, shared: bool = False) -> None:
        """Writes one file. `packed` is how many bytes it takes in the archive; `shared` says that it is so of all files together."""
        self._count()
        place = self._place(name)
        if place == self.folder:
            raise self.refusal("an entry has no name")
        self._make(place.parent)
        before = 0 if shared else self.written
        with place.open("wb") as target:
            while chunk := content.read(_CHUNK):
                self.written += len(chunk)
                self.expect(self.entries, self.written)
                if self.written - before > max(_FREELY, MOST_RATIO * packed):
                    raise self.refusal(f"{name} is more than {MOST_RATIO} times as large as it is packed")
                target.write(chunk)

    def _count(self) -> None:
        self.entries += 1
        self.expect(self.entries, self.written)

    def _make(self, folder: Path) -> None:
        if folder not in self._made:
            folder.mkdir(parents=True, exist_ok=True)
            self._made.add(folder)

    def _place(self, name: str) -> Path:
        """Where an entry goes. Raises LeadlineError where that is not inside the folder, or the name is made to do harm."""
        plain = name.replace("\\", "/")
        parts = [part for part in plain.split("/") if part not in ("", ".")]
        if plain.startswith("/") or PureWindowsPath(plain).drive or ".." in parts or "\0" in plain:
            raise self.refusal(f"{name[:200]!r} leads out of the folder that it is unpacked into")
        if len(parts) > MOST_DEPTH or any(len(part.encode()) > LONGEST_NAME for part in parts):
            raise self.refusal(f"{name[:100]!r} is too long or too deep a name")
        return self.folder.joinpath(*parts)


class _Forward:
    """A decompressed stream as `tarfile` wants it: read from front to back, no more at once than an honest header needs."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.at = stream, 0

    def read(self, size: int) -> bytes:
        if size > _LONGEST_HEADER:
            raise tarfile.ReadError("a header is too long")
        content = self.stream.read(size)
        self.at += len(content)
        return content

    def tell(self) -> int:
        return self.at

    def seek(self, place: int) -> None:
        if place < self.at:
            raise tarfile.ReadError("its entries are not in order")
        while self.at < place and self.read(min(_CHUNK, place - self.at)):
            pass


def _decompressed(archive: Path) -> IO[bytes]:
    """What is in it, by its first bytes: its name may be wrong."""
    with archive.open("rb") as stream:
        head = stream.read(8)
    opener = next((opener for mark, opener in _OPENERS.items() if head.startswith(mark)), None)
    return archive.open("rb") if opener is None else cast(IO[bytes], opener(archive))


def _zip_name(entry: zipfile.ZipInfo) -> str:
    """Many programs write UTF-8 without saying so, which would then be read as an alphabet of 1981."""
    name = entry.orig_filename
    if not entry.flag_bits & 0x800 and not name.isascii():
        try:
            name = name.encode("cp437").decode()
        except UnicodeError:
            pass
    return name.replace("\\", "/")


def _tar_name(entry: tarfile.TarInfo) -> str:
    """A name that is not UTF-8 is taken for western European."""
    try:
        entry.name.encode()
    except UnicodeEncodeError:
        return entry.name.encode("utf-8", "surrogateescape").decode("latin-1")
    return entry.name


@contextmanager
def _one_error(archive: Path) -> Iterator[None]:
    """Whatever a library says of a broken archive, in one form."""
    try:
        yield
    except LeadlineError:
        raise
    except _DAMAGE as error:
        raise _damaged(archive, error) from None
    except OSError as error:
        if error.errno is None:  # bz2 says so of a damaged file
            raise _damaged(archive, error) from None
        saw = f"{archive} cannot be unpacked: {os.strerror(error.errno)}"
        raise LeadlineError(
            saw, "an archive that you may read, and room to unpack it", "look at the disk, or set TMPDIR to another"
        ) from None


def _damaged(archive: Path, error: BaseException) -> LeadlineError:
    reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
    return LeadlineError(f"{archive} is damaged, cut short, or no such archive: {reason}", "a whole archive", "copy or download it again")
