"""What the parts of the map share: the map itself, its checks, and everything computed of it, remembered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import altair as alt
import streamlit as st

from emotion_core.base.errors import EmotionCoreError
from emotion_core.evaluation.transfer import TwinVectors
from emotion_core.experiments.evaluation import OnOwnTexts
from emotion_core.experiments.experiment import find
from emotion_core.experiments.geometry import MAP_CHECKS, TWIN, MapSettings
from emotion_core.experiments.ship import CORE_SET, MAP_SET, PLANTED_SET, STORIES_SET, start_set_build
from emotion_core.geometry.claims import Claim, claims
from emotion_core.geometry.compare import LayerAgreement, Overlay, compare_layers, overlay
from emotion_core.geometry.emotion_map import FEWEST_EMOTIONS, EmotionMap, LayerProfile, layer_profile, map_emotions
from emotion_core.geometry.norms import Norms, circumplex, read_norms
from emotion_core.geometry.rivals import rival_rows
from emotion_core.geometry.supervised import Reading, read_norms_off
from emotion_core.prompts.builtin import load_prompts
from emotion_core.runs.limits import about, build_seconds
from emotion_core.runs.map_checks import MapChecks
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.errors import show_error, shown_errors
from ui.experiments import run_result
from ui.fields import names_of_text, names_to_text
from ui.figure import show_clickable
from ui.plain import plain
from ui.run_panel import run_panel
from ui.services import activation_cache, common_registry, store
from ui.vector_sets import choose_next, run_of, vectors_of
from ui.working import Working, choose_emotion


@dataclass(frozen=True)
class Source:
    """The vectors that are mapped.

    Attributes:
        set_id: Of their set.
        run_id: Of the run that holds them.
        vectors: The vectors.
        emotion: The chosen emotion, one of theirs.
        borrowed: Whether the chosen set has too few emotions and the built-in one stands in for it.
    """

    set_id: str
    run_id: str
    vectors: EmotionVectors
    emotion: str
    borrowed: bool


@dataclass(frozen=True)
class Mapped:
    """What every part of the tab gets.

    Attributes:
        working: Model, set and emotion of the sidebar.
        source: The vectors.
        layer: The layer.
        clusters: Groups asked for.
        found: The map.
        checks: Its checks, where they are done.
    """

    working: Working
    source: Source
    layer: int
    clusters: int
    found: EmotionMap
    checks: MapChecks | None

    @property
    def emotion(self) -> str:
        """The chosen emotion."""
        return self.source.emotion


def choose_on_map(mapped: Mapped, emotion: str) -> None:
    """Makes an emotion the chosen one, and its set where the sidebar has another; a callback may call it."""
    choose_emotion(emotion)
    if mapped.source.borrowed:
        choose_next(mapped.source.set_id)


@st.cache_resource(max_entries=32, show_spinner="Computing the map")
def map_of(run_id: str, layer: int, clusters: int, _vectors: EmotionVectors) -> EmotionMap:
    """The map of a run's vectors at a layer."""
    return map_emotions(_vectors, layer, clusters)


@st.cache_resource(max_entries=16, show_spinner="Comparing the layers")
def layers_of(run_id: str, _vectors: EmotionVectors) -> LayerAgreement:
    """How much the layers of a run's vectors agree."""
    return compare_layers(_vectors)


@st.cache_resource(max_entries=16, show_spinner="Looking at every layer")
def profile_of(run_id: str, norms_id: str, _vectors: EmotionVectors, _norms: Norms) -> LayerProfile:
    """The map at every layer."""
    return layer_profile(_vectors, _norms)


@st.cache_resource(max_entries=32, show_spinner="Reading the ratings off the vectors")
def readings_of(
    run_id: str, layer: int, norms_id: str, _vectors: EmotionVectors, _norms: Norms
) -> tuple[Reading, Reading]:
    """Valence and arousal as read off a run's vectors at a layer."""
    return read_norms_off(_vectors.values[:, layer], _vectors.emotions, _norms)


@st.cache_resource(max_entries=16, show_spinner="Mapping with these ratings")
def rated_map_of(
    run_id: str, layer: int, clusters: int, norms_id: str, _vectors: EmotionVectors, _norms: Norms
) -> EmotionMap:
    """The map of a run's vectors turned by and compared with other ratings."""
    return map_emotions(_vectors, layer, clusters, _norms)


def claims_of(mapped: Mapped, norms_id: str, norms: Norms) -> tuple[EmotionMap, tuple[Reading, ...], tuple[Claim, ...]]:
    """The map by these ratings, what is read off the vectors, and the claims beside their rivals."""
    run_id, vectors = mapped.source.run_id, mapped.source.vectors
    found = rated_map_of(run_id, mapped.layer, mapped.clusters, norms_id, vectors, norms)
    readings = readings_of(run_id, mapped.layer, norms_id, vectors, norms)
    twin_id = find(store(), vectors, TWIN, OnOwnTexts())
    twin = None if twin_id is None else run_result(twin_id, TWIN)
    key = (run_id, mapped.layer, mapped.clusters, norms_id, twin_id)
    return found, readings, _claims(key, vectors, readings, found, twin)


@st.cache_resource(max_entries=32, show_spinner="Holding the claims against words alone")
def _claims(
    key: tuple[str, int, int, str, str | None],
    _vectors: EmotionVectors,
    _readings: tuple[Reading, ...],
    _found: EmotionMap,
    _twin: TwinVectors | None,
) -> tuple[Claim, ...]:
    rivals = rival_rows(_vectors, _found.layer, None if _twin is None else _twin.values)
    return claims(_found, _readings, rivals)


