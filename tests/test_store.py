"""The store: what was put comes back, whoever else writes, dies or damages files meanwhile; and encoding through it never shows."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.columns.picture import Picture, Pictures
from leadline.encoders import store as store_module
from leadline.encoders.contract import rounded
from leadline.encoders.efficientnet import EfficientNetLite0
from leadline.encoders.engine import REFERENCE
from leadline.encoders.minilm import MiniLM
from leadline.encoders.store import Store, context_of, encode_through_store, keys_of
from leadline.errors import LeadlineError

# A vector that follows from its key, so that any process can tell whether what it reads is right.
MAKE = """
import hashlib, sys
from pathlib import Path
import numpy as np
from leadline.encoders.store import Store
def key_of(number): return hashlib.sha256(str(number).encode()).digest()
def vector_of(number): return np.arange(8, dtype=np.float32) + number % 1000
"""


def key_of(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


def vector_of(number: int) -> np.ndarray:
    return np.arange(8, dtype=np.float32) + number % 1_000


def put(store: Store, numbers: list[int]) -> None:
    store.put([key_of(number) for number in numbers], np.array([vector_of(number) for number in numbers]))


def held(store: Store, numbers: list[int]) -> list[int]:
    """Which of these are found; every one that is found must be right."""
    found, vectors = store.get([key_of(number) for number in numbers], 8)
    for row in np.flatnonzero(found):
        assert np.array_equal(vectors[row], vector_of(numbers[row]))
    assert np.isnan(vectors[~found]).all()
    return [numbers[row] for row in np.flatnonzero(found)]


def segments(store: Store) -> list[Path]:
    return sorted((store.folder / "segments").iterdir())


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_what_was_put_comes_back_in_any_order(store: Store) -> None:
    assert held(store, [1, 2]) == [] and store.summary() == {"vectors": 0, "megabytes": 0.0}
    assert not store.folder.exists()  # looking creates nothing
    put(store, [1, 2, 3])
    put(store, [4])
    assert held(Store(store.folder), [4, 9, 2, 2, 1]) == [4, 2, 2, 1]
    assert store.summary() == {"vectors": 4, "megabytes": 64 / 1e6}


@given(st.lists(st.lists(st.integers(0, 40), max_size=12, unique=True), max_size=6), st.lists(st.integers(0, 40), max_size=60))
@settings(max_examples=25)
def test_round_trips(puts: list[list[int]], asked: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        for numbers in puts:
            put(store, numbers)
        known = {number for numbers in puts for number in numbers}
        assert held(store, asked) == [number for number in asked if number in known]


def test_more_keys_than_one_statement_takes(store: Store) -> None:
    put(store, list(range(2_500)))
    assert held(store, list(range(3_000))) == list(range(2_500))


def test_vectors_are_rounded_to_float16(store: Store) -> None:
    vectors = np.random.default_rng(0).normal(size=(5, 16)).astype(np.float32)
    keys = [key_of(number) for number in range(5)]
    store.put(keys, vectors)
    assert np.array_equal(store.get(keys, 16)[1], rounded(vectors))


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "gone"])
def test_a_damaged_segment_counts_as_missing_and_can_be_put_again(store: Store, damage: str) -> None:
    put(store, [1, 2])
    [first] = segments(store)
    put(store, [3])
    content = bytearray(first.read_bytes())
    content[5] ^= 1
    if damage == "gone":
        first.unlink()
    else:
        first.write_bytes({"flip": bytes(content), "cut": bytes(content[:-1]), "empty": b""}[damage])
    assert held(store, [1, 2, 3]) == [3]
    assert len(segments(store)) == 1
    put(store, [1, 2])
    assert held(store, [1, 2, 3]) == [1, 2, 3]


@pytest.mark.parametrize(
    "content", [b"this is no database, but it is long enough to be looked at" * 50, b"SQLite format 3\x00" + b"\xff" * 4_000]
)
def test_a_damaged_index_means_an_empty_store_and_not_an_error(store: Store, content: bytes) -> None:
    put(store, [1])
    [index] = store.folder.glob("index*.sqlite")
    index.write_bytes(content)
    assert held(store, [1]) == []
    put(store, [1, 2])
    assert held(store, [1, 2]) == [1, 2]


def test_the_longest_unused_goes_first_and_the_cap_is_kept(tmp_path: Path) -> None:
    store = Store(tmp_path, cap_bytes=10 * 16 * 8)  # eight segments of ten rows of eight float16
    for start in range(0, 80, 10):
        put(store, list(range(start, start + 10)))
    assert held(store, [0, 5]) == [0, 5]  # used just now: must survive
    put(store, list(range(80, 90)))
    kept = held(store, list(range(90)))
    assert {0, 5} <= set(kept) and set(range(80, 90)) <= set(kept) and 15 not in kept
    assert store.summary()["megabytes"] * 1e6 <= store.cap_bytes == 1_280
    assert len(segments(store)) * 160 <= store.cap_bytes


def test_one_segment_above_the_cap_is_still_kept(tmp_path: Path) -> None:
    store = Store(tmp_path, cap_bytes=1)
    put(store, [1, 2])
    assert held(store, [1, 2]) == [1, 2]


def test_files_of_killed_processes_are_swept_when_old(store: Store) -> None:
    put(store, [1])
    for name, age in (("dead.f16", 7_200), (".half.f16-xyz", 7_200), ("young.f16", 0)):
        path = store.folder / "segments" / name
        path.write_bytes(b"1234")
        os.utime(path, (time.time() - age,) * 2)
    put(Store(store.folder), [2])
    names = {path.name for path in segments(store)}
    assert "young.f16" in names and not names & {"dead.f16", ".half.f16-xyz"} and len(names) == 3


def test_a_folder_that_cannot_be_used_is_an_error_that_helps(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file where the folder should be")
    with pytest.raises(LeadlineError, match="store of computed vectors cannot be used") as caught:
        put(Store(tmp_path / "store"), [1])
    assert "LEADLINE_CACHE" in caught.value.try_this


def run_python(code: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", MAKE + code, *arguments], stdout=subprocess.PIPE)


def test_processes_can_write_at_once(store: Store) -> None:
    code = """
