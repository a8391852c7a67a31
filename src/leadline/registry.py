"""Names of interchangeable parts and where each lives. Adding a part is one file and one line here."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
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
        return _found(self.places[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __contains__(self, name: object) -> bool:
        return name in self.places

    def make_all(self) -> list[Any]:
        """One new object of every entry, in the order written here."""
        return [self.get(name)() for name in self]


@cache
def _found(place: str) -> Any:
    """Kept, as answering one row asks 70 times."""
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute)


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
    "folder": "leadline.data.folders.folder:Folder",
    "-": "leadline.data.stdin:StandardInput",
    ".csv": "leadline.data.text.csv:Csv",
    ".tsv": "leadline.data.text.csv:Csv",
    ".tab": "leadline.data.text.csv:Csv",
    ".parquet": "leadline.data.columnar.parquet:Parquet",
    ".arrow": "leadline.data.columnar.arrow:Arrow",
    ".feather": "leadline.data.columnar.arrow:Arrow",
    ".ipc": "leadline.data.columnar.arrow:Arrow",
    ".json": "leadline.data.json_files.json:Json",
    ".jsonl": "leadline.data.json_files.jsonl:JsonLines",
    ".ndjson": "leadline.data.json_files.jsonl:JsonLines",
    ".xlsx": "leadline.data.workbooks.excel:Excel",
    ".xlsm": "leadline.data.workbooks.excel:Excel",
    ".xls": "leadline.data.workbooks.excel:Excel",
    ".ods": "leadline.data.workbooks.excel:Excel",
    ".db": "leadline.data.databases.sqlite:Sqlite",
    ".sqlite": "leadline.data.databases.sqlite:Sqlite",
    ".sqlite3": "leadline.data.databases.sqlite:Sqlite",
    ".zip": "leadline.data.archives.archive:Zip",
    ".tar": "leadline.data.archives.archive:Tar",
    ".tar.gz": "leadline.data.archives.archive:Tar",
    ".tgz": "leadline.data.archives.archive:Tar",
    ".tar.bz2": "leadline.data.archives.archive:Tar",
    ".tbz2": "leadline.data.archives.archive:Tar",
    ".tar.xz": "leadline.data.archives.archive:Tar",
    ".txz": "leadline.data.archives.archive:Tar",
    ".gz": "leadline.data.archives.archive:Compressed",
    ".bz2": "leadline.data.archives.archive:Compressed",
    ".xz": "leadline.data.archives.archive:Compressed",
    "sqlite://": "leadline.data.databases.sqlite:Sqlite",
    "postgresql://": "leadline.data.databases.database:PostgreSql",
    "postgres://": "leadline.data.databases.database:PostgreSql",
})  # fmt: skip

# What reads a table in memory, by the package that its class is from: a function from such a table to `Table`.
TABLES = Registry("kind of table in memory", {
    "polars": "leadline.data.memory.frame:read_polars",
    "pandas": "leadline.data.memory.pandas_frame:read_pandas",
    "datasets": "leadline.data.memory.hugging_face:read_dataset",
    "numpy": "leadline.data.memory.arrays:read_array",
    "builtins": "leadline.data.memory.arrays:read_built_in",
})  # fmt: skip

# Stateless encoders whose output the store keeps. Learners name the ones that they read.
ENCODERS = Registry("encoder", {
    "efficientnet-lite0": "leadline.encoders.efficientnet:EfficientNetLite0",
    "efficientnet-lite1": "leadline.encoders.efficientnet:EfficientNetLite1",
    "efficientnet-lite2": "leadline.encoders.efficientnet:EfficientNetLite2",
    "minilm": "leadline.encoders.minilm:MiniLM",
    "picture-features": "leadline.encoders.picture_features:PictureFeatures",
    "pixels": "leadline.encoders.pixels:Pixels",
})  # fmt: skip

# In the order in which the speed of a new machine is found out, and in which learners are given more effort, where the budget is short.
LEARNERS = Registry("learner", {
    "baseline": "leadline.learners.baseline:Baseline",
    "linear": "leadline.learners.linear:Linear",
    "trees": "leadline.learners.trees:Trees",
    "static": "leadline.learners.static:Static",
    "named-network": "leadline.learners.named:NamedProbe",
    "probe": "leadline.learners.probe:Probe",
    "rules": "leadline.learners.rules:Rules",
    "mlp": "leadline.learners.mlp:Mlp",
    "picture-features": "leadline.learners.classical_pictures:ClassicalPictures",
    "pixels": "leadline.learners.pixels:PixelsLinear",
    "probe-lite2": "leadline.learners.probe:LargerProbe",
})  # fmt: skip

# What puts several learners together, where that is better than the best of them.
BLENDS = Registry("way to blend", {
    "blend": "leadline.learners.blend:Blend",
})  # fmt: skip

# In the order in which they are run: quick ones first.
CHECKS = Registry("check", {
    "missing-values": "leadline.check.missing_values:MissingValues",
    "id-like": "leadline.check.id_like:IdLike",
    "mixed-types": "leadline.check.mixed_types:MixedTypes",
    "label-spelling": "leadline.check.label_spelling:LabelSpelling",
    "imbalance": "leadline.check.imbalance:Imbalance",
    "text-noise": "leadline.check.text_noise:TextNoise",
    "low-quality-picture": "leadline.check.low_quality_picture:LowQualityPicture",
    "spurious-cue": "leadline.check.spurious_cue:SpuriousCue",
    "target-leak": "leadline.check.target_leak:TargetLeak",
    "label-error": "leadline.check.label_error:LabelError",
    "confusable-classes": "leadline.check.confusable_classes:ConfusableClasses",
    "broad-class": "leadline.check.broad_class:BroadClass",
    "class-examples": "leadline.check.class_examples:ClassExamples",
    "outlier": "leadline.check.outlier:Outlier",
    "too-few": "leadline.check.too_few:TooFew",
    "train-test-shift": "leadline.check.train_test_shift:TrainTestShift",
    "split-leak": "leadline.check.split_leak:SplitLeak",
})  # fmt: skip

# Everything an artefact can be made of: its graph names parts by these kinds.
PARTS = Registry("kind of part", {
    "efficientnet-lite0": "leadline.encoders.efficientnet:EfficientNetLite0",
    "efficientnet-lite1": "leadline.encoders.efficientnet:EfficientNetLite1",
    "efficientnet-lite2": "leadline.encoders.efficientnet:EfficientNetLite2",
    "minilm": "leadline.encoders.minilm:MiniLM",
    "hub-text": "leadline.encoders.hub_text:HubText",
    "hub-image": "leadline.encoders.hub_image:HubImage",
    "picture-features": "leadline.encoders.picture_features:PictureFeatures",
    "pixels": "leadline.encoders.pixels:Pixels",
    "hashed-ngrams": "leadline.encoders.ngrams:HashedNgrams",
    "ngrams": "leadline.encoders.ngrams:Ngrams",
    "static-text": "leadline.encoders.static:StaticText",
    "design-matrix": "leadline.encoders.tabular:DesignMatrix",
    "typed-columns": "leadline.encoders.tabular:TypedColumns",
    "pairs": "leadline.encoders.pairs:Pairs",
    "target-means": "leadline.encoders.target_means:TargetMeans",
    "multi-hot": "leadline.encoders.multihot:MultiHot",
    "join": "leadline.encoders.join:Join",
    "constant": "leadline.heads.constant:Constant",
    "linear": "leadline.heads.linear:LinearHead",
    "trees": "leadline.heads.trees:TreesHead",
    "rules": "leadline.heads.rules:RulesHead",
    "mlp": "leadline.heads.mlp:MlpHead",
    "ngram-sketch": "leadline.encoders.ngram_sketch:NgramSketch",
    "class-distance": "leadline.heads.class_distance:ClassDistance",
    "table-distance": "leadline.heads.table_distance:TableDistance",
    "doubt": "leadline.heads.doubt:Doubt",
    "familiarity": "leadline.heads.rank:Rank",
    "scaling": "leadline.heads.scaling:Scaling",
    "numbers": "leadline.heads.numbers:Numbers",
    "temperature": "leadline.heads.temperature:Temperature",
    "weighted-sum": "leadline.heads.blend:WeightedSum",
})  # fmt: skip


def learner_class(name: str) -> Any:
    """The learner of that name, or the way to put several together."""
    return (LEARNERS if name in LEARNERS else BLENDS).get(name)
