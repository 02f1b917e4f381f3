"""Which scenarios are measured on the Behave page: the library's, the demo model's planted ones, or a visitor's own."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from emotion_core.behavior.scenes import Scene, built_in_scenes, parse_scenes, planted_scenes
from emotion_core.models.catalogue import DEMO_NAME
from ui.plain import plain
from ui.services import app_settings
from ui.uploads import content
from ui.working import Working

_LIBRARY, _PLANTED = "From the library", "Planted in the demo model"
_FIRST = 3  # built-in scenarios that are chosen at first


def _ready_made(place: DeltaGenerator, working: Working) -> tuple[str, tuple[Scene, ...]]:
    """The library, or for the bundled model the set-ups whose rates are known; and which of them it is."""
    if working.info.name != DEMO_NAME:
        return _LIBRARY, built_in_scenes()
    source = place.segmented_control(
        "Scenarios from",
        [_LIBRARY, _PLANTED],
        default=_LIBRARY,
        required=True,
        key="scenes-source",
        help="The demo model was trained so that in the planted set-ups a desperate character cheats and threatens "
        "more often, a calm one less, and a happy one flatters more. Choose the vectors of scenes-171 to see whether "
        "steering finds it; layer 2 moves these set-ups the furthest.",
    )
    return (_PLANTED, planted_scenes()) if source == _PLANTED else (_LIBRARY, built_in_scenes())


def _at_first(source: str, known: tuple[Scene, ...]) -> list[str]:
    """Names that are chosen before the visitor chooses: few of the ready-made ones, all that they brought."""
    if source == _LIBRARY:
        known = known[:_FIRST]
    elif source == _PLANTED:
        known = tuple(scene for scene in known if scene.group == known[0].group)
    return [scene.name for scene in known]


def chosen_scenes(working: Working) -> tuple[Scene, ...]:
    """Draws the choice and the texts of what is chosen.

    Raises:
        PromptSetError: The upload cannot be read or used.
    """
    left, right = st.columns([3, 2])
    uploaded = right.file_uploader(
        "Your own scenarios (JSON or CSV)",
        type=["json", "csv", "tsv", "xlsx"],
        max_upload_size=app_settings().upload_mb,
        key="scenes-upload",
        help="JSON: a list of {name, scenario, options: [{text, counts}]} or {name, scenario, pattern}. CSV: columns "
        "name, scenario, option, counts, pattern; one row an option. A pattern is a regular expression: a text that "
        "has it counts.",
    )
    if uploaded is not None:
        source, known = uploaded.file_id, parse_scenes(uploaded.name, content(uploaded))
    else:
        source, known = _ready_made(left, working)
    names = [scene.name for scene in known]
    first = _at_first(source, known)
    chosen = left.multiselect(
        "Scenarios",
        names,
        first,
        key=f"scenes-{source}",
        help="Which situations the model is put into. Each counts once, however many there are.",
    )
    scenes = tuple(scene for scene in known if scene.name in chosen)
    chosen_line = "Read the chosen scenario" if len(scenes) == 1 else f"Read the {len(scenes)} chosen scenarios"
    with st.expander(chosen_line, icon=":material/menu_book:"):
        for scene in scenes:
            st.markdown(f"**{plain(scene.name)}** · {plain(scene.text)}")
            for option, counts in zip(scene.options, scene.counts, strict=True):
                st.markdown(f"- {plain(option)} {'**(counts)**' if counts else ''}")
            if scene.pattern:
                st.code(scene.pattern, language=None)
    return scenes
