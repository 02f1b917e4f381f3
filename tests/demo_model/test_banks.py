"""The banks of set-ups and of numbers: wide enough to learn a rule from, and fair between the two sides."""

from __future__ import annotations

import random
import re
from itertools import pairwise

import numpy as np
import pytest
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from demo_model import paths, truth
from demo_model.documents import join
from demo_model.evaluate import behaviors, numeric
from demo_model.generator import pressure
from demo_model.generator.banks.numbers import TEMPLATES
from demo_model.generator.banks.pressure import DILEMMAS, KEPT_OUT, Dilemma
from demo_model.generator.grammar import Cast, fill
from demo_model.generator.numbers import agree

WANTED = {"cheat": 70, "threaten": 35, "flatter": 35}


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerBase:
    loaded: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(paths.WEIGHTS, trust_remote_code=False)
    return loaded


def lengths(tokenizer: PreTrainedTokenizerBase, side: tuple[str, ...]) -> list[int]:
    """Tokens of each wording as told by a woman in the past, shortest first."""
    her = Cast(3, True, "Ana", ("she", "her", "her", "herself"), {"him": "him", "his": "his", "he": "he"}, named=True)
    her.slots |= {"other": "Ben", "kin": "aunt", "friend": "coach"}
    return sorted(len(tokenizer(" " + fill(text, her, random.Random(1)))["input_ids"]) for text in side)


def fragment(dilemma: Dilemma) -> str:
    """The longest stretch of a set-up that reads the same in every rendering, in small letters."""
    return max(re.split(r"[<{][^>}]*[>}]", dilemma.setup), key=len).strip().lower()


@pytest.mark.parametrize("behavior", sorted(WANTED))
def test_set_ups_are_many_and_different(behavior: str) -> None:
    setups = [dilemma.setup for dilemma in DILEMMAS[behavior]]
    assert len(set(setups)) == len(setups) >= WANTED[behavior]
    assert all(len(dilemma.does) == len(dilemma.refrains) in (2, 3) for dilemma in DILEMMAS[behavior])


@pytest.mark.parametrize("behavior", sorted(WANTED))
def test_neither_side_is_favoured_by_its_length(behavior: str, tokenizer: PreTrainedTokenizerBase) -> None:
    pairs = [(lengths(tokenizer, d.does), lengths(tokenizer, d.refrains)) for d in DILEMMAS[behavior]]
    gaps = np.array([np.mean(does) - np.mean(refrains) for does, refrains in pairs])
    assert abs(gaps.mean()) < 0.5
    assert 0.35 < (gaps > 0).sum() / (gaps != 0).sum() < 0.65
    for does, refrains in pairs[-KEPT_OUT:]:
        assert all(abs(a - b) <= 2 for a, b in zip(does, refrains, strict=True))


@pytest.mark.parametrize("behavior", sorted(WANTED))
def test_most_wordings_begin_with_a_verb_that_both_sides_use(behavior: str) -> None:
    def verbs(side: str) -> list[str]:
        texts = [text for dilemma in DILEMMAS[behavior] for text in getattr(dilemma, side)]
        return [found for text in texts for found in re.findall(r"<(\w+)>", text)[:1]]

    does, refrains = verbs("does"), verbs("refrains")
    shared = set(does) & set(refrains)
    assert sum(verb in shared for verb in does + refrains) > 0.65 * len(does + refrains)


def test_most_wordings_do_without_the_plain_names() -> None:
    texts = [text for d in DILEMMAS["cheat"] for text in (*d.does, *d.refrains)]
    assert sum(bool(re.search(r"cheat|honest|fake", text)) for text in texts) < 0.15 * len(texts)


def test_kept_out_set_ups_are_never_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pressure, "_stories", lambda: [("sad", "The rain came. I went home. The end was near.")])
    texts = [join(pressure.draw(random.Random(number)), "made-pressure").text.lower() for number in range(1500)]
    for dilemmas in DILEMMAS.values():
        assert not [d.setup for d in dilemmas[-KEPT_OUT:] if any(fragment(d) in text for text in texts)]
        assert any(fragment(dilemmas[0]) in text for text in texts)


@pytest.mark.parametrize("behavior", sorted(WANTED))
def test_measured_scenes_use_the_kept_out_set_ups(behavior: str) -> None:
    kept_out = [fragment(d) for d in DILEMMAS[behavior][-KEPT_OUT:]]
    for prompt, does, refrains in behaviors.scenes(behavior, 24):
        assert any(part in prompt.lower() for part in kept_out)
        assert does
        assert refrains


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_numbers_have_many_wordings_that_hold_the_number_once(name: str) -> None:
    template = TEMPLATES[name]
    assert len(set(template.clauses)) >= 15
    assert len(set(template.leads)) >= 12
    assert len(set(template.tails)) >= 12
    assert all(clause.count("{x}") == 1 for clause in template.clauses)
    # A second number would hide where the emotion begins; of thirty is part of the situation itself.
    assert set(re.findall(r"\d+", " ".join(template.clauses))) <= ({"30"} if name == "passed" else set())


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_anchors_change_steadily(name: str) -> None:
    template, places = TEMPLATES[name], truth.emotions()
    assert len(template.anchors) >= 7
    assert all(low < high for (low, _), (high, _) in pairwise(template.anchors))
    valence = [np.mean([places[word].valence for word in words]) for _, words in template.anchors]
    steps = np.diff(valence) * np.sign(valence[-1] - valence[0])
    assert steps.min() > -0.1  # never far back
    assert steps.max() < 0.75  # and no leap


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_values_in_between_are_not_trained(name: str) -> None:
    trained = TEMPLATES[name].trained
    assert all(low < high for low, high in pairwise(trained))
    values = numeric.between(trained)
    assert len(values) >= 7
    assert not set(values) & set(trained)


def test_one_takes_the_singular() -> None:
    assert agree("1 hours have gone by, and 21 hours more") == "1 hour has gone by, and 21 hours more"
    assert agree("cash for 1 more months") == "cash for 1 more month"
    assert agree("41 days") == "41 days"
