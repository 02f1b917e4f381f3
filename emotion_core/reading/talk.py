"""A turn of a conversation with the model: what is asked, both replies, and how every token of them reads.

Strengths are in standard deviations of neutral tokens along the direction, the unit of the colours: +3 pushes a token
about as far as full colour shows. Cap, floor and project out take a share between 0 and 1 instead.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from emotion_core.base.activations import FloatArray, ModelInfo
from emotion_core.base.ask import Ask, Seed, enforce
from emotion_core.base.errors import SettingsError
from emotion_core.base.numbers import finite
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading.conversation import check_turns
from emotion_core.stats.intervals import clopper_pearson
from emotion_core.steering.settings import (
    EVERY_TOKEN,
    NEW_TOKENS,
    OPERATION,
    OPERATION_NAMES,
    SCOPE,
    SCOPE_NAMES,
    TEMPERATURE,
    Bound,
    GateAsked,
    ScheduleAsked,
    Scope,
    WritingSettings,
    parse_mix,
    require,
    require_care,
    require_shares,
)
from emotion_core.tracing.steer import Operation

MOST_EMOTIONS = 3
# Control directions of which one can be steered with beside the emotion, and that the bands come from.
RIVALS = 32
ALTERNATIVES = 5
RIVAL = (
    "Beside it, what a direction that means nothing does: adding as much along it, or the same operation. A number "
    "chooses it; 0 is none."
)
STRENGTH = "Emotion and strength, in standard deviations of neutral tokens or, for shares, 0 to 1. Such as fear=4."
TURN_ALARMS = 0.05


@dataclass(frozen=True, kw_only=True)
class TalkSettings:
    """What the model is asked to answer, and how it is steered.

    Attributes:
        turns: The conversation up to the user's last turn; without `chat` one text that is continued.
        strengths: Emotion and strength, in standard deviations of neutral tokens or as shares; up to three.
        operation: What is done along each direction.
        bound: Percentile of neutral tokens that cap and floor hold to.
        gate: Steer a token only while another reading is high.
        schedule: Which of the generated tokens are steered.
        scope: Which tokens are steered.
        only: Turns that are steered, from 0; the reply is the turn after the last. Empty for all.
        layer: Steered layer; None for the one chosen at the build.
        max_new_tokens: Longest reply.
        temperature: Divides the logits before sampling.
        seed: Of the noise that all replies share.
        rival: Number of the random direction whose reply stands beside; 0 for none.
        chat: Whether this is a conversation.
    """

    turns: tuple[Turn, ...]
    strengths: Annotated[
        tuple[tuple[str, float], ...], Ask("Strength", STRENGTH, option="--strength", metavar="E=S", read=parse_mix)
    ]
    operation: Annotated[Operation, Ask("Operation", OPERATION, names=OPERATION_NAMES)] = "add"
    bound: Bound = 95.0
    gate: GateAsked = None
    schedule: ScheduleAsked = EVERY_TOKEN
    scope: Annotated[Scope, Ask("Where", SCOPE, names=SCOPE_NAMES)] = "generated"
    only: tuple[int, ...] = ()
    layer: int | None = None
    max_new_tokens: Annotated[int, Ask("New tokens", NEW_TOKENS, least=1, most=512, option="--tokens")] = 60
    temperature: Annotated[float, Ask("Temperature", TEMPERATURE, least=0.01, most=10.0, step=0.1)] = 0.7
    seed: Seed = 0
    rival: Annotated[int, Ask("Random direction", RIVAL, least=0, most=RIVALS)] = 0
    chat: bool = True

    def __post_init__(self) -> None:
        enforce(self)
        check_turns(self.turns)
        if self.turns[-1].role != "user":
            raise SettingsError("It is not the model's turn", expected="a turn of the user at the end")
        if not self.chat and len(self.turns) > 1:
            raise SettingsError(
                "A text that the model continues has no turns before it",
                expected="one turn, the beginning of the text",
                found=f"{len(self.turns)} turns",
                remedy="Begin a new text, or let the model answer in a conversation",
            )
        require(1 <= len(self.strengths) <= MOST_EMOTIONS, "emotions", f"1 to {MOST_EMOTIONS}", len(self.strengths))
        names = [emotion for emotion, _ in self.strengths]
        require(len(set(names)) == len(names), "emotions", "each emotion once", ", ".join(names))
        require(all(abs(s) <= 50 for _, s in self.strengths), "strength", "-50 to 50", self.strengths)
        require_care(self.operation, self.schedule)
        require_shares(self.operation, [strength for _, strength in self.strengths])
        _ = self.writing  # refuses scopes that need a conversation

    @property
    def writing(self) -> WritingSettings:
        """The prompt and the tokens that are steered, as all steering has them."""
        return WritingSettings(
            prompts=(self.turns[-1].content,),
            before=(self.turns[:-1],) if self.chat else (),
            chat=self.chat,
            samples=1,
            max_new_tokens=self.max_new_tokens,
            temperature=self.temperature,
            operation=self.operation,
            bound=self.bound,
            gate=self.gate,
            schedule=self.schedule,
            scope=self.scope,
            turns=self.only,
            seed=self.seed,
        )

    @property
    def steers(self) -> bool:
        """Whether any strength is other than 0."""
        return any(strength for _, strength in self.strengths)


@dataclass(frozen=True)
class Reply:
    """One reply, token by token.

    Attributes:
        name: `unsteered`, `steered`, or `random direction K`.
        text: What was written.
        ids: What was written.
        tokens: The same as they are spelled.
        values: float32 [tokens, layers, emotions], how the unsteered model reads each token, in standard deviations of
            neutral tokens at the same place.
        surprise: float32 [tokens], nats of each token under the unsteered model.
        probability: float32 [tokens], with which it was drawn as the reply was written.
        alternatives: For each token the likeliest ones at its place, as the reply was written.
        chances: float32 [tokens, alternatives], their probabilities.
        broken: Whether the model's numbers stopped being finite.
    """

    name: str
    text: str
    ids: tuple[int, ...]
    tokens: tuple[str, ...]
    values: FloatArray
    surprise: FloatArray
    probability: FloatArray
    alternatives: tuple[tuple[str, ...], ...]
    chances: FloatArray
    broken: bool = False


@dataclass(frozen=True)
class AlarmRate:
    """A monitor's threshold and how often neutral turns cross it.

    Attributes:
        emotion: That is watched.
        threshold: Of the mean of the last `window` tokens, in standard deviations of neutral tokens.
        window: Tokens that are averaged.
        fired: Held-out neutral turns with an alarm.
        turns: Held-out neutral turns; none of them set the threshold.
        tokens: Mean length of these.
    """

    emotion: str
    threshold: float
    window: int
    fired: int
    turns: int
    tokens: float

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the share of neutral turns with an alarm (Clopper and Pearson 1934)."""
        return clopper_pearson(self.fired, self.turns)

    @property
    def sentence(self) -> str:
        """What an alarm is worth."""
        low, high = self.interval
        return (
            f"The alarm goes off where the mean of {self.window} tokens reads above {self.threshold:+.1f} SD. On "
            f"neutral turns that it was not set from it went off in {self.fired} of {self.turns} "
            f"(95 % {low:.0%} to {high:.0%}; {self.tokens:.0f} tokens each)."
        )


