"""A model in memory, with what the rest of the project needs to know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from emotion_core.base.activations import ModelInfo
from emotion_core.base.errors import ModelError, TextTooLongError
from emotion_core.models.encode import Encoding, encode, spelled

if TYPE_CHECKING:
    from torch import nn

# Where a model keeps its blocks: the list of layers in the residual stream.

# Path of the list -> families that use it (transformers 5).
KNOWN_PATHS = (
    "transformer.h",  # GPT-2, GPT-Neo, GPT-J, BLOOM, Falcon
    "transformer.blocks",  # MPT
    "model.layers",  # Llama, Qwen, Gemma, Mistral, Phi, OLMo, Mixtral
    "gpt_neox.layers",  # Pythia
    "model.decoder.layers",  # OPT
    "backbone.layers",  # Mamba
)


_NAMES = ("layers", "layer", "h", "blocks")
# Parts of a path that lead to what sees, hears or paints.
_OTHER_TOWERS = ("vision", "visual", "image", "audio", "speech", "video", "talker", "vqmodel", "depth_decoder")


def text_config(config: Any) -> Any:
    """The part of a configuration that describes the text tower: the configuration itself in most models.

    Composite models (text with images or sound) keep one inside the other, such as `text_config`.
    """
    find = getattr(config, "get_text_config", None)
    if find is None:
        return config
    try:
        return find(decoder=True)
    except ValueError:  # several parts are called like one
        return getattr(config, "text_config", config)


def find_layers(module: nn.Module, path: str | None = None) -> tuple[str, nn.ModuleList]:
    """Finds the list of blocks of a causal language model.

    Known paths are tried first, then all lists of modules inside the text tower: those that stand inside a block of
    another list (experts, heads) are parts of it; of the others, the ones as long as the configuration of the text
    tower says it is deep count, or the longest where none is. A list of blocks of several classes (attention and
    recurrent ones in turn) counts where it has that length.

    Args:
        module: The model with its language-model head.
        path: Dotted path of the list, where the visitor names it.

    Raises:
        ModelError: There is no such list, or two equally long ones.
    """
    from torch import nn

    lists = {name: child for name, child in module.named_modules() if isinstance(child, nn.ModuleList) and len(child)}
    if path is not None:
        if path not in lists:
            raise ModelError(
                "The named layer list is not in the model",
                where=path,
                expected=f"one of {', '.join(_outer(lists)) or 'none found'}",
                remedy="Name one of these",
            )
        return path, lists[path]
    for known in KNOWN_PATHS:
        if known in lists:
            return known, lists[known]
    outer = _outer(_of_text_tower(module, lists))
    depth = getattr(text_config(getattr(module, "config", None)), "num_hidden_layers", None)
    candidates = [name for name in outer if len(lists[name]) == depth]
    if not candidates:
        uniform = [name for name in outer if len({type(block) for block in lists[name]}) == 1]
        longest = max((len(lists[name]) for name in uniform), default=0)
        candidates = [name for name in uniform if len(lists[name]) == longest]
    if len(candidates) > 1:
        candidates = [name for name in candidates if name.rpartition(".")[2] in _NAMES] or candidates
    if len(candidates) != 1:
        shown = [*candidates, *_outer(lists), "model.layers"][0]
        raise ModelError(
            "The list of layers was not found",
            where=type(module).__name__,
            expected="one longest list of equal blocks",
            found=", ".join(candidates or _outer(lists)) or "no list of blocks",
            remedy=f"Name it behind the model's name, such as 'my-model#{shown}'",
        )
    return candidates[0], lists[candidates[0]]


def _outer(lists: Mapping[str, nn.ModuleList]) -> list[str]:
    return [name for name in lists if not any(name.startswith(f"{other}.") for other in lists)]


def _of_text_tower(module: nn.Module, lists: Mapping[str, nn.ModuleList]) -> dict[str, nn.ModuleList]:
    """The lists inside the decoder that transformers names; all but those of other towers where it names none."""
    find: Any = getattr(module, "get_decoder", None)
    decoder = find() if find is not None else None
    inside = set() if decoder is None else {id(child) for child in decoder.modules()}
    found = {name: one for name, one in lists.items() if id(one) in inside} or dict(lists)
    return {name: one for name, one in found.items() if not any(part in name for part in _OTHER_TOWERS)}


# Texts whose tokens are kept, in number and in characters: a few MB at most.
_MOST_KEPT, _LONGEST_KEPT = 4096, 1000


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
        remote: Where its traces run (`tracing/envoy.py`); None is here.
    """

    info: ModelInfo
    module: nn.Module
    tokenizer: Any
    layers_path: str
    copy: int | None = None
    envoy: Any = field(default=None, repr=False)
    memory: Any = field(default=None, repr=False)
    remote: Any = None
    _encoded: dict[str, Encoding] = field(default_factory=dict, init=False, repr=False)

    def encode(self, text: str, *, chat: bool = False, reply: bool = False) -> Encoding:
        """Tokenizes one text; see `models.encode.encode`.

        The tokens of some thousand texts are kept: neutral and training texts are asked for again and again.

        Raises:
            ModelError: As there; or the model has no embedding for a token.
        """
        # What a chat template makes of a text depends on its arguments too.
        kept = not chat and not reply and len(text) <= _LONGEST_KEPT
        if kept and (known := self._encoded.get(text)) is not None:
            return known
        encoding = encode(self.tokenizer, text, self.info.context, chat=chat, reply=reply)
        self.require_embedded(encoding.ids)
        if kept:
            if len(self._encoded) >= _MOST_KEPT:
                self._encoded.clear()
            self._encoded[text] = encoding
        return encoding

    def require_embedded(self, ids: Sequence[int]) -> None:
        """Refuses tokens that the tokenizer knows and the model does not.

        Raises:
            ModelError: There is one.
        """
        rows, highest = self.embedded, max(ids, default=0)
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
    def embedded(self) -> int:
        """Number of tokens that the model has an embedding for."""
        return int(self.module.get_input_embeddings().weight.shape[0])  # type: ignore[operator]

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


