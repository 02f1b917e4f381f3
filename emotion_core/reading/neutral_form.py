"""Neutral texts in the form of what is read: plain ones and long documents, or turns of a conversation.

The template of a conversation moves readings by itself: around role tokens the residual stream is another one than in
running text. So a conversation gets its zero point from neutral texts in the same template, alternating between user
and assistant, and a plain text from plain ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from emotion_core.models.dialogue import span_numbers, tokenize
from emotion_core.models.encode import Encoding, encode
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.library_items import Turn
from emotion_core.vectors.rows import IntArray

Form = Literal["text", "conversation"]


@dataclass(frozen=True)
class NeutralDialogue:
    """Neutral texts as turns.

    Attributes:
        encoding: Its tokens.
        sources: int64 [tokens], which of the texts each token is of; -1 for tokens of the template.
    """

    encoding: Encoding
    sources: IntArray


# Long neutral documents and dialogues, for the zero point late in a text.
DOCUMENTS = 8
MOST_POSITIONS = 1024
# Tokens of neutral dialogues together: with a short context there are more of them.
DIALOGUE_TOKENS = 8192
MOST_DIALOGUES = 64


def neutral_documents(model: LoadedModel, texts: Sequence[str], seed: int) -> list[Encoding]:
    """Neutral texts one after another, each document in another order, as long as the context or `MOST_POSITIONS`."""
    longest = min(model.info.context, MOST_POSITIONS)
    rng = np.random.default_rng(seed)
    documents = []
    for _ in range(DOCUMENTS):
        whole = encode(model.tokenizer, " ".join(texts[i] for i in rng.permutation(len(texts))), context=10**9)
        documents.append(Encoding(whole.ids[:longest], whole.content[:longest]))
    return documents


def neutral_dialogues(model: LoadedModel, texts: Sequence[str], seed: int) -> list[NeutralDialogue]:
    """Neutral texts as turns of user and assistant, each dialogue in another order, as long as the context.

    Raises:
        ModelError: The model's chat template refuses them.
    """
    longest = min(model.info.context, MOST_POSITIONS)
    count = int(np.clip(DIALOGUE_TOKENS // longest, DOCUMENTS, MOST_DIALOGUES))
    shortest = max(4, min(len(model.encode(text)) for text in texts))
    turns = min(len(texts), 2 * (longest // shortest // 2 + 1))
    rng = np.random.default_rng(seed)
    dialogues = []
    for _ in range(count):
        chosen = rng.permutation(len(texts))[:turns]
        said = [Turn(role="assistant" if i % 2 else "user", content=texts[t]) for i, t in enumerate(chosen)]
        whole = tokenize(model, said)
        turn = span_numbers(whole.spans, len(whole.encoding))
        sources = np.where(turn < 0, -1, chosen[turn])[:longest]
        encoding = Encoding(whole.encoding.ids[:longest], whole.encoding.content[:longest])
        dialogues.append(NeutralDialogue(encoding, sources))
    return dialogues
