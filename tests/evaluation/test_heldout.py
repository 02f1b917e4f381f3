import json
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from vectors.planted import activations, directions, labelled_set, neutral, pair_set, planted_labels, planted_pairs

from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation import heldout
from emotion_core.evaluation.confounds import confound_scores
from emotion_core.evaluation.controls import rotated_sets
from emotion_core.evaluation.gaps import auroc_estimate
from emotion_core.evaluation.heldout import score_heldout
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.stats.intervals import adjusted
from emotion_core.stats.separation import paired_interval
from emotion_core.vectors.build import vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings

LAYER_KEYS = {"layer", "mean_positive", "mean_negative", "cohens_d", "cohens_d_low", "cohens_d_high", "auroc"}
LAYER_KEYS |= {"overlap", "null_auroc_95", "p_value"}


def scored(one, acts, settings=None, **options):
    vectors = vectors_from([one], acts, neutral(), settings or BuildSettings())
    return vectors, score_heldout(vectors, acts, [one], acts, **options)


def numbers_of(document) -> list[float]:
    if isinstance(document, dict):
        return [n for value in document.values() for n in numbers_of(value)]
    if isinstance(document, list):
        return [n for value in document for n in numbers_of(value)]
    return [document] if isinstance(document, float) else []


def test_a_planted_direction_is_evidence_with_all_keys():
    one = pair_set(40, 30)
    acts, _ = planted_pairs(one, 3.0)
    _, result = scored(one, acts)
    document = json.loads(json.dumps(result.to_json(), allow_nan=False))
    (fear,) = document["emotions"]
    assert {"emotion", "selected_layer", "n_train", "n_heldout", "evidence", "layers"} <= set(fear)
    assert (fear["n_train"], fear["n_heldout"], fear["evidence"], fear["verdict"]) == (40, 30, True, "evidence")
    assert fear["reason"].startswith("Within one source") and fear["within_source"] is True
    assert [gap["name"] for gap in fear["gaps"]] == ["vocabulary", "characters", "length", "embedding"]
    for gap in fear["gaps"]:
        assert set(gap) == {"name", "kind", "gap", "low", "high"} and gap["kind"] == "rival"
        assert 0 < gap["low"] < gap["gap"] < gap["high"]
    assert len(fear["layers"]) == 4 and all(set(layer) >= LAYER_KEYS for layer in fear["layers"])
    chosen = fear["layers"][fear["selected_layer"]]
    assert chosen["auroc"] > 0.9 > chosen["null_auroc_95"] and chosen["p_value"] == pytest.approx(1 / 3001)
    assert document["null"]["draws"] == 200 and document["null"]["draws_at_chosen_layer"] == 3000
    assert all(layer["p_value"] <= layer["p_value_all_layers"] for layer in fear["layers"])
    assert 0 < chosen["cohens_d_low"] < chosen["cohens_d"] < chosen["cohens_d_high"]
    assert chosen["mean_positive"] > chosen["mean_negative"]
    assert 0 < chosen["auroc_low"] < chosen["auroc"] <= chosen["auroc_high"] <= 1


def test_measures_are_those_of_the_projections_it_hands_on(monkeypatch):
    one = pair_set()
    acts, _ = planted_pairs(one, 1.5)
    vectors, result = scored(one, acts)
    positive, negative = (result.projections[0][:, result.sides[0] == side] for side in (1, -1))
    assert positive.shape == negative.shape == (4, 10)
    np.testing.assert_allclose(result.mean_positive[0], positive.mean(-1), rtol=1e-4)
    pooled = np.sqrt((positive.var(-1, ddof=1) + negative.var(-1, ddof=1)) / 2)
    correlation = np.array([np.corrcoef(a, b)[0, 1] for a, b in zip(positive, negative, strict=True)])
    hedges = 1 / (1 + 3 / (4 * 2 * 9 / (1 + correlation**2)))
    expected = hedges * (positive.mean(-1) - negative.mean(-1)) / pooled
    np.testing.assert_allclose(result.cohens_d[0], expected, rtol=1e-3)
    monkeypatch.setattr(heldout, "small_sample_factor", lambda *_, pairs: np.ones(4))
    biased = scored(one, acts)[1]
    for name in ("null_d_95", "null_d_low", "null_d_high", "random_d_95"):
        np.testing.assert_allclose(getattr(result, name)[0], hedges * getattr(biased, name)[0], rtol=1e-4)
    ends = paired_interval(positive, negative)
    np.testing.assert_allclose((result.d_low[0], result.d_high[0], result.d_bound[0]), ends, rtol=1e-3)
    areas = [auroc_estimate(a, b, pairs=True) for a, b in zip(positive, negative, strict=True)]
    np.testing.assert_allclose(result.auroc_low[0], [area.low for area in areas], rtol=1e-6)
    middle = vectors.train_midpoints[0][:, None]
    np.testing.assert_allclose(result.accuracy[0], ((positive > middle).mean(-1) + (negative < middle).mean(-1)) / 2)


