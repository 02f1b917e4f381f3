"""Charts of held-out scores: separation at every layer, the texts at one layer, and the rivals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.charts.palette import CHOSEN, INK, NEGATIVE, NULL, POSITIVE
from emotion_core.charts.parts import Q, between, by_name, chance_line, layer_axis, layered, null_band, tips, zero_line
from emotion_core.evaluation.heldout import all_gaps
from emotion_core.evaluation.scores import HeldOutScores, score_sentence, separation_title, texts_of
from emotion_core.evaluation.variants import Variant, cosine, differing
from emotion_core.stats.separation import FEWEST
from emotion_core.vectors.emotion_vectors import ESTIMATOR_WORDS, EmotionVectors

_RIVALS = {
    "vocabulary": "bag of words",
    "characters": "character n-grams",
    "length": "length of the text",
    "embedding": "embedding layer",
}
_COLUMNS = (
    "cohens_d", "d_low", "d_high", "null_d_low", "null_d_high", "null_d_95", "auroc", "null_auroc_95", "overlap",
    "accuracy", "p_value", "mean_positive", "mean_negative",
)  # fmt: skip


def separation_table(scores: HeldOutScores) -> pd.DataFrame:
    """One row an emotion and layer: what the chart draws and the CSV holds."""
    rows: list[dict[str, Any]] = []
    for e, emotion in enumerate(scores.emotions):
        for layer in range(scores.n_layers):
            row: dict[str, Any] = {
                "emotion": emotion,
                "layer": layer,
                "chosen": layer == scores.selected_layers[e],
                "n_heldout": scores.n_heldout[e],
            }
            row.update({name: float(getattr(scores, name)[e, layer]) for name in _COLUMNS})
            adjusted = scores.p_all_layers
            row["p_all_layers"] = float("nan") if adjusted is None else float(adjusted[e, layer])
            rows.append(row)
    return pd.DataFrame(rows)


def overview_table(scores: HeldOutScores) -> pd.DataFrame:
    """One row an emotion, at the layer chosen for it, the clearest separation first."""
    at = np.arange(len(scores.emotions)), np.array(scores.selected_layers)
    table = pd.DataFrame(
        {
            "emotion": scores.emotions,
            "verdict": [one.word for one in scores.verdicts],
            "layer": scores.selected_layers,
            "cohens_d": scores.cohens_d[at],
            "auroc": scores.auroc[at],
            "chance": scores.null_auroc_95[at],
            "bag_of_words": [one.vocabulary for one in scores.rivals],
            "p": scores.q_values,
            "n_heldout": scores.n_heldout,
        }
    )
    return table.sort_values("auroc", ascending=False, ignore_index=True)


def separation_by_layer(
    scores: HeldOutScores, emotion: str, *, against: str = "the texts without it", height: int = 300
) -> alt.LayerChart:
    """Cohen's d with its interval at every layer, over the band of shuffled labels; the chosen layer is marked.

    A click on a point selects its layer (selection `layer`).

    Args:
        scores: The scores.
        emotion: One of the scored emotions.
        against: What the negative texts are, for the title.
        height: In pixels.
    """
    table = separation_table(scores)
    base = alt.Chart(table[table["emotion"] == emotion]).encode(x=layer_axis(scores.n_layers))
    scale = alt.Scale(domain=_reach(scores, emotion), nice=True)
    names = ("Cohen's d on held-out texts", "null_d_low", "null_d_high")
    band = null_band(base, *names, known="null_d_low", scale=scale)
    line = base.mark_line(color=POSITIVE, strokeWidth=2).encode(y=alt.Y("cohens_d:Q"))
    interval = base.transform_filter("isValid(datum.d_low)").mark_rule(color=POSITIVE, strokeWidth=1.5, opacity=0.7)
    interval = interval.encode(y=alt.Y("d_low:Q"), y2=alt.Y2("d_high:Q"))
    dots = base.mark_point(filled=True, color=POSITIVE, size=60, opacity=1)
    pick = alt.selection_point(name="layer", fields=["layer"], on="click", empty=False)
    dots = dots.encode(y=alt.Y("cohens_d:Q"), tooltip=_tooltip()).add_params(pick)
    ring = base.transform_filter("datum.chosen").mark_point(size=260, strokeWidth=2.5, color=CHOSEN, opacity=1)
    ring = ring.encode(y=alt.Y("cohens_d:Q"), tooltip=_tooltip())
    ring_words = "layer chosen on the training texts"
    if scores.n_train[scores.emotions.index(emotion)] is None:
        ring_words = "layer " + scores.chosen_words(emotion)
    counted = ""
    if scores.p_all_layers is not None and scores.n_layers > 1:
        counted = "; the title counts other layers after correction for all of them"
    intervals = ", 95 % intervals" if np.isfinite(scores.d_low[scores.emotions.index(emotion)]).any() else ""
    return layered(
        [band, zero_line(), line, interval, dots, ring],
        title=separation_title(scores, emotion, against),
        subtitle=f"{scores.model.name}; {texts_of(scores, emotion)}{intervals}; grey: 95 % of "
        f"{scores.draws} {scores.null_words}, each layer by itself{counted}; ring: {ring_words}",
        height=height,
        description=score_sentence(scores, emotion, against),
    )


def point_table(scores: HeldOutScores, emotion: str, layer: int) -> pd.DataFrame:
    """One row a scored text: its side and where it projects at a layer."""
    e = scores.emotions.index(emotion)
    kept = np.flatnonzero(scores.sides[e])
    return pd.DataFrame(
        {
            "text": [scores.texts[i] for i in kept],
            "side": ["with the emotion" if scores.sides[e, i] > 0 else "without it" for i in kept],
            "projection": scores.projections[e, layer, kept].astype(float),
        }
    )


def points_at_layer(scores: HeldOutScores, emotion: str, layer: int) -> alt.LayerChart:
    """Every held-out text where it projects on the unit direction at a layer, its words in the tooltip."""
    e = scores.emotions.index(emotion)
    table = point_table(scores, emotion, layer)
    sides = ["with the emotion", "without it"]
    table["lane"] = (table["side"] == sides[0]).astype(float)
    # A fixed spread of the dots over the lane, so that no two hide each other and nothing moves on a rerun.
    table["height"] = table["lane"] + [((i * 0.618034) % 1 - 0.5) * 0.6 for i in range(len(table))]
    colour = by_name("side", sides, [POSITIVE, NEGATIVE])
    lanes = alt.Scale(domain=[-0.6, 1.6], nice=False)
    base = alt.Chart(table)
    dots = base.mark_point(filled=True, size=80, opacity=0.8).encode(
        x=alt.X("projection:Q", title="Projection on the unit direction", scale=alt.Scale(zero=False, padding=12)),
        y=alt.Y("height:Q", scale=lanes, axis=None),
        color=colour,
        shape=alt.Shape("side:N", scale=alt.Scale(domain=sides, range=["circle", "diamond"]), legend=None),
        tooltip=tips(text="Text", side="Side", projection=("Projection", ".2f")),
    )
    means = base.mark_tick(thickness=3, size=70, opacity=1)
    means = means.encode(x="mean(projection):Q", y=alt.Y("lane:Q", scale=lanes, axis=None), color=colour)
    return layered(
        [means, dots],
        title=f"At layer {layer}, a text with {emotion} reads above one without in {_percent(scores.auroc[e, layer])} "
        "of all combinations",
        subtitle=f"AUROC {scores.auroc[e, layer]:.2f}{_ends(scores, e, layer)}; each mark is a held-out text, each bar "
        "the mean of a side",
        described=True,
        height=240,
    )


def rivals_table(scores: HeldOutScores, emotion: str) -> pd.DataFrame:
    """AUROC of the direction, of each rival on the same texts, and of the direction on each confound set.

    Columns: name, kind (direction, rival, confound), auroc, low and high (95 % interval, nan for rivals), counts
    (whether it has a say in the verdict), gap with gap_low and gap_high (lead of the direction and its 95 % interval).
    """
    e = scores.emotions.index(emotion)
    layer, rivals = scores.selected_layers[e], scores.rivals[e]
    own = float(scores.auroc[e, layer])
    low, high = scores.auroc_interval(e, layer)
    gaps = {(gap.kind, gap.name): gap for gap in all_gaps(scores, emotion, scores.confounds)}
    nan = float("nan")
    rows: list[tuple[Any, ...]] = [(f"this direction, layer {layer}", "direction", own, low, high, True, nan, nan, nan)]
    for rival, name in _RIVALS.items():
        gap = gaps.get(("rival", rival))
        lead = (nan, nan, nan) if gap is None else (gap.gap, gap.low, gap.high)
        rows.append((name, "rival", getattr(rivals, rival), nan, nan, True, *lead))
    for one in scores.confounds:
        if one.emotion == emotion:
            counts = not one.own and one.n >= FEWEST
            gap = gaps.get(("confound", one.contrast)) if counts else None
            lead = (nan, nan, nan) if gap is None else (gap.gap, gap.low, gap.high)
            rows.append((f"{one.contrast} instead", "confound", one.auroc, one.low, one.high, counts, *lead))
    columns = ["name", "kind", "auroc", "low", "high", "counts", "gap", "gap_low", "gap_high"]
    table = pd.DataFrame(rows, columns=columns)
    return table.dropna(subset=["auroc"], ignore_index=True)


def rivals_chart(scores: HeldOutScores, emotion: str) -> alt.LayerChart:
    """AUROC of the direction beside what vocabulary, length, the embedding layer and the confounds reach."""
    table = rivals_table(scores, emotion)
    names = table["name"].tolist()
    table["own"] = table["kind"] == "direction"
    table["end"] = table[["auroc", "high"]].max(axis=1)  # a number stands behind its bar and interval
    base = alt.Chart(table).encode(
        y=alt.Y("name:N", sort=names, title=None, axis=alt.Axis(labelLimit=200, labelOverlap=False))
    )
    bars = base.mark_bar(height=14).encode(
        x=alt.X(
            "auroc:Q",
            title="AUROC (0.5 is chance)",
            scale=alt.Scale(domain=[0, 1.16], nice=False),
            axis=alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], format=".2~f"),
        ),
        color=alt.ColorValue(NULL, condition={"test": "datum.own", "value": POSITIVE}),
        tooltip=tips(
            name="What",
            auroc=("AUROC", ".2f"),
            gap=("Lead of the direction", "+.2f"),
            **between("gap_low", "gap_high", "+.2f"),
        ),
    )
    numbers = base.mark_text(align="left", dx=4, color=INK).encode(
        x=alt.X("end:Q"), text=alt.Text("auroc:Q", format=".2f")
    )
    intervals = base.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=1.5, opacity=0.6, color=INK)
    intervals = intervals.encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"))
    text = _rivals_title(table)
    return layered(
        [bars, intervals, numbers, chance_line()],
        title=text,
        subtitle=_rivals_subtitle(table),
        described=True,
        height=30 + 28 * len(table),
    )


def _rivals_subtitle(table: pd.DataFrame) -> str:
    """What the bars are; without the training texts there are no rivals."""
    kinds = set(table["kind"])
    rivals = "Rivals: fitted on the same training texts, scored on the same held-out texts. "
    if "rival" not in kinds:
        rivals = "No rivals: they would be fitted on the training texts, which are not known. "
    confounds = "Confounds: this direction on pairs that differ in something else. " if "confound" in kinds else ""
    return f"{rivals}{confounds}Lines: 95 % intervals"


def _rivals_title(table: pd.DataFrame) -> str:
    """What the intervals of the leads say; two bars of different lengths say nothing by themselves."""
    rows = [one for one in table.to_dict("records") if one["counts"] and one["kind"] != "direction"]
    if not rows or not (table["kind"] == "direction").any():
        return "Nothing to compare with"
    if any(one["gap_high"] < 0 for one in rows):
        worst = min((one for one in rows if one["gap_high"] < 0), key=lambda one: one["gap"])
        return f"A {'confound' if worst['kind'] == 'confound' else 'simpler rival'} does better"
    if all(one["gap_low"] > 0 for one in rows):
        return "No rival or confound does as well" if "rival" in set(table["kind"]) else "No confound does as well"
    nearest = min((one for one in rows if not one["gap_low"] > 0), key=lambda one: one["gap"])
    return f"These texts cannot tell it from {'a confound' if nearest['kind'] == 'confound' else 'a simpler rival'}"


def _reach(scores: HeldOutScores, emotion: str) -> list[float]:
    """From the lowest to the highest end of anything drawn: an interval's far end does not widen an axis by itself."""
    e = scores.emotions.index(emotion)
    names = ("cohens_d", "d_low", "d_high", "null_d_low", "null_d_high")
    drawn = np.concatenate([getattr(scores, name)[e] for name in names])
    drawn = drawn[np.isfinite(drawn)]
    return [float(drawn.min()), float(drawn.max())] if len(drawn) else [-1.0, 1.0]


