"""The live view of the Steer page: sliders, and two texts that grow side by side."""

from __future__ import annotations

import streamlit as st

from emotion_core.errors import EmotionCoreError
from emotion_core.steering.live import MOST_VECTORS, LiveSettings, LiveTexts, live
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.errors import show_error, shown_errors
from ui.plain import plain
from ui.services import registry
from ui.steer_prompts import START_PROMPTS
from ui.working import Working

_LOOK = 0.15  # seconds between two looks at the growing texts
_LAST = "last live texts"


def live_view(working: Working) -> None:
    """Sliders and texts; every change writes both texts anew, from the same noise."""
    if working.vectors is None or working.emotion is None:
        return
    try:
        settings = _form(working.vectors, working.emotion)
    except EmotionCoreError as error:
        show_error(error)
        return
    left, right = st.columns(2)
    with left.container(border=True, key="text-live-unsteered"):
        st.markdown("**Unsteered**")
        one = st.empty()
    with right.container(border=True, key="text-live-steered"):
        st.markdown("**Steered:** " + plain(", ".join(f"{name} {s:+.2f}" for name, s in settings.strengths)))
        two = st.empty()
    key = (working.info.fingerprint, working.set_id, settings)
    kept: tuple[object, LiveTexts] | None = st.session_state.get(_LAST)
    if kept is not None and kept[0] == key:
        _show(one, two, settings, kept[1])
    else:
        with shown_errors():
            st.session_state[_LAST] = (key, _write(working, working.vectors, settings, one, two))
    st.caption(
        f"Both texts share the sampling noise and are steered at layer {working.vectors.selected_layer}: they differ "
        "because of the vectors alone. One pair of texts shows nothing about the model; a sweep counts."
    )


def _form(vectors: EmotionVectors, emotion: str) -> LiveSettings:
    """Prompt, vectors and sliders.

    Raises:
        SettingsError: The prompt is empty, or no vector is chosen.
    """
    prompt = st.text_input("Prompt", START_PROMPTS.splitlines()[0], key="live_prompt", persist_state="session")
    chosen = st.multiselect(
        "Vectors",
        vectors.emotions,
        default=[emotion],
        key=f"live-vectors-{emotion}-{len(vectors.emotions)}",
        persist_state="session",
        max_selections=MOST_VECTORS,
    )
    columns = st.columns(MOST_VECTORS)
    strengths = tuple(
        (
            name,
            float(
                column.slider(
                    f"Strength of {name}",
                    -0.6,
                    0.6,
                    0.2,
                    0.02,
                    key=f"live-{name}",
                    persist_state="session",
                    help="As a fraction of the residual norm at the layer.",
                )
            ),
        )
        for name, column in zip(chosen, columns, strict=False)
    )
    one, two, _ = st.columns([1, 1, 2])
    tokens = one.number_input("New tokens", 1, 200, 40, key="live_tokens", persist_state="session")
    seed = two.number_input("Seed of the noise", 0, 2**31 - 1, 0, key="live_seed", persist_state="session")
    return LiveSettings(
        prompts=((prompt or "").strip(),), strengths=strengths, max_new_tokens=int(tokens), seed=int(seed)
    )


def _write(
    working: Working,
    vectors: EmotionVectors,
    settings: LiveSettings,
    one: st.delta_generator.DeltaGenerator,
    two: st.delta_generator.DeltaGenerator,
) -> LiveTexts:
    """Runs the job and shows the texts as they grow; a change on the page ends it at its next token."""
    so_far: list[LiveTexts] = []
    job = live(working.owner.model, vectors, settings, so_far.append)
    handle = working.owner.submit(job, registry().visitor)
    try:
        shown = 0
        while not handle.wait(_LOOK):
            if len(so_far) > shown:
                shown = len(so_far)
                _show(one, two, settings, so_far[-1])
            elif not shown:
                one.caption("Waiting for the model …" if handle.place else "Writing …")
    finally:
        handle.cancel()
    texts = handle.result()
    _show(one, two, settings, texts)
    return texts


def _show(
    one: st.delta_generator.DeltaGenerator,
    two: st.delta_generator.DeltaGenerator,
    settings: LiveSettings,
    texts: LiveTexts,
) -> None:
    prompt = plain(settings.prompts[0])
    for place, text in ((one, texts.unsteered), (two, texts.steered)):
        place.markdown(f":gray[{prompt}] {plain(text)}")
    if texts.broken:
        two.error("At this strength the model's numbers are not finite.", icon=":material/error:")
