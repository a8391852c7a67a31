"""Any text as UTF-8, piece by piece. The encoding is found from a byte-order mark, zero bytes, or the first letters beyond ASCII."""

from __future__ import annotations

import codecs
import unicodedata
from typing import BinaryIO

import numpy as np

# Byte-order marks, the longer ones first: that of UTF-32 begins with that of UTF-16.
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF32_LE: "utf-32-le", codecs.BOM_UTF32_BE: "utf-32-be", codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}  # fmt: skip
_WESTERN = "cp1252"
# What spreadsheets and older programs write. Without such a list a few letters are taken for the code page of an old mainframe.
_GUESSED = [
    _WESTERN, "latin_1", "cp1250", "cp1251", "koi8_r", "iso8859_5", "cp866", "cp1253", "cp1254", "cp1255", "cp1256", "iso8859_2",
    "iso8859_8", "tis_620", "cp932", "euc_jp", "gb18030", "big5", "cp949", "cp850",
]  # fmt: skip
# The letters and signs of Western languages; ³ and ¹ are not among them, which stand for Polish letters when these are taken for Western.
_WESTERN_LETTERS = frozenset("àâäáãåæçèéêëìíîïñòóôöõøœùúûüßÿÀÂÄÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØŒÙÚÛÜ€£§°“”„‘’‚–—…«»¿¡ºª·×²½¼¾©®™´µ\xa0")
_JAPANESE, _HIRAGANA = ("cp932", "euc_jp"), 0.2  # its letters, a part of those beyond ASCII
_MOST_BEYOND = 0.4  # of all letters, where the alphabet is the Latin one
_SPOKEN = {_WESTERN: "windows-1252", "latin_1": "latin-1", "cp1250": "windows-1250", "cp1251": "windows-1251", "cp1253": "windows-1253"}
_LOOKED_AT = 1 << 16
# What speaks against windows-1252: so many letters of another script, different ones, in words; or so many signs where letters belong.
_FEWEST_FOREIGN, _FEWEST_DIFFERENT, _MOSTLY = 8, 6, 0.7
_FEWEST_STRANGE = 3
_ICELANDIC, _NOT_TURKISH = frozenset("þðýÞÐÝ"), frozenset("áéíóúæÁÉÍÓÚÆ")  # the same bytes are ş, ğ, ı in Turkish
_FEWEST_ZEROS = 0.25  # of the bytes of letters that could as well be ASCII


class Utf8:
    """A stream of bytes read as UTF-8 without a byte-order mark.

    `beginning` are the first bytes as they are, `encoding` what they are written in, None as long as all is ASCII. Bytes that are no UTF-8
    in a text that mostly is stay as they are.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.beginning = self._ahead = stream.read(_LOOKED_AT)
        self.encoding, mark = _from_zeros(self._ahead), 0
        for beginning, encoding in _BYTE_ORDER_MARKS.items():
            if self._ahead.startswith(beginning):
                self.encoding, mark = encoding, len(beginning)
                break
        self.marked = mark > 0
        self.guessed = False  # from the letters alone
        self._ahead = self._ahead[mark:]
        self._decoder = _decoder(self.encoding)

    @property
    def offset(self) -> int | None:
        """Where the text begins in the file, None if the text is not the file's own bytes."""
        return (len(codecs.BOM_UTF8) if self.marked else 0) if self._decoder is None else None

    @property
    def spoken(self) -> str:
        """The encoding's usual name."""
        return _SPOKEN.get(self.encoding or "", (self.encoding or "ascii").replace("_", "-")).upper().replace("WINDOWS", "windows")

    def read(self, size: int) -> bytes:
        """The next bytes, about `size` of them; none only at the end."""
        while True:
            piece, self._ahead = self._ahead or self._stream.read(size), b""
            if self.encoding is None and not piece.isascii():
                piece += self._stream.read(4)  # so that a letter cut in two is not mistaken for a foreign one
                self.encoding = _of_letters(piece)
                self.guessed = self.encoding != "utf-8"
                self._decoder = _decoder(self.encoding)
            if self._decoder is None:
                return piece
            text = self._decoder.decode(piece, final=not piece)
            if text or not piece:
                return text.encode("utf-8", "replace")

    def again(self, stream: BinaryIO, offset: int, size: int) -> bytes:
        """A part of the same text from the same bytes, opened anew."""
        if self.offset is not None:
            stream.seek(self.offset + offset)
            return stream.read(size)
        fresh, passed, text = Utf8(stream), 0, b""
        fresh.encoding, fresh._decoder = self.encoding, _decoder(self.encoding)
        while passed + len(text) < offset + size and (piece := fresh.read(_LOOKED_AT)):
            text += piece
            if passed + len(text) <= offset:
                passed, text = passed + len(text), b""
        return text[offset - passed :][:size]


def _decoder(encoding: str | None) -> codecs.IncrementalDecoder | None:
    if encoding in (None, "utf-8"):
        return None
    return codecs.getincrementaldecoder(str(encoding))("leadline-latin-1" if encoding == _WESTERN else "replace")


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    """Five bytes mean nothing in windows-1252; they are kept as what they are in Latin-1."""
    assert isinstance(error, UnicodeDecodeError)
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error("leadline-latin-1", _as_latin_1)


