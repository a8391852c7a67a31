"""What must be survived: full disks, no rights, interruptions, several runs at once, damage, and terminals that go away.

Every command runs in a process of its own. Afterwards there is one clear screen or a result, what was there before is whole, nothing
temporary is left, and the next run works.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import leadline
from leadline.encoders.store import Store
from leadline.machine import cache_folder, cache_refused

RUN = "\nimport sys\nfrom leadline.cli.main import run\nsys.argv[0] = 'leadline'\nrun()"
NOBODY = 65534
LARGE = 1 << 20  # files from here on are shared between copies of a place, not copied
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Place:
    """A user's folder with people.csv, pictures/ and the models trained from them; a cache; a folder for temporary files."""

    root: Path
    python: tuple[str, ...] = (sys.executable,)
    changes: tuple[tuple[str, str | None], ...] = ()  # of the environment; None takes a variable away
    as_user: tuple[tuple[str, Any], ...] = ()  # arguments of Popen

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def scratch(self) -> Path:
        return self.root / "scratch"

    def start(self, *words: str, before: str = "", **more: Any) -> subprocess.Popen[str]:
        """The command in a process of its own; `before` is code that runs there first."""
        own = {"LEADLINE_CACHE": str(self.cache), "TMPDIR": str(self.scratch), "COLUMNS": "300", **dict(self.changes)}
        environment = {name: value for name, value in {**os.environ, **own}.items() if value is not None}
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **dict(self.as_user), **more}
        return subprocess.Popen([*self.python, "-c", before + RUN, *words], cwd=self.work, env=environment, text=True, **pipes)

    def run(self, *words: str, before: str = "", **more: Any) -> Done:
        child = self.start(*words, before=before, **more)
        out, err = child.communicate(timeout=300)
        return subprocess.CompletedProcess(words, child.returncode, out, err)

    def train(self, what: str = "people.csv", **more: Any) -> Done:
        return self.run(*training(what), **more)

    def left(self) -> list[str]:
        """What is temporary by its name or its place."""
        named = [path.name for path in self.root.rglob("*") if "leadline-" in path.name or path.name.startswith((".", "tmp"))]
        return named + [path.name for path in self.scratch.rglob("*")]

    def limited(self, largest_file: int, *words: str) -> Done:
        """The command where no file can grow beyond some bytes: as on a full disk, every write after that fails."""
        limits = (largest_file, largest_file)
        return self.run(*words, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limits))


def training(what: str, budget: str = "8s") -> list[str]:
    """Pictures get more time than they take: the encoder must be in the plan, however busy the machine is."""
    if what == "people.csv":
        return ["train", what, "--target", "answer", "--learners", "trees", "--budget", budget]
    return ["train", what, "--learners", "probe", "--budget", "5m"]


def whole(done: Done) -> str:
    """The standard output of a command that went well."""
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def screen(done: Done, code: int = 1) -> str:
    """The one screen of a command that did not go well."""
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr and "did not foresee" not in done.stderr, done.stderr
    _, title, shown = done.stderr.partition("That did not work")
    assert title and len(shown.splitlines()) < 10 and done.stdout == ""
    return " ".join(shown.split())


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def trained(people: pl.DataFrame, stripes: Path, own_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("survival"))
    for folder in (place.work, place.scratch):
        folder.mkdir()
    # What other tests measured and converted need not be done again.
    shutil.copytree(own_cache, place.cache, ignore=shutil.ignore_patterns("store"), copy_function=share_or_copy)
    people.head(120).write_csv(place.work / "people.csv")
    for path in sorted(stripes.rglob("?.png")) + sorted(stripes.rglob("1?.png")):
        target = place.work / "pictures" / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    whole(place.train("people.csv"))
    whole(place.train("pictures"))
    assert place.left() == []
    return place


@pytest.fixture
def place(trained: Place, tmp_path: Path) -> Place:
    """A copy for one test, whose store is empty."""
    copy = replace(trained, root=tmp_path)
    shutil.copytree(trained.root, copy.root, dirs_exist_ok=True, copy_function=share_or_copy)
    shutil.rmtree(copy.cache / "store")
    for runs in copy.work.glob("*.runs"):
        shutil.rmtree(runs)
    return copy


