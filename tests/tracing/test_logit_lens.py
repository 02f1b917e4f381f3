"""Tokens of a direction: a planted one is found, and what every direction shares is taken out."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tiny import FAMILIES, WIDTH, tiny_model

from emotion_core.base.errors import ModelError
from emotion_core.tracing.logit_lens import extremes, final_norm, logit_lens


@pytest.mark.parametrize("family", FAMILIES)
def test_every_familys_final_norm_is_found(family):
    found = final_norm(tiny_model(family))
    assert "Norm" in type(found).__name__


def test_a_direction_along_an_output_row_promotes_its_token():
    model = tiny_model("llama")
    head = model.module.get_output_embeddings().weight.detach()
    with torch.no_grad():
        final_norm(model).weight.fill_(1.0)
    wanted = [17, 203]
    found = logit_lens(model, torch.nn.functional.normalize(head[wanted], dim=-1).numpy())
    high, low = extremes(found, 3)
    assert high[:, 0].tolist() == wanted
    opposite = logit_lens(model, -head[wanted].numpy())
    assert extremes(opposite, 3)[1][:, 0].tolist() == wanted
    assert np.allclose(opposite[0, 5:], -found[0, 5:], atol=1e-4, equal_nan=True)
    assert low.shape == (2, 3)


def test_length_does_not_matter_and_special_tokens_do_not_count():
    model = tiny_model("gpt2")
    direction = np.random.default_rng(0).normal(size=(1, WIDTH)).astype(np.float32)
    one, other = logit_lens(model, direction), logit_lens(model, 40 * direction)
    assert np.allclose(one, other, atol=1e-4, equal_nan=True)
    special = [i for i in model.tokenizer.all_special_ids if i < model.vocabulary]
    assert special and np.isnan(one[:, special]).all()
    assert np.isclose(np.nanstd(one), 1, atol=0.05)


def test_a_model_without_a_known_norm_is_refused_in_words():
    model = tiny_model("gpt2")
    other = SimpleNamespace(layers_path="blocks", module=torch.nn.Module(), info=model.info)
    with pytest.raises(ModelError, match="final norm"):
        final_norm(other)
