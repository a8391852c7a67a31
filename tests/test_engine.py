"""Engines: the same network gives the same answer on each, whoever its neighbours in the batch are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from leadline.encoders.contract import PretrainedEncoder, rounded
from leadline.encoders.efficientnet import EfficientNetLite0
from leadline.encoders.engine import REFERENCE, Agreement, OpenVino, agreement, available_engines, engine_version, open_engine
from leadline.encoders.minilm import MiniLM
from leadline.errors import LeadlineError
from leadline.machine import cache_folder
from leadline.values import take_rows

TEXTS = np.array(["a", "two words", "The depth was read twice before they sailed.", "rope " * 40, "", "lead and line " * 15], dtype=object)


def some_values(encoder: PretrainedEncoder) -> Any:
    return TEXTS if isinstance(encoder, MiniLM) else encoder.made_up().take_rows(np.arange(6))


ENCODERS = [EfficientNetLite0(size=224), EfficientNetLite0(size=128), MiniLM()]


@pytest.mark.parametrize("name", available_engines())
@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda encoder: f"{encoder.kind}-{next(iter(encoder.config().values()))}")
def test_a_row_is_the_same_alone_with_others_and_elsewhere(encoder: PretrainedEncoder, name: str) -> None:
    engine, values = open_engine(encoder.network(), name), some_values(encoder)
    together = encoder.encode_with(engine, values).vectors
    backwards = encoder.encode_with(engine, take_rows(values, np.arange(6)[::-1])).vectors[::-1]
    alone = np.concatenate([encoder.encode_with(engine, take_rows(values, np.array([row]))).vectors for row in range(6)])
    for other in (backwards, alone):
        assert rounded(together).tobytes() == rounded(other).tobytes()
        assert together.tobytes() == np.ascontiguousarray(other).tobytes()


@pytest.mark.parametrize("encoder", ENCODERS[1:], ids=lambda encoder: encoder.kind)
def test_engines_agree(encoder: PretrainedEncoder) -> None:
    values = some_values(encoder)
    found = {name: encoder.encode_with(open_engine(encoder.network(), name), values).vectors for name in available_engines()}
    for name, vectors in found.items():
        verdict = agreement(found[REFERENCE], vectors)
        assert verdict.mean_cosine > (0.995 if "bfloat16" in name else 0.999999), name


def test_the_reference_is_always_there_and_bfloat16_only_where_the_processor_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert available_engines()[0] == REFERENCE
    monkeypatch.setattr("leadline.encoders.engine.processor", lambda: {"instructions": ["avx2", "avx512f"]})
    assert "openvino-bfloat16" not in available_engines()
    monkeypatch.setattr("leadline.encoders.engine.find_spec", lambda name: None)
    assert available_engines() == [REFERENCE]


def test_speeds_are_measured_for_every_engine_here() -> None:
    rates = EfficientNetLite0(size=128).measure_engines()
    assert list(rates) == available_engines()
    assert all(rate > 0 for rate in rates.values())


def test_an_unknown_engine_and_a_file_that_is_no_network(tmp_path: Path) -> None:
    with pytest.raises(LeadlineError, match="is not an engine") as caught:
        open_engine(tmp_path / "a.onnx", "onnxruntime-float64")
    assert REFERENCE in caught.value.expected
    with pytest.raises(LeadlineError, match="cannot be opened"):
        open_engine(tmp_path / "gone.onnx", REFERENCE)
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"not a network at all")
    for name in available_engines():
        with pytest.raises(LeadlineError, match="cannot be opened as a network"):
            open_engine(bad, name)


def test_an_engine_is_opened_once_and_again_when_its_file_changes(tmp_path: Path) -> None:
    path = tmp_path / "network.onnx"
    content = ENCODERS[0].network().read_bytes()
    path.write_bytes(content)
    first = open_engine(path, REFERENCE)
    assert open_engine(path, REFERENCE) is first
    path.write_bytes(b"")
    with pytest.raises(LeadlineError):
        open_engine(path, REFERENCE)


def test_a_damaged_compiled_copy_is_no_obstacle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openvino")
    network, inputs = ENCODERS[0].network(), {"pictures": np.zeros((1, 3, 128, 128), np.float32)}
    monkeypatch.setenv("LEADLINE_CACHE", str(tmp_path))
    expected = OpenVino(network, "openvino-float32")(inputs)
    copies = [path for path in (cache_folder() / "engines").rglob("*") if path.is_file()]
    assert copies
    for path in copies:
        path.write_bytes(path.read_bytes()[:1_000])
    assert np.array_equal(OpenVino(network, "openvino-float32")(inputs), expected)


def test_openvino_is_imported_without_its_telemetry() -> None:
    pytest.importorskip("openvino")
    code = (
        "import socket, sys\n"
        "def refuse(*arguments): raise AssertionError('opened a socket')\n"
        "socket.socket = socket.create_connection = refuse\n"
        "from leadline.encoders.engine import _openvino_core\n"
        "_openvino_core()\n"
        "assert not hasattr(sys.modules['openvino_telemetry'], '__file__')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_importing_the_engines_loads_no_openvino() -> None:
    code = "import sys, leadline.encoders.engine\nassert 'openvino' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_agreement_needs_both_the_mean_and_the_low_end() -> None:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(200, 64)).astype(np.float32)
    assert agreement(vectors, vectors * 3).passed
    few_off = vectors.copy()
    few_off[:20] += rng.normal(size=(20, 64)).astype(np.float32) * 0.09
    assert agreement(vectors, few_off).mean_cosine > 0.999 and not agreement(vectors, few_off).passed
    assert not agreement(vectors, -vectors).passed
    assert not agreement(vectors, np.full_like(vectors, np.nan)).passed
    assert not agreement(vectors[:0], vectors[:0]).passed
    assert Agreement(0.9990, 0.9980).passed and not Agreement(0.9989, 0.9990).passed and not Agreement(0.9995, 0.9979).passed


def test_the_version_of_an_engine_names_package_and_precision() -> None:
    package, number, precision = engine_version(REFERENCE).split()
    assert (package, precision) == ("onnxruntime", "float32") and number[0].isdigit()


FIRST_CALLS = """
import sys
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from leadline.encoders.efficientnet import EfficientNetLite0
from leadline.encoders.engine import open_engine
engine = open_engine(EfficientNetLite0(size=128).network(), sys.argv[1])
picture = np.zeros((4, 3, 128, 128), np.float32)
sys.setswitchinterval(1e-5)
with ThreadPoolExecutor(4) as pool:
    print(len(list(pool.map(lambda number: engine({"pictures": picture}), range(8)))))
"""


@pytest.mark.parametrize("name", available_engines())
def test_several_first_calls_at_once_do_not_wait_for_each_other(name: str) -> None:
    """OpenVINO's binding deadlocked here in two of three processes before first calls were made one by one."""
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", FIRST_CALLS, name], capture_output=True, text=True, timeout=120)
        assert done.stdout.strip() == "8", done.stderr
