"""Opening pictures: every kind comes out upright, RGB and unclipped, and nothing but a LeadlineError comes out of a bad file."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from leadline.columns.contract import Confidence, Sample, Where, WhyNot
from leadline.columns.image import Image as ImageType
from leadline.columns.picture import Picture, Pictures, is_several, open_picture, picture_size
from leadline.errors import LeadlineError

SAVED_AS = [
    *(("PNG", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
    *(("JPEG", mode) for mode in ("L", "RGB", "CMYK", "YCbCr")),
    *(("TIFF", mode) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F")),
    *(("GIF", mode) for mode in ("L", "P", "RGB", "RGBA")),
    *(("BMP", mode) for mode in ("1", "L", "P", "RGB")),
    *(("WEBP", mode) for mode in ("RGB", "RGBA")),
    *(("PPM", mode) for mode in ("1", "L", "RGB", "I;16")),
]


def saved(image: Image.Image, kind: str, **settings: Any) -> bytes:
    stream = BytesIO()
    image.save(stream, kind, **settings)
    return stream.getvalue()


def noise(mode: str, size: tuple[int, int], seed: int = 0) -> Image.Image:
    rng = np.random.default_rng(seed)
    shape = size[::-1]
    if mode == "I;16":
        return Image.fromarray(rng.integers(0, 65_536, shape, dtype=np.uint16))
    if mode in ("I", "F"):
        return Image.fromarray(rng.integers(-500, 100_000, shape).astype(np.int32 if mode == "I" else np.float32))
    rgb = Image.fromarray(rng.integers(0, 256, (*shape, 3), dtype=np.uint8))
    if mode in ("LA", "RGBA"):
        rgb.putalpha(Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8)))
    return rgb.convert(mode)


@given(st.sampled_from(SAVED_AS), st.integers(1, 40), st.integers(1, 40), st.sampled_from([None, 1, 8, 64]))
@settings(max_examples=150)
def test_any_mode_and_size_opens_as_rgb(saved_as: tuple[str, str], width: int, height: int, at_least: int | None) -> None:
    kind, mode = saved_as
    image = open_picture(saved(noise(mode, (width, height)), kind), at_least, "a.bin")
    assert (image.mode, image.size) == ("RGB", (width, height)) or (kind == "JPEG" and at_least)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_tag_is_applied_once(kind: str, orientation: int) -> None:
    coarse = noise("RGB", (4, 3)).resize((64, 48), Image.Resampling.NEAREST)
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = saved(coarse, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))
    expected = np.asarray(ImageOps.exif_transpose(Image.open(BytesIO(content))).convert("RGB"))
    assert np.array_equal(np.asarray(open_picture(content)), expected)
    assert expected.shape[:2] == ((48, 64) if orientation < 5 else (64, 48))


def test_a_broken_orientation_tag_turns_nothing() -> None:
    content = saved(noise("RGB", (8, 6)), "JPEG", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff")
    assert open_picture(content).size == (8, 6)


def test_transparency_lies_over_white() -> None:
    clear = Image.new("RGBA", (4, 4), (200, 0, 0, 0))
    assert np.asarray(open_picture(saved(clear, "PNG"))).min() == 255
    half = Image.new("LA", (4, 4), (0, 128))
    assert abs(int(np.asarray(open_picture(saved(half, "PNG")))[0, 0, 0]) - 127) <= 1
    palette = Image.new("P", (4, 4), 0)
    palette.putpalette([10, 20, 30, 40, 50, 60])
    assert np.asarray(open_picture(saved(palette, "PNG", transparency=0))).min() == 255
    keyed = Image.new("RGB", (4, 4), (1, 2, 3))
    assert np.asarray(open_picture(saved(keyed, "PNG", transparency=(1, 2, 3)))).min() == 255


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_sixteen_bits_are_scaled_and_not_clipped(kind: str) -> None:
    ramp = np.linspace(0, 65_535, 256).astype(np.uint16).reshape(16, 16)
    image = np.asarray(open_picture(saved(Image.fromarray(ramp), kind)))[:, :, 0]
    assert np.abs(image.astype(int).ravel() - np.arange(256)).max() <= 1


def test_dark_sixteen_bits_stay_dark() -> None:
    assert np.asarray(open_picture(saved(Image.fromarray(np.full((4, 4), 2_570, np.uint16)), "PNG"))).max() == 10


def test_real_numbers_from_0_to_1_are_the_full_range() -> None:
    image = open_picture(saved(Image.fromarray(np.array([[0.0, 0.5, 1.0]], np.float32)), "TIFF"))
    assert np.asarray(image)[0, :, 0].tolist() == [0, 128, 255]


def test_the_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (5, 4), colour) for colour in ("red", "green", "blue")]
    for kind in ("GIF", "WEBP", "PNG", "TIFF"):
        content = saved(frames[0], kind, save_all=True, append_images=frames[1:])
        red, green, blue = np.asarray(open_picture(content))[2, 2].tolist()
        assert red > 240 and green < 20 and blue < 20, kind


@given(st.integers(1, 900), st.integers(1, 900), st.integers(1, 300))
@settings(max_examples=25)
def test_a_jpeg_is_read_at_reduced_scale_but_never_below(width: int, height: int, at_least: int) -> None:
    image = open_picture(saved(Image.new("RGB", (width, height), "teal"), "JPEG"), at_least)
    assert min(image.size) >= min(at_least, width, height)
    if min(width, height) >= 8 * at_least:
        assert image.width < width / 7


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "HEIC"),
        (b"%PDF-1.7 and so on", "PDF"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"PK\x03\x04rest", "zip"),
        (b"just some text", "no picture we know"),
    ],
)
def test_what_is_no_picture_is_called_by_its_name(content: bytes, words: str) -> None:
    with pytest.raises(LeadlineError) as caught:
        open_picture(content, source="photos/a.jpg")
    assert words in caught.value.saw and caught.value.file == "photos/a.jpg"
    assert "JPEG" in caught.value.expected and caught.value.try_this


def test_formats_that_are_not_on_the_list_are_not_tried() -> None:
    with pytest.raises(LeadlineError, match="no picture we know"):
        open_picture(saved(noise("RGB", (8, 8)), "ICO"), source="a.ico")


def test_a_cut_off_file_is_an_error_and_not_half_a_picture() -> None:
    whole = saved(noise("RGB", (64, 64)), "JPEG")
    with pytest.raises(LeadlineError, match="truncated") as caught:
        open_picture(whole[: len(whole) // 2], source="b.jpg")
    assert caught.value.file == "b.jpg"


@given(st.sampled_from(["PNG", "JPEG", "GIF", "TIFF", "WEBP", "BMP", "PPM"]), st.integers(0, 100), st.data())
@settings(max_examples=150)
def test_damaged_bytes_raise_nothing_else(kind: str, seed: int, data: st.DataObject) -> None:
    content = bytearray(saved(noise("RGB", (24, 17), seed), kind))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        image = open_picture(bytes(content[: data.draw(st.integers(0, len(content)))]), max_pixels=1_000_000)
    except LeadlineError:
        return
    assert image.mode == "RGB"


def claimed_size(width: int, height: int) -> bytes:
    """A PNG whose header promises so many pixels and which holds none."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    end = b"IEND"
    chunks = [struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)) for body in (header, b"IDAT", end)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_too_many_pixels_are_refused_before_decoding() -> None:
    for content in (claimed_size(60_000, 60_000), claimed_size(13_000, 13_800)):
        with pytest.raises(LeadlineError, match="too large") as caught:
            open_picture(content, source="bomb.png")
        assert "178 million" in caught.value.expected
    with pytest.raises(LeadlineError, match="20 x 30 pixels"):
        open_picture(saved(noise("RGB", (20, 30)), "PNG"), max_pixels=599)


