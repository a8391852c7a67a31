"""What lies beside the data and is not read: said by kind, each with what to do about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from leadline.errors import listed, printable
from leadline.findings import Finding, Severity

NAMES_CLASSES = "classes.json"  # read by data/classes.py, which says what became of it
_SHOWN = 5
_DETAIL = 20


@dataclass(frozen=True)
class Reason:
    """Why files are not read: `what` they are, in the plural, and what to do about it."""

    what: str
    fix: str


LINK_OUT = Reason("links that lead out of the folder", "copy the files into the folder, or name the folder that they lie in")
LINK_TO_FOLDER = Reason("links to other folders", "name the folder that the link leads to, or copy it")
DEAD_LINK = Reason("links that lead nowhere", "remove the links, or put back what they led to")
SPECIAL = Reason("pipes, sockets or devices", "remove them from the data")
CLOSED = Reason("folders or files that cannot be opened", "give yourself the right to read them")
ODD_NAME = Reason("files with names that are not UTF-8", "rename them, for example: convmv -r -f latin1 -t utf8 --notest FOLDER")

_PHOTOGRAPHS = Reason("HEIC photographs", "export them as JPEG")
_DRAWINGS = Reason("SVG drawings", "export them as PNG")
_RAW = Reason("camera RAW photographs", "export them as JPEG")
_EDITOR = Reason("files of picture editors", "export them as PNG or JPEG")
_NEWER = Reason("JPEG XL and JPEG 2000 pictures", "export them as JPEG")
_MEDICAL = Reason("medical images (DICOM, NIfTI)", "export them as PNG")
_PDF = Reason("PDF documents", "save their text as .txt in UTF-8 (pdftotext), or their pages as PNG (pdftoppm)")
_DOCUMENTS = Reason("office documents", "save their text as .txt in UTF-8")
_PAGES = Reason("web pages", "save their text as .txt in UTF-8")
_VIDEOS = Reason("videos", "take pictures out of them, for example: ffmpeg -i VIDEO -r 1 CLASS/%04d.jpg")
_SOUNDS = Reason("sound recordings", "turn them into columns of numbers or into pictures (spectrograms); recordings are not read")
_ARCHIVES = Reason("archives", "unpack them; of .zip and .tar one may be named as the data")
_ZSTANDARD = Reason("files packed by Zstandard", "unpack them (unzstd FILE, or tar --zstd -xf FILE), or pack them as .gz or .zip")
_ARRAYS = Reason("files of arrays", "save them as pictures or as a table")

_BY_ENDING = {
    ending: reason
    for reason, endings in {
        _PHOTOGRAPHS: ".heic .heif .hif",
        _DRAWINGS: ".svg .svgz .eps .ai",
        _RAW: ".cr2 .cr3 .crw .nef .nrw .arw .dng .orf .rw2 .raf .pef .srw .raw",
        _EDITOR: ".psd .psb .xcf .kra .afphoto .sketch",
        _NEWER: ".jxl .jp2 .j2k .jpx",
        _MEDICAL: ".dcm .dicom .nii .mha .nrrd",
        _PDF: ".pdf .djvu",
        _DOCUMENTS: ".doc .docx .odt .rtf .pages .ppt .pptx .odp .epub .mobi .eml .msg",
        _PAGES: ".html .htm .mhtml",
        _VIDEOS: ".mp4 .m4v .mov .avi .mkv .webm .mpg .mpeg .wmv .flv .3gp",
        _SOUNDS: ".wav .mp3 .flac .ogg .oga .opus .m4a .aac .wma .aiff .aif .mid",
        _ARCHIVES: ".zip .tar .gz .tgz .bz2 .tbz2 .xz .txz .7z .rar",
        _ZSTANDARD: ".zst .tzst",
        _ARRAYS: ".npy .npz .mat .pt .pth .pkl .h5 .hdf5 .tfrecord .safetensors",
    }.items()
    for ending in endings.split()
}


def ending_of(name: str) -> str:
    """The last ending of a file's name, lower case: ".jpg"; empty where there is none."""
    base = name.rpartition("/")[2]
    stem, dot, ending = base.rpartition(".")
    return f".{ending.lower()}" if dot and stem else ""


def reason_for(name: str) -> Reason | None:
    """Why a file of this name is not read, where its ending tells."""
    return _BY_ENDING.get(ending_of(name))


@dataclass
class Left:
    """Everything of a folder that is not data, collected on the way."""

    stray: list[str] = field(default_factory=list)  # files and folders that nothing was made of
    hidden: dict[str, None] = field(default_factory=dict)  # of the system, of editors, and what we wrote ourselves: each name once
    refused: dict[str, Reason] = field(default_factory=dict)

    def remarks(self) -> tuple[str, ...]:
        names = [printable(name) for name in (*self.stray, *self.hidden) if name != NAMES_CLASSES]
        return (f"not read: {listed(names, shown=_SHOWN)}",) if names else ()

    def findings(self) -> tuple[Finding, ...]:
        unread, refused = _by_reason(self._unread()), _by_reason(self.refused)
        return (
            *(_finding(f"{_are(len(names))} of a kind we do not read: {reason.what}", reason, names) for reason, names in unread.items()),
            *(_finding(f"left out: {len(names):,} {reason.what}", reason, names) for reason, names in refused.items()),
        )

    def why_nothing(self) -> tuple[str, str]:
        """What there is instead of data, and what to do: for the error where nothing else is there; empty where all is empty."""
        if reasons := _by_reason({**self._unread(), **self.refused}):
            return ", ".join(f"{len(names):,} {reason.what}" for reason, names in reasons.items()), next(iter(reasons)).fix
        endings = Counter(ending_of(name) or "no ending" for name in self.stray)
        return ", ".join(f"{count:,} with {ending}" for ending, count in endings.most_common(5)), ""

    def _unread(self) -> dict[str, Reason]:
        """Stray files whose kind we know and cannot read."""
        return {name: reason for name in self.stray if (reason := reason_for(name))}


def _by_reason(refused: dict[str, Reason]) -> dict[Reason, list[str]]:
    """The names for each reason, the most frequent reason first."""
    found: dict[Reason, list[str]] = {}
    for name, reason in refused.items():
        found.setdefault(reason, []).append(name)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def _are(count: int) -> str:
    return "1 file is" if count == 1 else f"{count:,} files are"


def _finding(title: str, reason: Reason, names: list[str]) -> Finding:
    shown = listed([printable(name) for name in names], shown=_DETAIL)
    return Finding("unread-files", Severity.MEDIUM, title, shown, fix=reason.fix)
