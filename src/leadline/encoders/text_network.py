"""What encoders of texts that run a network share: texts become tokens, and texts of like length go through it together."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from tokenizers import Tokenizer

from leadline.encoders.contract import Prepared, PretrainedEncoder
from leadline.errors import LeadlineError

TOKENIZER = "tokenizer.json"
# Lengths that texts are padded to. Close together, because padding costs as much as text does.
BUCKETS = (16, 24, 32, 48, 64, 96, 128, 192, 256)
TOKENS_PER_ROW = 32  # an "ordinary" text when an engine wishes for so many rows a batch
CHARACTERS_PER_TOKEN = 40  # longer words become one unknown token anyway; cuts monstrous texts before they are tokenised
_SAMPLED = 256


class TextNetwork(PretrainedEncoder):
    """Texts -> (n, dimension) float32. A subclass says where its tokenizer and its weights are.

    `token_limit` is how many tokens of a text are read; `typical_tokens` is the padded length of an ordinary text of the column,
    which decides what speed is measured with, no vector.
    """

    takes: ClassVar[str] = "text"
    num_made_up_tokens: ClassVar[int] = 1_024

    def __init__(self, *, token_limit: int, typical_tokens: int) -> None:
        super().__init__()
        for name, value in (("token_limit", token_limit), ("typical_tokens", typical_tokens)):
            if value not in BUCKETS:
                raise LeadlineError(f"{name} = {value!r}", f"one of {', '.join(map(str, BUCKETS))}")
        self.token_limit, self.typical_tokens = token_limit, typical_tokens
        self._tokenizer_file: Path | None = None  # an artefact's own

    @abstractmethod
    def published_tokenizer(self) -> Path:
        """The file that came with the weights."""

    def for_values(self, sample: Any) -> Self:
        lengths = [bucket(len(tokens)) for tokens in self._tokenise(list(islice(sample, _SAMPLED)))]
        typical = bucket(round(float(np.mean(lengths)))) if lengths else min(TOKENS_PER_ROW, self.token_limit)
        return self.with_settings({**self.config(), "typical_tokens": typical})

    def config(self) -> dict[str, Any]:
        return {"token_limit": self.token_limit, "typical_tokens": self.typical_tokens}

    def key_settings(self) -> dict[str, Any]:
        return {"token_limit": self.token_limit, "characters_per_token": CHARACTERS_PER_TOKEN}

    def raw(self, value: str | None) -> bytes:
        return (value or "").encode("utf-8", "surrogatepass")

    def batches(self, values: Any, rows: int) -> Iterator[Callable[[], Prepared]]:
        """Texts of like length together: a bucket's batch always has the same number of rows, filled up with empty ones."""
        tokens = self._tokenise(list(values))
        lengths = np.array([bucket(len(one)) for one in tokens])
        for length in sorted(set(lengths.tolist()), reverse=True):  # longest first: the last jobs are small and end together
            members = np.flatnonzero(lengths == length).tolist()
            batch = max(1, rows * TOKENS_PER_ROW // length)
            for start in range(0, len(members), batch):
                yield partial(_pad, tokens, members[start : start + batch], (batch, length))

    def _tokenise(self, texts: Sequence[str | None]) -> list[list[int]]:
        longest = CHARACTERS_PER_TOKEN * self.token_limit
        encodings = self._tokenizer.encode_batch_fast([_clean(text, longest) for text in texts])
        return [encoding.ids for encoding in encodings]

    @property
    def _tokenizer_path(self) -> Path:
        return self._tokenizer_file or self.published_tokenizer()

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        tokenizer = read_tokenizer(self._tokenizer_path)
        tokenizer.enable_truncation(self.token_limit)
        return tokenizer

    def made_up(self) -> list[str]:
        """Some hundred tokens of common words in texts of the typical length."""
        words = ["the", "depth", "of", "water", "was", "read", "twice", "before", "they", "sailed"]
        num_words = self.typical_tokens - 2  # its first and last token are markers
        text = " ".join(words[place % len(words)] for place in range(num_words))
        return [text] * max(8, self.num_made_up_tokens // self.typical_tokens)

    def files(self) -> dict[str, Path | bytes]:
        return {**super().files(), TOKENIZER: self._tokenizer_path}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        encoder = super().load(config, arrays, files)
        encoder._tokenizer_file = files[TOKENIZER]
        encoder._tokenizer  # noqa: B018 - read now, so that a damaged file is found when loading
        return encoder


def read_tokenizer(path: Path) -> Tokenizer:
    """Without padding and without a limit. Raises LeadlineError when the file is damaged."""
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the package raises plain Exception
        raise LeadlineError(f"{path} cannot be read: {error}", "a tokenizer file", "train again") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def bucket(num_tokens: int) -> int:
    """The padded length of a text of so many tokens."""
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
