"""Weights in 8 bits: nearly the same numbers, another fingerprint, and words where the format is all that differs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import TEXTS, tiny_module, tiny_tokenizer

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.errors import ModelError, VectorFileError
from emotion_core.base.jobs import run_to_end
from emotion_core.models.int8 import Int8Linear, to_int8
from emotion_core.models.load import load_model
from emotion_core.models.untrained import untrained_twin
from emotion_core.tracing.doctor import doctor
from emotion_core.tracing.record import record
from emotion_core.vectors.file import require_model


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    folder = tmp_path_factory.mktemp("saved") / "llama"
    tiny_module("llama").save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    return load_model(str(folder)), load_model(str(folder), dtype="int8")


def test_each_row_of_a_matrix_is_whole_numbers_with_one_scale(both):
    wide, narrow = (model.module.model.layers[1].mlp.up_proj for model in both)
    assert isinstance(narrow, Int8Linear) and narrow.weight.dtype == torch.int8
    row = wide.weight[3].detach().numpy()
    step = np.abs(row).max() / 127
    np.testing.assert_array_equal(narrow.weight[3].numpy(), np.round(row / step))
    np.testing.assert_allclose(float(narrow.scale[3]), step, rtol=1e-6)
    assert type(both[1].module.lm_head) is torch.nn.Linear, "the output layer stays as it was"
    assert both[0].info.parameters == both[1].info.parameters


def test_activations_are_nearly_the_same_and_the_model_is_another(both):
    wide, narrow = (run_to_end(record(model, TEXTS, ReadingPosition())).values for model in both)
    cosine = (wide * narrow).sum(-1) / np.linalg.norm(wide, axis=-1) / np.linalg.norm(narrow, axis=-1)
    assert 0.999 < cosine.min() < 1 - 1e-7
    assert both[1].info.dtype == "int8" and both[1].info.computes_in == "float32"
    assert both[0].info.fingerprint != both[1].info.fingerprint
    assert both[1].info.fingerprint == load_model(both[1].info.name, dtype="int8").info.fingerprint


def test_the_doctor_passes_it_and_a_twin_is_made_of_it(both):
    assert [check for check in run_to_end(doctor(both[1])) if not check.passed] == []
    assert untrained_twin(both[1]).info.dtype == "float32"


def test_gpt2_s_own_layers_are_kept_in_8_bits_too(tmp_path):
    tiny_module("gpt2").save_pretrained(tmp_path / "gpt2")
    tiny_tokenizer().save_pretrained(tmp_path / "gpt2")
    wide, narrow = (load_model(str(tmp_path / "gpt2"), dtype=dtype) for dtype in ("float32", "int8"))
    kept = narrow.module.transformer.h[1].mlp.c_fc
    exact = wide.module.transformer.h[1].mlp.c_fc.weight
    torch.testing.assert_close(kept.weight.T * kept.scale, exact, atol=0.01, rtol=0)
    logits = [model.module(torch.tensor([[5, 6, 7]])).logits for model in (wide, narrow)]
    assert float(torch.nn.functional.cosine_similarity(*(one.flatten() for one in logits), dim=0)) > 0.999


def test_a_model_without_linear_layers_is_refused():
    module = tiny_module("gpt2")
    for block in module.transformer.h:
        block.attn, block.mlp = torch.nn.Identity(), torch.nn.Identity()
    with pytest.raises(ModelError, match="Nothing of this model can be kept in 8 bits"):
        to_int8(module, "tiny")


def test_another_number_format_is_told_from_another_model(both):
    class Vectors:
        model = both[0].info

    require_model(Vectors, both[0].info)
    with pytest.raises(VectorFileError, match=r"another number format.*int8, as.*Found: float32.*--dtype float32"):
        require_model(Vectors, both[1].info)
    with pytest.raises(VectorFileError, match="belong to another model"):
        require_model(Vectors, replace(both[1].info, width=99))
