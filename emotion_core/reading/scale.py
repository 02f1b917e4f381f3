"""Zero point and unit of readings: mean and spread over neutral text, at the same place in a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emotion_core.tracing.activations import FloatArray


@dataclass(frozen=True)
class Scale:
    """Mean and spread over neutral texts, by which projections are centred and standardised.

    Attributes:
        mean: float32 [layers, directions].
        sd: float32 [layers, directions]; 1 where neutral texts do not vary.
    """

    mean: FloatArray
    sd: FloatArray

    def __call__(self, projections: FloatArray) -> FloatArray:
        """Standardises float32 [..., layers, directions]."""
        scaled: FloatArray = ((projections - self.mean) / self.sd).astype(np.float32)
        return scaled


@dataclass(frozen=True)
class PositionScale:
    """Scale of single tokens by their position.

    Activations drift along a text whatever it says: position embeddings, longer attention. Against a zero point from
    short texts every long text would seem to grow in some emotion and fall in another. So tokens are compared with
    neutral tokens at about the same position (bins that double, means interpolated between them). First tokens, which
    models park attention on, are compared with first tokens only.

    Attributes:
        first: Scale of first tokens.
        centres: float64 [bins], middle of each bin on a base-2 logarithmic scale of positions.
        means: float32 [bins, layers, directions].
        sd: float32 [layers, directions], spread around the bins' means.
    """

    first: Scale
    centres: FloatArray
    means: FloatArray
    sd: FloatArray

    def __call__(self, projections: FloatArray) -> FloatArray:
        """Standardises the tokens of one text from its first on, float32 [tokens, layers, directions]."""
        if not len(projections):
            return projections
        values: FloatArray = ((projections - self.mean_at(len(projections))) / self.sd).astype(np.float32)
        values[:1] = self.first(projections[:1])
        return values

    def mean_at(self, tokens: int) -> FloatArray:
        """float32 [tokens, layers, directions], what neutral text reads at each position (the first aside)."""
        places = np.log2(np.maximum(1, np.arange(tokens)))
        at = np.clip(np.searchsorted(self.centres, places) - 1, 0, max(0, len(self.centres) - 2))
        after = np.minimum(at + 1, len(self.centres) - 1)
        width = np.maximum(self.centres[after] - self.centres[at], 1e-9)
        share = np.clip((places - self.centres[at]) / width, 0.0, 1.0)[:, None, None].astype(np.float32)
        mean: FloatArray = self.means[at] * (1 - share) + self.means[after] * share
        return mean


def scale_of(rows: FloatArray, least: FloatArray | None = None) -> Scale:
    """Scale of float32 [rows, layers, directions]. Where rows hardly vary, `least` (else 1) stands for their spread."""
    sd = rows.std(axis=0, ddof=1, dtype=np.float64)
    flat = sd <= 1e-6 * np.maximum(1.0, np.abs(rows).max(axis=0))
    sd = np.where(flat, 1.0 if least is None else least, sd)
    return Scale(rows.mean(axis=0, dtype=np.float64).astype(np.float32), sd.astype(np.float32))


def position_scale(texts: Sequence[FloatArray], kept: Sequence[Sequence[bool]] | None = None) -> PositionScale:
    """Scale of the tokens of texts.

    Args:
        texts: For each text float32 [tokens, layers, directions]; one at least with two tokens.
        kept: For each text which of its tokens count, bool [tokens]; by default all of them.
    """
    masks = [np.ones(len(text), bool) for text in texts] if kept is None else [np.array(one, bool) for one in kept]
    later = np.concatenate([text[1:][mask[1:]] for text, mask in zip(texts, masks, strict=True)])
    places = np.concatenate([np.log2(1 + np.flatnonzero(mask[1:])) for mask in masks])
    bins = np.floor(places).astype(np.int64)  # 1, 2-3, 4-7, ...
    used = np.unique(bins)
    means = np.stack([later[bins == one].mean(axis=0, dtype=np.float64) for one in used]).astype(np.float32)
    centres = np.array([places[bins == one].mean() for one in used])
    rows = np.stack([text[0] for text in texts])
    first = scale_of(rows)
    rough = PositionScale(first, centres, means, np.ones_like(first.sd))
    expected = rough.mean_at(max(len(text) for text in texts))
    spread = [text[1:] - expected[1 : len(text)] for text in texts]
    sd = scale_of(np.concatenate([one[mask[1:]] for one, mask in zip(spread, masks, strict=True)])).sd
    return PositionScale(scale_of(rows, least=sd), centres, means, sd)
