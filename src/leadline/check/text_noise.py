"""Texts with something in them that is no text: no words, markup, damaged letters, another language, the same words again and again."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import ClassVar

import numpy as np
import polars as pl

from leadline.check.boilerplate import repeated_passages
from leadline.check.contract import Check, Checked, NotApplicable
from leadline.check.strange_language import strangers
from leadline.check.view import View
from leadline.columns.language import in_words
from leadline.errors import listed
from leadline.findings import Finding, Severity

_LONG, _SHORT = 20, 2  # words: where the usual text has so many, one of so few says hardly anything
_NOTABLE = 0.05  # of the rows: damage to more of them is worth more than a look
_SHOWN = 3
_TAGS = (
    "a|abbr|b|big|blockquote|body|br|button|center|cite|code|dd|div|dl|dt|em|embed|font|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|"
    "input|ins|label|li|link|meta|nav|object|ol|option|p|param|pre|script|section|select|small|span|strike|strong|style|sub|sup|table|tbody|"
    "td|textarea|th|thead|title|tr|tt|u|ul|video"
)
_MARKUP = rf"(?i)</?(?:{_TAGS})(?:\s[^<>]{{0,300}})?/?>|&(?:amp|lt|gt|quot|apos|nbsp|#\d{{2,5}}|#x[0-9a-f]{{2,5}});"
# UTF-8 read as Windows-1252 or Latin-1 (accented letters, marks, signs of all other alphabets), Windows-1252 read as Latin-1, and the
# sign that stands where letters could not be read.
_DAMAGE = (
    "[ÃÂ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|â€[\u0080-\u00bf™œ˜“”¦¢\u009d]|â\u0080[\u0080-\u00bf]|ï»¿|ðŸ|"
    "[ÐÑ][\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ][ÐÑ]|[\u0080-\u0084\u0086-\u009f]|\ufffd"
)
_SPACED = "(?:Ã|Â)\u00a0"  # a space that does not break is rightly so after a capital letter: no damage by itself


class TextNoise(Check):
    """By patterns on every row; the language of those whose words are least like the others'."""

    code: ClassVar[str] = "text-noise"
    title: ClassVar[str] = "are the texts clean?"

    def run(self, view: View) -> Checked | NotApplicable:
        columns = view.data.features_of("text")
        if not columns:
            return NotApplicable("there are no texts")
        findings = list[Finding]()
        for column in columns:
            texts = view.data.feature(column).cast(pl.String).fill_null("")
            findings += [finding for look in _LOOKS for finding in look(self, view, column, texts)]
        return Checked(tuple(findings))

    def _empty(self, view: View, column: str, texts: pl.Series) -> Iterator[Finding]:
        """Missing values are told by missing-values: here is what looks like a text and says nothing."""
        there = texts.str.strip_chars() != ""
        wordless = there & ~texts.str.contains(r"[\p{L}\p{N}]")
        rows = wordless.arg_true().to_numpy()
        if len(rows):
            title = f"{_rows(rows)} of {column} {_have(rows)} neither a letter nor a digit"
            shown = listed([f'"{texts[row].strip()[:20]}"' for row in rows[:_SHOWN].tolist()], _SHOWN)
            yield view.found(self.code, Severity.LOW, title, f"such as {shown}", column=column, rows=rows, fix="leave them out")
        words = texts.str.count_matches(r"\S+").to_numpy()
        usual = float(np.median(words[there.to_numpy()])) if there.any() else 0.0
        rows = np.flatnonzero((words <= _SHORT) & there.to_numpy() & ~wordless.to_numpy())
        if usual >= _LONG and len(rows):
            title = f"{_rows(rows)} of {column} {_have(rows)} {_SHORT} words at most, where {usual:.0f} are usual"
            yield view.found(self.code, Severity.LOW, title, column=column, rows=rows, fix="look at them: can they be answered at all?")

    def _markup(self, view: View, column: str, texts: pl.Series) -> Iterator[Finding]:
        rows = texts.str.contains(_MARKUP).arg_true().to_numpy()
        if not len(rows):
            return
        some = texts.gather(rows[:: max(1, len(rows) // _LOOKED_AT)])
        often = some.str.extract_all(_MARKUP).explode().str.replace(r"\s.*[^/>]", " ").value_counts(sort=True).head(_SHOWN)
        often = often.filter(pl.col("count") >= _OFTEN * pl.col("count").max())
        title = f"{_rows(rows)} of {column} ({len(rows) / len(texts):.1%}) {_have(rows)} markup: {', '.join(often[:, 0].to_list())}"
        detail = "learners take it for words; where all classes have it, it does little harm"
        fix = "replace tags by spaces and entities by letters"
        yield view.found(self.code, Severity.LOW, title, detail, column=column, rows=rows, fix=fix)

    def _damaged(self, view: View, column: str, texts: pl.Series) -> Iterator[Finding]:
        rows = texts.str.replace_all(_SPACED, "").str.contains(_DAMAGE).arg_true().to_numpy()
        if not len(rows):
            return
        some = texts.gather(rows[:_LOOKED_AT]).str.extract_all(rf"\S{{0,8}}(?:{_DAMAGE})\S{{0,8}}").explode().drop_nulls()
        words = [_visible(word) for word in some.unique(maintain_order=True).head(_SHOWN).to_list()]
        title = f"{_rows(rows)} of {column} ({len(rows) / len(texts):.1%}) {_have(rows)} damaged letters: {', '.join(words)}"
        severity = Severity.MEDIUM if len(rows) >= _NOTABLE * len(texts) else Severity.LOW
        detail = "the file was read or saved in another encoding than it was written in"
        yield view.found(self.code, severity, title, detail, column=column, rows=rows, fix="save it again as UTF-8 from where it came")

    def _strange(self, view: View, column: str, texts: pl.Series) -> Iterator[Finding]:
        usual, rows, languages = strangers(texts)
        if not len(rows):
            return
        counts = pl.Series(languages).value_counts(sort=True)
        told = ", ".join(f"{in_words([code])} ({count:,})" for code, count in counts.head(_SHOWN).iter_rows())
        more = "" if len(counts) <= _SHOWN else " and others"
        title = f"{_rows(rows)} of {column} {'is' if len(rows) == 1 else 'are'} in another language than {in_words(usual)}: {told}{more}"
        fix = "leave them out, unless texts like these are to be answered too"
        yield view.found(self.code, Severity.LOW, title, column=column, rows=rows, fix=fix)

    def _repeated(self, view: View, column: str, texts: pl.Series) -> Iterator[Finding]:
        for passage, rows in repeated_passages(texts, view.seed):
            shown = passage if len(passage) <= _PASSAGE else f"{passage[:_PASSAGE]} ..."
            title = f'{_rows(rows)} of {column} ({len(rows) / len(texts):.1%}) have the same passage: "{shown}"'
            fix = "take it out where it says nothing of the answer"
            yield view.found(self.code, Severity.LOW, title, column=column, rows=rows, fix=fix)


_LOOKED_AT = 2_000  # rows from which examples are taken
_OFTEN = 0.01  # of the most frequent tag: rarer ones are not shown
_PASSAGE = 80  # characters shown
_LOOKS: tuple[Callable[[TextNoise, View, str, pl.Series], Iterator[Finding]], ...] = (
    TextNoise._empty, TextNoise._markup, TextNoise._damaged, TextNoise._strange, TextNoise._repeated,
)  # fmt: skip


def _rows(rows: np.ndarray) -> str:
    return "1 row" if len(rows) == 1 else f"{len(rows):,} rows"


def _have(rows: np.ndarray) -> str:
    return "has" if len(rows) == 1 else "have"


def _visible(word: str) -> str:
    """Control characters by their numbers."""
    return re.sub("[\u0080-\u009f]", lambda found: f"\\x{ord(found[0]):02x}", word)