def test_pillow_warnings_do_not_leak() -> None:
    # 120 million pixels make Pillow warn of a possible bomb; here every warning is an error, so passing is the proof.
    assert picture_size(claimed_size(12_000, 10_000)) == (12_000, 10_000)


def test_a_picture_reads_its_file_or_says_why_not(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"abc")
    assert Picture(path).read() == b"abc" == Picture(b"abc", "table.parquet:3").read()
    for picture, where in ((Picture(tmp_path / "gone.png"), "gone.png"), (Picture(None, "row 7"), "row 7"), (Picture(tmp_path), "")):
        with pytest.raises(LeadlineError) as caught:
            picture.read()
        assert where in str(caught.value.file)


def test_pictures_keep_their_order_when_rows_are_taken() -> None:
    pictures = Pictures(Picture(bytes([number])) for number in range(5))
    taken = pictures.take_rows(np.array([4, 0, 0]))
    assert [picture.read() for picture in taken] == [b"\x04", b"\x00", b"\x00"]
    assert len(pictures) == 5 and pictures[2].read() == b"\x02" and len(pictures.take_rows(np.array([], np.int64))) == 0


def test_pictures_are_made_only_when_asked_for() -> None:
    made = list[int]()

    def at(row: int) -> Picture:
        made.append(row)
        return Picture(bytes([row]))

    pictures = Pictures.made_by(at, np.arange(100)).take_rows(np.array([7, 3, 99])).take_rows(np.array([2, 0]))
    assert len(pictures) == 2 and not made
    assert [picture.read() for picture in pictures] == [b"\x63", b"\x07"] and made == [99, 7]


@pytest.mark.parametrize("inverted", [False, True])
def test_cmyk_comes_out_in_its_colours_with_adobe_s_inversion_and_without(inverted: bool) -> None:
    inks = Image.new("CMYK", (16, 16), (0, 255, 255, 0))  # red
    content = saved(inks, "JPEG", quality=95) if inverted else saved(inks, "TIFF")  # Pillow writes JPEGs as Adobe does
    assert (b"Adobe" in content) == inverted
    red, green, blue = np.asarray(open_picture(content))[8, 8].tolist()
    assert red > 230 and green < 30 and blue < 30


