"""Writing: a reader, a crash, a full disk or another process never meets or leaves half a file."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from leadline import files
from leadline.files import file_written_whole, folder_written_whole, scratch_folder, write_atomically


def write_file(target: Path, content: str) -> None:
    write_atomically(target, content)


def write_folder(target: Path, content: str) -> None:
    with folder_written_whole(target) as building:
        (building / "parts").mkdir()
        (building / "parts" / "one.txt").write_text(content)
        (building / "two.txt").write_text(content)


def content_of(target: Path) -> list[str]:
    return [path.read_text() for path in ([target] if target.is_file() else sorted(target.rglob("*.txt")))]


WRITERS = pytest.mark.parametrize("write", [write_file, write_folder])


@WRITERS
def test_the_new_takes_the_place_of_the_old(tmp_path: Path, write: Callable[[Path, str], None]) -> None:
    for content in ("old", "new"):
        write(tmp_path / "deep" / "thing", content)
        assert set(content_of(tmp_path / "deep" / "thing")) == {content}
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["thing"]


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


@WRITERS
@pytest.mark.parametrize("where", ["os.fsync", "pathlib.Path.chmod", "pathlib.Path.rename", "pathlib.Path.replace"])
@pytest.mark.parametrize("mishap", [full, interrupted])
def test_a_mishap_leaves_the_old_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path, str], None], where: str, mishap: Callable[..., None]
) -> None:
    target = tmp_path / "thing"
    write(target, "old")
    if (write is write_file) == where.endswith("rename"):
        return  # files are replaced, folders are renamed
    with monkeypatch.context() as patch:
        patch.setattr(where, mishap)
        with pytest.raises((OSError, KeyboardInterrupt)) as caught:
            write(target, "new")
    assert isinstance(caught.value, KeyboardInterrupt) or caught.value.filename == str(target)
    assert set(content_of(target)) == {"old"} and [path.name for path in tmp_path.iterdir()] == ["thing"]


def test_a_mishap_after_the_old_was_taken_away_puts_it_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_folder(tmp_path / "thing", "old")
    rename = Path.rename

    def second_fails(path: Path, target: Path) -> Path:
        if path.name != "thing" and not path.name.endswith("-old"):
            full()
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", second_fails)
    with pytest.raises(OSError):
        write_folder(tmp_path / "thing", "new")
    assert set(content_of(tmp_path / "thing")) == {"old"} and len(list(tmp_path.iterdir())) == 1


def test_an_error_about_another_file_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, file_written_whole(tmp_path / "thing"):
        (tmp_path / "nowhere").read_bytes()
    assert caught.value.filename == str(tmp_path / "nowhere") and list(tmp_path.iterdir()) == []


@WRITERS
def test_many_may_write_at_once(tmp_path: Path, write: Callable[[Path, str], None]) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: write(tmp_path / "thing", str(number)), range(200)))
    assert len(set(content_of(tmp_path / "thing"))) == 1 and [path.name for path in tmp_path.iterdir()] == ["thing"]


KILLED = """
import os, sys, time
from pathlib import Path
from leadline import files
{patch}
with files.{writer}(Path(sys.argv[1])) as building:
    {body}
"""


def killed(target: Path, writer: str, body: str, patch: str = "") -> None:
    """A process that dies without cleaning up."""
    code = KILLED.format(writer=writer, body=body, patch=patch)
    assert subprocess.run([sys.executable, "-c", code, str(target)]).returncode == 9


@pytest.mark.parametrize("writer", ["file_written_whole", "folder_written_whole"])
def test_what_a_killed_process_left_is_swept_by_the_next(tmp_path: Path, writer: str) -> None:
    write_file(tmp_path / "other", "mine")
    killed(tmp_path / "thing", writer, "os._exit(9)")
    assert len(list(tmp_path.iterdir())) == 2
    files._swept.clear()
    write_file(tmp_path / "more", "mine")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["more", "other"]


def test_the_old_is_put_back_where_a_process_was_killed_between_taking_it_and_giving_the_new(tmp_path: Path) -> None:
    write_folder(tmp_path / "thing", "old")
    patch = "rename = Path.rename\nPath.rename = lambda path, target: rename(path, target) if path.name == 'thing' else os._exit(9)"
    killed(tmp_path / "thing", "folder_written_whole", "(building / 'a.txt').write_text('new')", patch)
    assert not (tmp_path / "thing").exists()
    files._swept.clear()
    write_file(tmp_path / "more", "mine")
    assert set(content_of(tmp_path / "thing")) == {"old"} and len(list(tmp_path.iterdir())) == 2


def test_what_a_running_process_or_another_machine_is_writing_stays(tmp_path: Path) -> None:
    kept = [
        f".thing{files._MARK}{os.getppid()}-abc",
        ".thing-leadline-othermachine-999999999-abc",
        ".thing-leadline-notes",
        "thing-leadline--1",
    ]
    for name in kept:
        (tmp_path / name).write_text("")
    files._swept.clear()
    write_file(tmp_path / "more", "mine")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*kept, "more"])


def test_scratch_of_killed_processes_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    code = "import os; from leadline.files import scratch_folder; (scratch_folder() / 'a').write_text(''); os._exit(9)"
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(tmp_path)})
    assert len(list(tmp_path.iterdir())) == 1
    folder = scratch_folder()
    assert list(tmp_path.iterdir()) == [folder]
    files.remove_scratch()
    assert list(tmp_path.iterdir()) == []
