"""Texts in any encoding come as UTF-8, piece by piece."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.data.text.encoding import Utf8

FRENCH = "nom;ville\nRené;Besançon\nFrançois;Orléans\nHélène;Nîmes\n"
POLISH = "imię,miasto\nŁukasz,Łódź\nMałgorzata,Gdańsk\nZbigniew,Wrocław\nStanisław,Kraków\n"
RUSSIAN = "имя,город\nИван,Москва\nПётр,Санкт-Петербург\nАнна,Новосибирск\n"
JAPANESE = "名前,都市\n太郎,東京\n花子,大阪\nさくら,京都\n"


def read(content: bytes, size: int = 1000) -> tuple[str, Utf8]:
    source, text = Utf8(io.BytesIO(content)), b""
    while piece := source.read(size):
        text += piece
    return text.decode(), source


@pytest.mark.parametrize(
    ("text", "encoding", "found"),
    [
        (FRENCH, "utf-8", "utf-8"), (FRENCH, "utf-8-sig", "utf-8"), (FRENCH, "utf-16", "utf-16-le"), (FRENCH, "utf-32", "utf-32-le"),
        (FRENCH, "utf-16-le", "utf-16-le"), (FRENCH, "utf-16-be", "utf-16-be"), (JAPANESE, "utf-16-be", "utf-16-be"),
        (FRENCH, "utf-32-be", "utf-32-be"),
        (FRENCH, "cp1252", "cp1252"), (FRENCH, "latin-1", "cp1252"), ("name,city\nJohn,London\nRené,Paris\n", "cp1252", "cp1252"),
        ("n,m\n1,“5 €”\n", "cp1252", "cp1252"), (POLISH, "cp1250", "cp1250"), (RUSSIAN, "cp1251", "cp1251"), (RUSSIAN, "koi8_r", "koi8_r"),
        (JAPANESE, "shift_jis", "cp932"),
    ],
)  # fmt: skip
def test_encodings_are_found(text: str, encoding: str, found: str) -> None:
    made, source = read(text.encode(encoding))
    assert (made, source.encoding) == (text, found)


WESTERN = {
    "prices": "price,label\n£12.50,a\n£3.20,b\n", "many prices": "p,l\n" + "£9,a\n" * 200, "a letter and a digit": "t,l\n" + "ü0,a\n" * 100,
    "one letter and a digit": "ü0\n", "a name": "n,l\nMüller,a\n", "a city": "n,l\nSão Paulo,a\n", "degrees": "t\n12°\n13°\n±5\n",
    "much ascii": "n,l\n" + "plain,b\n" * 100 + "naïve café,a\n", "letters alone": "ñ\né\nü\nö\n",
    "capitals": "A,B\nÄÖÜ,ß\nÉÈ,À\n", "cubic metres": "a\n25 m³\n3 m³\nm³/h\n" * 9,
    "Icelandic": "nafn,borg\nÞórður,Reykjavík\nGuðrún,Hafnarfjörður\nSigríður,Ísafjörður\n", "yen": "¥100\n",
}  # fmt: skip


@pytest.mark.parametrize("what", WESTERN)
def test_a_few_letters_beyond_ascii_are_western(what: str) -> None:
    made, source = read(WESTERN[what].encode("cp1252"))
    assert (made, source.encoding, source.guessed) == (WESTERN[what], "cp1252", True)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("text,label\n" + "plain,b\n" * 50 + "Отличный фильм,a\nУжасно скучно,b\n", "cp1251"), (RUSSIAN, "koi8_r"), (RUSSIAN, "cp866"),
        ("文章,感情\nこの映画はとても面白かった,良い\n残念ながら期待外れでした,悪い\n", "shift_jis"),
        ("评论,标签\n这部电影非常好看，我很喜欢,好\n服务态度太差了，不会再来,差\n", "gb18030"),
        ("όνομα,πόλη\nΓιώργος,Αθήνα\nΜαρία,Θεσσαλονίκη\n", "cp1253"),
        ("שם,עיר\nדוד,ירושלים\nמשה,תל אביב\nרחל,חיפה\nשרה,באר שבע\n", "cp1255"),
        ("الاسم,المدينة\nمحمد,القاهرة\nأحمد,بيروت\nفاطمة,دمشق\n", "cp1256"), ("ชื่อ,เมือง\nสมชาย,กรุงเทพ\nสมหญิง,เชียงใหม่\n", "cp874"),
        ("name;stadt\nMüller;Köln\nJäger;München\nGroß;Düsseldorf\n", "cp850"),
        ("isim,şehir\nAyşe,Iğdır\nŞükrü,Muğla\nİbrahim,Eskişehir\n", "cp1254"),
    ],
)  # fmt: skip
def test_enough_words_of_another_script_or_code_page_are_found(text: str, encoding: str) -> None:
    made, source = read(text.encode(encoding))
    assert made == text and source.guessed


def test_what_a_mark_says_is_no_guess() -> None:
    assert not read(FRENCH.encode("utf-16"))[1].guessed and not read(FRENCH.encode())[1].guessed


def test_ascii_has_no_encoding_to_speak_of() -> None:
    made, source = read(b"a,b\n1,2\n")
    assert made == "a,b\n1,2\n" and source.encoding is None and source.offset == 0


def test_letters_that_come_late_still_say_the_encoding() -> None:
    text = "a,b\n" * 50_000 + FRENCH
    made, source = read(text.encode("cp1252"))
    assert made == text and source.spoken == "windows-1252"


def test_damage_does_not_make_utf8_something_else() -> None:
    source = Utf8(io.BytesIO(("é" * 50).encode() + b"\xff,a\n"))
    assert source.read(1000).endswith(b"\xff,a\n") and source.encoding == "utf-8"


def test_a_zero_byte_does_not_make_ascii_utf16() -> None:
    assert read(b"n,t\n0.0,0\0\n\n")[1].encoding is None


@given(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=50),
    st.sampled_from(["utf-8-sig", "utf-16", "utf-32"]),
    st.integers(1, 9),
)
def test_a_mark_settles_it(text: str, encoding: str, size: int) -> None:
    content = text.encode(encoding)
    made, _ = read(content, size)
    assert made == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_a_part_can_be_read_again(tmp_path: Path, encoding: str) -> None:
    text = FRENCH * 5_000
    (tmp_path / "t").write_bytes(text.encode(encoding))
    with (tmp_path / "t").open("rb") as stream:
        source = Utf8(stream)
        whole = b"".join(iter(lambda: source.read(1 << 16), b""))
    with (tmp_path / "t").open("rb") as stream:
        assert source.again(stream, 100_000, 5_000) == whole[100_000:105_000]
