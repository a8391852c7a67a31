# ruff: noqa: N803, N806
"""scikit-learn estimators over `leadline`: arrays, tables with columns of every kind, and lists of texts go in.

    from leadline.sklearn import Classifier

    scores = cross_val_score(Classifier(budget="10s"), X, y)

They learn from every row that `fit` is given and judge nothing: that is what cross_val_score and the like are for.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl

from leadline.artifact.model import Model, load
from leadline.artifact.predictions import Answers
from leadline.data.memory.frame import read_frame
from leadline.data.plain import unique_names
from leadline.data.read import read
from leadline.errors import LeadlineError, listed, need_extra
from leadline.files import discard, scratch_folder
from leadline.tasks.classify import Classify
from leadline.workflow.fit import Unjudged, fit

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_array, check_random_state, column_or_1d
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import assert_all_finite, check_consistent_length, check_is_fitted, validate_data
except ImportError as missing:
    raise ImportError(str(need_extra("scikit-learn", "leadline.sklearn"))) from missing

__all__ = ["Classifier", "Regressor"]

_SEEDS = 2**31 - 1
# Models of fitted estimators, loaded when first asked: beside them, so that asking an estimator does not change it.
_loaded: weakref.WeakKeyDictionary[_Estimator, Model] = weakref.WeakKeyDictionary()


class _Estimator(BaseEstimator):  # type: ignore[misc]
    """What both have in common. The artefact's files are the only thing learned: an estimator pickles as they are."""

    _task: str

    def __init__(
        self,
        budget: str = "1m",
        metric: str | None = None,
        learners: Sequence[str] | None = None,
        types: dict[str, str] | None = None,
        monotone: dict[str, str] | None = None,
        random_state: Any = 0,
    ) -> None:
        self.budget = budget
        self.metric = metric
        self.learners = learners
        self.types = types
        self.monotone = monotone
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        tags.target_tags.required = True
        return tags

    @property
    def model_(self) -> Model:
        """What `leadline.load` gives for the saved model."""
        check_is_fitted(self)
        if self not in _loaded:
            folder = scratch_folder()
            _write(self.artifact_, folder)
            self._keep(load(folder), folder)
        return _loaded[self]

    def save(self, folder: str | Path) -> None:
        """Writes the model as `leadline train` does, without a score: for `leadline.load`, and for every verb that takes a model."""
        from leadline.files import folder_written_whole
        from leadline.workflow.runs import places

        check_is_fitted(self)
        with folder_written_whole(places("model", folder)[0]) as building:
            _write(self.artifact_, building)

    def _learn(self, X: Any, target: pl.Series, classes: list[str] | None = None, positive: str | None = None) -> None:
        """`target` is what the task takes, `positive` one of its two classes; what was learned becomes attributes."""
        frame, types = _frame_of(X)
        seed = int(check_random_state(self.random_state).randint(_SEEDS)) if not isinstance(self.random_state, int) else self.random_state
        folder = scratch_folder()
        try:
            name = unique_names([*frame.columns, target.name])[0][-1]
            data = read(frame.with_columns(target.alias(name)), target=name, types={**types, **(self.types or {})})
            learned = fit(
                data, folder / "model.leadline", task=self._task, metric=self.metric, budget=self.budget, seed=seed, learners=self.learners,
                positive=positive, classes=classes, monotone=self.monotone,
            )  # fmt: skip
        except BaseException as error:
            discard(folder)
            if isinstance(error, LeadlineError):
                raise ValueError(str(error)) from error
            raise
        self._remember(learned, folder)

    def _remember(self, learned: Unjudged, folder: Path) -> None:
        self.artifact_ = {
            path.relative_to(folder / "model.leadline").as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        self.learner_ = learned.model.manifest.learner
        self.scores_ = learned.scores
        self.left_out_ = {one.learner: one.why for one in learned.skipped}
        self.findings_ = [finding.title for finding in learned.findings]
        self._keep(learned.model, folder)

    def _keep(self, model: Model, folder: Path) -> None:
        """The files stay as long as the model, as networks are opened when first used."""
        _loaded[self] = model
        weakref.finalize(model, discard, folder)

    def familiarity(self, X: Any) -> np.ndarray:
        """(n,) the share of rows like those of `fit` that are as unlike the rest as this one, or more so: 0.03 is stranger than 97 in 100.

        NaN where nothing that the model reads tells it.
        """
        told = [np.full(len(one.values), np.nan) if one.familiarity is None else one.familiarity for one in self._answered(X)]
        return np.concatenate(told)

    def _answers(self, X: Any) -> np.ndarray:
        """The model's answers (n, num_classes) or (n,)."""
        return np.concatenate([answers.values for answers in self._answered(X)])

    def _answered(self, X: Any) -> list[Answers]:
        """What the model says of all rows, some thousands at a time. Raises ValueError for the first row that cannot be read."""
        check_is_fitted(self)
        frame, _ = _frame_of(self._checked(X))
        try:
            batches = [batch.answers for batch in self.model_.answered(frame)]
            for answers in batches:
                if answers.bad:
                    raise answers.bad[min(answers.bad)]
        except LeadlineError as error:
            raise ValueError(str(error)) from error
        return batches

    def _checked(self, X: Any, y: Any = None, fitting: bool = False) -> Any:
        """X with its columns counted and named as scikit-learn does; whatever is no table becomes an array of two dimensions."""
        least = 2 if fitting else 1
        if not _has_columns(X):
            X = check_array(
                _as_column(X), dtype=None, ensure_all_finite="allow-nan", ensure_min_samples=least, estimator=self, input_name="X"
            )
        elif len(X) < least:
            raise ValueError(f"the table has {len(X)} row(s) where at least {least} are needed (n_samples = {len(X)})")
        validate_data(self, X, reset=fitting, skip_check_array=True)
        return X


class Classifier(ClassifierMixin, _Estimator):  # type: ignore[misc]
    """Which class a row belongs to; `classes_` are the labels as they came, `predict_proba` calibrated chances.

    `predict` decides for the `metric`: the likeliest class, or as "f1", "f1_macro", "balanced_accuracy" and, of labels that are whole
    numbers in order, "quadratic_kappa" and "mae" ask for. `positive` is the label of two whose finding counts; None: the rare one where
    one is under a tenth, else the second of `classes_`.
    """

    _task = "classify"

    def __init__(
        self,
        budget: str = "1m",
        metric: str | None = None,
        positive: Any = None,
        learners: Sequence[str] | None = None,
        types: dict[str, str] | None = None,
        monotone: dict[str, str] | None = None,
        random_state: Any = 0,
    ) -> None:
        super().__init__(budget=budget, metric=metric, learners=learners, types=types, monotone=monotone, random_state=random_state)
        self.positive = positive

    def fit(self, X: Any, y: Any) -> Self:
        """X: an array, a table, or a list of texts; y (n,): a label for each row. Raises ValueError in words."""
        X, y, name = self._checked(X, fitting=True), _answers_of(self, y), _name_of(y)
        check_consistent_length(X, y)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y holds one class only, {self.classes_.tolist()[0]!r}; two are needed to learn how to tell them apart")
        self._learn(X, pl.Series(name, codes), [str(label) for label in self.classes_.tolist()], self._positive())
        return self

    def _positive(self) -> str | None:
        """The place in `classes_` of the label that is looked for, where it was said."""
        labels = self.classes_.tolist()
        if self.positive is None:
            return None
        if len(labels) != 2 or self.positive not in labels:
            shown = listed([repr(label) for label in labels])
            raise ValueError(f"{self.positive!r} cannot be the positive class: it has to be one of two, and y holds {shown}")
        return str(labels.index(self.positive))

    def predict_proba(self, X: Any) -> np.ndarray:
        """(n, num_classes), columns in the order of `classes_`."""
        answers = self._answers(X)
        places = [self.model_.classes.index(str(label)) for label in self.classes_.tolist()]
        chances: np.ndarray = answers[:, places].astype(np.float64)
        return chances

    def predict(self, X: Any) -> np.ndarray:
        """(n,) labels."""
        task, names = self.model_.task, [str(label) for label in self.classes_.tolist()]
        assert isinstance(task, Classify)
        places = np.array([names.index(name) for name in self.model_.classes])
        labels: np.ndarray = self.classes_[places[task.rule.decide(self._answers(X))]]
        return labels


class Regressor(RegressorMixin, _Estimator):  # type: ignore[misc]
    """A number for each row."""

    _task = "regress"

    def fit(self, X: Any, y: Any) -> Self:
        """X: an array, a table, or a list of texts; y (n,): a number for each row. Raises ValueError in words."""
        X, y, name = self._checked(X, fitting=True), _answers_of(self, y), _name_of(y)
        check_consistent_length(X, y)
        self._learn(X, pl.Series(name, np.asarray(y, dtype=np.float64)))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """(n,) numbers."""
        return self._answers(X)


def _answers_of(estimator: _Estimator, y: Any) -> np.ndarray:
    if y is None:
        raise ValueError(f"requires y to be passed, but the target y is None: {type(estimator).__name__} learns from answers")
    answers: np.ndarray = column_or_1d(y, warn=True)
    assert_all_finite(answers, estimator_name=type(estimator).__name__, input_name="y")
    return answers


def _name_of(y: Any) -> str:
    name = getattr(y, "name", None)
    return name if isinstance(name, str) and name else "target"


def _has_columns(X: Any) -> bool:
    return hasattr(X, "columns") and not hasattr(X, "tocsr")


def _as_column(X: Any) -> Any:
    """A list of texts is a table of one column; everything else stays as it is."""
    if isinstance(X, str) or not hasattr(X, "__len__") or (hasattr(X, "ndim") and X.ndim != 1):
        return X
    values = list(X)
    return np.array(values, dtype=object).reshape(-1, 1) if values and all(isinstance(one, str) for one in values) else X


def _frame_of(X: Any) -> tuple[pl.DataFrame, dict[str, str]]:
    """The columns, and the types of those that can be but one: an array of numbers holds numbers, whatever they look like."""
    if _has_columns(X):
        return read_frame(X).frame, {}
    if X.dtype.kind not in "biuf":
        return read_frame(X).frame, {}
    numbers = X if X.dtype == np.float32 else X.astype(np.float64)
    names = [f"x{place}" for place in range(X.shape[1])]
    return pl.DataFrame(dict(zip(names, numbers.T, strict=True))), dict.fromkeys(names, "number")


def _write(files: dict[str, bytes], folder: Path) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
