"""Folders as people keep them: whichever way the data lie there is found, what is not read is said, nothing leads out."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from leadline.data import named_files
from leadline.data.contract import Reading
from leadline.data.folders.loose import shared_prefixes
from leadline.data.read import read, read_batches, read_table
from leadline.data.table import Data
from leadline.errors import LeadlineError


def picture(path: Path, colour: tuple[int, int, int] = (10, 20, 30)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), colour).save(path)
    return path


def write(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def classes(folder: Path, *names: str) -> None:
    for name in names:
        picture(folder / name)


def titles(data: Data) -> str:
    return "\n".join(finding.title for finding in data.findings)


# metadata


def test_metadata_names_files_and_every_other_column_is_kept(tmp_path: Path) -> None:
    classes(tmp_path, "a.png", "deep/b.png")
    write(tmp_path / "metadata.csv", "file_name,caption,weight,label\na.png,a small dark square on white,1.5,x\n./deep/b.png,another,2,y\n")
    data = read(tmp_path, types={"caption": "text"})
    assert data.types == {"file_name": "image", "caption": "text", "weight": "number"}
    assert data.target == "label"
    assert data.decode("file_name").values[1].read() == (tmp_path / "deep/b.png").read_bytes()
    assert not data.findings


def test_metadata_as_json_lines_names_texts_which_are_read(tmp_path: Path) -> None:
    write(tmp_path / "1.txt", "a fine film")
    write(tmp_path / "2.txt", "a dull film")
    write(tmp_path / "metadata.jsonl", '{"file_name": "1.txt", "label": "good"}\n{"file_name": "2.txt", "label": "bad"}\n')
    data = read(tmp_path)
    assert data.types == {"file_name": "text"}
    assert data.raw("file_name").to_list() == ["a fine film", "a dull film"]


def test_metadata_below_split_folders_is_relative_to_each(tmp_path: Path) -> None:
    for split in ("train", "validation", "test"):
        classes(tmp_path, f"{split}/1.png")
        write(tmp_path / split / "metadata.csv", f"file_name,label\n1.png,{split}\n")
    data = read(tmp_path)
    assert data.raw("file_name").to_list() == ["train/1.png", "validation/1.png", "test/1.png"]
    assert data.describe()["splits"] == {"train": 1, "valid": 1, "test": 1}
    assert not data.decode("file_name").bad


def test_metadata_at_the_top_may_name_files_in_split_folders(tmp_path: Path) -> None:
    classes(tmp_path, "train/1.png", "test/2.png")
    write(tmp_path / "metadata.csv", "file_name,label\ntrain/1.png,a\ntest/2.png,b\n")
    data = read(tmp_path)
    assert data.describe()["splits"] == {"train": 1, "test": 1}
    assert "are the splits" in data.table.remarks[0]


def test_a_row_whose_file_is_missing_and_a_file_that_no_row_names_are_said(tmp_path: Path) -> None:
    classes(tmp_path, "1.png", "2.png", "3.png")
    write(tmp_path / "metadata.csv", "file_name,label\n1.png,a\nmissing.png,b\n2.png,b\n,a\n")
    data = read(tmp_path)
    assert len(data) == 2
    broken, unnamed = sorted(data.findings, key=lambda finding: finding.code)
    assert broken.rows == [1, 3] and "missing.png is not there" in broken.detail
    assert unnamed.detail == "3.png"


@pytest.mark.parametrize("name", ["../outside.png", "/etc/passwd.png", "a/../../outside.png"])
def test_a_file_outside_the_folder_is_never_taken(tmp_path: Path, name: str) -> None:
    picture(tmp_path / "outside.png")
    classes(tmp_path / "in", "1.png", "a/2.png")
    write(tmp_path / "in" / "metadata.csv", f"file_name,label\n1.png,a\n{name},b\n")
    data = read(tmp_path / "in")
    assert data.raw("file_name").to_list() == ["1.png"]
    assert data.findings[-1].rows == [1]


def test_a_metadata_table_that_names_no_files_is_an_ordinary_table_beside_classes(tmp_path: Path) -> None:
    classes(tmp_path, "cat/1.png", "dog/2.png")
    write(tmp_path / "metadata.csv", "key,value\nmade,2020\n")
    data = read(tmp_path)
    assert data.raw("label").to_list() == ["cat", "dog"]
    assert "metadata.csv" in data.table.remarks[0]


def test_metadata_of_recordings_says_what_to_do(tmp_path: Path) -> None:
    write(tmp_path / "1.wav")
    write(tmp_path / "metadata.csv", "file_name,label\n1.wav,a\n")
    with pytest.raises(LeadlineError, match="sound recordings"):
        read(tmp_path)


def test_several_files_in_one_row_are_refused(tmp_path: Path) -> None:
    classes(tmp_path, "1.png", "2.png")
    write(tmp_path / "metadata.jsonl", '{"file_names": ["1.png", "2.png"], "label": "a"}\n')
    with pytest.raises(LeadlineError, match="several files in one row"):
        read(tmp_path)


# tables that name files


def test_a_table_beside_pictures_names_them(tmp_path: Path) -> None:
    classes(tmp_path, "images/1.png", "images/2.png")
    write(tmp_path / "labels.csv", "image_path,age,label\nimages/1.png,3,a\nimages/2.png,4,b\n")
    for source in (tmp_path, tmp_path / "labels.csv"):
        data = read(source)
        assert data.types == {"image_path": "image", "age": "number"}
        assert not data.decode("image_path").bad


def test_a_table_wins_over_folders_whose_files_it_names(tmp_path: Path) -> None:
    classes(tmp_path, "images/1.png", "masks/1.png")
    write(tmp_path / "labels.csv", "image,label\nimages/1.png,a\n")
    data = read(tmp_path)
    assert data.raw("image").to_list() == ["images/1.png"]
    assert "names 1 of the files there" in titles(data)


def test_a_table_that_names_text_files_is_read_with_what_is_in_them(tmp_path: Path) -> None:
    write(tmp_path / "texts" / "1.txt", "a fine film")
    write(tmp_path / "texts" / "2.txt", "a dull film")
    write(tmp_path / "outside" / "reviews.csv", "file,label\n1.txt,a\n")
    table = write(tmp_path / "reviews.csv", "file,label\ntexts/1.txt,a\ntexts/2.txt,b\n")
    assert read(table).raw("file").to_list() == ["a fine film", "a dull film"]
    assert [batch.frame["file"].to_list() for batch in read_batches(table, Reading(), 1)] == [["a fine film"], ["a dull film"]]


def test_a_named_text_file_that_is_missing_is_a_broken_row_and_the_others_are_read(tmp_path: Path) -> None:
    write(tmp_path / "2.txt", "a dull film")
    table = write(tmp_path / "reviews.csv", "file,label\n1.txt,a\n2.txt,b\n")
    data = read(table)
    assert data.types == {"file": "text"} and data.raw("file").to_list() == ["a dull film"]
    assert data.findings[0].rows == [0] and "1.txt is not there" in data.findings[0].detail


@pytest.mark.parametrize("rows", [1, 7, 30, 100])
def test_whether_names_are_read_is_the_same_for_all_batches_of_any_size(tmp_path: Path, rows: int) -> None:
    (tmp_path / "texts").mkdir()
    for number in range(60):
        if number % 20 > 3:  # the first ones of many a batch are missing
            write(tmp_path / "texts" / f"{number}.txt", f"text {number}")
    table = write(tmp_path / "names.csv", "file\n" + "".join(f"texts/{number}.txt\n" for number in range(60)))
    whole, batches = read_table(table), list(read_batches(table, Reading(), rows))
    assert pl.concat([batch.frame for batch in batches]).equals(whole.frame)
    assert [batch.first_row + row for batch in batches for row in sorted(batch.broken)] == sorted(whole.broken)
    assert len(whole.broken) == 12 and whole.frame["file"][4] == "text 4"


def test_later_batches_do_not_turn_words_into_files(tmp_path: Path) -> None:
    write(tmp_path / "39.txt", "do not read")
    names = [f"{number}.txt" for number in range(40)]
    table = write(tmp_path / "names.csv", "\n".join(["file", *names]))
    assert read_table(table).frame["file"].to_list() == names
    assert [name for batch in read_batches(table, Reading(), 3) for name in batch.frame["file"]] == names


@pytest.mark.parametrize("absolute", [True, False])
def test_pictures_named_outside_an_archive_are_never_opened(tmp_path: Path, absolute: bool) -> None:
    outside = picture(tmp_path / "outside.png")
    name = str(outside) if absolute else "/".join([*[".."] * 40, *outside.parts[1:]])
    rows = write(tmp_path / "rows.csv", f"file,label\n{name},a\n{name},b\n")
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.write(rows, "rows.csv")
    decoded = read(tmp_path / "data.zip").decode("file")
    assert list(decoded.bad) == [0, 1] and "leads out of the archive" in decoded.bad[0].saw
    with pytest.raises(LeadlineError):
        decoded.values[0].read()
    ordinary = read(rows).decode("file")
    assert not ordinary.bad and ordinary.values[0].read() == outside.read_bytes()


def test_words_that_look_like_files_stay_words(tmp_path: Path) -> None:
    write(tmp_path / "secret.txt", "do not read")
    table = write(tmp_path / "in" / "t.csv", "file,label\n../secret.txt,a\nnowhere.txt,b\n")
    assert read(table, types={"file": "text"}).raw("file").to_list() == ["../secret.txt", "nowhere.txt"]


def test_split_tables_may_name_pictures(tmp_path: Path) -> None:
    classes(tmp_path, "pics/1.png", "pics/2.png")
    write(tmp_path / "train.csv", "file,label\npics/1.png,a\n")
    write(tmp_path / "test.csv", "file,label\npics/2.png,a\n")
    data = read(tmp_path)
    assert data.types == {"file": "image"} and not data.decode("file").bad
    assert not data.table.remarks and not data.findings


# split tables and single tables


@pytest.mark.parametrize("valid", ["valid", "val", "validation", "dev"])
def test_validation_tables_are_one_thing(tmp_path: Path, valid: str) -> None:
    for name in ("train", valid, "test"):
        write(tmp_path / f"{name}.csv", "a,label\n1,x\n")
    assert read(tmp_path).describe()["splits"] == {"train": 1, "valid": 1, "test": 1}


def test_shards_belong_together_and_a_missing_one_is_said(tmp_path: Path) -> None:
    for number in range(2):
        pl.DataFrame({"a": [number], "label": ["x"]}).write_parquet(tmp_path / f"train-0000{number}-of-00003.parquet")
    write(tmp_path / "test.csv", "a,label\n7,x\n")
    data = read(tmp_path)
    assert data.raw("a").to_list() == [0, 1, 7]
    assert data.describe()["splits"] == {"train": 2, "test": 1}
    assert "train: 2 of 3" in titles(data)
    assert data.source(1) == f"{tmp_path / 'train-00001-of-00003.parquet'}:row 0"


def test_shards_without_a_split_are_one_table(tmp_path: Path) -> None:
    for number in range(2):
        pl.DataFrame({"a": [number, 5], "label": ["x", "y"]}).write_parquet(tmp_path / f"rows-{number}-of-2.parquet")
    assert read(tmp_path).raw("a").to_list() == [0, 5, 1, 5] and read(tmp_path).split is None


def test_folders_named_after_splits_may_hold_tables(tmp_path: Path) -> None:
    write(tmp_path / "train" / "part1.csv", "a,label\n1,x\n")
    write(tmp_path / "train" / "part2.csv", "a,label\n2,x\n")
    write(tmp_path / "test" / "rows.csv", "a,label\n3,x\n")
    assert read(tmp_path).describe()["splits"] == {"train": 2, "test": 1}


def test_tables_are_predicted_one_after_the_other_with_rows_counted_on(tmp_path: Path) -> None:
    write(tmp_path / "train.csv", "a\n1\n2\n3\n")
    write(tmp_path / "test.csv", "a\n4\n5\n")
    batches = list(read_batches(tmp_path, Reading(), 2))
    assert [value for batch in batches for value in batch.frame["a"].to_list()] == [1, 2, 3, 4, 5]
    assert [batch.first_row for batch in batches] == [sum(b.frame.height for b in batches[:i]) for i in range(len(batches))]
    assert batches[-1].source(0).startswith(str(tmp_path / "test.csv"))


def test_a_column_that_is_text_in_one_table_is_read_as_written_in_all(tmp_path: Path) -> None:
    write(tmp_path / "train.csv", "code,gap,label\n007,1,x\n8,2,y\n")
    write(tmp_path / "test.csv", "code,gap,label\nA9,,x\n")
    data = read(tmp_path)
    assert data.raw("code").to_list() == ["007", "8", "A9"]
    assert data.types["gap"] == "number"


def test_a_test_table_without_answers_is_said_to_be_rows_to_predict(tmp_path: Path) -> None:
    write(tmp_path / "train.csv", "a,Survived\n1,0\n")
    write(tmp_path / "test.csv", "a\n1\n")
    with pytest.raises(LeadlineError, match="lacks Survived") as caught:
        read(tmp_path, target="Survived")
    assert f"leadline train {tmp_path / 'train.csv'}" in caught.value.try_this


def test_the_same_table_in_two_kinds_is_not_read_twice(tmp_path: Path) -> None:
    write(tmp_path / "train.csv", "a,label\n1,x\n")
    pl.DataFrame({"a": [1], "label": ["x"]}).write_parquet(tmp_path / "train.parquet")
    with pytest.raises(LeadlineError, match="the same rows twice"):
        read(tmp_path)


def test_a_folder_with_one_table_is_that_table(tmp_path: Path) -> None:
    write(tmp_path / "rows.csv", "a,label\n1,x\n2,y\n")
    write(tmp_path / "README.md")
    data = read(tmp_path)
    assert len(data) == 2 and data.name == tmp_path.name
    assert "README.md" in data.table.remarks[0]


def test_unrelated_tables_are_named(tmp_path: Path) -> None:
    for name in ("books", "ratings"):
        write(tmp_path / f"{name}.csv", "a,label\n1,x\n")
    with pytest.raises(LeadlineError, match=r"2 tables.*books\.csv, ratings\.csv"):
        read(tmp_path)


# class folders


def test_loose_files_among_classes_and_unread_kinds_are_said(tmp_path: Path) -> None:
    classes(tmp_path, "cat/1.png", "dog/2.png", "3.png")
    for name in ("cat/4.HEIC", "cat/5.heic", "dog/6.svg", "dog/7.pdf", "cat/notes.md"):
        write(tmp_path / name)
    data = read(tmp_path)
    assert data.raw("label").to_list() == ["cat", "dog"]
    found = {finding.title: finding.fix for finding in data.findings}
    assert found["2 files are of a kind we do not read: HEIC photographs"] == "export them as JPEG"
    assert "1 file is of a kind we do not read: SVG drawings" in found and "1 image file lies in no class folder and cannot teach" in found
    assert "notes.md" in data.table.remarks[0]


_UNREAD = {"heic": "HEIC", "NEF": "RAW", "docx": "office documents", "mp4": "videos", "wav": "sound", "zip": "archives"}


@pytest.mark.parametrize(("ending", "words"), _UNREAD.items())
def test_where_nothing_else_is_there_the_kind_is_the_error(tmp_path: Path, ending: str, words: str) -> None:
    for name in ("cat", "dog"):
        write(tmp_path / name / f"a.{ending}")
    with pytest.raises(LeadlineError, match=f"only 2 .*{words}") as caught:
        read(tmp_path)
    assert caught.value.try_this


def test_system_files_and_our_own_are_said_and_not_read(tmp_path: Path) -> None:
    classes(tmp_path, "cat/1.png", "dog/2.png", "__MACOSX/cat/._1.png", "cat/.ipynb_checkpoints/1.png", "m.leadline/x.png", "m.runs/y.png")
    write(tmp_path / ".DS_Store")
    write(tmp_path / "cat" / "Thumbs.db")
    data = read(tmp_path)
    assert len(data) == 2
    for name in ("__MACOSX", ".DS_Store", "m.leadline"):
        assert name in data.table.remarks[0]


def test_an_empty_class_folder_is_said(tmp_path: Path) -> None:
    classes(tmp_path, "cat/1.png", "dog/2.png")
    (tmp_path / "cow").mkdir()
    assert "1 class folder holds no file: cow" in titles(read(tmp_path))


def test_a_class_that_only_the_test_part_has_is_said(tmp_path: Path) -> None:
    classes(tmp_path, "train/cat/1.png", "train/dog/1.png", "test/cat/2.png", "test/cow/3.png")
    (finding,) = read(tmp_path).findings
    assert finding.code == "unseen-class" and finding.rows == [3] and "cow" in finding.title


def test_a_folder_named_like_a_split_beside_classes_is_a_class_and_is_said(tmp_path: Path) -> None:
    classes(tmp_path, "cat/1.png", "dog/1.png", "test/1.png")
    data = read(tmp_path)
    assert set(data.table.frame["label"]) == {"cat", "dog", "test"}
    assert [(finding.code, '"test" counts as a class' in finding.title) for finding in data.findings] == [("split-as-class", True)]


def test_a_test_folder_without_classes_cannot_judge_and_is_said(tmp_path: Path) -> None:
    classes(tmp_path, "train/cat/1.png", "train/dog/1.png", "test/2.png", "test/3.png")
    data = read(tmp_path)
    assert len(data) == 2
    assert "folder test holds 2 files but no class folders" in titles(data)


def test_split_folders_full_of_loose_files_are_no_classes(tmp_path: Path) -> None:
    classes(tmp_path, "train/1.png", "test/2.png")
    with pytest.raises(LeadlineError, match="not in class folders"):
        read(tmp_path)
    data = read(tmp_path, need_target=False)
    assert data.target is None and data.describe()["splits"] == {"train": 1, "test": 1}


def test_everything_in_one_inner_folder_is_found_there(tmp_path: Path) -> None:
    classes(tmp_path, "PetImages/cat/1.png", "PetImages/dog/2.png")
    write(tmp_path / "readme.md")
    data = read(tmp_path)
    assert data.raw("label").to_list() == ["cat", "dog"] and data.name == tmp_path.name
    assert data.table.remarks[0] == "everything lies in PetImages, the only folder there"
    assert data.source(0) == str(tmp_path / "PetImages/cat/1.png")


def test_the_data_are_the_same_whichever_way_the_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    classes(tmp_path, "cat/1.png", "dog/2.png")
    whole = read(tmp_path)
    monkeypatch.chdir(tmp_path)
    here = read(".")
    assert here.fingerprint() == whole.fingerprint() and here.name == whole.name
    assert here.row_hashes(here_rows := pl.Series([0, 1]).to_numpy()) == whole.row_hashes(here_rows)


# loose files


def test_loose_files_are_rows_to_predict_but_teach_nothing(tmp_path: Path) -> None:
    classes(tmp_path, "holiday.png", "birthday.png")
    assert read(tmp_path, need_target=False).types == {"image": "image"}
    with pytest.raises(LeadlineError, match="not in class folders") as caught:
        read(tmp_path)
    assert "metadata.csv" in caught.value.try_this


def test_names_that_seem_to_carry_the_class_are_suggested_never_taken(tmp_path: Path) -> None:
    classes(tmp_path, *(f"{name}_{number:04}.png" for name in ("forest", "sea") for number in range(3)))
    with pytest.raises(LeadlineError) as caught:
        read(tmp_path)
    assert "forest (3), sea (3)" in caught.value.try_this


@pytest.mark.parametrize("names", [["IMG_1.jpg", "IMG_2.jpg"], ["1.jpg", "2.jpg"], ["a1.jpg", "b2.jpg", "c3.jpg"], []])
def test_other_names_suggest_nothing(names: list[str]) -> None:
    assert shared_prefixes(names) == {}


def test_loose_texts_are_opened_as_they_come(tmp_path: Path) -> None:
    for number in range(5):
        write(tmp_path / f"{number}.txt", f"text {number}")
    batches = list(read_batches(tmp_path, Reading(), 2))
    assert [batch.frame["text"].to_list() for batch in batches] == [["text 0", "text 1"], ["text 2", "text 3"], ["text 4"]]


# links, devices, rights, names


def test_links_are_followed_inside_only_and_folders_never(tmp_path: Path) -> None:
    picture(tmp_path / "elsewhere.png")
    classes(tmp_path / "data", "cat/1.png", "dog/2.png")
    cat = tmp_path / "data" / "cat"
    (cat / "in.png").symlink_to(tmp_path / "data" / "dog" / "2.png")
    (cat / "out.png").symlink_to(tmp_path / "elsewhere.png")
    (cat / "dead.png").symlink_to(tmp_path / "nowhere.png")
    (cat / "loop").symlink_to(tmp_path / "data")
    (cat / "self.png").symlink_to(cat / "self.png")
    data = read(tmp_path / "data")
    assert [Path(data.source(row)).name for row in range(len(data))] == ["1.png", "in.png", "2.png"]
    found = titles(data)
    assert "left out: 2 links that lead out of the folder" in found and "left out: 1 links to other folders" in found
    assert "left out: 1 links that lead nowhere" in found


def test_pipes_are_never_opened(tmp_path: Path) -> None:
    classes(tmp_path, "cat/1.png", "dog/2.png")
    os.mkfifo(tmp_path / "cat" / "pipe.png")
    os.mkfifo(tmp_path / "classes.json")
    assert "1 pipes, sockets or devices" in titles(data := read(tmp_path)) or "2 pipes, sockets or devices" in titles(data)
    assert len(data) == 2


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A folder that everybody may use, while the process runs as another user: root may open everything."""
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("only root can act as another user")
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # TMPDIR may be closed to others
        Path(folder).chmod(0o755)
        yield Path(folder)
        os.seteuid(0)