@st.cache_resource(max_entries=16, show_spinner="Laying one map over the other")
def overlay_of(
    ids: tuple[str, str], layers: tuple[int, int], _first: EmotionVectors, _second: EmotionVectors
) -> Overlay:
    """The second file's map over the first's."""
    return overlay(_first, _second, *layers)


@st.cache_resource
def own_norms() -> Norms:
    """This project's own ratings."""
    return circumplex()


@st.cache_resource(max_entries=4, show_spinner="Reading the ratings")
def norms_of(digest: str, name: str, _data: bytes) -> Norms:
    """An uploaded norms file, by the sha256 of its content."""
    return read_norms(_data, name)


def checks_of(vectors: EmotionVectors, clusters: int) -> MapChecks | None:
    """The checks of a map, where they are done."""
    run_id = find(store(), vectors, MAP_CHECKS, MapSettings(clusters))
    return None if run_id is None else run_result(run_id, MAP_CHECKS)


# Which vectors the map shows: the chosen set, or the built-in 171 emotions, or an offer to build them.

_RUN = "map build"
_WITHOUT_SET = "emotion on the map"
# In the order in which they are taken.
_WHAT = {
    PLANTED_SET: "**scenes-171**: scenes of 171 emotions by the generator that the demo model was trained with, "
    "so it is known what a map of them has to show. Choose **emotions-171** in the sidebar to see whether it holds "
    "for texts by somebody else.",
    MAP_SET: "the built-in set of 171.",
    STORIES_SET: "**stories-171**: sixteen short stories for each of 171 words, none of which holds its word.",
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


# What is chosen on the map: layer, clusters, axes, colour, held emotions. Kept over pages, and in the link.

T = TypeVar("T")

MOST_HELD = 6
_CHOICES = "map choices"
_KEYS = ("held", "layer", "clusters", "x", "y", "colour", "size", "second", "second_layer")
_PREFIX = "map_"
_OF_LINK = "map choices of the link"
_ASKED = {"layer": "layer {}", "clusters": "{} clusters", "second": "the second vector set, which is not here"}


def read_map_link() -> None:
    """Takes the choices of a link at the session's first look at the map."""
    if _CHOICES in st.session_state:
        return
    params = st.query_params
    found = {key: params[_PREFIX + key] for key in _KEYS if _PREFIX + key in params}
    if "clusters" in params:  # nothing else in a link goes by that name
        found.setdefault("clusters", params["clusters"])
        del params["clusters"]
    st.session_state[_CHOICES], st.session_state[_OF_LINK] = found, dict(found)


def kept(key: str, options: Sequence[T], default: T) -> T:
    """The choice for a widget, whose state is set to it; one that is not among the options gives way to the default.

    The widget gets the key `map_KEY` and `on_change=keep(KEY)`, and a default is left out of the link.
    """
    wanted = st.session_state[_CHOICES].get(key)
    value = next((one for one in options if str(one) == wanted), default)
    if wanted and wanted not in map(str, options) and wanted == st.session_state[_OF_LINK].get(key):
        asked = _ASKED.get(key, key.replace("_", " ") + " {}").format(plain(wanted))
        st.caption(f":material/link_off: Of the link cannot be shown: {asked}.")
    st.session_state[_PREFIX + key] = value
    _link(key, "" if value == default else str(value))
    return value


def keep(key: str) -> Callable[[], None]:
    """A callback that notes down what a widget of `kept` was changed to."""

    def take() -> None:
        st.session_state[_CHOICES][key] = str(st.session_state[_PREFIX + key])

    return take


def held(emotions: Sequence[str]) -> tuple[str, ...]:
    """The emotions held for comparison that this map has, in the order they were taken."""
    wanted = names_of_text(st.session_state[_CHOICES].get("held", ""))
    return tuple(dict.fromkeys(one for one in wanted if one in emotions))[:MOST_HELD]


def kept_held(emotions: Sequence[str]) -> tuple[str, ...]:
    """The held emotions for the box that lists them, whose state is set to them."""
    found = held(emotions)
    st.session_state[_PREFIX + "held"] = list(found)
    _link("held", names_to_text(found))
    return found


def keep_held() -> None:
    """Callback of the box that lists the held emotions."""
    st.session_state[_CHOICES]["held"] = names_to_text(st.session_state[_PREFIX + "held"])


def toggle_held(emotion: str) -> None:
    """Holds an emotion, or lets it go; a callback may call it."""
    now = names_of_text(st.session_state[_CHOICES].get("held", ""))
    now = [one for one in now if one != emotion] if emotion in now else [*now, emotion]
    st.session_state[_CHOICES]["held"] = names_to_text(now[-MOST_HELD:])


def _link(key: str, value: str) -> None:
    if value:
        st.query_params[_PREFIX + key] = value
    else:
        st.query_params.pop(_PREFIX + key, None)


# What every view does.


def clickable(chart: alt.TopLevelMixin, mapped: Mapped, alt_text: str, key: str) -> None:
    """Shows a chart on which a click chooses an emotion; only a new click counts."""
    clicked = show_clickable(chart, "emotion", select="emotion", alt_text=alt_text, key=key)
    if clicked is not None and clicked != mapped.emotion:
        choose_on_map(mapped, clicked)
        st.rerun()


KEPT_NORMS = "uploaded norms"  # key of the session


def norms_in_use() -> tuple[Norms, str]:
    """The uploaded ratings, else the built-in ones, and an id of their content; what cannot be read is said here."""
    if KEPT_NORMS in st.session_state:
        name, data = st.session_state[KEPT_NORMS]
        digest = hashlib.sha256(data).hexdigest()
        try:
            return norms_of(digest, name, data), digest
        except EmotionCoreError as error:
            show_error(error)
            del st.session_state[KEPT_NORMS]
    return own_norms(), "built in"
