"""Fetching a model that the user named from the Hugging Face hub: the only place where anything is downloaded.

`huggingface_hub` is imported here and nowhere else, after its telemetry is turned off.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from leadline.encoders.hub_folder import require_size
from leadline.errors import LeadlineError, need_extra
from leadline.files import write_json
from leadline.machine import cache_folder

_NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")
_WANTED = ["*.safetensors", "*.safetensors.index.json", "*.json", "*.txt", "*.model", "README.md", "1_Pooling/*"]
_UNWANTED = ["*/*.safetensors", "onnx/*", "openvino/*", ".*"]  # the same once more for other programs
QUIET = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_XET": "1",  # a second way to fetch, from other servers, which keeps a cache of its own
}


def looks_like_name(text: str) -> bool:
    """`name` or `owner/name`."""
    return _NAME.fullmatch(text) is not None


def downloaded(name: str, say: Callable[[str], None]) -> tuple[Path, str]:
    """The folder of a model on the hub, and its address. One seen before is not fetched again, nor looked for.

    HF_ENDPOINT names another server, HF_TOKEN opens models that are not for everybody. Raises LeadlineError.
    """
    endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"
    source, record = f"{_shown(endpoint)}/{name}", cache_folder() / "hub" / f"{name.replace('/', '--')}.json"
    folder = _kept(record, source)
    if folder is None:
        folder = _fetched(name, endpoint, say)
        write_json(record, {"source": source, "folder": str(folder)})
    return folder, source


def _shown(endpoint: str) -> str:
    """Without the user and password that an address may hold: it is written down and printed."""
    scheme, _, rest = endpoint.rpartition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path}" if scheme else rest


def _kept(record: Path, source: str) -> Path | None:
    """The folder of an earlier download that came to its end."""
    try:
        written = json.loads(record.read_text(encoding="utf-8"))
        folder = Path(written["folder"])
        return folder if written["source"] == source and folder.is_dir() else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _fetched(name: str, endpoint: str, say: Callable[[str], None]) -> Path:
    os.environ.update(QUIET)
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise need_extra("huggingface-hub", "fetching a model by name") from error
    asked: dict[str, Any] = {
        "endpoint": endpoint, "cache_dir": cache_folder() / "hub", "allow_patterns": _WANTED, "ignore_patterns": _UNWANTED,
    }  # fmt: skip
    try:
        files = snapshot_download(name, dry_run=True, **asked)
        num_bytes = sum(file.file_size or 0 for file in files)
        require_size(num_bytes, name)
        say(f"fetching {name} ({num_bytes / 1e6:,.1f} MB) from {_shown(endpoint)} (once)")
        return Path(snapshot_download(name, **asked))
    except LeadlineError:
        raise
    except Exception as error:  # of the package, of its HTTP client and of the system below, which share no base
        raise _said(error, name, _shown(endpoint)) from error


def _said(error: Exception, name: str, endpoint: str) -> LeadlineError:
    """What went wrong, by the server's answer where there was one."""
    status = next((answer for answer in map(_status, _causes(error)) if answer), 0)
    gated = any(type(cause).__name__ == "GatedRepoError" for cause in _causes(error))
    if gated or status == 403:
        saw = f"{endpoint} does not give {name} to everybody: its terms have to be accepted there first"
        advice = f"accept them at {endpoint}/{name}, and set HF_TOKEN to your key"
        return LeadlineError(saw, "a model that is open to all, or a key", advice)
    if status in (401, 404):  # the hub answers 401 also to who asks for what is not there
        saw = f'{endpoint} knows no model "{name}", or does not show it to everybody'
        advice = "look at its spelling; for a private one set HF_TOKEN"
        return LeadlineError(saw, "the name of a model, such as google/vit-base-patch16-224", advice)
    if status:
        return LeadlineError(f"{endpoint} answered {status} when asked for {name}", "an answer with a model", "try again later")
    if isinstance(error, OSError) and error.errno:
        saw = f"{name} could not be kept below {cache_folder()}: {error.strerror}"
        return LeadlineError(saw, "room, and a folder that can be written to")
    saw = f"{endpoint} could not be reached to fetch {name} ({_causes(error)[-1]})"
    return LeadlineError(saw, "a connection, once", "fetch it elsewhere and name its folder")


def _causes(error: BaseException | None) -> list[BaseException]:
    """The error and those behind it."""
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _status(error: BaseException) -> int:
    return int(getattr(getattr(error, "response", None), "status_code", 0) or 0)


@contextmanager
def offline() -> Iterator[None]:
    """A config may name other models of the hub, which are then asked for however local its folder is: sessions refuse while this is on."""
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before
