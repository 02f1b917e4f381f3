"""The short texts that a model is checked with."""

from __future__ import annotations

import sys

from emotion_core.base.errors import ModelError
from emotion_core.base.later import torch
from emotion_core.models.encode import encode
from emotion_core.models.loaded import LoadedModel

# Of different lengths, so that a batch of them is padded; plain words, which every tokenizer knows.
SENTENCES = (
    "The rain has stopped and the street is quiet, but someone is still standing at the door of the old house.",
    "She put the kettle on and sat down.",
    "He waits.",
    "In the morning we walk along the river to the market and buy bread.",
)
LONGEST = 24


def probes(model: LoadedModel) -> tuple[str, ...]:
    """The sentences, cut at a word so that they fit into a third of the context.

    Raises:
        ModelError: Not even the first word fits.
    """
    room = min(LONGEST, model.info.context // 3)
    return tuple(_cut(model, sentence, room) for sentence in SENTENCES)


def probe_ids(model: LoadedModel) -> torch.Tensor:
    """Tokens of the longest probe, int64 [1, tokens]."""
    longest = max((model.encode(text).ids for text in probes(model)), key=len)
    return torch.tensor([list(longest)], device=model.info.device)


def _cut(model: LoadedModel, sentence: str, room: int) -> str:
    words = sentence.split()
    for n in range(len(words), 0, -1):
        text = " ".join(words[:n])
        if _length(model, text) <= room:
            return text
    raise ModelError(
        "A single word does not fit into the context",
        where=words[0],
        expected=f"at most {room} tokens",
        found=f"{_length(model, words[0])} tokens",
        remedy="Check that the tokenizer belongs to this model",
    )


def _length(model: LoadedModel, text: str) -> int:
    """Tokens of a text, however long."""
    return len(encode(model.tokenizer, text, sys.maxsize))
