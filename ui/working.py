"""The sidebar card "Working with": model, vector set and emotion, the same on every page and in the link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from emotion_core.base.activations import SERVED, ModelInfo
from emotion_core.base.errors import EmotionCoreError, ModelError
from emotion_core.models.catalogue import CATALOGUE, DEMO_NAME, allowed_models, require_allowed
from emotion_core.models.encode import offered_arguments
from emotion_core.models.owner import ModelOwner
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.errors import show_error
from ui.linked import linked_set, model_of_linked_run, set_of_linked_part, shelve_linked, vectors_there
from ui.own_place import in_own_place
from ui.plain import plain
from ui.services import app_settings, owner
from ui.vector_sets import BUILT_IN, run_of, shelf

_KEYS = ("model", "vectors", "emotion")
# The choices themselves; the pickers, whose state Streamlit drops on a page switch, only show and change them.
_CHOICES = "working with"
_POLL = 1.0  # seconds
_ASKED, _FIRST = "emotion of the address", "first emotion"
_TAKE = "take"  # in the address of a link inside the app: its choices count, where those of an old address do not


@dataclass(frozen=True)
class Working:
    """What the visitor works with.

    Attributes:
        owner: Of the model.
        set_id: The chosen vector set.
        run_id: The run that holds it; None where the built-in set is not built for this model yet.
        vectors: The vectors, None as above.
        emotion: The chosen emotion, None as above.
    """

    owner: ModelOwner
    set_id: str
    run_id: str | None
    vectors: EmotionVectors | None
    emotion: str | None

    @property
    def info(self) -> ModelInfo:
        """The model's card."""
        return self.owner.info

    def emotion_among(self, emotions: Sequence[str]) -> str:
        """The chosen emotion where a result has it, else the first that it has."""
        return self.emotion if self.emotion in emotions else emotions[0]


def working_card() -> Working:
    """Draws the card and returns what is chosen; a choice that cannot be had is explained and the last one kept."""
    unlinked = _read_link()
    model_owner, fault = _load(_choices().get("model", app_settings().model))
    with st.sidebar.container(border=True, key="working-with"):
        st.markdown("**Working with**")
        name = _model_picker()
        if not model_owner.loaded and model_owner.fault is None:
            _until_loaded(model_owner)
        elif model_owner.loaded and name.partition("?")[0] == model_owner.info.name.partition("?")[0]:
            _template_field(name, model_owner)
        labels = shelf(model_owner.info)
        set_id = _set_picker(labels)
        run_id = run_of(set_id, model_owner.info)
        vectors = vectors_there(set_id, run_id)
        emotion = None if vectors is None else _emotion_picker(set_id, vectors)
        if vectors is None:
            st.caption("Not built for this model yet.")
        elif vectors.origin:
            st.caption(f"Imported ({plain(vectors.origin)}); its training rows are unknown.")
    for error in (unlinked, fault):
        if error is not None:
            show_error(error)
    if fault is not None:
        st.info(f"{plain(_short(name))} stays the chosen model, and what follows is made with it.")
    linked_set()
    working = Working(model_owner, set_id, run_id, vectors, emotion)
    _write_link(working)
    _small_card(working, labels[set_id])
    return working


@in_own_place
@st.fragment(run_every=_POLL)
def _until_loaded(model_owner: ModelOwner) -> None:
    """Says that the weights are on their way, and draws the page again once they are there or cannot be had."""
    if model_owner.loaded or model_owner.fault is not None:
        st.rerun()
    st.caption("Its weights are loading; finished results show without them.")


def choose_emotion(emotion: str) -> None:
    """Makes an emotion the chosen one everywhere; a callback may call it, other code reruns the script afterwards."""
    _choices()["emotion"] = emotion


def chosen_link(model: str, set_id: str, emotion: str) -> dict[str, str]:
    """The address part with which a link to another page takes a choice along, in this session too."""
    named = {} if model == app_settings().model else {"model": model}
    return {**named, "vectors": set_id, "emotion": emotion, _TAKE: "1"}


def choose_model(name: str) -> None:
    """Makes a model the chosen one everywhere; the script is to be run again afterwards."""
    _choices()["model"] = name


def _read_link() -> EmotionCoreError | None:
    """Takes the choices of a link at the session's first run, or of one that says so; returns what is wrong with it."""
    if "link read" in st.session_state and _TAKE not in st.query_params:
        return None
    st.query_params.pop(_TAKE, None)
    st.session_state["link read"] = True
    wanted = st.query_params.get("vectors") or set_of_linked_part()
    for key in _KEYS:
        if key in st.query_params:
            _choices()[key] = st.query_params[key]
    if wanted:
        _choices()["vectors"] = wanted
    st.session_state[_ASKED] = _choices().get("vectors", BUILT_IN), st.query_params.get("emotion")
    if "model" not in st.query_params:  # a link names no default, and the default may have been another one
        made_with = model_of_linked_run()
        if made_with:
            _choices()["model"] = made_with
    return shelve_linked(wanted)


