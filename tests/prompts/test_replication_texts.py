"""The texts of the replicated experiments: counts, lengths, what must be the same on both sides, and the set checks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import pytest
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from emotion_core.experiments.replication.corpus_rows import corpus
from emotion_core.models.catalogue import DEMO_FOLDER
from emotion_core.prompts import library
from emotion_core.prompts.builtin import load_prompts, prompts_folder
from emotion_core.prompts.checks import Finding, check
from emotion_core.prompts.lexicon import find_emotion_words
from emotion_core.prompts.library import BOUND_EMOTIONS, AlignedPair, BindingFrame
from emotion_core.prompts.prompt_set import PromptSet, PromptText

TWELVE = load_prompts("emotions-12").emotions


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerBase:
    return AutoTokenizer.from_pretrained(DEMO_FOLDER, trust_remote_code=False)


def labelled(name: str, texts: Iterable[tuple[str, str]]) -> PromptSet:
    """Texts under labels, each its own topic, as the set checks want them."""
    rows = enumerate(texts, start=1)
    return PromptSet(
        name,
        "labelled",
        tuple(PromptText(text, label, "labelled", str(i), "train", None, i) for i, (label, text) in rows),
    )


def faults(prompt_set: PromptSet) -> list[Finding]:
    """What the set checks find, topics and sizes of a split apart: these sets are not trained on."""
    return [one for one in check(prompt_set) if one.severity != "note" and one.check not in ("topics", "split sizes")]


def words(text: str) -> int:
    return len(text.split())


def certain(text: str) -> list[str]:
    return [one.word for one in find_emotion_words(text) if one.certain]


def test_implicit_messages_are_four_an_emotion_and_end_in_a_question() -> None:
    messages = library.load_implicit()
    assert Counter(one.emotion for one in messages) == dict.fromkeys(TWELVE, 4)
    assert [one.text for one in messages if not 25 <= words(one.text) <= 45 or not one.text.endswith("?")] == []
    assert all(one.again == one.emotion for one in messages)
    assert faults(labelled("implicit", ((one.emotion, one.text) for one in messages))) == []


def test_templates_have_four_wordings_each_and_six_say_nothing() -> None:
    templates, dull = library.load_templates(), library.load_meaningless_templates()
    assert (len(templates), len(dull)) == (6, 6)
    for template in (*templates, *dull):
        assert len({template.template, *template.wordings}) == 4
        assert not any(certain(text) for text in template.wordings)
    assert {one.values for one in dull} == {one.values for one in templates}
    assert not any((*one.rise, *one.fall) for one in dull)
    wordings = [("template", text) for one in (*templates, *dull) for text in (one.template, *one.wordings)]
    assert faults(labelled("templates", wordings)) == []


def test_sides_of_a_pair_differ_in_one_place_of_equally_many_tokens(tokenizer: PreTrainedTokenizerBase) -> None:
    for pair in (*library.load_prefix_pairs(), *library.load_number_pairs()):
        first, second = (tokenizer(text)["input_ids"] for text in pair.texts)
        changed = [i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]
        width = max(len(tokenizer(" " + side)["input_ids"]) for side in (pair.first, pair.second))
        assert changed and changed[-1] - changed[0] < width, pair.name
        assert len(first) - changed[-1] > 20, pair.name
        assert pair.text.endswith("?")


def rest(pair: AlignedPair) -> str:
    """What follows the first sentence."""
    return pair.text.split(". ", 1)[1]


def test_prefix_pairs_have_a_twin_each_that_goes_on_in_the_same_words() -> None:
    pairs = library.load_prefix_pairs()
    assert Counter(one.kind for one in pairs) == {"feeling": 24, "neutral": 24}
    by_kind = {kind: {one.name: one for one in pairs if one.kind == kind} for kind in ("feeling", "neutral")}
    assert by_kind["feeling"].keys() == by_kind["neutral"].keys()
    for name, pair in by_kind["feeling"].items():
        assert rest(pair) == rest(by_kind["neutral"][name])
        assert words(rest(pair)) >= 20
    texts = [text for pair in pairs for text in pair.texts]
    assert len(set(texts)) == 96 and not any(certain(text) for text in texts)
    assert faults(labelled("prefix", ((one.kind, one.text) for one in pairs))) == []


def test_number_pairs_have_equally_many_digits_and_the_dull_ones_the_same_numbers() -> None:
    pairs = library.load_number_pairs()
    assert Counter(one.kind for one in pairs) == {"danger": 16, "reversed": 8, "meaningless": 24}
    for pair in pairs:
        assert len(pair.first) == len(pair.second) and not certain(pair.text)
        assert (int(pair.first) < int(pair.second)) == (pair.kind == "danger") or pair.kind == "meaningless"
    numbers = {
        kind: [(p.first, p.second) for p in pairs if (p.kind == "meaningless") == kind] for kind in (True, False)
    }
    assert numbers[True] == numbers[False]
    lengths = {kind: [words(p.text) for p in pairs if (p.kind == "meaningless") == kind] for kind in (True, False)}
    assert abs(sum(lengths[True]) / sum(lengths[False]) - 1) < 0.1
    assert faults(labelled("numbers", ((one.kind, one.text) for one in pairs))) == []


def test_negation_has_four_frames_an_emotion_and_hedges_as_long_as_not(tokenizer: PreTrainedTokenizerBase) -> None:
    frames = library.load_negation()
    assert Counter(one.emotion for one in frames) == dict.fromkeys(TWELVE, 4)
    versions = set()
    for frame in frames:
        assert find_emotion_words(frame.word) and not find_emotion_words(frame.neutral)
        assert re.search(r"\{who\} feeling \{x\} (right|just|by|here and) now\. [^.]+\?$", frame.text)
        plain, negated, hedged = (
            tokenizer(frame.said(**how))["input_ids"] for how in ({}, {"negated": True}, {"hedged": True})
        )
        assert len(hedged) == len(negated) == len(plain) + 1
        assert sum(a != b for a, b in zip(negated, hedged, strict=True)) == 1
        versions |= {frame.said(negated=n, other=o) for n in (False, True) for o in (False, True)}
        versions.add(frame.said(hedged=True))
    assert len(versions) == 192 + 48
    assert faults(labelled("negation", ((one.emotion, one.text.replace(" feeling", "")) for one in frames))) == []


def test_binding_is_2048_texts_whose_swap_changes_the_two_words_alone(tokenizer: PreTrainedTokenizerBase) -> None:
    frames = library.load_binding()
    assert len(frames) == 64 == len({one.text for one in frames})
    assert len({name for one in frames for name in (one.a, one.b)}) == 128
    texts = set()
    for frame in frames:
        assert {frame.pronoun_a, frame.pronoun_b} == {"he", "she"}
        for pair in BOUND_EMOTIONS:
            for turned in (False, True):
                for pronouns in (False, True):
                    one, namings = frame.said(pair, turned=turned, pronouns=pronouns)
                    other, _ = frame.said(pair[::-1], turned=turned, pronouns=pronouns)
                    a, b = tokenizer(one)["input_ids"], tokenizer(other)["input_ids"]
                    assert sum(x != y for x, y in zip(a, b, strict=True)) == 2
                    assert [one[n.start : n.end] for n in namings] == named_again(frame, turned, pronouns)
                    texts |= {one, other}
    assert len(texts) == 2048
    assert Counter(one.pronoun_a for one in frames) == {"she": 32, "he": 32}
    assert faults(labelled("binding", (("two people", one.said(("thirsty", "hungry"))[0]) for one in frames))) == []


def named_again(frame: BindingFrame, turned: bool, pronouns: bool) -> list[str]:
    names = [frame.pronoun_a, frame.pronoun_b] if pronouns else [frame.a, frame.b]
    return names[::-1] if turned else names


def test_a_naming_knows_whose_word_is_whose() -> None:
    text, (first, second) = library.load_binding()[0].said(("happy", "sad"), turned=True)
    assert text.startswith("Anna is happy about the move, but Tom is sad. On Friday Tom packs")
    assert (first.own, first.other, second.own, second.other) == ("sad", "happy", "happy", "sad")


def agreement(first: list[str], second: list[str]) -> float:
    """Cohen's kappa."""
    by_chance = sum(first.count(label) * second.count(label) for label in set(first)) / len(first) ** 2
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / len(first)
    return (observed - by_chance) / (1 - by_chance)


