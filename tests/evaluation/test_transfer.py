"""Transfer between sources: figures against independent oracles, and the rule against worlds whose truth is known."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import false_discovery_control
from sklearn.metrics import roc_auc_score
from vectors.planted import INFO, LAYERS, WIDTH, activations, directions, labelled_set, neutral, pair_set

from emotion_core.base.activations import Activations
from emotion_core.base.errors import SettingsError, VectorFileError
from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.transfer import (
    CHARACTERS,
    EMBEDDING,
    LENGTH,
    TWIN,
    WORDS,
    Contrast,
    Transfer,
    plan_transfer,
    scoring,
    transfer_sentence,
)
from emotion_core.prompts.prompt_set import PromptSet, PromptText
from emotion_core.runs.codec import from_bytes, to_bytes
from emotion_core.vectors.build import orthogonal_to, vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors

FEAR_CALM = Contrast(("afraid", "scared"), ("calm", "serene"))
WORDS_OF = (*FEAR_CALM.positive, *FEAR_CALM.negative)


VOCABULARY = [f"{a}{b}{c}" for a in "bdfgk" for b in "aeo" for c in ("lim", "ran", "tus", "vek")]


def worded(prompts: PromptSet, seed: int, lean: float) -> PromptSet:
    """Texts of twelve words; either side prefers its half of the vocabulary, or with no lean none."""
    rng = np.random.default_rng(seed)
    half = len(VOCABULARY) // 2
    texts = []
    for t in prompts.texts:
        odds = np.ones(len(VOCABULARY))
        odds[:half] += lean * side(t)
        texts.append(replace(t, text=" ".join(rng.choice(VOCABULARY, 12, p=odds / odds.sum()))))
    return replace(prompts, texts=tuple(texts))


def source_set(n: int = 10) -> PromptSet:
    return labelled_set((*WORDS_OF, "proud"), n, 2, name="stories")


def read(prompts: PromptSet, side_of, strength: float, seed: int, axis: int = 0, main: float = 0.0) -> Activations:
    """Noise with the sides of some texts moved along one direction, and all texts spread out along another."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(len(prompts.texts), LAYERS, WIDTH)) + 5.0
    along, across = directions(3)[axis], directions(3)[2]
    for i, text in enumerate(prompts.texts):
        values[i] += strength / 2 * side_of(text) * along + main * rng.normal() * across
    return activations([t.text for t in prompts.texts], values, seed)


def side(text: PromptText) -> int:
    if text.side != "labelled":
        return 1 if text.side == "positive" else -1
    return (text.emotion in FEAR_CALM.positive) - (text.emotion in FEAR_CALM.negative)


def built(source: PromptSet, train: Activations, **settings) -> EmotionVectors:
    return vectors_from([source], train, neutral(), BuildSettings(**settings))


def carried(
    vectors: EmotionVectors, target: PromptSet, train: Activations, test: Activations, contrast=FEAR_CALM, **more
) -> Transfer:
    plan = plan_transfer(vectors, target, contrast)
    return run_to_end(scoring(vectors, target, plan, contrast, train, test, neutral(), **more))


def planted(strength: float = 4.0, seed: int = 0, pairs: int = 30, **settings) -> tuple[Transfer, EmotionVectors]:
    source, target = source_set(), pair_set(pairs - 6, 6, name="situations")
    train, test = read(source, side, strength, seed), read(target, side, strength, seed + 1000)
    vectors = built(source, train, **settings)
    return carried(vectors, target, train, test), vectors


