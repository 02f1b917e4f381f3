"""Real language models that others trained: one read and one sweep each; skipped where they are not there."""

from __future__ import annotations

import numpy as np
import pytest
from tracing.plain import streams

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.errors import TextTooLongError
from emotion_core.base.jobs import run_to_end
from emotion_core.steering.settings import SweepSettings
from emotion_core.steering.sweep import sweep
from emotion_core.tracing.record import record
from steering.handmade import random_vectors

MODELS = {
    "stories260K": (5, 64, 512, "Once upon a time there was a little girl", "Once upon a time"),
    "craftgpt-5m": (6, 240, 64, "i am afraid of the dark.", "i am afraid of the dark."),
}


@pytest.mark.parametrize("name", MODELS)
def test_reading_equals_plain_hooks(third_party, name):
    layers, width, context, text, _ = MODELS[name]
    model = third_party(name)
    assert (model.info.layers, model.info.width, model.info.context) == (layers, width, context)
    texts = [text, "the dog", f"{text} and the house is quiet"]
    acts = run_to_end(record(model, texts, ReadingPosition(first_token=True)))
    for i, one in enumerate(texts):
        encoding = model.encode(one)
        plain = streams(model, encoding.ids)[:, list(encoding.content)].mean(1)
        np.testing.assert_allclose(acts.values[i], plain[1:], atol=1e-4)
        np.testing.assert_allclose(acts.embeddings[i], plain[0], atol=1e-4)


@pytest.mark.parametrize("name", MODELS)
def test_a_sweep_keeps_the_model_coherent_at_zero_and_not_far_out(third_party, name):
    model, prompt = third_party(name), MODELS[name][4]
    norms = run_to_end(record(model, [MODELS[name][3]], ReadingPosition())).token_norms[0]
    vectors = random_vectors(model, layer=3)
    vectors.residual_norms[:] = norms
    chat = model.tokenizer.chat_template is not None
    settings = SweepSettings(
        emotion="fear", prompts=(prompt,), strengths=(0.1, 8.0), controls=3, samples=3, max_new_tokens=20, chat=chat
    )
    result = run_to_end(sweep(model, vectors, settings))
    again = run_to_end(sweep(model, vectors, settings))
    assert result.rows == again.rows and len(result.rows) == 3 + 2 * 3 + 3 * 3  # controls at the usable end only
    zero, low, high = result.strengths
    assert zero.coherent and not high.coherent and result.usable_window[1] < 8.0
    assert high.surprise > zero.surprise + 1.0, "far out the unsteered model is surprised"
    assert low.surprise < high.surprise and all(row.text.strip() for row in result.rows if row.strength == 0)


def test_a_text_longer_than_64_tokens_is_named_with_its_count(third_party):
    model = third_party("craftgpt-5m")
    text = "i am afraid of the dark and the cold and the long road home " * 8
    n = len(model.tokenizer(text)["input_ids"])
    with pytest.raises(TextTooLongError, match=rf"at most 64 tokens\. Found: {n} tokens"):
        run_to_end(record(model, ["fine", text], ReadingPosition()))
    with pytest.raises(TextTooLongError, match=rf"at most 64 tokens.*Found: {n} tokens"):
        run_to_end(
            sweep(model, random_vectors(model), SweepSettings(emotion="fear", prompts=(text,), strengths=(0.1,)))
        )
    prompt = "i am afraid of the dark and the cold"
    n = len(model.encode(prompt))
    with pytest.raises(TextTooLongError, match=rf"Found: {n} \+ 60 tokens"):
        settings = SweepSettings(emotion="fear", prompts=(prompt,), strengths=(0.1,), max_new_tokens=60)
        run_to_end(sweep(model, random_vectors(model), settings))
