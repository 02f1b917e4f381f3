"""Which vectors the map shows: the chosen set, or the built-in 171 emotions, or an offer to build them."""

from __future__ import annotations

import streamlit as st

from emotion_core.experiments.ship import CORE_SET, MAP_SET, PLANTED_SET, STORIES_SET, start_set_build
from emotion_core.geometry.emotion_map import FEWEST_EMOTIONS
from emotion_core.prompts.builtin import load_prompts
from emotion_core.runs.limits import about, build_seconds
from ui.errors import shown_errors
from ui.map.data import Source
from ui.plain import plain
from ui.run_panel import run_panel
from ui.services import activation_cache, common_registry
from ui.vector_sets import choose_next, run_of, vectors_of
from ui.working import Working

_RUN = "map build"
_WITHOUT_SET = "emotion on the map"
# In the order in which they are taken.
_WHAT = {
    PLANTED_SET: "**scenes-171**: scenes of 171 emotions by the generator that the demo model was trained with, "
    "so it is known what a map of them has to show. Choose **emotions-171** in the sidebar to see whether it holds "
    "for texts by somebody else.",
    MAP_SET: "the built-in set of 171.",
    STORIES_SET: "**stories-171**: eight short stories for each of 171 words, none of which holds its word.",
    CORE_SET: "**emotions-12**: forty situations for each of twelve core emotions.",
}


def map_source(working: Working) -> Source | None:
    """The vectors to map; None where there are none yet, and the page says how to get them."""
    if working.vectors is None or working.emotion is None or working.run_id is None:
        return None
    if len(working.vectors.emotions) >= FEWEST_EMOTIONS:
        return Source(working.set_id, working.run_id, working.vectors, working.emotion, borrowed=False)
    few = plain(", ".join(working.vectors.emotions))
    ready = {name: run for name in _WHAT if (run := run_of(name, working.info)) is not None}
    if not ready:
        _offer(working, few)
        return None
    set_id, run_id = next(iter(ready.items()))
    vectors = vectors_of(run_id)
    count = len(working.vectors.emotions)
    st.caption(
        f"The chosen vector set has {count} emotion{'s' if count > 1 else ''} ({few}), too few for a map, so this is "
        f"{_WHAT[set_id]} A click on an emotion chooses that set."
    )
    wanted = st.session_state.get(_WITHOUT_SET, "afraid")
    return Source(set_id, run_id, vectors, wanted if wanted in vectors.emotions else vectors.emotions[0], borrowed=True)


def _offer(working: Working, few: str) -> None:
    prompts = load_prompts(MAP_SET)
    st.info(
        f"A map needs at least {FEWEST_EMOTIONS} emotions; this vector set has {few}. Choose another set in the "
        "sidebar, or build one here.",
        icon=":material/scatter_plot:",
    )
    if _RUN in st.session_state:
        run = run_panel(st.session_state[_RUN], key="map-build")
        if run is not None:
            choose_next(MAP_SET)
            del st.session_state[_RUN]
            st.rerun()
    cost = about(build_seconds(working.info, len(prompts.texts), sum(len(t.text) for t in prompts.texts)))
    if st.button(
        f"Build {len(prompts.emotions)} emotions ({prompts.name}), {cost}", type="primary", key="build-map-set"
    ):
        with shown_errors():
            st.session_state[_RUN] = start_set_build(common_registry(), working.owner, activation_cache(), MAP_SET)
            st.rerun()
