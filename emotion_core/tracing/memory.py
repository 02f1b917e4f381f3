"""What a model remembers of a text: taken out of its output, handed in again, and copied to other rows.

Attention keeps keys and values, which transformers' own cache copies row by row. Recurrent and hybrid models keep
states of other kinds under other names. Those are copied by what they have in common, a first dimension of rows, and a
short text shows whether the model goes on from a copy as it would have gone on from the text. Where it does not, or
where it keeps nothing at all, the text is computed anew at every step: slower, and the same numbers.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from emotion_core.base.later import torch
from emotion_core.models.loaded import LoadedModel

# Names in transformers' outputs and inputs: attention and most hybrids, Mamba and xLSTM, RWKV.
_NAMES = ("past_key_values", "cache_params", "state")
_ATTENTION = ("DynamicLayer", "DynamicSlidingWindowLayer", "RoomyLayer")
# Tokens that a row has room for when its keys and values are copied for the first time, and after that at least.
_ROOM = 64
# Largest relative difference of logits that is no fault: far above rounding, and far below what a wrong state does.
_ROUNDING = {"float32": 1e-3}
_TRIED_TOKENS, _TRIED_ROWS = 6, 3


@dataclass(frozen=True)
class Kept:
    """What a model remembers of the tokens of some rows.

    Attributes:
        name: Under which the model hands it out and takes it.
        value: transformers' own object; changed in place by a step.
        rows: Number of rows.
    """

    name: str
    value: Any
    rows: int

    def spread(self, index: Sequence[int]) -> Kept:
        """A copy whose row r is the row `index[r]` of this one."""
        if attention_only(self.value):
            copied = copy.copy(self.value)
            copied.layers = [copy.copy(layer) for layer in self.value.layers]
            copied.batch_select_indices(torch.tensor(list(index)))
        else:
            copied = _selected(self.value, list(index), self.rows, {})
        return Kept(self.name, copied, len(index))


@dataclass(frozen=True)
class Memory:
    """How far a model can go on from what it remembers.

    Attributes:
        steps: Token by token, in rows that were copied.
        stretches: Several tokens at once.
    """

    steps: bool
    stretches: bool


def kept_of(output: Any, rows: int) -> Kept | None:
    """What stands in a model's output, None where it hands nothing out."""
    for name in _NAMES:
        value = output.get(name)
        if value is not None:
            return Kept(name, value, rows)
    return None


def memory_of(model: LoadedModel) -> Memory:
    """What can be done with the memory of a model, tried at the first call."""
    if model.memory is None:
        # A trace elsewhere brings back no cache: a large model's is gigabytes.
        model.memory = Memory(False, False) if model.remote is not None else _tried(model)
    found: Memory = model.memory
    return found


def learned(model: LoadedModel, output: Any, rows: int) -> Kept | None:
    """What stands in the output of a step; None where it cannot be gone on from. Ordinary caches need no trial."""
    kept = kept_of(output, rows)
    if kept is not None and attention_only(kept.value):
        model.memory = model.memory or Memory(True, True)
        kept.value.layers = [_roomy(layer) for layer in kept.value.layers]
    return kept if memory_of(model).steps else None


def _roomy(layer: Any) -> Any:
    """Keys and values of a layer that later steps write behind."""
    if type(layer).__name__ != "DynamicLayer":
        return layer
    made = _roomy_class()()
    made.__dict__.update(vars(layer))
    return made


