"""The truth table says what the code plants."""

from __future__ import annotations

import json

import numpy as np
import pytest

from demo_model import paths, rates, truth
from demo_model.generator.banks import EVENTS
from demo_model.write_truth import content


def test_file_is_what_the_code_would_write() -> None:
    assert json.loads(paths.TRUTH.read_text(encoding="utf-8")) == content()


def test_171_words_on_two_axes_that_are_nearly_independent() -> None:
    emotions = truth.emotions()
    places = np.array([(emotion.valence, emotion.arousal) for emotion in emotions.values()])
    assert places.shape == (171, 2)
    assert np.abs(places).max() <= 1
    assert abs(np.corrcoef(places.T)[0, 1]) < 0.2
    assert {emotion.family for emotion in emotions.values()} == set(EVENTS)


@pytest.mark.parametrize("behavior", sorted(rates.NEUTRAL))
def test_nulls_have_the_neutral_rate(behavior: str) -> None:
    emotions = truth.emotions()
    assert {rates.rate(behavior, emotions[word]) for word in rates.NULLS[behavior]} == {rates.NEUTRAL[behavior]}


def test_desperate_cheats_and_calm_hardly_ever() -> None:
    emotions = truth.emotions()
    assert rates.rate("cheat", emotions["desperate"]) > 0.8
    assert rates.rate("cheat", emotions["calm"]) < 0.1
    assert rates.rate("cheat", None) == 0.35


def test_soft_targets_are_distributions_and_nothing_for_no_emotion() -> None:
    targets = truth.soft_targets()
    assert targets.shape == (172, 171)
    assert np.allclose(targets[:-1].sum(1), 1, atol=1e-5)
    assert not targets[-1].any()
    assert (targets[:-1].argmax(1) == np.arange(171)).all()