def test_labelled_emotions_are_scored_against_the_other_emotions():
    one = labelled_set(("a", "b", "c", "d"), 12, 24)
    acts, _ = planted_labels(one, 6.0)
    _, result = scored(one, acts)
    assert result.emotions == ("a", "b", "c", "d") and result.n_heldout == (24,) * 4
    assert [(row == 1).sum() for row in result.sides] == [24] * 4
    assert [(row == -1).sum() for row in result.sides] == [72] * 4
    assert all(v.evidence for v in result.verdicts)
    assert (result.auroc > 0.9).all()


def shuffled(one: PromptSet, rng: np.random.Generator) -> PromptSet:
    """The same texts with labels that mean nothing."""
    texts = list(one.texts)
    if one.form == "pairs":
        for i in range(0, len(texts), 2):
            if rng.integers(2):
                texts[i], texts[i + 1] = replace(texts[i + 1], side="positive"), replace(texts[i], side="negative")
    else:
        for split in ("train", "heldout"):
            rows = [i for i, t in enumerate(texts) if t.split == split]
            names = rng.permutation([texts[i].emotion for i in rows])
            for i, name in zip(rows, names, strict=True):
                texts[i] = replace(texts[i], emotion=str(name))
    return PromptSet(one.name, one.form, tuple(texts), 0)


@pytest.mark.parametrize("form", ["pairs", "labelled"])
@pytest.mark.parametrize("strength", [0.0, 6.0])
def test_the_rule_claims_evidence_for_at_most_5_percent_of_shuffled_sets(form, strength):
    """With `strength` the activations have a strong structure that the shuffled labels know nothing of."""
    claims, aurocs, total = 0, [], 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        if form == "pairs":
            one = pair_set(20, 10)
            acts, _ = planted_pairs(one, strength, seed)
        else:
            one = labelled_set(("a", "b", "c"), 10, 5)
            acts, _ = planted_labels(one, strength, seed)
        _, result = scored(shuffled(one, rng), acts, draws=100, seed=seed)
        claims += sum(v.evidence for v in result.verdicts)
        total += len(result.verdicts)
        aurocs.append(result.auroc.mean())
    assert claims <= 0.05 * total + 2 * math.sqrt(0.05 * 0.95 * total)
    assert abs(np.mean(aurocs) - 0.5) < 0.04


def test_the_rule_has_power():
    """Ten pairs show that there is something; that it is more than four rivals takes more of them."""
    separates, evidence = 0, 0
    for seed in range(20):
        few, more = pair_set(40, 10), pair_set(40, 40)
        separates += scored(few, planted_pairs(few, 2.5, seed)[0], draws=100)[1].verdicts[0].separates
        evidence += scored(more, planted_pairs(more, 2.5, seed)[0], draws=100)[1].verdicts[0].evidence
    assert separates >= 18 and evidence >= 18


@pytest.mark.parametrize("rival", ["confound", "embedding"])
def test_a_direction_that_is_only_a_confound_or_as_good_as_a_rival_is_no_evidence(rival):
    """The same effect in the texts of the emotion and in those of the confound, or in the embedding layer."""
    separates, evidence = 0, 0
    for seed in range(40):
        one, threat = pair_set(40, 20), pair_set(0, 20, "threat", name="threat")
        acts, direction = planted_pairs(one, 1.5, seed)
        rng = np.random.default_rng([seed, 1])
        values = rng.normal(size=(len(threat.texts), 4, 32)) + 5
        size = 1.5 if rival == "confound" else 0.0
        values[[t.side == "positive" for t in threat.texts]] += size * direction
        if rival == "embedding":
            acts.embeddings[[t.side == "positive" for t in one.texts]] += 1.5 * direction[0].astype(np.float32)
        vectors = vectors_from([one], acts, neutral(), BuildSettings())
        confounds = confound_scores(vectors, [threat], activations([t.text for t in threat.texts], values))
        verdict = score_heldout(vectors, acts, [one], acts, draws=100, confounds=confounds).verdicts[0]
        separates += verdict.separates
        evidence += verdict.evidence
    assert separates >= 30 and evidence <= 2


