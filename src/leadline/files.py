"""Writing so that a reader, or a crash, never meets half a file."""

from __future__ import annotations

import atexit
import errno
import hashlib
import json
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from leadline.errors import LeadlineError

_SCRATCH = "leadline-"
_OLD = "-old"
# In the names of what is being written, before the process number: two machines may write into one folder of a network.
_MARK = f"-{_SCRATCH}{re.sub('[^0-9A-Za-z]', '', platform.node())[:20]}-"
_scratch: list[Path] = []
_swept: set[Path] = set()  # folders looked through by this process


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_atomically(path: Path, content: bytes | str) -> None:
    """Temporary file beside the target, fsync, rename."""
    with file_written_whole(path) as building:
        building.write_bytes(content.encode() if isinstance(content, str) else content)


def write_json(path: Path, value: Any) -> None:
    write_atomically(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


@contextmanager
def file_written_whole(target: Path) -> Iterator[Path]:
    """Yields the name of an empty temporary file beside `target`; it takes the target's place only if the block ends well."""
    with _beside(target, _new_file) as building:
        yield building
        _sync(building)
        building.chmod(0o644)
        building.replace(target)


@contextmanager
def folder_written_whole(target: Path) -> Iterator[Path]:
    """Yields a temporary folder beside `target`; it takes the target's place only if the block ends well."""
    with _beside(target, _new_folder) as building:
        yield building
        for path in building.rglob("*"):
            if path.is_file():
                _sync(path)
        building.chmod(0o755)
        _swap(building, target)


def _new_file(folder: Path, prefix: str) -> str:
    handle, name = tempfile.mkstemp(dir=folder, prefix=prefix)
    os.close(handle)
    return name


def _new_folder(folder: Path, prefix: str) -> str:
    return tempfile.mkdtemp(dir=folder, prefix=prefix)


@contextmanager
def _beside(target: Path, make: Callable[[Path, str], str]) -> Iterator[Path]:
    """A temporary file or folder beside `target`; if the block fails it goes, and an OSError that names it names the target instead."""
    building = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep_beside(target.parent)
        building = Path(make(target.parent, f".{target.name}{_MARK}{os.getpid()}-"))
        yield building
    except BaseException as error:
        if building is not None:
            _remove(building)
        if isinstance(error, OSError) and _is_about(error, building):
            setattr(error, "filename" if error.filename2 is None else "filename2", str(target))
        raise


def _is_about(error: OSError, building: Path | None) -> bool:
    named = [str(name) for name in (error.filename, error.filename2) if name is not None]
    return building is None or not named or any(name.startswith(str(building)) for name in named)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _swap(building: Path, target: Path) -> None:
    """The new folder in the place of the old one, whoever else does the same at this moment: the last one stays."""
    old = building.with_name(building.name + _OLD)
    while True:
        try:
            with suppress(FileNotFoundError):  # nothing there, or another process has just taken it away
                target.rename(old)
            building.rename(target)
            return
        except BaseException as error:
            if isinstance(error, OSError) and error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                continue  # another process came in between
            if old.exists() and not target.exists():
                old.rename(target)
            raise
        finally:
            shutil.rmtree(old, ignore_errors=True)


def _sweep_beside(folder: Path) -> None:
    """Removes what killed processes of this machine left while they were writing; puts back what they had taken away last."""
    if folder in _swept:
        return
    _swept.add(folder)
    with suppress(OSError):  # whose folder this is may not let us; another process may be sweeping too
        for path in [path for path in folder.iterdir() if _MARK in path.name]:
            name, _, rest = path.name.partition(_MARK)
            owner, target = rest.partition("-")[0], folder / name.removeprefix(".")
            if not owner.isdigit() or _is_running(int(owner)):
                continue
            if rest.endswith(_OLD) and not target.exists():
                path.rename(target)
            else:
                _remove(path)


def scratch_folder() -> Path:
    """A new empty folder for what is unpacked or decoded on the way; it goes when the process ends, or at the next run if it was killed."""
    base = Path(tempfile.gettempdir())
    _sweep(base)
    if not _scratch:
        atexit.register(remove_scratch)
    try:
        folder = Path(tempfile.mkdtemp(dir=base, prefix=f"{_SCRATCH}{os.getpid()}-"))
    except OSError as error:
        saw = f"the folder for temporary files, {base}, cannot be written to: {error.strerror}"
        raise LeadlineError(saw, "a folder with room that you may write to", "set TMPDIR to another one") from error
    _scratch.append(folder)
    return folder


def discard(folder: Path) -> None:
    """Removes a scratch folder before the process ends."""
    shutil.rmtree(folder, ignore_errors=True)
    if folder in _scratch:
        _scratch.remove(folder)


def scratch_around(path: Path) -> Path | None:
    """The scratch folder of this process that a path lies in, None for every other path."""
    return next((folder for folder in _scratch if path.is_relative_to(folder)), None)


def remove_scratch() -> None:
    """Called at the end of the process; front ends that leave in a hurry call it themselves."""
    while _scratch:
        shutil.rmtree(_scratch.pop(), ignore_errors=True)


def _sweep(base: Path) -> None:
    """Removes what killed processes left."""
    for folder in base.glob(f"{_SCRATCH}*"):
        owner = folder.name.removeprefix(_SCRATCH).partition("-")[0]
        if owner.isdigit() and not _is_running(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _is_running(process: int) -> bool:
    if sys.platform == "win32":  # there a signal cannot be used to ask
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
