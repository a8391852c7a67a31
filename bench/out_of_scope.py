"""None of these: CLINC150's 150 intents, and 1,000 questions that belong to none of them.

    .venv/bin/python bench/out_of_scope.py [--budget 2m]

One command trains with `--abstain 95%` on the 15,000 questions of the training part: its threshold is chosen there. The official test part
says how many questions in scope are answered; the questions out of scope are read after that, once. How parts and threshold are made was
settled beforehand by leaving intents and whole domains of the training part out and taking their questions for strangers (LOG.md). `--peek`
does the same with the validation part in place of the test and three domains for strangers, to try things with.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl

from harness import DATA, Bench, leadline, parser_for, scratch_folder, train, training_columns
from reference import ROOT

INTENTS = ROOT / DATA / "intents" / "clinc150"
PROMISED = "95%"
LEFT_OUT = ("travel", "meta", "kitchen_and_dining")  # domains that are strangers when peeking


def main() -> int:
    parser = parser_for(__doc__)
    parser.add_argument("--budget", default="2m")
    parser.add_argument("--cache", type=Path, help="a cache that knows this machine and its vectors; else a new one")
    parser.add_argument("--peek", action="store_true", help="a rehearsal that reads no question of the test")
    chosen, bench = parser.parse_args(), Bench("out_of_scope")
    with scratch_folder("out_of_scope") as folder:
        strangers = rehearsal(folder) if chosen.peek else judgement(folder)
        options = ("--target", "label", "--budget", chosen.budget, "--abstain", PROMISED)
        model, cache = folder / "model.leadline", chosen.cache or folder / "cache"
        trial = train(folder / "intents", model, *options, cache=cache)
        inside = familiarities(model, folder / "intents" / "test.csv", cache)
        outside = familiarities(model, strangers, cache)
        found = {
            "answered_in_scope": 1 - inside["refused"].mean(),
            "refused_out_of_scope": outside["refused"].mean(),
            "auroc": auroc(-inside["familiarity"], -outside["familiarity"]),
        }
        if chosen.peek:
            print({**training_columns(trial.json()), **found})
            return 0
        bench.record(state="judged", budget=chosen.budget, **trial.row(), **training_columns(trial.json()), **found)
    bench.at_least("share of questions in scope that are answered", found["answered_in_scope"], 0.94)
    bench.at_most("the same, from above", found["answered_in_scope"], 0.96)
    bench.at_least("share of questions out of scope that are refused", found["refused_out_of_scope"], 0.90)
    bench.at_least("AUROC of familiarity", found["auroc"], 0.975)
    return bench.finish()


def judgement(folder: Path) -> Path:
    """Puts the official parts into `folder`; returns the questions out of scope."""
    put(folder, pl.read_csv(INTENTS / "train.csv"), pl.read_csv(INTENTS / "test.csv"))
    return INTENTS / "out_of_scope_test.csv"


def rehearsal(folder: Path) -> Path:
    domains = json.loads((INTENTS / "domains.json").read_text())
    strange = pl.col("label").is_in([intent for domain in LEFT_OUT for intent in domains[domain]])
    training, valid = pl.read_csv(INTENTS / "train.csv"), pl.read_csv(INTENTS / "valid.csv")
    put(folder, training.filter(~strange), valid.filter(~strange))
    valid.filter(strange).write_csv(folder / "strangers.csv")
    return folder / "strangers.csv"


def put(folder: Path, training: pl.DataFrame, test: pl.DataFrame) -> None:
    (folder / "intents").mkdir()
    training.write_csv(folder / "intents" / "train.csv")
    test.write_csv(folder / "intents" / "test.csv")


def familiarities(model: Path, data: Path, cache: Path) -> pl.DataFrame:
    out = model.parent / f"{data.stem}-predictions.csv"
    leadline("predict", model, data, "-o", out, "--json", cache=cache)
    return pl.read_csv(out).select("familiarity", "refused")


def auroc(inside: pl.Series, outside: pl.Series) -> float:
    """The chance that a stranger is called stranger than a question in scope, ties counted half."""
    ranks = pl.concat([inside, outside]).rank("average")
    total = ranks[len(inside) :].sum()
    return float((total - len(outside) * (len(outside) + 1) / 2) / (len(inside) * len(outside)))


if __name__ == "__main__":
    sys.exit(main())
