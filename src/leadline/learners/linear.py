"""A linear model on everything that can be written in columns: numbers, categories, labels, and the n-grams of texts.

For two classes n-grams carry naive-Bayes weights (Wang and Manning 2012), else inverse document frequencies; rows of n-grams have
length 1. Measured on `imdb`: see LOG.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from leadline.data.examples import Examples
from leadline.encoders.join import Join
from leadline.encoders.multihot import MultiHot
from leadline.encoders.ngrams import HashedNgrams, Ngrams
from leadline.encoders.tabular import DesignMatrix
from leadline.evaluate.folds import make_folds
from leadline.heads.linear import LinearHead
from leadline.learners.contract import Learner, Sizes, Work
from leadline.learners.pairs import with_pairs
from leadline.learners.search import Aim, Search, Trial
from leadline.learners.tables import Encoders, table_matrix, table_width, widths_to_try
from leadline.parts import COLUMN, Graph, Node
from leadline.tasks.contract import Task
from leadline.tasks.monotone import SIGNS, Direction
from leadline.values import Features, Sparse, num_columns

TABLE_TYPES = ("number", "category")
TEXT, TAGS = "text", "tags"

# Texts shorter than this (mean, in characters) have few words, and pieces of words say more: 13 words of a question, not a review.
_SHORT_TEXT = 300.0
_CHARACTERS_PER_WORD = 4.5
_LABELS_A_CELL = 5
_FEW_ROWS = 5000  # fewer n-grams can be spared here than in a large set
# Folds that choose a strength at efforts 0, 1 and 2, from so many rows on: few rows make a small held-out part, by which little can
# be told; on the 25,000 of `imdb` one fold and five both end at 91.9 %, in 12 and 42 s a fit.
_INNER_FOLDS = ((0, (0, 0, 0)), (20, (2, 5, 5)), (1000, (2, 3, 5)), (5000, (1, 1, 3)), (20_000, (1, 1, 1)))
# With so many outputs every n-gram is kept so many times: then only those are kept that are in twice as many texts, and so on.
_OUTPUTS_THAT_COST = 200
_MANY_OUTPUTS = 10  # beyond, a path costs so much and its end is so flat that the next coarser one is walked
_PREPARING = 40  # measured on `imdb` and `banking77`
# Measured as the peak of a fit: hashes and counts of n-grams, features in both orders with the copies on the way; a dense matrix with the
# solver's copy of it. Together a fit stays under `_MOST_BYTES`.
_BYTES_TEXT, _BYTES_TABLE = 80.0, 20.0
_MOST_BYTES = 2.5e9
# Products of two columns (LOG.md): tried from effort 1 and so many rows on, up to so many outputs, and what they must leave of the held-out
# loss.
_PAIRS, _PAIRED_ROWS, _PAIRED_OUTPUTS, _CLEARLY = 200, 1000, 20, 0.97
# Weights of one sign only: steps that a bound cuts short gain little, so that a descent has to end later, and each takes three products
# instead of two (LOG.md); pairs of steps are kept for every n-gram, where else they are for every row.
_BOUNDED_TOLERANCE, _BOUNDED_STEPS, _BYTES_BOUNDED = 3.0, 2.5, 60.0
_DIRECT_SOLVES = 8  # strengths of a path that cost as much as the last solution, which starts from zero


def _powers(*exponents: float) -> list[float]:
    """Powers of ten, rounded: a plan is read by people too."""
    return [float(f"{10**exponent:.3g}") for exponent in exponents]


# From least to what a specialist would do: how finely the path of strengths is walked and how exactly.
_PATHS: tuple[dict[str, Any], ...] = (
    {"strengths": _powers(-1, -2, -3, -4, -5, -6, -7), "tolerance": 1e-2},
    {"strengths": _powers(-1, -2, -2.5, -3, -3.5, -4, -4.5, -5, -5.5, -6, -6.5, -7, -7.5, -8), "tolerance": 3e-3},
    {"strengths": _powers(*(-k / 2 for k in range(2, 17))), "tolerance": 1e-3},  # quarter powers: twice the time, same scores
)


def path_settings(rows: int, num_outputs: int, effort: int) -> dict[str, Any]:
    """The part of `Work.settings` that every linear head shares; see `Search`. 0 inner folds: nothing is chosen."""
    path = _PATHS[max(0, effort - 1) if num_outputs > _MANY_OUTPUTS else effort]
    path = path | {"tolerance": _PATHS[effort]["tolerance"]}
    folds = max((least, folds) for least, folds in _INNER_FOLDS if rows >= least)[1]
    return {**path, "max_iterations": 100, "inner_folds": folds[effort]}


def path_solves(settings: Mapping[str, Any], aim: Aim) -> int:
    """Solutions for one output at most: every strength on every inner fold."""
    return aim.num_searched * len(settings["strengths"]) * int(settings["inner_folds"])


def direct_solves(aim: Aim) -> int:
    """What the last solution costs, in those of a path: it starts from zero."""
    return aim.num_outputs * _DIRECT_SOLVES


def with_strength(work: Work, train: Examples, task: Task, seed: int, trial: Callable[[Examples, Examples], Trial]) -> Work:
    """The work with the one strength that rows held out of `train` prefer; `trial` makes features of rows that teach and that judge."""
    return judged_strength(work, train, task, seed, trial)[0]


def judged_strength(work: Work, train: Examples, task: Task, seed: int, trial: Callable[[Examples, Examples], Trial]) -> tuple[Work, float]:
    """The same, and the held-out loss; infinite where nothing was held out."""
    settings = work.settings
    some = sampled(train, settings["rows"], seed)
    folds = make_folds(some, task, settings["inner_folds"], seed) if settings["inner_folds"] else []
    trials = [trial(some.take(fold.train), some.take(fold.valid)) for fold in folds]
    strength, loss = Search.of(settings).choose(trials, Aim.of(task, train.num_classes))
    return replace(work, settings={**settings, "strengths": [strength], "inner_folds": 0}, tuning_steps=0.0), loss


class Linear(Learner):
    name: ClassVar[str] = "linear"
    family: ClassVar[str] = "classical"
    title: ClassVar[str] = "linear model on words and columns"
    keeps_monotone: ClassVar[bool] = True  # by weights of one sign: see `DesignMatrix.signs`

    def why_not(self, sizes: Sizes, task: Task) -> str | None:
        if sizes.columns_of(*TABLE_TYPES, TEXT, TAGS):
            return None
        return "it reads numbers, categories, tags and texts, and there are none among the columns"

    def inputs(self, sizes: Sizes) -> list[Node]:
        hashed = HashedNgrams((1, 2), (2, 5)) if sizes.text_length < _SHORT_TEXT else HashedNgrams((1, 3))
        return [Node(_hashed(name), hashed, (COLUMN + name,)) for name in sizes.columns_of(TEXT)]

    def work(self, sizes: Sizes, task: Task, effort: int) -> Work:
        """Steps are a million non-zero features looked at once for one output and one strength of the path.

        Counting and looking up n-grams, once for every inner fold and once for all rows, costs as much as `_PREPARING` such looks.
        """
        aim = Aim.of(task, sizes.num_classes)
        settings = path_settings(sizes.rows, aim.num_outputs, effort) | {
            "min_documents": (3 if sizes.rows >= _FEW_ROWS else 1) * (1 + aim.num_outputs // _OUTPUTS_THAT_COST),
            "smoothing": 1.0,
            "offset": 0.1,  # `imdb`, five folds of the training rows: 92.36 % against 92.22 % with none
            "weighting": "naive-bayes" if aim.loss == "two-classes" else "idf",
            "monotone": dict(sizes.monotone),
            "numbers": widths_to_try(sizes),
        }
        in_texts, in_tables = _entries_in_texts(sizes), table_width(sizes, aim.num_outputs) + self.vector_width(sizes)
        pairs = _PAIRS if effort and _may_pair(sizes, aim) else 0
        row_bytes = in_texts * _BYTES_TEXT + (in_tables + pairs) * _BYTES_TABLE + aim.num_searched * 8 * 60
        if sizes.monotone:
            settings["tolerance"] /= _BOUNDED_TOLERANCE
            row_bytes += in_texts * _BYTES_BOUNDED
        settings["rows"] = rows_within(sizes.rows, row_bytes)
        settings["pairs"] = pairs if settings["inner_folds"] else 0
        looks = settings["rows"] * (_BOUNDED_STEPS if sizes.monotone else 1.0)
        entries, paired = looks * (in_texts + in_tables), looks * (in_texts + in_tables + settings["pairs"])
        steps = paired * (_PREPARING + direct_solves(aim)) * (2 if settings["pairs"] else 1) / 1e6  # a sum without them comes first
        tries = entries + paired if settings["pairs"] else entries
        tuning = tries * (_PREPARING * settings["inner_folds"] + path_solves(settings, aim)) / 1e6
        tuning *= sum(settings["numbers"]) / settings["numbers"][0] if settings["numbers"] else 1.0
        return Work(steps, int(settings["rows"] * row_bytes), settings, tuning)

    def tuned(self, train: Examples, task: Task, work: Work, seed: int) -> Work:
        """With products of columns that act together only where these make held-out rows clearly easier to answer; of a very wide table
        with as many columns as answer them best.
        """
        vectors = self.vectors(train)

        def judged(number: int, numbers: Sequence[int]) -> tuple[Work, float]:
            settings = {**work.settings, "pairs": number, "numbers": list(numbers)}
            return judged_strength(
                replace(work, settings=settings), train, task, seed,
                lambda teach, judge: _trial(teach, judge, task, settings, vectors, seed),
            )  # fmt: skip

        number, widths = work.settings["pairs"], work.settings.get("numbers", [])
        if not work.settings["inner_folds"]:
            return judged(number, widths[:1])[0]
        plain, loss = min((judged(0, widths[place : place + 1]) for place in range(max(1, len(widths)))), key=lambda found: found[1])
        if not number:
            return plain
        paired, with_loss = judged(number, plain.settings["numbers"])
        return paired if with_loss < _CLEARLY * loss else plain

    def fit(self, train: Examples, task: Task, work: Work, seed: int) -> Graph:
        work = self.tuned(train, task, work, seed)
        train = sampled(train, work.settings["rows"], seed)
        encoders = _fit_encoders(train, task, work.settings, self.vectors(train), seed)
        features, aim = encoders.of_taught(train.values), Aim.of(task, train.num_classes)
        found = Search.of(work.settings).fit(features, train.target, aim, _signs(encoders, features, work.settings))
        head = LinearHead(found.coef, found.intercept)
        return Graph((*encoders.nodes, Node("linear", head, encoders.names)))

    def vectors(self, train: Examples) -> list[str]:
        """Names of what stateless encoders made of the rows that is put beside the n-grams and columns as it is; here nothing."""
        return []

    def vector_width(self, sizes: Sizes) -> int:
        """Numbers of a row in those."""
        return 0


def _may_pair(sizes: Sizes, aim: Aim) -> bool:
    """Whether there are columns that could act together, and rows enough to tell; in a product no column has a direction."""
    return (
        not sizes.monotone and sizes.rows >= _PAIRED_ROWS and aim.num_outputs <= _PAIRED_OUTPUTS and len(sizes.columns_of(*TABLE_TYPES)) > 1
    )


def _hashed(column: str) -> str:
    return f"{column}.{HashedNgrams.kind}"


def _trial(train: Examples, valid: Examples, task: Task, settings: Mapping[str, Any], vectors: Sequence[str], seed: int) -> Trial:
    """The encoders see the teaching rows alone: n-gram weights know the answers of the rows that they were made of."""
    encoders = _fit_encoders(train, task, settings, vectors, seed)
    features = encoders.of_taught(train.values)
    return Trial(features, train.target, Graph(encoders.nodes).run(valid.values), valid.target, _signs(encoders, features, settings))


def _signs(encoders: Encoders, features: Features, settings: Mapping[str, Any]) -> np.ndarray | None:
    """For every feature the sign that its weight has to have, where the user asked for directions of answers."""
    monotone: Mapping[str, Direction] = settings.get("monotone", {})
    if not monotone:
        return None
    matrix = next(node.part for node in encoders.nodes if isinstance(node.part, DesignMatrix))  # its features come first
    signs = matrix.signs({name: SIGNS[word] for name, word in monotone.items()})
    return np.pad(signs, (0, num_columns(features) - len(signs)))


def _fit_encoders(train: Examples, task: Task, settings: Mapping[str, Any], vectors: Sequence[str], seed: int) -> Encoders:
    """Nodes from columns, hashed texts and vectors to one set of features."""
    table = table_matrix(train, task, seed, *settings.get("numbers", []))
    if settings["pairs"] and table.nodes:
        table = with_pairs(table, train, Aim.of(task, train.num_classes), settings["pairs"])
    others, taught = [_tags_node(train, name) for name in train.columns_of(TAGS)], dict(table.taught)
    for column in train.columns_of(TEXT):
        part, rows = _ngrams(train, column, settings)
        others.append(Node(f"{column}.{Ngrams.kind}", part, (_hashed(column),)))
        taught[others[-1].name] = rows
    nodes, names = (*table.nodes, *others), (*table.names, *(node.name for node in others), *vectors)
    return Encoders(nodes if len(names) == 1 else (*nodes, Node("joined", Join(), names)), taught)


def _tags_node(train: Examples, column: str) -> Node:
    return Node(f"{column}.{MultiHot.kind}", MultiHot.fit(train.values[COLUMN + column]), (COLUMN + column,))


def _ngrams(train: Examples, column: str, settings: Mapping[str, Any]) -> tuple[Ngrams, Sparse]:
    return Ngrams.taught(
        train.values[_hashed(column)],
        train.target if settings["weighting"] == "naive-bayes" else None,
        min_documents=settings["min_documents"],
        smoothing=settings["smoothing"],
        offset=settings["offset"],
        counts="log",
        normalise=True,
    )


def rows_within(rows: int, row_bytes: float) -> int:
    """How many rows may teach so that the fit stays within memory: a hundred thousand rows settle a linear model."""
    return min(rows, max(1_000, int(_MOST_BYTES / row_bytes)))


def sampled(train: Examples, rows: int, seed: int) -> Examples:
    """So many of the rows at random, in their order."""
    if len(train) <= rows:
        return train
    return train.take(np.sort(np.random.default_rng([seed, 13]).choice(len(train), rows, replace=False)))


def _entries_in_texts(sizes: Sizes) -> float:
    """About how many n-grams and labels a row has."""
    words = sizes.text_length / _CHARACTERS_PER_WORD
    per_text = 2 * words + 4 * sizes.text_length if sizes.text_length < _SHORT_TEXT else 3 * words
    return per_text * len(sizes.columns_of(TEXT)) + _LABELS_A_CELL * len(sizes.columns_of(TAGS))