store, first = Store(Path(sys.argv[1])), int(sys.argv[2])
for start in range(0, 60, 10):
    numbers = [first + start + step for step in range(10)] + [100_000 + start]
    store.put([key_of(n) for n in numbers], np.array([vector_of(n) for n in numbers]))
    found, vectors = store.get([key_of(n) for n in numbers], 8)
    assert found.all() and np.array_equal(vectors, np.array([vector_of(n) for n in numbers]))
"""
    writers = [run_python(code, str(store.folder), str(first)) for first in (0, 1_000, 2_000)]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.close()
    expected = [first + step for first in (0, 1_000, 2_000) for step in range(60)] + [100_000 + start for start in range(0, 60, 10)]
    assert held(store, expected) == expected


@pytest.mark.parametrize("delay", [0.0, 0.004, 0.011, 0.03])
def test_a_killed_writer_leaves_only_whole_vectors(store: Store, delay: float) -> None:
    code = """
store, number = Store(Path(sys.argv[1])), 0
while True:
    numbers = range(number, number + 5)
    store.put([key_of(n) for n in numbers], np.array([vector_of(n) for n in numbers]))
    number += 5
    print(number, flush=True)
"""
    writer = run_python(code, str(store.folder))
    assert writer.stdout is not None
    finished = int(writer.stdout.readline())
    time.sleep(delay)
    writer.kill()
    rest = writer.stdout.read().split()
    finished = int(rest[-1]) if rest else finished
    writer.wait()
    writer.stdout.close()
    kept = held(store, list(range(finished + 10)))
    assert kept[:finished] == list(range(finished)) and len(kept) in (finished, finished + 5)
    put(store, [7_777])
    assert held(store, [7_777]) == [7_777]


class Counted(EfficientNetLite0):
    """Counts the pictures it is asked to encode."""

    asked = 0

    def batches(self, values: Pictures, rows: int) -> Iterator[Any]:
        self.asked += len(values)
        return super().batches(values, rows)


@pytest.fixture
def encoder() -> Counted:
    return Counted(size=128)


def test_results_do_not_tell_whether_they_were_stored(store: Store, encoder: Counted) -> None:
    pictures = encoder.made_up().take_rows(np.arange(5))
    first, bad = encode_through_store(encoder, pictures, REFERENCE, store)
    again, _ = encode_through_store(encoder, pictures, REFERENCE, store)
    half = Store(store.folder.parent / "half")
    encode_through_store(encoder, pictures.take_rows(np.array([3, 1])), REFERENCE, half)
    mixed, _ = encode_through_store(encoder, pictures, REFERENCE, half)
    assert bad == {} and first.dtype == np.float32
    assert first.tobytes() == again.tobytes() == mixed.tobytes() == encoder.run(pictures).tobytes()


def test_equal_values_are_computed_once(store: Store, encoder: Counted) -> None:
    pictures = encoder.made_up().take_rows(np.array([0, 1, 0, 0, 1]))
    assert store.num_missing(encoder, pictures, REFERENCE) == 2
    vectors, _ = encode_through_store(encoder, pictures, REFERENCE, store)
    assert encoder.asked == 2 and np.array_equal(vectors[0], vectors[3]) and not np.array_equal(vectors[0], vectors[1])
    encode_through_store(encoder, pictures, REFERENCE, store)
    assert encoder.asked == 2 and store.num_missing(encoder, pictures, REFERENCE) == 0


def test_values_that_cannot_be_read_are_collected_each_with_its_own_file(store: Store, encoder: Counted, tmp_path: Path) -> None:
    good = encoder.made_up()
    pictures = Pictures([Picture(b"broken", "a.jpg"), good[0], Picture(b"broken", "b.jpg"), Picture(tmp_path / "gone.jpg"), good[1]])
    for _ in range(2):
        vectors, bad = encode_through_store(encoder, pictures, REFERENCE, store)
        assert {row: error.file for row, error in bad.items()} == {0: "a.jpg", 2: "b.jpg", 3: str(tmp_path / "gone.jpg")}
        assert np.isnan(vectors[[0, 2, 3]]).all() and np.isfinite(vectors[[1, 4]]).all()
    assert store.num_missing(encoder, pictures, REFERENCE) == 1  # the broken bytes are tried again: only their decoder knows


def test_an_interrupted_encoding_keeps_its_whole_chunks(store: Store, encoder: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "CHUNK", 3)
    pictures, seen = encoder.made_up().take_rows(np.arange(8)), []

    def interrupt(done: int, total: int) -> None:
        seen.append((done, total))
        if done >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_through_store(encoder, pictures, REFERENCE, store, interrupt)
    assert seen == [(0, 8), (3, 8), (6, 8)]
    assert store.num_missing(encoder, pictures, REFERENCE) == 2
    encode_through_store(encoder, pictures, REFERENCE, store, lambda done, total: seen.append((done, total)))
    assert encoder.asked == 8 and seen[3:] == [(6, 8), (8, 8)]


def test_nothing_to_encode(store: Store, encoder: Counted) -> None:
    vectors, bad = encode_through_store(encoder, Pictures([]), REFERENCE, store)
    assert vectors.shape == (0, 1280) and bad == {}


def test_keys_depend_on_value_settings_engine_and_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openvino")
    small, large = EfficientNetLite0(size=128), EfficientNetLite0(size=224)
    contexts = {context_of(encoder, engine) for encoder in (small, large, MiniLM()) for engine in (REFERENCE, "openvino-float32")}
    assert len(contexts) == 6
    assert context_of(MiniLM(typical_tokens=16), REFERENCE) == context_of(MiniLM(typical_tokens=64), REFERENCE)
    before = context_of(small, REFERENCE)
    monkeypatch.setattr("leadline.encoders.contract._hash_of", lambda *arguments: "other weights")
    assert context_of(small, REFERENCE) != before
    [one, same, other], bad = keys_of(MiniLM(), ["a", "a", "b"], REFERENCE)
    assert one == same != other and bad == {}
