"""What comes back for the commands on the bundled model: hardly more than the numbers that are used, in few answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from nnsight.intervention.backends.remote import RemoteBackend

from emotion_core.base.settings import settings
from emotion_core.cli.main import main
from emotion_core.reading import talking
from emotion_core.steering import generate
from emotion_core.tracing import decode, logit_lens, options, record, score
from tracing.ndif_service import KEY, standing_in

WEIGHTS = Path(__file__).parents[2] / "demo_model" / "weights"
# Everything that sends a trace in these commands, and gives what came back to who computes with it.
TRACES = (
    (record, "_trace"),
    (record, "_trace_of_tokens"),
    (record, "_trace_of_sums"),
    (score, "_trace"),
    (options, "_forward"),
    (decode, "_forward_again"),
    (generate, "ahead"),
    (talking, "ahead"),
    (logit_lens, "_unembedded_elsewhere"),
)


def _bytes(value: Any) -> int:
    """Of all tensors in a value, views counted for what they show."""
    if isinstance(value, torch.Tensor):
        return value.numel() * value.element_size()
    return sum(map(_bytes, value)) if isinstance(value, list | tuple) else 0


@pytest.fixture
def counted(monkeypatch):
    """Bytes of each answer, and of what was handed on in this thread: jobs of other tests may still be running."""
    answers: list[int] = []
    used: list[int] = []
    here = threading.get_ident()
    finalize = RemoteBackend.finalize
    monkeypatch.setattr(
        RemoteBackend, "finalize", lambda self, content: (answers.append(len(content)), finalize(self, content))[1]
    )

    def watch(module: Any, name: str) -> None:
        function: Callable[..., Any] = getattr(module, name)

        def watched(*args: Any) -> Any:
            given = function(*args)
            if threading.get_ident() == here:
                used.append(_bytes(given))
            return given

        monkeypatch.setattr(module, name, watched)

    for module, name in TRACES:
        watch(module, name)
    return answers, used


@pytest.fixture(scope="module")
def model(tmp_path_factory, warm_python):
    with pytest.MonkeyPatch.context() as patch, standing_in(WEIGHTS, warm_python):
        patch.setenv("NDIF_API_KEY", KEY)
        patch.setenv("EMOTION_DATA_DIR", str(tmp_path_factory.mktemp("data")))
        settings.cache_clear()
        yield f"ndif:{WEIGHTS}"
    settings.cache_clear()


def test_answers_of_the_commands_hold_little_besides_the_numbers_that_are_used(model, tmp_path, counted, capsys):
    """Of each command the most requests, and the most kB: what is handed on could be more than what is used."""
    answers, used = counted
    vectors = str(tmp_path / "fear.safetensors")
    talked = tmp_path / "talk.json"
    talked.write_text(json.dumps([{"role": "user", "content": "The build failed again."}]))
    prompt = ("--prompt", "The door", "--strengths=-0.2,0.2")
    commands = {
        "build": (["build", "fear-calm", "--out", vectors], 4, 2500),
        # Of neutral texts on hundreds of directions only sums come back.
        "read": (["read", vectors, "--text", "He heard steps behind the door. Then the light went out."], 3, 800),
        "read, conversation": (["read", vectors, "--conversation", str(talked)], 3, 800),
        # 20 tokens of the lens and a word for hundreds of rows, none of the other 5,000 tokens.
        "next token": (["sweep", vectors, *prompt, "--next-token"], 6, 40),
        "sweep": (
            ["sweep", vectors, *prompt, "--controls", "4", "--samples=2"],
            17,  # 5 for 40 tokens each of emotion, controls and words alone, then the texts are read
            100,
        ),
        "behaviors": (
            [*("behaviors", vectors, "--only", "flattery", "--strengths", "0.2", "--controls", "4"), "--texts=2"],
            20,
            100,
        ),
        "talk": (
            ["talk", vectors, "--strength", "fear=2", "--message", "How was your day?", "--tokens", "16"],
            8,  # the scale, the conversation, 4 tokens a request, the last token
            5000,
        ),
    }
    for name, (words, most, kilobytes) in commands.items():
        answers.clear()
        used.clear()
        assert main([*words, "--model", model, "--json"]) == 0, capsys.readouterr().err
        assert len(used) == len(answers) and 0 < len(answers) <= most, name
        assert sum(answers) <= min(1.5 * sum(used), 1000 * kilobytes), name