def test_a_planted_transfer_is_evidence_and_every_figure_is_that_of_the_projections():
    source, target = source_set(), pair_set(24, 6, name="situations")
    train, test = read(source, side, 2.5, 1), read(target, side, 2.5, 2)
    result = carried(built(source, train), target, train, test)
    (score,) = result.scores
    assert score.verdict.word == "evidence" and result.verdict_word == "evidence"
    # By hand: difference of means of the training rows, all thirty pairs, scikit-learn's AUROC.
    fear, calm = (
        train.values[[i for i, t in enumerate(source.texts) if t.split == "train" and t.emotion in words]].mean(axis=0)
        for words in (FEAR_CALM.positive, FEAR_CALM.negative)
    )
    labels = np.array([t.side == "positive" for t in target.texts])
    for layer in range(LAYERS):
        scores = test.values[:, layer] @ (fear - calm)[layer]
        assert score.auroc[layer] == pytest.approx(roc_auc_score(labels, scores), abs=1e-9)
        assert score.paired[layer] == pytest.approx(np.mean(scores[labels] > scores[~labels]), abs=1e-9)
    assert score.n_target == (30, 30) and score.n_training == (20, 20)
    assert set(np.flatnonzero(score.sides > 0)) == set(np.flatnonzero(labels))
    assert score.low[score.selected_layer] < score.auroc[score.selected_layer] <= score.high[score.selected_layer]
    assert {r.name for r in score.rivals} == {WORDS, CHARACTERS, LENGTH, EMBEDDING}
    assert all(gap.gap == pytest.approx(score.auroc[score.selected_layer] - r.auroc) for gap, r in zip(
        score.gaps, score.rivals, strict=True
    ))  # fmt: skip
    assert f"{score.paired[score.selected_layer] * 30:g} of 30 pairs" in transfer_sentence(result)


def test_a_strong_main_axis_does_not_hide_a_transfer():
    """With texts spread out along the emotion's own axis, shuffled labels point along it too, as often as not."""
    result, _ = planted(strength=14.0)
    (score,) = result.scores
    layer = score.selected_layer
    assert score.auroc[layer] == 1.0 and score.null_auroc_95[layer] > 0.99
    assert score.p_value[layer] == pytest.approx(1 / 3001) and score.verdict.evidence


@pytest.mark.parametrize("world", ["source", "target", "axis"])
def test_no_more_than_5_percent_of_meaningless_directions_carry_over(world):
    """Source labels or target labels that mean nothing, or two unrelated directions; all texts have structure."""
    claims, small, seen, total = 0, 0, 0, 100
    for seed in range(total):
        rng = np.random.default_rng([seed, 77])  # [seed, 0] and seed alone are the stream of the nulls
        source, target = source_set(8), pair_set(16, 4, name="situations")
        train = read(source, side, 3.0, 2 * seed, axis=1 if world == "axis" else 0, main=2.0)
        test = read(target, side, 3.0, 2 * seed + 1, main=2.0)
        if world == "source":
            names = rng.permutation([t.emotion for t in source.texts])
            texts = tuple(replace(t, emotion=str(n)) for t, n in zip(source.texts, names, strict=True))
            source = replace(source, texts=texts)
        if world == "target":
            texts = list(target.texts)
            for i in range(0, len(texts), 2):
                if rng.integers(2):
                    a, b = texts[i : i + 2]
                    texts[i], texts[i + 1] = replace(a, side="negative"), replace(b, side="positive")
            target = replace(target, texts=tuple(texts))
        (score,) = carried(built(source, train), target, train, test, draws=99, seed=seed).scores
        claims += score.verdict.evidence
        nulls = {"source": score.p_training, "target": score.p_target, "axis": score.p_value}[world]
        small += nulls[score.selected_layer] <= 0.05
        seen += score.verdict.separates
    print(world, claims, small, seen)
    assert claims <= 5 and seen <= 11, "both nulls have a say"
    assert small <= 11  # the p-value itself: 5 expected, 11 or more have a chance of .01


def read_words(prompts: PromptSet, seed: int, noise: float = 0.1) -> Activations:
    """Activations that hold the words of a text and nothing else."""
    table = dict(zip(VOCABULARY, np.random.default_rng(5).normal(size=(len(VOCABULARY), WIDTH)), strict=True))
    rng = np.random.default_rng(seed)
    means = np.stack([np.mean([table[w] for w in t.text.split()], axis=0) for t in prompts.texts])
    values = means[:, None] + noise * rng.normal(size=(len(means), LAYERS, WIDTH))
    read_texts = activations([t.text for t in prompts.texts], values, seed)
    return replace(read_texts, embeddings=means.astype(np.float32))


