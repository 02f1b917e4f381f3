"""Token readings agree with the recorder, whatever the batch, and end in the sentence's own number."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from bundled import Bundled
from tiny import tiny_model

from emotion_core.base.activations import ActivationCache, ReadingPosition
from emotion_core.base.jobs import run_to_end
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.reading import baseline as baseline_module
from emotion_core.reading.audit import audit_tokens, counts
from emotion_core.reading.baseline import Moments, moments_of, position_scale, read_baseline
from emotion_core.tracing.envoy import Remote
from emotion_core.tracing.record import project_tokens, record
from emotion_core.vectors.build import neutral_texts, short_sentence, short_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors

TEXTS = ("The door is open.", "Someone is on the stairs, and nobody else is home tonight.", "Tea?")
Tiny = Callable[[str], LoadedModel]


def some_vectors(model: LoadedModel) -> EmotionVectors:
    rng = np.random.default_rng(0)
    shape = (2, model.info.layers, model.info.width)
    return EmotionVectors(
        model=model.info,
        emotions=("fear", "joy"),
        values=rng.standard_normal(shape).astype(np.float32),
        residual_norms=np.ones(model.info.layers, np.float32),
        selected_layers=(1, 0),
        selected_layer=1,
        cv_auroc=np.full(shape[:2], 0.5, np.float32),
        train_midpoints=np.zeros(shape[:2], np.float32),
    )


def test_the_zero_point_leaves_out_the_registers_that_the_false_alarm_rate_is_measured_on(bundled: Bundled) -> None:
    baseline, vectors = bundled.baseline(), bundled.vectors
    training = {one.text for one in load_prompts("neutral").part("train")}
    texts = neutral_texts(bundled.model, vectors.reading)
    values = bundled.run(record(bundled.model, texts, vectors.reading, bundled.cache)).values[:, baseline.layers[0]]
    read = values @ vectors.units[0, baseline.layers[0]]  # (texts,)
    kept = np.array([text in training for text in texts])
    assert baseline.texts.mean[0, 0] == pytest.approx(read[kept].mean(), abs=1e-3)
    assert abs(read[kept].mean() - read.mean()) > 1e-2, "the others would move it"


@pytest.mark.parametrize("form", ["text", "conversation"])
@pytest.mark.parametrize(("each", "layers"), [(60, None), (5, (0, 2))])
def test_the_zero_point_of_a_model_elsewhere_comes_from_sums_and_is_that_of_here(form, each, layers) -> None:
    """With more directions than the stream is wide, whose own sums come back then, and with fewer."""
    here, away = (tiny_model("llama", max_position_embeddings=256) for _ in range(2))
    away.remote = Remote("dry run")
    one, other = (
        run_to_end(read_baseline(model, some_vectors(here), layers, form=form, kinds=("random",), each=each))
        for model in (here, away)
    )
    np.testing.assert_array_equal(one.tokens.centres, other.tokens.centres)
    for a, b in (
        (one.tokens.means, other.tokens.means),
        (one.tokens.sd, other.tokens.sd),
        (one.tokens.first.mean, other.tokens.first.mean),
        (one.tokens.first.sd, other.tokens.first.sd),  # first tokens of conversations are all alike
        (one.texts.mean, other.texts.mean),
        (one.texts.sd, other.texts.sd),
    ):
        np.testing.assert_allclose(a, b, atol=2e-6)


def test_the_scales_of_any_direction_follow_from_sums_over_the_stream(tmp_path) -> None:
    """Held against the projections themselves, with a dimension that is ten thousand times as large as the others."""
    rng = np.random.default_rng(0)
    streams = [rng.standard_normal((n, 12)) + np.log2(1 + np.arange(n))[:, None] for n in (3, 40, 7, 130)]
    streams = [(one * ([1e4] + [1.0] * 10 + [0.0])).astype(np.float32) for one in streams]  # the last one is flat
    masks = [rng.random(len(one)) < 0.8 for one in streams[:-1]] + [np.zeros(len(streams[-1]), bool)]
    masks[0][:] = True
    pooled = [[0], [1, 3], [], [4, 5]]
    directions = np.concatenate([rng.standard_normal((20, 12)), np.eye(12)]).astype(np.float32)
    found, cache = moments_of(streams, masks, pooled), ActivationCache(tmp_path / "cache.sqlite")
    found.keep(cache, "key")
    assert Moments.known(cache, "key", (len(found.means), 3, 4), 12) is None, "of other texts"
    kept = Moments.known(cache, "key", (len(found.means), 3, 3), 12)
    assert kept is not None and kept.tokens == found.tokens
    for one in ("first", "pooled", "means", "off", "products"):
        np.testing.assert_array_equal(getattr(kept, one), getattr(found, one))
    tokens, texts = kept.scales(masks, directions)
    projected = [(one.astype(np.float64) @ directions.astype(np.float64).T)[:, None] for one in streams]
    known = position_scale(projected[:-1], masks[:-1])
    np.testing.assert_array_equal(tokens.centres, known.centres)
    for one, other in (
        (tokens.means, known.means),
        (tokens.sd, known.sd),
        (tokens.first.mean, known.first.mean),
        (tokens.first.sd, known.first.sd),
        (texts.mean[0], np.mean([projected[t][pooled[t], 0].mean(0) for t in (0, 1, 3)], axis=0)),
    ):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-4)
    assert tokens.sd[0, -1] == known.sd[0, -1] == 1


@pytest.mark.parametrize("form", ["text", "conversation"])
def test_neutral_tokens_are_read_once_for_all_directions_at_a_layer(form, tmp_path, monkeypatch) -> None:
    model = tiny_model("llama", max_position_embeddings=256)
    vectors, cache = some_vectors(model), ActivationCache(tmp_path / "cache.sqlite")
    others = replace(vectors, values=vectors.values[::-1].copy())
    asked = {"form": form, "kinds": ("random",), "each": 5}
    fresh = run_to_end(read_baseline(model, others, **asked))
    run_to_end(read_baseline(model, vectors, cache=cache, **asked))

    def unread(*_):
        raise AssertionError("read again")

    with monkeypatch.context() as patch:
        patch.setattr(baseline_module, "project_layers", unread)
        kept = run_to_end(read_baseline(model, others, cache=cache, **asked))
        for asked_else in ({"layers": (0,)}, {"seed": 1}, {"place": ReadingPosition("last")}):
            with pytest.raises(AssertionError, match="read again"):
                run_to_end(read_baseline(model, others, cache=cache, **asked | asked_else))
    np.testing.assert_array_equal(kept.tokens.means, fresh.tokens.means)
    np.testing.assert_array_equal(kept.tokens.sd, fresh.tokens.sd)
    np.testing.assert_array_equal(kept.tokens.first.mean, fresh.tokens.first.mean)
    np.testing.assert_array_equal(kept.texts.sd, fresh.texts.sd)


@pytest.mark.parametrize("family", ["gpt2", "llama", "gpt_neo"])
def test_the_mean_over_tokens_is_what_the_recorder_keeps(tiny: Tiny, family: str) -> None:
    model = tiny(family)
    vectors = some_vectors(model)
    directions = vectors.units[:, 1]
    encodings = [model.encode(text) for text in TEXTS]
    together = run_to_end(project_tokens(model, encodings, 1, directions))
    recorded = run_to_end(record(model, TEXTS, ReadingPosition(first_token=True))).values[:, 1] @ directions.T
    for i, encoding in enumerate(encodings):
        alone = run_to_end(project_tokens(model, [encoding], 1, directions))[0]
        assert together[i].shape == (len(encoding), 2)
        np.testing.assert_allclose(together[i], alone, atol=1e-4)
        content = np.array(encoding.content)
        np.testing.assert_allclose(together[i][content].mean(0), recorded[i], atol=1e-4)


def test_the_audit_marks_what_is_read(tiny: Tiny) -> None:
    model = tiny("gpt2")
    every = run_to_end(audit_tokens(model, TEXTS[0], ReadingPosition(first_token=True)))
    rest = run_to_end(audit_tokens(model, TEXTS[0], ReadingPosition()))
    last = run_to_end(audit_tokens(model, TEXTS[0], ReadingPosition("last")))
    assert [t.read for t in every] == [t.content for t in every]
    assert [t.read for t in rest] == [False, *[t.content for t in rest[1:]]], "the first token is left out of means"
    assert [t.read for t in last] == [False] * (len(last) - 1) + [True]


def test_the_audit_tells_special_template_skipped_and_truncated_tokens_apart(tiny: Tiny) -> None:
    model = tiny("gpt2")
    kinds = {t.kind for t in run_to_end(audit_tokens(model, TEXTS[0], ReadingPosition(start=2)))}
    assert {"read", "skipped"} <= kinds
    start = run_to_end(audit_tokens(model, TEXTS[0], ReadingPosition(start=2)))
    content = [t for t in start if t.content]
    assert [t.kind for t in content] == ["skipped"] * 2 + ["read"] * (len(content) - 2)
    chat = run_to_end(audit_tokens(model, TEXTS[0], ReadingPosition(chat=True)))
    added = {t.kind for t in chat if not t.content}
    assert added and added <= {"special", "template"}
    special = {model.pieces([i])[0] for i in model.tokenizer.all_special_ids}
    assert {t.text for t in chat if t.kind == "special"} <= special
    assert "".join(t.text for t in chat if t.content).strip() == TEXTS[0].strip()
    assert sum(counts(chat).values()) == len(chat)


def test_the_audit_names_attention_sinks() -> None:
    model = tiny_model("gpt2")
    assert not any(token.sink for token in run_to_end(audit_tokens(model, TEXTS[0], ReadingPosition())))
    with torch.no_grad():
        model.module.transformer.wpe.weight[2] += 50.0 * torch.randn(32, generator=torch.Generator().manual_seed(0))
    tokens = run_to_end(audit_tokens(model, TEXTS[0], ReadingPosition()))
    assert [i for i, token in enumerate(tokens) if token.sink] == [2]
    # An oracle without the module: transformers' own hidden states; the last one is behind the final norm.
    ids = torch.tensor([model.encode(TEXTS[0]).ids])
    states = model.module(input_ids=ids, output_hidden_states=True).hidden_states[1:-1]
    lengths = torch.stack([state[0].norm(dim=-1) for state in states])  # (layers - 1, tokens)
    times = (lengths / lengths[:, 1:].median(dim=1, keepdim=True).values).max(dim=0).values
    assert tokens[2].times >= float(times[2]) * (1 - 1e-5)
    assert tokens[2].longest_at or tokens[2].times == pytest.approx(float(times[2]), rel=1e-4)


def test_a_text_beyond_the_context_is_shown_and_not_read(tiny: Tiny) -> None:
    model = tiny("gpt2")
    context = model.info.context
    tokens = run_to_end(audit_tokens(model, "one two three " * context, ReadingPosition()))
    assert [t.kind for t in tokens].count("truncated") == len(tokens) - context
    assert all(t.kind == "truncated" for t in tokens[context:])
    assert not any(t.read for t in tokens)


def test_an_empty_slice_of_tokens_is_said(tiny: Tiny) -> None:
    model = tiny("gpt2")
    lengths = {text: sum(model.encode(text).content) for text in TEXTS}
    start = min(lengths.values())
    found = run_to_end(short_texts(model, TEXTS, ReadingPosition(start=start)))
    assert set(found) == {text for text, n in lengths.items() if n <= start} and found
    assert f"before token {start}" in short_sentence(found, ReadingPosition(start=start))
    assert run_to_end(short_texts(model, TEXTS, ReadingPosition(start=start - 1))) == ()
    assert run_to_end(short_texts(model, TEXTS, ReadingPosition("last", start))) == ()


def test_the_zero_point_before_a_reply_is_read_where_the_recorder_reads_it() -> None:
    model, place = tiny_model("llama", max_position_embeddings=2048), ReadingPosition("answer", chat=True)
    model.tokenizer.chat_template += "{% if add_generation_prompt %}[assistant] {% endif %}"
    vectors = some_vectors(model)
    baseline = run_to_end(read_baseline(model, vectors, [1], kinds=("random",), each=3, place=place))
    training = {one.text for one in load_prompts("neutral").part("train")}
    texts = [text for text in neutral_texts(model, place) if text in training]
    read = run_to_end(record(model, texts, place)).values[:, 1] @ vectors.units[:, 1].T  # (texts, emotions)
    assert baseline.n_texts == len(texts)
    np.testing.assert_allclose(baseline.texts.mean[0, :2], read.mean(axis=0), rtol=1e-3, atol=1e-4)
