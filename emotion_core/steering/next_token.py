"""The cheapest dose-response: what steering does to the next token, before any text is sampled.

All strengths and controls are rows of one decoding step at the prompt's last token. The measure is the log-probability
of the tokens that the direction itself points at through the unembedding (its logit lens).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from emotion_core.errors import ModelError
from emotion_core.models.loaded import LoadedModel
from emotion_core.numbers import finite
from emotion_core.runs.progress import Job, Progress
from emotion_core.steering.band import null_band
from emotion_core.steering.directions import read_layer, sweep_directions
from emotion_core.steering.generate import first_logits
from emotion_core.steering.plan import PlannedRow
from emotion_core.steering.settings import SweepSettings
from emotion_core.tracing.activations import FloatArray
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import require_model

# Tokens that stand for a direction.
LENS_TOKENS = 20


@dataclass(frozen=True)
class NextTokenDose:
    """Change at the next token, strength by strength.

    Attributes:
        settings: What was asked for.
        layer: Steered layer.
        tokens: The tokens that the direction points at most, the strongest first.
        strengths: Ascending, 0 among them.
        change: float32 [strengths], mean change of their log-probability in nats over tokens and prompts; nan where
            the model broke.
        band: float32 [strengths, 2], where 95 % of random directions of the same norm fall; nan below 3 controls.
        divergence: float32 [strengths], nats (Kullback-Leibler) from the unsteered next-token distribution.
    """

    settings: SweepSettings
    layer: int
    tokens: tuple[str, ...]
    strengths: tuple[float, ...]
    change: FloatArray
    band: FloatArray
    divergence: FloatArray

    def to_json(self) -> dict[str, Any]:
        """As a JSON object; what cannot be had is None."""
        rows = zip(self.strengths, self.change, self.band, self.divergence, strict=True)
        return {
            "layer": self.layer,
            "tokens": list(self.tokens),
            "rows": [
                {
                    "strength": strength,
                    "change": finite(change),
                    "null_low": finite(low),
                    "null_high": finite(high),
                    "divergence": finite(nats),
                }
                for strength, change, (low, high), nats in rows
            ],
        }


def next_token_dose(model: LoadedModel, vectors: EmotionVectors, settings: SweepSettings) -> Job[NextTokenDose]:
    """Steers the next token of every prompt at all strengths, as a job that yields after each prompt.

    Args:
        model: The model.
        vectors: What to steer with.
        settings: As of a sweep; samples, decoding and the number of tokens play no part.

    Raises:
        VectorFileError: The vectors belong to another model, or have no such emotion.
        SettingsError: The layer does not exist, or the vector there has no length.
        TextTooLongError: A prompt leaves no room for a token.
    """
    require_model(vectors, model.info)
    settings = replace(settings, max_new_tokens=1)
    layer = read_layer(settings, vectors, vectors.layer_of(settings.emotion))
    settings = replace(settings, shuffles=0, others=(), words="")
    directions = sweep_directions(settings, vectors, layer)
    lens = lens_tokens(model, directions.values[0].sum(axis=0))
    changes, divergences = [], []
    n = len(directions.values)
    for prompt in range(len(settings.prompts)):
        rows = [PlannedRow(prompt, 0, d, s) for s in settings.strengths for d in range(n)]
        logits = first_logits(model, settings, rows, directions)
        change, divergence = against_unsteered(logits, settings.strengths.index(0.0) * n, lens)
        changes.append(change.reshape(len(settings.strengths), -1))
        divergences.append(divergence.reshape(len(settings.strengths), -1)[:, 0])
        yield Progress(prompt + 1, len(settings.prompts), "next tokens")
    mean = np.mean(changes, axis=0)  # (strengths, directions)
    return NextTokenDose(
        settings=settings,
        layer=layer,
        tokens=tuple(model.decode([i]) for i in lens.tolist()),
        strengths=settings.strengths,
        change=mean[:, 0],
        band=_bands(mean[:, 1:]),
        divergence=np.mean(divergences, axis=0),
    )


def lens_tokens(model: LoadedModel, unit: FloatArray) -> torch.Tensor:
    """Tokens whose unembedding lies most along a direction beyond the mean of all tokens, int64 [LENS_TOKENS]."""
    head: Any = model.module.get_output_embeddings  # torch types every attribute of a module as a tensor
    weight: torch.Tensor = head().weight.detach().float()  # (vocabulary, width)
    if weight.device.type == "meta":
        raise ModelError("The weights of this model are not on this machine", where=model.info.name)
    along = (weight - weight.mean(0)) @ torch.from_numpy(unit).to(weight.device)
    found: torch.Tensor = along.topk(min(LENS_TOKENS, len(along))).indices.cpu()
    return found


def against_unsteered(logits: torch.Tensor, zero: int, lens: torch.Tensor) -> tuple[FloatArray, FloatArray]:
    """Change of the mean log-probability of some tokens, and divergence, both float32 [rows].

    Args:
        logits: float32 [rows, vocabulary]; a row with a number that is not finite gives nan.
        zero: An unsteered row.
        lens: int64 [tokens].
    """
    broken = ~torch.isfinite(logits).all(-1)
    nats = torch.nan_to_num(logits).log_softmax(-1)
    change = (nats[:, lens] - nats[zero, lens]).mean(-1)
    divergence = (nats.exp() * (nats - nats[zero])).sum(-1)
    values = torch.stack([change, divergence]).masked_fill(broken, torch.nan).cpu().numpy()
    return values[0], values[1]


def _bands(controls: FloatArray) -> FloatArray:
    bands: Sequence[tuple[float, float] | None] = [
        null_band([float(c) for c in row[np.isfinite(row)]], int(np.isfinite(row).sum())) for row in controls
    ]
    return np.array([band or (np.nan, np.nan) for band in bands], dtype=np.float32).reshape(-1, 2)