def test_a_direction_that_words_carry_is_not_evidence():
    words, claims, total = [], 0, 100
    for seed in range(total):
        source, target = worded(source_set(8), 2 * seed, 0.5), worded(pair_set(24, 6), 2 * seed + 1, 0.5)
        train, test = read_words(source, seed), read_words(target, seed + total)
        (score,) = carried(built(source, train), target, train, test, draws=99).scores
        claims += score.verdict.evidence
        words.append(score.verdict.word)
        if seed == 0:
            assert score.rival(WORDS).auroc > 0.6
    print(claims, {w: words.count(w) for w in set(words)})
    assert claims <= 5
    assert sum(not word.startswith(("no", "evidence")) for word in words) > 20, "some are seen, and said to be words"


def test_the_direction_of_the_sides_has_every_projection_that_the_vectors_had():
    source, target = source_set(), pair_set(24, 6, name="situations")
    train, test = read(source, side, 2.5, 3), read(target, side, 2.5, 4)
    taken_out = directions(2, seed=8).astype(np.float32)[:1]
    vectors = orthogonal_to(built(source, train, neutral_projection=True), taken_out, ["place"])
    (score,) = carried(vectors, target, train, test).scores
    fear, calm = (
        train.values[[i for i, t in enumerate(source.texts) if t.split == "train" and t.emotion in words]]
        for words in (FEAR_CALM.positive, FEAR_CALM.negative)
    )
    layer = score.selected_layer
    direction = fear[:, layer].mean(axis=0).astype(float) - calm[:, layer].mean(axis=0)
    rows = neutral().values[:, layer].astype(float)
    _, sizes, parts = np.linalg.svd(rows - rows.mean(axis=0))
    kept = parts[: np.searchsorted(np.cumsum(sizes**2), sizes @ sizes / 2) + 1]
    direction -= kept.T @ (kept @ direction)
    unit = taken_out[0, layer] / np.linalg.norm(taken_out[0, layer])
    direction -= unit * (unit @ direction)
    expected = test.values[:, layer] @ direction / np.linalg.norm(direction)
    np.testing.assert_allclose(score.scores, expected, atol=1e-3)


def test_texts_that_were_trained_on_are_left_out_with_their_partner_and_counted():
    source, target = source_set(), pair_set(24, 6, name="situations")
    shared = next(t.text for t in source.texts if t.split == "train")
    texts = (replace(target.texts[0], text=shared), *target.texts[1:])
    target = replace(target, texts=texts)
    plan = plan_transfer(built(source, read(source, side, 2.0, 1)), target, FEAR_CALM)
    assert set(plan.left_out) == {shared, target.texts[1].text}
    assert len(plan.test_texts) == 58 and shared not in plan.test_texts
    train, test = read(source, side, 4.0, 1), read(target, side, 4.0, 2)
    result = carried(built(source, train), target, train, test)
    assert result.same_source and len(result.left_out) == 2 and result.scores[0].n_target == (29, 29)
    assert result.to_json()["left_out"] == 2
    assert result.scores[0].verdict.word == "evidence within one source" and not result.scores[0].verdict.evidence


def test_a_set_on_itself_leaves_its_held_out_rows():
    source = source_set()
    vectors = built(source, read(source, side, 2.0, 1))
    plan = plan_transfer(vectors, source)
    assert set(plan.test_texts) == {t.text for t in source.part("heldout")}
    assert set(plan.left_out) == {t.text for t in source.part("train")}


def labelled_world(strength: float, seed: int = 0) -> tuple[Transfer, PromptSet, Activations, EmotionVectors]:
    emotions = ("joy", "anger", "fear", "calm", "pride")
    source = worded(labelled_set(emotions, 10, 2, name="stories"), seed, 0.0)
    target = worded(labelled_set((*emotions, "envy"), 6, 6, name="scenes"), seed + 100, 0.0)
    own = directions(6)

    def acts(prompts: PromptSet, seed: int) -> Activations:
        rng = np.random.default_rng(seed)
        values = rng.normal(size=(len(prompts.texts), LAYERS, WIDTH)) + 5.0
        for i, t in enumerate(prompts.texts):
            values[i] += strength * own[target.emotions.index(t.emotion)]
        return activations([t.text for t in prompts.texts], values, seed)

    train, test = acts(source, seed), acts(target, seed + 500)
    vectors = built(source, train)
    return carried(vectors, target, train, test, None), target, test, vectors


