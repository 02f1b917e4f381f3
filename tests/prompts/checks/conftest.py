from __future__ import annotations

import pytest

from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import PromptSet

from .sets import invented


@pytest.fixture
def pairs() -> PromptSet:
    return load_prompts("fear-calm")


@pytest.fixture
def labelled() -> PromptSet:
    return invented(["joy", "fear", "anger", "pride"], 20)