@dataclass(frozen=True)
class Talk:
    """A turn of the conversation with the model's replies.

    Attributes:
        settings: What was asked.
        model: The model.
        layer: Layer that is steered, and that colours the tokens.
        layers: Layers that were read.
        emotions: Names of the last axes.
        prompt_ids: Tokens of the conversation.
        prompt: The same as they are spelled.
        prompt_content: Whether each belongs to a turn, not to the template.
        prompt_values: float32 [tokens, emotions], their readings at `layer`, unsteered.
        spans: Tokens of each turn.
        before: float32 [layers, emotions], the reading at the last token before the replies, where the assistant's
            turn begins.
        replies: The unsteered one, the steered one, and that of a random direction.
        frozen: float32 [layers, emotions], mean reading of the *unsteered* reply's words while the model is steered,
            less that without steering: what steering does to the same words. Empty without steering.
        band: float32 [2], between which random directions read single neutral tokens, 95 %.
        added: Length of what is added at `layer` over the usual length of the stream there; None unless it is added.
        alarms: A monitor for each emotion.
        partial: What is missing because it was stopped.
    """

    settings: TalkSettings
    model: ModelInfo
    layer: int
    layers: tuple[int, ...]
    emotions: tuple[str, ...]
    prompt_ids: tuple[int, ...]
    prompt: tuple[str, ...]
    prompt_content: tuple[bool, ...]
    prompt_values: FloatArray
    spans: tuple[tuple[int, int], ...]
    before: FloatArray
    replies: tuple[Reply, ...]
    frozen: FloatArray
    band: FloatArray
    added: float | None
    alarms: tuple[AlarmRate, ...]
    partial: str = ""

    @property
    def at(self) -> int:
        """Place of `layer` among `layers`."""
        return self.layers.index(self.layer)

    def colour(self, reply: Reply, emotion: str) -> FloatArray:
        """float32 [tokens], a reply's readings of an emotion at the chosen layer."""
        values: FloatArray = reply.values[:, self.at, self.emotions.index(emotion)]
        return values

    def mean(self, reply: Reply, emotion: str) -> float | None:
        """A reply's mean reading of an emotion."""
        values = self.colour(reply, emotion)
        return finite(values.mean()) if len(values) else None

    def alarm(self, emotion: str) -> AlarmRate:
        """The monitor of an emotion."""
        return self.alarms[self.emotions.index(emotion)]

    def fires(self, reply: Reply, emotion: str) -> frozenset[int]:
        """Tokens of a reply at which the alarm goes off: nothing after a token is used."""
        alarm, values = self.alarm(emotion), self.colour(reply, emotion)
        if not len(values):
            return frozenset()
        return frozenset(np.flatnonzero(trailing_means(values[:, None], alarm.window)[:, 0] > alarm.threshold).tolist())

    def title(self, reply: int) -> str:
        """How a reply is called."""
        name = self.replies[reply].name
        steered = ", ".join(
            f"{emotion} {strength:+g} SD" if self.settings.operation in ("add", "clamp") else f"{emotion} {strength:g}"
            for emotion, strength in self.settings.strengths
        )
        done = "" if self.settings.operation == "add" else f"{self.settings.operation.replace('_', ' ')} "
        if name == "steered":
            return f"Steered: {done}{steered}"
        alike = "pushed equally hard" if self.settings.operation == "add" else f"{done}along it instead"
        return "Unsteered" if name == "unsteered" else f"{name.capitalize()}, {alike}"

    def line(self, reply: int, emotion: str) -> str:
        """A reply in figures: the reading before it and over it, surprise, the alarm, and whether it was cut off."""
        found, e = self.replies[reply], self.emotions.index(emotion)
        mean = self.mean(found, emotion)
        if mean is None:
            return ""
        line = (
            f"{emotion} reads {self.before[self.at, e]:+.1f} SD just before the reply, {mean:+.1f} on average over it"
        )
        line += f"; its words surprise the unsteered model by {float(found.surprise.mean()):.1f} nats a token"
        fires = self.fires(found, emotion)
        line += f"; the alarm goes off at {len(fires)} of {len(found.tokens)} tokens" if fires else "; no alarm"
        return line + (
            f"; cut off at {len(found.ids)} tokens" if len(found.ids) >= self.settings.max_new_tokens else ""
        )

    def token_lines(self, reply: int, token: int) -> tuple[str, ...]:
        """Everything about one token, in lines."""
        found = self.replies[reply]
        values = found.values[token, self.at]
        order = np.argsort(-values, kind="stable")
        shown = list(dict.fromkeys([*order[:5].tolist(), *order[-2:].tolist()]))
        low, high = (float(one) for one in self.band)
        others = ", ".join(
            f"“{text.strip() or '␣'}” {chance:.0%}"
            for text, chance in zip(found.alternatives[token], found.chances[token].tolist(), strict=True)
        )
        return (
            f"“{found.tokens[token].strip() or '␣'}” was drawn with {found.probability[token]:.0%}; the unsteered "
            f"model is surprised by {found.surprise[token]:.1f} nats.",
            f"Likeliest there: {others}.",
            "Readings: " + ", ".join(f"{self.emotions[e]} {values[e]:+.1f}" for e in shown) + " SD. Random directions "
            f"read neutral tokens between {low:+.1f} and {high:+.1f}.",
        )

    def same_words(self, emotion: str) -> str:
        """What steering does to the reading of the same words, in a sentence; empty without steering."""
        if not len(self.frozen):
            return ""
        change = self.frozen[:, self.emotions.index(emotion)]
        above = change[self.at + 1 :]
        if not len(above):
            return ""
        top = int(np.argmax(np.abs(above))) + self.at + 1
        return (
            f"The same words, read while the model is steered: the unsteered reply reads {change[top]:+.1f} SD of "
            f"{emotion} more at layer {self.layers[top]}. What differs in the steered reply beyond that is its words."
        )

    def going_on(self, reply: int) -> tuple[Turn, ...]:
        """The conversation with one of the replies, for the next turn."""
        return (*self.settings.turns, Turn("assistant", self.replies[reply].text.strip()))

    def to_json(self) -> dict[str, Any]:
        """The document of the command line; readings at the chosen layer."""
        return {
            "model": {"name": self.model.name, "fingerprint": self.model.fingerprint},
            "layer": self.layer,
            "unit": "standard deviations of neutral tokens",
            "turns": [vars(turn) for turn in self.settings.turns],
            "strengths": dict(self.settings.strengths),
            "operation": self.settings.operation,
            "added": finite(self.added) if self.added is not None else None,
            "before": _named(self.emotions, self.before[self.at]),
            "replies": [
                {
                    "name": reply.name,
                    "text": reply.text,
                    "tokens": list(reply.tokens),
                    "emotions": {name: [finite(v) for v in self.colour(reply, name)] for name in self.emotions},
                    "surprise": [finite(v) for v in reply.surprise],
                    "mean": {name: self.mean(reply, name) for name in self.emotions},
                    "alarms": {name: sorted(self.fires(reply, name)) for name in self.emotions},
                    "broken": reply.broken,
                }
                for reply in self.replies
            ],
            "same_words_steered": _named(self.emotions, self.frozen[self.at]) if len(self.frozen) else None,
            "alarms": [
                {**vars(one), "threshold": finite(one.threshold), "interval": list(one.interval)} for one in self.alarms
            ],
            "partial": self.partial or None,
        }


