"""Does replaying a plan learn the same, byte for byte? With the vectors kept, with none, and with a cache that is empty altogether.

    .venv/bin/python bench/replay.py [--data catsdogs,adult,imdb]

Every file of the two artefacts is compared by SHA-256. The card and the manifest are written, not learned, and are compared for show
only; but the manifest holds settings of the graph's parts, a temperature say: those are learned and must be equal too.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from harness import DATA, ROOT, Bench, forget_vectors, parser_for, scratch_folder, train

COMMANDS = {
    "catsdogs": (DATA / "catsdogs",),
    "adult": (DATA / "tabular" / "adult_train.csv", "--target", "income"),
    "imdb": (DATA / "imdb", "--budget", "90s"),
}
WRITTEN = {"manifest.json", "card.md"}
PARTS = "the parts in manifest.json"


def hashes(artefact: Path) -> dict[str, str]:
    """SHA-256 of every file of an artefact, and of the parts of its graph as the manifest describes them."""
    contents = {str(path.relative_to(artefact)): path.read_bytes() for path in sorted(artefact.rglob("*")) if path.is_file()}
    contents[PARTS] = json.dumps(json.loads(contents["manifest.json"])["parts"], sort_keys=True).encode()
    return {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}


def measure(bench: Bench, name: str, folder: Path) -> None:
    data, *options = COMMANDS[name]
    cache = folder / "cache"
    answer = train(data, folder / "original.leadline", *options, cache=cache).json()
    original, plan = hashes(ROOT / answer["artifact"]), ROOT / answer["run"] / "plan.json"
    for state in ("kept", "cold", "empty cache"):
        if state == "cold":
            forget_vectors(cache)
        used = folder / "other-cache" if state == "empty cache" else cache
        target = options[options.index("--target") :] if "--target" in options else []
        trial = train(data, folder / f"{state.replace(' ', '-')}.leadline", "--plan", str(plan), *target, cache=used)
        replayed = hashes(ROOT / trial.json()["artifact"])
        different = sorted(file for file in original.keys() | replayed.keys() if original.get(file) != replayed.get(file))
        learned = [file for file in different if file not in WRITTEN]
        bench.record(data=name, state=state, files=len(original), different=", ".join(different) or "none", **trial.row())
        bench.holds(f"{name}, {state}: every learned file equal", ", ".join(learned) or "all equal", not learned)


def main() -> int:
    parser = parser_for(__doc__)
    parser.add_argument("--data", default=",".join(COMMANDS), help="which data sets")
    bench = Bench("replay")
    for name in parser.parse_args().data.split(","):
        with scratch_folder("replay") as folder:
            measure(bench, name, folder)
    return bench.finish()


if __name__ == "__main__":
    sys.exit(main())
