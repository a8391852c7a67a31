"""What lies in a folder, found without opening a single file: names in order; links out, devices and hidden things kept apart."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from leadline.data.folders.stray import CLOSED, DEAD_LINK, LINK_OUT, LINK_TO_FOLDER, ODD_NAME, SPECIAL, Left, Reason
from leadline.errors import LeadlineError, printable

_OURS = (".leadline", ".runs")  # models and runs; a class so called would be a strange one
_OF_SYSTEMS = ("__MACOSX", "Thumbs.db", "desktop.ini")


class Level(NamedTuple):
    """One level of a folder; names are relative to the root of the walk, with "/" between their parts."""

    folders: list[str]
    files: list[str]


class Walk:
    """A walk through one folder. Links to files are followed where they stay inside it; links to folders never are, so none can loop.

    What is passed by is remembered in `left`. Raises LeadlineError where the folder itself cannot be opened.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.left = Left()
        self._inside = os.path.realpath(root).rstrip(os.sep) + os.sep

    @property
    def name(self) -> str:
        return printable(self.root.resolve().name)

    @property
    def origin(self) -> str:
        return printable(str(self.root))

    def path(self, name: str) -> Path:
        return self.root / name

    def level(self, under: str = "") -> Level:
        """What lies directly in a folder of the walk."""
        level = Level([], [])
        for name, is_folder in self._entries(under):
            (level.folders if is_folder else level.files).append(name)
        return level

    def files(self, under: str = "") -> Iterator[str]:
        """Every file below a folder of the walk, in the order of names, folder by folder."""
        waiting = self._entries(under)[::-1]
        while waiting:
            name, is_folder = waiting.pop()
            if is_folder:
                waiting += self._entries(name)[::-1]
            else:
                yield name

    def _entries(self, under: str) -> list[tuple[str, bool]]:
        """(name, whether it is a folder) of what can be read, sorted."""
        try:
            with os.scandir(self.root / under) as found:
                entries = sorted(found, key=attrgetter("name"))
        except OSError as error:
            if not under:
                raise LeadlineError(f"{self.root} cannot be opened: {error.strerror}", "a folder that you may read") from None
            self.left.refused[under] = CLOSED
            return []
        kept, prefix = [], f"{under}/" if under else ""
        for entry in entries:
            name = prefix + entry.name
            if is_hidden(entry.name):
                self.left.hidden[name] = None
            elif isinstance(kind := self._kind(entry), bool):
                kept.append((name, kind))
            else:
                self.left.refused[name] = kind
        return kept

    def _kind(self, entry: os.DirEntry[str]) -> bool | Reason:
        """Whether it is a folder, or why it is neither a folder nor a file that we may read."""
        if not entry.name.isascii() and not _is_utf8(entry.name):
            return ODD_NAME
        try:
            if entry.is_symlink():
                return self._kind_of_link(entry.path)
            if entry.is_dir(follow_symlinks=False):
                return True
            return False if entry.is_file(follow_symlinks=False) else SPECIAL
        except OSError:
            return CLOSED

    def _kind_of_link(self, path: str) -> bool | Reason:
        target = os.path.realpath(path)
        if not (target + os.sep).startswith(self._inside):
            return LINK_OUT
        try:
            mode = Path(target).stat().st_mode
        except OSError:
            return DEAD_LINK
        if stat.S_ISDIR(mode):
            return LINK_TO_FOLDER
        return False if stat.S_ISREG(mode) else SPECIAL


def is_hidden(name: str) -> bool:
    """Of the system, of an editor, or written by ourselves: never data."""
    return name.startswith(".") or name.endswith(_OURS) or name in _OF_SYSTEMS


def visible(folder: Path) -> list[Path]:
    """What is in a folder, sorted, without what is hidden."""
    return sorted(path for path in folder.iterdir() if not is_hidden(path.name))


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
