"""What models remember of a text: rows copied from it go on as a pass over the whole text does, for every kind."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import transformers
from tiny import VOCABULARY, tiny_model, tiny_tokenizer

from benchmarks.architectures import small_module
from emotion_core.base.jobs import run_to_end
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.prepare import adopt
from emotion_core.tracing import memory
from emotion_core.tracing.decode import TokensSoFar, prefill, spread, step
from emotion_core.tracing.memory import Memory, memory_of, slowness
from emotion_core.tracing.options import Asked, score_options
from emotion_core.tracing.steer import Intervention

# Recurrent and hybrid families whose state is copied, and those for which the text is computed anew.
COPIED = (
    "mamba",
    "mamba2",
    "lfm2",
    "qwen3_next",
    "qwen3_5_text",
    "granitemoehybrid",
    "falcon_h1",
    "jamba",
)
# RWKV mixes up rows that get a single token, Bamba loses its place in the text: both in transformers 5.23.
ANEW = ("recurrent_gemma", "openai-gpt", "rwkv", "bamba")
TEXT = "The lamp flickers and steps come closer in the dark garage."


def made(family: str) -> LoadedModel:
    return adopt(small_module(family, VOCABULARY), tiny_tokenizer(), family)


def moved(model: LoadedModel, ids: torch.Tensor, edit: Intervention | None, row: int) -> torch.Tensor:
    """Logits of a plain pass over the whole text, [tokens, vocabulary], steered by a hook from the third token on."""

    def hook(_, args, output):
        first = output[0] if isinstance(output, (tuple, list)) else output
        first[:, 2:] += edit.amounts[row] * edit.directions[row]

    block = model.module.get_submodule(model.layers_path)[1]
    handle = block.register_forward_hook(hook) if edit is not None else None
    with torch.inference_mode():
        logits = model.module(input_ids=ids[None], use_cache=False).logits[0].float()
    if handle is not None:
        handle.remove()
    return logits


@pytest.mark.parametrize("family", [*COPIED, *ANEW])
def test_rows_of_a_prompt_go_on_as_a_pass_over_the_whole_text(family):
    model = made(family)
    ids = torch.tensor(model.encode(TEXT).ids[:6])
    cache = spread(prefill(model, [ids[:2].tolist()]), [0, 0, 0])
    assert isinstance(cache, TokensSoFar) == (family in ANEW) and memory_of(model).steps == (family in COPIED)
    assert bool(slowness(model)) == (family in ANEW)
    generator = torch.Generator().manual_seed(0)
    edit = Intervention(1, "add", torch.randn(3, model.info.width, generator=generator), torch.tensor([0.0, 1.0, 3.0]))
    for t in range(2, len(ids)):
        cache, logits = step(model, ids[t].expand(3), cache, [edit])
        for row in range(3):
            torch.testing.assert_close(logits[row], moved(model, ids[: t + 1], edit, row)[-1], atol=2e-4, rtol=1e-3)
    assert not torch.allclose(logits[0], logits[2], atol=1e-3)


@pytest.mark.parametrize("family", ["mamba", "rwkv", "lfm2", "qwen3_next", "recurrent_gemma"])
def test_options_after_a_shared_beginning_are_scored_as_in_one_pass(family):
    model = made(family)
    ids = model.encode(TEXT).ids[:6]
    options = ((7, 9, 11), (12,))
    asked = [Asked((*ids, end), options, shared=4) for end in (20, 21)]
    for one, scores in zip(asked, run_to_end(score_options(model, asked)), strict=True):
        for option, score in zip(options, scores, strict=True):
            nats = moved(model, torch.tensor([*one.ids, *option]), None, 0).log_softmax(-1)
            places = range(len(one.ids) - 1, len(one.ids) + len(option) - 1)
            np.testing.assert_allclose(score, float(nats[places, list(option)].sum()), atol=1e-3)


def test_attention_needs_no_trial(tiny, monkeypatch):
    model = tiny_model("llama")
    monkeypatch.setattr(memory, "_tried", lambda model: pytest.fail("a trial of an ordinary cache"))
    cache = prefill(model, [[5, 6]])
    step(model, torch.tensor([7, 8]), spread(cache, [0, 0]))
    assert memory_of(model) == Memory(True, True)


def test_a_state_that_cannot_be_copied_is_not_used(monkeypatch):
    """A state whose rows are mixed up by the copy is caught by the trial, and the text computed anew."""
    model = made("mamba")
    real = memory._selected
    monkeypatch.setattr(memory, "_selected", lambda value, index, rows, done: real(value, [0] * len(index), rows, done))
    assert memory_of(model) == Memory(False, False)
    ids = model.encode(TEXT).ids[:4]
    cache = spread(prefill(model, [ids[:-1]]), [0])
    _, logits = step(model, torch.tensor(ids[-1:]), cache)
    torch.testing.assert_close(logits[0], moved(model, torch.tensor(ids), None, 0)[-1], atol=1e-4, rtol=1e-3)


def test_a_text_tower_under_a_deeper_vision_tower_is_found():
    text = transformers.Gemma3TextConfig(
        hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        head_dim=8, vocab_size=VOCABULARY, max_position_embeddings=96, bos_token_id=0, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    vision = transformers.SiglipVisionConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=40, num_attention_heads=2, image_size=28, patch_size=14
    )
    config = transformers.Gemma3Config(
        text_config=text, vision_config=vision, mm_tokens_per_image=4, image_token_index=5
    )
    model = adopt(transformers.Gemma3ForConditionalGeneration(config).eval(), tiny_tokenizer(), "gemma3")
    assert (model.layers_path, model.info.layers, model.info.width) == ("model.language_model.layers", 2, 32)
    assert model.info.context == 96
