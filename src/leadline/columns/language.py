"""Which languages a column of texts is written in, told from a sample by py3langid, which comes with `leadline[train]`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import polars as pl

_SAMPLED = 150
_CHARACTERS = 300  # of each text; more does not make it surer
_SURE = 0.9  # probability from which a text has a vote; measured on six corpora: no vote was wrong, a third of short texts have none
_LEAST_VOTES = 5  # fewer than these, or than one in twenty, tell nothing: names, titles, texts of a word or two
_LEAST_SHARE = 0.1  # of the votes that a language has to have: the rest are quotations and mistakes
_NO_LANGUAGE = "zxx"  # numbers, markup, identifiers
_NAMES = {
    "ar": "Arabic", "bg": "Bulgarian", "bn": "Bengali", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
    "es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French", "he": "Hebrew", "hi": "Hindi", "hr": "Croatian",
    "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian",
    "nl": "Dutch", "no": "Norwegian", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sk": "Slovak",
    "sl": "Slovenian", "sr": "Serbian", "sv": "Swedish", "th": "Thai", "tr": "Turkish", "uk": "Ukrainian", "ur": "Urdu",
    "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip


def languages_of(texts: pl.Series) -> tuple[str, ...]:
    """Codes (ISO 639) of the languages, the most frequent first; none where they cannot be told.

    The first call in a process takes half a second.
    """
    identifier = _identifier()
    if identifier is None:
        return ()
    written = texts.gather_every(max(1, len(texts) // _SAMPLED)).drop_nulls().str.slice(0, _CHARACTERS)
    written = written.filter(written.str.contains(r"\pL"))
    votes = Counter(code for code, chance in map(identifier.classify, written) if chance >= _SURE and code != _NO_LANGUAGE)
    if votes.total() < max(_LEAST_VOTES, len(written) / 20):
        return ()
    return tuple(code for code, count in votes.most_common() if count >= _LEAST_SHARE * votes.total())


def language_of(text: str, sure: float) -> str | None:
    """The code of the language of one text, None where its probability is below `sure` or nothing can tell. Takes about a millisecond."""
    identifier = _identifier()
    if identifier is None:
        return None
    code, chance = identifier.classify(text)
    return str(code) if chance >= sure and code != _NO_LANGUAGE else None


def in_words(codes: Iterable[str]) -> str:
    """English and German; a language without a name here by its code."""
    return " and ".join(_NAMES.get(code, f'the language "{code}"') for code in codes)


@lru_cache(maxsize=1)
def _identifier() -> Any:
    try:
        from py3langid.langid import MODEL_FILE, LanguageIdentifier
    except ImportError:
        return None
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
