"""What a link holds besides model, vectors and run: choices within a result, and runs of single parts of a page.

Both are taken from a link once, at the session's first look, and written back whenever they change, so that the
address always opens what is on the screen.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TypeVar

import streamlit as st

from emotion_core.base.errors import EmotionCoreError, RunError
from emotion_core.experiments.experiment import asked_of
from emotion_core.experiments.kinds import EXPERIMENTS
from emotion_core.runs.builds import KIND
from emotion_core.runs.codec import vectors_digest
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.errors import show_error
from ui.page_run import kind_of
from ui.plain import plain
from ui.run_panel import run_panel
from ui.services import store
from ui.vector_sets import (
    BUILT_IN,
    NAMED_SETS,
    UPLOAD,
    choose_next,
    on_shelf,
    put_on_shelf,
    set_with,
    take_off_shelf,
    vectors_of,
)

T = TypeVar("T")
_TAKEN = "taken from the link"
# Runs of single parts of the page Explore: their kind, and their name in the link.
PARTS = {
    "transfer": "transfer",
    "heldout": "scores",
    "confounds": "contrasts",
    "sizes": "sizes",
    "variants": "methods",
}
_PART_WORDS = {
    "transfer": "the transfer to another set",
    "scores": "the scores on a set of texts",
    "contrasts": "the contrasts of one's own",
    "sizes": "the curve over the number of texts",
    "methods": "the comparison of methods",
    "without": "what is left without directions",
}
_UNFIT = "parts of the link that cannot be shown"


def taken(name: str) -> str | None:
    """What the link says under a name, at the first look of the session; None afterwards."""
    seen: set[str] = st.session_state.setdefault(_TAKEN, set())
    if name in seen:
        return None
    seen.add(name)
    found: str | None = st.query_params.get(name)
    return found


def keep_in_link(name: str, value: object, default: object = None) -> None:
    """Writes a choice into the link; the default is left out."""
    if value is None or value == default:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != str(value):
        st.query_params[name] = str(value)


def first_choice(name: str, options: Sequence[T], key: str) -> None:
    """Sets a widget to the link's choice before it is drawn for the first time.

    Args:
        name: In the link.
        options: What can be chosen; anything else in the link is passed over.
        key: Of the widget.
    """
    wanted = taken(name)
    found = next((one for one in options if str(one) == wanted), None)
    if found is not None and key not in st.session_state:
        st.session_state[key] = found


def part_run(started: str, kind: str, vectors: EmotionVectors | None = None, *, name: str = "") -> None:
    """Keeps the run of one part of a page in the link, and takes it from there.

    Args:
        started: Key of the session under which the part remembers its run.
        kind: Of the run; another one in the link is passed over.
        vectors: That the page shows; a run over others is passed over.
        name: In the link; by default the one in `PARTS`.
    """
    name = name or PARTS[kind]
    wanted = taken(name)
    if wanted and started not in st.session_state and _fits(wanted, kind, vectors):
        st.session_state[started] = wanted
    keep_in_link(name, st.session_state.get(started))


def _fits(run_id: str, kind: str, vectors: EmotionVectors | None) -> bool:
    return not _misfit(run_id, kind, vectors)


def _misfit(run_id: str, kind: str, vectors: EmotionVectors | None) -> str:
    """Why a run is not one of a kind over some vectors; empty where it is."""
    try:
        run = store().get(run_id)
    except RunError as error:
        return error.what
    if run.kind != kind:
        return "This is a run of another kind"
    # Runs of earlier versions did not note down their vectors.
    over = json.loads(run.settings).get("vectors")
    return "" if vectors is None or over in (None, vectors_digest(vectors)) else "It was made with other vectors"


def say_unfit(set_id: str, vectors: EmotionVectors) -> None:
    """Says which parts of the session's first link the page Explore cannot show; a part that it then gets is left out.

    Args:
        set_id: The chosen set.
        vectors: Its vectors.
    """
    if _UNFIT not in st.session_state:
        st.session_state[_UNFIT] = set_id, _unfit(vectors)
    of_set, found = st.session_state[_UNFIT]
    told = [sentence for name, sentence in found.items() if name not in st.query_params]
    if told and of_set == set_id:
        st.info(f"Of the link cannot be shown: {plain('; '.join(told))}.", icon=":material/link_off:")


def _unfit(vectors: EmotionVectors) -> dict[str, str]:
    """The parts by their name in the link, which are taken out of it."""
    kinds = {name: kind for kind, name in PARTS.items()} | {"without": KIND}
    found = {}
    for name, words in _PART_WORDS.items():
        wanted = st.query_params.get(name)
        why = _misfit(wanted, kinds[name], vectors) if wanted else ""
        if why:
            found[name] = f"{words} ({why[0].lower()}{why[1:]})"
            del st.query_params[name]
    layer = st.query_params.get("layer")
    if layer is not None and layer not in map(str, range(vectors.n_layers)):
        found["layer"] = f"layer {layer} (these vectors have layers 0 to {vectors.n_layers - 1})"
        del st.query_params["layer"]
    return found


def settings_of_link(kind: str) -> Any:
    """What the run of the session's first link was asked; None where it is no run of the kind, or that is not kept."""
    name = f"{_TAKEN} {kind}"
    if name not in st.session_state:
        st.session_state[name] = None
        run_id = st.query_params.get("run", "")
        if kind_of(run_id) == kind:
            with suppress(EmotionCoreError):
                st.session_state[name] = asked_of(store(), store().get(run_id), EXPERIMENTS[kind])
    return st.session_state[name]


