"""Pretrained weights that came with an installed package, found without importing it and checked before use."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from leadline.errors import LeadlineError, need_extra
from leadline.files import sha256_of


def installed_file(package: str, ending: str, sha256: str | None = None) -> Path:
    """The file of an installed package whose path ends so.

    Raises:
        LeadlineError: the package or the file is missing, or its content is not what `sha256` says.
    """
    try:
        found = [entry for entry in files(package) or [] if entry.as_posix().endswith(ending)]
    except PackageNotFoundError:
        raise need_extra(package, "this encoder") from None
    if not found or not (path := Path(str(found[0].locate()))).is_file():
        raise LeadlineError(f"{package} is installed without {ending}", "a whole package", f"pip install --force-reinstall {package}")
    if sha256 is not None and sha256_of(path) != sha256:
        advice = f"pip install --force-reinstall {package}"
        raise LeadlineError(f"{path.name} is not the published file (its SHA-256 differs)", f"SHA-256 {sha256}", advice, file=str(path))
    return path