def _tooltip() -> list[Any]:
    return tips(
        layer=("Layer", Q),
        cohens_d=("Cohen's d", ".2f"),
        **between("d_low", "d_high"),
        null_d_95=("Shuffled labels reach", ".2f"),
        auroc=("AUROC", ".2f"),
        overlap=("Overlap", ".0%"),
        p_value=("p (permutation)", ".3f"),
        p_all_layers=("p as one of all layers", ".3f"),
    )


def _ends(scores: HeldOutScores, e: int, layer: int) -> str:
    low, high = scores.auroc_interval(e, layer)
    return f" ({low:.2f} to {high:.2f})" if np.isfinite(low) else ""


def _percent(share: float) -> str:
    return f"{share:.0%}" if np.isfinite(share) else "an unknown share"


# Held-out separation before and after directions were projected out.

_SIDES = ("before", "after")


def before_after_table(before: HeldOutScores, after: HeldOutScores, emotion: str) -> pd.DataFrame:
    """One row a layer and vector: before and after."""
    columns = ("cohens_d", "d_low", "d_high", "auroc", "null_auroc_95")
    tables = []
    for name, scores in zip(_SIDES, (before, after), strict=True):
        e = scores.emotions.index(emotion)
        layers = np.arange(scores.n_layers)
        table = pd.DataFrame({"vector": name, "layer": layers, "chosen": layers == scores.selected_layers[e]})
        table[list(columns)] = np.stack([getattr(scores, column)[e] for column in columns], axis=1)
        table["verdict"] = scores.verdicts[e].word
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def before_after_chart(before: HeldOutScores, after: HeldOutScores, emotion: str) -> alt.LayerChart:
    """Cohen's d with its interval at every layer, before and after.

    Args:
        before: Scores of the vectors as built.
        after: Scores of the vectors without the directions.
        emotion: An emotion of both.
    """
    table = before_after_table(before, after, emotion)
    table["place"] = table["layer"] + np.where(table["vector"] == "after", 0.12, -0.12)
    base = alt.Chart(table).encode(
        x=layer_axis(before.n_layers, "place"),
        color=by_name("vector", _SIDES, [NEGATIVE, POSITIVE]),
        tooltip=tips(
            vector="Vector",
            layer=("Layer", Q),
            cohens_d=("Cohen's d", ".2f"),
            auroc=("AUROC", ".2f"),
            null_auroc_95=("Shuffled labels reach", ".2f"),
        ),
    )
    y = alt.Y("d_low:Q", title="Cohen's d on held-out texts")
    bars = base.transform_filter("isValid(datum.d_low)").mark_rule(strokeWidth=1.5).encode(y=y, y2=alt.Y2("d_high:Q"))
    shapes = alt.Scale(domain=list(_SIDES), range=["diamond", "circle"])
    dots = base.mark_point(filled=True, size=70, opacity=1)
    dots = dots.encode(y=alt.Y("cohens_d:Q"), shape=alt.Shape("vector:N", scale=shapes, legend=None))
    text = change_sentence(before, after, emotion)
    return layered(
        [zero_line(), bars, dots],
        title=text,
        subtitle="The same held-out texts; 95 % intervals",
        described=True,
        height=260,
    )