def share_or_copy(source: str, target: str) -> None:
    if os.stat(source).st_size > LARGE:  # noqa: PTH116 - as copytree calls it
        os.link(source, target)
    else:
        shutil.copy2(source, target)


# --- a full disk ---


@pytest.mark.parametrize(
    ("what", "largest_file"), [("people.csv", 0), ("people.csv", 2_500), ("pictures", 10_000), ("pictures", LARGE)],
    ids=["the plan", "the model", "the store", "the network in the model"],
)  # fmt: skip
def test_a_full_disk_while_training(place: Place, what: str, largest_file: int) -> None:
    older = contents(place.work / Path(what).with_suffix(".leadline").name)
    shown = screen(place.limited(largest_file, *training(what)))
    assert "File too large" in shown and (str(place.root) in shown or ".runs" in shown)
    assert place.left() == [] and contents(place.work / Path(what).with_suffix(".leadline").name) == older
    if largest_file == 10_000:
        whole(place.train(what))


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_a_full_disk_while_predicting(place: Place, kind: str) -> None:
    out = place.work / f"out.{kind}"
    out.write_text("the older answers")
    shown = screen(place.limited(1_000, "predict", "people.leadline", "people.csv", "-o", out.name))
    assert "the disk is full" in shown and f"out.{kind}" in shown
    assert place.left() == [] and out.read_text() == "the older answers"


