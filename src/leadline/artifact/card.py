"""The model card: what the model is for a person who finds the folder (after Mitchell et al. 2019)."""

from __future__ import annotations

from collections.abc import Sequence

from leadline.artifact.manifest import Manifest
from leadline.tasks.monotone import directions_in_words


def model_card(manifest: Manifest, remarks: Sequence[str] = ()) -> str:
    """Markdown; holds no dates, so that equal training gives equal files. `remarks` say how it was learned, where that is worth saying."""
    columns = "\n".join(f"- {column['name']}: {column['type']}" for column in manifest.columns)
    scores = "\n".join(_score_line(name, score) for name, score in manifest.metrics.items())
    encoders = "\n".join(f"- {card['name']}: {card['source']}, licence {card['licence']}" for card in manifest.encoders) or "- none"
    promises = "".join(f"\n{line}\n" for line in directions_in_words(manifest.monotone, manifest.asked(), tuple(manifest.classes)))
    classes = f"\nClasses: {', '.join(manifest.classes)}\n" if manifest.classes else ""
    decides = manifest.asked().decides_in_words(tuple(manifest.classes))
    classes += f"\n{decides}\n" if decides else ""
    learned = "".join(f"\n{remark[:1].upper()}{remark[1:]}.\n" for remark in remarks)
    return f"""# {manifest.name}

Task: {manifest.task} of `{manifest.target}` by the learner `{manifest.learner}`, from {manifest.data["rows"]:,} rows.
{classes}{promises}{learned}
## Reads

{columns}

## How good it is

Measured on rows that the model, or with nested cross-validation one made alike, did not learn from; in brackets the 95% interval.

{scores}

For comparison, the trivial baseline: {manifest.metric} {manifest.baseline["value"]:.4f}.

## Pretrained parts

{encoders}

Answers about rows unlike the training data are not covered by these figures.
"""


def _score_line(name: str, score: dict[str, float]) -> str:
    return f"- {name}: {score['value']:.4f} ({score['low']:.4f} to {score['high']:.4f}, n = {score['n']:,})"
