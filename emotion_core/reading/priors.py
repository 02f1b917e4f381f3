"""System prompts compared: the same conversations under two or more of them. Does the difference last?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job, Progress
from emotion_core.models.dialogue import span_numbers, tokenize
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.library_items import Turn
from emotion_core.reading.baseline import Baseline
from emotion_core.reading.chance import judge
from emotion_core.reading.priors_result import PriorsReading, late_turns
from emotion_core.reading.project import GroupMeans, read_windows
from emotion_core.reading.windows import windows
from emotion_core.stats.correlation import adjusted
from emotion_core.stats.intervals import mean_interval

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
    dialogue = tokenize(model, [*system, *turns])
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