@cache
def _roomy_class() -> type:
    from transformers.cache_utils import DynamicLayer

    class RoomyLayer(DynamicLayer):  # type: ignore[misc]
        """Writes a step's keys and values behind those before, where transformers' layer copies them all to new memory.

        With 16 rows of 200 tokens that copying is half of a step of SmolLM2.
        """

        keys: Any
        values: Any
        rooms: tuple[torch.Tensor, ...] = ()
        shown: torch.Tensor | None = None

        def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
            start, new = self.get_seq_length(), key_states.shape[-2]
            if not start:
                return super().update(key_states, value_states, *args, **kwargs)
            # Rows that were chosen or tokens that were cut since are other tensors than the one that was shown.
            if self.shown is not self.keys or self.rooms[0].shape[-2] < start + new:
                self.rooms = tuple(_with_room(kept, max(new, start // 2, _ROOM)) for kept in (self.keys, self.values))
            for room, states in zip(self.rooms, (key_states, value_states), strict=True):
                room.narrow(-2, start, new).copy_(states)
            self.keys, self.values = (room.narrow(-2, 0, start + new) for room in self.rooms)
            self.shown = self.keys
            return self.keys, self.values

    return RoomyLayer


def _with_room(kept: torch.Tensor, more: int) -> torch.Tensor:
    """A copy of [..., tokens, width] with room for more tokens."""
    made = kept.new_empty((*kept.shape[:-2], kept.shape[-2] + more, kept.shape[-1]))
    made.narrow(-2, 0, kept.shape[-2]).copy_(kept)
    return made


def is_unusual(model: LoadedModel) -> bool:
    """Whether transformers calls the model's memory a state, which may not even be handed out."""
    return bool(getattr(model.module, "_is_stateful", False))


def slowness(model: LoadedModel) -> str:
    """Words for the progress of what takes long because nothing can be kept; empty where something can."""
    if model.remote is not None or memory_of(model).steps:
        return ""
    return ", each token from the whole text anew (slow: what this model remembers cannot be kept)"


def _tried(model: LoadedModel) -> Memory:
    words = list(model.tokenizer("The rain has stopped and the street is quiet.", verbose=False)["input_ids"])
    tokens = torch.tensor([words[:_TRIED_TOKENS], words[-_TRIED_TOKENS:]], device=model.info.device)  # (2, tokens)
    with torch.inference_mode():
        begun = _begun(model, tokens[:, :2])
        if begun is None:
            return Memory(False, False)
        if attention_only(begun.value):
            return Memory(True, True)
        whole = model.module(input_ids=tokens, use_cache=False).logits[[0, 1, 1], 2:].float()
        steps = _goes_on(model, tokens, begun, whole, 1)
        return Memory(steps, steps and _goes_on(model, tokens, begun, whole, len(words)))


def _begun(model: LoadedModel, tokens: torch.Tensor) -> Kept | None:
    """What a model remembers of a few tokens; None where it fails when it is asked to remember."""
    try:
        return kept_of(model.module(input_ids=tokens, use_cache=True), len(tokens))
    # The same class runs without a cache, see `models.trial`.
    except Exception:  # noqa: BLE001
        return None


def _goes_on(model: LoadedModel, tokens: torch.Tensor, begun: Kept, whole: torch.Tensor, at_once: int) -> bool:
    """Whether two rows that become three go on as a pass over the whole text does."""
    try:
        kept = begun.spread([0, 1, 1])
        rest, logits = tokens[[0, 1, 1], 2:], []
        for part in torch.split(rest, at_once, dim=1):
            output = model.module(input_ids=part, use_cache=True, **{kept.name: kept.value})
            kept = kept_of(output, _TRIED_ROWS) or kept
            logits.append(output.logits.float())
        apart = (torch.cat(logits, dim=1) - whole).norm() / whole.norm()
    # A state that cannot go on fails in whatever way the class does.
    except Exception:  # noqa: BLE001
        return False
    return bool(apart <= _ROUNDING.get(model.info.computes_in, 0.1))


def attention_only(cache: Any) -> bool:
    """Whether transformers' own selection of rows is known to be right."""
    layers = getattr(cache, "layers", None) or []
    return bool(layers) and all(type(layer).__name__ in _ATTENTION for layer in layers)


def _selected(value: Any, index: list[int], rows: int, done: dict[int, Any]) -> Any:
    """A copy of a state in which every tensor with a first dimension of rows has the chosen ones."""
    if id(value) in done:
        return done[id(value)]
    made: Any
    if isinstance(value, torch.Tensor):
        chosen = torch.tensor(index, device=value.device)
        made = value.index_select(0, chosen) if value.dim() and len(value) == rows else value.clone()
    elif isinstance(value, (list, tuple)):
        made = type(value)([_selected(one, index, rows, done) for one in value])
    elif isinstance(value, dict):
        made = type(value)({key: _selected(one, index, rows, done) for key, one in value.items()})
    elif type(value).__module__.startswith("transformers.") and hasattr(value, "__dict__"):
        made = copy.copy(value)
        done[id(value)] = made
        for key, one in vars(value).items():
            if not isinstance(one, type) and not type(one).__name__.endswith("Config"):
                setattr(made, key, _selected(one, index, rows, done))
    else:
        made = value
    done[id(value)] = made
    return made
