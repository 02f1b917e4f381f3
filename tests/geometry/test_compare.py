import json
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from emotion_core.base.errors import SettingsError
from emotion_core.evaluation.verdict import kind_of
from emotion_core.geometry.compare import ONE_SOURCE, compare, compare_layers, comparison_title, mantel
from emotion_core.geometry.norms import circumplex
from emotion_core.geometry.rivals import TOO_FEW, tfidf_vectors
from emotion_core.geometry.similarity import cosine_matrix
from emotion_core.prompts.builtin import load_prompts
from geometry.maps import affective_vectors, random_vectors, vectors_of, written

WORDS = tuple(f"w{i}" for i in range(20))
RATED = tuple(sorted(circumplex().valence))[::4]


def test_a_rotated_geometry_is_the_same_geometry():
    first = random_vectors(WORDS)
    wider = np.linalg.qr(np.random.default_rng(5).normal(size=(40, 24)))[0]
    order = np.random.default_rng(1).permutation(20)
    second = vectors_of(tuple(WORDS[i] for i in order), (first.values @ wider.T)[order], "other")
    result = compare(first, second)
    assert result.r == pytest.approx(1.0, abs=1e-5) and result.p_value == pytest.approx(1 / 2001)
    document = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert document["n_shared"] == 20 and document["models"] == ["toy", "other"]


def test_r_is_that_of_the_upper_triangles():
    first, second = random_vectors(WORDS, 1), random_vectors((*WORDS[5:], "extra"), 2)
    result = compare(first, second, layer_first=0)
    rows = [cosine_matrix(v.values[[v.index(e) for e in WORDS[5:]], layer]) for v, layer in ((first, 0), (second, 1))]
    upper = np.triu_indices(15, 1)
    assert result.r == pytest.approx(np.corrcoef(rows[0][upper], rows[1][upper])[0, 1])
    assert result.layers == (0, 1) and len(result.emotions) == 15


def test_unrelated_geometries_agree_as_often_as_chance():
    p_values = np.array([compare(random_vectors(WORDS, s), random_vectors(WORDS, s + 500)).p_value for s in range(60)])
    assert 0.35 < p_values.mean() < 0.65 and (p_values <= 0.05).mean() <= 0.12


def test_memory_is_bounded_without_changing_the_result(monkeypatch):
    matrices = np.stack([cosine_matrix(random_vectors(WORDS, s).values[:, 0]) for s in (1, 2)])
    whole = mantel(matrices, 3, shuffles=100)
    monkeypatch.setattr("emotion_core.geometry.compare._BUDGET", 1)
    for one, other in zip(whole, mantel(matrices, 3, shuffles=100), strict=True):
        np.testing.assert_allclose(one, other)


def test_layers_of_one_file():
    vectors = random_vectors(WORDS, layers=4)
    vectors.values[:, 1] = vectors.values[:, 0] * 3
    vectors.values[2, 3] = np.nan
    result = compare_layers(vectors)
    assert result.layers == (0, 1, 2)
    np.testing.assert_allclose(np.diag(result.r), 1.0)
    assert result.r[0, 1] == pytest.approx(1.0) and result.p_value[0, 1] < 0.01 < result.p_value[0, 2]


def test_too_few_shared_emotions_are_said():
    with pytest.raises(SettingsError, match="share too few"):
        compare(random_vectors(WORDS), random_vectors(("w0", "w1", "x", "y")))


@pytest.mark.parametrize(("n", "testable"), [(3, False), (4, True)])
def test_a_perfect_agreement_of_three_is_no_more_than_chance_could_be(n, testable):
    vectors = random_vectors(WORDS[:n])
    result = compare(vectors, vectors)
    assert result.r == pytest.approx(1) and (result.mark != TOO_FEW) is testable
    assert comparison_title(result).startswith("3 emotions are too few") is not testable


