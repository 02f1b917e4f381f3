"""A conversation read turn by turn: means, drift, and what stands before a reply against the reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job
from emotion_core.base.numbers import finite
from emotion_core.models.encode import Dialogue, span_numbers, tokenize
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.library import Turn
from emotion_core.reading.baseline import Baseline
from emotion_core.reading.chance import FEWEST_STEPS, Trend, trend
from emotion_core.reading.project import GroupMeans
from emotion_core.reading.text import MOST_CHARACTERS, TokenReading, read_encoding
from emotion_core.stats.intervals import Link, link, p_words


@dataclass(frozen=True)
class ConversationReading:
    """Readings of a conversation.

    Attributes:
        dialogue: Its tokens and turns.
        tokens: The readings token by token.
        turns: float32 [turns, emotions], mean over the tokens of each turn, in standard deviations of neutral tokens.
        before: float32 [turns, emotions], the reading at the last token before each turn; nan where there is none.
        drift: How the turn means go with the number of the turn, against control directions on the same turns.
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

    def evidence(self, emotion: str) -> bool:
        """Whether the turn means go up or down by more than control directions do on the same turns."""
        return len(self.turns) >= FEWEST_STEPS and self.drift.evidence[self.tokens.emotions.index(emotion)]

    def drift_of(self, emotion: str) -> tuple[bool, str]:
        """Whether the turn means go up or down beyond chance, and a sentence that says it."""
        e = self.tokens.emotions.index(emotion)
        return self.evidence(emotion), drift_sentence(self.drift, e, emotion, "turn", len(self.turns))

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
                "evidence": self.evidence(name),
                "spearman": finite(self.drift.spearman[e]),
                "change": finite(self.drift.change[e]),
                "range": finite(self.drift.ranges[e]),
                "p_value": finite(self.drift.chance.p_value[e]),
                "q_value": finite(self.drift.chance.q_value[e]),
                "hardest_control": self.drift.chance.kinds[e] or None,
            }
            for e, name in enumerate(names)
        }
        return document


def drift_sentence(drift: Trend, e: int, emotion: str, step: str, steps: int) -> str:
    """What is said of an emotion's course over turns or attempts.

    Args:
        drift: Of all emotions.
        e: Place of the emotion.
        emotion: Its name.
        step: What it goes over: `turn`, `attempt`.
        steps: How many there are.
    """
    if steps < FEWEST_STEPS:
        return f"Too few {step}s for a drift of {emotion}: {steps}, and {FEWEST_STEPS} are needed."
    change, q = float(drift.change[e]), float(drift.chance.q_value[e])
    if not np.isfinite(q):
        return f"No drift of {emotion} over the {step}s can be told from its controls."
    figures = f"change {change:+.2f} SD, {p_words(q, 'q')} against {drift.chance.against(e)}"
    if drift.evidence[e]:
        return f"{emotion} drifts {'up' if change > 0 else 'down'} over the {step}s ({figures})."
    return f"No drift of {emotion} over the {step}s beyond what directions without a meaning show ({figures})."


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
    groups = GroupMeans(span_numbers(dialogue.spans, len(dialogue.encoding)), len(turns))
    reading = yield from read_encoding(model, baseline, dialogue.encoding, groups)
    values = reading.single.values[:, 0]  # (tokens, emotions)
    means = groups.means  # (turns, emotions + controls)
    before = np.stack([values[a - 1] if a > 1 else np.full(values.shape[1], np.nan) for a, _ in dialogue.spans])
    return ConversationReading(
        dialogue=dialogue,
        tokens=reading,
        turns=means[:, : len(baseline.emotions)].astype(np.float32),
        before=before.astype(np.float32),
        drift=trend(np.arange(len(turns)), means, baseline.columns),
    )