def change_sentence(before: HeldOutScores, after: HeldOutScores, emotion: str) -> str:
    """Held-out AUROC at the chosen layer, before and after, with chance."""
    b, a = before.emotions.index(emotion), after.emotions.index(emotion)
    layer, same = after.selected_layers[a], before.selected_layers[b]
    return (
        f"Held-out AUROC of {emotion}: {before.auroc[b, same]:.2f} before, {after.auroc[a, layer]:.2f} without these "
        f"directions (chance reaches {after.null_auroc_95[a, layer]:.2f})"
    )


def kept_sentence(before: EmotionVectors, after: EmotionVectors, emotion: str) -> str:
    """How much of the vector is left at its layer."""
    layer = after.layer_of(emotion)
    kept = cosine(after.values[after.index(emotion), layer], before.values[before.index(emotion), layer])
    return f"The new vector has a cosine of {kept:.2f} to the old one at layer {layer}; 1 means nothing was taken out"


# The table of estimators and reading positions, and its chart.

_POOLING_WORDS = {
    "mean": "mean of tokens",
    "last_content": "last token of the text",
    "last": "last token of all",
    "answer": "where the answer begins",
}


_OF_VARIANTS = (
    "layer", "cohens_d", "d_low", "d_high", "auroc", "auroc_low", "auroc_high", "cosine", "split_half",
)  # fmt: skip


