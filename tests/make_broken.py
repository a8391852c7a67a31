"""A corpus of broken and hostile files, made from fixed seeds: what people and attackers hand in.

    python -m tests.make_broken FOLDER

Whole files of every kind we read are cut, flipped, padded, re-encoded and misnamed; then come horrors written by hand, kind by kind.
"""

from __future__ import annotations

import io
import json
import random
import sqlite3
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

Broken = Iterator[tuple[str, bytes]]  # file name, content

_ROWS = 40


def write_all(folder: Path) -> list[Path]:
    """Writes every file and returns them in order."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in (*_mutated(folder), *_misnamed(folder), *_csv(), *_json(), *_archives(), *_pictures(), *_others()):
        path = folder / name
        path.write_bytes(content)
        paths.append(path)
    return paths


def whole_files(folder: Path) -> dict[str, bytes]:
    """One small, sound file of every kind, by its ending."""
    import polars as pl

    frame = pl.DataFrame(
        {"text": [f"row {n}, said" for n in range(_ROWS)], "number": list(range(_ROWS)), "label": ["a", "b"] * (_ROWS // 2)}
    )
    made: dict[str, bytes] = {".csv": frame.write_csv().encode(), ".tsv": frame.write_csv(separator="\t").encode()}
    writers: dict[str, Callable[[io.BytesIO], object]] = {
        ".parquet": frame.write_parquet,
        ".arrow": frame.write_ipc,
        ".feather": frame.write_ipc_stream,
        ".jsonl": frame.write_ndjson,
        ".xlsx": lambda stream: frame.write_excel(stream),
    }
    for ending, write in writers.items():
        stream = io.BytesIO()
        write(stream)
        made[ending] = stream.getvalue()
    made[".json"] = json.dumps(frame.to_dicts()).encode()
    made[".sqlite"] = _sqlite(folder / "whole.sqlite", frame.rows())
    made[".zip"] = _zip({"rows.csv": made[".csv"]})
    made[".tar.gz"] = _tar({"rows.csv": made[".csv"]})
    made[".png"], made[".jpg"] = _picture("PNG"), _picture("JPEG")
    return made


def _mutated(folder: Path) -> Broken:
    for ending, content in whole_files(folder).items():
        rng = random.Random(f"mutated {ending}")
        for share in (0.02, 0.3, 0.7, 0.97):
            yield f"cut-{share}{ending}", content[: int(len(content) * share)]
        yield f"last-byte-missing{ending}", content[:-1]
        for count in (1, 8, 64, len(content) // 4):
            yield f"flipped-{count}{ending}", _flipped(content, count, rng)
        yield f"start-zeroed{ending}", bytes(16) + content[16:]
        yield f"end-zeroed{ending}", content[:-16] + bytes(16)
        yield f"twice{ending}", content * 2
        yield f"middle-missing{ending}", content[: len(content) // 3] + content[2 * len(content) // 3 :]
        yield f"shuffled{ending}", bytes(rng.sample(list(content), len(content)))


def _flipped(content: bytes, count: int, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(count):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _misnamed(folder: Path) -> Broken:
    """Every kind of content under every other kind's name."""
    whole = whole_files(folder)
    for ending in whole:
        for other, content in whole.items():
            if other != ending:
                yield f"really{other.replace('.', '-')}{ending}", content
        yield f"empty{ending}", b""
        yield f"blank{ending}", b"\n \n\t\n"
        yield f"zeros{ending}", bytes(5_000)
        yield f"noise{ending}", random.Random(ending).randbytes(5_000)