def test_labelled_emotions_are_mapped_by_name_and_ranked_against_each_other():
    result, target, test, vectors = labelled_world(3.0)
    assert [s.emotion for s in result.scores] == ["joy", "anger", "fear", "calm", "pride"]
    assert result.without_vector == ("envy",) and result.n_ranked_texts == 60
    labels = np.array([t.emotion for t in target.texts])
    layer = vectors.selected_layer
    scores = np.stack([test.values[:, layer] @ vectors.units[vectors.index(e), layer] for e in vectors.emotions])
    for e, score in enumerate(result.scores):
        assert score.selected_layer == layer and score.n_target == (12, 60) and np.isnan(score.paired).all()
        assert score.auroc[layer] == pytest.approx(roc_auc_score(labels == score.emotion, scores[e]), abs=1e-6)
    z = (scores - scores.mean(axis=1, keepdims=True)) / scores.std(axis=1, keepdims=True)
    known = labels != "envy"
    order = np.argsort(-z[:, known], axis=0)
    right = np.array([vectors.index(e) for e in labels[known]])
    assert result.top[0].top1 == pytest.approx(np.mean(order[0] == right))
    assert result.top[0].top3 == pytest.approx(np.mean((order[:3] == right).any(axis=0)))
    document = result.to_json()
    assert (document["top1_chance"], document["top3_chance"]) == (0.2, 0.6)
    assert document["verdict"] == "evidence for 5 of 5 emotions" and len(document["emotions"]) == 5
    assert f"{result.top[0].top1:.0%} of 60 texts, where chance is 20%" in transfer_sentence(result)


def test_of_labelled_emotions_that_mean_nothing_none_is_evidence():
    result, _, _, vectors = labelled_world(0.0)
    assert result.verdict_word == "evidence for 0 of 5 emotions"
    alone = [float(score.p_value[vectors.selected_layer]) for score in result.scores]  # the larger of both nulls
    np.testing.assert_allclose([score.q_value for score in result.scores], false_discovery_control(alone))
    assert result.top[0].top1 < 0.5


def test_one_emotion_of_twelve_can_be_seen_after_the_correction():
    """Two hundred draws could not: the smallest p would be 1 / 201, times twelve .06."""
    emotions = tuple(f"emotion {i}" for i in range(12))
    source = worded(labelled_set(emotions, 8, 2, name="stories"), 1, 0.0)
    target = worded(labelled_set(emotions, 6, 4, name="scenes"), 2, 0.0)

    def own(text: PromptText) -> int:
        return 2 * (text.emotion == emotions[0])

    train, test = read(source, own, 5.0, 1), read(target, own, 5.0, 2)
    result = carried(built(source, train), target, train, test, None)
    assert result.scores[0].q_value <= 0.05 < min(s.q_value for s in result.scores[1:])
    assert result.scores[0].verdict.evidence


def test_sides_may_name_emotions_of_either_set():
    source, target = source_set(), labelled_set(("fear", "calm", "envy"), 10, 5, name="scenes")

    def of_target(text: PromptText) -> int:
        return (text.emotion == "fear") - (text.emotion == "calm")

    train, test = read(source, side, 4.0, 1), read(target, of_target, 4.0, 2)
    contrast = Contrast(("afraid", "scared", "fear"), ("calm", "serene"))
    (score,) = carried(built(source, train), target, train, test, contrast).scores
    assert score.n_target == (15, 15) and score.n_training == (20, 20) and score.verdict.evidence
    with pytest.raises(VectorFileError, match="envious"):
        plan_transfer(built(source, train), target, Contrast(("afraid", "envious"), ("calm",)))


