"""What the parts of the map share: the map itself, its checks, and everything computed of it, remembered."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from emotion_core.evaluation.transfer import TwinVectors
from emotion_core.experiments.evaluation import OnOwnTexts
from emotion_core.experiments.experiment import find
from emotion_core.experiments.geometry import MAP_CHECKS, TWIN, MapSettings
from emotion_core.geometry.claims import Claim, claims
from emotion_core.geometry.compare import LayerAgreement, Overlay, compare_layers, overlay
from emotion_core.geometry.emotion_map import EmotionMap, LayerProfile, layer_profile, map_emotions
from emotion_core.geometry.norms import Norms, circumplex, read_norms
from emotion_core.geometry.rivals import rival_rows
from emotion_core.geometry.supervised import Reading, read_norms_off
from emotion_core.runs.map_checks import MapChecks
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.experiments import run_result
from ui.services import store
from ui.vector_sets import choose_next
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
    twin = None if twin_id is None else loaded_twin(twin_id)
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


@st.cache_resource(max_entries=4, show_spinner=False)
def loaded_twin(run_id: str) -> TwinVectors:
    """The untrained twin's vectors."""
    return run_result(run_id, TWIN)


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


@st.cache_resource(max_entries=16, show_spinner=False)
def loaded_checks(run_id: str) -> MapChecks:
    """Finished checks of a map."""
    return run_result(run_id, MAP_CHECKS)


def checks_of(vectors: EmotionVectors, clusters: int) -> MapChecks | None:
    """The checks of a map, where they are done."""
    run_id = find(store(), vectors, MAP_CHECKS, MapSettings(clusters))
    return None if run_id is None else loaded_checks(run_id)