def _csv() -> Broken:
    head = b"a,b,label\n"
    rows = b"1,x,yes\n2,y,no\n" * 20
    horrors = {
        "header-only": head,
        "one-line": b"hello",
        "only-separators": b",,,\n,,,\n,,,\n",
        "no-newline": b"a,b\n1,2",
        "too-long-row": head + rows + b"1,x,yes,extra,more\n" + rows,
        "too-short-row": head + rows + b"1\n" + rows,
        "all-rows-differ": b"".join(b",".join([b"v"] * (n % 7 + 1)) + b"\n" for n in range(60)),
        "unclosed-quote": head + rows + b'3,"never closed,yes\n' + rows,
        "unclosed-quote-first": head + b'1,"x,yes\n' + rows,
        "stray-quotes": head + rows + b'4,he said "hi",yes\n5,a"b"c,no\n',
        "text-after-quote": head + rows + b'4,"x"y,yes\n',
        "only-quotes": b'"' * 1001,
        "nul-in-cell": head + rows + b"1,x\0y,yes\n",
        "nul-line": head + rows + bytes(300) + b"\n" + rows,
        "equal-names": b"a,a,a\n1,2,3\n",
        "nameless": b",,\n1,2,3\n",
        "no-header": rows,
        "header-of-numbers": b"1,2,3\n" + b"4,5,6\n" * 9,
        "latin-1": "name,label\nÉmile,ja\nZoë,nee\n".encode("latin-1") * 9,
        "utf-16": ("a,label\n" + "é,x\n" * 9).encode("utf-16"),
        "utf-16-be-bare": ("a,label\n" + "e,x\n" * 9).encode("utf-16-be"),
        "utf-32": ("a,label\n" + "é,x\n" * 9).encode("utf-32"),
        "bom": b"\xef\xbb\xbf" + head + rows,
        "two-boms": b"\xef\xbb\xbf\xef\xbb\xbf" + head + rows,
        "mixed-encodings": head + "1,é,yes\n".encode() + "1,é,yes\n".encode("latin-1"),
        "broken-utf-8": head + b"1,\xff\xfe\xfd,yes\n" * 9,
        "old-mac": b"a,b\r1,x\r2,y\r",
        "mixed-ends": b"a,b\r\n1,x\n2,y\r3,z\r\n",
        "wide": b",".join(b"c%d" % n for n in range(20_000)) + b"\n",
        "absurdly-wide": b"," * 300_000 + b"\n1\n",
        "long-cell": head + b"1," + b"x" * 3_000_000 + b",yes\n",
        "many-blank-lines": head + b"\n" * 9_999,
        "huge-numbers": b"a,label\n" + b"9" * 400 + b",x\n1e999,y\n-1e999,x\n",
        "infinite": b"a,label\ninf,x\n-inf,y\nnan,x\n" * 9,
        "formulas": b'a,label\n=1+1,x\n"=cmd|calc",y\n',
        "control": head + bytes(range(1, 32)) + b"\n",
        "bidi": "a\u202e,label\n\u202e1,x\n".encode(),
        "comments-only": b"# nothing\n# here\n",
        "semicolons": b"a;b\n1,5;x\n2,5;y\n" * 9,
        "pipes-and-commas": b"a|b,c\n1|2,3\n" * 9,
        "surrogates": b"a,label\n\xed\xa0\x80,x\n",
        "quoted-newlines": b'a,label\n"x\ny\n\nz",1\n' * 30,
        "backslashes": b'a,label\n"x\\"y",1\n' * 9,
        "html": b"<!doctype html><html><body><table><tr><td>1</td></tr></table>",
        "pdf": b"%PDF-1.7\n" + bytes(200),
        "one-column": b"a\n1\n\n3\n",
    }
    for name, content in horrors.items():
        yield f"csv-{name}.csv", content