def test_a_folder_that_may_not_be_opened_is_said(as_nobody: Path) -> None:
    classes(as_nobody, "cat/1.png", "dog/2.png", "cow/3.png")
    (as_nobody / "cow").chmod(0)
    os.seteuid(65534)
    assert "1 folders or files that cannot be opened" in titles(read(as_nobody))
    os.seteuid(0)
    as_nobody.chmod(0)
    os.seteuid(65534)
    with pytest.raises(LeadlineError, match="cannot be opened"):
        read(as_nobody)


def test_texts_of_other_encodings_are_read_and_binary_files_are_broken_rows(tmp_path: Path) -> None:
    texts = {"1": "größe".encode(), "2": "größe".encode("cp1252"), "3": "größe".encode("utf-16"), "4": "\ufeffgröße".encode()}
    for name, content in texts.items():
        write(tmp_path / "good" / f"{name}.txt").write_bytes(content)
    write(tmp_path / "bad" / "1.txt").write_bytes(b"\x89PNG\0\0")
    write(tmp_path / "bad" / "2.txt").write_bytes(b"")
    write(tmp_path / "bad" / "3.txt").write_bytes("größe, größe, gr".encode() + b"\xf6 damaged")
    data = read(tmp_path)
    assert data.raw("text").to_list() == ["", "größe, größe, gr\ufffd damaged", "größe", "größe", "größe", "größe"]
    assert data.findings[0].rows == [0]


