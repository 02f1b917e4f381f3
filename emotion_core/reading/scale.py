"""Zero point and unit of readings: mean and spread over neutral text, at the same place in a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import FloatArray


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
    """Scale of the tokens of texts. Sums go text by text, so that no second copy of all readings is made.

    Args:
        texts: For each text float32 [tokens, layers, directions]; one at least with two tokens.
        kept: For each text which of its tokens count, bool [tokens]; by default all of them.
    """
    masks = [np.ones(len(text), bool) for text in texts] if kept is None else [np.array(one, bool) for one in kept]
    for mask in masks:
        mask[:1] = False  # first tokens have a scale of their own
    places = [np.log2(np.flatnonzero(mask)) for mask in masks]
    bins = [np.floor(one).astype(np.int64) for one in places]  # 1, 2-3, 4-7, ...
    used = np.unique(np.concatenate(bins))
    sums = np.zeros((len(used), *texts[0].shape[1:]))
    for text, mask, own in zip(texts, masks, bins, strict=True):
        for bin_ in np.unique(own):
            sums[np.searchsorted(used, bin_)] += text[mask][own == bin_].sum(axis=0, dtype=np.float64)
    every, where = np.concatenate(places), np.concatenate(bins)
    counts = np.array([(where == one).sum() for one in used])
    centres = np.array([every[where == one].mean() for one in used])
    means = (sums / counts[:, None, None]).astype(np.float32)
    rows = np.stack([text[0] for text in texts])
    rough = PositionScale(scale_of(rows), centres, means, np.ones(means.shape[1:], np.float32))
    sd = _spread(texts, masks, rough)
    return PositionScale(scale_of(rows, least=sd), centres, means, sd)


def _spread(texts: Sequence[FloatArray], masks: Sequence[npt.NDArray[np.bool_]], rough: PositionScale) -> FloatArray:
    """float32 [layers, directions], standard deviation around the means of the positions; 1 where nothing varies."""
    expected = rough.mean_at(max(len(text) for text in texts))
    total, squares, count = np.zeros(expected.shape[1:]), np.zeros(expected.shape[1:]), 0
    largest = np.zeros(expected.shape[1:])
    for text, mask in zip(texts, masks, strict=True):
        off = text[mask].astype(np.float64) - expected[: len(text)][mask]
        total += off.sum(axis=0)
        squares += (off**2).sum(axis=0)
        largest = np.maximum(largest, np.abs(off).max(axis=0, initial=0.0))
        count += len(off)
    # The means are close to zero by construction, so that nothing is lost in this difference.
    variance = np.maximum(squares - total**2 / count, 0.0) / max(1, count - 1)
    sd = np.sqrt(variance)
    return np.where(sd <= 1e-6 * np.maximum(1.0, largest), 1.0, sd).astype(np.float32)
