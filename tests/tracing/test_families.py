"""Every architecture that the project claims, as a tiny random model: a build and a short sweep from end to end.

The doctor on each of them is in `test_doctor.py`, the traces in `test_record.py`, `test_steer.py` and `test_decode.py`.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny import FAMILIES, TUPLES

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.jobs import run_to_end
from emotion_core.prompts.prompt_set import PromptSet, PromptText
from emotion_core.steering.settings import SweepSettings
from emotion_core.steering.sweep import sweep
from emotion_core.tracing.doctor.hooks import forward
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import BuildSettings

# The architectures named in the documentation, by the family that stands for them.
CLAIMED = {
    "gpt2", "gpt_neo", "gptj", "neox", "opt", "bloom", "falcon", "mpt", "llama", "mistral", "qwen2", "gemma", "phi",
    "olmo2", "mixtral",
}  # fmt: skip


@pytest.fixture(autouse=True)
def short_neutral_texts(monkeypatch):
    """Twenty short neutral texts: the tiny tokenizer needs a token for every letter or two, and 200 take seconds."""
    texts = tuple(
        PromptText(f"Put box {i} on shelf {i}.", "neutral", "labelled", "", "train", None, i) for i in range(20)
    )
    monkeypatch.setattr("emotion_core.vectors.build.load_prompts", lambda name: PromptSet(name, "labelled", texts))


def pairs() -> PromptSet:
    texts = []
    for i in range(4):
        sides = (f"Something moved behind door {i}.", f"I watered plant {i}.")
        for side, text in zip(("positive", "negative"), sides, strict=True):
            texts.append(PromptText(text, "fear", side, f"t{i}", "train" if i < 3 else "heldout", i, i + 1))
    return PromptSet("pairs", "pairs", tuple(texts))


def test_every_claimed_architecture_is_tried():
    assert set(FAMILIES) >= CLAIMED and set(TUPLES) <= CLAIMED


@pytest.mark.parametrize("family", FAMILIES)
def test_build_and_sweep(family, tiny):
    model = tiny(family)
    vectors = run_to_end(build(model, [pairs()], BuildSettings(reading=ReadingPosition(first_token=True))))
    # The same vector by plain hooks: the mean over the tokens of each text, positive minus negative.
    train = [t for t in pairs().texts if t.split == "train"]
    sides = {"positive": [], "negative": []}
    for t in train:
        ids = model.encode(t.text).ids
        seen, _ = forward(model, torch.tensor([ids]))
        sides[t.side].append([o[0][0].float().mean(0).numpy() for o in seen.outputs])
    plain = np.mean(sides["positive"], axis=0) - np.mean(sides["negative"], axis=0)
    np.testing.assert_allclose(vectors.values[0], plain, atol=1e-4 * np.abs(plain).max())
    settings = SweepSettings(
        emotion="fear", prompts=("He waits.",), strengths=(0.0, 2.0), controls=1, samples=2, max_new_tokens=3
    )
    result = run_to_end(sweep(model, vectors, settings))
    texts = {(row.direction, row.strength, row.sample): row.text for row in result.rows}
    # The controls are written at the ends of the usable window only.
    n_controls = 2 * len({s for s in (0.0, 2.0) if s and result.usable_window[0] <= s <= result.usable_window[1]})
    assert len(texts) == 2 + 2 + n_controls and all(np.isfinite(row.surprise) for row in result.rows)
    assert {texts["emotion", 0.0, s] for s in (0, 1)} != {texts["emotion", 2.0, s] for s in (0, 1)}
