"""The fused activation function computes what transformers' own steps compute, and only that one is replaced."""

import pytest
import torch
from transformers import AutoModelForCausalLM
from transformers.activations import FastGELUActivation, GELUTanh, NewGELUActivation, SiLUActivation

from emotion_core.models.catalogue import DEMO_FOLDER
from emotion_core.models.load import load_model
from emotion_core.models.prepare import fuse_gelu


@pytest.mark.parametrize("steps", [NewGELUActivation, FastGELUActivation])
def test_the_same_function(steps) -> None:
    x = torch.linspace(-12, 12, 200_001)
    assert (steps()(x) - GELUTanh()(x)).abs().max() < 3e-6
    near = x[x.abs() < 4]
    assert (steps()(near) - GELUTanh()(near)).abs().max() < 6e-7


def test_every_one_is_replaced_and_no_other() -> None:
    inner = torch.nn.ModuleDict({"act": NewGELUActivation(), "gate": SiLUActivation(), "exact": torch.nn.GELU()})
    module = torch.nn.Sequential(inner, FastGELUActivation())
    assert fuse_gelu(module) == 2
    assert [type(inner[name]) for name in ("act", "gate", "exact")] == [GELUTanh, SiLUActivation, torch.nn.GELU]
    assert type(module[1]) is GELUTanh


def test_a_loaded_model_answers_as_transformers_own() -> None:
    ours = load_model("demo").module
    plain = AutoModelForCausalLM.from_pretrained(str(DEMO_FOLDER), dtype=torch.float32, trust_remote_code=False).eval()
    assert not any(isinstance(one, NewGELUActivation) for one in ours.modules())
    ids = torch.arange(5, 69).reshape(2, 32)
    with torch.inference_mode():
        difference = ours(input_ids=ids).logits - plain(input_ids=ids).logits
    assert difference.abs().max() < 1e-4
