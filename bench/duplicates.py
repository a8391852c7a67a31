"""Copies: 100,000 small pictures in class folders split by exact content, near copies by fingerprints, and planted copies found again.

States: `exact` a new process that lists, types and splits by equal bytes; `first` the same with near copies, nothing kept before; `again`
with the fingerprints that the run before has kept. `planted SET HOW`: every 20th picture saved once more (JPEG quality 30, half its size,
brightness +10 %), the share of those that come back grouped with their original and nothing else; `added` counts originals that were
grouped although nobody planted them (some are natural near copies: CIFAR-10 has hundreds).
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from PIL import Image, ImageEnhance

from harness import DATA, ROOT, Bench, add_trials, parser_for, run, scratch_folder
from large import many_pictures
from leadline.check.links import united
from leadline.check.look_alikes import look_alikes
from leadline.check.patience import Patience
from leadline.check.thumbnails import thumbnails
from leadline.columns.picture import Picture, Pictures, open_picture
from leadline.encoders.store import Store

SETS = ("catsdogs", "faces", "colour", "cifar10", "mnist", "fashion_mnist", "medical/pneumoniamnist")
PHOTOGRAPHS = ("catsdogs", "faces", "colour", "cifar10")
MOST, EVERY = 10_000, 20
SET_UP = """
import json, math, sys
from leadline.data.read import read
from leadline.machine import peak_memory_mb
from leadline.workflow.setup import set_up
setup = set_up(read(sys.argv[1]), None, None, None, 0, near_seconds=float(sys.argv[2]))
groups = 0 if setup.groups is None else int((setup.groups != range(len(setup.groups))).sum())
print(json.dumps({"rows": len(setup.data), "repeats": groups, "test": len(setup.partition.test), "near": setup.near}))
"""


def contents_of(name: str) -> list[bytes]:
    """The encoded pictures of a set, at most 10,000, equal files once."""
    folder = ROOT / DATA / name
    tables = sorted(folder.glob("*.parquet"))
    if name == "cifar10":
        tables = [folder / "train.parquet"]
    if tables:
        found = pl.concat([pl.read_parquet(path, columns=["image"]) for path in tables])["image"].struct.field("bytes").to_list()
    else:
        found = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.suffix in (".jpg", ".png")]
    return list(dict.fromkeys(found))[:MOST]


def altered(content: bytes) -> Iterator[tuple[str, bytes]]:
    image = open_picture(content)
    half = image.resize((max(1, image.width // 2), max(1, image.height // 2)), Image.Resampling.LANCZOS)
    for how, changed, kind in (
        ("quality 30", image, {"format": "JPEG", "quality": 30}),
        ("half size", half, {"format": "PNG"}),
        ("brightness +10 %", ImageEnhance.Brightness(image).enhance(1.1), {"format": "PNG"}),
    ):
        stream = io.BytesIO()
        changed.save(stream, **kind)
        yield how, stream.getvalue()


def planted(bench: Bench, name: str, folder: Path) -> None:
    contents = contents_of(name)
    originals = np.arange(0, len(contents), EVERY)
    copies = [(row, how, content) for row in originals.tolist() for how, content in altered(contents[row])]
    pictures = Pictures(Picture(content) for content in (*contents, *(content for _, _, content in copies)))
    found = look_alikes(thumbnails(pictures, Store(folder), Patience(), lambda done, total: None), Patience())
    groups = united(len(pictures), [found.upright, found.mirrored])
    groups = np.arange(len(pictures)) if groups is None else groups
    added = len(contents) - len(np.unique(groups[: len(contents)]))
    for how in dict.fromkeys(how for _, how, _ in copies):
        found = [groups[len(contents) + place] == groups[row] for place, (row, one, _) in enumerate(copies) if one == how]
        bench.record(
            state=f"planted {name} {how}", pictures=len(contents), copies=len(found), recall=round(float(np.mean(found)), 4), added=added
        )
        print(f"planted {name} {how}: recall {np.mean(found):.3f} of {len(found)}; {added} of {len(contents)} grouped besides", flush=True)


def _into_page_cache(folder: Path) -> None:
    """The machine may have dropped files that nobody has read for a while, and the claim is about files that are there."""
    for path in folder.rglob("*.*"):
        path.read_bytes()


def timed(bench: Bench, trials: int) -> None:
    pictures = many_pictures()
    for trial in range(trials):
        with scratch_folder("duplicates") as cache:
            for state, seconds in (("exact", "0"), ("first", "inf"), ("again", "inf")):
                _into_page_cache(pictures)
                made = run([sys.executable, "-c", SET_UP, str(pictures), seconds], {"LEADLINE_CACHE": str(cache)})
                bench.record(state=state, trial=trial, **made.row(), **made.json())
    bench.at_most("100,000 pictures listed, typed and split by exact content, s", bench.median("normalised_seconds", "exact"), 8)
    bench.at_most("the same, MB", bench.median("peak_memory_mb", "exact"), 300)
    extra = [bench.median("normalised_seconds", state) - bench.median("normalised_seconds", "exact") for state in ("first", "again")]
    bench.at_most("fingerprints of 100,000 pictures for near copies, s", extra[0], 60)
    bench.at_most("the same when kept from the run before, as a share of the first time", extra[1] / extra[0], 1)


def main() -> int:
    parser = parser_for(__doc__)
    add_trials(parser)
    arguments = parser.parse_args()
    bench = Bench("duplicates")
    with scratch_folder("duplicates") as folder:
        for name in SETS:
            planted(bench, name, folder)
    photographs = [row["recall"] for row in bench.rows if any(f"planted {name} " in row["state"] for name in PHOTOGRAPHS)]
    bench.at_least("planted copies of photographs found, the worst of set and kind", min(photographs), 0.9)
    timed(bench, arguments.trials)
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
