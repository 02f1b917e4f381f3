"""Two texts aligned from both ends: what differs between them, layer by token, in tokens that both have.

The texts differ in one stretch. Tokens before it are the same in both and, in a causal model, read exactly the same;
those behind it are the same words after another beginning. A pair whose common parts are tokenized differently is
refused: no token of one would stand for one of the other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import ModelError
from emotion_core.base.jobs import Job
from emotion_core.models.loaded import LoadedModel
from emotion_core.reading.places import Chat
from emotion_core.tracing.record import project_layers


@dataclass(frozen=True)
class PairReading:
    """Two readings of a pair of texts.

    Attributes:
        left: Tokens that both have before the stretch in which they differ.
        right: Tokens that both have behind it.
        first: float32 [tokens of the first, layers, directions].
        second: float32 [tokens of the second, layers, directions].
    """

    left: int
    right: int
    first: FloatArray
    second: FloatArray

    @property
    def suffix(self) -> FloatArray:
        """First minus second at the tokens behind the difference, float32 [right, layers, directions]."""
        result: FloatArray = self.first[len(self.first) - self.right :] - self.second[len(self.second) - self.right :]
        return result

    @property
    def varied(self) -> FloatArray:
        """Mean of the first minus mean of the second over the stretch that differs, float32 [layers, directions].

        Exactly 0 where nothing differs.
        """
        one = self.first[self.left : len(self.first) - self.right]
        two = self.second[self.left : len(self.second) - self.right]
        if not len(one) or not len(two):
            return np.zeros(self.first.shape[1:], np.float32)
        result: FloatArray = one.mean(axis=0) - two.mean(axis=0)
        return result


def read_pairs(
    model: LoadedModel, pairs: Sequence[tuple[Chat, Chat]], directions: Mapping[int, FloatArray]
) -> Job[list[PairReading]]:
    """Reads pairs token by token at several layers, as a job.

    Args:
        model: The model.
        pairs: First and second text of each.
        directions: For each layer float32 [directions, width], unit length.

    Raises:
        ModelError: The common parts of a pair are tokenized differently.
    """
    shared = [aligned(*pair) for pair in pairs]
    encodings = [chat.encoding for pair in pairs for chat in pair]
    read = yield from project_layers(model, encodings, directions)
    return [PairReading(left, right, read[2 * i], read[2 * i + 1]) for i, (left, right) in enumerate(shared)]


def aligned(first: Chat, second: Chat) -> tuple[int, int]:
    """How many tokens two texts share at the beginning and at the end.

    Raises:
        ModelError: What both say is tokenized differently.
    """
    one, two = first.encoding.ids, second.encoding.ids
    shortest = min(len(one), len(two))
    left = next((i for i in range(shortest) if one[i] != two[i]), shortest)
    right = next((i for i in range(shortest - left) if one[-1 - i] != two[-1 - i]), shortest - left)
    before = _common(first.text, second.text)
    after = _common(first.text[before:][::-1], second.text[before:][::-1])
    wanted_left = max(sum(b <= before for _, b in chat.offsets) for chat in (first, second))
    wanted_right = max(sum(a >= len(chat.text) - after for a, _ in chat.offsets) for chat in (first, second))
    # A token at the border holds the last letter of a common part, or its blank: it belongs to what differs.
    if first.text != second.text and (left < wanted_left - 1 or right < wanted_right - 1):
        raise ModelError(
            "The common parts of two texts are tokenized differently, so their tokens cannot be compared",
            where=repr(first.text[max(0, before - 20) : before + 40]),
            expected=f"{wanted_left} tokens alike at the beginning and {wanted_right} at the end",
            found=f"{left} and {right}",
            remedy="Choose words that are tokenized alike, or leave this pair out",
        )
    return left, right


def _common(first: str, second: str) -> int:
    """Characters that two texts begin with alike."""
    shortest = min(len(first), len(second))
    return next((i for i in range(shortest) if first[i] != second[i]), shortest)