def test_a_full_disk_while_unpacking(place: Place) -> None:
    with zipfile.ZipFile(place.work / "people.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(place.work / "people.csv", "people.csv")
    shown = screen(place.limited(1_000, "predict", "people.leadline", "people.zip"))
    assert "people.zip" in shown and place.left() == []
    whole(place.run("predict", "people.leadline", "people.zip"))
    assert place.left() == []


# --- no rights ---


def other_python() -> tuple[str, str]:
    """(interpreter, PYTHONPATH) that another user can run: ours may lie in a folder of root's alone."""
    packages = os.pathsep.join([str(Path(leadline.__file__).parents[1]), *(path for path in sys.path if path.endswith("site-packages"))])
    for python in (sys.executable, f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"):
        words = [python, "-c", "import leadline.workflow.train, numpy, polars, onnxruntime"]
        try:
            found = subprocess.run(words, env={"PYTHONPATH": packages, "ORT_DISABLE_TELEMETRY": "1"}, user=NOBODY, capture_output=True)
        except OSError:
            continue
        if found.returncode == 0:
            return python, packages
    pytest.skip("no Python here that both root and another user can run with our packages")


@pytest.fixture(scope="module")
def stranger() -> dict[str, Any]:
    """What makes a `Place` somebody else's than root's; nothing to change where the tests do not run as root."""
    if os.geteuid() != 0:
        return {}
    python, packages = other_python()
    as_user = (("user", NOBODY), ("group", NOBODY), ("extra_groups", []))
    return {"python": (python,), "changes": (("PYTHONPATH", packages), ("HOME", "/nonexistent")), "as_user": as_user}


@pytest.fixture
def other(stranger: dict[str, Any], place: Place) -> Iterator[Place]:
    """A place that belongs to the other user, in reach of that user."""
    with tempfile.TemporaryDirectory(prefix="survival-") as root:
        own = replace(place, root=Path(root), **stranger)
        shutil.copytree(place.root, root, dirs_exist_ok=True)
        if stranger:
            asked = own.run(before="from leadline.machine import fingerprint\nprint(fingerprint())\nraise SystemExit").stdout.strip()
            [measured] = own.cache.glob("machine-*.json")
            measured.rename(own.cache / f"machine-{asked}.json")  # the same machine, seen by another Python
            for path in [own.root, *own.root.rglob("*")]:
                os.chown(path, NOBODY, NOBODY)
        yield own
        for path in [own.root, *own.root.rglob("*")]:
            path.chmod(0o755)


def test_a_folder_that_may_not_be_written_to(other: Place) -> None:
    other.work.chmod(0o555)
    assert "cannot write to" in screen(other.train("people.csv"))
    shown = screen(other.run("predict", "people.leadline", "people.csv", "-o", "out.csv"))
    assert "may not" in shown and "out.csv" in shown and "-o" in shown
    assert other.left() == [] and not (other.work / "people.runs").exists()


def test_a_cache_that_may_not_be_written_to_is_said_and_done_without(other: Place) -> None:
    """Also what was measured and converted before is read from elsewhere then: nothing depends on the cache."""
    shutil.rmtree(other.cache)
    other.cache.mkdir(mode=0o555)
    done = other.run(*training("people.csv"), "-o", "new")
    whole(done)
    assert "nothing can be kept in" in done.stderr and "LEADLINE_CACHE" in done.stderr
    assert other.left() == [] and list(other.cache.iterdir()) == [] and (other.work / "new.leadline" / "manifest.json").is_file()


def test_data_that_may_not_be_read(other: Place) -> None:
    (other.work / "people.csv").chmod(0)
    for words in (training("people.csv"), ["predict", "people.leadline", "people.csv"]):
        shown = screen(other.run(*words))
        assert "people.csv" in shown and "may not" in shown


def test_a_picture_that_may_not_be_read_among_others(other: Place) -> None:
    picture = next((other.work / "pictures" / "lying").iterdir())
    picture.chmod(0)
    answers = json.loads(whole(other.run("predict", "pictures.leadline", "pictures/lying", "--json")))
    assert answers["num_bad"] == 1 and answers["num_rows"] == len(list(picture.parent.iterdir()))
    assert picture.name in next(row["error"] for row in answers["predictions"] if row["error"])
    judged = json.loads(whole(other.run("evaluate", "pictures.leadline", "pictures", "--json")))
    assert [len(finding["rows"]) for finding in judged["findings"] if finding["code"] == "corrupt-file"] == [1]


def test_a_model_that_may_not_be_read(other: Place) -> None:
    next((other.work / "people.leadline" / "parts").iterdir()).chmod(0)
    assert "may not" in screen(other.run("predict", "people.leadline", "people.csv"))


@pytest.mark.parametrize("cache", ["a file", "below a file"])
def test_a_cache_that_is_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: str) -> None:
    (tmp_path / "cache").write_text("")
    monkeypatch.setenv("LEADLINE_CACHE", str(tmp_path / ("cache" if cache == "a file" else "cache/below")))
    assert "LEADLINE_CACHE" in cache_refused() and tmp_path not in cache_folder().parents
    monkeypatch.setenv("LEADLINE_CACHE", str(tmp_path / "new" / "cache"))
    assert cache_refused() == "" and cache_folder() == tmp_path / "new" / "cache" and not (tmp_path / "new").exists()


# --- interruptions ---

# Pictures' vectors are put into the store six at a time, and after the second time nothing happens for long enough.
SLOW_STORE = """
import time
from leadline.encoders import store
store.CHUNK, put, times = 6, store.Store.put, []
def slow(self, keys, vectors):
    put(self, keys, vectors)
    if len(keys) == 6:
        times.append(1)
        print("put", flush=True)
        time.sleep(0.1 if len(times) < 2 else 60)
store.Store.put = slow
"""
# Every file of the new model is there, under another name; the older one still stands in its place.
SLOW_PUBLISHING = """
import time
from leadline import files
swap = files._swap
def slow(building, target):
    if target.name == "people.leadline":
        print("publishing", flush=True)
        time.sleep(60)
    swap(building, target)
files._swap = slow
"""
# The model's arrays are being written for the first time.
SLOW_SAVING = """
import time
from leadline.artifact import save
def slow(path, arrays):
    path.write_bytes(b"half")
    print("saving", flush=True)
    time.sleep(60)
save._write_arrays = slow
"""


# Forests grow side by side in threads, and would do so for a long time.
SLOW_FORESTS = """
from leadline.learners import tree_growth as trees
go_on = trees._go_on
def slow(given_up):
    print("growing", flush=True)
    given_up.wait(60)
    go_on(given_up)
trees._go_on = slow
"""


def interrupted(place: Place, what: str, number: int, before: str, lines: int = 1, budget: str = "8s") -> Done:
    """`train`, sent the signal after some lines on its standard output."""
    child = place.start(*training(what, budget), before=before)
    assert child.stdout is not None
    for _ in range(lines):
        assert child.stdout.readline(), child.communicate()
    time.sleep(0.1)
    child.send_signal(number)
    out, err = child.communicate(timeout=30)
    return subprocess.CompletedProcess(what, child.returncode, out, err)


def stopped_well(done: Done, code: int) -> None:
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr and "did not work" not in done.stderr
    assert ("Interrupted" in done.stderr) == (code == 130)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)], ids=str)
