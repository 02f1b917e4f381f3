"""System prompts compared: the same conversations under two or more of them. Does the difference last?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job, Progress
from emotion_core.base.numbers import counted, finite
from emotion_core.models.encode import span_numbers, tokenize
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading.baseline import Baseline
from emotion_core.reading.chance import LEAST_RANGE, LEVEL, judge
from emotion_core.reading.dose import match_expected
from emotion_core.reading.text import GroupMeans, read_windows, windows
from emotion_core.stats.intervals import adjusted, mean_interval, p_words

Array = npt.NDArray[np.float64]
# Below so many conversations an interval over them is not trusted to carry a verdict.
FEWEST = 3


class Lasting(NamedTuple):
    """The difference in the last third of the turns.

    Attributes:
        mean: Over conversations, in standard deviations of neutral tokens.
        low: Lower end of its 95 % interval (Student's t over conversations).
        high: Upper end.
        null_low: 2.5 % quantile of the same mean over random directions.
        null_high: 97.5 % quantile.
        p_value: Against control directions over the same turns.
        q_value: Corrected for all emotions and system prompts.
        lasts: The interval excludes 0, q is at most .05, and the mean is no smaller than `LEAST_RANGE`.
    """

    mean: float
    low: float
    high: float
    null_low: float
    null_high: float
    p_value: float
    q_value: float
    lasts: bool

    @property
    def figures(self) -> str:
        """Mean and interval in words, which say where there is none."""
        if not math.isfinite(self.mean):
            return "not tested"
        if not math.isfinite(self.low):
            return f"{self.mean:+.2f} (no interval)"
        return f"{self.mean:+.2f} ({self.low:+.2f} to {self.high:+.2f})"


@dataclass(frozen=True)
class PriorsReading:
    """The same conversations under several system prompts; the first of these is what the others are compared with.

    Attributes:
        names: Of the system prompts.
        texts: What they say.
        expected: Emotions that each should raise.
        roles: Of the turns of each conversation, without the system prompt.
        emotions: Names.
        layer: Layer read.
        means: float32 [systems, conversations, turns, emotions], mean over the tokens of each turn; nan after the end
            of a conversation and where the system prompt is out of the model's view.
        null_by_turn: float32 [systems - 1, turns, 2], the middle 95 % of random directions' mean differences.
        null_late: float32 [systems - 1, 2], the same in the last third of the turns.
        p_late: float64 [systems - 1, emotions], of the difference there against control directions.
        q_late: float64 [systems - 1, emotions], corrected for all of them.
    """

    names: tuple[str, ...]
    texts: tuple[str, ...]
    expected: tuple[tuple[str, ...], ...]
    roles: tuple[tuple[str, ...], ...]
    emotions: tuple[str, ...]
    layer: int
    means: FloatArray
    null_by_turn: FloatArray
    null_late: FloatArray
    p_late: Array
    q_late: Array

    @property
    def left_out(self) -> int:
        """Turns that were read without the system prompt in view under at least one of them."""
        there = sum(len(one) for one in self.roles)
        return there - int(np.isfinite(self.means[..., 0]).all(axis=0).sum())

    def differences(self, system: int, emotion: str) -> tuple[Array, Array, Array]:
        """By turn: mean difference from the first system prompt over conversations, and its interval, float64 [turns].

        Args:
            system: Index, from 1 on.
            emotion: Name.
        """
        e = self.emotions.index(emotion)
        return mean_interval(self.means[system, :, :, e] - self.means[0, :, :, e])

    def lasting(self, system: int, emotion: str) -> Lasting:
        """The difference in the last third of the turns, and whether it is evidence that the prior lasts."""
        e = self.emotions.index(emotion)
        late = late_turns(self.means[system : system + 1, :, :, e] - self.means[:1, :, :, e])[0]  # (conversations,)
        mean, low, high = (float(one) for one in mean_interval(late))
        null_low, null_high = (float(one) for one in self.null_late[system - 1])
        enough = int(np.isfinite(late).sum()) >= FEWEST
        p, q = float(self.p_late[system - 1, e]), float(self.q_late[system - 1, e])
        lasts = enough and (low > 0 or high < 0) and q <= LEVEL and abs(mean) >= LEAST_RANGE
        return Lasting(mean, low, high, null_low, null_high, p, q, bool(lasts))

    def compared(self, system: int) -> int:
        """Conversations with a turn that was read with both system prompts in view.

        Args:
            system: Index, from 1 on.
        """
        seen = np.isfinite(self.means[..., 0])  # (systems, conversations, turns)
        return int((seen[0] & seen[system]).any(axis=1).sum())

    def finding(self, system: int, emotion: str) -> tuple[Literal["evidence", "no evidence", "not tested"], str]:
        """The verdict on the last third of the turns: its mark, and the sentence with its figures."""
        late, n = self.lasting(system, emotion), self.compared(system)
        which = f"{self.names[system]} against {self.names[0]}"
        if not n:
            hidden = system if not np.isfinite(self.means[system]).any() else 0
            return "not tested", (
                f"{which}: in no conversation does any turn, early or late, still see the system prompt "
                f"{self.names[hidden]}, which fills what the model reads at once. There is nothing to compare, and no "
                "line in the chart."
            )
        differs = f"{which}: {emotion} differs by {late.mean:+.2f} SD in the last third of the turns"
        if n < FEWEST:
            return "not tested", f"{differs} of {counted(n, 'conversation')}; a verdict takes at least {FEWEST}."
        return (
            "evidence" if late.lasts else "no evidence",
            f"{differs} (95 % {late.low:+.2f} to {late.high:+.2f} over conversations; random directions "
            f"{late.null_low:+.2f} to {late.null_high:+.2f}; {p_words(late.q_value, 'q')} against the hardest "
            "controls).",
        )

    def to_json(self) -> dict[str, Any]:
        """The command line's document."""
        return {
            "layer": self.layer,
            "unit": "standard deviations of neutral tokens",
            "systems": list(self.names),
            "conversations": len(self.roles),
            "turns_left_out": self.left_out,
            "compared": [
                {
                    "system": self.names[s],
                    "with": self.names[0],
                    "unmatched": list(match_expected(self.expected[s], (), self.emotions).unmatched),
                    "null_by_turn": [[finite(x) for x in row] for row in self.null_by_turn[s - 1]],
                    "emotions": {name: self._emotion(s, name) for name in self.emotions},
                }
                for s in range(1, len(self.names))
            ],
        }

    def _emotion(self, system: int, name: str) -> dict[str, Any]:
        mean, low, high = self.differences(system, name)
        late = self.lasting(system, name)
        return {
            "by_turn": [[finite(a), finite(b), finite(c)] for a, b, c in zip(mean, low, high, strict=True)],
            "late": [finite(late.mean), finite(late.low), finite(late.high)],
            "late_null": [finite(late.null_low), finite(late.null_high)],
            "late_p_value": finite(late.p_value),
            "late_q_value": finite(late.q_value),
            "lasts": late.lasts,
        }


def late_turns(differences: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Mean over the last third of each conversation's turns.

    Args:
        differences: float [systems, conversations, turns, ...]; nan where there is no turn.

    Returns:
        float [systems, conversations, ...]; nan where a conversation has no turn at all.
    """
    found = np.full(differences.shape[:2] + differences.shape[3:], np.nan, differences.dtype)
    for s in range(differences.shape[0]):
        for c in range(differences.shape[1]):
            rows = differences[s, c]
            known = np.flatnonzero(np.isfinite(rows).reshape(len(rows), -1).all(axis=1))
            if len(known):
                found[s, c] = rows[known[-max(1, len(known) // 3) :]].mean(axis=0)
    return found


MOST_SYSTEMS = 8
MOST_CONVERSATIONS = 100
MOST_CHARACTERS = 1_000_000


@dataclass(frozen=True)
class Prior:
    """A system prompt.

    Attributes:
        name: For charts.
        text: What it says; empty for a conversation without a system prompt.
        expected: Emotions that it should raise.
    """

    name: str
    text: str
    expected: tuple[str, ...] = ()


def check_priors(priors: Sequence[Prior], conversations: Sequence[Sequence[Turn]]) -> None:
    """Refuses what cannot be compared.

    Raises:
        SettingsError: Fewer than two system prompts, the same one twice, no conversation, or too much of them.
    """
    if not 2 <= len(priors) <= MOST_SYSTEMS or len({one.text.strip() for one in priors}) < len(priors):
        raise SettingsError(
            "A comparison needs different system prompts",
            expected=f"2 to {MOST_SYSTEMS} different ones; one of them may be empty",
            found=", ".join(one.name for one in priors) or "none",
        )
    spoken = [[turn for turn in one if turn.role != "system"] for one in conversations]
    if not spoken or not all(spoken) or len(spoken) > MOST_CONVERSATIONS:
        raise SettingsError(
            "There is no conversation to read",
            expected=f"1 to {MOST_CONVERSATIONS} conversations with a turn of user or assistant each",
            found=f"{len(spoken)}, of which {sum(not one for one in spoken)} without such a turn",
        )
    characters = len(priors) * sum(len(turn.content) for one in spoken for turn in one)
    characters += len(spoken) * sum(len(one.text) for one in priors)
    if characters > MOST_CHARACTERS:
        raise SettingsError(
            "The conversations are too long together",
            expected=f"at most {MOST_CHARACTERS:,} characters over all system prompts",
            found=f"{characters:,}",
            remedy="Leave out conversations or system prompts",
        )


def read_priors(
    model: LoadedModel, baseline: Baseline, priors: Sequence[Prior], conversations: Sequence[Sequence[Turn]]
) -> Job[PriorsReading]:
    """Reads every conversation under every system prompt, as a job; at the baseline's chosen layer.

    Turns too far from the beginning to be read together with the system prompt are left out: there the model does not
    see it.

    Raises:
        SettingsError: See `check_priors`.
        ModelError: The chat template refuses system prompts, or the order of the turns.
    """
    check_priors(priors, conversations)
    spoken = [[turn for turn in one if turn.role != "system"] for one in conversations]
    longest = max(len(one) for one in spoken)
    directions = baseline.directions.shape[1]
    means = np.full((len(priors), len(spoken), longest, directions), np.nan, np.float32)
    done = 0
    for p, prior in enumerate(priors):
        for c, turns in enumerate(spoken):
            values = yield from _turn_means(model, baseline, prior, turns)
            means[p, c, : len(turns)] = values
            done += 1
            yield Progress(done, len(priors) * len(spoken), "reading conversations")
    known, random = len(baseline.emotions), baseline.controls["random"]
    differences = means[1:] - means[:1]  # (systems - 1, conversations, turns, directions)
    by_turn = mean_interval(np.moveaxis(differences[..., random], 1, 0))[0]  # (systems - 1, turns, random)
    late = mean_interval(np.moveaxis(late_turns(differences), 1, 0))[0]  # (systems - 1, directions)
    p_late = np.stack([judge(row, baseline.columns).p_value for row in late])
    return PriorsReading(
        names=tuple(one.name for one in priors),
        texts=tuple(one.text for one in priors),
        expected=tuple(one.expected for one in priors),
        roles=tuple(tuple(turn.role for turn in one) for one in spoken),
        emotions=baseline.emotions,
        layer=baseline.chosen,
        means=means[..., :known],
        null_by_turn=_band(by_turn),
        null_late=_band(late[:, random]),
        p_late=p_late,
        q_late=adjusted(p_late),
    )


def _turn_means(model: LoadedModel, baseline: Baseline, prior: Prior, turns: Sequence[Turn]) -> Job[FloatArray]:
    """float32 [turns, emotions + random], nan for turns that are read without the system prompt in view."""
    system = [Turn(role="system", content=prior.text)] if prior.text.strip() else []
    dialogue = tokenize(model.tokenizer, [*system, *turns])
    spans = dialogue.spans[len(system) :]
    at, tokens = baseline.layers.index(baseline.chosen), len(dialogue.encoding)
    seen = windows(tokens, model.info.context)[0].end
    # Without the system prompt in view a turn says nothing; nor does the very first token of a text.
    inside = [(start, end) if end <= seen and end > max(1, start) else (end, end) for start, end in spans]
    groups = GroupMeans(span_numbers(inside, tokens), len(inside))
    yield from read_windows(model, baseline, dialogue.encoding, lambda _, values: groups.add(values[:, at]))
    return groups.means.astype(np.float32)


def _band(values: npt.NDArray[np.floating]) -> FloatArray:
    """float32 [..., 2], the middle 95 % over the last axis; nan where there is nothing."""
    low, high = np.quantile(values, (0.025, 0.975), axis=-1)
    return np.stack([low, high], axis=-1).astype(np.float32)
