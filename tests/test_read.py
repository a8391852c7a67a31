"""Reading: types, target and splits found with reasons, and one clear error where something is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from leadline.data.left_out import drop_missing_target
from leadline.data.read import read
from leadline.errors import LeadlineError


def picture(path: Path, colour: tuple[int, int, int] = (10, 20, 30)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), colour).save(path)
    return path


def csv(folder: Path, text: str, name: str = "rows.csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


def test_class_folders_of_pictures(tmp_path: Path) -> None:
    picture(tmp_path / "cat" / "1.png")
    picture(tmp_path / "dog" / "deep" / "2.png")
    (tmp_path / "readme.md").write_text("not a picture")
    data = read(tmp_path)
    assert data.types == {"image": "image"}
    assert data.raw("label").to_list() == ["cat", "dog"]
    assert data.source(1).endswith("2.png")
    assert "readme.md" in data.table.remarks[0]
    assert data.split is None


@pytest.mark.parametrize("valid", ["valid", "val", "validation"])
def test_split_folders_are_honoured(tmp_path: Path, valid: str) -> None:
    for split in ("train", valid, "test"):
        picture(tmp_path / split / "cat" / "1.png")
    assert read(tmp_path).describe()["splits"] == {"train": 1, "valid": 1, "test": 1}


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    for name in ("bus", "car", "train"):
        picture(tmp_path / name / "1.png")
    data = read(tmp_path)
    assert data.raw("label").to_list() == ["bus", "car", "train"] and data.split is None


def test_what_lies_beside_split_folders_is_said_and_hidden_files_are_nothing(tmp_path: Path) -> None:
    for name in ("train/a/1.png", "test/a/2.png", "extra/3.png", "train/a/.ipynb_checkpoints/1.png"):
        picture(tmp_path / name)
    data = read(tmp_path)
    assert len(data) == 2
    assert "extra" in data.table.remarks[0]


def test_a_model_put_into_the_data_is_not_a_class(tmp_path: Path) -> None:
    for name in ("cat/1.png", "dog/2.png", "pics.leadline/parts/x.png", "pics.runs/one/y.png"):
        picture(tmp_path / name)
    assert read(tmp_path).raw("label").to_list() == ["cat", "dog"]


def test_a_class_may_be_called_na(tmp_path: Path) -> None:
    for name in ("NA", "FR"):
        picture(tmp_path / name / "1.png")
    assert len(drop_missing_target(read(tmp_path))) == 2


def test_class_folders_of_texts(tmp_path: Path) -> None:
    csv(tmp_path / "good", "a fine film", "1.txt")
    csv(tmp_path / "bad", "a dull film", "2.txt")
    data = read(tmp_path)
    assert data.types == {"text": "text"}
    assert data.raw("text").to_list() == ["a dull film", "a fine film"]


def test_split_tables_in_a_folder(tmp_path: Path) -> None:
    for name in ("train", "test"):
        csv(tmp_path, "age,label\n1,a\n2,b\n", f"{name}.csv")
    csv(tmp_path, "unrelated", "domains.json")
    data = read(tmp_path)
    assert data.describe()["splits"] == {"train": 2, "test": 2}
    assert data.source(3) == f"{tmp_path / 'test.csv'}:3"
    assert "domains.json" in data.table.remarks[0]


def test_types_are_given_with_reasons(tmp_path: Path) -> None:
    rows = "".join(f"{i * 0.5},{'red' if i % 3 else 'blue'},this is text number {i} of many words,{i % 2}\n" for i in range(60))
    data = read(csv(tmp_path, "size,colour,notes,label\n" + rows))
    assert data.types == {"size": "number", "colour": "category", "notes": "text"}
    assert all(choice.why for choice in data.columns.values())


def test_types_can_be_overridden_and_columns_left_out(tmp_path: Path) -> None:
    path = csv(tmp_path, "zip,id,label\n1,7,a\n2,8,b\n")
    assert read(path, types={"zip": "category"}, exclude=["id"]).types == {"zip": "category"}


def test_codes_keep_their_zeros_where_they_are_said_to_be_names(tmp_path: Path) -> None:
    path = csv(tmp_path, "zip,label\n01234,a\n1234,b\n")
    assert read(path, types={"zip": "category"}).decode("zip").values.to_list() == ["01234", "1234"]


def test_missing_tokens_are_missing_and_words_are_not(tmp_path: Path) -> None:
    data = read(csv(tmp_path, "n,c,label\n1,x,a\n?,unknown,b\nNA,,a\n"))
    assert data.types["n"] == "number"
    assert np.isnan(data.decode("n").values).tolist() == [False, True, True]
    assert data.raw("c").to_list() == ["x", "unknown", None]


def test_a_conventional_target_is_taken_and_said(tmp_path: Path) -> None:
    data = read(csv(tmp_path, "a,Label\n1,x\n2,y\n"))
    assert data.target == "Label"
    assert "convention" in data.target_why


@pytest.mark.parametrize("header", ["a,b", "label,class"])
def test_a_target_is_never_guessed(tmp_path: Path, header: str) -> None:
    with pytest.raises(LeadlineError) as caught:
        read(csv(tmp_path, f"{header}\n1,x\n2,y\n"))
    assert "--target" in caught.value.try_this


def test_lines_are_counted_with_line_breaks_inside_quotes(tmp_path: Path) -> None:
    data = read(csv(tmp_path, 'text,label\n"two\nlines",a\nlast,b\n'))
    assert data.source(1).endswith(":4")


def test_other_separators(tmp_path: Path) -> None:
    data = read(csv(tmp_path, "a;label\n1;x\n2;y\n"))
    assert data.types == {"a": "number"}
    assert ";" in data.table.remarks[0]


def test_a_value_of_another_kind_far_down_does_not_end_the_reading(tmp_path: Path) -> None:
    rows = "".join(f"{i},a\n" for i in range(12_000)) + "twelve,b\n"
    assert read(csv(tmp_path, "n,label\n" + rows)).types["n"] == "number"


def test_tables_in_memory() -> None:
    polars = pl.DataFrame({"a": [1, 2], "label": ["x", "y"]})
    for source in (polars, polars.lazy(), pd.DataFrame({"a": [1, 2], "label": ["x", "y"]}), polars.to_dicts()):
        assert read(source).types == {"a": "number"}


def test_pictures_embedded_in_parquet(tmp_path: Path) -> None:
    content = picture(tmp_path / "1.png").read_bytes()
    pl.DataFrame({"image": [{"bytes": content, "path": None}] * 2, "label": [0, 1]}).write_parquet(tmp_path / "p.parquet")
    data = read(tmp_path / "p.parquet")
    assert data.types == {"image": "image"}
    assert data.decode("image").values[0].read() == content


def test_pictures_named_by_a_table(tmp_path: Path) -> None:
    picture(tmp_path / "pics" / "1.png")
    data = read(csv(tmp_path, "file,label\npics/1.png,a\npics/1.png,b\n"))
    assert data.types == {"file": "image"}


def test_an_answer_is_missing_however_its_token_is_written(tmp_path: Path) -> None:
    data = drop_missing_target(read(csv(tmp_path, "a,label\n1,x\n2, na \n3,N/a\n4,#N/A\n5,unknown\n6,x\n")))
    assert list(data.raw("label")) == ["x", "unknown", "x"]


def test_rows_without_an_answer_are_left_out_and_named(tmp_path: Path) -> None:
    data = drop_missing_target(read(csv(tmp_path, "a,label\n1,x\n2,\n3,y\n")))
    assert len(data) == 2
    assert data.findings[0].rows == [1]
    assert data.source(1).endswith(":4")


def test_the_fingerprint_changes_with_the_data(tmp_path: Path) -> None:
    first = read(csv(tmp_path, "a,label\n1,x\n2,y\n")).fingerprint()
    assert read(csv(tmp_path, "a,label\n1,x\n2,y\n")).fingerprint() == first
    assert read(csv(tmp_path, "a,label\n1,x\n3,y\n")).fingerprint() != first


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: p / "nowhere", "not there"),
        (lambda p: p, "nothing we can learn from"),
        (lambda p: csv(p, ""), "empty"),
        (lambda p: csv(p, "a,label\n"), "no rows"),
        (lambda p: csv(p, "a,label\n1,x\n1,2,3,4\n"), "cannot be read as a table"),
        (lambda p: csv(p, "a\0b,label\n1,x\n"), "zero bytes"),
        (lambda p: csv(p, "PAR1 not really", "x.parquet"), "cannot be read as Parquet"),
        (lambda p: csv(p, "hello", "x.docx"), "do not read"),
        (lambda p: picture(p / "1.png").parent, "not in class folders"),
    ],
)
def test_bad_sources_end_in_words(tmp_path: Path, make: Callable[[Path], Path], words: str) -> None:
    with pytest.raises(LeadlineError, match=words):
        read(make(tmp_path))


def test_a_misspelt_path_or_column_is_answered_with_the_right_one(tmp_path: Path) -> None:
    path = csv(tmp_path, "age,label\n1,a\n2,b\n")
    with pytest.raises(LeadlineError) as caught:
        read(tmp_path / "row.csv")
    assert "rows.csv" in caught.value.try_this
    with pytest.raises(LeadlineError, match='no column "lable"') as caught:
        read(path, target="lable")
    assert "label" in caught.value.expected


@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=False, allow_infinity=False, width=32),
            st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20),  # a zero byte breaks a row
        ),
        min_size=2,
        max_size=20,
    )
)
def test_any_table_that_polars_writes_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, str]]) -> None:
    path = tmp_path_factory.mktemp("any") / "t.csv"
    pl.DataFrame(
        {"n": [r[0] for r in rows], "t": [r[1] for r in rows], "label": ["a", "b"] * (len(rows) // 2) + ["a"] * (len(rows) % 2)}
    ).write_csv(path)
    data = read(path, types={"t": "text"})
    assert len(data) == len(rows)
    assert data.decode("n").values == pytest.approx([r[0] for r in rows], rel=1e-6)


def test_broken_rows_do_not_count_as_missing_values(tmp_path: Path) -> None:
    rows = "".join(f"{n},x{n % 3},{'yes' if n % 2 else 'no'}\n" for n in range(40))
    data = read(csv(tmp_path, f"a,b,label\n{rows}1\n"))
    assert len(data) == 40 and [choice.missing for choice in data.columns.values()] == [0, 0]


@pytest.mark.parametrize("options", [{"group": "label"}, {"time": "label"}, {"exclude": ["label"]}])
def test_the_target_has_no_other_part(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(LeadlineError, match="label is the target"):
        read(csv(tmp_path, "a,label\n1,x\n2,y\n"), target="label", **options)


def test_an_empty_name_is_not_the_folder_one_is_in() -> None:
    with pytest.raises(LeadlineError, match="DATA is empty"):
        read("")
