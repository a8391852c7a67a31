"""Hundreds of broken and hostile files: each is read, or refused in words a person can act on; none hangs, none leaves anything behind."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from leadline.registry import READERS
from tests.make_broken import write_all

SECONDS_EACH = 20.0
MEMORY_MB = 2_000  # that one file may add; the corpus holds archives that would unpack to more
WORKER = Path(__file__).parent / "read_worker.py"


class Worker:
    """A process that reads files on request, replaced when it hangs or dies."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None

    def ask(self, reader: str, path: Path) -> dict[str, object]:
        if self.process is None:
            environment = {**os.environ, "TMPDIR": str(self.folder), "LEADLINE_CACHE": str(self.folder / "cache")}
            command = [sys.executable, str(WORKER)]
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps([reader, str(path)]) + "\n")
        self.process.stdin.flush()
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.process.stdout, selectors.EVENT_READ)
            if not waiting.select(SECONDS_EACH):
                self.end()
                return {"outcome": "hangs"}
        line = self.process.stdout.readline()
        if not line:
            code = self.process.wait()
            self.end()
            return {"outcome": f"dies with exit code {code}"}
        answer: dict[str, object] = json.loads(line)
        return answer

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            for stream in (self.process.stdin, self.process.stdout):
                with suppress(OSError):  # what was not sent yet cannot be sent any more
                    stream and stream.close()
            self.process.wait()
            self.process = None


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    paths = write_all(tmp_path_factory.mktemp("broken"))
    assert len(paths) >= 300
    return paths


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    made = Worker(tmp_path)
    yield made
    made.end()


def offences(worker: Worker, reader: str, paths: list[Path]) -> list[str]:
    found = []
    for path in paths:
        answer = worker.ask(reader, path)
        if answer["outcome"] not in ("read", "refused") or float(str(answer.get("grown_mb", 0))) > MEMORY_MB:
            found.append(f"{reader} on {path.name}: {answer}")
    return found


def test_every_broken_file_is_read_or_refused_by_what_its_name_says(corpus: list[Path], worker: Worker) -> None:
    assert not (found := offences(worker, "", corpus)), "\n".join(found)


@pytest.mark.parametrize("reader", [name for name in READERS if name.startswith(".")])
def test_no_reader_is_brought_down_by_any_file(reader: str, corpus: list[Path], worker: Worker) -> None:
    """Every third file, another third for every reader, so that all meet all kinds in the time of a test."""
    start = list(READERS).index(reader) % 3
    assert not (found := offences(worker, reader, corpus[start::3])), "\n".join(found)


def test_nothing_is_left_behind(corpus: list[Path], worker: Worker) -> None:
    before = {path: path.read_bytes() for path in corpus}
    for path in corpus[::5]:
        worker.ask("", path)
    assert worker.process is not None and worker.process.stdin is not None
    worker.process.stdin.close()
    worker.process.wait(SECONDS_EACH)
    assert [path.name for path in worker.folder.iterdir() if path.name != "cache"] == []
    assert {path: path.read_bytes() for path in corpus} == before
    for trap in ("/tmp/leadline-absolute.csv", "/tmp/leadline-pickled"):
        assert not Path(trap).exists()
    assert not any(path.name == "climbed.csv" for path in worker.folder.parent.parent.rglob("climbed.csv"))
