"""Two texts that grow side by side, one steered and one not, from the same noise; where they part is marked."""

from __future__ import annotations

import time

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from emotion_core.models.owner import JobHandle
from emotion_core.steering.finding import signed
from emotion_core.steering.live import LiveSettings, LiveTexts, live
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.errors import shown_errors
from ui.plain import plain
from ui.services import registry
from ui.steer.text_ladder import split_at_difference
from ui.working import Working

_LOOK = 0.15  # seconds between two looks at the growing texts


def live_pair(
    working: Working, vectors: EmotionVectors, settings: LiveSettings, *, key: str, patience: float | None = None
) -> bool:
    """Writes both texts anew whenever the settings change, and shows them as they grow.

    Args:
        working: The model.
        vectors: What to steer with.
        settings: How.
        key: Unique on the page.
        patience: Seconds after which a busy model is not waited for; the texts then do not wait in line either. None
            waits in line like any job.

    Returns:
        Whether both texts stand there.
    """
    left, right = st.columns(2)
    with left.container(border=True, key=f"text-{key}-unsteered", height="stretch"):
        st.markdown("**Unsteered**")
        unsteered = st.empty()
    with right.container(border=True, key=f"text-{key}-steered", height="stretch"):
        st.markdown("**Steered:** " + plain(", ".join(f"{name} {signed(s)}" for name, s in settings.strengths)))
        places = (unsteered, st.empty())
    asked = (working.info.fingerprint, working.run_id, settings)
    kept: tuple[object, LiveTexts] | None = st.session_state.get(f"last texts of {key}")
    if kept is not None and kept[0] == asked:
        _show(places, settings, kept[1])
        return True
    with shown_errors():
        texts = _write(working, vectors, settings, places, patience)
        if texts is None:
            return False
        st.session_state[f"last texts of {key}"] = (asked, texts)
        return True
    return False


def _write(
    working: Working,
    vectors: EmotionVectors,
    settings: LiveSettings,
    places: tuple[DeltaGenerator, ...],
    patience: float | None,
) -> LiveTexts | None:
    """Runs the job; a change on the page ends it at its next token. None where patience came to an end."""
    so_far: list[LiveTexts] = []
    job = live(working.owner.model, vectors, settings, so_far.append)
    handle = working.owner.submit(job, registry().visitor, at_once=patience is not None)
    end = None if patience is None else time.monotonic() + patience
    try:
        _watch(handle, so_far, settings, places, end)
        if not handle.finished:
            return None
    finally:
        handle.cancel()
    texts = handle.result()
    _show(places, settings, texts)
    return texts


def _watch(
    handle: JobHandle[LiveTexts],
    so_far: list[LiveTexts],
    settings: LiveSettings,
    places: tuple[DeltaGenerator, ...],
    end: float | None,
) -> None:
    shown = 0
    while not handle.wait(_LOOK):
        if end is not None and time.monotonic() > end:
            return
        if len(so_far) > shown:
            shown = len(so_far)
            _show(places, settings, so_far[-1])
        elif not shown:
            for place in places:
                place.markdown(f":gray[{plain(settings.prompts[0])}] …")


def _show(places: tuple[DeltaGenerator, ...], settings: LiveSettings, texts: LiveTexts) -> None:
    """Both texts after the prompt; of the steered one, what follows the parting is emphasised (see `style.css`)."""
    prompt = plain(settings.prompts[0])
    same, rest = split_at_difference(texts.steered, texts.unsteered)
    parted = f"{plain(same)} *{plain(rest)}*" if rest.strip() else plain(same)
    places[0].markdown(f":gray[{prompt}] {plain(texts.unsteered)}")
    if texts.broken:
        places[1].error("At this strength the model's numbers are not finite.", icon=":material/error:")
    else:
        places[1].markdown(f":gray[{prompt}] {parted}")