def test_interrupted_while_encoding(place: Place, number: int, code: int) -> None:
    older = contents(place.work / "pictures.leadline")
    stopped_well(interrupted(place, "pictures", number, SLOW_STORE, lines=2), code)
    assert contents(place.work / "pictures.leadline") == older
    if number == signal.SIGTERM:
        assert place.left() == []
        return
    num_pictures = len(list((place.work / "pictures").rglob("*.png")))
    report = json.loads(whole(place.run(*training("pictures"), "--json")))
    plan = json.loads((place.work / report["run"] / "plan.json").read_text())
    assert [encoding["examples"] for encoding in plan["encodings"]] == [num_pictures - 12]
    assert place.left() == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=str)
def test_interrupted_while_fitting(place: Place, number: int, code: int) -> None:
    """Nobody waits for the forests that are growing."""
    older = contents(place.work / "people.leadline")
    stopped_well(interrupted(place, "people.csv", number, SLOW_FORESTS, budget="5m"), code)
    assert contents(place.work / "people.leadline") == older and place.left() == []


@pytest.mark.parametrize(
    ("before", "number", "code"),
    [(SLOW_SAVING, signal.SIGINT, 130), (SLOW_PUBLISHING, signal.SIGTERM, 143), (SLOW_PUBLISHING, signal.SIGKILL, -9)],
    ids=["saving", "publishing", "publishing, killed"],
)  # fmt: skip
def test_interrupted_while_writing(place: Place, before: str, number: int, code: int) -> None:
    older = contents(place.work / "people.leadline")
    stopped_well(interrupted(place, "people.csv", number, before), code)
    assert contents(place.work / "people.leadline") == older
    if number == signal.SIGKILL:
        assert len(place.left()) == 1  # nobody could clean up; the next run does
        whole(place.train("people.csv"))
    assert place.left() == []


# --- several at once ---


def test_two_runs_at_once_on_one_store_and_one_name(place: Place) -> None:
    children = [place.start(*training("pictures"), "--json") for _ in range(2)]
    reports = []
    for child in children:
        out, err = child.communicate(timeout=300)
        reports.append(json.loads(whole(subprocess.CompletedProcess("", child.returncode, out, err))))
    assert reports[0]["run"] != reports[1]["run"] and reports[0]["artifact"] == reports[1]["artifact"]
    assert contents(place.work / "pictures.leadline") in [contents(place.work / report["run"] / "artifact") for report in reports]
    assert place.left() == []
    whole(place.run("predict", "pictures.leadline", "pictures/lying"))


# --- damage ---


def one_byte(model: Path) -> None:
    part = sorted((model / "parts").glob("*.safetensors"))[0]
    content = bytearray(part.read_bytes())
    content[-1] ^= 1
    part.write_bytes(content)


def one_file(model: Path) -> None:
    next((model / "parts").iterdir()).unlink()


def newer_format(model: Path) -> None:
    manifest = json.loads((model / "manifest.json").read_text())
    (model / "manifest.json").write_text(json.dumps({**manifest, "format_version": 999}))


def no_manifest(model: Path) -> None:
    (model / "manifest.json").unlink()


