"""Which rows of the activations belong to which emotion and side: prompt texts turned into index arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_core.base.errors import SettingsError
from emotion_core.prompts.prompt_set import PromptText

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PairRows:
    """The contrast pairs of one emotion.

    Attributes:
        emotion: Its name.
        positive: int64 [pairs], row of the positive text of each pair.
        negative: int64 [pairs], row of its negative text.
        groups: [pairs], what must stay together in a fold: the topic, or the pair itself where there is none.
    """

    emotion: str
    positive: IntArray
    negative: IntArray
    groups: tuple[str, ...]

    @property
    def emotions(self) -> tuple[str, ...]:
        """The one emotion."""
        return (self.emotion,)

    def sides(self, emotion: str) -> tuple[IntArray, IntArray]:
        """Rows of the positive and of the negative texts."""
        return self.positive, self.negative

    def only(self, keep: BoolArray) -> PairRows:
        """The pairs chosen by a boolean [pairs]."""
        return PairRows(self.emotion, self.positive[keep], self.negative[keep], _pick(self.groups, keep))

    def __len__(self) -> int:
        return len(self.positive)


@dataclass(frozen=True)
class LabelledRows:
    """Texts that each stand for one of several emotions.

    Attributes:
        emotions: Names; `labels` counts into them.
        rows: int64 [texts], row of each text in the activations.
        labels: int64 [texts].
        groups: [texts], what must stay together in a fold: the topic, or the text itself where there is none.
    """

    emotions: tuple[str, ...]
    rows: IntArray
    labels: IntArray
    groups: tuple[str, ...]

    def sides(self, emotion: str) -> tuple[IntArray, IntArray]:
        """Rows of the emotion's texts and of the other emotions' texts."""
        own = self.labels == self.emotions.index(emotion)
        return self.rows[own], self.rows[~own]

    def only(self, keep: BoolArray) -> LabelledRows:
        """The texts chosen by a boolean [texts]; all emotions keep their number."""
        return LabelledRows(self.emotions, self.rows[keep], self.labels[keep], _pick(self.groups, keep))

    def __len__(self) -> int:
        return len(self.rows)


Block = PairRows | LabelledRows


def blocks_of(texts: Sequence[PromptText], place: Mapping[str, int]) -> tuple[Block, ...]:
    """Sorts texts into one block for each emotion of contrast pairs and one for all labelled texts.

    Args:
        texts: Texts of one split, of one or both forms; pair numbers are unique.
        place: Row of each text in the activations.

    Raises:
        SettingsError: A text has no activations.
    """
    missing = [t.text for t in texts if t.text not in place]
    if missing:
        raise SettingsError("The activations lack a text of the prompt set", found=missing[0][:80])
    blocks: list[Block] = []
    pairs = [t for t in texts if t.side != "labelled"]
    for emotion in dict.fromkeys(t.emotion for t in pairs):
        positive = [t for t in pairs if t.emotion == emotion and t.side == "positive"]
        partner = {t.pair: t for t in pairs if t.emotion == emotion and t.side == "negative"}
        whole = [t for t in positive if t.pair in partner]
        blocks.append(
            PairRows(
                emotion,
                _rows([t.text for t in whole], place),
                _rows([partner[t.pair].text for t in whole], place),
                tuple(t.topic or f"\x1f{i}" for i, t in enumerate(whole)),
            )
        )
    labelled = [t for t in texts if t.side == "labelled"]
    if labelled:
        emotions = tuple(dict.fromkeys(t.emotion for t in labelled))
        number = {emotion: i for i, emotion in enumerate(emotions)}
        labels = np.array([number[t.emotion] for t in labelled], dtype=np.int64)
        groups = tuple(t.topic or f"\x1f{i}" for i, t in enumerate(labelled))
        blocks.append(LabelledRows(emotions, _rows([t.text for t in labelled], place), labels, groups))
    return tuple(blocks)


def places(texts: Sequence[str]) -> dict[str, int]:
    """Row of each text."""
    return {text: i for i, text in enumerate(texts)}


def _rows(texts: Sequence[str], place: Mapping[str, int]) -> IntArray:
    return np.array([place[text] for text in texts], dtype=np.int64)


def _pick(groups: tuple[str, ...], keep: BoolArray) -> tuple[str, ...]:
    return tuple(group for group, kept in zip(groups, keep, strict=True) if kept)
