"""Which claims a map makes: on random vectors none, on planted ones all, and on what words give alone no evidence."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from scipy.stats import false_discovery_control, t

from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.transfer import read_twin
from emotion_core.evaluation.verdict import kind_of
from emotion_core.geometry.claims import LEVEL, _alike, _least, claims, holm, map_title
from emotion_core.geometry.clusters import adjusted_rand, paper_clusters, paper_labels
from emotion_core.geometry.emotion_map import map_emotions
from emotion_core.geometry.norms import circumplex
from emotion_core.geometry.rivals import TOO_FEW, TWIN, VOCABULARY, rival_rows, tfidf_vectors
from emotion_core.geometry.supervised import read_norms_off
from emotion_core.models.untrained import untrained_twin
from emotion_core.prompts.builtin import load_prompts
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import BuildSettings
from geometry.maps import affective_vectors, random_vectors, vectors_of, written

NORMS = circumplex()
WORDS = tuple(sorted(NORMS.valence))[::4]


def all_claims(vectors, shuffles=99, twin=None):
    found = map_emotions(vectors, 1, 8)
    readings = read_norms_off(vectors.values[:, 1].astype(float), vectors.emotions, NORMS, shuffles=shuffles)
    return claims(found, readings, rival_rows(vectors, 1, twin))


def test_random_vectors_agree_with_nobody_in_95_of_100_draws():
    claiming = [seed for seed in range(100) if any(c.stands for c in all_claims(random_vectors(WORDS, seed)))]
    assert len(claiming) <= 5, claiming


def test_a_planted_circumplex_is_claimed():
    valence, arousal = NORMS.of(WORDS)
    found = all_claims(affective_vectors(WORDS, valence, arousal), shuffles=499)
    by_name = {one.what: one for one in found}
    assert by_name["Component 1 follows valence"].stands
    assert by_name["Component 2 follows arousal"].stands
    assert by_name["The vectors predict valence"].stands
    assert by_name["The vectors predict arousal"].stands


def test_holm_is_never_below_the_false_discovery_rate_and_keeps_nan_apart():
    p = np.array([0.001, 0.2, np.nan, 0.02, 0.6])
    corrected = holm(p)
    known = np.isfinite(p)
    assert np.isnan(corrected[2])
    assert (corrected[known] >= false_discovery_control(p[known]) - 1e-12).all()
    assert np.allclose(corrected[known], [0.004, 0.4, 0.06, 0.6])
    assert LEVEL < 0.05


@pytest.mark.parametrize(("n", "testable"), [(3, False), (4, False), (5, False), (9, True)])
def test_a_map_of_so_few_that_nothing_could_be_shown_is_called_untested(n, testable):
    few = WORDS[:n]  # the ratings as the vectors themselves: no agreement could be closer
    found = all_claims(affective_vectors(few, *NORMS.of(few), noise=0.0))
    first = found[0]
    assert (first.mark != TOO_FEW) is testable, first.sentence
    assert first.stands is testable and kind_of(first.mark) == "not tested", "of nine, the words are not known"
    assert first.sentence.startswith(f"{n} emotions are too few to tell") is not testable
    title = map_title(map_emotions(affective_vectors(few, *NORMS.of(few), noise=0.0), 1, 2), found)
    assert ("too few to tell whether the main axis follows" in title) is not testable


@pytest.mark.parametrize("sizes", [(1, 1, 1), (2, 2), (3, 1), (2, 2, 1), (1, 1, 1, 1), (3, 2), (4, 3), (5, 3)])
def test_clusters_are_tested_where_the_closest_groups_could_be_more_than_chance(sizes):
    of = paper_clusters().cluster_of
    groups = [[word for word, number in of.items() if number == g] for g in range(len(sizes))]
    few = tuple(word for group, size in zip(groups, sizes, strict=True) for word in group[:size])
    reference = np.repeat(np.arange(len(sizes)), sizes)
    every = np.array(list(permutations(reference)))
    as_close = ~(adjusted_rand(reference, every) < 1 - 1e-9)  # nan: all single words, in whatever order
    found = map_emotions(random_vectors(few), 1, 2)
    assert _least(found) == pytest.approx(as_close.mean())


def test_a_rating_that_is_there_twice_makes_a_perfect_agreement_likelier():
    ratings = np.array([0.5, np.nan, 0.5, -0.2, 0.1])
    every = np.array(list(permutations(ratings[np.isfinite(ratings)])))
    assert _alike(ratings) == pytest.approx((every == ratings[np.isfinite(ratings)]).all(axis=1).mean())


def test_planted_structure_that_the_words_lack_is_evidence():
    vectors = written(affective_vectors(WORDS, *NORMS.of(WORDS)))
    noise = np.random.default_rng(5).normal(size=vectors.values.shape).astype(np.float32)
    by_name = {one.what: one for one in all_claims(vectors, 499, noise)}
    for name in ("Component 1 follows valence", "Component 2 follows arousal", "The vectors predict valence"):
        assert by_name[name].mark == "evidence", by_name[name].sentence
        assert {one.name for one in by_name[name].rivals} == {VOCABULARY, TWIN}
        assert all(one.low > 0 for one in by_name[name].rivals)


def test_intervals_beside_rivals_hold_for_all_looks_together():
    vectors = written(affective_vectors(WORDS, *NORMS.of(WORDS)))
    found, rows = map_emotions(vectors, 1, 8), rival_rows(vectors, 1)
    readings = read_norms_off(vectors.values[:, 1].astype(float), WORDS, NORMS, shuffles=19)
    four, six = (claims(found, read, rows)[0] for read in ((), readings))
    (few,), (many,) = four.rivals, six.rivals
    wider = [float(t.ppf(1 - 0.025 / looks, four.n - 1)) for looks in (4, 6)]
    assert (many.high - many.low) / (few.high - few.low) == pytest.approx(wider[1] / wider[0])


def test_a_rival_may_show_it_on_another_component():
    valence, arousal = (np.nan_to_num(rating) for rating in NORMS.of(WORDS))
    vectors = written(affective_vectors(WORDS, valence, arousal))
    other = np.stack([9 * arousal, valence, *(0.01 * np.random.default_rng(0).normal(size=(3, len(WORDS))))], axis=1)
    rows = {VOCABULARY: other - other.mean(axis=0)}
    (figure,) = claims(map_emotions(vectors, 1, 8), (), rows)[0].rivals
    assert figure.detail == "on its component 2" and figure.size > 0.9, "whichever way that component points"


def test_without_the_texts_nothing_is_evidence():
    found = all_claims(affective_vectors(WORDS, *NORMS.of(WORDS)), 499)
    assert {one.mark for one in found} <= {"no evidence", "cannot be tested against words"}
    assert "cannot be tested against words" in {one.mark for one in found}
    assert all("not known" in one.sentence for one in found)


def test_an_untrained_twin_that_does_as_well_explains_the_claim_and_is_said_to_be_missing_otherwise():
    vectors = written(affective_vectors(WORDS, *NORMS.of(WORDS)))
    first = all_claims(vectors, 499, vectors.values)[0]
    assert first.mark == "explained by an untrained twin"
    assert "an untrained twin was not read" in all_claims(vectors, 499)[0].sentence


def test_of_two_maps_that_are_as_good_neither_beats_the_other():
    # The vectors and their "twin" hold the same structure under noise of their own: 5 % of maps may claim more.
    n, worlds, claiming = 40, 40, 0
    for world in range(worlds):
        rng = np.random.default_rng(world)
        words = tuple(rng.permutation(tuple(paper_clusters().cluster_of))[:n])
        valence, arousal = (np.nan_to_num(rating) for rating in NORMS.of(words))
        basis = np.linalg.qr(rng.normal(size=(30, 12)))[0].T
        groups = 2 * np.eye(10)[paper_labels(words)[1]] @ basis[2:]
        truth = 2 * valence[:, None] * basis[0] + 1.5 * arousal[:, None] * basis[1] + groups
        one, two = (truth + rng.normal(size=truth.shape) for _ in range(2))
        vectors = written(vectors_of(words, np.repeat(one[:, None], 2, axis=1)), world)
        found = all_claims(vectors, 99, np.repeat(two[:, None], 2, axis=1).astype(np.float32))
        claiming += any(r.name == TWIN and r.outcome == "beats" for c in found if c.stands for r in c.rivals)
    assert claiming <= 5  # of 40; 6 and more have a chance of 1.4 % where 5 % is true


def test_the_map_of_the_words_themselves_is_no_evidence(words_171):
    found = all_claims(words_171, 499)
    assert sum(one.stands for one in found) >= 3, "words alone do pass the tests against chance"
    assert not [one.sentence for one in found if one.mark == "evidence"]
    hardly = next(one for one in found if one.what.startswith("The clusters"))
    assert hardly.value < 0.1 and "hardly at all" in hardly.statement


def test_a_network_with_random_weights_is_no_evidence(bundled):
    twin = untrained_twin(bundled.model, seed=3)
    prompts = load_prompts("emotions-171")
    few = replace(prompts, texts=tuple(t for t in prompts.part("train") if t.emotion in set(WORDS)))
    vectors = run_to_end(build(twin, [few], BuildSettings(), bundled.cache))
    for layer in (0, vectors.n_layers - 1):
        found = map_emotions(vectors, layer, 8)
        readings = read_norms_off(vectors.values[:, layer].astype(float), vectors.emotions, NORMS)
        marks = [one.mark for one in claims(found, readings, rival_rows(vectors, layer))]
        assert "evidence" not in marks


def test_the_twin_of_a_twin_is_the_same_network_and_explains_everything(bundled):
    twin = untrained_twin(bundled.model)
    prompts = load_prompts("emotions-12")
    prompts = replace(prompts, texts=tuple(t for e in prompts.emotions[:4] for t in prompts.of(e)[:8]))
    vectors = run_to_end(build(twin, [prompts], BuildSettings(neutral_projection=True), bundled.cache))
    read = run_to_end(read_twin(bundled.model, replace(vectors, model=bundled.model.info), bundled.cache))
    assert read.emotions == vectors.emotions and read.fingerprint == twin.info.fingerprint
    np.testing.assert_allclose(read.values, vectors.values, atol=1e-5)


@pytest.fixture(scope="module")
def words_171():
    """Word counts of emotions-171 as if they were a model's vectors."""
    prompts = load_prompts("emotions-171")
    empty = replace(random_vectors(prompts.emotions), prompt_sets=(prompts,))
    return replace(empty, values=np.repeat(tfidf_vectors(empty)[:, None], 2, axis=1).astype(np.float32))


def test_words_stand_for_texts_by_the_oracle_of_scikit_learn(words_171):
    from sklearn.feature_extraction.text import TfidfVectorizer

    rows = words_171.prompt_sets[0].part("train")
    weights = TfidfVectorizer(token_pattern=r"(?u)\w+").fit_transform([t.text for t in rows]).toarray()
    emotions = np.array([t.emotion for t in rows])
    means = np.stack([weights[emotions == e].mean(axis=0) for e in words_171.emotions])
    means -= means.mean(axis=0)
    found = tfidf_vectors(words_171)
    np.testing.assert_allclose(found @ found.T, means @ means.T, atol=1e-9)


def test_the_title_speaks_by_the_corrected_p_value_of_the_claims():
    # r = .36 over 31 words: p < .05 on its own, not after the correction.
    vectors = next(
        one
        for one in (random_vectors(WORDS[:31], seed, width=6) for seed in range(400))
        if 0.025 < map_emotions(one, 1, 8).human.valence.p_value < 0.05
    )
    found = map_emotions(vectors, 1, 8)
    assert "does not follow" in map_title(found, all_claims(vectors))
    assert map_title(found) == "Emotions by their two main components"