@pytest.mark.parametrize("settings", [{"progressive": True}, {"progressive": False}])
def test_progressive_and_interlaced_pictures_open(settings: dict[str, bool]) -> None:
    image = noise("RGB", (30, 20)).resize((60, 40))
    assert open_picture(saved(image, "JPEG", **settings)).size == (60, 40)
    assert np.asarray(open_picture(interlaced_png())).tolist() == [[[255, 0, 0]]]


def interlaced_png() -> bytes:
    """One red pixel, Adam7."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 1)
    body = b"IDAT" + zlib.compress(b"\x00\xff\x00\x00")
    chunks = [struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in (header, body, b"IEND")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def test_a_palette_with_transparency_and_one_bit_open() -> None:
    palette = noise("P", (8, 8))
    assert open_picture(saved(palette, "PNG", transparency=bytes(range(256)))).mode == "RGB"
    assert open_picture(saved(palette, "GIF", transparency=3)).mode == "RGB"


def test_modes_that_take_more_memory_have_a_lower_cap() -> None:
    for mode, kind in (("RGBA", "PNG"), ("CMYK", "TIFF"), ("I;16", "PNG")):
        with pytest.raises(LeadlineError, match="too large"):
            open_picture(saved(noise(mode, (20, 30)), kind), max_pixels=1_000)
    assert open_picture(saved(noise("RGB", (20, 30)), "PNG"), max_pixels=1_000).size == (20, 30)


def test_several_frames_are_told_from_one() -> None:
    frames = [noise("RGB", (9, 9), seed) for seed in range(3)]
    for kind in ("GIF", "WEBP", "PNG", "TIFF"):
        assert is_several(saved(frames[0], kind, save_all=True, append_images=frames[1:])), kind
        assert not is_several(saved(frames[0], kind)), kind
    assert not is_several(b"") and not is_several(b"GIF89a and then nothing")


# The column type


def typed(values: list[Any], dtype: Any = None, root: Path | None = None) -> Any:
    return ImageType().recognise(Sample("photo", pl.Series(values, dtype=dtype), len(values), root))


def test_bytes_are_pictures_only_if_they_start_like_some() -> None:
    contents = [
        saved(noise("RGB", (5, 5), seed), kind) for seed in range(2) for kind in ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "PPM")
    ]
    for content in contents:
        assert isinstance(typed([content]), Confidence)
    assert isinstance(typed([{"bytes": contents[0], "path": "a.png"}, {"bytes": None, "path": "b.png"}]), Confidence)
    for other in ([b"OggS...", b"RIFF\0\0\0\0WAVEfmt "], [b"", None], [b"\x80\x04\x95", contents[0]]):
        assert isinstance(typed(other, pl.Binary), WhyNot)
    assert isinstance(typed([{"name": "a"}]), WhyNot)


def test_pictures_by_name_are_read_whatever_their_ending_and_missing_ones_are_bad_rows(tmp_path: Path) -> None:
    names = [f"{number}.jpg" for number in range(60)]
    for number, name in enumerate(names):
        (tmp_path / name).write_bytes(saved(noise("RGB", (6, 4), number), "PNG"))  # the ending is wrong
    (tmp_path / "folder.jpg").mkdir()
    raw = pl.Series([*names, "gone.jpg", None, "", "sub/gone.jpg", "\0.jpg", str(tmp_path / "3.jpg")])
    assert isinstance(ImageType().recognise(Sample("photo", pl.Series(names), 60, tmp_path)), Confidence)
    decoded = ImageType().decode(raw, Where("photo", "rows.csv:{}".format, tmp_path))
    assert sorted(decoded.bad) == [60, 61, 62, 63, 64]
    assert decoded.bad[60].row == 60 and "gone.jpg" in decoded.bad[60].saw and decoded.bad[61].file == "rows.csv:61"
    assert open_picture(decoded.values[0].read()).size == (6, 4) == open_picture(decoded.values[65].read()).size
    with pytest.raises(LeadlineError):
        decoded.values[61].read()
    assert decoded.values[60].num_bytes() == 0 < decoded.values[0].num_bytes()


def test_a_summary_says_sizes_and_kinds() -> None:
    where = Where("photo")
    same = pl.Series([saved(noise("RGB", (92, 112), seed), "PNG") for seed in range(60)])
    assert ImageType().summary(same, where) == "92 x 112 pixels, PNG"
    mixed = pl.Series([saved(noise("RGB", (20 + seed, 30), seed), "JPEG") for seed in range(5)] + [same[0], b"broken"])
    assert ImageType().summary(mixed, where) == "20-92 x 30-112 pixels, mostly JPEG"
    assert ImageType().summary(pl.Series([b"broken"]), where) == "none that can be read"
