"""A sentence of the visitor, read at once on the chosen direction."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.errors import BusyError, EmotionCoreError
from emotion_core.models.owner import ModelOwner
from emotion_core.reading.sentence import NeutralBaseline, SentenceReading, neutral_baseline, read_sentence
from emotion_core.runs.cost import about, build_seconds
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.errors import show_error
from ui.home.sentence_emotions import sentence_emotions
from ui.linked import taken
from ui.plain import plain
from ui.run_button import at_once_or_asked
from ui.services import ask
from ui.tokens import Token, shade, token_strip
from ui.working import Working

_EXAMPLES = {
    "A quiet house": "He has not called since the funeral, and the house is so quiet.",
    "Footsteps": "The footsteps behind me stopped when I stopped.",
    "By the lake": "I sat by the lake with a cup of tea and nothing to do.",
    "A sale": "They sold our house without asking me, and he smiled while he said it.",
}
_LONGEST = 400  # characters
_NEUTRAL_TEXTS = 200


def sentence(working: Working) -> None:
    """An input, the coloured tokens, and where the sentence lies among neutral texts."""
    if working.vectors is None or working.emotion is None or working.run_id is None:
        return
    linked = taken("sentence")
    if linked:
        st.session_state.setdefault("sentence", linked[:_LONGEST])
    st.query_params.pop("sentence", None)  # it would go stale at the first change
    st.subheader("Type a sentence and see its emotions", anchor=False)
    text = st.text_input(
        "Your sentence",
        next(iter(_EXAMPLES.values())),
        max_chars=_LONGEST,
        key="sentence",
        persist_state="session",
        help="Read on all emotions of the map, and word by word on the one chosen in the sidebar.",
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
    seconds = about(build_seconds(working.info, 0))
    label = f"Read it beside {_NEUTRAL_TEXTS} neutral texts, {seconds} the first time"
    if not at_once_or_asked(working.owner, label, key="read-sentence"):
        return
    try:
        with st.spinner("Reading your sentence", show_time=True):
            _show(working, str(text).strip())
    except BusyError:
        st.info(
            "The model is busy with other jobs, so your sentence is not read yet. What stands below is ready.",
            icon=":material/hourglass_top:",
        )
        st.button("Read it now", key="sentence-again", icon=":material/restart_alt:")
    except EmotionCoreError as error:
        show_error(error)


def _show(working: Working, text: str) -> None:
    if working.vectors is None or working.emotion is None or working.run_id is None:
        return
    sentence_emotions(working, text)
    found = _read(working.run_id, working.emotion, text, working.owner, working.vectors)
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
        colour = shade(value) if known and read else None
        strip.append(Token(text, colour, note))
    return strip