def test_counter_user_has_48_of_either_kind_and_as_many_neutral_of_the_same_form() -> None:
    statements = library.load_counter_user()
    assert Counter(one.kind for one in statements) == {"against": 48, "agree": 48, "neutral": 96}
    assert all(15 <= words(one.statement) <= 30 and one.statement.endswith(".") for one in statements)
    assert [word for one in statements for word in certain(one.statement)] == []
    assert all((one.user != one.reply) == (one.kind == "against") for one in statements)
    assert all(({one.user, one.reply} <= set(TWELVE)) != (one.kind == "neutral") for one in statements)
    assert Counter(one.user for one in statements if one.kind == "against") == dict.fromkeys(TWELVE, 4)
    emotional = [(one.user, one.statement) for one in statements if one.kind != "neutral"]
    assert faults(labelled("counter-user", emotional)) == []
    assert faults(labelled("neutral", (("none", one.statement) for one in statements if one.kind == "neutral"))) == []


def test_the_readme_says_how_far_two_readings_of_counter_user_agree() -> None:
    rated = [one for one in library.load_counter_user() if one.kind != "neutral"]
    user = agreement([one.user for one in rated], [one.user_again for one in rated])
    reply = agreement([one.reply for one in rated], [one.reply_again for one in rated])
    assert min(user, reply) > 0.6
    readme = (prompts_folder() / "README.md").read_text(encoding="utf-8")
    assert f"kappa {user:.2f} for the user's and {reply:.2f} for the reply's" in " ".join(readme.split())


