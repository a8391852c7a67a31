"""What people write where a value is missing.

Two kinds of writing are told apart. TOKENS mean "missing" in any column. WORDS are answers in many tables - "none" under alcohol, "-" under
strand, "unknown" under job - and stay names there; in a column of measurements they can only mean that there is none.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np
import polars as pl

# Trimmed and in lower case, as they are compared.
TOKENS = frozenset({"", "?", "na", "n/a", "#n/a", "<na>", "nan", "null", "\\n"})
WORDS = frozenset({
    "none", "unknown", "missing", "n.a.", "n.a", "nil", "nat", "undefined", "unspecified", "not available", "not applicable", "not known",
    "no data", "(null)", "-", "--", "---", ".",
})  # fmt: skip

FEW = 32  # values that Python has looked at before polars has begun: whatever the length, a step of it takes a tenth of a millisecond
_BLANKS = " \t\n\r\x0b\x0c"  # of ASCII what polars strips, no more
_SIEVED = 2_000  # fewer values are sooner looked at one by one than sieved
_SLOTS = 1 << 18


def missing_rows(values: pl.Series, tokens: frozenset[str] = TOKENS) -> pl.Series:
    """(n,) Boolean: null, not a number, or written as one of `tokens` in whatever case, with whatever space around it."""
    if values.dtype.is_float():
        return pl.Series(values.name, np.isnan(values.to_numpy()))  # nulls become NaN; a step of polars takes ten times longer
    if values.dtype not in (pl.String, pl.Categorical, pl.Enum):
        return values.is_null()
    text = values.cast(pl.String)
    if (few := _few(text)) is not None:
        return pl.Series(text.name, [value is None or value.strip(_BLANKS).lower() in tokens for value in few], pl.Boolean)
    missing, places = text.is_null(), _places(text, tokens)
    return missing.scatter(places, True) if len(places) else missing


def trimmed(text: pl.Series) -> pl.Series:
    """Without blanks around the values."""
    few = _few(text)
    return text if few is not None and all(value is None or value == value.strip(_BLANKS) for value in few) else text.str.strip_chars()


def stays(value: str | None) -> bool:
    """Whether Python, too, can say that the value is trimmed and no token."""
    return value is None or (value.isascii() and value == value.strip(_BLANKS) and value.lower() not in TOKENS)


def _few(text: pl.Series) -> list[str | None] | None:
    """The values where they are few and in ASCII, of which Python and polars think alike."""
    values = text.to_list() if len(text) <= FEW else []
    return values if values and all(value is None or value.isascii() for value in values) else None


def written_as(values: pl.Series, missing: pl.Series) -> dict[str, int]:
    """How often each token stands for the missing values of these rows, most frequent first; nulls are not written at all."""
    if values.dtype not in (pl.String, pl.Categorical, pl.Enum):
        return {}
    tokens = values.filter(missing).cast(pl.String).drop_nulls().str.strip_chars().alias("token")
    counted = tokens.value_counts(name="count").sort("count", "token", descending=[True, False])
    return {token: count for token, count in counted.iter_rows() if token}


def _places(text: pl.Series, tokens: frozenset[str]) -> np.ndarray:
    """Positions of the tokens. Most values are sieved out by their hash, in a tenth of the time that comparing them all takes."""
    if len(text) <= _SIEVED:
        return _is_token(text, tokens).arg_true().to_numpy()
    slots = text.hash().to_numpy() & (_SLOTS - 1)
    suspects = np.flatnonzero(np.take(_sieve(tokens), slots.view(np.int64)))
    blank = text < "!"  # it begins with a space or the like
    rows = np.union1d(suspects, blank.arg_true().to_numpy()) if blank.any() else suspects
    if not len(rows):
        return rows
    few = text.gather(rows)
    found = few.unique()
    found = found.filter(_is_token(found, tokens))
    places: np.ndarray = rows[few.is_in(found.implode()).fill_null(False).to_numpy()]
    return places


def _is_token(text: pl.Series, tokens: frozenset[str]) -> pl.Series:
    return text.str.strip_chars().str.to_lowercase().is_in(sorted(tokens)).fill_null(False)


@lru_cache(maxsize=8)
def _sieve(tokens: frozenset[str]) -> np.ndarray:
    """(_SLOTS,) Boolean by the last bits of a value's hash: whether it may be a token. Values that begin with a blank are not asked."""
    spelled = {spelling + blanks for token in tokens for spelling in _spellings(token) for blanks in ("", " ", "  ", "\t", "\r")}
    slots = np.zeros(_SLOTS, dtype=bool)
    slots[pl.Series(sorted(spelled)).hash().to_numpy() & (_SLOTS - 1)] = True
    return slots


def _spellings(token: str) -> set[str]:
    """A short token in every mix of cases, a longer one as people write it."""
    if len(token) > 4:
        return {token, token.upper(), token.capitalize(), token.title()}
    return {"".join(letters) for letters in product(*({letter, letter.upper()} for letter in token))}
