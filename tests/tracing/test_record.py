"""The recorder against plain PyTorch hooks: every layer, every reading position, alone and in padded batches."""

from __future__ import annotations

import numpy as np
import pytest
from tiny import CONTEXT, FAMILIES, LAYERS, MAIN, TEXTS, Counter, tiny_model, tiny_tokenizer

from emotion_core.base.activations import Activations, ReadingPosition
from emotion_core.base.errors import ModelError, SettingsError, TextTooLongError
from emotion_core.base.jobs import run_to_end
from emotion_core.tracing import record as recorder
from emotion_core.tracing.record import length_sorted, read_tokens, record
from tracing.plain import blocks, streams

READINGS = {
    "mean": ReadingPosition("mean"),
    "mean with the first": ReadingPosition("mean", first_token=True),
    "mean from 3": ReadingPosition("mean", start=3),
    "mean from 500": ReadingPosition("mean", start=500),  # a shorter text is read at its last content token
    "last": ReadingPosition("last"),
    "last content": ReadingPosition("last_content"),
    "chat": ReadingPosition("mean", chat=True),
    "chat, last": ReadingPosition("last", chat=True),
    "chat, last content": ReadingPosition("last_content", chat=True),
}


def read(model, texts, reading=READINGS["mean"], **more) -> Activations:
    return run_to_end(record(model, texts, reading, **more))


def expected_tokens(n: int, content: list[int], reading: ReadingPosition) -> list[int]:
    """Which tokens each reading position means, written down a second time."""
    if reading.pooling == "last":
        return [n - 1]
    if reading.pooling == "last_content":
        return [content[-1]]
    kept = content[reading.start :] if len(content) > reading.start else [content[-1]]
    without_sink = kept[1:] if kept[0] == 0 and not reading.first_token else kept
    return without_sink or [content[-1]]


@pytest.mark.parametrize("family", FAMILIES)
def test_trace_equals_plain_hooks_at_every_layer_and_in_the_embeddings(tiny, family):
    model = tiny(family)
    acts = read(model, TEXTS, ReadingPosition(first_token=True))
    assert acts.values.shape == (len(TEXTS), LAYERS, 32) and acts.values.dtype == np.float32
    for i, text in enumerate(TEXTS):
        plain = streams(model, model.encode(text).ids)  # (1 + layers, tokens, width)
        np.testing.assert_allclose(acts.embeddings[i], plain[0].mean(0), atol=1e-5)
        np.testing.assert_allclose(acts.values[i], plain[1:].mean(1), atol=1e-5, rtol=1e-5)
        np.testing.assert_allclose(acts.token_norms[i], np.linalg.norm(plain[1:, 1:], axis=-1).mean(1), rtol=1e-5)
        assert acts.n_tokens[i] == plain.shape[1]
    # The layers differ by far more than the tolerance, so an off-by-one could not pass.
    assert np.abs(np.diff(acts.values, axis=1)).mean(-1).min() > 0.1


@pytest.mark.parametrize("family", MAIN)
@pytest.mark.parametrize("name", READINGS)
def test_reading_positions_pool_the_tokens_they_name(tiny, family, name):
    model, reading = tiny(family), READINGS[name]
    acts = read(model, TEXTS, reading)
    for i, text in enumerate(TEXTS):
        encoding = model.encode(text, chat=reading.chat)
        content = list(range(len(encoding)))
        if reading.chat:  # tokens that hold a character of the message, which stands behind "[user] "
            ends = np.cumsum([len(piece) for piece in model.pieces(list(encoding.ids))])
            content = [t for t in content if ends[t] > 7 and ends[t - 1] < 7 + len(text)]
        tokens = expected_tokens(len(encoding), content, reading)
        assert read_tokens(encoding, reading) == tokens
        plain = streams(model, encoding.ids)[:, tokens].mean(1)
        np.testing.assert_allclose(acts.values[i], plain[1:], atol=2e-5)
        np.testing.assert_allclose(acts.embeddings[i], plain[0], atol=1e-5)


def test_special_tokens_are_not_content_and_unknown_pieces_are():
    model = tiny_model("gpt2")
    model.tokenizer = tiny_tokenizer(unk_token="!")
    encoding = model.encode("Oh<|end|>my!")
    spelled = model.pieces([i for i, c in zip(encoding.ids, encoding.content, strict=True) if c])
    assert "<|end|>" not in spelled and "".join(spelled) == "Ohmy!"


@pytest.mark.parametrize("family", FAMILIES)
def test_padding_and_batching_change_nothing(tiny, family):
    model = tiny(family)
    together = read(model, TEXTS)
    lengths = together.n_tokens
    assert lengths.max() > 8 * lengths.min(), "the batch must be padded a lot"
    for i, text in enumerate(TEXTS):
        alone = read(model, [text])
        np.testing.assert_allclose(together.values[i], alone.values[0], atol=1e-4)
        np.testing.assert_allclose(together.embeddings[i], alone.embeddings[0], atol=1e-4)
        np.testing.assert_allclose(together.token_norms[i], alone.token_norms[0], atol=1e-4)


