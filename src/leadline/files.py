"""Writing so that a reader, or a crash, never meets half a file."""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCRATCH = "leadline-"
_scratch: list[Path] = []


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_atomically(path: Path, content: bytes | str) -> None:
    """Temporary file beside the target, fsync, rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def file_written_whole(target: Path) -> Iterator[Path]:
    """Yields the name of an empty temporary file beside `target`; it takes the target's place only if the block ends well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    os.close(handle)
    building = Path(name)
    try:
        yield building
        _sync(building)
        building.chmod(0o644)
        building.replace(target)
    except BaseException:
        building.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any) -> None:
    write_atomically(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


@contextmanager
def folder_written_whole(target: Path) -> Iterator[Path]:
    """Yields a temporary folder beside `target`; it takes the target's place only if the block ends well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}-"))
    try:
        yield building
        for path in building.rglob("*"):
            if path.is_file():
                _sync(path)
        building.chmod(0o755)
        _swap(building, target)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _swap(building: Path, target: Path) -> None:
    old = building.with_name(building.name + "-old")
    if target.exists():
        target.rename(old)
    try:
        building.rename(target)
    except OSError:
        if old.exists() and not target.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def scratch_folder() -> Path:
    """A new empty folder for what is unpacked or decoded on the way; it goes when the process ends, or at the next run if it was killed."""
    base = Path(tempfile.gettempdir())
    _sweep(base)
    if not _scratch:
        atexit.register(remove_scratch)
    folder = Path(tempfile.mkdtemp(dir=base, prefix=f"{_SCRATCH}{os.getpid()}-"))
    _scratch.append(folder)
    return folder


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
