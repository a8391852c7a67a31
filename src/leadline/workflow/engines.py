"""Which engine computes the training vectors: the fastest here that agrees with the one that will serve (design section 8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from leadline.encoders.contract import StoredEncoder
from leadline.encoders.engine import agreement
from leadline.encoders.store import Store, encode_through_store
from leadline.machine import Measurements
from leadline.progress import Progress
from leadline.values import take_rows
from leadline.workflow.encode import readable

AGREEMENT_ROWS = 256
_LEAST_ROWS = 200  # fewer cannot show that under 0.5 % of the answers change
_MOST_CHANGED = 0.005


def pick_engine(encoder: StoredEncoder, values: Any, rows: np.ndarray, rates: dict[str, float], store: Store, progress: Progress) -> str:
    """The fastest engine whose vectors agree with the reference; the comparison is made once per machine and kept."""
    kept = Measurements()
    for engine in sorted(rates, key=lambda name: -rates[name]):
        if engine == encoder.serving_engine:
            return engine
        name = agreement_name(encoder, engine)
        verdict = kept.get(name)
        if verdict is None and len(rows) >= _LEAST_ROWS:
            progress.say(f"comparing {engine} with {encoder.serving_engine} on {len(rows)} examples (once)")
            verdict = _compare(encoder, values, rows, engine, store)
            kept.keep(name, verdict)
        if verdict and verdict["passed"] and (verdict["changed"] is not None or len(rows) >= _LEAST_ROWS):
            return engine
    return encoder.serving_engine


def sampled(num_rows: int, seed: int) -> np.ndarray:
    """Positions of the rows that engines are compared on: the same in planning and after fitting, so they are encoded once.

    At most half of the rows, as the other half has to teach the head whose answers are compared.
    """
    return np.sort(np.random.default_rng([seed, 3]).choice(num_rows, min(AGREEMENT_ROWS, num_rows // 2), replace=False))


def agreement_name(encoder: StoredEncoder, engine: str) -> str:
    return f"agreement {encoder.kind} {sorted(encoder.key_settings().items())} {engine}"


def _compare(encoder: StoredEncoder, values: Any, rows: np.ndarray, engine: str, store: Store) -> dict[str, Any]:
    chosen = take_rows(values, rows)
    fast, bad = encode_through_store(encoder, chosen, engine, store)
    slow, _ = encode_through_store(encoder, chosen, encoder.serving_engine, store)
    good = readable(len(rows), bad)
    found = agreement(slow[good], fast[good])
    return {"mean_cosine": found.mean_cosine, "p5_cosine": found.p5_cosine, "passed": found.passed, "rows": len(good), "changed": None}


def confirm_engine(encoder: StoredEncoder, engine: str, changed: Callable[[], float | None]) -> bool:
    """Completes a comparison with the share of changed answers of a final model; False if the engine must not be used.

    Where no share can be had the engine is not used now, and is compared again another time.
    """
    kept = Measurements()
    name = agreement_name(encoder, engine)
    verdict = kept.get(name)
    if verdict is None or verdict["changed"] is not None:
        return bool(verdict is None or verdict["passed"])
    share = changed()
    if share is None:
        return False
    kept.keep(name, {**verdict, "changed": share, "passed": share < _MOST_CHANGED})
    return share < _MOST_CHANGED