def test_a_text_that_is_enormous_is_a_broken_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named_files, "MOST_BYTES", 10)
    for name, text in (("good/1.txt", "fine"), ("good/2.txt", "far too long a text"), ("bad/3.txt", "dull")):
        write(tmp_path / name, text)
    data = read(tmp_path)
    assert len(data) == 2 and data.findings[0].rows == [2]


def test_a_text_that_may_not_be_opened_is_a_broken_row(as_nobody: Path) -> None:
    for name in ("good/1.txt", "good/2.txt", "bad/3.txt"):
        write(as_nobody / name, "words")
    (as_nobody / "good" / "2.txt").chmod(0)
    os.seteuid(65534)
    data = read(as_nobody)
    assert len(data) == 2 and data.findings[0].rows == [2]


def test_a_name_that_is_not_utf8_is_said_and_can_be_printed(tmp_path: Path) -> None:
    classes(tmp_path, "cat/1.png", "dog/2.png")
    try:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/cat/caf\xe9.png")).write_bytes(b"x")
    except OSError:
        pytest.skip("this file system has no such names")
    data = read(tmp_path)
    (finding,) = data.findings
    assert "1 files with names that are not UTF-8" in finding.title
    finding.detail.encode()


def test_a_folder_with_an_odd_name_is_read_and_named_printably(tmp_path: Path) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    try:
        classes(folder, "cat/1.png", "dog/2.png")
    except OSError:
        pytest.skip("this file system has no such names")
    data = read(folder)
    assert len(data) == 2 and len(data.decode("image").bad) == 0
    for text in (data.source(0), data.name, data.table.origin):
        text.encode()


