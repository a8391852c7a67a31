"""Language models that the user named: a text becomes the mean of what the network makes of its tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from leadline.encoders.contract import Card
from leadline.encoders.engine import Arrays
from leadline.encoders.hub import HubEncoder
from leadline.encoders.hub_folder import Network, read_settings
from leadline.encoders.hub_network import dimension_of
from leadline.encoders.text_network import BUCKETS, TOKENIZER, TOKENS_PER_ROW, TextNetwork
from leadline.errors import LeadlineError

_COUNT_FROM_PADDING = ("roberta", "mpnet", "camembert", "longformer", "data2vec")  # their first position is after that of padding


class HubText(HubEncoder, TextNetwork):
    """Texts -> (n, dimension) float32: the mean over tokens, or what the network's own settings for sentences say."""

    kind: ClassVar[str] = "hub-text"
    num_made_up_tokens: ClassVar[int] = 256  # it may be a large network

    @classmethod
    def of(cls, network: Network) -> Self:
        limit = token_limit(network)
        dimension = dimension_of(network, _sample(network.config, limit))
        return cls.described(network, dimension, token_limit=limit, typical_tokens=min(TOKENS_PER_ROW, limit))

    @property
    def card(self) -> Card:
        return replace(super().card, token_limit=self.token_limit)

    def config(self) -> dict[str, Any]:
        return {**HubEncoder.config(self), **TextNetwork.config(self)}

    def key_settings(self) -> dict[str, Any]:
        return {**HubEncoder.key_settings(self), **TextNetwork.key_settings(self)}

    def published_tokenizer(self) -> Path:
        return self._converted(TOKENIZER)


def token_limit(network: Network) -> int:
    """How many tokens of a text are read: as many as network and tokenizer take, at most 256. Raises LeadlineError where it is too few."""
    config = network.config
    positions = _number(config, "max_position_embeddings")
    if any(name in config["model_type"] for name in _COUNT_FROM_PADDING):
        positions -= _number(config, "pad_token_id", 1) + 1
    of_tokenizer = _number(read_settings(network.folder, "tokenizer_config.json"), "model_max_length")
    of_sentences = _number(read_settings(network.folder, "sentence_bert_config.json"), "max_seq_length")
    most = min(positions, of_tokenizer, of_sentences)
    fitting = [length for length in BUCKETS if length <= most]
    if not fitting:
        raise LeadlineError(f"{network.name} reads {most} tokens of a text", f"at least {BUCKETS[0]}", "name another model")
    return fitting[-1]


def _number(settings: Mapping[str, Any], name: str, otherwise: int = BUCKETS[-1]) -> int:
    value = settings.get(name)
    return int(min(value, 1 << 30)) if isinstance(value, int | float) and not isinstance(value, bool) else otherwise


def _sample(config: Mapping[str, Any], limit: int) -> Arrays:
    """Two made-up texts as long as can be, the second one half padding."""
    known = max(2, _number(config, "vocab_size"))
    ids = np.random.default_rng(0).integers(min(5, known - 1), known, (2, limit))
    mask = np.ones((2, limit), np.int64)
    mask[1, limit // 2 :] = 0
    return {"input_ids": ids * mask, "attention_mask": mask}