def forget_unless(key: str, options: Sequence[object]) -> None:
    """Drops the state of a widget whose choice, made for another result, is not among its options."""
    if key in st.session_state and st.session_state[key] not in options:
        del st.session_state[key]


# The vector set that a link asks for: chosen where it is there, made or made again where it is not.

_LINKED, _EMOTION, _FAULT = "vector set of the link", "emotion of the link", "fault of a removed set"


def shelve_linked(set_id: str | None) -> EmotionCoreError | None:
    """Makes the set of a link choosable; returns what is wrong with it where it cannot be had.

    A set that is still being made, or was and can be made again, is remembered for `linked_set`.
    """
    if not set_id or set_id in (BUILT_IN, *NAMED_SETS) or on_shelf(set_id):
        return None
    try:
        run = store().get(set_id)
        if run.kind in (KIND, UPLOAD) and run.state != "done":
            st.session_state[_LINKED], st.session_state[_EMOTION] = set_id, st.query_params.get("emotion")
            return None
        put_on_shelf(set_id)
    except EmotionCoreError as error:
        return error
    return None


def set_of_linked_part() -> str | None:
    """The vector set over which the run of a part was computed, where a link holds that run and no set.

    The run notes down what is in its vectors, so the set is found among those that are there.
    """
    for name in PARTS.values():
        try:
            described = json.loads(store().get(st.query_params.get(name, "")).settings)
        except (EmotionCoreError, ValueError):
            continue
        return set_with(described.get("vectors"), described.get("fingerprint"))
    return None


def model_of_linked_run() -> str:
    """The model that the vector set or the run of a link was made with; empty where the link has none."""
    for key in ("vectors", "run", *PARTS.values()):
        try:
            return str(json.loads(store().get(st.query_params.get(key, "")).settings).get("model", ""))
        except (EmotionCoreError, ValueError, AttributeError):
            continue
    return ""


def vectors_there(set_id: str, run_id: str | None) -> EmotionVectors | None:
    """The vectors of a chosen set; one that was removed meanwhile gives way to another, and `linked_set` says so.

    Args:
        set_id: The chosen set.
        run_id: The run that holds it; None where it is not built for this model yet.
    """
    if run_id is None:
        return None
    try:
        if store().get(run_id).state != "done":  # what was read of it before is still in memory
            raise RunError("The run has no vectors", where=run_id)
        return vectors_of(run_id)
    except EmotionCoreError as error:
        if on_shelf(set_id):
            take_off_shelf(set_id)
            st.session_state[_FAULT] = shelve_linked(set_id)
            st.rerun()
        show_error(error)
    return None


def linked_set() -> None:
    """The panel of a set that a link asks for and that is not there; chooses it as soon as it is."""
    fault = st.session_state.pop(_FAULT, None)
    if fault is not None:
        show_error(fault)
    if _LINKED not in st.session_state:
        return
    st.caption(_while_missing(st.session_state[_LINKED]))
    run = run_panel(st.session_state[_LINKED], key="linked-set", started=_LINKED)
    if run is not None:
        del st.session_state[_LINKED]
        put_on_shelf(run.id)
        choose_next(run.id)
        st.session_state["next emotion"] = st.session_state.pop(_EMOTION, None)
        st.rerun()


def _while_missing(run_id: str) -> str:
    with suppress(RunError):
        if store().get(run_id).state == "failed":
            return "The chosen vector set could not be built; another one is shown."
    return "The chosen vector set is not there at the moment; until it is, another one is shown."
