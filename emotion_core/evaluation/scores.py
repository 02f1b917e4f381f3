"""Held-out scores: every measure of every emotion at every layer, with null bands, rivals and verdict, and in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import FloatArray, ModelInfo
from emotion_core.base.numbers import counted, finite
from emotion_core.evaluation.confounds import ConfoundScore
from emotion_core.evaluation.controls import KIND_WORDS, Kind
from emotion_core.evaluation.gaps import Gap
from emotion_core.evaluation.rivals import Rivals
from emotion_core.evaluation.sample_size import power_sentence
from emotion_core.evaluation.verdict import RULE, SIGNIFICANCE, Verdict
from emotion_core.stats.separation import Array, auroc_interval

# Part of every content key: raise it when scores computed before must not be shown again.
SCORES_VERSION = 3

NullKind = Literal["re-extracted", "held-out labels only"]

# Measures in the order and under the names of the command line.
_LAYER_KEYS = (
    ("mean_positive", "mean_positive"),
    ("mean_negative", "mean_negative"),
    ("cohens_d", "cohens_d"),
    ("cohens_d_low", "d_low"),
    ("cohens_d_high", "d_high"),
    ("cohens_d_bound", "d_bound"),
    ("auroc", "auroc"),
    ("overlap", "overlap"),
    ("accuracy", "accuracy"),
    ("null_auroc_95", "null_auroc_95"),
    ("p_value", "p_value"),
    ("null_cohens_d_95", "null_d_95"),
    ("random_auroc_95", "random_auroc_95"),
    ("random_cohens_d_95", "random_d_95"),
)
# The same, in tables that results stored by an earlier version lack.
_LATER_KEYS = (("p_value_all_layers", "p_all_layers"), ("within_pair_correlation", "within_pairs"))


@dataclass(frozen=True)
class HeldOutScores:
    """Scores of vectors on texts they were not built from. All tables are float64 [emotions, layers], nan for null.

    Attributes:
        model: The model.
        emotions: The scored emotions; the first axis of every table.
        selected_layers: Layer chosen for each of them on the training texts.
        n_train: Training pairs, or training texts of the emotion.
        n_heldout: Scored pairs, or scored texts of the emotion.
        mean_positive: Mean projection of the positive texts on the unit direction.
        mean_negative: The same for the negative texts.
        cohens_d: Difference in pooled standard deviations.
        d_low: Lower end of its 95 % interval.
        d_high: Upper end.
        d_bound: One-sided 95 % lower bound, which the rule of evidence uses.
        auroc: Chance that a positive text projects further than a negative one.
        overlap: Share of the two distributions that overlaps.
        accuracy: Balanced accuracy at the midpoint of the training means.
        null_auroc_95: What 95 % of vectors from shuffled labels stay at or below; at the chosen layer of vectors that
            are not extracted anew, such as imported ones, also 95 % of directions that mean nothing.
        p_value: Permutation p-value of the AUROC; at the chosen layer the largest of all nulls, as above.
        null_d_low: Lower edge of the central 95 % of d under shuffled labels.
        null_d_high: Upper edge.
        null_d_95: What 95 % of the shuffled d stay at or below.
        random_auroc_95: The 95 % point for random directions.
        random_d_95: The same for d.
        q_values: float64 [emotions], p-value at the chosen layer after Benjamini-Hochberg across emotions.
        rivals: AUROC of the rivals, one an emotion.
        verdicts: One an emotion.
        confounds: Every vector on every confound set; empty where none were read.
        texts: The scored texts.
        sides: int8 [emotions, texts]: 1 positive, -1 negative, 0 not scored for this emotion.
        projections: float32 [emotions, layers, texts], on the unit direction.
        left_out: Texts that were left out because they were trained on.
        not_scored: Emotions of the vectors without texts to score.
        interval_reason: Why an emotion has no interval, one an emotion, empty where it has.
        null_kind: Whether shuffled vectors were extracted again, or only held-out labels shuffled.
        draws: Number of draws of each null.
        seed: Of the draws.
        gaps: Lead of each emotion's direction over every rival and confound that counts, at the chosen layer; empty in
            a result that was stored before there were gaps, as the fields below are.
        auroc_low: Lower end of the 95 % interval of the AUROC, which respects pairs and topics.
        auroc_high: Upper end.
        p_all_layers: p-value of each layer as one of all that are looked at.
        within_pairs: Correlation of the two scores within contrast pairs; nan for labelled texts.
        chosen_draws: Shuffles behind the p-value at the chosen layer, one an emotion.
        within_source: Whether the scored texts of an emotion come from the sets that its vector was built from.
        null_directions: Kinds of directions that mean nothing which have a say at the chosen layer as well.
    """

    model: ModelInfo
    emotions: tuple[str, ...]
    selected_layers: tuple[int, ...]
    n_train: tuple[int | None, ...]
    n_heldout: tuple[int, ...]
    mean_positive: Array
    mean_negative: Array
    cohens_d: Array
    d_low: Array
    d_high: Array
    d_bound: Array
    auroc: Array
    overlap: Array
    accuracy: Array
    null_auroc_95: Array
    p_value: Array
    null_d_low: Array
    null_d_high: Array
    null_d_95: Array
    random_auroc_95: Array
    random_d_95: Array
    q_values: Array
    rivals: tuple[Rivals, ...]
    verdicts: tuple[Verdict, ...]
    confounds: tuple[ConfoundScore, ...]
    texts: tuple[str, ...]
    sides: npt.NDArray[np.int8]
    projections: FloatArray
    left_out: tuple[str, ...]
    not_scored: tuple[str, ...]
    interval_reason: tuple[str, ...]
    null_kind: NullKind
    draws: int
    seed: int
    gaps: tuple[tuple[Gap, ...], ...] = ()
    auroc_low: Array | None = None
    auroc_high: Array | None = None
    p_all_layers: Array | None = None
    within_pairs: Array | None = None
    chosen_draws: tuple[int, ...] = ()
    within_source: tuple[bool, ...] = ()
    null_directions: tuple[Kind, ...] = ()

    @property
    def null_words(self) -> str:
        """What the band of chance at every layer is made of."""
        return f"{'vectors from ' if self.null_kind == 're-extracted' else ''}shuffled labels"

    @property
    def all_null_words(self) -> str:
        """What the p-value at the chosen layer, and so the verdict, goes by."""
        named = [self.null_words, *(KIND_WORDS[kind] for kind in self.null_directions)]
        return named[0] if len(named) == 1 else f"{', of '.join(named[:-1])} and of {named[-1]}, each by itself,"

    @property
    def n_layers(self) -> int:
        """Number of layers."""
        return int(self.auroc.shape[1])

    def to_json(self) -> dict[str, Any]:
        """The document of `heldout --json`; nothing in it is nan or infinite."""
        return {
            "model": {"name": self.model.name, "fingerprint": self.model.fingerprint},
            "emotions": [self._emotion(e) for e in range(len(self.emotions))],
            "left_out": len(self.left_out),
            "left_out_texts": list(self.left_out),
            "not_scored": list(self.not_scored),
            "null": {
                "kind": self.null_kind,
                "draws": self.draws,
                "draws_at_chosen_layer": min(self.chosen_draws, default=self.draws),
                "seed": self.seed,
                "directions": list(self.null_directions),
            },
            "rule": RULE,
        }

    def _emotion(self, e: int) -> dict[str, Any]:
        rivals, verdict = self.rivals[e], self.verdicts[e]
        return {
            "emotion": self.emotions[e],
            "selected_layer": self.selected_layers[e],
            "n_train": self.n_train[e],
            "n_heldout": self.n_heldout[e],
            # A verdict that was stored before there were gaps has shown less.
            "evidence": verdict.evidence and bool(self.gaps),
            "separates": verdict.separates,
            "verdict": verdict.word,
            "reason": verdict.reason,
            "p_corrected": finite(self.q_values[e]),
            "interval_reason": self.interval_reason[e] or None,
            "rivals": {
                "bag_of_words_auroc": finite(rivals.vocabulary),
                "length_auroc": finite(rivals.length),
                "embedding_auroc": finite(rivals.embedding),
                "character_ngrams_auroc": finite(rivals.characters),
            },
            "gaps": [gap.to_json() for gap in self.gaps[e]] if self.gaps else [],
            "within_source": self.within_source[e] if self.within_source else None,
            "confounds": [one.to_json() for one in self.confounds if one.emotion == self.emotions[e]],
            "layers": [self._layer(e, layer) for layer in range(self.n_layers)],
        }

    def chosen_words(self, emotion: str) -> str:
        """How the layer of an emotion came about; an import sets it, and nobody here knows by which texts."""
        known = self.n_train[self.emotions.index(emotion)] is not None
        return "chosen beforehand" if known else "set at the import"

    def auroc_interval(self, e: int, layer: int) -> tuple[float, float]:
        """95 % interval of the AUROC of emotion number `e` at a layer; nan without one."""
        if self.auroc_low is not None and self.auroc_high is not None:
            return float(self.auroc_low[e, layer]), float(self.auroc_high[e, layer])
        sides = self.sides[e]
        return auroc_interval(float(self.auroc[e, layer]), int((sides > 0).sum()), int((sides < 0).sum()))

    def n_smaller_side(self, e: int) -> int:
        """Scored texts of emotion number `e` with or without it, whichever are fewer."""
        return int(min((self.sides[e] > 0).sum(), (self.sides[e] < 0).sum()))

    def _layer(self, e: int, layer: int) -> dict[str, Any]:
        entry: dict[str, Any] = {"layer": layer}
        entry.update({key: finite(getattr(self, name)[e, layer]) for key, name in _LAYER_KEYS})
        for key, name in _LATER_KEYS:
            table = getattr(self, name)
            entry[key] = None if table is None else finite(table[e, layer])
        entry["auroc_low"], entry["auroc_high"] = (finite(end) for end in self.auroc_interval(e, layer))
        return entry


# Held-out scores in words: titles and sentences that follow from the numbers alone.


def separation_title(scores: HeldOutScores, emotion: str, against: str = "the texts without it") -> str:
    """What the chart of separation by layer shows, the layer that was chosen beforehand first.

    Of the other layers only those are counted that stand as the best of all that were looked at, see
    `HeldOutScores.p_all_layers`: of many layers some reach a p of .05 of their own by chance.

    Args:
        scores: The scores.
        emotion: One of the scored emotions.
        against: What the negative texts are.

    Example:
        "Fear separates from calm at layer 4, which was chosen beforehand, and at 3 of the 5 other layers".
    """
    e = scores.emotions.index(emotion)
    chosen, verdict = scores.selected_layers[e], scores.verdicts[e]
    name, beforehand = emotion[:1].upper() + emotion[1:], scores.chosen_words(emotion)
    # With few texts chance may stay below 0, and a skewed side may lie higher by its mean and lower by rank. A layer
    # that the chart shows inside its band is not claimed.
    clear = (scores.cohens_d[e] > 0) & (scores.auroc[e] > 0.5) & (scores.cohens_d[e] > scores.null_d_high[e])
    if verdict.kind == "not tested":
        return f"{name} has too few held-out texts to be told from {against} by itself"
    if not np.isfinite(scores.auroc[e, chosen]):
        return f"{name} cannot be scored at layer {chosen}, which was {beforehand}"
    others = ""
    if scores.p_all_layers is not None and scores.n_layers > 1:
        count = int(np.delete(clear & (scores.p_all_layers[e] <= SIGNIFICANCE), chosen).sum())
        others = f"{count} of the {scores.n_layers - 1} other layers"
        if count == 0:
            others = ""
        elif count == scores.n_layers - 1:
            others = "every other layer" if count > 1 else "the other layer"
    if verdict.separates and clear[chosen] and scores.p_value[e, chosen] <= SIGNIFICANCE:
        also = f", and at {others}" if others else ""
        return f"{name} separates from {against} at layer {chosen}, which was {beforehand}{also}"
    also = f", but at {others}" if others else ""
    beyond_labels = (
        scores.auroc[e, chosen] > max(0.5, scores.null_auroc_95[e, chosen]) and scores.q_values[e] <= SIGNIFICANCE
    )
    if beyond_labels and not verdict.separates:  # for its bound alone
        return f"{name} reads beyond shuffled labels at layer {chosen}, but Cohen's d may be 0 or less{also}"
    return f"{name} separates from {against} by no more than chance at layer {chosen}, which was {beforehand}{also}"


def together_sentence(scores: HeldOutScores) -> str:
    """What can be said of all emotions together where single ones cannot be tested; empty where they can."""
    few = sum(verdict.kind == "not tested" for verdict in scores.verdicts)
    if few < 2:
        return ""
    n = max(scores.n_heldout[e] for e, verdict in enumerate(scores.verdicts) if verdict.kind == "not tested")
    layers = np.arange(len(scores.emotions)), np.array(scores.selected_layers)
    p_values = scores.p_value[layers]
    known = p_values[np.isfinite(p_values)]
    return (
        f"{few} of {len(scores.emotions)} emotions have {counted(n, 'held-out text')} or fewer and cannot be tested "
        f"one by one. Together: the mean held-out AUROC at the chosen layers is {np.nanmean(scores.auroc[layers]):.2f} "
        f"and {int((known <= SIGNIFICANCE).sum())} of {len(known)} have a p of at most .05 of their own, where chance "
        f"gives about {SIGNIFICANCE * len(known):.0f}."
    )


def power_of(scores: HeldOutScores, emotion: str) -> str:
    """What the held-out texts of an emotion could show, with the correlation measured; empty where it is not known."""
    e = scores.emotions.index(emotion)
    if scores.within_pairs is None:
        return ""
    correlation = float(scores.within_pairs[e, scores.selected_layers[e]])
    sides = scores.sides[e]
    return power_sentence(
        int((sides > 0).sum()),
        int((sides < 0).sum()),
        correlation=correlation if np.isfinite(correlation) else None,
        n_emotions=len(scores.emotions),
        measured=True,
    )


def texts_of(scores: HeldOutScores, emotion: str) -> str:
    """How many texts were scored on each side."""
    sides = scores.sides[scores.emotions.index(emotion)]
    return f"held-out texts, {(sides > 0).sum()} with the emotion and {(sides < 0).sum()} without"


def score_sentence(scores: HeldOutScores, emotion: str, against: str = "the texts without it") -> str:
    """The finding at the chosen layer, with the size of the effect and what chance reaches."""
    e = scores.emotions.index(emotion)
    layer = scores.selected_layers[e]
    d, chance = scores.cohens_d[e, layer], scores.null_d_95[e, layer]
    if not np.isfinite(d):
        return f"{emotion} cannot be scored at layer {layer}."
    low, high = scores.d_low[e, layer], scores.d_high[e, layer]
    interval = f" (95 % {low:.1f} to {high:.1f})" if np.isfinite([low, high]).all() else ""
    reach = f"; 95 % of {scores.null_words} stay below {chance:.1f}" if np.isfinite(chance) else ""
    return (
        f"{separation_title(scores, emotion, against)}. At layer {layer} {texts_of(scores, emotion)}, lie {d:.1f} "
        f"standard deviations apart{interval}{reach}."
    )
