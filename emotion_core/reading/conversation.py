"""A conversation read turn by turn, as it is or continued by the model: means, drift, what stands before a reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import SettingsError, TextTooLongError
from emotion_core.base.jobs import Job, Progress
from emotion_core.base.numbers import finite
from emotion_core.models.encode import PLAIN_NAMES, Dialogue, Encoding, span_numbers, tokenize
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading.baseline import Baseline
from emotion_core.reading.chance import FEWEST_STEPS, Trend, trend
from emotion_core.reading.settings import Writing
from emotion_core.reading.text import MOST_CHARACTERS, GroupMeans, TokenReading, read_encoding
from emotion_core.stats.intervals import p_words
from emotion_core.steering.directions import Directions
from emotion_core.steering.generate import write_after
from emotion_core.steering.settings import PlannedRow
from emotion_core.vectors.emotion_vectors import EmotionVectors

# A conversation read turn by turn: means and drift.


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
    dialogue = tokenize(model.tokenizer, turns)
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


# The model continues a conversation, with or without steering, and the reading follows.

# The reading of what is being written is refreshed every so many tokens.
REFRESH = 6
# A context with less room than this gets no reply; one with less room than was asked for gets a shorter one.
FEWEST = 8
_TAIL = 60  # characters of the text that the progress shows


@dataclass(frozen=True)
class Continuation:
    """What the model wrote, and how it reads to the unsteered model.

    Attributes:
        writing: The settings.
        layer: Layer steered and read.
        texts: The unsteered reply, and the steered one where there is steering; may be empty.
        readings: Of the conversation with each reply; without the reply where that is empty.
    """

    writing: Writing
    layer: int
    texts: tuple[str, ...]
    readings: tuple[ConversationReading, ...]

    def to_json(self) -> dict[str, Any]:
        """The command line's document."""
        names = ("unsteered", "steered")[: len(self.texts)]
        return {
            "layer": self.layer,
            "emotion": self.writing.emotion,
            "strength": self.writing.strength,
            "replies": [
                {"name": name, "text": text, **reading.to_json()}
                for name, text, reading in zip(names, self.texts, self.readings, strict=True)
            ],
        }


def continue_conversation(
    model: LoadedModel, vectors: EmotionVectors, baseline: Baseline, turns: Sequence[Turn], writing: Writing
) -> Job[Continuation]:
    """Lets the model write the next reply and reads the whole conversation, as a job; a step is a token.

    Both replies share their sampling noise, so they differ because of the steering. The reading is by the unsteered
    model: it is about the text, not about the vector that was added.

    Raises:
        SettingsError: There is no turn, or the last one is the assistant's.
        TextTooLongError: The conversation leaves no room.
        VectorFileError: The vectors have no such emotion.
    """
    check_reply(turns)
    ids = room_for_reply(model, turns)
    texts = yield from _write(model, vectors, baseline, ids, writing)
    readings = []
    for text in texts:
        reply = [Turn(role="assistant", content=text)] if text else []
        reading = yield from read_conversation_turns(model, baseline, [*turns, *reply])
        readings.append(reading)
    return Continuation(writing, baseline.chosen, tuple(texts), tuple(readings))


def check_reply(turns: Sequence[Turn]) -> None:
    """Refuses a conversation in which it is not the assistant's turn.

    Raises:
        SettingsError: There is no turn, or the last one is the assistant's.
    """
    check_turns(turns)
    if turns[-1].role == "assistant":
        raise SettingsError(
            "The last turn is the assistant's own",
            expected="a turn of the user at the end",
            remedy="Add one, or remove the last turn so that the model writes it",
        )


def room_for_reply(model: LoadedModel, turns: Sequence[Turn]) -> tuple[int, ...]:
    """The tokens that a reply continues from, where the context has room behind them.

    Raises:
        TextTooLongError: It has not.
    """
    ids = tokenize(model.tokenizer, turns, reply=True).encoding.ids
    if len(ids) + FEWEST > model.info.context:
        raise TextTooLongError(
            "The conversation leaves no room for a reply",
            expected=f"at most {model.info.context - FEWEST} tokens",
            found=f"{len(ids)} tokens",
            remedy="Leave out turns",
        )
    return ids


def _write(
    model: LoadedModel, vectors: EmotionVectors, baseline: Baseline, ids: tuple[int, ...], writing: Writing
) -> Job[list[str]]:
    layer = baseline.chosen
    unit = vectors.units[vectors.index(writing.emotion), layer]  # (width,)
    at = Directions(
        (layer,), unit[None, None].astype(np.float32), np.array([vectors.residual_norms[layer]], np.float32)
    )
    strengths = (0.0, writing.strength) if writing.strength else (0.0,)
    rows = [PlannedRow(0, 0, 0, strength) for strength in strengths]
    most = min(writing.tokens, model.info.context - len(ids))
    steps = write_after(model, [ids], rows, at, tokens=most, seed=writing.seed, temperature=writing.temperature)
    told = ""
    while True:
        try:
            one = next(steps)
        except StopIteration as end:
            plain = not model.tokenizer.chat_template
            return [_clean(model.decode(list(written.ids)), plain=plain) for written in end.value]
        last = one.so_far()[-1].ids
        if (one.progress.done - 1) % REFRESH == 0 and last:
            told = yield from _live(model, baseline, ids, list(last), writing.emotion)
        yield Progress(one.progress.done, most, told or "writing")


def _live(model: LoadedModel, baseline: Baseline, ids: tuple[int, ...], written: list[int], emotion: str) -> Job[str]:
    """How far the text is and how it reads, for the panel that shows the progress."""
    whole = Encoding((*ids, *written), (False,) * len(ids) + (True,) * len(written))
    reading = yield from read_encoding(model, baseline, whole)
    mean = float(reading.of(emotion)[len(ids) :].mean())
    tail = " ".join(model.decode(written).split())[-_TAIL:]
    return f"{emotion} {mean:+.1f} SD in “…{tail}”"


def _clean(text: str, *, plain: bool) -> str:
    """Without blanks around it; in the plain template without the turns that the model writes for others."""
    if plain:
        for name in PLAIN_NAMES.values():
            text = text.split(f"\n{name}:", 1)[0]
    return text.strip()