def link_of_choices() -> dict[str, str]:
    """The address part of what is chosen, for links between pages: the page then has nothing to add to its address.

    Every change of an address is a step for the browser's back button.
    """
    found = _choices() or {key: st.query_params[key] for key in _KEYS if key in st.query_params}
    return {key: value for key, value in found.items() if value and value != _defaults().get(key)}


def _write_link(working: Working) -> None:
    """Keeps the address in step, defaults left out, so that it can be copied from any page; at most one change."""
    st.session_state[_FIRST] = working.vectors.emotions[0] if working.vectors is not None else None
    values = {"model": working.info.name, "vectors": working.set_id, "emotion": working.emotion}
    named = {key: value for key, value in values.items() if value is not None and value != _defaults()[key]}
    for key in set(values) - set(named):
        st.query_params.pop(key, None)
    if any(st.query_params.get(key) != value for key, value in named.items()):
        st.query_params.update(named)


def _defaults() -> dict[str, str | None]:
    return {"model": app_settings().model, "vectors": BUILT_IN, "emotion": st.session_state.get(_FIRST)}


def _choices() -> dict[str, str]:
    choices: dict[str, str] = st.session_state.setdefault(_CHOICES, {})
    return choices


def _pick(label: str, key: str, options: Sequence[str], default: str, **more: Any) -> str:
    """A picker over one of the choices; a choice that is not among the options gives way to the default."""
    if _choices().get(key) not in options:
        _choices()[key] = default
    st.session_state[key] = _choices()[key]

    def take() -> None:
        _choices()[key] = st.session_state[key] or default

    st.selectbox(label, options, key=key, on_change=take, **more)
    return _choices()[key]


def _model_picker() -> str:
    settings = app_settings()
    options = list(dict.fromkeys([*allowed_models(settings), _choices().get("model", settings.model)]))
    name = _pick(
        "Model",
        "model",
        options,
        settings.model,
        accept_new_options=not settings.hosted,
        format_func=_short,
        help="demo and smollm2 work offline. Others are downloaded when first used."
        + ("" if settings.hosted else " You may also type a Hugging Face id or a folder."),
    )
    if name in CATALOGUE:
        st.caption(f"{CATALOGUE[name].parameters} parameters. {CATALOGUE[name].description}")
    return name


def _template_field(name: str, model_owner: ModelOwner) -> None:
    """Arguments of the chat template, where it has any: a part of the model's name, so link and files keep them."""
    offered = offered_arguments(model_owner.model.tokenizer)
    before, _, behind = name.partition("?")
    given, mark, layers = behind.partition("#")
    if not offered or app_settings().hosted or (not behind and "#" in before):
        return
    st.session_state["template"] = given

    def take() -> None:
        wanted = st.session_state["template"].strip().lstrip("?").replace(" ", "")
        choose_model(before + f"?{wanted}" * bool(wanted) + mark + layers)

    st.text_input(
        "Chat template",
        key="template",
        on_change=take,
        placeholder=f"{offered[0]}=...",
        help=f"Arguments of this model's chat template, which asks for {', '.join(offered)}. Several are joined by &. "
        "They are a part of what the model reads: the link and every file keep them.",
    )


def _short(name: str) -> str:
    """The last part of a hub id or a path, and where it runs when that is not here."""
    return name.rstrip("/").rsplit("/", 1)[-1] + (" on NDIF" if name.startswith(SERVED) else "")


def _load(name: str) -> tuple[ModelOwner, EmotionCoreError | None]:
    """The owner of a model, or that of the last one that worked, which becomes the chosen one, and what is wrong."""
    settings = app_settings()
    try:
        require_allowed(name, settings)
        found = owner(name)
    except ModelError as error:
        usual = DEMO_NAME if name == settings.model else settings.model
        last = st.session_state.get("last good model", usual)
        if last == name:
            with st.sidebar:
                _model_picker()
            show_error(error)
            st.stop()
        choose_model(last)
        return owner(last), error
    st.session_state["last good model"] = name
    return found, None


def _set_picker(labels: dict[str, str]) -> str:
    wanted = st.session_state.pop("next vectors", None)
    if wanted in labels:
        _choices()["vectors"] = wanted
    return _pick(
        "Vector set",
        "vectors",
        list(labels),
        BUILT_IN,
        format_func=lambda one: labels.get(one, one),
        help="Sets you build or upload appear here.",
    )


def _emotion_picker(set_id: str, vectors: EmotionVectors) -> str:
    wanted = st.session_state.pop("next emotion", None)
    if wanted in vectors.emotions:
        _choices()["emotion"] = wanted
    found = _pick("Emotion", "emotion", vectors.emotions, vectors.emotions[0])
    of_set, asked = st.session_state.get(_ASKED, ("", None))
    if asked and of_set == set_id and asked not in vectors.emotions and found == vectors.emotions[0]:
        st.caption(f"The link asks for {plain(asked)}, which is no emotion of this set.")
    return found


def _small_card(working: Working, label: str) -> None:
    """The same in one line, for phones, where the sidebar is folded away."""
    parts = [working.info.name, label, working.emotion or ""]
    with st.container(key="small-working"):
        line = "Working with " + " · ".join(plain(part) for part in parts if part)
        st.caption(f"{line}. The pages and these choices are in the menu at the top left.")
