"""How JSON is written down: its encoding, and its values one after the other without holding them all."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
TOO_LONG = "a number of thousands of digits"  # what Python refuses without saying where
_BLANK = re.compile(r"[ \t\r\n]*")


def encoding_of(head: bytes) -> tuple[str, int]:
    """The encoding of JSON that begins with these (at least four) bytes, and how many of them to leave out before decoding."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, len(mark) if encoding == "utf-8" else 0
    return json.detect_encoding(head), 0


class JsonText:
    """The text of a document. All methods raise json.JSONDecodeError where it is not JSON, and RecursionError where it is too deep."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.twice = dict[str, None]()  # keys that stood twice in one object: the last counted
        self.start = self.after_blank(0)
        self._decoder = json.JSONDecoder(object_pairs_hook=self._object)

    def value(self, start: int) -> tuple[Any, int]:
        """The value that begins there, and the place of what follows it."""
        try:
            found, end = self._decoder.raw_decode(self.text, start)
        except json.JSONDecodeError:
            raise
        except ValueError:
            raise json.JSONDecodeError(TOO_LONG, self.text, start) from None
        return found, self.after_blank(end)

    def elements(self, start: int) -> Iterator[tuple[int, Any]]:
        """(line, value) for each element of the list that begins there and is the whole rest of the document; lines count from 1."""
        place, line, counted = self.after_blank(start + 1), 1, 0
        if self.text[place : place + 1] == "]":
            return self._end(place + 1)
        while True:
            line, counted = line + self.text.count("\n", counted, place), place
            found, place = self.value(place)
            yield line, found
            mark = self.text[place : place + 1]
            if mark == "]":
                return self._end(place + 1)
            if mark != ",":
                raise json.JSONDecodeError("a comma is missing, or the end of the list", self.text, place)
            place = self.after_blank(place + 1)

    def after_blank(self, place: int) -> int:
        found = _BLANK.match(self.text, place)
        return place if found is None else found.end()

    def _end(self, place: int) -> None:
        if (rest := self.after_blank(place)) != len(self.text):
            raise json.JSONDecodeError("something follows the end of the list", self.text, rest)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) < len(pairs):
            keys = [key for key, _ in pairs]
            self.twice.update(dict.fromkeys(key for key in made if keys.count(key) > 1))
        return made
