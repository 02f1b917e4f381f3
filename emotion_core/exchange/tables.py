"""The figures of a bundle as tables: held-out scores, and where every scored text projects."""

from __future__ import annotations

import numpy as np
import pandas as pd

from emotion_core.charts.palette import parquet_bytes, table_bytes
from emotion_core.charts.separation import separation_table
from emotion_core.evaluation.scores import HeldOutScores

# Above this many rows (emotions x layers x texts) the projections are kept at each emotion's chosen layer alone.
MOST_ROWS = 200_000


def projection_table(scores: HeldOutScores) -> pd.DataFrame:
    """One row an emotion, layer and scored text: the projection on the unit direction.

    With more than `MOST_ROWS` rows, the chosen layer of each emotion only.
    """
    everything = scores.projections.size <= MOST_ROWS
    return pd.concat(
        [
            _projected(scores, e, layer)
            for e, chosen in enumerate(scores.selected_layers)
            for layer in (range(scores.n_layers) if everything else (chosen,))
        ],
        ignore_index=True,
    )


def _projected(scores: HeldOutScores, e: int, layer: int) -> pd.DataFrame:
    kept = np.flatnonzero(scores.sides[e])
    return pd.DataFrame(
        {
            "emotion": scores.emotions[e],
            "layer": layer,
            "chosen": layer == scores.selected_layers[e],
            "side": np.where(scores.sides[e, kept] > 0, "positive", "negative"),
            "projection": scores.projections[e, layer, kept].astype(float),
            "text": [scores.texts[i] for i in kept],
        }
    )


def score_table(scores: HeldOutScores) -> pd.DataFrame:
    """One row an emotion and layer: every measure with its null, and at the chosen layer verdict and rivals."""
    table = separation_table(scores)
    chosen = table["chosen"]
    by_emotion = {emotion: e for e, emotion in enumerate(scores.emotions)}
    place = table["emotion"].map(by_emotion)
    table["verdict"] = [scores.verdicts[e].word if at else None for e, at in zip(place, chosen, strict=True)]
    table["p_corrected"] = [scores.q_values[e] if at else np.nan for e, at in zip(place, chosen, strict=True)]
    for column, rival in (
        ("bag_of_words_auroc", "vocabulary"),
        ("length_auroc", "length"),
        ("embedding_auroc", "embedding"),
        ("character_ngrams_auroc", "characters"),
    ):
        table[column] = [getattr(scores.rivals[e], rival) for e in place]
    return table


def table_files(scores: HeldOutScores) -> dict[str, bytes]:
    """Both tables as CSV and parquet, by their path in a bundle."""
    files = {}
    for name, table in (("scores", score_table(scores)), ("projections", projection_table(scores))):
        files[f"tables/{name}.csv"] = table_bytes(table)
        files[f"tables/{name}.parquet"] = parquet_bytes(table)
    return files
