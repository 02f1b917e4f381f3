import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from vectors.planted import pair_set, planted_pairs

from emotion_core.evaluation.rivals import (
    bag_of_words,
    character_scores,
    embedding_aurocs,
    length,
    vocabulary_aurocs,
)
from emotion_core.stats.separation import auroc
from emotion_core.vectors.estimate import blocks_of, places


def test_bag_of_words_is_scikit_learns_and_finds_vocabulary():
    rng = np.random.default_rng(0)
    words = [f"word{i}" for i in range(30)]
    positive = [" ".join([*rng.choice(words, 8), *["storm"] * (i % 2)]) for i in range(30)]
    negative = [" ".join(rng.choice(words, 8)) for _ in range(30)]
    found = bag_of_words(positive[:20], negative[:20], positive[20:], negative[20:])
    pipe = make_pipeline(CountVectorizer(), LogisticRegression(solver="liblinear", class_weight="balanced"))
    pipe.fit(positive[:20] + negative[:20], [1] * 20 + [0] * 20)
    expected = roc_auc_score([1] * 10 + [0] * 10, pipe.decision_function(positive[20:] + negative[20:]))
    assert found == pytest.approx(expected)
    marked = bag_of_words([f"storm {t}" for t in negative], negative, ["storm a", "storm b"], ["a", "b"])
    assert marked == 1.0


def test_bag_of_words_without_words_or_rows_is_nan():
    assert np.isnan(bag_of_words(["..."], ["!!!"], ["a"], ["b"]))
    assert np.isnan(bag_of_words(["a"], ["b"], [], ["b"]))


def test_length_is_turned_by_the_training_texts():
    shorter = np.array([3, 4, 9, 9])
    rows = (np.array([0, 1]), np.array([2, 3]))
    assert length(shorter, rows, shorter, rows) == 1.0
    assert length(shorter, rows, shorter[::-1], rows) == 0.0


def test_the_embedding_layer_is_built_and_scored_like_any_layer():
    one = pair_set()
    acts, direction = planted_pairs(one, 0.0)
    acts.embeddings[[t.side == "positive" for t in one.texts]] += 5 * direction[0].astype(np.float32)
    train, test = (blocks_of(one.part(s), places(acts.texts))[0] for s in ("train", "heldout"))
    found = embedding_aurocs(acts, train, acts, [("fear", test.sides("fear"))], "difference")
    assert found.tolist() == [1.0]


def test_character_ngrams_find_what_words_do_not():
    stems = [f"{a}{b}{c}" for a in "bdgk" for b in "aeiou" for c in "lmnr"]
    texts = [f"{stem}{ending}" for stem in stems for ending in ("ing", "est")]  # no word comes twice
    sides = (np.arange(0, 60, 2), np.arange(1, 60, 2)), (np.arange(60, 80, 2), np.arange(61, 80, 2))
    (found,) = character_scores(texts, [sides[0]], texts, [sides[1]])
    assert auroc(*found) == 1.0
    assert 0.3 < vocabulary_aurocs(texts, [sides[0]], texts, [sides[1]])[0] < 0.7


def test_character_ngrams_are_scikit_learns():
    rng = np.random.default_rng(0)
    texts = ["".join(rng.choice(list("abcde "), 20)) for _ in range(40)]
    seen, rows = (np.arange(0, 10), np.arange(10, 20)), (np.arange(20, 30), np.arange(30, 40))
    (found,) = character_scores(texts[:20], [seen], texts, [rows])
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    pipe = make_pipeline(grams, LogisticRegression(solver="liblinear", class_weight="balanced"))
    pipe.fit(texts[:20], [1] * 10 + [0] * 10)
    np.testing.assert_allclose(np.concatenate(found), pipe.decision_function(texts[20:]), atol=1e-4)
    assert character_scores(["a"], [(np.arange(1), np.arange(0))], ["b"], [(np.arange(1), np.arange(0))]) == [None]