@pytest.mark.parametrize(
    ("damage", "words"),
    [(one_byte, "SHA-256 differs"), (one_file, "is missing"), (newer_format, "format version 999"), (no_manifest, "not a model of ours")],
)
def test_a_damaged_model_answers_nothing(place: Place, damage: Callable[[Path], None], words: str) -> None:
    damage(place.work / "people.leadline")
    assert words in screen(place.run("evaluate", "people.leadline", "people.csv"))
    done = place.run("predict", "people.leadline", "people.csv", "--json")
    assert done.returncode == 1 and words in json.loads(done.stdout)["error"]["saw"] and done.stderr == ""


def test_a_damaged_store_is_filled_again(trained: Place, place: Place) -> None:
    shutil.copytree(trained.cache / "store", place.cache / "store")
    for kept in [*(place.cache / "store" / "segments").iterdir(), *(place.cache / "engines").iterdir()]:
        kept.unlink()  # it may be shared with other copies
        kept.write_bytes(b"garbage" * 1_000)
    whole(place.train("pictures"))
    assert Store(place.cache / "store").summary() == Store(trained.cache / "store").summary()


# --- terminals ---


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_who_reads_may_go_away(place: Place, unbuffered: str) -> None:
    leaving = replace(place, changes=(("PYTHONUNBUFFERED", unbuffered),))
    for words in (["predict", "people.leadline", "people.csv", "--json"], ["evaluate", "people.leadline", "people.csv"]):
        child = leaving.start(*words)
        assert child.stdout is not None and child.stderr is not None
        child.stdout.close()
        with child.stderr as told:
            assert told.read() == ""
        assert child.wait(60) == 0


def test_who_reads_progress_may_go_away_and_the_model_is_saved(place: Place) -> None:
    child = place.start(*training("people.csv"), "-o", "new", stderr=subprocess.STDOUT)
    assert child.stdout is not None
    child.stdout.readline()
    child.stdout.close()
    assert child.wait(60) == 0 and (place.work / "new.leadline" / "manifest.json").is_file()


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)], ids=str)
def test_closed_streams(place: Place, closed: tuple[int, ...]) -> None:
    words = ("predict", "people.leadline", "people.csv", "-o", "out.csv")
    done = place.run(*words, preexec_fn=lambda: [os.close(number) for number in closed])
    assert done.returncode == 0 and "Traceback" not in done.stderr
    assert pl.read_csv(place.work / "out.csv").height == 120
    failed = place.run("predict", "people.leadline", "nowhere.csv", preexec_fn=lambda: [os.close(number) for number in closed])
    assert failed.returncode == 1 and "Traceback" not in failed.stderr


def test_no_home(place: Place) -> None:
    """Neither HOME nor a cache named: predicting needs none, training says so."""
    nowhere = replace(place, changes=(("HOME", None), ("LEADLINE_CACHE", None), ("XDG_CACHE_HOME", str(place.work / "people.csv"))))
    whole(nowhere.run("predict", "people.leadline", "people.csv"))
    done = nowhere.run("doctor")
    whole(done)
    assert place.left() == []


@pytest.mark.parametrize(
    "changes",
    [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"COLUMNS": "40"}, {"COLUMNS": "x", "TERM": "dumb"}],
    ids=str,
)
def test_plain_terminals(place: Place, changes: dict[str, str]) -> None:
    """Also with names that such a terminal has no letters for."""
    frame = pl.read_csv(place.work / "people.csv").with_columns(pl.lit("süß 日本 🙂").alias("colour"))
    frame.write_csv(place.work / "other.csv")
    plain = replace(place, changes=tuple(changes.items()))
    assert "right" in whole(plain.run("evaluate", "people.leadline", "other.csv"))
    done = plain.run("predict", "people.leadline", "größer.csv", "--json")
    assert done.returncode == 1 and (json.loads(done.stdout)["error"]["saw"].startswith("größer.csv") or "PYTHONUTF8" in changes)
    assert ".csv" in screen(plain.run("predict", "people.leadline", "größer.csv"))
