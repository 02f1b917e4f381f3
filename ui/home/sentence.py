"""A sentence of the visitor, read at once on the chosen direction."""

from __future__ import annotations

import streamlit as st

from emotion_core.models.owner import ModelOwner
from emotion_core.reading.sentence import NeutralBaseline, SentenceReading, neutral_baseline, read_sentence
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.errors import shown_errors
from ui.home.sentence_emotions import sentence_emotions
from ui.linked import taken
from ui.plain import plain
from ui.services import ask
from ui.tokens import Token, token_strip
from ui.working import Working

_EXAMPLES = {
    "A quiet house": "He has not called since the funeral, and the house is so quiet.",
    "Footsteps": "The footsteps behind me stopped when I stopped.",
    "By the lake": "I sat by the lake with a cup of tea and nothing to do.",
    "A sale": "They sold our house without asking me, and he smiled while he said it.",
}
_LONGEST = 400  # characters
_FULL = 3.0  # standard deviations at which a token has its full colour


def sentence(working: Working) -> None:
    """An input, the coloured tokens, and where the sentence lies among neutral texts."""
    if working.vectors is None or working.emotion is None or working.run_id is None:
        return
    linked = taken("sentence")
    if linked:
        st.session_state.setdefault("sentence", linked[:_LONGEST])
    st.query_params.pop("sentence", None)  # it would go stale at the first change
    text = st.text_input(
        "Type a sentence and see how the model reads it",
        next(iter(_EXAMPLES.values())),
        max_chars=_LONGEST,
        key="sentence",
        persist_state="session",
        help="Read on the direction of the emotion chosen in the sidebar.",
    )
    with st.container(horizontal=True):
        for name, example in _EXAMPLES.items():
            st.button(
                name,
                key=f"example-{name}",
                on_click=lambda chosen=example: st.session_state.update(sentence=chosen),
                type="tertiary",
                help=example,
            )
    if not (text or "").strip():
        return
    with shown_errors():
        sentence_emotions(working, str(text).strip())
        found = _read(working.run_id, working.emotion, str(text).strip(), working.owner, working.vectors)
        st.markdown(
            f"On the **{plain(working.emotion)}** direction this lies above **{found.above:.0%}** of "
            f"{found.n_neutral} neutral texts."
        )
        token_strip(_tokens(found, working.emotion), label="Your sentence by token", key="sentence-strip")
        st.caption(
            f"Warm: this token reads more of {plain(working.emotion)} than neutral text; cool: less. Single tokens "
            "vary a lot, so trust the sentence as a whole more than a word."
        )


@st.cache_resource(max_entries=64, show_spinner=False)
def baseline_of(run_id: str, emotion: str, _owner: ModelOwner, _vectors: EmotionVectors) -> NeutralBaseline:
    """Neutral texts on a direction; remembered."""
    return ask(_owner, neutral_baseline(_owner.model, _vectors, emotion))


@st.cache_resource(max_entries=64, show_spinner=False)
def _read(run_id: str, emotion: str, text: str, _owner: ModelOwner, _vectors: EmotionVectors) -> SentenceReading:
    """A sentence on a direction; remembered, since every click on the page runs it again."""
    baseline = baseline_of(run_id, emotion, _owner, _vectors)
    return ask(_owner, read_sentence(_owner.model, _vectors, baseline, text))


def _tokens(found: SentenceReading, emotion: str) -> list[Token]:
    strip = []
    for text, value, read in zip(found.tokens, found.values.tolist(), found.read, strict=True):
        known = value == value  # nan is not itself
        note = f"{emotion} {value:+.1f} SD of neutral tokens" if known else "first token, not comparable"
        colour = max(-1.0, min(1.0, value / _FULL)) if known and read else None
        strip.append(Token(text, colour, note))
    return strip
