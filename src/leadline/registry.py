"""Names of interchangeable parts and where each lives. Adding a part is one file and one line here."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from importlib import import_module
from typing import Any

from leadline.errors import LeadlineError


class Registry:
    """Maps a name to `"module:attribute"`; the module is imported when the name is asked for."""

    def __init__(self, noun: str, places: dict[str, str]) -> None:
        self.noun = noun
        self.places = places

    def get(self, name: str) -> Any:
        if name not in self.places:
            close = get_close_matches(name, self.places, n=1)
            raise LeadlineError(
                f'"{name}" is not a {self.noun}',
                f"one of: {', '.join(self.places)}",
                f'did you mean "{close[0]}"?' if close else "",
            )
        module, attribute = self.places[name].split(":")
        return getattr(import_module(module), attribute)

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __contains__(self, name: object) -> bool:
        return name in self.places

    def make_all(self) -> list[Any]:
        """One new object of every entry, in the order written here."""
        return [self.get(name)() for name in self]


# Order matters: the first type that recognises a column with the most confidence wins.
COLUMNS = Registry("column type", {
    "image": "leadline.columns.image:Image",
    "number": "leadline.columns.number:Number",
    "datetime": "leadline.columns.datetime:Datetime",
    "category": "leadline.columns.category:Category",
    "text": "leadline.columns.text:Text",
    "tags": "leadline.columns.tags:Tags",
})  # fmt: skip

TASKS = Registry("task", {
    "classify": "leadline.tasks.classify:Classify",
    "regress": "leadline.tasks.regress:Regress",
    "tag": "leadline.tasks.tag:Tag",
})  # fmt: skip

# What reads each kind of source: by the ending of a file's name, by the beginning of an address, or a folder.
READERS = Registry("kind of source", {
    "folder": "leadline.data.folder:Folder",
    "-": "leadline.data.stdin:StandardInput",
    ".csv": "leadline.data.csv:Csv",
    ".tsv": "leadline.data.csv:Csv",
    ".tab": "leadline.data.csv:Csv",
    ".parquet": "leadline.data.parquet:Parquet",
    ".arrow": "leadline.data.arrow:Arrow",
    ".feather": "leadline.data.arrow:Arrow",
    ".ipc": "leadline.data.arrow:Arrow",
    ".json": "leadline.data.json:Json",
    ".jsonl": "leadline.data.jsonl:JsonLines",
    ".ndjson": "leadline.data.jsonl:JsonLines",
    ".xlsx": "leadline.data.excel:Excel",
    ".xlsm": "leadline.data.excel:Excel",
    ".xls": "leadline.data.excel:Excel",
    ".ods": "leadline.data.excel:Excel",
    ".db": "leadline.data.sqlite:Sqlite",
    ".sqlite": "leadline.data.sqlite:Sqlite",
    ".sqlite3": "leadline.data.sqlite:Sqlite",
    ".zip": "leadline.data.archive:Zip",
    ".tar": "leadline.data.archive:Tar",
    ".tar.gz": "leadline.data.archive:Tar",
    ".tgz": "leadline.data.archive:Tar",
    ".tar.bz2": "leadline.data.archive:Tar",
    ".tar.xz": "leadline.data.archive:Tar",
    ".gz": "leadline.data.archive:Compressed",
    ".bz2": "leadline.data.archive:Compressed",
    ".xz": "leadline.data.archive:Compressed",
    "sqlite://": "leadline.data.sqlite:Sqlite",
    "postgresql://": "leadline.data.database:PostgreSql",
    "postgres://": "leadline.data.database:PostgreSql",
})  # fmt: skip

# What reads a table in memory, by the package that its class is from: a function from such a table to `Table`.
TABLES = Registry("kind of table in memory", {
    "polars": "leadline.data.frame:read_polars",
    "pandas": "leadline.data.pandas_frame:read_pandas",
    "datasets": "leadline.data.hugging_face:read_dataset",
    "numpy": "leadline.data.arrays:read_array",
    "builtins": "leadline.data.arrays:read_built_in",
})  # fmt: skip

# Stateless encoders whose output the store keeps.
ENCODERS = Registry("pretrained encoder", {
    "efficientnet-lite0": "leadline.encoders.efficientnet:EfficientNetLite0",
    "minilm": "leadline.encoders.minilm:MiniLM",
})  # fmt: skip

LEARNERS = Registry("learner", {
    "baseline": "leadline.learners.baseline:Baseline",
    "linear": "leadline.learners.linear:Linear",
    "trees": "leadline.learners.trees:Trees",
    "probe": "leadline.learners.probe:Probe",
})  # fmt: skip

# Everything an artefact can be made of: its graph names parts by these kinds.
PARTS = Registry("kind of part", {
    "efficientnet-lite0": "leadline.encoders.efficientnet:EfficientNetLite0",
    "minilm": "leadline.encoders.minilm:MiniLM",
    "hashed-ngrams": "leadline.encoders.ngrams:HashedNgrams",
    "ngrams": "leadline.encoders.ngrams:Ngrams",
    "design-matrix": "leadline.encoders.tabular:DesignMatrix",
    "typed-columns": "leadline.encoders.tabular:TypedColumns",
    "multi-hot": "leadline.encoders.multihot:MultiHot",
    "join": "leadline.encoders.join:Join",
    "constant": "leadline.heads.constant:Constant",
    "linear": "leadline.heads.linear:LinearHead",
    "trees": "leadline.heads.trees:TreesHead",
    "temperature": "leadline.heads.temperature:Temperature",
})  # fmt: skip
