"""Generated texts token by token: how surprising each token is without steering, and how it reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.models.loaded import LoadedModel
from emotion_core.steering.generate import Written
from emotion_core.tracing.score import Scores


@dataclass(frozen=True)
class TokenValues:
    """Tokens of texts, one after the other.

    Attributes:
        pieces: For each text its tokens as they are spelled.
        surprise: float32 [all tokens], nats under the unsteered model.
        readings: float32 [all tokens], reading of the emotion in standard deviations of the unsteered texts' tokens;
            0 where these do not vary.
        usual: Mean and standard deviation of the surprise of the unsteered texts' tokens.
    """

    pieces: tuple[tuple[str, ...], ...]
    surprise: FloatArray
    readings: FloatArray
    usual: tuple[float, float]

    def of(self, text: int) -> tuple[tuple[str, ...], FloatArray, FloatArray]:
        """Tokens, surprise and readings of one text."""
        start = sum(len(one) for one in self.pieces[:text])
        end = start + len(self.pieces[text])
        return self.pieces[text], self.surprise[start:end], self.readings[start:end]


def token_values(
    model: LoadedModel, written: Sequence[Written], scores: Scores, along: int, kept: Sequence[int]
) -> TokenValues:
    """Values of the tokens of some texts.

    Args:
        model: The model.
        written: All texts.
        scores: Of all texts, with the projections of their tokens.
        along: Direction of the scores that the tokens are read along.
        kept: Texts that are wanted.
    """
    baseline = [i for i, w in enumerate(written) if w.row.unsteered and not w.broken]
    nats, usual = (
        _joined([scores.surprise[i] for i in baseline]),
        _joined([scores.tokens[i][:, along] for i in baseline]),
    )
    mean, spread = (float(usual.mean()), float(usual.std())) if len(usual) > 1 else (0.0, 0.0)
    along_tokens = _joined([scores.tokens[i][:, along] for i in kept])
    readings = (along_tokens - mean) / spread if spread > 0 else np.zeros_like(along_tokens)
    return TokenValues(
        pieces=tuple(tuple(model.pieces(list(written[i].ids))) for i in kept),
        surprise=_joined([scores.surprise[i] for i in kept]),
        readings=readings.astype(np.float32),
        usual=(float(nats.mean()), float(nats.std())) if len(nats) > 1 else (0.0, 1.0),
    )


def _joined(parts: Sequence[FloatArray]) -> FloatArray:
    whole: FloatArray = np.concatenate([np.zeros(0, np.float32), *parts]).astype(np.float32)
    return whole
