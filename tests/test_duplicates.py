"""Copies: found whatever they were saved as, told from what merely looks alike, kept on one side of every split, and said."""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageOps

import leadline as ll
from leadline.check.duplicates import Copies, find_copies
from leadline.check.fingerprints import Whitening
from leadline.check.links import links_of, repeated, spanning, together, united
from leadline.check.look_alikes import look_alikes
from leadline.check.patience import Patience, TooSlowError
from leadline.check.texts import near_texts
from leadline.check.thumbnails import thumbnails
from leadline.columns.picture import Picture, Pictures
from leadline.data.examples import Examples
from leadline.data.read import read
from leadline.encoders.store import Store
from leadline.evaluate.folds import make_folds
from leadline.findings import Severity
from leadline.progress import Progress
from leadline.workflow.setup import Setup, set_up

Given = Callable[[str], Path]
WORDS = ["alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "juliet", "kilo", "lima", "mike", "oscar"]


def copies(frame: pl.DataFrame, store: Path, near_seconds: float = 60.0, **options: Any) -> Copies:
    data = read(frame, target="label", **options)
    _, classes = np.unique(frame["label"].to_numpy(), return_inverse=True)
    return find_copies(data, classes, int(classes.max()) + 1, Store(store), Progress(), near_seconds)


def grouped(found: Copies) -> list[list[int]]:
    """Groups of two rows or more."""
    groups = np.array([]) if found.groups is None else found.groups
    return [np.flatnonzero(groups == group).tolist() for group in np.unique(groups) if (groups == group).sum() > 1]


def codes(found: Copies) -> dict[str, int]:
    return {finding.code: len(finding.rows) for finding in found.findings}


def photograph(seed: int, size: tuple[int, int] = (120, 90)) -> Image.Image:
    """Coloured noise at several scales, as natural as noise can be."""
    rng = np.random.default_rng(seed)
    pixels = np.zeros((size[1], size[0], 3))
    for cells, weight in ((3, 60), (8, 40), (24, 20)):
        coarse = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)
        pixels += weight / 128 * (np.asarray(coarse).astype(float) - 127)
    return Image.fromarray((pixels + 127).clip(0, 255).astype(np.uint8))


def saved(image: Image.Image, kind: str = "JPEG", **settings: Any) -> bytes:
    stream = BytesIO()
    image.save(stream, kind, **settings)
    return stream.getvalue()


# Links and groups


@given(st.lists(st.integers(0, 30), max_size=60))
@settings(max_examples=40)
def test_repeats_are_linked_to_where_they_stand_first(values: list[int]) -> None:
    keys = np.array(values, dtype=np.uint64)
    links = links_of(keys)
    assert sorted(repeated(keys).tolist()) == [row for row, value in enumerate(values) if values.count(value) > 1]
    assert {(row, other) for row, other in links.tolist()} == {
        (row, values.index(value)) for row, value in enumerate(values) if values.index(value) != row
    }


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=25))
def test_groups_are_what_links_connect(pairs: list[tuple[int, int]]) -> None:
    links = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    groups = united(20, [links])
    reached = {row: {row} for row in range(20)}
    for a, b in pairs * 20:
        reached[a] = reached[b] = reached[a] | reached[b]
    expected = [min(reached[row]) for row in range(20)]
    for _ in range(20):
        expected = [min(expected[other] for other in reached[row]) for row in range(20)]
    assert (list(range(20)) if groups is None else groups.tolist()) == expected
    again = united(20, [spanning(20, links)])
    assert groups is None or again is None or np.array_equal(groups, again)


# Tables