def _json() -> Broken:
    coco = {"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [{"image_id": 1, "bbox": [0, 0, 1, 1]}], "categories": [{"id": 1}]}
    horrors = {
        "null": "null",
        "number": "17",
        "text": '"hello"',
        "empty-list": "[]",
        "empty-object": "{}",
        "list-of-numbers": "[1, 2, 3]",
        "list-of-lists": "[[1, 2], [3, 4]]",
        "mixed-list": '[{"a": 1}, 2, null, "x"]',
        "coco": json.dumps(coco),
        "trailing-comma": '[{"a": 1},]',
        "single-quotes": "[{'a': 1}]",
        "nan": '[{"a": NaN}, {"a": Infinity}]',
        "mixed-types": '[{"a": 1}, {"a": "x"}, {"a": [1]}, {"a": {"b": 1}}]',
        "deep-lists": "[" * 100_000 + "]" * 100_000,
        "deep-objects": '{"a":' * 50_000 + "1" + "}" * 50_000,
        "never-closed": '[{"a": 1}, {"a": ',
        "huge-number": '[{"a": ' + "9" * 5_000 + "}]",
        "other-keys": '[{"a": 1}, {"b": 2}, {"c": 3}]',
        "equal-keys": '[{"a": 1, "a": 2}]',
        "lone-surrogate": '[{"a": "\\ud800"}]',
        "nul": '[{"a": "\\u0000"}]',
        "two-documents": '[{"a": 1}]\n[{"a": 2}]',
        "bom": '\ufeff[{"a": 1}]',
        "deep-record": json.dumps([{"a": {"b": {"c": {"d": [1, {"e": 2}]}}}}] * 3),
        "empty-records": "[{}, {}, {}]",
        "columns": '{"a": [1, 2], "b": [1]}',
        "empty-name": '[{"": 1}]',
        "many-keys": json.dumps([{f"k{n}": n for n in range(5_000)}]),
        "string-list": '["a", "b"]',
        "true": "true",
    }
    for name, text in horrors.items():
        yield f"json-{name}.json", text.encode("utf-8", "surrogatepass")
        yield f"jsonl-{name}.jsonl", text.encode("utf-8", "surrogatepass") + b"\n" + b'{"a": 1}\n' * 3
    yield "json-utf-16.json", '[{"a": 1}]'.encode("utf-16")
    yield "json-latin-1.json", '[{"a": "é"}]'.encode("latin-1")
    yield "jsonl-one-bad-line.jsonl", b'{"a": 1}\n' * 50 + b"{oops\n" + b'{"a": 1}\n' * 50


def _archives() -> Broken:
    csv = b"a,label\n1,x\n2,y\n"
    yield "climbing.zip", _zip({"../../climbed.csv": csv})
    yield "absolute.zip", _zip({"/tmp/leadline-absolute.csv": csv})
    yield "backslashes.zip", _zip({"..\\..\\climbed.csv": csv})
    yield "bomb.zip", _zip({"rows.csv": bytes(80_000_000)})
    yield "nested-bomb.zip", _zip({"inner.zip": _zip({"rows.csv": bytes(30_000_000)})})
    yield "many-entries.zip", _zip({f"{n}/x.txt": b"x" for n in range(3_000)})
    yield "same-name-twice.zip", _zip({"rows.csv": csv}, again={"rows.csv": csv})
    yield "no-entries.zip", _zip({})
    yield "folders-only.zip", _zip({"a/": b"", "b/": b""})
    yield "lying-size.zip", _zip({"rows.csv": csv}).replace(len(csv).to_bytes(4, "little"), (1 << 31).to_bytes(4, "little"))
    yield "encrypted-flag.zip", _with_encrypted_flag(_zip({"rows.csv": csv}))
    yield "climbing.tar.gz", _tar({"../../climbed.csv": csv})
    yield "absolute.tar.gz", _tar({"/tmp/leadline-absolute.csv": csv})
    yield "bomb.tar.gz", _tar({"rows.csv": bytes(80_000_000)})
    yield "bomb.csv.gz", _gzip(b"a,label\n" + bytes(80_000_000))
    for kind, name in (
        (tarfile.SYMTYPE, "symlink"),
        (tarfile.LNKTYPE, "hardlink"),
        (tarfile.CHRTYPE, "device"),
        (tarfile.FIFOTYPE, "fifo"),
    ):
        yield f"{name}.tar.gz", _tar({"rows.csv": csv}, special=(kind, "/etc/passwd"))
    yield "plain.tar", _gzip(b"not a tar at all" * 100)
    yield "gzip-of-noise.csv.gz", _gzip(random.Random(3).randbytes(4_000))
    yield "cut.csv.gz", _gzip(csv * 500)[:-20]


def _pictures() -> Broken:
    """Pictures are not tables; each is read inside a class folder too, see the test."""
    from PIL import Image

    for kind in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP"):
        content = _picture(kind)
        for share in (0.1, 0.5, 0.9):
            yield f"picture-cut-{share}-{kind}.{kind.lower()}", content[: int(len(content) * share)]
        yield f"picture-flipped-{kind}.{kind.lower()}", _flipped(content, 40, random.Random(kind))
    yield "picture-claims-to-be-enormous.png", _enormous_png()
    yield "picture.heic", b"\0\0\0\x18ftypheic" + bytes(200)
    yield "picture-heic.jpg", b"\0\0\0\x18ftypheic" + bytes(200)
    yield "picture-svg.png", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"
    stream = io.BytesIO()
    frames = [Image.new("P", (8, 8), colour) for colour in range(5)]
    frames[0].save(stream, "GIF", save_all=True, append_images=frames[1:])
    yield "picture-animated.gif", stream.getvalue()


def _enormous_png() -> bytes:
    import struct
    import zlib

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + bytes(50)


def _others() -> Broken:
    yield "no-ending", b"a,b\n1,2\n"
    yield "program.exe", b"MZ" + bytes(200)
    yield "pickled.pkl", b"\x80\x04cos\nsystem\n(S'touch /tmp/leadline-pickled'\ntR."
    yield "really-pickle.parquet", b"\x80\x04cos\nsystem\n(S'touch /tmp/leadline-pickled'\ntR."
    yield "only-magic.parquet", b"PAR1" + bytes(64) + b"PAR1"
    yield "huge-footer.parquet", b"PAR1" + bytes(64) + b"\xff\xff\xff\x7f" + b"PAR1"
    yield "only-magic.arrow", b"ARROW1\0\0" + bytes(64) + b"ARROW1"
    yield "only-magic.sqlite", b"SQLite format 3\0" + bytes(84)
    yield "no-tables.sqlite", _sqlite_of("CREATE TABLE t (a); DROP TABLE t;")
    yield "view-of-itself.sqlite", _sqlite_of("CREATE TABLE t (a); CREATE VIEW v AS SELECT * FROM t;")
    yield (
        "strange-names.sqlite",
        _sqlite_of('CREATE TABLE "drop ""me""; --" ("a;b", "label"); INSERT INTO "drop ""me""; --" VALUES (1, 2);'),
    )


def _zip(entries: dict[str, bytes], again: dict[str, bytes] | None = None) -> bytes:
    import warnings

    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, content in [*entries.items(), *(again or {}).items()]:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _with_encrypted_flag(content: bytes) -> bytes:
    changed = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        changed[content.index(mark) + offset] |= 1
    return bytes(changed)


def _tar(entries: dict[str, bytes], special: tuple[bytes, str] | None = None) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in entries.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
        if special:
            entry = tarfile.TarInfo("special.csv")
            entry.type, entry.linkname = special
            archive.addfile(entry)
    return _gzip(stream.getvalue())


def _gzip(content: bytes) -> bytes:
    import gzip

    return gzip.compress(content, mtime=0)


def _picture(kind: str) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.radial_gradient("L").resize((48, 40)).convert("RGB").save(stream, kind)
    return stream.getvalue()


def _sqlite(path: Path, rows: list[tuple[object, ...]]) -> bytes:
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("CREATE TABLE rows (text TEXT, number INTEGER, label TEXT)")
        connection.executemany("INSERT INTO rows VALUES (?, ?, ?)", rows)
    connection.close()
    content = path.read_bytes()
    path.unlink()
    return content


def _sqlite_of(script: str) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.executescript(script)
    content = connection.serialize()
    connection.close()
    return content


if __name__ == "__main__":
    print(f"{len(write_all(Path(sys.argv[1]))):,} files in {sys.argv[1]}")