def _from_zeros(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: digits, separators and line ends have zero bytes always on the same side."""
    if b"\0" not in head or head.startswith(tuple(_BYTE_ORDER_MARKS)):
        return None
    if head.count(b"\0") < _FEWEST_ZEROS * len(head) and _is_utf8(head.replace(b"\0", b"")):
        return None
    for encoding, unit, filled in (("utf-32-le", 4, 0), ("utf-32-be", 4, 3), ("utf-16-le", 2, 0), ("utf-16-be", 2, 1)):
        data = np.frombuffer(head[: len(head) // unit * unit], np.uint8).reshape(-1, unit)
        zeros = (data == 0).sum(axis=0)
        if zeros[filled] or not len(data):
            continue
        text = data.tobytes().decode(encoding, "replace")
        strange = sum(not letter.isprintable() and letter not in "\t\r\n\f" for letter in text)
        if strange * 100 <= len(text) and ("\n" in text or "\r" in text):
            return encoding
    return None


def _is_utf8(piece: bytes) -> bool:
    """Whether a piece of text is UTF-8; its last letter may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(piece)
    except UnicodeDecodeError:
        return False
    return True


def _of_letters(piece: bytes) -> str:
    """The encoding of text with bytes beyond ASCII: UTF-8 if it reads so, damaged here and there at most; else windows-1252, unless
    there is clear evidence of another."""
    if _is_utf8(piece):
        return "utf-8"
    wrong = codecs.getincrementaldecoder("utf-8")("replace").decode(piece).count("\ufffd") - piece.count("\ufffd".encode())
    letters = int(np.count_nonzero(np.frombuffer(piece, np.uint8) >= 0xC0))
    if 2 * wrong <= letters:
        return "utf-8"
    telling = b"\n".join(line for line in piece.splitlines() if not line.isascii())[:_LOOKED_AT]
    western = telling.decode(_WESTERN, "leadline-latin-1")
    if _is_western(western):
        return _WESTERN
    if japanese := next((encoding for encoding in _JAPANESE if _is_japanese(telling, encoding)), None):
        return japanese
    from charset_normalizer import from_bytes

    best = from_bytes(telling, cp_isolation=_GUESSED).best()
    return _WESTERN if best is None or str(best) == western or not _is_evident(str(best), western) else str(best.encoding)


def _is_western(text: str) -> bool:
    """Whether what was read as Western looks so: few letters beyond ASCII, and those the usual ones."""
    letters = sum(letter.isalpha() for letter in text)
    beyond = [letter for letter in text if not letter.isascii()]
    usual = sum(letter in _WESTERN_LETTERS for letter in beyond)
    return len(beyond) <= max(3, _MOST_BEYOND * letters) and usual >= 0.95 * len(beyond)


def _is_japanese(telling: bytes, encoding: str) -> bool:
    """Whether a text is full of hiragana when it is read so, which no Korean or Chinese text is."""
    beyond = [letter for letter in telling.decode(encoding, "replace") if not letter.isascii()]
    hiragana = [letter for letter in beyond if "\u3041" <= letter <= "\u3096"]
    wrong = beyond.count("\ufffd") > 1  # the last letter may be cut
    return not wrong and len(set(hiragana)) >= _FEWEST_DIFFERENT and len(hiragana) >= _HIRAGANA * len(beyond)


def _is_evident(text: str, western: str) -> bool:
    """Whether a text read otherwise than as Western makes clear that it is not Western; a few letters never do."""
    beyond = [place for place, letter in enumerate(text) if not letter.isascii()]
    foreign = {place for place in beyond if _is_foreign(text[place])}
    if 2 * len(foreign) > len(beyond):
        in_words = sum(place - 1 in foreign or place + 1 in foreign for place in foreign)
        different = len({text[place] for place in foreign})
        return len(foreign) >= _FEWEST_FOREIGN and different >= _FEWEST_DIFFERENT and in_words >= _MOSTLY * len(beyond)
    if len(text) != len(western):
        return False
    strange = [place for place in beyond if _is_strange(western, place)]
    if all(western[place] in _ICELANDIC for place in strange) and any(letter in _NOT_TURKISH for letter in western):
        return False
    mended = sum(unicodedata.name(text[place], "").startswith("LATIN") for place in strange)
    return len(strange) >= _FEWEST_STRANGE and mended >= _MOSTLY * len(strange)


def _is_foreign(letter: str) -> bool:
    """A letter of another script than the Latin one. Half-width Japanese is none: every price in pounds would read as that."""
    if unicodedata.category(letter)[0] not in "LM":
        return False
    name = unicodedata.name(letter, "")
    return not letter.isascii() and bool(name) and not name.startswith(("LATIN", "HALFWIDTH", "MICRO", "FEMININE", "MASCULINE", "MODIFIER"))


def _is_strange(western: str, place: int) -> bool:
    """A sign with a letter after it (m³ is none), or a letter that Western languages hardly use."""
    if western[place] in _WESTERN_LETTERS:
        return False
    return western[place].isalpha() or western[place + 1 : place + 2].isalpha()
