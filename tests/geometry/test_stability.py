"""Reliability of a map: near 1 where the texts agree, near 0 where they are noise."""

import numpy as np
import pytest
from vectors.planted import LAYERS, WIDTH

from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.geometry.stability import stability
from emotion_core.vectors.estimate import LabelledRows

EMOTIONS = tuple(f"e{i}" for i in range(12))
TEXTS = 10


def built(signal: float, seed: int = 0, noisy_emotion: int | None = None):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(len(EMOTIONS), LAYERS, WIDTH))
    labels = np.repeat(np.arange(len(EMOTIONS)), TEXTS)
    noise = np.ones(len(labels))
    if noisy_emotion is not None:
        noise[labels == noisy_emotion] = 12.0
    values = signal * centres[labels] + noise[:, None, None] * rng.normal(size=(len(labels), LAYERS, WIDTH))
    block = LabelledRows(EMOTIONS, np.arange(len(labels)), labels, tuple(str(i) for i in range(len(labels))))
    return run_to_end(stability(values.astype(np.float32), [block], "difference", clusters=4, resamples=12, splits=8))


def test_texts_that_agree_give_a_reliable_map_and_noise_does_not():
    clear, noise = built(3.0), built(0.0)
    assert (clear.reliability > 0.9).all()
    assert (np.abs(noise.half) < 0.35).all()
    assert (clear.p_value < 0.01).all()
    assert (clear.reliability_low <= clear.reliability).all() and (clear.reliability <= clear.reliability_high).all()
    assert clear.spread.mean() < noise.spread.mean() * 3  # in the same units: noise of the texts alone
    assert (clear.mates_by_chance < 0.6).all()
    # Means of ten texts drawn again, around the mean of twelve emotions, along axes that stay.
    assert clear.spread.mean() == pytest.approx(np.sqrt(9 / 10 / TEXTS * 11 / 12), rel=0.15)


def test_the_emotion_with_noisy_texts_is_the_one_without_a_place():
    found = built(2.0, noisy_emotion=5)
    assert (np.argmin(found.place, axis=1) == 5).all()
    assert (np.argmax(found.spread.mean(axis=2), axis=1) == 5).all()


def test_a_planted_reliability_is_found():
    # Signal and noise of the means known: correlation of the halves' cosines rises with the number of texts.
    weak, strong = built(0.6), built(1.5)
    assert (weak.half < strong.half).all()


def cosines_of(values: np.ndarray) -> np.ndarray:
    """Cosines of all pairs of emotions, from texts [emotions, texts, width]."""
    means = values.mean(axis=1)
    means = means - means.mean(axis=0)
    units = means / np.linalg.norm(means, axis=1, keepdims=True)
    return (units @ units.T)[np.triu_indices(len(units), 1)]


@pytest.mark.parametrize(("signal", "texts"), [(0.25, 8), (0.35, 8), (0.6, 8), (0.4, 5), (0.4, 14)])
def test_reliability_is_what_other_texts_of_the_same_size_give(signal, texts):
    # The oracle writes new texts in the same world and correlates the two maps' cosines.
    n, width, worlds, again = 60, 40, 8, 6
    rng = np.random.default_rng(1)
    labels = np.repeat(np.arange(n), texts)
    block = LabelledRows(tuple(map(str, range(n))), np.arange(n * texts), labels, tuple(map(str, range(n * texts))))
    shown, true = [], []
    for world in range(worlds):
        centres = signal * rng.normal(size=(n, 1, width)) * np.linspace(2, 0.2, width)  # some directions matter more
        drawn = [centres + rng.normal(size=(n, texts, width)) for _ in range(again)]
        maps = [cosines_of(one) for one in drawn]
        true += [np.corrcoef(maps[0], other)[0, 1] for other in maps[1:]]
        values = drawn[0].reshape(n * texts, 1, width).astype(np.float32)
        job = stability(values, [block], "difference", clusters=4, seed=world, resamples=1)
        shown.append(float(run_to_end(job).reliability[0]))
    assert np.mean(shown) == pytest.approx(np.mean(true), abs=0.03)


def test_too_few_texts_are_named():
    labels = np.repeat(np.arange(3), 3)
    block = LabelledRows(("a", "b", "c"), np.arange(9), labels, tuple("abcdefghi"))
    with pytest.raises(SettingsError, match="Too few training texts"):
        run_to_end(stability(np.ones((9, 1, 4), np.float32), [block], "difference", 2))
