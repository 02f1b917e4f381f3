"""Which texts of a prompt set may be scored: never one that the vectors were built from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emotion_core.prompts.prompt_set import PromptSet, PromptText, merge
from emotion_core.vectors.emotion_vectors import EmotionVectors


@dataclass(frozen=True)
class Selection:
    """The scored texts.

    Attributes:
        texts: Scored texts of all sets, pairs whole, pair numbers unique.
        left_out: Texts that were left out because they, or the other side of their pair, were trained on.
        own: Scored texts of sets that the vectors were built from, which come from the same source.
    """

    texts: tuple[PromptText, ...]
    left_out: tuple[str, ...]
    own: frozenset[str] = frozenset()


def trained_texts(vectors: EmotionVectors) -> frozenset[str]:
    """Every text that the vectors were built from; empty for imported vectors."""
    return frozenset(t.text for one in vectors.prompt_sets for t in one.part("train"))


def select(vectors: EmotionVectors, prompt_sets: Sequence[PromptSet]) -> Selection:
    """Chooses the scored texts of each set.

    A set whose training rows the vectors were built from is scored on its held-out rows, any other set on all rows.

    Raises:
        PromptSetError: An emotion comes in both forms.
    """
    trained = trained_texts(vectors)
    kept_sets, left_out = [], []
    own: set[str] = set()
    for one in prompt_sets:
        same_source = _built_from(one, trained)
        candidates = one.part("heldout") if same_source else one.texts
        broken = {(t.emotion, t.pair) for t in candidates if t.pair is not None and t.text in trained}
        kept = tuple(t for t in candidates if t.text not in trained and (t.emotion, t.pair) not in broken)
        left_out += [t.text for t in candidates if t not in set(kept)]
        own |= {t.text for t in kept if same_source}
        if kept:
            kept_sets.append(PromptSet(one.name, one.form, kept, one.seed))
    joined = merge(kept_sets) if kept_sets else ()
    return Selection(tuple(t for one in joined for t in one.texts), tuple(left_out), frozenset(own))


def _built_from(one: PromptSet, trained: frozenset[str]) -> bool:
    rows = one.part("train")
    return bool(rows) and all(t.text in trained for t in rows)