def test_what_cannot_be_compared_is_refused_with_a_remedy():
    source, target = source_set(), pair_set(emotion="fear")
    vectors = built(source, read(source, side, 2.0, 1))
    with pytest.raises(SettingsError, match="two sides"):
        plan_transfer(vectors, target)
    for wrong in (
        Contrast(("afraid",), ()),
        Contrast(("afraid",), ("afraid",)),
        Contrast(("afraid",), ("calm", "afraid")),
    ):
        with pytest.raises(SettingsError, match="each side"):
            plan_transfer(vectors, target, wrong)
    with pytest.raises(SettingsError, match="nothing to compare them with") as found:
        plan_transfer(vectors, labelled_set(("calm",), name="calm alone"))
    assert found.value.found == "calm" and "other emotions" in found.value.expected
    with pytest.raises(SettingsError, match="trained on"):
        plan_transfer(vectors, replace(source, texts=source.part("train")))
    with pytest.raises(SettingsError, match="heldout"):
        plan_transfer(replace(vectors, prompt_sets=()), target, FEAR_CALM)


def test_vectors_of_pairs_meet_pairs_of_the_same_name_and_a_twin_reads_along():
    source = worded(pair_set(20, 4, name="mine"), 1, 0.0)
    target = worded(pair_set(20, 4, name="yours"), 2, 0.0)
    train, test = read(source, side, 3.0, 1), read(target, side, 3.0, 2)
    vectors, plan = built(source, train), plan_transfer(built(source, train), target)
    blind = read(source, side, 0.0, 3), read(target, side, 0.0, 4), neutral()
    result = run_to_end(scoring(vectors, target, plan, None, train, test, None, twin=blind))
    (score,) = result.scores
    assert score.emotion == "fear" and score.selected_layer == vectors.layer_of("fear") and score.verdict.evidence
    twin = score.rival(TWIN)
    assert twin is not None and 0.2 < twin.auroc < 0.8 and "the untrained twin" in transfer_sentence(result)
    # A twin that sees as much as the model takes the evidence away.
    result = run_to_end(scoring(vectors, target, plan, None, train, test, None, twin=(train, test, None)))
    assert result.scores[0].verdict.word == "cannot be told from untrained twin"


def test_the_document_has_the_promised_keys_and_survives_the_store():
    result, _ = planted()
    document = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert {"selected_layer", "layers", "rivals", "gaps", "verdict", "same_source", "left_out"} <= set(document)
    layer = {"layer", "auroc", "low", "high", "paired", "null_auroc_95", "p_value"}
    assert layer <= set(document["layers"][0]) and len(document["layers"]) == INFO.layers
    assert {"name", "auroc", "paired"} <= set(document["rivals"][0])
    assert {"name", "gap", "low", "high"} <= set(document["gaps"][0])
    assert all(0 < one["p_value"] <= 1 for one in document["layers"])
    assert from_bytes(Transfer, to_bytes(result)).to_json() == result.to_json()


def test_a_layer_that_is_not_finite_is_null_and_the_others_stand():
    source, target = source_set(), pair_set(24, 6, name="situations")
    train, test = read(source, side, 3.0, 1), read(target, side, 3.0, 2)
    train.values[:, 0], test.values[:, 0] = np.inf, np.inf
    document = carried(built(source, train), target, train, test).to_json()
    assert document["layers"][0]["auroc"] is None and document["layers"][0]["p_value"] is None
    assert document["verdict"] == "evidence"


def test_of_contrast_pairs_a_side_takes_the_positive_texts_alone():
    fear, joy = pair_set(8, 2, "fear", "dark"), pair_set(8, 2, "joy", "bright")
    joy = replace(joy, texts=tuple(replace(t, pair=t.pair + 10) for t in joy.texts))
    source = PromptSet("both", "pairs", (*fear.texts, *joy.texts), 0)
    vectors, target = built(source, read(source, side, 2.0, 1)), pair_set(10, 2, "calm", "situations")
    plan = plan_transfer(vectors, target, Contrast(("fear",), ("joy",)))
    positive = {t.text for t in source.texts if t.split == "train" and t.side == "positive"}
    assert set(plan.train_texts) == positive and len(plan.parts[0].train) == 16
