"""A model whose weights partly stay on disk is the same model: fingerprint, activations, and no weight in memory."""

import numpy as np
import pytest

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.jobs import run_to_end
from emotion_core.base.settings import settings_from
from emotion_core.models import load as offload
from emotion_core.models.load import load_model, offloaded
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
