"""Pooled residual-stream activations of texts, and the reading position that they were pooled at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from emotion_core.base.errors import SettingsError

FloatArray = npt.NDArray[np.float32]
Pooling = Literal["mean", "last_content", "last", "answer"]
POOLINGS: tuple[Pooling, ...] = get_args(Pooling)

# Part of every cache key: raise it when the recorder's numbers change.
RECORDER_VERSION = 3


@dataclass(frozen=True)
class ReadingPosition:
    """Which tokens of a text are read.

    Attributes:
        pooling: `mean` over content tokens from `start` on; `last_content`, the last token that is neither a special
            token nor part of the chat template; `last`, the last token; `answer`, the last token before the answer to
            the text as a user message begins, behind a `<think>` that is opened and closed (with `chat`).
        start: First token of the mean, counted from 0 over the content tokens (special tokens and chat template
            are skipped); a shorter text is read at its last content token.
        chat: Whether the text is wrapped as a user message in the model's chat template first.
        first_token: Whether the first token of the sequence counts in a mean where it belongs to the text. Models
            without a token for the beginning make an attention sink of it, hundreds of times as long as the others in
            some, and a mean that holds it is mostly the length of the text.
    """

    pooling: Pooling = "mean"
    start: int = 0
    chat: bool = False
    first_token: bool = False

    def __post_init__(self) -> None:
        if self.pooling not in POOLINGS:
            raise SettingsError("Unknown reading position", expected=", ".join(POOLINGS), found=str(self.pooling))
        if self.reply and not self.chat:
            raise SettingsError(
                "Only a message in the chat template has an answer",
                expected="the reading position answer together with the chat template",
                remedy="Turn the chat template on, or choose another reading position",
            )
        if self.start < 0:
            raise SettingsError("The first token read cannot be negative", found=str(self.start))

    @property
    def reply(self) -> bool:
        """Whether texts are followed by the beginning of an answer."""
        return self.pooling == "answer"

    @property
    def key(self) -> str:
        """The reading position as part of a cache key and a manifest."""
        # The ending came later: keys of readings with the first token are as they were.
        ending = ":rest" if self.pooling == "mean" and not self.first_token else ""
        return f"{self.pooling}:{self.start}:{'chat' if self.chat else 'plain'}{ending}"


# What names of models begin with that a service runs.
SERVED = "ndif:"


@dataclass(frozen=True)
class ModelInfo:
    """What an artifact remembers of the model it belongs to.

    Attributes:
        name: Catalogue name, hub id or folder name, as the visitor chose it.
        fingerprint: sha256 over configuration, tokenizer and weights: equal means the same activations.
        layers: Number of blocks; layer i is the output of block i, counted from 0.
        width: Size of the residual stream.
        context: Most tokens a text may have.
        architecture: The class in transformers, such as GPT2LMHeadModel.
        dtype: Of the weights as loaded; `int8` for weights in 8 bits that are computed with in float32.
        device: Where they lie, such as cpu or cuda:0.
        parameters: Number of parameters.
    """

    name: str
    fingerprint: str
    layers: int
    width: int
    context: int
    architecture: str = ""
    dtype: str = "float32"
    device: str = "cpu"
    parameters: int = 0

    @property
    def computes_in(self) -> str:
        """Number format of the activations."""
        return "float32" if self.dtype == "int8" else self.dtype

    @property
    def served(self) -> bool:
        """Whether its weights are on another machine, behind a service."""
        return self.name.startswith(SERVED)


@dataclass(frozen=True)
class Activations:
    """One pooled row a text.

    Attributes:
        model: The model that was read.
        reading: The reading position.
        texts: The texts, in the order asked for.
        values: float32 [texts, layers, width], residual stream after each block.
        embeddings: float32 [texts, width], input of block 0 pooled the same way: the "raw embedding" rival.
        token_norms: float32 [texts, layers], mean length of the residual stream over the tokens of a text, without
            its first token (an attention sink that can be fifty times as long as all others).
        n_tokens: int64 [texts], tokens of each text, template and special tokens included.
    """

    model: ModelInfo
    reading: ReadingPosition
    texts: tuple[str, ...]
    values: FloatArray
    embeddings: FloatArray
    token_norms: FloatArray
    n_tokens: npt.NDArray[np.int64]

    def rows(self, index: npt.ArrayLike) -> Activations:
        """The same for a selection of texts, given by integer or boolean index."""
        chosen = np.arange(len(self.texts))[np.asarray(index)]
        return Activations(
            self.model,
            self.reading,
            tuple(self.texts[i] for i in chosen),
            self.values[chosen],
            self.embeddings[chosen],
            self.token_norms[chosen],
            self.n_tokens[chosen],
        )

    def between(self, begin: int, end: int) -> Activations:
        """The same for the texts from `begin` to before `end`, without a copy."""
        part = slice(begin, end)
        return Activations(
            self.model,
            self.reading,
            self.texts[part],
            self.values[part],
            self.embeddings[part],
            self.token_norms[part],
            self.n_tokens[part],
        )