def test_very_deep_folders_are_read(tmp_path: Path) -> None:
    deep = tmp_path / "cat"
    for _ in range(60):
        deep /= "deep"
    picture(deep / "1.png")
    picture(tmp_path / "dog" / "2.png")
    assert read(tmp_path).raw("label").to_list() == ["cat", "dog"]


_NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12).filter(
    lambda s: s not in (".", "..")
)
_ENDINGS = st.sampled_from([".png", ".txt", ".csv", ".json", ".heic", ".zip", ".gz", ""])
_STEMS = st.one_of(_NAMES, st.sampled_from(["train", "test", "metadata", "val", "classes", "a-00001-of-00002"]))
_PATHS = st.tuples(st.lists(st.one_of(_NAMES, st.sampled_from(["train", "test", "dev"])), max_size=2), _STEMS, _ENDINGS)


@settings(max_examples=150)
@given(st.lists(_PATHS, max_size=8), st.sampled_from([b"", b"x", b"a,file_name,label\n1,x.png,y\n", b'["a"]', b"\xff\xfe\0"]))
def test_any_folder_is_read_or_ends_in_words(
    tmp_path_factory: pytest.TempPathFactory, paths: list[tuple[list[str], str, str]], content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("any")
    for parts, stem, ending in paths:
        path = folder.joinpath(*parts) / f"{stem}{ending}"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError:
            continue  # one name is a file here and a folder there
    try:
        table = read_table(folder)
        assert table.frame.height > 0 and table.source(0)
    except LeadlineError as error:
        assert error.saw


@pytest.mark.parametrize(
    ("name", "rows", "types", "target", "splits", "stray"),
    [
        ("catsdogs", 1_500, {"image": "image"}, "label", {"train": 1_000, "test": 500}, ""),
        ("faces", 400, {"image": "image"}, "label", {}, ""),
        ("mnist", 70_000, {"image": "image"}, "label", {"train": 60_000, "test": 10_000}, ""),
        ("cifar10", 60_000, {"image": "image"}, "label", {"train": 50_000, "test": 10_000}, "file_names.parquet"),
        ("medical/pneumoniamnist", 5_030, {"image": "image"}, "label", {"train": 3_882, "valid": 524, "test": 624}, ""),
        ("imdb", 50_000, {"text": "text"}, "label", {"train": 25_000, "test": 25_000}, "train_files.txt"),
        ("intents/banking77", 13_083, {"text": "text"}, "category", {"train": 10_003, "test": 3_080}, "categories.json"),
        ("intents/clinc150", 22_500, {"text": "text"}, "label", {"train": 15_000, "valid": 3_000, "test": 4_500}, "out_of_scope_valid.csv"),
    ],
)
def test_the_real_data_are_read_right(
    shared: Callable[[str], Path], name: str, rows: int, types: dict[str, str], target: str, splits: dict[str, int], stray: str
) -> None:
    data = read(shared(name))
    described = data.describe()
    assert (len(data), data.types, data.target, described["splits"]) == (rows, types, target, splits)
    assert stray in " ".join(data.table.remarks)


def test_the_real_pictures_whose_names_carry_the_class(shared: Callable[[str], Path]) -> None:
    with pytest.raises(LeadlineError) as caught:
        read(shared("colour"))
    assert "forest (500), glacier (500), mountain (500), sea (500)" in caught.value.try_this
    assert len(read(shared("colour"), need_target=False)) == 2_000