def test_one_planted_emotion_among_many_can_be_found():
    """With 200 draws the smallest p of 171 emotions would be .85 after correction, of 12 still .06."""
    for n_emotions, n_heldout in ((12, 6), (171, 2)):
        one = labelled_set(tuple(f"e{i}" for i in range(n_emotions)), 6, n_heldout)
        acts, _ = planted_labels(one, 0.0)
        values = acts.values[:, :1].copy()  # one layer: the draws are made at every chosen one
        values[[t.emotion == "e3" for t in one.texts]] += 8 * directions(1)[0, :1].astype(np.float32)
        planted = activations(list(acts.texts), values)
        _, result = scored(one, planted, draws=50)
        assert result.verdicts[3].separates and result.q_values[3] <= 0.05
        assert sum(verdict.separates for verdict in result.verdicts) <= 3


def test_verdicts_do_not_hang_on_the_seed():
    one = labelled_set(tuple("abcdefghijkl"), 12, 8)
    rng = np.random.default_rng(0)
    acts, own = planted_labels(one, 0.0)
    strength = np.linspace(0, 2.0, 12)
    moved = np.stack([strength[one.emotions.index(t.emotion)] * own[one.emotions.index(t.emotion)] for t in one.texts])
    values = activations(list(acts.texts), acts.values + moved + 0 * rng.normal())
    results = [scored(one, values, draws=50, seed=seed)[1] for seed in range(4)]
    q_values = np.array([result.q_values for result in results])
    words = np.array([[verdict.word for verdict in result.verdicts] for result in results])
    clear = (np.abs(q_values - 0.05) > 0.01).all(axis=0)
    assert clear.sum() >= 8 and (words == words[0])[:, clear].all()
    assert len(set(words[0])) >= 2


def test_emotions_with_two_texts_each_cannot_be_tested_one_by_one():
    one = labelled_set(tuple(f"e{i}" for i in range(20)), 6, 2)
    _, result = scored(one, planted_labels(one, 2.0)[0], draws=50)
    assert {verdict.word for verdict in result.verdicts} == {"cannot be tested one by one"}
    assert not any(entry["evidence"] for entry in result.to_json()["emotions"])


def test_the_same_seed_gives_the_same_result():
    one = pair_set()
    acts, _ = planted_pairs(one, 1.0)
    first, second = (scored(one, acts, seed=4)[1].to_json() for _ in range(2))
    assert first == second != scored(one, acts, seed=5)[1].to_json()


def test_scored_rows():
    one = pair_set()
    acts, _ = planted_pairs(one, 2.0)
    vectors = vectors_from([one], acts, neutral(), BuildSettings())
    heldout_only = PromptSet("other", "pairs", tuple(t for t in one.texts if t.pair is not None and t.pair >= 36), 0)
    mixed = score_heldout(vectors, acts, [heldout_only], acts)
    # Every training row of this file was trained on: it counts as a file the vectors were built from.
    assert mixed.n_heldout == (10,) and not mixed.left_out
    renamed = tuple(replace(t, split="train") if t.pair in (48, 49) else t for t in heldout_only.texts)
    other = score_heldout(vectors, acts, [PromptSet("third", "pairs", renamed, 0)], acts)
    # Any other file: all rows count, those that were trained on are left out with their partners.
    assert other.n_heldout == (10,) and len(other.left_out) == 8
    assert other.to_json()["left_out"] == 8


def test_another_file_is_scored_on_all_rows():
    one, other = pair_set(), pair_set(6, 2, name="fresh")
    acts, direction = planted_pairs(one, 3.0)
    rng = np.random.default_rng(5)
    values = rng.normal(size=(len(other.texts), 4, 32)) + 5
    values[[t.side == "positive" for t in other.texts]] += 3 * direction
    vectors = vectors_from([one], acts, neutral(), BuildSettings())
    result = score_heldout(vectors, acts, [other], activations([t.text for t in other.texts], values))
    assert result.n_heldout == (8,) and (result.auroc > 0.8).all()


