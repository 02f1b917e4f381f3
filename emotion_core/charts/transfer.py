"""Charts and tables of a transfer: AUROC on the other set by layer, with chance and what simpler rivals reach."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.charts.palette import CATEGORICAL, CHOSEN, NULL, POSITIVE
from emotion_core.charts.parts import Q, between, layer_axis, layered, null_band, tips
from emotion_core.evaluation.transfer import Transfer, TransferScore

_DASHES = ([2, 2], [6, 3], [8, 2, 2, 2], [1, 3], [10, 4])
# Neither the orange of the direction itself nor the colour of the ring.
_RIVAL_COLOURS = (CATEGORICAL[0], CATEGORICAL[2], CATEGORICAL[3], CATEGORICAL[5], CATEGORICAL[6])


def transfer_table(score: TransferScore) -> pd.DataFrame:
    """One row a layer: what the chart draws and the CSV holds."""
    return pd.DataFrame(
        {
            "layer": range(len(score.auroc)),
            "chosen": [layer == score.selected_layer for layer in range(len(score.auroc))],
            "auroc": score.auroc,
            "low": score.low,
            "high": score.high,
            "paired": score.paired,
            "null_auroc_5": score.null_auroc_5,
            "null_auroc_95": score.null_auroc_95,
            "p_value": score.p_value,
            "p_training": score.p_training,
            "p_target": score.p_target,
        }
    )


def rival_table(score: TransferScore) -> pd.DataFrame:
    """One row for the direction and one a rival, with the difference to it."""
    layer = score.selected_layer
    rows = [(f"this direction, layer {layer}", score.auroc[layer], score.paired[layer], np.nan, np.nan, np.nan)]
    rows += [
        (rival.name, rival.auroc, rival.paired, gap.gap, gap.low, gap.high)
        for rival, gap in zip(score.rivals, score.gaps, strict=True)
    ]
    return pd.DataFrame(rows, columns=["name", "auroc", "paired", "gap", "gap_low", "gap_high"])


def emotion_table(result: Transfer) -> pd.DataFrame:
    """One row an emotion, at the layer chosen for all of them, the highest AUROC first."""
    table = pd.DataFrame(
        [
            {
                "emotion": score.emotion,
                "verdict": score.verdict.word,
                "auroc": score.auroc[score.selected_layer],
                "low": score.low[score.selected_layer],
                "high": score.high[score.selected_layer],
                "best_rival": max((rival.auroc for rival in score.rivals), default=np.nan),
                "p": score.q_value,
                "texts": score.n_target[0],
            }
            for score in result.scores
        ]
    )
    return table.sort_values("auroc", ascending=False, ignore_index=True)


def text_table(result: Transfer, score: TransferScore) -> pd.DataFrame:
    """One row a scored text: its side and its score on the unit direction at the chosen layer."""
    kept = np.flatnonzero(score.sides)
    return pd.DataFrame(
        {
            "text": [result.texts[i] for i in kept],
            "side": ["positive" if score.sides[i] > 0 else "negative" for i in kept],
            "score": score.scores[kept].astype(float),
        }
    )


def transfer_chart(result: Transfer, score: TransferScore, *, height: int = 400) -> alt.LayerChart:
    """AUROC on the other set at every layer with its interval, over the band of shuffled training labels.

    Args:
        result: The transfer.
        score: The direction that is drawn.
        height: In pixels.
    """
    table, layers = transfer_table(score), len(score.auroc)
    rivals = pd.DataFrame([{"rival": r.name, "auroc": r.auroc} for r in score.rivals if np.isfinite(r.auroc)])
    columns = ["auroc", "low", "high", "null_auroc_5", "null_auroc_95"]
    drawn = np.concatenate([table[columns].to_numpy(dtype=float).ravel(), [0.5], [r.auroc for r in score.rivals]])
    drawn = drawn[np.isfinite(drawn)]
    reach = [max(0.0, float(drawn.min()) - 0.03), min(1.0, float(drawn.max()) + 0.03)]
    scale = alt.Scale(domain=reach, nice=False, clamp=True)
    y_title = "AUROC (0.5 is chance)"
    y = alt.Y("auroc:Q", title=y_title, scale=scale)
    tooltip = tips(
        layer=("Layer", Q),
        auroc=("AUROC", ".2f"),
        **between("low", "high"),
        null_auroc_95=("Shuffled labels reach", ".2f"),
        p_value=("p (the larger of both)", ".3f"),
    )
    if np.isfinite(score.paired).any():
        tooltip.insert(4, alt.Tooltip("paired:Q", title="Pairs in the right order", format=".0%"))
    base = alt.Chart(table).encode(x=layer_axis(layers, most=12))
    band = null_band(base, y_title, "null_auroc_5", "null_auroc_95", known="null_auroc_95", scale=scale)
    chance = alt.Chart(pd.DataFrame({"y": [0.5]})).mark_rule(color=NULL, strokeDash=[3, 3])
    chance = chance.encode(y=alt.Y("y:Q", scale=scale))
    line = base.mark_line(color=POSITIVE, strokeWidth=2).encode(y=y)
    ends = base.transform_filter("isValid(datum.low)").mark_rule(color=POSITIVE, strokeWidth=1.5, opacity=0.7)
    ends = ends.encode(y=alt.Y("low:Q", scale=scale), y2=alt.Y2("high:Q"))
    dots = base.mark_point(filled=True, color=POSITIVE, size=60, opacity=1).encode(y=y, tooltip=tooltip)
    ring = base.transform_filter("datum.chosen").mark_point(size=260, strokeWidth=2.5, color=CHOSEN, opacity=1)
    ring = ring.encode(y=y, tooltip=tooltip)
    parts: list[alt.Chart] = [band, chance, line, ends, dots, ring]
    if len(rivals):
        names = rivals["rival"].tolist()
        legend = alt.Legend(orient="bottom", title=None, columns=2, symbolType="stroke", labelLimit=200)
        parts.insert(
            2,
            alt.Chart(rivals)
            .mark_rule(strokeWidth=2)
            .encode(
                y=y,
                color=alt.Color(
                    "rival:N", scale=alt.Scale(domain=names, range=list(_RIVAL_COLOURS[: len(names)])), legend=legend
                ),
                strokeDash=alt.StrokeDash(
                    "rival:N", scale=alt.Scale(domain=names, range=list(_DASHES[: len(names)])), legend=legend
                ),
                tooltip=tips(rival="Rival", auroc=("AUROC", ".2f")),
            ),
        )
    return layered(
        parts,
        title=transfer_title(result, score),
        subtitle=f"{result.model.name}; {score.n_target[0]} against {score.n_target[1]} texts of {result.target}, with "
        "95 % intervals. Dashed: rivals fitted on the same training texts. Grey: 90 % of directions from shuffled "
        "training labels. Ring: layer chosen on the training texts",
        described=True,
        height=height,
    )


def transfer_title(result: Transfer, score: TransferScore) -> str:
    """The figure at the chosen layer beside the strongest rival."""
    layer = score.selected_layer
    text = f"AUROC {score.auroc[layer]:.2f} on {result.target} at layer {layer}"
    best = max((r for r in score.rivals if np.isfinite(r.auroc)), key=lambda r: r.auroc, default=None)
    return text if best is None else f"{text}; the best rival, {best.name}, reaches {best.auroc:.2f}"
