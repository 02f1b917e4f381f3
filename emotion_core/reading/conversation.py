"""A conversation read turn by turn: means, drift, and what stands before a reply against the reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emotion_core.errors import SettingsError
from emotion_core.models.loaded import LoadedModel
from emotion_core.numbers import finite
from emotion_core.prompts.library_items import Turn
from emotion_core.reading.baseline import Baseline
from emotion_core.reading.dialogue import Dialogue, tokenize
from emotion_core.reading.intervals import Link, link
from emotion_core.reading.text import MOST_CHARACTERS, TokenReading, read_encoding
from emotion_core.reading.trend import Trend, trend
from emotion_core.runs.progress import Job
from emotion_core.tracing.activations import FloatArray

LEVEL = 0.05


@dataclass(frozen=True)
class ConversationReading:
    """Readings of a conversation.

    Attributes:
        dialogue: Its tokens and turns.
        tokens: The readings token by token.
        turns: float32 [turns, emotions], mean over the tokens of each turn, in standard deviations of neutral tokens.
        before: float32 [turns, emotions], the reading at the last token before each turn; nan where there is none.
        drift: How the turn means go with the number of the turn.
    """

    dialogue: Dialogue
    tokens: TokenReading
    turns: FloatArray
    before: FloatArray
    drift: Trend

    def replies(self, emotion: str) -> tuple[FloatArray, FloatArray]:
        """Reading before each assistant turn, and that turn's mean: both float32 [replies]."""
        e = self.tokens.emotions.index(emotion)
        chosen = [i for i, turn in enumerate(self.dialogue.turns) if turn.role == "assistant" and i > 0]
        return self.before[chosen, e], self.turns[chosen, e]

    def reply_link(self, emotion: str) -> Link | None:
        """Correlation of the reading before each reply with the reply's mean; None below three replies."""
        return link(*self.replies(emotion))

    def drift_of(self, emotion: str) -> tuple[bool, str]:
        """Whether the turn means go up or down beyond chance, and a sentence that says it."""
        e = self.tokens.emotions.index(emotion)
        p, rank = float(self.drift.p_value[e]), float(self.drift.spearman[e])
        if not np.isfinite(p):
            return False, f"Too few turns for a trend of {emotion}."
        if p >= LEVEL:
            return False, f"No drift of {emotion} beyond chance (rank correlation {rank:+.2f}, p = {p:.3f})."
        return True, f"{emotion} drifts {'up' if rank > 0 else 'down'} over the turns (p = {p:.3f})."

    def to_json(self) -> dict[str, Any]:
        """The command line's document."""
        names = self.tokens.emotions
        document = self.tokens.to_json()
        document["template"] = self.dialogue.template
        document["turns"] = [
            {
                "role": turn.role,
                "start": start,
                "end": end,
                "emotions": {name: finite(self.turns[i, e]) for e, name in enumerate(names)},
                "before": {name: finite(self.before[i, e]) for e, name in enumerate(names)},
            }
            for i, (turn, (start, end)) in enumerate(zip(self.dialogue.turns, self.dialogue.spans, strict=True))
        ]
        document["drift"] = {
            name: {
                "spearman": finite(self.drift.spearman[e]),
                "p_value": finite(self.drift.p_value[e]),
                "q_value": finite(self.drift.q_value[e]),
            }
            for e, name in enumerate(names)
        }
        return document


def check_turns(turns: Sequence[Turn]) -> None:
    """Refuses what cannot be read, before anything is loaded for it.

    Raises:
        SettingsError: There are no turns, or they are too long together.
    """
    if not turns:
        raise SettingsError("The conversation has no turns", remedy="Add at least one")
    characters = sum(len(turn.content) for turn in turns)
    if characters > MOST_CHARACTERS:
        raise SettingsError(
            "The conversation is too long to be read at once",
            expected=f"at most {MOST_CHARACTERS:,} characters",
            found=f"{characters:,}",
            remedy="Leave out turns",
        )


def read_conversation_turns(model: LoadedModel, baseline: Baseline, turns: Sequence[Turn]) -> Job[ConversationReading]:
    """Reads a conversation, as a job; at the baseline's chosen layer.

    Raises:
        SettingsError: There are no turns, or they are too long together.
        ModelError: The model's chat template refuses them.
    """
    check_turns(turns)
    dialogue = tokenize(model, turns)
    reading = yield from read_encoding(model, baseline, dialogue.encoding)
    values = reading.single.values[:, 0]  # (tokens, emotions)
    # The very first token stands on the scale of first tokens; a mean over a turn leaves it out where it can.
    means = np.stack([values[max(1, a) if b > 1 else a : b].mean(axis=0) for a, b in dialogue.spans])
    before = np.stack([values[a - 1] if a > 1 else np.full(values.shape[1], np.nan) for a, _ in dialogue.spans])
    return ConversationReading(
        dialogue=dialogue,
        tokens=reading,
        turns=means.astype(np.float32),
        before=before.astype(np.float32),
        drift=trend(np.arange(len(turns)), means),
    )
