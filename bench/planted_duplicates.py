"""Copies planted among photographs: are they found, and is what is found besides them a copy?

    .venv/bin/python bench/planted_duplicates.py [--sheets FOLDER]

Planted, written before the first run: one copy of each of 5 x 100 pictures of the test part of `catsdogs` among all 1,500, and of 5 x 200
of the 10,000 official test pictures of CIFAR-10, drawn with seed 2026, each saved again in one way: JPEG quality 30; half its size; nine
tenths of its width and height, cut out at random; mirrored; three quarters or five quarters as bright. All but the first as PNG. Settings
were chosen on the training part of CIFAR-10 and of `catsdogs`.

Found: a copy is in the group of its original. What else is grouped are pairs that nobody planted (the first picture of a group and another
one of it): 100 of them, or all, were looked at as the sheets that `--sheets` writes show them; the verdicts stand in
`natural_duplicates.csv`. A copy is the same photograph, or a plainly edited one; the same object photographed twice is none. Precision
counts planted pairs that were found, and of the others the share judged copies.

`embeddings N`: pairs of a cosine of .95 and more among N made-up vectors of 1,280 numbers in 1,000 clusters, by the search that pictures
are compared with; `votes N`: what `label-error` asks of the neighbours of as many (principal components, and votes of all rows in other
folds). Each is a process of its own; the made-up vectors are part of its memory.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from harness import DATA, ROOT, Bench, parser_for, run, scratch_folder
from leadline.check.duplicates import find_copies
from leadline.columns.picture import open_picture
from leadline.data.read import read
from leadline.encoders.store import Store
from leadline.progress import Progress

SEED = 2026
KINDS = ("quality 30", "half size", "crop", "mirror", "brightness")
EACH = {"catsdogs": 100, "cifar10": 200}
VERDICTS = Path(__file__).with_name("natural_duplicates.csv")
SAMPLE = 100
RECALL, PRECISION = 0.95, 0.98
VECTORS = """
import json, sys
import numpy as np
from time import perf_counter
rng, rows = np.random.default_rng(0), int(sys.argv[1])
vectors = rng.normal(size=(1_000, 1_280)).astype(np.float32)[np.arange(rows) % 1_000]
for part in np.array_split(np.arange(rows), 100):
    vectors[part] += rng.normal(0, 0.8, (len(part), 1_280)).astype(np.float32)
