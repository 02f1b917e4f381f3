"""The vector sets a visitor can choose from: built here, uploaded, or the built-in fear study.

Every set is a run with a vector file, so its id works in a link and survives a restart.
"""

from __future__ import annotations

import json

import streamlit as st

from emotion_core.base.activations import ModelInfo
from emotion_core.base.errors import EmotionCoreError, RunError
from emotion_core.experiments.ship import CORE_SET, MAP_SET, PLANTED_SET, STORIES_SET, prompts_of, settings_of
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.runs.builds import (
    KIND,
    VECTORS_FILE,
    BuildResult,
    build_key,
    load_build,
    start_build,
)
from emotion_core.runs.codec import vectors_digest
from emotion_core.runs.housekeeping import on_pressure
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors
from emotion_core.vectors.file import load_vectors, require_model, vector_bytes
from ui.services import activation_cache, common_registry, registry, store

BUILT_IN = "fear-calm"
# Also sets by their names, for a model that they have been built for.
NAMED_SETS = {
    CORE_SET: "emotions-12 (built in)",
    STORIES_SET: "stories-171 (built in)",
    MAP_SET: "emotions-171 (built in)",
    PLANTED_SET: "scenes-171 (planted truth, built in)",
}
UPLOAD = "upload"
_SHELF = "vector sets"


def shelf(info: ModelInfo) -> dict[str, str]:
    """Labels of the sets that belong to a model, by id; the built-in one first."""
    labels = {BUILT_IN: "fear-calm (built in)"}
    labels.update({name: label for name, label in NAMED_SETS.items() if run_of(name, info) is not None})
    for run_id, (label, fingerprint) in st.session_state.get(_SHELF, {}).items():
        if fingerprint == info.fingerprint:
            number = sum(one == label or one.startswith(f"{label} (") for one in labels.values())
            labels[run_id] = f"{label} ({number + 1})" if number and label != BUILT_IN else label
    return labels


def on_shelf(set_id: str) -> bool:
    """Whether a run is among the sets of this session."""
    return set_id in st.session_state.get(_SHELF, {})


def put_on_shelf(run_id: str) -> None:
    """Adds a finished run with a vector file to the sets of this session.

    Raises:
        RunError: There is no such run, or it has no vectors.
    """
    run = store().get(run_id)
    if run.kind not in (KIND, UPLOAD) or run.state != "done":
        raise RunError("The run has no vectors", where=run_id, found=f"{run.kind}, {run.state}")
    described = json.loads(run.settings)
    fingerprint = described["fingerprint"]
    if run.key and _built_in_set(run.key, fingerprint) is not None:
        return  # it stands there already
    st.session_state.setdefault(_SHELF, {})[run_id] = (described["label"], fingerprint)


def take_off_shelf(run_id: str) -> None:
    """Takes a set that was removed away from those of this session."""
    st.session_state.get(_SHELF, {}).pop(run_id, None)


def upload(name: str, vectors: EmotionVectors, info: ModelInfo) -> str:
    """Takes the vectors of a visitor's file and returns the id of their set.

    Raises:
        VectorFileError: They belong to another model.
    """
    require_model(vectors, info)
    described = {"label": f"{name} (uploaded)", "model": info.name, "fingerprint": info.fingerprint}
    run_id = store().create(UPLOAD, json.dumps(described))
    store().own(run_id, registry().visitor)
    store().finish(run_id, {VECTORS_FILE: vector_bytes(vectors)})
    put_on_shelf(run_id)
    return run_id


def choose_next(run_id: str) -> None:
    """Makes a set the chosen one at the next run of the script, when its picker may be changed."""
    if run_id in st.session_state.get(_SHELF, {}) or run_id in NAMED_SETS:
        st.session_state["next vectors"] = run_id
        return
    run = store().get(run_id)
    found = _built_in_set(run.key, json.loads(run.settings)["fingerprint"])
    st.session_state["next vectors"] = found or BUILT_IN


def set_with(digest: str, fingerprint: str) -> str | None:
    """The set that has certain vectors, by its name or its run; those that come with the app are looked at first.

    Args:
        digest: Of the vectors, as a run over them notes it down.
        fingerprint: Of their model.
    """
    named = {name: store().find(KIND, _key_of(name, fingerprint)) for name in (BUILT_IN, *NAMED_SETS)}
    made = {
        run.id: run
        for run in reversed(store().stored())
        if run.state == "done"
        and run.kind in (KIND, UPLOAD)
        and json.loads(run.settings).get("fingerprint") == fingerprint
    }
    for set_id, run in (named | made).items():
        try:
            if run is not None and vectors_digest(vectors_of(run.id)) == digest:
                return set_id
        except EmotionCoreError:
            continue  # a file that cannot be read is no set either
    return None


def run_of(set_id: str, info: ModelInfo) -> str | None:
    """The run that holds a set; None where the built-in set has not been built for this model yet."""
    if set_id not in (BUILT_IN, *NAMED_SETS):
        return set_id
    found = store().find(KIND, _key_of(set_id, info.fingerprint))
    return None if found is None else found.id


def start_built_in(owner: ModelOwner) -> str:
    """Starts building the built-in set for a model, or joins whoever started it before."""
    return start_build(common_registry(), owner, (built_in_prompts(),), BuildSettings(), activation_cache(), share=True)


@st.cache_resource(max_entries=32, show_spinner=False)
def _key_of(set_id: str, fingerprint: str) -> str:
    return build_key(fingerprint, prompts_of(set_id), settings_of(set_id))


def _built_in_set(key: str, fingerprint: str) -> str | None:
    """Which of the sets that go by a name a build's key belongs to."""
    return next((name for name in (BUILT_IN, *NAMED_SETS) if _key_of(name, fingerprint) == key), None)


@st.cache_resource
def built_in_prompts() -> PromptSet:
    """The built-in prompt set."""
    return load_prompts(BUILT_IN)


@st.cache_resource(max_entries=32, show_spinner=False)
def vectors_of(run_id: str) -> EmotionVectors:
    """The vectors of a run."""
    return load_vectors(store().read(run_id, VECTORS_FILE))


@st.cache_resource(max_entries=32, show_spinner=False)
def build_of(run_id: str) -> BuildResult:
    """Vectors and held-out scores of a finished build."""
    return load_build(store(), run_id)


on_pressure(vectors_of.clear)
on_pressure(build_of.clear)
