"""A sentence of the visitor, read at once on the chosen direction."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.errors import BusyError, EmotionCoreError
from emotion_core.base.jobs import Job
from emotion_core.experiments.experiment import Bench
from emotion_core.experiments.reading import ZeroPointSettings, known_baseline
from emotion_core.models.owner import ModelOwner
from emotion_core.reading.text import TokenReading, beside_random, read_text, sentence_means
from emotion_core.runs.limits import about, build_seconds
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.errors import show_error
from ui.home.sentence_emotions import sentence_emotions, zero_points_at_hand
from ui.linked import taken
from ui.plain import minus, plain
from ui.read.text import reading_strip
from ui.run_button import at_once_or_asked
from ui.services import activation_cache, ask, store
from ui.vector_sets import BUILT_IN
from ui.working import Working

Sentence = tuple[TokenReading, dict[str, tuple[float, float, float]]]
_EXAMPLES = {
    "A quiet house": "He has not called since the funeral, and the house is so quiet.",
    "Footsteps": "The footsteps behind me stopped when I stopped.",
    "By the lake": "I sat by the lake with a cup of tea and nothing to do.",
    "A sale": "They sold our house without asking me, and he smiled while he said it.",
}
_LONGEST = 400  # characters
_NEUTRAL_TEXTS = 200


def sentence(working: Working) -> None:
    """An input, the emotions at both ends, and the coloured tokens."""
    if working.vectors is None or working.emotion is None or working.run_id is None:
        return
    linked = taken("sentence")
    if linked:
        st.session_state.setdefault("sentence", linked[:_LONGEST])
    st.query_params.pop("sentence", None)  # it would go stale at the first change
    st.header("Type a sentence and see its emotions", anchor=False)
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
    # Until the weights are there nothing is read, and looking for zero points would keep the first page waiting.
    ready = working.owner.loaded and zero_points_at_hand(working)
    seconds = about(build_seconds(working.info, 0))
    first = f"Read it beside {_NEUTRAL_TEXTS} neutral texts, {seconds} the first time"
    shipped = not working.owner.loaded and working.set_id == BUILT_IN
    label = "Read it" if ready or shipped else first
    if not ready and not at_once_or_asked(working.owner, label, key="read-sentence"):
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
    found, means = _read(working.run_id, text, working.owner, working.vectors)
    value, low, high = means[working.emotion]
    st.markdown(
        minus(
            f"Over the whole sentence the **{plain(working.emotion)}** direction reads **{value:+.1f}** "
            f"standard deviations of neutral tokens; 95 of 100 random directions read "
            f"{low:+.1f} to {high:+.1f} on the same words."
        )
    )
    reading_strip(found, working.emotion, key="sentence")


@st.cache_resource(max_entries=64, show_spinner=False)
def _read(run_id: str, text: str, _owner: ModelOwner, _vectors: EmotionVectors) -> Sentence:
    """A sentence by token and as a whole; remembered, since every click on the page runs it again."""
    return ask(_owner, _reading(Bench(_owner.model, _vectors, activation_cache(), store=store()), text))


def _reading(bench: Bench, text: str) -> Job[Sentence]:
    baseline = yield from known_baseline(bench, ZeroPointSettings())
    chat = bench.vectors.reading.chat
    found = yield from read_text(bench.model, baseline, text, chat=chat)
    means = yield from sentence_means(bench.model, baseline, text, chat=chat)
    return found, {emotion: beside_random(baseline, means, emotion) for emotion in baseline.emotions}
