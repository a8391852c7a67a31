"""Which labels look wrong to cleanlab, with five-fold logistic regression on given vectors or with given out-of-fold probabilities.

    .venv-peers-cleanlab/bin/python bench/peers/cleanlab_labels.py ROWS.npz -o SAID.npz

ROWS holds `classes` (n,) and `vectors` (n, d) or `probabilities` (n, k). The penalty of the regression is the one of three that predicts
the first fold best. Writes the probabilities, a score of every documented way to rank (`rank_NAME`, high where wrong) and the rows that
every documented filter flags (`flag_NAME`), and prints one JSON line: processor seconds of either step, and how many it expects.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np

FOLDS = 5
PENALTIES = (3e-4, 3e-3, 3e-2)  # C of scikit-learn, on columns of variance one
RANKS = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")
FILTERS = (
    "prune_by_noise_rate", "prune_by_class", "both", "confident_learning", "predicted_neq_given", "low_self_confidence",
    "low_normalized_margin",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", type=Path)
    parser.add_argument("-o", "--out", type=Path, required=True)
    asked = parser.parse_args()
    given = np.load(asked.rows)
    warnings.simplefilter("ignore")  # a regression that has not settled after its steps is good enough
    began = time.process_time()
    probabilities = given["probabilities"] if "probabilities" in given else out_of_fold(given["vectors"], given["classes"])
    learned = time.process_time()
    from cleanlab.count import num_label_issues
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    classes = given["classes"]
    said = {f"rank_{name}": 1 - get_label_quality_scores(classes, probabilities, method=name) for name in RANKS}
    said |= {f"flag_{name}": find_label_issues(classes, probabilities, filter_by=name, n_jobs=1) for name in FILTERS}
    expected = int(num_label_issues(classes, probabilities))
    np.savez(asked.out, probabilities=probabilities, **said)
    took = {"learning_cpu": learned - began, "judging_cpu": time.process_time() - learned}
    print(json.dumps({**took, "expected": expected, "peer": f"cleanlab {version('cleanlab')}; scikit-learn {version('scikit-learn')}"}))


def out_of_fold(vectors: np.ndarray, classes: np.ndarray) -> np.ndarray:
    from sklearn.metrics import log_loss
    from sklearn.model_selection import StratifiedKFold

    columns = vectors.astype(np.float32) - vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
    columns /= np.maximum(columns.std(axis=0), 1e-6)
    folds = list(StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(columns, classes))
    tried = {penalty: answers(columns, classes, *folds[0], penalty) for penalty in PENALTIES}
    losses = {penalty: log_loss(classes[folds[0][1]], chances, labels=np.unique(classes)) for penalty, chances in tried.items()}
    best = min(losses, key=losses.__getitem__)
    found = np.empty((len(classes), len(np.unique(classes))))
    found[folds[0][1]] = tried[best]
    for teach, judge in folds[1:]:
        found[judge] = answers(columns, classes, teach, judge, best)
    return found


def answers(columns: np.ndarray, classes: np.ndarray, teach: np.ndarray, judge: np.ndarray, penalty: float) -> np.ndarray:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=penalty, max_iter=100).fit(columns[teach], classes[teach])
    return np.asarray(fitted.predict_proba(columns[judge]), np.float64)


if __name__ == "__main__":
    main()
