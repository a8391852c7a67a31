"""The table behind static vectors of texts: every token of all-MiniLM-L6-v2 alone through the model, once per machine, kept.

A token's vector is what the model answers to that token between its two markers. The vectors are centred and turned into their
first principal components, which keep nearly all of the variance in fewer numbers, and weighted by how rare the token is: the vocabulary
is ordered by frequency, so that its order stands for counts that nobody publishes (Zipf 1949).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from leadline.encoders.engine import REFERENCE, open_engine
from leadline.encoders.minilm import PACKAGE, MiniLM
from leadline.encoders.text_network import TOKENIZER, read_tokenizer
from leadline.encoders.weights import installed_file
from leadline.files import write_atomically
from leadline.machine import at_once, cache_folder, num_threads

DIMENSION = 256
_VERSION = 1  # counts changes to how the table is made
_BATCH = 256
_NUM_TOKENS = 30_522  # of the model's vocabulary
_CORE_SECONDS = 30.0  # that making the table takes, measured


def kept_table() -> np.ndarray:
    """(number of tokens, DIMENSION) float16, from the user's cache or made now: half a minute of one core. A damaged file is made anew."""
    from safetensors.numpy import save

    table = _read(_path())
    if table is None:
        table = _made()
        write_atomically(_path(), save({"table": table}))
    return table


def seconds_to_make() -> float:
    """About how long the first look at the table will take; 0 where it is kept."""
    return 0.0 if _path().exists() else _CORE_SECONDS / num_threads()


def _path() -> Path:
    return cache_folder() / "encoders" / f"static-{MiniLM.card.sha256[:16]}-{_VERSION}.safetensors"


def _read(path: Path) -> np.ndarray | None:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        table: np.ndarray | None = load_file(path).get("table")
    except (OSError, SafetensorError):
        return None
    whole = table is not None and table.shape == (_NUM_TOKENS, DIMENSION) and table.dtype == np.float16 and bool(np.isfinite(table).all())
    return table if whole else None


def _made() -> np.ndarray:
    vocabulary = read_tokenizer(installed_file(PACKAGE, f"model/{TOKENIZER}")).get_vocab()
    vectors = _alone(len(vocabulary), vocabulary["[CLS]"], vocabulary["[SEP]"])
    table: np.ndarray = _components(vectors) * _rarity(len(vocabulary))[:, None]
    table[[vocabulary[marker] for marker in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")]] = 0  # they mean nothing
    return table.astype(np.float16)


def _alone(num_tokens: int, first: int, last: int) -> np.ndarray:
    """What the model answers to every token between its two markers, (num_tokens, 384) float32."""
    engine = open_engine(MiniLM().network(), REFERENCE)
    tokens = np.stack([np.full(num_tokens, first), np.arange(num_tokens), np.full(num_tokens, last)], axis=1).astype(np.int64)
    batches = [tokens[start : start + _BATCH] for start in range(0, num_tokens, _BATCH)]
    return np.concatenate(at_once(lambda ids: engine({"input_ids": ids, "attention_mask": np.ones_like(ids)}), batches))


def _components(vectors: np.ndarray) -> np.ndarray:
    """The first principal components, (n, DIMENSION) float64, each divided by the root of its spread: else a few say nearly all.

    Of each direction the sign with the larger extreme is positive, so that the table does not hang on the solver's choice.
    """
    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    _, directions = np.linalg.eigh(centred.T @ centred)
    found = centred @ directions[:, ::-1][:, :DIMENSION]
    signs = np.sign(found[np.abs(found).argmax(axis=0), np.arange(DIMENSION)])
    evened: np.ndarray = found * signs / np.sqrt(found.std(axis=0))
    return evened


def _rarity(num_tokens: int) -> np.ndarray:
    """A weight for every token: the logarithm of its rank."""
    weights: np.ndarray = np.log1p(np.arange(num_tokens))
    return weights