def trailing_means(values: FloatArray, window: int) -> FloatArray:
    """Mean of the last tokens up to each, float64 [tokens, ...]; at the beginning of those that there are."""
    sums = np.concatenate([np.zeros((1, *values.shape[1:])), np.cumsum(values, axis=0, dtype=np.float64)])
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(0, ends - window)
    means: FloatArray = (sums[ends] - sums[starts]) / (ends - starts).reshape(-1, *(1,) * (values.ndim - 1))
    return means


def to_jsonl(talk: Talk) -> str:
    """The conversation, one JSON message a line, with readings; the replies side by side come last."""
    lines: list[dict[str, Any]] = []
    for turn, (start, end) in zip(talk.settings.turns, talk.spans, strict=True):
        means = talk.prompt_values[start:end].mean(axis=0)
        lines.append({"role": turn.role, "content": turn.content, "emotions": _named(talk.emotions, means)})
    document = talk.to_json()
    about = {"strengths": document["strengths"], "operation": document["operation"], "layer": talk.layer}
    lines += [{"role": "assistant", "content": one["text"], **one, **about} for one in document["replies"]]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def to_html(talk: Talk, emotion: str, warm: str, cool: str, full: float) -> str:
    """The conversation as one page to send around: no script, nothing fetched, every text escaped.

    Args:
        talk: The turn with all that was said before.
        emotion: That colours the tokens.
        warm: Colour of high readings, `#rrggbb`.
        cool: Of low ones.
        full: Standard deviations at which a token has its full colour.
    """

    def strip(tokens: Sequence[str], values: FloatArray) -> str:
        return "".join(
            f'<span style="background:{_tint(v, warm, cool, full)}" title="{html.escape(emotion)} {v:+.1f} SD">'
            f"{html.escape(token)}</span>"
            for token, v in zip(tokens, values.tolist(), strict=True)
        )

    own = talk.prompt_values[:, talk.emotions.index(emotion)]
    said: list[tuple[str, str]] = [
        (turn.role, strip(talk.prompt[start:end], own[start:end]))
        for turn, (start, end) in zip(talk.settings.turns, talk.spans, strict=True)
    ]
    said += [(f"assistant, {reply.name}", strip(reply.tokens, talk.colour(reply, emotion))) for reply in talk.replies]
    body = "".join(f"<p><b>{html.escape(who)}</b><br>{what}</p>" for who, what in said)
    strengths = ", ".join(f"{name} {strength:+g}" for name, strength in talk.settings.strengths)
    about = (
        f"{talk.model.name}, layer {talk.layer}. Colours: {emotion} in standard deviations of neutral tokens, full at "
        f"{full:g}. Steering: {talk.settings.operation.replace('_', ' ')} {strengths}. A direction is a function "
        "inside the model, not an experience."
    )
    style = "body{font:16px/1.6 Georgia,serif;max-width:46rem;margin:2rem auto;padding:0 1rem}span{border-radius:3px}"
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Conversation</title><style>{style}</style>'
        f"<p><i>{html.escape(about)}</i></p>{body}</html>\n"
    )


def _tint(value: float, warm: str, cool: str, full: float) -> str:
    share = min(1.0, abs(value) / full) if value == value else 0.0
    red, green, blue = (int((warm if value > 0 else cool)[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{0.6 * share:.2f})"


def _named(names: Sequence[str], values: FloatArray) -> dict[str, float | None]:
    return {name: finite(value) for name, value in zip(names, values, strict=True)}
