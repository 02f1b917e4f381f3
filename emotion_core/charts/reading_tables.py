"""Readings as tables to take along: every emotion, raw and standardised, one row a token, turn, value or situation."""

from __future__ import annotations

import numpy as np
import pandas as pd

from emotion_core.base.activations import FloatArray
from emotion_core.reading.conversation import ConversationReading
from emotion_core.reading.dose import DoseReading
from emotion_core.reading.situations import SituationReading
from emotion_core.reading.text import TokenReading


def token_table(found: TokenReading) -> pd.DataFrame:
    """One row a token and layer: its standardised reading and raw projection on every emotion, and the null band."""
    parts = []
    for at, layer in enumerate(found.layers):
        rows = pd.DataFrame(
            {
                "token": np.arange(len(found.tokens)),
                "text": list(found.tokens),
                "is_content": list(found.content),
                "layer": layer,
            }
        )
        values = _wide(found.emotions, found.values[:, at], "SD")
        raw = _wide(found.emotions, found.projections[:, at], "projection")
        band = pd.DataFrame({"null_low": found.band_low[:, at], "null_high": found.band_high[:, at]})
        parts.append(pd.concat([rows, values, band, raw], axis=1))
    return pd.concat(parts, ignore_index=True)


def all_turns(found: ConversationReading) -> pd.DataFrame:
    """One row a turn: its mean reading on every emotion, and the reading at the last token before it."""
    emotions = found.tokens.emotions
    rows = pd.DataFrame(
        {
            "turn": np.arange(1, len(found.dialogue.turns) + 1),
            "role": [turn.role for turn in found.dialogue.turns],
            "text": [turn.content for turn in found.dialogue.turns],
            "first_token": [start for start, _ in found.dialogue.spans],
            "end_token": [end for _, end in found.dialogue.spans],
            "layer": found.tokens.layer,
        }
    )
    return pd.concat([rows, _wide(emotions, found.turns, "SD"), _wide(emotions, found.before, "before, SD")], axis=1)


def dose_values(found: DoseReading) -> pd.DataFrame:
    """One row a value: its text and the reading on every emotion."""
    rows = pd.DataFrame({"x": list(found.x), "text": list(found.texts), "layer": found.layer})
    values = _wide(found.emotions, found.values, "SD")
    return pd.concat([rows, values, _wide(found.emotions, found.projections, "projection")], axis=1)


def situation_table(found: SituationReading) -> pd.DataFrame:
    """One row a situation: the implied emotion, its rank, and the reading on every emotion."""
    rows = pd.DataFrame(
        {
            "implied": list(found.implied),
            "rank": found.ranks,
            "highest": [found.emotions[int(np.argmax(row))] for row in found.values],
            "text": list(found.texts),
            "layer": found.layer,
        }
    )
    return pd.concat([rows, _wide(found.emotions, found.values, "SD")], axis=1)


def _wide(emotions: tuple[str, ...], values: FloatArray, what: str) -> pd.DataFrame:
    """A column an emotion; the unit in its name, so that an emotion may be called like any other column."""
    return pd.DataFrame(values, columns=[f"{name} ({what})" for name in emotions])
