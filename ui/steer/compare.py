"""What a sweep stands beside, and what is added together with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from emotion_core.steering.settings import WORDS, SweepSettings
from emotion_core.vectors.emotion_vectors import EmotionVectors

SHUFFLES = 3
FAR_CONTROLS = 8
_WORDS, _SHUFFLED, _FAR = "words", "shuffled", "far"
_MOST_MIXED = 3


def company_form(
    vectors: EmotionVectors, emotion: str, *, can_be_far: bool, asked: SweepSettings | None = None
) -> dict[str, Any]:
    """Draws the pickers, with what `asked` has to begin with; the settings by their names.

    What is not added has no length that could be matched to the data.
    """
    others = [one for one in vectors.emotions if one != emotion]
    words = WORDS if asked is None or not asked.words else asked.words
    shuffles = SHUFFLES if asked is None or not asked.shuffles else asked.shuffles
    far = FAR_CONTROLS if asked is None or not asked.far else asked.far
    names = {
        _WORDS: f"Words alone: “{words.replace('{emotion}', emotion)}”",
        _SHUFFLED: "Label-shuffled vectors",
        _FAR: "Controls as far off the data",
    }
    kinds = [_WORDS, *([_SHUFFLED] if vectors.prompt_sets else []), _FAR]
    left, right = st.columns([3, 2])
    company = left.multiselect(
        "Compare with",
        [*kinds, *others],
        default=[_WORDS] if asked is None else _company(asked, [*kinds, *others]),
        format_func=lambda one: names.get(one, f"The vector of {one}"),
        key=f"compare-{emotion}-{len(others)}",
        persist_state="session",
        help="Beside the control directions. Words alone: the emotion asked for in front of the prompt, nothing "
        f"steered. Label-shuffled: {shuffles} vectors more from the same texts with shuffled labels, at every "
        f"strength. As far off the data: {far} mixes of neutral texts pushed by as many standard deviations "
        "of neutral texts as the emotion, instead of by the same length.",
    )
    added: list[str] = []
    if others:
        added = right.multiselect(
            "Add together with it",
            others,
            default=[] if asked is None else [name for name, _ in asked.mix if name in others][:_MOST_MIXED],
            key=f"mix-{emotion}-{len(others)}",
            persist_state="session",
            max_selections=_MOST_MIXED,
            placeholder="Other emotions",
            help="Other emotions added at the same time, each with its own strength.",
        )
    return {
        "words": words if _WORDS in company else "",
        "shuffles": shuffles if _SHUFFLED in company else 0,
        "others": tuple(one for one in company if one not in (_WORDS, _SHUFFLED, _FAR)),
        "far": far if _FAR in company and can_be_far else 0,
        "mix": _weights(tuple(added), {} if asked is None else dict(asked.mix)),
    }


def _company(asked: SweepSettings, offered: list[str]) -> list[str]:
    """What a sweep was compared with, of what can be chosen here."""
    kinds = {_WORDS: asked.words, _SHUFFLED: asked.shuffles, _FAR: asked.far}
    return [one for one in (*(kind for kind, has in kinds.items() if has), *asked.others) if one in offered]


def _weights(emotions: tuple[str, ...], before: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """The strength of each further emotion, as a multiple of the sweep's."""
    if not emotions:
        return ()
    columns = st.columns(_MOST_MIXED)
    return tuple(
        (
            emotion,
            float(
                column.number_input(
                    f"Times {emotion}",
                    min(-4.0, before.get(emotion, 1.0)),
                    max(4.0, before.get(emotion, 1.0)),
                    before.get(emotion, 1.0),
                    0.25,
                    key=f"weight-{emotion}",
                    persist_state="session",
                    help="Its strength as a multiple of the sweep's; negative turns it around.",
                )
            ),
        )
        for emotion, column in zip(emotions, columns, strict=False)
    )