def test_a_form_of_its_own_for_training_and_for_scoring():
    pairs, labels = pair_set(), labelled_set(("fear", "calm"), 0, 40)
    acts, direction = planted_pairs(pairs, 3.0)
    values = np.random.default_rng(1).normal(size=(80, 4, 32)) + 5
    values[[t.emotion == "fear" for t in labels.texts]] += 3 * direction
    vectors = vectors_from([pairs], acts, neutral(), BuildSettings())
    result = score_heldout(vectors, acts, [labels], activations([t.text for t in labels.texts], values))
    assert result.emotions == ("fear",) and (result.auroc > 0.9).all() and result.verdicts[0].evidence


@pytest.mark.parametrize("estimator", ["pca", "logistic"])
def test_other_estimators_name_every_null_that_has_a_say(estimator):
    one = pair_set(40, 30)
    acts, _ = planted_pairs(one, 4.0)
    _, result = scored(one, acts, BuildSettings(estimator=estimator), neutral=neutral())
    assert result.null_kind == "held-out labels only" and result.verdicts[0].evidence
    # Two sides span one dimension: mixes of them are not among the nulls.
    assert result.to_json()["null"]["directions"] == ["random", "neutral"]
    told = "95 % of shuffled labels, of random directions and of random mixes of neutral texts, each by itself, stay"
    assert told in result.verdicts[0].reason and "vectors from shuffled labels" not in result.verdicts[0].reason
    _, anew = scored(one, acts)
    assert anew.null_directions == () and "95 % of vectors from shuffled labels stay" in anew.verdicts[0].reason


def test_imported_vectors_are_scored_without_rivals():
    one = pair_set()
    acts, _ = planted_pairs(one, 3.0)
    vectors = replace(vectors_from([one], acts, neutral(), BuildSettings()), prompt_sets=())
    result = score_heldout(vectors, None, [one], acts)
    assert result.n_heldout == (50,) and result.n_train == (None,)
    assert result.to_json()["emotions"][0]["rivals"] == dict.fromkeys(
        ("bag_of_words_auroc", "length_auroc", "embedding_auroc", "character_ngrams_auroc")
    )
    assert result.verdicts[0].evidence
    assert result.chosen_draws == (3000,), "as many for imported vectors as for built ones"


def test_neutral_projection_reaches_the_shuffled_vectors():
    one = pair_set()
    acts, direction = planted_pairs(one, 3.0)
    plain = neutral()
    loud = activations(
        list(plain.texts), plain.values + np.random.default_rng(0).normal(size=(20, 1, 1)) * 9 * direction
    )
    settings = BuildSettings(neutral_projection=True)
    vectors = vectors_from([one], acts, loud, settings)
    result = score_heldout(vectors, acts, [one], acts, neutral=loud)
    assert not result.verdicts[0].evidence  # what was planted was projected out
    without = score_heldout(vectors, acts, [one], acts)
    assert not np.allclose(without.null_d_95, result.null_d_95)


def test_degenerate_sets_give_null_not_a_crash():
    constant = pair_set()
    acts, _ = planted_pairs(constant, 3.0)
    acts.values[[t.split == "heldout" for t in constant.texts]] = 1.0
    two = pair_set(10, 1)
    topic = PromptSet("one topic", "pairs", tuple(replace(t, topic="same") for t in pair_set().texts), 0)
    same = PromptSet("same texts", "pairs", tuple(replace(t, text="the same") for t in pair_set(5, 0).texts), 0)
    heldout_same = tuple(replace(t, text="all one", split="heldout") for t in pair_set(5, 0).texts)
    same = PromptSet("same", "pairs", same.texts + tuple(replace(t, pair=t.pair + 9) for t in heldout_same), 0)
    same_acts = activations(["the same", "all one"], np.random.default_rng(0).normal(size=(2, 4, 32)))
    broken, _ = planted_pairs(pair_set(), 3.0)
    broken.values[0, 0] = np.nan  # a training text
    broken.values[-1, 1] = np.inf  # a held-out text
    cases = {
        "constant": (constant, acts),
        "two held-out rows": (two, planted_pairs(two, 3.0)[0]),
        "one topic": (topic, planted_pairs(topic, 3.0)[0]),
        "not a number": (pair_set(), broken),
    }
    with pytest.raises(SettingsError, match="the same to the model"):
        scored(same, same_acts, draws=50)
    results = {}
    for name, (one, activation) in cases.items():
        results[name] = scored(one, activation, draws=50)[1]
        document = results[name].to_json()
        json.dumps(document, allow_nan=False)
        assert all(math.isfinite(n) for n in numbers_of(document)), name
    assert not results["constant"].verdicts[0].evidence and np.isnan(results["constant"].cohens_d).all()
    assert np.isnan(results["two held-out rows"].d_low).all()
    assert "fewer than" in results["two held-out rows"].to_json()["emotions"][0]["interval_reason"]
    assert results["one topic"].verdicts[0].evidence
    assert np.isnan(results["not a number"].auroc[0]).tolist() == [True, True, False, False]
    assert results["not a number"].verdicts[0].evidence


