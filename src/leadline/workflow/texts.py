"""What a person should know of columns of texts before an encoder meets them: their language, and how much of them it will read."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from leadline.columns.language import in_words, languages_of
from leadline.data.table import Data
from leadline.encoders.contract import Card
from leadline.encoders.hub import opened
from leadline.encoders.hub_folder import Network
from leadline.registry import ENCODERS

_CHARACTERS_PER_TOKEN = 4.25  # of English; measured on `imdb`, where it finds 42 % of the texts too long that are 43 %


def text_remarks(data: Data, named: Mapping[str, Network] | None = None) -> list[tuple[str, str]]:
    """What to say of columns of texts, a sentence each without its full stop, with the column; of a network that was `named`, if any."""
    cards = [opened(network).card for kind, network in (named or {}).items() if kind == "text" and not network.why_not]
    cards += [ENCODERS.get(name).card for name in ENCODERS if ENCODERS.get(name).takes == "text"]
    texts = data.features_of("text")
    return [(said, name) for name in texts for said in _remarks(data.feature(name), cards[0])] if cards else []


def _remarks(texts: pl.Series, card: Card) -> list[str]:
    languages = languages_of(texts)
    if languages and not card.speaks(languages):
        reads = in_words(card.languages)
        return [f"is in {in_words(languages)}, and the pretrained encoder reads {reads}: the words themselves are learned from instead"]
    said = [f"is in {in_words(languages)}"] if languages else []
    long = float((texts.str.len_chars() > card.token_limit * _CHARACTERS_PER_TOKEN).mean() or 0)  # type: ignore[arg-type]
    if card.token_limit and long:
        share = f"{long:.0%}" if long >= 0.01 else "under 1%"
        said.append(
            f"about {share} are longer than the {card.token_limit} tokens that the pretrained encoder reads: it sees their beginning"
        )
    return said
