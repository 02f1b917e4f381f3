import numpy as np
import pytest

from emotion_core.base.activations import Activations
from emotion_core.base.errors import PromptSetError, SettingsError
from emotion_core.vectors.build import vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings
from vectors.planted import LAYERS, activations, labelled_set, neutral, pair_set, planted_labels, planted_pairs


def both(first: Activations, second: Activations) -> Activations:
    return activations([*first.texts, *second.texts], np.concatenate([first.values, second.values]))


def test_vectors_of_both_forms_come_from_training_texts_only():
    pairs, labels = pair_set(), labelled_set(("calm", "joy", "rage"))
    acts = both(planted_pairs(pairs, 4.0)[0], planted_labels(labels, 4.0)[0])
    vectors = vectors_from([pairs, labels], acts, neutral(), BuildSettings())
    assert vectors.emotions == ("fear", "calm", "joy", "rage")
    assert vectors.values.shape == (4, LAYERS, 32) and vectors.values.dtype == np.float32
    np.testing.assert_allclose(vectors.residual_norms, 10.0)
    heldout = {t.text for t in (*pairs.texts, *labels.texts) if t.split == "heldout"}
    acts.values[[t in heldout for t in acts.texts]] = 1e6
    again = vectors_from([pairs, labels], acts, neutral(), BuildSettings())
    assert (again.values == vectors.values).all() and (again.cv_auroc == vectors.cv_auroc).all()


def test_the_order_of_the_activations_plays_no_part():
    pairs = pair_set()
    acts, _ = planted_pairs(pairs, 2.0)
    vectors = vectors_from([pairs], acts, neutral(), BuildSettings())
    turned = vectors_from([pairs], acts.rows(np.arange(len(acts.texts))[::-1]), neutral(), BuildSettings())
    np.testing.assert_array_equal(vectors.values, turned.values)


def test_midpoint_lies_halfway_between_the_training_means():
    pairs = pair_set()
    acts, _ = planted_pairs(pairs, 3.0)
    vectors = vectors_from([pairs], acts, neutral(), BuildSettings())
    train = {t.text: t.side for t in pairs.part("train")}
    scores = np.einsum("tlw,lw->tl", acts.values, vectors.units[0])
    means = [scores[[train.get(t) == side for t in acts.texts]].mean(axis=0) for side in ("positive", "negative")]
    np.testing.assert_allclose(vectors.train_midpoints[0], (means[0] + means[1]) / 2, rtol=1e-4)


def test_neutral_directions_are_projected_out_of_every_vector():
    pairs = pair_set()
    acts, direction = planted_pairs(pairs, 6.0)
    plain = neutral()
    # Neutral text varies along the planted direction more than along all others together.
    loud = plain.values + np.random.default_rng(0).normal(size=(20, 1, 1)) * 20 * direction
    vectors = vectors_from([pairs], acts, activations(list(plain.texts), loud), BuildSettings(neutral_projection=True))
    assert np.abs((vectors.units[0] * direction).sum(-1)).max() < 0.1


def test_too_little_to_build_from_is_said():
    one = pair_set(1, 1)
    acts, _ = planted_pairs(one, 1.0)
    with pytest.raises(SettingsError, match="One contrast pair"):
        vectors_from([one], acts, neutral(), BuildSettings())
    with pytest.raises(SettingsError, match="no prompt set"):
        vectors_from([], acts, neutral(), BuildSettings())
    alone = labelled_set(("calm",))
    with pytest.raises(SettingsError, match="single emotion"):
        vectors_from([alone], planted_labels(alone, 1.0)[0], neutral(), BuildSettings())
    with pytest.raises(SettingsError, match="no training texts"):
        vectors_from([pair_set(0, 4)], acts, neutral(), BuildSettings())
    with pytest.raises(PromptSetError, match="same emotion"):
        sets = [pair_set(), labelled_set(("fear", "calm"))]
        vectors_from(sets, acts, neutral(), BuildSettings())
    with pytest.raises(SettingsError, match="lack a text"):
        vectors_from([pair_set(name="other")], acts, neutral(), BuildSettings())


def test_sides_that_read_the_same_have_no_direction():
    pairs = pair_set()
    acts, _ = planted_pairs(pairs, 3.0)
    acts.values[:] = np.round(acts.values[:1])
    with pytest.raises(SettingsError, match=r"two sides are the same to the model.*\(fear\).*exactly 0 at every layer"):
        vectors_from([pairs], acts, neutral(), BuildSettings())


def test_an_emotion_that_two_sets_spell_differently_is_one():
    sets = [labelled_set(("Fear", "calm"), name="a"), labelled_set(("fear", "joy"), name="b")]
    acts = both(planted_labels(sets[0], 4.0)[0], planted_labels(sets[1], 4.0)[0])
    vectors = vectors_from(sets, acts, neutral(), BuildSettings())
    assert vectors.emotions == ("Fear", "calm", "joy")
    assert sum(text.emotion == "Fear" for text in vectors.prompt_sets[0].texts) == 24
    (joined,) = vectors.prompt_sets
    assert vectors_from([joined], acts, neutral(), BuildSettings()).emotions == vectors.emotions