def test_equal_rows_are_grouped_whatever_their_answers(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"a": rng.normal(size=50), "b": rng.normal(size=50), "c": rng.choice(["u", "v"], 50), "label": ["x", "y"] * 25})
    frame = pl.concat([frame, frame[[4, 4]], frame[[7]].with_columns(label=pl.lit("x"))])
    found = copies(frame, tmp_path)
    assert grouped(found) == [[4, 50, 51], [7, 52]]
    assert codes(found) == {"exact-duplicate": 5, "duplicate-labels": 2}
    assert [f.severity for f in found.findings] == [Severity.LOW, Severity.MEDIUM]
    assert "5 of 53 rows are exact copies of others, in 2 groups" in found.findings[0].title


def test_missing_values_are_equal_to_each_other(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": [*np.arange(30.0), None, None], "b": [*np.arange(30.0), 7.5, 7.5], "label": ["x", "y"] * 16})
    assert grouped(copies(frame, tmp_path)) == [[30, 31]]


def test_rows_that_repeat_by_nature_are_not_glued(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({name: rng.choice(["yes", "no"], 2_000) for name in "abc"} | {"label": rng.choice(["x", "y"], 2_000)})
    found = copies(frame, tmp_path)
    assert found.groups is None and codes(found) == {"exact-duplicate": 0}
    assert "so few different rows are possible" in found.findings[0].title
    numbers = pl.DataFrame({"a": rng.integers(0, 300, 5_000), "b": rng.integers(0, 3, 5_000), "label": rng.choice(["x", "y"], 5_000)})
    assert copies(numbers, tmp_path).groups is None


def test_data_repeated_as_a_whole_are_grouped(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"a": rng.normal(size=1_500), "b": rng.normal(size=1_500), "label": rng.choice(["x", "y"], 1_500)})
    found = copies(pl.concat([frame, frame]), tmp_path)
    assert len(grouped(found)) == 1_500
    many = pl.concat([frame, *[frame[[3]]] * 2_000])
    assert len(grouped(copies(many, tmp_path))[0]) == 2_001


def test_groups_of_the_user_and_copies_are_united(tmp_path: Path) -> None:
    who = [str(row // 2) for row in range(40)]
    frame = pl.DataFrame({"a": np.arange(40.0) ** 2, "who": who, "label": ["x", "y"] * 20}).with_columns(
        a=pl.when(pl.int_range(pl.len()) == 39).then(4.0).otherwise("a"),
        who=pl.when(pl.int_range(pl.len()).is_in([20, 21])).then(None).otherwise("who"),
    )
    found = copies(frame, tmp_path, group="who")
    assert [2, 3, 38, 39] in grouped(found)
    assert not any(20 in group or 21 in group for group in grouped(found))


# Texts


def near(texts: list[str]) -> set[tuple[int, int]]:
    links = near_texts(pl.Series(texts), Patience(), lambda done, total: None)
    return {(min(pair), max(pair)) for pair in links.tolist()}


def test_texts_that_differ_in_case_spacing_and_punctuation_are_copies() -> None:
    assert near(["Has my top-up gone through?", "has my  top up gone THROUGH", "has my card gone through", "", "", "?!", "..."]) == {(0, 1)}


def test_short_texts_are_copies_only_word_for_word() -> None:
    assert not near(["what is the balance of my account", "what is the balance of my card", "is the balance of my account"])
    assert not near(
        ["how many miles can i drive before i need to change my oil", "how many miles can i drive before i need to change my tires"]
    )


@given(st.integers(0, 1_000), st.integers(60, 200))
@settings(max_examples=30)
def test_long_texts_with_a_few_words_changed_are_copies(seed: int, length: int) -> None:
    rng = np.random.default_rng(seed)
    vocabulary = np.array([f"{a}{b}" for a in WORDS for b in WORDS])
    words, other = rng.choice(vocabulary, length), rng.choice(vocabulary, length)
    changed = words.copy()
    changed[rng.choice(length, length // 60, replace=False)] = "other"
    half = np.concatenate([words[: length // 2], other[length // 2 :]])
    assert near([" ".join(words), " ".join(changed).upper(), " ".join(other), " ".join(half)]) == {(0, 1)}


def test_check_names_texts_that_say_the_same_and_their_groups(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice([f"{a}{b}" for a in WORDS for b in WORDS], 40)) for _ in range(60)]
    again = [texts[0].upper(), texts[1].replace(" ", "  ") + " !", texts[2].replace(texts[2].split()[20], "other")]
    table, labels = tmp_path / "texts.csv", [*["x", "y"] * 30, "x", "x", "x"]
    pl.DataFrame({"text": [*texts, *again], "label": labels}).write_csv(table)
    report = ll.check(table, target="label", only=["near-duplicate", "duplicate-labels"], out=tmp_path / "out")
    assert {one.code: one.rows for one in report.findings} == {"near-duplicate": [0, 1, 2, 60, 61, 62], "duplicate-labels": [1, 61]}
    group = pl.read_parquet(tmp_path / "out" / "rows.parquet")["duplicate_group"].to_list()
    assert group == [*range(60), 0, 1, 2]


def test_one_text_in_half_of_the_rows_is_no_trouble(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS, 30)) for _ in range(500)] + [
        "the very same words in all of these rows, again and again and again!"
    ] * 500
    found = copies(pl.DataFrame({"text": texts, "label": ["x", "y"] * 500}), tmp_path)
    assert grouped(found) == [list(range(500, 1_000))] and codes(found)["duplicate-labels"] == 500


def test_texts_beside_other_columns_are_equal_only_with_them(tmp_path: Path) -> None:
    texts = [f"{WORDS[row % 14]} {WORDS[row // 14]} is what somebody wrote about this thing" for row in range(40)]
    frame = pl.DataFrame({"text": [*texts, texts[0], texts[1]], "stars": [*np.arange(40) * 0.5, 0.0, 99.5], "label": ["x", "y"] * 21})
    assert grouped(copies(frame, tmp_path, types={"text": "text"})) == [[0, 40]]


def test_reviews_repeated_across_the_given_split_are_said(shared: Given, tmp_path: Path) -> None:
    folder = tmp_path / "imdb"
    folder.mkdir()
    test = pl.read_parquet(shared("imdb") / "test.parquet")
    train = pl.read_parquet(shared("imdb") / "train.parquet")
    again = test.with_row_index().filter(pl.col("text").is_in(train["text"].implode()))
    assert len(again) == 123
    rows = np.unique(np.concatenate([again["index"].to_numpy()[:30], np.arange(0, 25_000, 50)]))
    repeats = train.filter(pl.col("text").is_in(test[rows]["text"].implode()))
    pl.concat([repeats, train.gather_every(100)]).write_parquet(folder / "train.parquet")
    test[rows].write_parquet(folder / "test.parquet")
    leak = next(finding for finding in set_up(read(folder), None, None, None, 0).data.findings if finding.code == "split-leak")
    assert 30 <= len(leak.rows) <= 32 and leak.severity == Severity.HIGH and "also occur in train" in leak.title


# Pictures


def alike(contents: list[bytes], folder: Path) -> np.ndarray | None:
    pictures = Pictures(Picture(content) for content in contents)
    grey = thumbnails(pictures, Store(folder), Patience(), lambda done, total: None)
    found = look_alikes(grey, Patience())
    return united(len(contents), [found.upright, found.mirrored])


def variants(image: Image.Image) -> list[bytes]:
    half = image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)
    left, top = image.width // 12, image.height // 50
    crop = image.crop((left, top, left + round(0.9 * image.width), top + round(0.9 * image.height)))
    mirrored = saved(ImageOps.mirror(image), quality=90)
    bright = saved(ImageEnhance.Brightness(image).enhance(1.1), "PNG")
    return [saved(image, quality=30), saved(half, "PNG"), bright, saved(image, "WEBP"), saved(crop, quality=90), mirrored]


@pytest.mark.parametrize("number", [2, 5, 40])
def test_copies_of_pictures_are_found_among_few_and_many(number: int, tmp_path: Path) -> None:
    originals = [photograph(seed) for seed in range(number)]
    contents = [saved(image, quality=90) for image in originals] + variants(originals[0])
    groups = alike([*contents, b"broken", saved(Image.new("RGB", (50, 50), "grey")), saved(Image.new("RGB", (60, 60), "grey"))], tmp_path)
    assert groups is not None
    assert together(groups).tolist() == [0, *range(number, number + 6)] and set(groups[number : number + 6].tolist()) == {0}


@pytest.mark.parametrize("name", ["catsdogs", "faces", "colour"])
def test_planted_copies_are_found_and_look_alikes_left_alone(name: str, shared: Given, tmp_path: Path) -> None:
    number = 400
    files = sorted(path for path in shared(name).rglob("*") if path.suffix in (".jpg", ".png"))
    files = files[:: max(1, len(files) // number)][:number]
    contents = [path.read_bytes() for path in files]
    planted = [content for path in files[::20] for content in variants(Image.open(path).convert("RGB"))]
    groups = alike(contents + planted, tmp_path)
    assert groups is not None
    found = (groups[number:] == np.repeat(np.arange(0, number, 20), 6)).reshape(-1, 6).mean(axis=0)
    crop = 4  # of a face looks like another photograph of it
    assert (found[[kind != crop or name != "faces" for kind in range(6)]] >= 0.95).all()
    assert len(np.unique(groups[:number])) >= number - 1


def test_digits_and_x_rays_that_look_alike_are_no_copies(shared: Given, tmp_path: Path) -> None:
    for path in ("mnist/test.parquet", "medical/pneumoniamnist/test.parquet"):
        contents = pl.read_parquet(shared(path)).head(1_500)["image"].struct.field("bytes").unique(maintain_order=True).to_list()
        groups = alike(contents, tmp_path)
        assert groups is None or len(together(groups)) <= 2


def test_filed_pictures_are_found_as_if_all_were_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    grey = rng.normal(128, 40, (3_000, 256)).astype(np.float32)
    grey[2_000:] = grey[:1_000] * 1.1 + rng.normal(0, 4, (1_000, 256))
    every = look_alikes(grey, Patience()).upright
    monkeypatch.setattr(sys.modules["leadline.check.nearby"], "_ALL_PAIRS", 100)  # the public name leadline.check is a function
    some = look_alikes(grey, Patience()).upright
    assert len(every) == 1_000 and len(some) >= 990 and {tuple(p) for p in some.tolist()} <= {tuple(p) for p in every.tolist()}


@given(st.integers(0, 1_000))
@settings(max_examples=20)
def test_a_mirrored_picture_has_the_same_fingerprint_but_for_signs(seed: int) -> None:
    grey = np.random.default_rng(seed).normal(128, 40, (30, 16, 16)).astype(np.float32)
    whitening = Whitening(grey.reshape(30, -1), 8)
    one, other = whitening(grey.reshape(30, -1)), whitening(grey[:, :, ::-1].reshape(30, -1))
    assert np.allclose(one.values[:, : one.even], other.values[:, : one.even], atol=1e-4)
    assert np.allclose(one.values[:, one.even :], -other.values[:, one.even :], atol=1e-4)
    cosines, mirrored = one.cosines_of_pairs(other)
    assert np.allclose(cosines, 1, atol=1e-4) and mirrored.all() and np.allclose(one.cosines(other).diagonal(), cosines, atol=1e-4)


def test_a_crowd_of_copies_is_one_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["leadline.check.nearby"], "_ALL_PAIRS", 100)
    still = np.asarray(photograph(0, (16, 16)).convert("L"), np.float32).ravel()
    others = [np.asarray(photograph(1 + seed, (16, 16)).convert("L"), np.float32).ravel() for seed in range(1_000)]
    frames = still + np.random.default_rng(0).normal(0, 0.3, (1_000, 256))
    groups = united(2_000, [look_alikes(np.concatenate([others, frames]).astype(np.float32), Patience()).upright])
    assert groups is not None and (groups[:1_000] == np.arange(1_000)).all() and (groups[1_000:] == 1_000).all()


def test_mirror_images_with_other_labels_are_asked_about(tmp_path: Path) -> None:
    contents = [saved(photograph(seed), quality=90) for seed in range(40)]
    contents += [saved(ImageOps.mirror(photograph(3)), quality=90), saved(photograph(5), quality=50)]
    found = copies(pl.DataFrame({"photo": contents, "label": [*["x", "y"] * 20, "x", "x"]}), tmp_path)
    assert grouped(found) == [[3, 40], [5, 41]]
    assert [(f.code, f.severity, f.rows) for f in found.findings] == [
        ("near-duplicate", Severity.LOW, [3, 5, 40, 41]),
        ("duplicate-labels", Severity.MEDIUM, [5, 41]),
        ("duplicate-labels", Severity.LOW, [3, 40]),
    ]
    assert "1 of them as mirror images" in found.findings[0].detail and "unless left and right matter" in found.findings[2].detail


def pictures_in(folder: Path) -> Path:
    """Two classes of 30, three files equal byte for byte, one re-encoded; one label contradicts."""
    for seed in range(60):
        path = folder / ("cat" if seed % 2 else "dog") / f"{seed:02}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(saved(photograph(seed), quality=90))
    (folder / "cat" / "again.jpg").write_bytes((folder / "cat" / "01.jpg").read_bytes())
    (folder / "dog" / "other.jpg").write_bytes((folder / "cat" / "03.jpg").read_bytes())
    (folder / "cat" / "small.png").write_bytes(variants(photograph(5))[1])
    return folder


def by_name(setup: Setup) -> list[list[str]]:
    assert setup.groups is not None
    groups = [np.flatnonzero(setup.groups == group) for group in np.unique(setup.groups)]
    return sorted(sorted(Path(setup.data.source(row)).name for row in rows.tolist()) for rows in groups if len(rows) > 1)


def test_copies_in_class_folders_are_grouped_kept_for_the_next_run_and_never_straddle(tmp_path: Path) -> None:
    folder, store = pictures_in(tmp_path / "animals"), Store(tmp_path / "store")
    told = list[tuple[int, int]]()

    class Told(Progress):
        def track(self, title: str, unit: str) -> Any:
            told.append((0, 0))
            return super().track(title, unit)

    setup = set_up(read(folder), None, None, None, 0, store, Told())
    assert by_name(setup) == [["01.jpg", "again.jpg"], ["03.jpg", "other.jpg"], ["05.jpg", "small.png"]] and told
    assert {f.code: len(f.rows) for f in setup.data.findings} == {"exact-duplicate": 4, "near-duplicate": 2, "duplicate-labels": 2}
    kept = store.summary()["vectors"]
    assert kept == 61  # each picture once
    again = set_up(read(folder), None, None, None, 0, store)
    assert np.array_equal(again.groups, setup.groups) and store.summary()["vectors"] == kept
    for fold in make_folds(Examples({}, {}, setup.target.values, 2, setup.groups), setup.task, 5, 0):
        assert setup.groups is not None and not set(setup.groups[fold.train].tolist()) & set(setup.groups[fold.valid].tolist())


def test_without_time_near_copies_are_left_out_and_said(tmp_path: Path) -> None:
    setup = set_up(read(pictures_in(tmp_path / "animals")), None, None, None, 0, Store(tmp_path / "store"), near_seconds=0.0)
    assert by_name(setup) == [["01.jpg", "again.jpg"], ["03.jpg", "other.jpg"]]
    assert setup.reading()["near_duplicates"] is False
    assert any("were not looked for" in finding.title for finding in setup.data.findings)
    with pytest.raises(TooSlowError):
        Patience(0.0).check(1, 10)
    Patience(60.0, began=perf_counter() - 30).check(60, 100)
    with pytest.raises(TooSlowError, match="about 6"):
        Patience(60.0, began=perf_counter() - 30).check(49, 100)
    assert 29 < Patience(60.0, began=perf_counter() - 30).rest().seconds <= 30


def test_pictures_count_whatever_stands_beside_them(tmp_path: Path) -> None:
    contents = [saved(photograph(seed % 30)) for seed in range(40)]
    frame = pl.DataFrame({"photo": contents, "age": np.arange(40.0), "label": ["x", "y"] * 20})
    assert len(grouped(copies(frame, tmp_path))) == 10
    two = frame.with_columns(scan=pl.Series([saved(photograph(100 + row)) for row in range(39)] + [saved(photograph(109))]))
    assert grouped(copies(two, tmp_path)) == [[9, 39]]


def test_overlaps_of_a_given_split_are_said_by_their_share(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name, rows in (("train", 200), ("test", 100)):
        pl.DataFrame(
            {"a": rng.normal(size=rows), "who": rng.integers(0, 1_000, rows) + 1_000 * (name == "test"), "label": ["x", "y"] * (rows // 2)}
        ).write_csv(tmp_path / f"{name}.csv")
    train, test = (pl.read_csv(tmp_path / f"{name}.csv") for name in ("train", "test"))
    pl.concat([test.head(96), train.head(4).with_columns(who=pl.lit(5_000, dtype=pl.Int64))]).write_csv(tmp_path / "test.csv")
    setup = set_up(read(tmp_path, group="who"), None, None, None, 0)
    leak = next(finding for finding in setup.data.findings if finding.code == "split-leak")
    assert leak.rows == [296, 297, 298, 299] and leak.severity == Severity.MEDIUM and "4 of 100 test rows (4.0%)" in leak.title
    assert setup.partition.sizes() == {"train": 200, "valid": 0, "test": 100}


def test_a_class_with_one_example_is_said(tmp_path: Path) -> None:
    frame = pl.DataFrame({"a": np.random.default_rng(0).normal(size=41), "label": ["x", "y"] * 20 + ["once"]})
    found = [finding for finding in set_up(read(frame), None, None, None, 0).data.findings if finding.code == "rare-class"]
    assert found[0].rows == [40] and "once" in found[0].title


def test_animations_are_counted(tmp_path: Path) -> None:
    frames = [photograph(seed, (20, 20)) for seed in range(3)]
    moving = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    contents = [saved(photograph(seed), "GIF") for seed in range(18)] + [
        moving,
        saved(frames[0], "TIFF", save_all=True, append_images=frames[1:]),
    ]
    setup = set_up(read(pl.DataFrame({"photo": contents, "label": ["x", "y"] * 10})), None, None, None, 0)
    assert next(finding for finding in setup.data.findings if finding.code == "several-frames").rows == [18, 19]


def test_an_id_does_not_hide_copies(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(["tide", "rope", "deck", "mast", "keel", "bow", "stern", "sail"], 14)) for _ in range(60)]
    table = pl.DataFrame(
        {"id": np.arange(120), "price": np.repeat(rng.normal(size=60), 2), "text": np.repeat(texts, 2), "label": ["a", "b"] * 60}
    )
    groups = find_copies(read(table, target="label"), np.tile([0, 1], 60), 2, Store(tmp_path), Progress()).groups
    assert groups is not None and (groups == np.repeat(np.arange(0, 120, 2), 2)).all()


def test_a_long_text_is_a_copy_whatever_stands_beside_it(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    texts = [" ".join(rng.choice(["tide", "rope", "deck", "mast", "keel", "bow", "stern", "sail"], 20)) for _ in range(50)]
    table = pl.DataFrame({"text": texts + texts[:5], "stars": rng.integers(1, 6, 55), "label": ["a", "b"] * 27 + ["a"]})
    groups = find_copies(read(table, target="label"), np.arange(55) % 2, 2, Store(tmp_path), Progress()).groups
    assert groups is not None and (groups[50:] == np.arange(5)).all()