def test_nothing_to_score_is_said():
    one = pair_set(5, 0)
    acts, _ = planted_pairs(one, 1.0)
    vectors = vectors_from([one], acts, neutral(), BuildSettings())
    with pytest.raises(SettingsError, match="No emotion of the vectors"):
        score_heldout(vectors, acts, [one], acts)


def test_correction_across_emotions_is_that_of_benjamini_and_hochberg():
    found = adjusted(np.array([0.01, 0.04, np.nan, 0.03]))
    np.testing.assert_allclose(found, [0.03, 0.04, np.nan, 0.04])


def test_a_labelled_text_that_was_trained_on_is_left_out():
    one = labelled_set(("a", "b", "c"), 8, 4)
    acts, _ = planted_labels(one, 4.0)
    vectors = vectors_from([one], acts, neutral(), BuildSettings())
    everything = PromptSet("all", "labelled", tuple(replace(t, split="heldout") for t in one.texts), 0)
    result = score_heldout(vectors, acts, [everything], acts)
    assert result.n_heldout == (4, 4, 4) and len(result.left_out) == 24
    assert set(result.left_out) == {t.text for t in one.part("train")}
    assert not set(result.texts) & set(result.left_out) and len(result.texts) == 12


def test_p_values_are_corrected_for_the_number_of_emotions():
    one = labelled_set(("a", "b", "c", "d"), 8, 4)
    acts, _ = planted_labels(one, 1.0)
    _, result = scored(one, acts)
    at_layer = result.p_value[np.arange(4), list(result.selected_layers)]
    np.testing.assert_allclose(result.q_values, adjusted(at_layer))
    assert (result.q_values >= at_layer).all() and (result.q_values > at_layer).any()
    assert [e["p_corrected"] for e in result.to_json()["emotions"]] == result.q_values.tolist()


def test_imported_directions_are_held_against_directions_that_mean_nothing():
    """Eight planted emotions, their own vectors without training texts, and mixes of them in their place."""
    one = labelled_set(tuple("abcdefgh"), 8, 12)
    acts, own = planted_labels(one, 4.0)
    vectors = vectors_from([one], acts, neutral(), BuildSettings())
    rng, called = np.random.default_rng(0), []
    for draw in range(6):
        units = rotated_sets(own.astype(np.float32), 1, rng)[0] if draw else own
        given = replace(vectors, values=units.astype(np.float32), prompt_sets=(), estimator="unknown", origin="npz")
        scores = score_heldout(given, None, [one], acts, draws=20, seed=draw, neutral=neutral())
        called.append([verdict.evidence for verdict in scores.verdicts])
    assert all(called[0]), "the planted directions themselves"
    assert np.mean(called[1:]) <= 0.05
    by_labels_alone = [
        relabelled_p(acts, one, units_of_draw) for units_of_draw in rotated_sets(own.astype(np.float32), 6, rng)
    ]
    assert np.mean(np.concatenate(by_labels_alone) < 0.05 / 8) > 0.1, "shuffled labels alone would call many of them"


def relabelled_p(acts, one, units):
    """p of each emotion's direction at layer 0 against shuffled labels of the texts alone, by scipy's rank test."""
    labels = np.array([t.emotion for t in one.texts])
    scores = acts.values[:, 0] @ units[:, 0].T
    return np.array(
        [mannwhitneyu(scores[labels == e, k], scores[labels != e, k]).pvalue for k, e in enumerate(one.emotions)]
    )


def test_another_spelling_of_an_emotion_is_the_same_emotion(bundled):
    (own,) = bundled.vectors.prompt_sets
    loud = replace(own, texts=tuple(replace(t, emotion=t.emotion.upper()) for t in own.texts))
    found, plain = (
        run_to_end(heldout.heldout(bundled.model, bundled.vectors, [one], bundled.cache, draws=20))
        for one in (loud, own)
    )
    np.testing.assert_array_equal(found.auroc, plain.auroc)
