"""What comes back for the commands on the bundled model: hardly more than the numbers that are used, in few answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from nnsight.intervention.backends.remote import RemoteBackend

from emotion_core.base.settings import settings
from emotion_core.cli.main import main
from emotion_core.tracing import decode, options, record, score
from tracing.ndif_service import KEY, standing_in

WEIGHTS = Path(__file__).parents[2] / "demo_model" / "weights"
# Everything that sends a trace in these commands, and gives what came back to who computes with it.
TRACES = (
    (record, "_trace"),
    (record, "_trace_of_tokens"),
    (score, "_trace"),
    (options, "_forward"),
    (decode, "_forward_again"),
)


def _bytes(value: Any) -> int:
    """Of all tensors in a value, views counted for what they show."""
    if isinstance(value, torch.Tensor):
        return value.numel() * value.element_size()
    return sum(map(_bytes, value)) if isinstance(value, list | tuple) else 0


@pytest.fixture
def counted(monkeypatch):
    """Bytes of each answer, and of what was handed on."""
    answers: list[int] = []
    used: list[int] = []
    finalize = RemoteBackend.finalize
    monkeypatch.setattr(
        RemoteBackend, "finalize", lambda self, content: (answers.append(len(content)), finalize(self, content))[1]
    )

    def watch(module: Any, name: str) -> None:
        function: Callable[..., Any] = getattr(module, name)

        def watched(*args: Any) -> Any:
            given = function(*args)
            used.append(_bytes(given))
            return given

        monkeypatch.setattr(module, name, watched)

    for module, name in TRACES:
        watch(module, name)
    watch(__import__("emotion_core.steering.generate", fromlist=["ahead"]), "ahead")
    return answers, used


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch, standing_in(WEIGHTS):
        patch.setenv("NDIF_API_KEY", KEY)
        patch.setenv("EMOTION_DATA_DIR", str(tmp_path_factory.mktemp("data")))
        settings.cache_clear()
        yield f"ndif:{WEIGHTS}"
    settings.cache_clear()


def test_answers_of_the_commands_hold_little_besides_the_numbers_that_are_used(model, tmp_path, counted, capsys):
    answers, used = counted
    vectors = str(tmp_path / "fear.safetensors")
    commands = {
        "build": (["build", "fear-calm", "--out", vectors], 4),
        "read": (["read", vectors, "--text", "He heard steps behind the door. Then the light went out."], 5),
        "sweep": (
            [*("sweep", vectors, "--prompt", "The door", "--strengths=-0.2,0.2", "--controls", "4"), "--samples=2"],
            17,  # 5 for 40 tokens each of emotion, controls and words alone, then the texts are read
        ),
        "behaviors": (
            [*("behaviors", vectors, "--only", "flattery", "--strengths", "0.2", "--controls", "4"), "--texts=2"],
            20,
        ),
    }
    for name, (words, most) in commands.items():
        answers.clear()
        used.clear()
        assert main([*words, "--model", model, "--json"]) == 0, capsys.readouterr().err
        assert len(used) == len(answers) and 0 < len(answers) <= most, name
        assert sum(answers) <= 1.5 * sum(used), name
