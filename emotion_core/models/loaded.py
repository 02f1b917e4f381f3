"""A model in memory, with what the rest of the project needs to know of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emotion_core.base.activations import ModelInfo
from emotion_core.base.errors import ModelError, TextTooLongError
from emotion_core.models.encode import Encoding, encode, spelled
from emotion_core.models.layers import text_config

if TYPE_CHECKING:
    from torch import nn


@dataclass(eq=False)
class LoadedModel:
    """Weights, tokenizer and the place of the blocks.

    Not thread-safe: only the model's owner (`models/owner.py`) runs it.

    Attributes:
        info: What artifacts remember of the model.
        module: The transformers model, in evaluation mode.
        tokenizer: Its tokenizer.
        layers_path: Dotted path of the list of blocks.
        copy: Which copy of the residual stream the blocks compute on, where copies come first (Gemma 3n).
        envoy: nnsight's wrapper, made by `tracing/envoy.py` at the first trace.
        memory: What it remembers of a text, found by `tracing/memory.py` at the first decoding step.
        remote: Where its traces run (`tracing/remote.py`); None is here.
    """

    info: ModelInfo
    module: nn.Module
    tokenizer: Any
    layers_path: str
    copy: int | None = None
    envoy: Any = field(default=None, repr=False)
    memory: Any = field(default=None, repr=False)
    remote: Any = None

    def encode(self, text: str, *, chat: bool = False, reply: bool = False) -> Encoding:
        """Tokenizes one text; see `models.encode.encode`.

        Raises:
            ModelError: As there; or the model has no embedding for a token.
        """
        encoding = encode(self.tokenizer, text, self.info.context, chat=chat, reply=reply)
        self.require_embedded(encoding.ids)
        return encoding

    def require_embedded(self, ids: Sequence[int]) -> None:
        """Refuses tokens that the tokenizer knows and the model does not.

        Raises:
            ModelError: There is one.
        """
        rows = int(self.module.get_input_embeddings().weight.shape[0])  # type: ignore[operator]
        highest = max(ids, default=0)
        if highest >= rows:
            raise ModelError(
                "The tokenizer has tokens that the model has no embedding for",
                where=self.info.name,
                expected=f"tokens 0 to {rows - 1}",
                found=f"token {highest}: {self.tokenizer.decode([highest])!r}",
                remedy="Check that the tokenizer's files belong to this model",
            )

    def fits(self, text: str, *, chat: bool = False, reply: bool = False) -> bool:
        """Whether a text is within the context."""
        try:
            self.encode(text, chat=chat, reply=reply)
        except TextTooLongError:
            return False
        return True

    def decode(self, ids: list[int]) -> str:
        """Text of token ids, special tokens left out."""
        return str(self.tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))

    def pieces(self, ids: list[int]) -> list[str]:
        """Each token of a sequence as a person reads it, see `spelled`; joined they give the text again."""
        return spelled(lambda some: str(self.tokenizer.decode(list(some), clean_up_tokenization_spaces=False)), ids)

    @property
    def stop_ids(self) -> frozenset[int]:
        """Tokens that end a generated text."""
        ids = self.module.generation_config.eos_token_id  # type: ignore[union-attr]
        found = set(ids) if isinstance(ids, list) else {ids}
        found.add(self.tokenizer.eos_token_id)
        return frozenset(int(i) for i in found if i is not None)  # type: ignore[arg-type]

    @property
    def vocabulary(self) -> int:
        """Number of rows of the output layer."""
        head = self.module.get_output_embeddings()  # type: ignore[operator]
        return int(text_config(self.module.config).vocab_size if head is None else head.weight.shape[0])
