"""Other people's tools load what we ship, and steer with it exactly as we do, by the recipe in the bundle's card."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from bundled import Bundled
from safetensors.torch import load_file

from emotion_core.exchange.bundle import scale_of
from emotion_core.exchange.gguf import gguf_bytes
from emotion_core.experiments.ship import SHIPPED_FOLDER
from emotion_core.tracing.decode import prefill, step
from emotion_core.tracing.steer import Intervention
from emotion_core.vectors.file import load_vectors

SHIPPED = SHIPPED_FOLDER / "build" / "vectors.safetensors"
TEXT, STRENGTH = "When she opened the door, she heard", 0.2


@pytest.fixture(scope="module")
def ours(bundled: Bundled) -> dict[str, torch.Tensor]:
    """Logits after the last token of a text whose every token is steered, and without steering."""
    model, vectors = bundled.model, load_vectors(SHIPPED)
    *before, last = model.encode(TEXT).ids
    layer = vectors.layer_of("fear")
    unit = torch.tensor(vectors.units[0, layer])[None]
    found = {}
    for name, strength in (("steered", STRENGTH), ("plain", 0.0)):
        edit = Intervention(layer, "add", unit, torch.tensor([strength * float(vectors.residual_norms[layer])]))
        cache = prefill(model, [before], [edit])
        found[name] = step(model, torch.tensor([last]), cache, [edit])[1][0]
    assert (found["steered"] - found["plain"]).abs().max() > 0.1
    return found


def logits(module: torch.nn.Module, ids: list[int]) -> torch.Tensor:
    with torch.no_grad():
        return module(torch.tensor([ids])).logits[0, -1]


def test_repeng(bundled: Bundled, ours: dict[str, torch.Tensor], tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(np, "float_", np.float64, raising=False)  # an annotation of repeng 0.4 has it
    repeng = pytest.importorskip("repeng", reason="requirements-peers.txt is not installed")
    vectors = load_vectors(SHIPPED)
    (tmp_path / "fear.gguf").write_bytes(gguf_bytes(vectors, "fear"))
    loaded = repeng.ControlVector.import_gguf(tmp_path / "fear.gguf")
    assert loaded.model_type == "gpt2" and sorted(loaded.directions) == list(range(1, vectors.n_layers))
    for layer, values in loaded.directions.items():
        np.testing.assert_array_equal(values, vectors.values[0, layer])
    layer = vectors.layer_of("fear")
    control = repeng.ControlModel(copy.deepcopy(bundled.model.module), [layer])
    control.set_control(loaded, scale_of(vectors, "fear", STRENGTH))
    torch.testing.assert_close(logits(control, bundled.model.encode(TEXT).ids), ours["steered"], atol=1e-4, rtol=1e-4)


def test_steering_vectors(bundled: Bundled, ours: dict[str, torch.Tensor]) -> None:
    peer = pytest.importorskip("steering_vectors", reason="requirements-peers.txt is not installed")
    vectors = load_vectors(SHIPPED)
    layer, ids = vectors.layer_of("fear"), bundled.model.encode(TEXT).ids
    vector = peer.SteeringVector({layer: load_file(SHIPPED)["values"][0, layer]})
    module = copy.deepcopy(bundled.model.module)
    with vector.apply(module, multiplier=scale_of(vectors, "fear", STRENGTH)):
        torch.testing.assert_close(logits(module, ids), ours["steered"], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(logits(module, ids), ours["plain"], atol=1e-4, rtol=1e-4)