vectors[-1_000:] = vectors[:1_000] + rng.normal(0, 0.2, (1_000, 1_280)).astype(np.float32)
began = perf_counter()
"""
NEAR = """
from leadline.check.fingerprints import Fingerprints, unit
from leadline.check.nearby import Filed
filed = Filed(Fingerprints(unit(vectors), 1_280))
pairs = sum(len(some) for some in filed.near(filed.prints, 0.95)) // 2
print(json.dumps({"pairs": pairs, "own_seconds": round(perf_counter() - began, 2)}))
"""
VOTES = """
from leadline.check.class_views import Directions, votes
targets = np.eye(10)[np.arange(rows) % 10]
found = votes(Directions.of(vectors).even, targets, np.arange(rows) % 5)
print(json.dumps({"own_seconds": round(perf_counter() - began, 2), "told": round(float((found.argmax(1) == targets.argmax(1)).mean()), 3)}))
"""


@dataclass(frozen=True)
class Planted:
    """`contents` of all pictures, the copies last; of each copy the row of its original and the way that it was made."""

    contents: list[bytes]
    rows: np.ndarray
    kinds: np.ndarray

    @property
    def clean(self) -> int:
        return len(self.contents) - len(self.rows)


def saved(image: Image.Image, kind: str = "PNG", quality: int = 75) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, quality=quality)
    return stream.getvalue()


def cut(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    width, height = round(0.9 * image.width), round(0.9 * image.height)
    left, top = rng.integers(0, image.width - width + 1), rng.integers(0, image.height - height + 1)
    return image.crop((int(left), int(top), int(left) + width, int(top) + height))


Alter = Callable[[Image.Image, np.random.Generator], bytes]
ALTERED: dict[str, Alter] = {
    "quality 30": lambda image, rng: saved(image, "JPEG", 30),
    "half size": lambda image, rng: saved(image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)),
    "crop": lambda image, rng: saved(cut(image, rng)),
    "mirror": lambda image, rng: saved(ImageOps.mirror(image)),
    "brightness": lambda image, rng: saved(ImageEnhance.Brightness(image).enhance(float(rng.choice([0.75, 1.25])))),
}


def plant(name: str) -> Planted:
    rng = np.random.default_rng(SEED)
    if name == "cifar10":
        contents = pl.read_parquet(ROOT / DATA / name / "test.parquet")["image"].struct.field("bytes").to_list()
        drawn = np.arange(len(contents))
    else:
        files = sorted((ROOT / DATA / name).rglob("*.jpg"))
        contents = [path.read_bytes() for path in files]
        drawn = np.array([row for row, path in enumerate(files) if "test" in path.relative_to(ROOT / DATA / name).parts])
    rows = rng.permutation(drawn)[: len(KINDS) * EACH[name]]
    kinds = np.arange(len(rows)) % len(KINDS)
    copies = [ALTERED[KINDS[kind]](open_picture(contents[row]), rng) for row, kind in zip(rows, kinds, strict=True)]
    return Planted([*contents, *copies], rows, kinds)


def grouped(planted: Planted) -> np.ndarray:
    """(n,) the first row of each row's group, as `check` and `train` group them."""
    frame = pl.DataFrame({"photo": planted.contents, "label": ["a", "b"] * (len(planted.contents) // 2)})
    with scratch_folder("planted") as folder:
        copies = find_copies(read(frame, target="label"), np.zeros(frame.height, np.int64), 0, Store(folder), Progress())
    return np.arange(frame.height) if copies.groups is None else copies.groups


def judged(bench: Bench, name: str, sheets: Path | None) -> None:
    planted = plant(name)
    groups, copies = grouped(planted), planted.clean + np.arange(len(planted.rows))
    found = groups[copies] == groups[planted.rows]
    alone = np.bincount(groups, minlength=len(groups))[groups[copies]] == 1
    others = np.array([(first, row) for row, first in enumerate(groups[: planted.clean].tolist()) if first != row]).reshape(-1, 2)
    others_seen = others[np.sort(np.random.default_rng(SEED).permutation(len(others))[:SAMPLE])]
    if sheets is not None:
        write_sheets(planted.contents, others_seen, sheets / name)
    share, seen = verdicts(name, others_seen)
    wrong = int((~found & ~alone).sum()) + (1 - share) * len(others)
    precision = 1 - wrong / max(1, found.sum() + len(others) + (~found & ~alone).sum())
    for kind, how in enumerate(KINDS):
        recall = float(found[planted.kinds == kind].mean())
        bench.record(state=f"{name} {how}", pictures=len(groups), copies=int((planted.kinds == kind).sum()), recall=round(recall, 4))
        bench.at_least(f"{name}, {how}: share of planted copies found", recall, RECALL)
    bench.record(
        state=name, pictures=len(groups), copies=len(found), recall=round(float(found.mean()), 4), precision=round(precision, 4),
        not_planted=len(others), judged=seen, judged_copies=round(share * seen), largest_group=int(np.bincount(groups).max()),
    )  # fmt: skip
    bench.at_least(f"{name}: share of planted copies found", float(found.mean()), RECALL)
    bench.holds(f"{name}: every pair of the sample was looked at", f"{seen} of {len(others_seen)}", seen == len(others_seen))
    bench.at_least(f"{name}: precision", precision, PRECISION)


def verdicts(name: str, pairs: np.ndarray) -> tuple[float, int]:
    """The share judged copies among those of these pairs that were looked at, and their number."""
    known = pl.read_csv(VERDICTS).filter(pl.col("set") == name) if VERDICTS.exists() else pl.DataFrame()
    copy = {(row["first"], row["second"]): row["copy"] == "yes" for row in known.iter_rows(named=True)}
    looked = [copy[pair] for pair in map(tuple, pairs.tolist()) if pair in copy]
    return (float(np.mean(looked)) if looked else 1.0), len(looked)


def write_sheets(contents: list[bytes], pairs: np.ndarray, path: Path, side: int = 96, across: int = 6, down: int = 6) -> None:
    """PNG files of the pairs with their rows, 36 on each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for sheet, start in enumerate(range(0, len(pairs), across * down)):
        image = Image.new("RGB", (across * (2 * side + 12), down * (side + 16)), "white")
        for place, (first, second) in enumerate(pairs[start : start + across * down].tolist()):
            left, top = place % across * (2 * side + 12), place // across * (side + 16)
            ImageDraw.Draw(image).text((left, top), f"{first} {second}", fill="black")
            for number, row in enumerate((first, second)):
                image.paste(open_picture(contents[row]).resize((side, side)), (left + number * side, top + 12))
        image.save(path.with_name(f"{path.name}-{sheet}.png"))


def timed(bench: Bench) -> None:
    for name, script in (("embeddings", NEAR), ("votes", VOTES)):
        for rows in (50_000, 100_000):
            made = run([sys.executable, "-c", VECTORS + script, str(rows)])
            bench.record(state=f"{name} {rows}", **made.row(), **made.json())
        claim = f"{name}: 100,000 vectors of 1,280 numbers"
        bench.at_most(f"{claim}, s", bench.median("own_seconds", f"{name} 100000"), 60)
        memory = [bench.median("peak_memory_mb", f"{name} {rows}") for rows in (50_000, 100_000)]
        bench.at_most(f"{claim}: memory as a multiple of that for half as many", memory[1] / memory[0], 2.2)


def main() -> int:
    parser = parser_for(__doc__)
    parser.add_argument("--sheets", type=Path, help="where to write the pairs that nobody planted, to be looked at")
    parser.add_argument("--only", choices=[*EACH, "time"], help="one of the parts")
    arguments = parser.parse_args()
    bench = Bench("planted_duplicates")
    for name in EACH:
        if arguments.only in (None, name):
            judged(bench, name, arguments.sheets)
    if arguments.only in (None, "time"):
        timed(bench)
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
