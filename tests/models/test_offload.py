"""A model whose weights partly stay on disk is the same model: fingerprint, activations, and no weight in memory."""

import numpy as np
import pytest
import torch
from accelerate import infer_auto_device_map
from tiny import tiny_module

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.jobs import run_to_end
from emotion_core.base.settings import settings_from
from emotion_core.models import prepare as offload
from emotion_core.models.load import load_model
from emotion_core.models.prepare import offloaded, placement
from emotion_core.tracing.record import record

TEXTS = ["A door opens.", "He waits for the rain to stop, and nobody comes."]


@pytest.fixture
def on_disk(monkeypatch, tmp_path):
    chosen = settings_from({"EMOTION_OFFLOAD_MB": "10", "EMOTION_DATA_DIR": str(tmp_path)})
    monkeypatch.setattr(offload, "settings", lambda: chosen)
    return load_model("demo", device="cpu")


def test_the_same_model_read_from_disk_gives_the_same(on_disk, monkeypatch):
    assert offloaded(on_disk.module)
    assert any(p.device.type == "meta" for p in on_disk.module.parameters())
    monkeypatch.undo()
    whole = load_model("demo", device="cpu")
    assert not offloaded(whole.module)
    assert on_disk.info == whole.info  # fingerprint and device too: kept activations and vector files stay valid
    first, second = (run_to_end(record(one, TEXTS, ReadingPosition())) for one in (on_disk, whole))
    np.testing.assert_array_equal(first.values, second.values)


def test_enough_room_leaves_nothing_on_disk(monkeypatch, tmp_path):
    chosen = settings_from({"EMOTION_OFFLOAD_MB": "2000", "EMOTION_DATA_DIR": str(tmp_path)})
    monkeypatch.setattr(offload, "settings", lambda: chosen)
    assert not offloaded(load_model("demo", device="cpu").module)


def test_several_gpus_are_filled_one_after_the_other_and_no_weight_lies_twice(monkeypatch):
    module = tiny_module("llama")
    sizes = {name: one.numel() * one.element_size() for name, one in module.named_parameters()}
    room = int(0.8 * sum(sizes.values()))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert placement() == {}, "one GPU takes the whole model, as it always did"
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda gpu: (room, room))
    chosen = placement()
    assert chosen["device_map"] == "sequential"
    # As transformers does with it; the model's own class says what must not be torn apart.
    whole = module._no_split_modules
    at = infer_auto_device_map(module, max_memory=dict(chosen["max_memory"]), no_split_module_classes=whole)
    lying = {name: [place for part, place in at.items() if f"{name}.".startswith(f"{part}.")] for name in sizes}
    assert all(len(places) == 1 for places in lying.values())
    used = {gpu: sum(sizes[name] for name, (place,) in lying.items() if place == gpu) for gpu in (0, 1)}
    assert 0 < used[0] <= 0.9 * room and used[0] + used[1] == sum(sizes.values())
