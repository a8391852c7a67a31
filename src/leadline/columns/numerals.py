"""Numbers as people write them: 1,234.5 and 1.234,5 and 1 234,5 and 1'234, (5) for -5, 12 %, EUR 5, and the minus sign of typesetters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import polars as pl

# Signs and codes that may stand before or after a number, with what they are called.
UNITS = {
    "%": "percent", "‰": "per mille",
    "$": "dollars", "US$": "dollars", "USD": "dollars", "€": "euros", "EUR": "euros", "£": "pounds", "GBP": "pounds", "¥": "yen or yuan",
    "JPY": "yen", "CNY": "yuan", "RMB": "yuan", "₹": "rupees", "INR": "rupees", "Rs.": "rupees", "Rs": "rupees", "CHF": "francs",
    "Fr.": "francs", "₽": "roubles", "RUB": "roubles", "₩": "won", "KRW": "won", "₺": "lira", "TRY": "lira", "₪": "shekels",
    "ILS": "shekels", "R$": "reais", "BRL": "reais", "A$": "Australian dollars", "AUD": "Australian dollars", "C$": "Canadian dollars",
    "CAD": "Canadian dollars", "kr": "kroner", "kr.": "kroner", "SEK": "kronor", "NOK": "kroner", "DKK": "kroner", "zł": "zloty",
    "PLN": "zloty", "Kč": "koruna", "CZK": "koruna", "฿": "baht", "THB": "baht", "₫": "dong", "VND": "dong", "₱": "pesos", "PHP": "pesos",
    "MXN": "pesos", "₦": "naira", "NGN": "naira", "ZAR": "rand", "SGD": "Singapore dollars", "HKD": "Hong Kong dollars",
}  # fmt: skip
DECIMAL_MARKS = (".", ",")

_SPACES = r"[\u00a0\u2000-\u200a\u202f\u205f\u3000]"
_MINUSES = r"[\u2010-\u2013\u2212\ufe63\uff0d]"
_BEYOND_NUMBERS = r"[^\d\s.,+'()eE-]"  # a sign or letter that could be of a unit
_APOSTROPHES = "[\u2019\u02bc\u00b4`]"


def parse(text: pl.Series, decimal: str, units: Sequence[str]) -> pl.Series:
    """(n,) Float64: null where the text is no number with this decimal mark, perhaps beside one of these units. Missing values are null."""
    if decimal != ".":
        return _parse_written(text, decimal, tuple(units))
    parsed = text.cast(pl.Float64, strict=False)  # what computers write; ten times as fast as the rest
    left = (parsed.is_null() & text.is_not_null()).arg_true()
    return parsed.scatter(left, _parse_written(text.gather(left), decimal, tuple(units))) if len(left) else parsed


def units_in(text: pl.Series) -> list[str]:
    """Units that stand beside the numbers, as UNITS spells them, the most frequent first."""
    known = {unit.lower(): unit for unit in UNITS}
    found = text.str.extract(f"({_one_of(tuple(UNITS))})", 1).drop_nulls().str.to_lowercase().replace_strict(known, default=None)
    counted = found.drop_nulls().alias("unit").value_counts(name="count").sort("count", "unit", descending=[True, False])
    return counted["unit"].to_list()


def _parse_written(text: pl.Series, decimal: str, units: tuple[str, ...]) -> pl.Series:
    tidy = _tidy(text)
    units = units if units and tidy.str.contains(_BEYOND_NUMBERS).any() else ()
    beside = r"[\s()',]" if decimal == "." else r"[\s()'.]"  # nothing that the pattern lets pass, besides digits, mark, sign and exponent
    bare = tidy.str.replace_all(f"{beside}|{_one_of(units)}" if units else beside, "")
    number = bare.str.replace(",", ".", literal=True).cast(pl.Float64, strict=False)
    negative = tidy.str.contains("(", literal=True)
    return (-number).zip_with(negative, number).set(~tidy.str.contains(_pattern(decimal, units)), None)


def _tidy(text: pl.Series) -> pl.Series:
    """One kind of space, of minus and of apostrophe."""
    if not text.str.contains(r"[^ -~]").any():
        return text
    for many, one in ((_SPACES, " "), (_MINUSES, "-"), (_APOSTROPHES, "'")):
        text = text.str.replace_all(many, one)
    return text


@lru_cache(maxsize=32)
def _pattern(decimal: str, units: tuple[str, ...]) -> str:
    mark = re.escape(decimal)
    grouped = (r"(?:,\d{2,3})*,\d{3}" if decimal == "." else r"(?:\.\d{3})+", r"(?: \d{3})+", r"(?:'\d{3})+")  # 12,34,567 in India
    whole = rf"[1-9]\d{{0,2}}(?:{'|'.join(grouped)})|\d+"
    body = rf"(?:(?:{whole})(?:{mark}\d*)?|{mark}\d+)(?:[eE][+-]?\d+)?"
    unit = rf"(?:{_one_of(units)})?" if units else ""
    return rf"^\s*(?:\(\s*{unit}\s*{body}\s*{unit}\s*\)|[+-]?\s*{unit}\s*[+-]?\s*{body}\s*{unit})\s*$"


def _one_of(units: tuple[str, ...]) -> str:
    """The longer ones first: US$ is not $."""
    return "(?i:" + "|".join(re.escape(unit) for unit in sorted(units, key=len, reverse=True)) + ")"
