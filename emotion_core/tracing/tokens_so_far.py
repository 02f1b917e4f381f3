"""What stands for keys and values where they cannot be kept: the tokens so far, and how each of them was steered.

A cache of a large model is gigabytes, which nobody wants to send over a network at every token. So a remote step sends
all tokens again and steers each where it was steered before; the server computes more, and a request stays small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from emotion_core.tracing.steer import Intervention, by_layer


@dataclass(frozen=True)
class Segment:
    """Tokens that were processed together.

    Attributes:
        tokens: int64 [rows, tokens].
        edits: Their steering, with as many rows.
    """

    tokens: torch.Tensor
    edits: tuple[Intervention, ...]

    def rows(self, index: torch.Tensor) -> Segment:
        """The same for a selection of rows."""
        return Segment(self.tokens[index], tuple(edit.rows(index) for edit in self.edits))


@dataclass(frozen=True)
class TokensSoFar:
    """All segments, in order."""

    segments: tuple[Segment, ...] = ()

    def then(self, tokens: torch.Tensor, edits: Sequence[Intervention]) -> TokensSoFar:
        """With one more segment."""
        return TokensSoFar((*self.segments, Segment(tokens, tuple(edits))))

    def rows(self, index: Sequence[int]) -> TokensSoFar:
        """Row r of the result is the row `index[r]` of this one."""
        chosen = torch.tensor(list(index))
        return TokensSoFar(tuple(segment.rows(chosen) for segment in self.segments))

    @property
    def tokens(self) -> torch.Tensor:
        """int64 [rows, all tokens]."""
        return torch.cat([segment.tokens for segment in self.segments], dim=1)

    def edits(self) -> list[tuple[int, int, int, list[Intervention]]]:
        """Layer, [start, end) and edits of every steered stretch, in the order of layers."""
        found, start = [], 0
        for segment in self.segments:
            end = start + segment.tokens.shape[1]
            found += [(layer, start, end, own) for layer, own in by_layer(segment.edits)]
            start = end
        return sorted(found, key=lambda stretch: stretch[0])
