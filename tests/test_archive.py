"""Archives are read as what is in them, named as the user named them; hostile and broken ones are refused and leave nothing."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from leadline import files
from leadline.columns.picture import open_picture
from leadline.data.archives import unpack
from leadline.data.contract import Reading
from leadline.data.read import read, read_batches, read_table
from leadline.errors import LeadlineError

TABLE = "a,label\n1,x\n2,y\n"


@pytest.fixture(autouse=True)
def scratch(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Everything unpacked goes here, so that a test can see what is left."""
    folder = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    files.remove_scratch()


def png() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8), (10, 20, 30)).save(stream, "PNG")
    return stream.getvalue()


PHOTOS = {"cat/1.png": png(), "dog/2.png": png(), "dog/broken.png": b"no picture"}


def zipped(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, entries: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def special(path: Path, kind: bytes) -> Path:
    with tarfile.open(path, "w") as archive:
        entry = tarfile.TarInfo("cat/1.png")
        entry.type, entry.linkname = kind, "/etc/passwd"
        archive.addfile(entry)
    return path


MAKERS: dict[str, Callable[[Path, dict[str, bytes]], Path]] = {
    ".zip": zipped,
    ".tar": tarred,
    ".tar.gz": lambda path, entries: tarred(path, entries, "w:gz"),
    ".tgz": lambda path, entries: tarred(path, entries, "w:gz"),
    ".tar.bz2": lambda path, entries: tarred(path, entries, "w:bz2"),
    ".tbz2": lambda path, entries: tarred(path, entries, "w:bz2"),
    ".tar.xz": lambda path, entries: tarred(path, entries, "w:xz"),
    ".txz": lambda path, entries: tarred(path, entries, "w:xz"),
}


@pytest.mark.parametrize("ending", MAKERS)
@pytest.mark.parametrize("top", ["", "photos/"])
def test_class_folders_in_an_archive_are_named_as_the_archive(tmp_path: Path, ending: str, top: str, scratch: Path) -> None:
    path = MAKERS[ending](tmp_path / f"photos{ending}", {top + name: content for name, content in PHOTOS.items()})
    data = read(path)
    assert data.raw("label").to_list() == ["cat", "dog", "dog"]
    assert (data.name, data.table.origin) == ("photos", str(path))
    assert data.source(0) == f"{path}/{top}cat/1.png"
    pictures = data.decode("image").values
    assert pictures[0].read() == PHOTOS["cat/1.png"]
    with pytest.raises(LeadlineError) as caught:
        open_picture(pictures[2].read(), source=pictures[2].name)
    assert caught.value.file == f"{path}/{top}dog/broken.png"


def test_split_folders_metadata_and_class_names_in_archives(tmp_path: Path) -> None:
    split = zipped(tmp_path / "s.zip", {"train/cat/1.png": png(), "train/dog/1.png": png(), "test/cat/2.png": png()})
    assert read(split).describe()["splits"] == {"train": 2, "test": 1}
    table = {"x/metadata.csv": b"file_name,label\n1.png,0\n2.png,1\n", "x/classes.json": b'["cat", "dog"]'}
    named = zipped(tmp_path / "m.zip", {"x/1.png": png(), "x/2.png": png(), **table})
    assert read(named).raw("label").to_list() == ["cat", "dog"]


def test_a_table_in_an_archive_is_read_in_portions_too(tmp_path: Path) -> None:
    path = zipped(tmp_path / "rows.zip", {"rows.csv": TABLE.encode()})
    assert read(path).source(1) == f"{path}/rows.csv:3"
    assert [batch.frame["a"].to_list() for batch in read_batches(path, Reading(), 1)] == [[1], [2]]


@pytest.mark.parametrize(("ending", "packed"), [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress)])
def test_one_compressed_file_is_read_as_its_inner_name_says(tmp_path: Path, ending: str, packed: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"rows.csv{ending}"
    path.write_bytes(packed(TABLE.encode()))
    data = read(path)
    assert (len(data), data.name, data.source(1)) == (2, "rows", f"{path}:3")
    assert [batch.source(0) for batch in read_batches(path, Reading(), 1)] == [f"{path}:2", f"{path}:3"]
    (tmp_path / "split").mkdir()
    for name in ("train", "test"):
        (tmp_path / "split" / f"{name}.csv{ending}").write_bytes(packed(TABLE.encode()))
    assert read(tmp_path / "split").describe()["splits"] == {"train": 2, "test": 2}


def test_messages_name_the_archive_never_the_scratch(tmp_path: Path, scratch: Path) -> None:
    path = zipped(tmp_path / "photos.zip", PHOTOS | {"cat/x.heic": b"x"})
    data = read(path)
    assert str(scratch) not in "".join([data.source(2), *data.table.remarks, *(f.title + f.detail + f.fix for f in data.findings)])
    with pytest.raises(LeadlineError) as caught:
        read_table(zipped(tmp_path / "two.zip", {"a.csv": b"a\n1\n", "b.csv": b"b\n1\n"}))
    assert str(scratch) not in str(caught.value) and f"{tmp_path / 'two.zip'} holds 2 tables" in caught.value.saw


def test_names_in_other_alphabets_survive(tmp_path: Path) -> None:
    path = tmp_path / "n.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("größe", "日本"):
            entry = zipfile.ZipInfo(f"{name}/1.png")
            archive.writestr(entry, png())
    path.write_bytes(_without_utf8_flag(path.read_bytes()))
    assert set(read(path).raw("label")) == {"größe", "日本"}
    odd = tmp_path / "odd.tar"
    with tarfile.open(odd, "w", encoding="latin-1") as tar:
        for name in ("café/1.png", "dog/2.png"):
            info = tarfile.TarInfo(name)
            info.size = len(png())
            tar.addfile(info, io.BytesIO(png()))
    assert read(odd).raw("label").to_list() == ["café", "dog"]


def _without_utf8_flag(content: bytes) -> bytes:
    """As programs write it that put UTF-8 into a ZIP archive and do not say so."""
    changed = bytearray(content)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            changed[at + place + 1] &= ~0x08
            at = content.find(mark, at + 4)
    return bytes(changed)


def holding(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def link_in_zip(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("cat/1.png")
        entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    return path


def locked(path: Path) -> Path:
    zipped(path, {"rows.csv": TABLE.encode()})
    content = bytearray(path.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(mark) + place] |= 1
    path.write_bytes(content)
    return path


HOSTILE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "dots.zip": (lambda p: zipped(p, {"../evil.csv": b"x"}), "leads out"),
    "dots inside.zip": (lambda p: zipped(p, {"a/../../evil.csv": b"x"}), "leads out"),
    "absolute.zip": (lambda p: zipped(p, {"/tmp/evil.csv": b"x"}), "leads out"),
    "windows.zip": (lambda p: zipped(p, {"..\\evil.csv": b"x"}), "leads out"),
    "drive.zip": (lambda p: zipped(p, {"C:\\evil.csv": b"x"}), "leads out"),
    "dots.tar": (lambda p: tarred(p, {"../evil.csv": b"x"}), "leads out"),
    "absolute.tar": (lambda p: tarred(p, {"/tmp/evil.csv": b"x"}), "leads out"),
    "deep.tar": (lambda p: tarred(p, {"a/" * 60 + "x.csv": b"x"}), "too deep"),
    "long.zip": (lambda p: zipped(p, {"a" * 300 + ".csv": b"x"}), "too long"),
    "link.zip": (link_in_zip, "link or a device"),
    "link.tar": (lambda p: special(p, tarfile.SYMTYPE), "link or a device"),
    "hard.tar": (lambda p: special(p, tarfile.LNKTYPE), "link or a device"),
    "pipe.tar": (lambda p: special(p, tarfile.FIFOTYPE), "link or a device"),
    "device.tar": (lambda p: special(p, tarfile.CHRTYPE), "link or a device"),
    "ratio.zip": (lambda p: zipped(p, {"x.csv": bytes(3 << 20)}), "times as large"),
    "many.zip": (lambda p: zipped(p, {f"{i}.csv": bytes(1_000_000) for i in range(70)}), "unpacked it would be more than"),
    "ratio.tar.gz": (lambda p: tarred(p, {"x.csv": bytes(3 << 20)}, "w:gz"), "times as large"),
    "parts.tar.gz": (lambda p: tarred(p, {f"{i}.csv": bytes(1 << 20) for i in range(3)}, "w:gz"), "times as large"),
    "locked.zip": (locked, "password"),
    "empty.zip": (lambda p: zipped(p, {}), "empty"),
    "nested.zip": (lambda p: zipped(p, {"inner.zip": b"PK", "other.tar.gz": b"x"}), "only 2 archives"),
    "conflict.tar": (lambda p: tarred(p, {"a": b"x", "a/b.csv": b"x"}), "cannot be unpacked"),
    "rows.csv.zst": (lambda p: holding(p, b"x"), "Zstandard"),
    "photos.tar.zst": (lambda p: holding(p, b"x"), "Zstandard"),
    "not.zip": (lambda p: holding(p, TABLE.encode()), "no such archive"),
    "not.tar.gz": (lambda p: holding(p, TABLE.encode()), "no such archive"),
    "nothing.tar": (lambda p: holding(p, b""), "no such archive"),
    "noname.gz": (lambda p: holding(p, gzip.compress(b"x")), "does not say what is in it"),
    "bomb.csv.gz": (lambda p: holding(p, gzip.compress(bytes(3 << 20))), "times as large"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_and_broken_archives_end_in_words_and_leave_nothing(tmp_path: Path, scratch: Path, name: str) -> None:
    make, words = HOSTILE[name]
    path = make(tmp_path / name)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(LeadlineError, match=words) as caught:
        read(path)
    assert str(path) in caught.value.saw
    assert not [found for folder in scratch.iterdir() for found in folder.rglob("*")]
    assert not list(scratch.iterdir()) and sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("ending", MAKERS)
def test_an_archive_cut_short_is_said(tmp_path: Path, ending: str, scratch: Path) -> None:
    noise = {f"cat/{number}.png": os.urandom(3_000) for number in range(20)}
    path = MAKERS[ending](tmp_path / f"photos{ending}", noise)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(LeadlineError, match="cut short"):
        read(path)
    assert not list(scratch.iterdir())


@pytest.mark.parametrize(
    ("name", "most", "words"),
    [("MOST_ENTRIES", 2, "more than 2 entries"), ("MOST_BYTES", 10, "larger than"), ("RESERVE", 1 << 60, "MB are free")],
)
@pytest.mark.parametrize("ending", [".zip", ".tar"])
def test_caps_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str, name: str, most: int, words: str) -> None:
    monkeypatch.setattr(unpack, name, most)
    with pytest.raises(LeadlineError, match=words):
        read(MAKERS[ending](tmp_path / f"photos{ending}", PHOTOS))


def test_a_header_made_to_fill_the_memory_is_refused(tmp_path: Path) -> None:
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 1 << 33
    path = tmp_path / "header.tar"
    path.write_bytes(header.tobuf(tarfile.GNU_FORMAT) + bytes(4_096))
    with pytest.raises(LeadlineError, match="damaged"):
        read(path)


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zipped(tmp_path / "photos.zip", PHOTOS)
    real = Path.open

    def full(self: Path, mode: str = "r", *more: object) -> object:
        if "w" in mode:
            raise OSError(28, "No space left on device")
        return real(self, mode, *more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(LeadlineError, match="No space left"):
        read(path)
    assert not list(scratch.iterdir())


def test_an_interrupted_unpacking_leaves_nothing(tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*anything: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(unpack.Unpacking, "_count", interrupted)
    with pytest.raises(KeyboardInterrupt):
        read(zipped(tmp_path / "photos.zip", PHOTOS))
    assert not list(scratch.iterdir())


@settings(max_examples=100)
@given(st.sampled_from(sorted(MAKERS)), st.integers(0, 1 << 20), st.integers(0, 255), st.booleans())
def test_a_changed_byte_is_survived(tmp_path_factory: pytest.TempPathFactory, ending: str, place: int, value: int, cut: bool) -> None:
    path = MAKERS[ending](tmp_path_factory.getbasetemp() / f"any{ending}", PHOTOS | {"rows.csv": TABLE.encode()})
    content = bytearray(path.read_bytes())
    content[place % len(content)] = value
    path.write_bytes(content[: place % len(content)] if cut else content)
    try:
        assert read_table(path).frame.height
    except LeadlineError as error:
        assert error.saw and "leadline-" not in str(error)
    files.remove_scratch()