def test_a_text_may_hold_the_token_that_fills_rows_up(tiny):
    model = tiny("llama")
    texts = ["A door<|end|> opens.", TEXTS[2]]
    np.testing.assert_allclose(read(model, texts).values[0], read(model, texts[:1]).values[0], atol=1e-4)


@pytest.mark.parametrize("family", MAIN)
@pytest.mark.parametrize("last", range(LAYERS))
def test_last_layer_stops_early_and_equals_the_full_read(tiny, family, last):
    model = tiny(family)
    full = read(model, TEXTS)
    counters = [Counter(block) for block in blocks(model)]
    head = Counter(model.module.get_output_embeddings())
    acts = read(model, TEXTS, last_layer=last)
    for counter in (*counters, head):
        counter.close()
    np.testing.assert_array_equal(acts.values, full.values[:, : last + 1])
    np.testing.assert_array_equal(acts.token_norms, full.token_norms[:, : last + 1])
    np.testing.assert_array_equal(acts.embeddings, full.embeddings)
    assert [c.calls > 0 for c in counters] == [i <= last for i in range(LAYERS)]
    assert head.calls == 0


def test_texts_come_back_in_order_and_a_repeated_text_is_read_once(tiny):
    model = tiny("gpt2")
    counter = Counter(blocks(model)[0])
    acts = read(model, [TEXTS[1], TEXTS[0], TEXTS[1]])
    counter.close()
    assert counter.rows == 2 and acts.texts == (TEXTS[1], TEXTS[0], TEXTS[1])
    np.testing.assert_array_equal(acts.values[0], acts.values[2])
    np.testing.assert_allclose(acts.values[1], read(model, [TEXTS[0]]).values[0], atol=1e-4)


def test_no_texts_give_empty_arrays(tiny):
    acts = read(tiny("gpt2"), [])
    assert acts.values.shape == (0, LAYERS, 32) and acts.token_norms.shape == (0, LAYERS)


def test_small_batches_give_the_same_and_report_progress(tiny, monkeypatch):
    model = tiny("gpt2")
    whole = read(model, TEXTS)
    monkeypatch.setattr(recorder, "length_sorted", lambda lengths, *_: length_sorted(lengths, 40))
    seen = []
    acts = run_to_end(record(model, TEXTS, READINGS["mean"]), lambda p: seen.append((p.done, p.total)))
    np.testing.assert_allclose(acts.values, whole.values, atol=1e-4)
    assert seen[0] == (0, len(TEXTS)) and seen[-1] == (len(TEXTS), len(TEXTS)) and len(seen) > 3
    assert [d for d, _ in seen] == sorted({d for d, _ in seen})


def test_a_text_that_cannot_be_read_is_named(tiny):
    model = tiny("gpt2")
    with pytest.raises(TextTooLongError, match=rf"at most {CONTEXT} tokens.*Found: \d+ tokens") as raised:
        read(model, ["short", "word " * 200])
    found = len(model.tokenizer("word " * 200)["input_ids"])
    assert raised.value.found == f"{found} tokens" and "'word word" in raised.value.where
    with pytest.raises(ModelError, match="no token that could be read"):
        read(model, ["fine", ""])
    with pytest.raises(ModelError, match="no such layer"):
        read(model, ["fine"], last_layer=LAYERS)
    with pytest.raises(SettingsError, match="reading position"):
        ReadingPosition("first")  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="negative"):
        ReadingPosition("mean", start=-1)


def test_batches_hold_every_text_once_and_keep_to_their_size():
    lengths = [5, 90, 1, 17, 17, 60, 3, 2000, 8]
    batches = length_sorted(lengths, 100)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    assert batches[0] == [7]  # longer than a batch: on its own
    for batch in batches[1:]:
        assert len(batch) * max(lengths[i] for i in batch) <= 100
    flat = [lengths[i] for batch in batches for i in batch]
    assert flat == sorted(flat, reverse=True)


def test_numbers_that_are_not_finite_are_an_error_and_not_a_reading():
    """A broken row of the embedding shows itself only in texts with that token."""
    model = tiny_model("gpt2")
    token = model.encode("Tea.").ids[-1]
    model.module.transformer.wte.weight.data[token, 3] = np.nan
    sound = [text for text in TEXTS if token not in model.encode(text).ids]
    model.module.lm_head.weight = model.module.transformer.wte.weight
    if sound:
        run_to_end(record(model, sound, ReadingPosition()))
    with pytest.raises(ModelError, match=r"wte\.weight; layers 0 to 3 not finite"):
        run_to_end(record(model, ["Tea."], ReadingPosition()))
