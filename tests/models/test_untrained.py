"""The untrained twin: the same model in everything but what it learned."""

from __future__ import annotations

import pytest
import torch
from tiny import TEXTS, tiny_model

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.errors import ModelError
from emotion_core.base.jobs import run_to_end
from emotion_core.models.load import load_model
from emotion_core.models.untrained import untrained_twin
from emotion_core.tracing.record import record


@pytest.fixture(scope="module")
def demo():
    return load_model("demo", device="cpu")


@pytest.mark.parametrize("family", ["gpt2", "llama", "neox", "gpt_neo", "mixtral", "opt"])
def test_the_twin_has_the_model_s_shape_and_other_weights(family):
    model = tiny_model(family)
    twin = untrained_twin(model)
    first, second = model.module.state_dict(), twin.module.state_dict()
    assert {name: (t.shape, t.dtype) for name, t in first.items()} == {
        name: (t.shape, t.dtype) for name, t in second.items()
    }
    matrices = [name for name, t in first.items() if t.dim() > 1 and t.is_floating_point()]
    assert all(not torch.equal(first[name], second[name]) for name in matrices)
    assert (twin.info.layers, twin.info.width, twin.info.context) == (
        model.info.layers,
        model.info.width,
        model.info.context,
    )
    assert twin.info.name == f"untrained:{model.info.name}"
    assert twin.tokenizer is model.tokenizer
    recorded = run_to_end(record(twin, list(TEXTS), ReadingPosition("mean", 0, chat=False), None))
    assert recorded.values.shape == (len(TEXTS), twin.info.layers, twin.info.width)


def test_weights_are_those_of_the_class_s_own_initialisation(demo):
    twin = untrained_twin(demo)
    own = demo.module.config.initializer_range
    assert twin.module.get_input_embeddings().weight.std().item() == pytest.approx(own, rel=0.05)
    assert demo.module.get_input_embeddings().weight.std().item() != pytest.approx(own, rel=0.5)
    assert not twin.module.training
    assert not any(parameter.requires_grad for parameter in twin.module.parameters())
    tied = [m.get_input_embeddings().weight is m.get_output_embeddings().weight for m in (demo.module, twin.module)]
    assert tied[0] == tied[1]


def test_the_seed_decides_and_the_fingerprint_tells(demo):
    again = [untrained_twin(demo).info.fingerprint for _ in range(2)]
    assert again[0] == again[1]
    assert len({again[0], untrained_twin(demo, seed=1).info.fingerprint, demo.info.fingerprint}) == 3


def test_torch_s_own_generator_is_left_as_it_was(demo):
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    untrained_twin(demo)
    assert torch.equal(torch.rand(3), expected)


def test_compressed_weights_are_left_out_and_the_model_is_not_touched():
    model = tiny_model("llama")
    compressed = {"quant_method": "gguf"}
    model.module.config.quantization_config = compressed
    twin = untrained_twin(model)
    assert not hasattr(twin.module.config, "quantization_config")
    assert model.module.config.quantization_config is compressed


def test_half_precision_stays_half_precision():
    model = tiny_model("llama")
    model.module.to(torch.bfloat16)
    model.info = type(model.info)(**{**vars(model.info), "dtype": "bfloat16"})
    assert untrained_twin(model).info.dtype == "bfloat16"


def test_a_model_on_another_machine_has_no_twin():
    model = tiny_model("gpt2")
    model.remote = object()
    with pytest.raises(ModelError, match="No untrained twin"):
        untrained_twin(model)


def test_its_name_loads_it_again(demo):
    again = load_model("untrained:demo", device="cpu")
    assert again.info == untrained_twin(demo).info
