"""A text read token by token on every emotion, against neutral texts and against random directions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job
from emotion_core.base.numbers import finite
from emotion_core.models.encode import Encoding, encode
from emotion_core.models.loaded import LoadedModel
from emotion_core.reading.baseline import RANDOM_DIRECTIONS, Baseline
from emotion_core.reading.project import GroupMeans, read_windows

MOST_CHARACTERS = 100_000
# No context is longer: texts are cut into windows afterwards.
ANY_LENGTH = 10**9


@dataclass(frozen=True)
class TokenReading:
    """Readings of a text's tokens.

    Attributes:
        tokens: As they are spelled; joined they give the text again where the tokenizer allows it.
        content: Whether each belongs to the text, not to the chat template or the model's special tokens.
        emotions: Names.
        layers: Layers that were read, ascending.
        projections: float32 [tokens, layers, emotions], residual stream on the unit direction.
        values: float32 [tokens, layers, emotions], the same in standard deviations of neutral tokens, centred on them.
        band_low: float32 [tokens, layers], lower end of the 95 % band of random directions at each token.
        band_high: float32 [tokens, layers], upper end.
        n_windows: Windows that the text was read in; 1 where it fits the context.
        chosen: Of several layers the one that was chosen when the vectors were built.
    """

    tokens: tuple[str, ...]
    content: tuple[bool, ...]
    emotions: tuple[str, ...]
    layers: tuple[int, ...]
    projections: FloatArray
    values: FloatArray
    band_low: FloatArray
    band_high: FloatArray
    n_windows: int
    chosen: int = -1

    @property
    def layer(self) -> int:
        """The layer that stands for all: the chosen one where it was read, else the first."""
        return self.chosen if self.chosen in self.layers else self.layers[0]

    @property
    def single(self) -> TokenReading:
        """The same reading at the chosen layer alone."""
        if len(self.layers) == 1:
            return self
        at = slice(i := self.layers.index(self.layer), i + 1)
        return replace(
            self,
            layers=self.layers[at],
            projections=self.projections[:, at],
            values=self.values[:, at],
            band_low=self.band_low[:, at],
            band_high=self.band_high[:, at],
        )

    def of(self, emotion: str, layer: int | None = None) -> FloatArray:
        """float32 [tokens], one emotion's values at a layer, by default the chosen one."""
        at = self.layers.index(self.layer if layer is None else layer)
        values: FloatArray = self.values[:, at, self.emotions.index(emotion)]
        return values

    def extremes(self, token: int, high: int = 6, low: int = 3) -> list[tuple[str, float]]:
        """The emotions that read highest at a token, then the lowest ones, each with its value at the chosen layer."""
        values = self.values[token, self.layers.index(self.layer)]
        order = np.argsort(-values, kind="stable")
        chosen = dict.fromkeys([*order[:high].tolist(), *order[-low:].tolist()])
        return [(self.emotions[e], float(values[e])) for e in chosen]

    def to_json(self) -> dict[str, Any]:
        """The command line's document; readings at the chosen layer, and means by layer where several were read."""
        one = self.single
        document: dict[str, Any] = {
            "layer": one.layers[0],
            "unit": "standard deviations of neutral tokens",
            "tokens": list(self.tokens),
            "content": list(self.content),
            "emotions": {name: _column(one.values[:, 0, e]) for e, name in enumerate(self.emotions)},
            "projections": {name: _column(one.projections[:, 0, e]) for e, name in enumerate(self.emotions)},
            "null_band": {"low": _column(one.band_low[:, 0]), "high": _column(one.band_high[:, 0])},
            "windows": self.n_windows,
        }
        if len(self.layers) > 1:
            kept = np.array(self.content)
            means = self.values[kept].mean(axis=0)  # (layers, emotions)
            document["by_layer"] = [
                {"layer": layer, "emotions": dict(zip(self.emotions, _column(row), strict=True))}
                for layer, row in zip(self.layers, means, strict=True)
            ]
        return document


def read_text(model: LoadedModel, baseline: Baseline, text: str, *, chat: bool = False) -> Job[TokenReading]:
    """Reads a text of any length, as a job. Projections only are kept, so memory is bounded.

    Args:
        model: The model.
        baseline: Directions and their zero points, see `read_baseline`.
        text: The text.
        chat: Wrap it as a user message in the chat template.

    Raises:
        SettingsError: The text is empty or longer than `MOST_CHARACTERS`.
        ModelError: It has no token that could be read.
    """
    check_length(text)
    found = yield from read_encoding(model, baseline, encode(model.tokenizer, text, ANY_LENGTH, chat=chat))
    return found


def check_length(text: str) -> None:
    """Refuses what cannot be read, before anything is loaded for it.

    Raises:
        SettingsError: The text is empty or longer than `MOST_CHARACTERS`.
    """
    if not text.strip():
        raise SettingsError("There is no text to read", remedy="Type or paste a text")
    if len(text) > MOST_CHARACTERS:
        raise SettingsError(
            "The text is too long to be read at once",
            expected=f"at most {MOST_CHARACTERS:,} characters",
            found=f"{len(text):,}",
            remedy="Read a part of it",
        )


def read_encoding(
    model: LoadedModel, baseline: Baseline, encoding: Encoding, groups: GroupMeans | None = None
) -> Job[TokenReading]:
    """Reads tokens of any number, as a job.

    Args:
        model: The model.
        baseline: Directions and zero points.
        encoding: The tokens.
        groups: Gets the tokens of all directions at the chosen layer, for means over turns.
    """
    known, at = len(baseline.emotions), baseline.layers.index(baseline.chosen)
    random = baseline.controls["random"][:RANDOM_DIRECTIONS]

    def take(projections: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        # Of the random directions only the band stays; copies, so that the window itself can go.
        band = np.quantile(values[:, :, random], (0.025, 0.975), axis=2).astype(np.float32)
        if groups is not None:
            groups.add(values[:, at])
        return projections[:, :, :known].copy(), values[:, :, :known].copy(), band

    parts = yield from read_windows(model, baseline, encoding, take)
    low, high = np.concatenate([band for _, _, band in parts], axis=1)
    return TokenReading(
        tokens=tuple(model.pieces(list(encoding.ids))),
        content=encoding.content,
        emotions=baseline.emotions,
        layers=baseline.layers,
        projections=np.concatenate([one for one, _, _ in parts]),
        values=np.concatenate([one for _, one, _ in parts]),
        band_low=low,
        band_high=high,
        n_windows=len(parts),
        chosen=baseline.chosen,
    )


def _column(values: FloatArray) -> list[float | None]:
    return [finite(value) for value in values]