@dataclass(frozen=True)
class Remembered:
    """What of a model stays the same while its files do.

    Attributes:
        info: The model's card.
        layers_path: Dotted path of the list of blocks.
        embedded: Number of tokens that the model has an embedding for.
        copy: Which copy of the residual stream the blocks compute on, where copies come first.
    """

    info: ModelInfo
    layers_path: str
    embedded: int
    copy: int | None = None


class UnreadModel(LoadedModel):
    """A model that was loaded before from the same files: weights and tokenizer are read when they are first needed."""

    _module: nn.Module | None = None
    _tokenizer: Any = None
    _embedded = 0
    _read: Callable[[], LoadedModel] | None = None
    _read_tokenizer: Callable[[], Any] | None = None

    @classmethod
    def of(cls, known: Remembered, tokenizer: Callable[[], Any], read: Callable[[], LoadedModel]) -> UnreadModel:
        """Such a model.

        Args:
            known: What is remembered of it.
            tokenizer: Loads its tokenizer.
            read: Loads the model.
        """
        model = cls(known.info, None, None, known.layers_path, known.copy)  # type: ignore[arg-type]
        model._embedded, model._read, model._read_tokenizer = known.embedded, read, tokenizer
        return model

    @property
    def tokenizer(self) -> Any:
        """Its tokenizer, read now if it was not.

        Raises:
            ModelError: The arguments of its chat template are refused.
        """
        if self._tokenizer is None and self._read_tokenizer is not None:
            self._tokenizer = self._read_tokenizer()
        return self._tokenizer

    @tokenizer.setter
    def tokenizer(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer

    @property
    def module(self) -> nn.Module:
        """The transformers model, read now if it was not.

        Raises:
            ModelError: It cannot be loaded, or is another one than is remembered.
        """
        if self._module is None and self._read is not None:
            model = self._read()
            if model.info != self.info:
                raise ModelError(
                    "The model's files were changed while it was in use",
                    where=self.info.name,
                    expected=self.info.fingerprint[:12],
                    found=model.info.fingerprint[:12],
                    remedy="Run it again: what is asked then is the model that is there now",
                )
            self._module = model.module
        return cast("nn.Module", self._module)

    @module.setter
    def module(self, module: nn.Module | None) -> None:
        self._module = module

    @property
    def embedded(self) -> int:
        """Number of tokens that the model has an embedding for."""
        return self._embedded or super().embedded