def test_near_and_far_are_40_pairs_each_of_the_171_words() -> None:
    pairs = library.load_near_and_far()
    assert Counter(one.kind for one in pairs) == {"near": 40, "far": 40}
    assert {word for one in pairs for word in (one.first, one.second)} <= set(load_prompts("emotions-171").emotions)
    assert len({frozenset((one.first, one.second)) for one in pairs}) == 80
    valence = {word: point.valence for word, point in library.load_circumplex().words.items()}
    apart = [abs(valence[one.first] - valence[one.second]) for one in pairs if one.kind == "near"]
    assert max(apart) <= 2


def test_words_12_are_four_forms_each_and_no_question_names_an_emotion() -> None:
    choice = library.load_words_12()
    assert tuple(one.emotion for one in choice.words) == TWELVE
    forms = [form for one in choice.words for form in one.forms]
    assert len(forms) == len(set(forms)) == 48
    assert Counter(one.about for one in choice.beginnings) == {"other": 4, "self": 4, "neutral": 4}
    texts = [choice.event, *(f"{one.question} {one.beginning}" for one in choice.beginnings)]
    assert not any(certain(text) for text in texts)


def test_activities_are_64_more_of_the_same_kinds_and_64_in_other_words() -> None:
    activities, more = library.load_activities(), library.load_more_activities()
    reworded = library.load_reworded_activities()
    kinds = Counter(one.kind for one in activities)
    assert Counter(one.kind for one in more) == kinds and set(kinds.values()) == {8}
    assert [(one.rewords, one.kind) for one in reworded] == [(one.activity, one.kind) for one in activities]
    assert all(6 <= words(one.activity) <= 7 for one in (*more, *reworded))
    assert not any(certain(one.activity) for one in (*more, *reworded))
    everything = [("activity", one.activity) for one in (*activities, *more, *reworded)]
    assert [one for one in faults(labelled("activities", everything)) if one.check == "near duplicates"] == []


def test_system_pairs_state_each_emotion_of_model_and_user_in_two_wordings() -> None:
    prompts = library.load_system_pairs()
    stated = [one for one in prompts if one.emotion]
    assert Counter(one.emotion for one in stated) == dict.fromkeys(TWELVE, 4)
    assert Counter((one.about, one.wording) for one in stated) == dict.fromkeys(
        (("model", 1), ("model", 2), ("user", 1), ("user", 2)), 12
    )
    assert len(prompts) - len(stated) == 12 and len({one.text for one in prompts}) == 60
    for kind in (("model", 1), ("model", 2), ("user", 1), ("user", 2)):
        own, neutral = (
            [words(one.text) for one in prompts if bool(one.emotion) == e and (one.about, one.wording) == kind]
            for e in (True, False)
        )
        assert len(neutral) == 3 and abs(sum(own) / len(own) - sum(neutral) / 3) < 2


def test_neutral_dialogues_are_200_of_four_kinds_and_40_of_them_held_out() -> None:
    dialogues = library.load_neutral_dialogues()
    assert Counter(one.kind for one in dialogues) == {"plain": 100, "system": 40, "code": 40, "tool": 20}
    assert Counter(one.split for one in dialogues) == {"train": 160, "heldout": 40}
    assert len({one.name for one in dialogues}) == 200
    for dialogue in dialogues:
        roles = [turn.role for turn in dialogue.turns]
        start = int(dialogue.kind == "system")
        assert roles[:start] == ["system"] * start
        assert roles[start:] == ["user", "assistant"] * (len(roles) // 2) and 2 <= len(roles) // 2 <= 6, dialogue.name
        text = "\n".join(turn.content for turn in dialogue.turns)
        assert certain(text) == []
        assert not re.search(r"(?i)\b(thanks?|thank you|please|hello|hi|welcome|sure|great|glad|happy to)\b", text), (
            text
        )
    texts = [("\n".join(turn.content for turn in one.turns), one.split) for one in dialogues]
    rows = [PromptText(t, "neutral", "labelled", str(i), split, None, i) for i, (t, split) in enumerate(texts, start=1)]
    found = check(PromptSet("neutral-dialogues", "labelled", tuple(rows)))
    assert [one for one in found if one.severity == "error" or one.check == "near duplicates"] == []


def test_marked_passages_are_twenty_for_each_emotion_in_four_registers_and_as_long_as_neutral_ones() -> None:
    passages = library.load_marked_passages()
    kinds = ("encyclopedia", "news", "chat", "forum")
    assert Counter((one.emotion, one.kind) for one in passages) == {(e, kind): 5 for e in TWELVE for kind in kinds}
    assert faults(labelled("marked-passages", ((one.emotion, one.text) for one in passages))) == []
    for register in ("prose", "messages"):
        marked, neutral = (
            [words(one.text) for one in corpus() if one.register == register and bool(one.emotion) == shows]
            for shows in (True, False)
        )
        assert len(marked) == 120 and len(neutral) >= 200
        assert abs(sum(marked) / len(marked) - sum(neutral) / len(neutral)) < 3.5, register
    trained = {t.text for name in ("emotions-12", "emotions-171") for t in load_prompts(name).texts}
    assert not trained & {one.text for one in passages}
