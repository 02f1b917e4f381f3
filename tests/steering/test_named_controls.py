"""Label-shuffled vectors, another emotion and the prompt-only rival beside a sweep."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.controls import relabelled, shuffled_units
from emotion_core.prompts.prompt_set import PromptSet, PromptText
from emotion_core.steering.finding import sweep_finding
from emotion_core.steering.generate import n_texts
from emotion_core.steering.sweep import sweep
from emotion_core.vectors.build import orthogonal_to, training
from emotion_core.vectors.estimate import LabelledRows, PairRows
from steering.handmade import all_written, random_vectors, run, settings, texts, written


def pairs(count: int = 6) -> PromptSet:
    words = ("dark", "cold", "loud", "late", "deep", "far", "old", "thin")[:count]
    rows = [
        PromptText(f"{start} {word} {thing} {end}", emotion, side, word, "train", i + count * e, i + 1)
        for e, (emotion, thing) in enumerate((("fear", "door"), ("joy", "bell"), ("calm", "sea")))
        for i, word in enumerate(words)
        for side, start, end in (("positive", "The", "slams"), ("negative", "A", "opens"))
    ]
    return PromptSet("doors", "pairs", tuple(rows), 0)


def test_the_rival_is_written_without_steering_after_its_words(tiny):
    model = tiny("gpt2")
    both = {"strengths": (0.5,), "controls": 0, "samples": 1, "decoding": "greedy", "words": "You feel {emotion}."}
    rows = all_written(model, prompts=("The door opens",), **both)
    rival = [w for w in rows if w.row.in_words]
    said = written(model, **{**both, "words": "", "prompts": ("You feel fear. The door opens",)})
    assert [w.ids for w in rival] == [said[0, 0, 0, 0.0].ids]
    assert rival[0].prompt_ids == tuple(model.encode("The door opens").ids), "read after the plain prompt"


def test_the_rival_shares_the_noise_and_changes_no_other_text(tiny):
    model = tiny("llama")
    result, plain = run(model, samples=3, words="You feel {emotion}."), run(model, samples=3)
    assert result.rows == plain.rows and result.strengths == plain.strengths and not plain.comparisons
    assert len(result.in_words) == 2 * 3 and n_texts(result.settings) == n_texts(plain.settings) + 6
    before = {(r.prompt, r.sample): r.emotion_score for r in result.rows if r.strength == 0}
    effect = np.mean([r.emotion_score - before[r.prompt, r.sample] for r in result.in_words])
    (words,) = result.comparisons
    assert words.kind == "words" and words.points[0].effect == pytest.approx(effect, abs=1e-5)
    assert words.points[0].effect_low < effect < words.points[0].effect_high
    # The words that say nothing change nothing: same prompt, same noise, same text.
    document = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert document["in_words"]["words"] == "You feel fear." and len(document["in_words"]["rows"]) == 6


def test_another_emotion_is_what_a_sweep_of_that_emotion_writes(tiny):
    model = tiny("gpt2")
    result, joy, plain = run(model, others=("joy",)), run(model, emotion="joy", controls=0), run(model)
    own = {key: text for key, text in texts(joy).items() if key[3]}
    assert {(p, "emotion", n, s): t for (p, d, n, s), t in texts(result).items() if d == "joy"} == own
    assert result.strengths == plain.strengths, "a named control is no random one: the band stays"
    assert [point.strength for point in result.comparisons[0].points] == [-0.5, 0.5]
    before = {(r.prompt, r.sample): r.emotion_score for r in result.rows if r.strength == 0}
    at = [
        r.emotion_score - before[r.prompt, r.sample] for r in result.rows if (r.direction, r.strength) == ("joy", 0.5)
    ]
    assert result.comparisons[0].points[-1].effect == pytest.approx(np.mean(at), abs=1e-5)
    assert "joy" not in sweep_finding(plain).sentence


def test_shuffled_vectors_come_from_the_training_texts(tiny):
    model = tiny("gpt2")
    vectors = replace(random_vectors(model), prompt_sets=(pairs(),))
    layer = vectors.layer_of("fear")
    chosen = settings(shuffles=2, strengths=(0.5,))
    result = run_to_end(sweep(model, vectors, chosen))
    assert [one.name for one in result.comparisons] == ["shuffled-1", "shuffled-2"]
    assert {row.direction for row in result.rows} == {"emotion", "control-1", "control-2", "shuffled-1", "shuffled-2"}
    material = run_to_end(training(model, vectors))
    block = material.block_of("fear")
    units = shuffled_units(material, block, (layer,), 40, np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(units[:, 0], axis=1), 1, rtol=1e-5)
    along = units[:, 0] @ units[0, 0]
    assert along.min() < -0.3 and along[1:].max() > 0.3 and abs(along.mean()) < 0.5, "signs of the pairs are drawn"


def test_shuffled_vectors_are_without_what_was_taken_out_of_the_vectors(tiny):
    model = tiny("gpt2")
    taken = np.random.default_rng(3).standard_normal((1, 4, 32)).astype(np.float32)
    vectors = orthogonal_to(replace(random_vectors(model), prompt_sets=(pairs(),)), taken, ["a direction"])
    material = run_to_end(training(model, vectors))
    units = shuffled_units(material, material.blocks[0], (0, 2), 5, np.random.default_rng(0))
    along = np.einsum("dlw,lw->dl", units, (taken / np.linalg.norm(taken, axis=-1, keepdims=True))[0, [0, 2]])
    np.testing.assert_allclose(along, 0, atol=1e-5)


def test_shuffling_keeps_texts_and_counts_and_moves_labels():
    pair = PairRows("fear", np.arange(0, 8), np.arange(8, 16), tuple("abcdefgh"))
    for one in relabelled(pair, 5, np.random.default_rng(0)):
        assert ((one.positive == pair.positive) ^ (one.positive == pair.negative)).all()
        assert (one.positive + one.negative == pair.positive + pair.negative).all()
    rows = np.array([5, 3, 9, 7, 1, 2])
    labelled = LabelledRows(("a", "b"), rows, np.array([0, 1, 0, 1, 0, 0]), ("x", "x", "y", "y", "x", "y"))
    moved = 0
    for one in relabelled(labelled, 8, np.random.default_rng(0)):
        assert sorted(one.rows) == sorted(rows) and np.bincount(one.labels).tolist() == [4, 2]
        label = dict(zip(one.rows.tolist(), one.labels.tolist(), strict=True))
        assert sum(label[r] for r in (5, 3, 1)) == 1, "within a topic"
        moved += label != dict(zip(rows.tolist(), labelled.labels.tolist(), strict=True))
    assert moved


def test_vectors_without_texts_have_no_shuffled_ones(tiny):
    with pytest.raises(SettingsError, match="texts that these vectors were built from are not known"):
        run(tiny("gpt2"), shuffles=1)