def test_of_few_emotions_every_naming_is_looked_at():
    first, second = random_vectors(WORDS[:5], 1), random_vectors(WORDS[:5], 2)
    sides = [cosine_matrix(one.values[:, 1]) for one in (first, second)]
    upper = np.triu_indices(5, 1)
    rs = [np.corrcoef(sides[0][upper], sides[1][np.ix_(p, p)][upper])[0, 1] for p in permutations(range(5))]
    expected = np.mean(np.array(rs) >= rs[0] - 1e-12)
    (found,) = {compare(first, second, seed=seed).p_value for seed in range(4)}
    assert found == pytest.approx(expected)


def test_equal_vectors_have_no_geometry():
    flat = vectors_of(WORDS[:4], np.ones((4, 1, 6)))
    document = compare(flat, random_vectors(WORDS)).to_json()
    assert document["r"] is None and document["p_value"] is None


def test_p_is_that_of_a_plain_mantel_test_with_the_same_shuffles():
    matrices = np.stack([cosine_matrix(random_vectors(WORDS[:6], s).values[:, 0]) for s in (1, 2)])
    r, p = mantel(matrices, 4, shuffles=50)
    upper = np.triu_indices(6, 1)
    names = np.random.default_rng(4).permuted(np.tile(np.arange(6), (50, 1)), axis=1)
    drawn = [np.corrcoef(matrices[0][upper], matrices[1][np.ix_(n, n)][upper])[0, 1] for n in names]
    assert p[0, 1] == (1 + (np.array(drawn) >= r[0, 1] - 1e-12).sum()) / 51


def test_an_agreement_beyond_the_words_is_evidence_and_says_what_is_shared():
    first = written(affective_vectors(RATED, *circumplex().of(RATED), seed=1, noise=0.6))
    second = affective_vectors(RATED, *circumplex().of(RATED), seed=2, noise=0.6)
    other = replace(second.model, name="other", fingerprint="b" * 64)
    second = replace(second, prompt_sets=first.prompt_sets, model=other)
    found = compare(first, second)
    assert found.mark == "evidence" and found.same_texts and "same texts" in found.sentence
    assert len(found.rivals) == 2 and found.r > max(one.size for one in found.rivals)
    elsewhere = compare(first, written(second, seed=9))
    assert not elsewhere.same_texts and len(elsewhere.rivals) == 3 and "Both come" not in elsewhere.sentence


def test_the_same_texts_of_one_model_agree_by_themselves():
    first = written(affective_vectors(RATED, *circumplex().of(RATED), seed=1, noise=0.6))
    found = compare(first, first)
    assert found.mark == ONE_SOURCE and kind_of(found.mark) == "not tested"
    assert "one model read the same texts" in comparison_title(found) and "agree very" not in found.sentence
    assert compare(first, written(first, seed=9)).mark == "evidence"
    (texts,) = first.prompt_sets
    fewer = replace(first, prompt_sets=(replace(texts, texts=texts.texts[:-1]),))
    assert compare(first, fewer).mark == ONE_SOURCE, "all texts but one are the same"


def test_an_agreement_that_the_words_reach_as_well_is_explained_by_them():
    prompts = load_prompts("emotions-12")
    first = replace(random_vectors(prompts.emotions), prompt_sets=(prompts,))
    words = tfidf_vectors(first)
    rng = np.random.default_rng(0)
    noisy = [words + 0.1 * words.std() * rng.normal(size=words.shape) for _ in range(2)]
    one, two = (replace(first, values=np.repeat(rows[:, None], 2, axis=1)) for rows in noisy)
    two = replace(two, model=replace(two.model, fingerprint="b" * 64))
    found = compare(one, two)
    assert found.beyond_chance and found.mark == "explained by vocabulary"
    assert compare(first, two).mark == "no evidence"


def test_files_without_texts_cannot_be_tested_against_words():
    planted = affective_vectors(RATED, *circumplex().of(RATED))
    found = compare(planted, planted)
    assert found.mark == "cannot be tested against words" and found.same_texts is None


def test_a_small_agreement_is_a_small_word():
    found = replace(compare(random_vectors(RATED), random_vectors(RATED, 1)), r=0.26, p_value=0.0005)
    assert "agree weakly" in comparison_title(found)