def variant_table(rows: Sequence[Variant], emotion: str) -> pd.DataFrame:
    """One row a way of making the vector of one emotion."""
    return pd.DataFrame(
        [
            {
                "shown": one.shown,
                "estimator": ESTIMATOR_WORDS[one.estimator],
                "neutral": "projected out" if one.neutral_projection else "as it is",
                "reading": reading_words(one.reading),
                **{name: getattr(one, name) for name in _OF_VARIANTS},
            }
            for one in rows
            if one.emotion == emotion
        ]
    )


def reading_words(key: str) -> str:
    """A reading position in words, from `ReadingPosition.key`."""
    pooling, start, template, *rest = key.split(":")
    words = _POOLING_WORDS[pooling] + (f" from token {start}" if start != "0" else "")
    words += " with the first one" if pooling == "mean" and start == "0" and not rest else ""
    return words + (", in the chat template" if template == "chat" else "")


def variant_chart(rows: Sequence[Variant], emotion: str) -> alt.LayerChart:
    """Held-out AUROC of every way with its interval; the one shown on the page is ringed.

    Args:
        rows: Of all emotions.
        emotion: The one that is drawn.
    """
    own = [one for one in rows if one.emotion == emotion]
    table = variant_table(own, emotion).dropna(subset=["auroc"])
    plain = table["neutral"] == "as it is"
    table["way"] = table["estimator"] + ["" if one else ", neutral out" for one in plain] + ", " + table["reading"]
    names = table["way"].tolist()
    # Names stand above their marks, inside the plot: beside it they would leave a phone no room for the plot.
    table["name_at"] = 0.0
    base = alt.Chart(table).encode(
        y=alt.Y("way:N", sort=names, title=None, axis=None),
        tooltip=tips(
            way="Way",
            layer=("Layer", Q),
            cohens_d=("Cohen's d", ".2f"),
            auroc=("AUROC", ".2f"),
            cosine=("Cosine", ".2f"),
        ),
    )
    scale = alt.Scale(domain=[0, 1])
    x = alt.X("auroc_low:Q", title="Held-out AUROC (0.5 is chance)", scale=scale)
    bars = base.mark_rule(color=POSITIVE, strokeWidth=2, opacity=0.7).encode(x=x, x2=alt.X2("auroc_high:Q"))
    dots = base.mark_point(filled=True, color=POSITIVE, size=70, opacity=1).encode(x=alt.X("auroc:Q", scale=scale))
    ring = base.transform_filter("datum.shown").mark_point(size=240, strokeWidth=2.5, color=CHOSEN, opacity=1)
    ring = ring.encode(x=alt.X("auroc:Q", scale=scale))
    words = base.mark_text(align="left", dx=2, dy=-11, fontSize=11, color=INK)
    words = words.encode(x=alt.X("name_at:Q", scale=scale), text=alt.Text("way:N"))
    text = differing(own)
    return layered(
        [chance_line(), bars, dots, ring, words],
        title=text,
        subtitle="Each at the layer that its own training texts chose; ring: the vectors of this page",
        described=True,
        height=50 + 36 * len(table),
    )
