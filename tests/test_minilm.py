"""MiniLM: the graph computes what transformers computes, and a text's vector depends on that text alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from leadline.encoders.contract import NETWORK
from leadline.encoders.engine import REFERENCE, open_engine
from leadline.encoders.minilm import PACKAGE, MiniLM
from leadline.encoders.text_network import BUCKETS, TOKENIZER
from leadline.encoders.weights import installed_file
from leadline.errors import LeadlineError

TEXTS = [
    "How deep is the water here?",
    "What is the depth of the sea at this place?",
    "My card was declined at the supermarket.",
    "Ärger, naïve café; 深い水 and some emoji \U0001f30a",
    "",
    "a sentence about ropes and leads " * 60,
]


def test_the_graph_computes_what_transformers_computes() -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    folder = installed_file(PACKAGE, "model/model.safetensors").parent
    model = transformers.BertModel.from_pretrained(folder, add_pooling_layer=False).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    tokens = tokenizer(TEXTS, padding=True, truncation=True, max_length=256, return_tensors="pt")
    with torch.no_grad():
        states = model(**tokens).last_hidden_state
    mask = tokens["attention_mask"][:, :, None]
    expected = torch.nn.functional.normalize((states * mask).sum(1) / mask.sum(1)).numpy()
    encoder = MiniLM()
    ours = encoder.encode_with(open_engine(encoder.network(), REFERENCE), TEXTS).vectors
    assert np.abs(ours - expected).max() < 1e-4


def test_vectors_have_length_one_and_meaning() -> None:
    vectors = MiniLM().run(pl.Series(TEXTS))
    assert vectors.shape == (6, 384) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    assert vectors[0] @ vectors[1] > 0.7 > 0.3 > vectors[0] @ vectors[2]


def test_results_come_in_the_order_of_the_texts() -> None:
    words = ["the", "lead", "line", "shows", "how", "deep", "water", "is", "before", "a", "ship", "sails", "into", "the", "bay"]
    texts = np.array([" ".join(words[: 1 + row % 15] * (1 + row % 7)) for row in range(40)], dtype=object)
    encoder = MiniLM()
    straight = encoder.run(texts)
    order = np.random.default_rng(0).permutation(40)
    assert np.array_equal(encoder.run(texts[order]), straight[order])


def test_what_lies_beyond_the_token_limit_is_not_read() -> None:
    long = "water " * 254
    vectors = MiniLM().run([long, long + "this part makes no difference"])
    assert np.array_equal(vectors[0], vectors[1])
    short = MiniLM(token_limit=16).run([" ".join(["word"] * 14) + end for end in (" here", " there")])
    assert np.array_equal(short[0], short[1])


def test_texts_that_break_tokenizers_do_not_break_this() -> None:
    vectors = MiniLM().run(["\ud800 lone surrogate", "\x00\x01", "x" * 200_000, " \n\t", None, ""])
    assert np.isfinite(vectors).all()
    assert np.array_equal(vectors[4], vectors[5])


def test_no_texts_give_no_vectors() -> None:
    assert MiniLM().run(pl.Series([], dtype=pl.String)).shape == (0, 384)


def test_settings_follow_the_length_of_the_texts() -> None:
    assert MiniLM().for_values(pl.Series(["short question"] * 5)).config() == {"token_limit": 256, "typical_tokens": 16}
    assert MiniLM().for_values(pl.Series(["word " * 300] * 5)).config() == {"token_limit": 256, "typical_tokens": 256}
    assert MiniLM().for_values(pl.Series([], dtype=pl.String)).typical_tokens in BUCKETS
    for value in (0, 100, "16", None):
        with pytest.raises(LeadlineError, match="token_limit"):
            MiniLM(token_limit=value)  # type: ignore[arg-type]


def test_the_length_measured_with_decides_no_vector() -> None:
    short, long = MiniLM(typical_tokens=16), MiniLM(typical_tokens=256)
    assert short.key_settings() == long.key_settings()
    assert np.array_equal(short.run(TEXTS[:3]), long.run(TEXTS[:3]))


def test_an_artefact_answers_the_same_with_every_training_package_missing(tmp_path: Path) -> None:
    encoder = MiniLM()
    np.save(tmp_path / "expected.npy", encoder.run(TEXTS[:3]))
    files = {name: str(path) for name, path in encoder.files().items()}
    assert set(files) == {NETWORK, TOKENIZER}
    code = f"""
import sys
for name in ("torch", "onnx", "openvino", "scipy", "sklearn", "pandas", "pyarrow", "transformers", {PACKAGE.replace("-", "_")!r}):
    sys.modules[name] = None
from pathlib import Path
import numpy as np
from leadline.encoders.minilm import MiniLM
encoder = MiniLM.load({encoder.config()!r}, {{}}, {{name: Path(path) for name, path in {files!r}.items()}})
assert encoder.run({TEXTS[:3]!r}).tobytes() == np.load(Path({str(tmp_path)!r}) / "expected.npy").tobytes()
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_damaged_tokenizer_is_found_when_loading(tmp_path: Path) -> None:
    path = tmp_path / TOKENIZER
    path.write_text("{}")
    with pytest.raises(LeadlineError, match="cannot be read"):
        MiniLM.load({}, {}, {NETWORK: MiniLM().network(), TOKENIZER: path})


def test_the_network_is_one_plain_onnx_file() -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load(MiniLM().network(), load_external_data=False)
    assert [entry.domain for entry in model.opset_import] == [""]
    assert all(node.domain == "" for node in model.graph.node)
    assert all(not weight.external_data for weight in model.graph.initializer)
