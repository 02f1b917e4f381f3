"""What all visitors of this process share: the run store, the activation cache, the models."""

from __future__ import annotations

from typing import TypeVar

import streamlit as st

from emotion_core.base.activations import SERVED, ActivationCache, open_cache
from emotion_core.base.errors import BusyError
from emotion_core.base.jobs import Job
from emotion_core.base.settings import Settings, settings
from emotion_core.experiments.ship import shipped_card, unpack
from emotion_core.models.catalogue import DEMO_NAME
from emotion_core.models.gguf_weights import SMOLLM2
from emotion_core.models.load import use_threads
from emotion_core.models.owner import TURNS, ModelOwner, owner_of
from emotion_core.runs.housekeeping import Housekeeper
from emotion_core.runs.registry import JobRegistry, start_logging
from emotion_core.runs.store import RunStore, open_store
from ui.ndif_key import ndif_owner
from ui.visitor import visitor

T = TypeVar("T")
# Seconds that weights wait, so that the first page is drawn at full speed; asked for, they are loaded at once.
_DRAWN_FIRST = 3.0


def app_settings() -> Settings:
    """The settings of this process."""
    return settings()


@st.cache_resource
def common_registry() -> JobRegistry:
    """The live jobs, over the run store of the data folder; what is started here belongs to everybody."""
    start_logging()
    chosen = settings()
    use_threads(chosen.threads)
    runs = open_store()
    unpack(runs)
    TURNS.limit(chosen.max_running, chosen.visitor_running)
    if not (chosen.expire_hours or chosen.disk_mb or chosen.memory_mb):
        return JobRegistry(runs, chosen)
    keeper = Housekeeper(runs, activation_cache(), chosen)
    return JobRegistry(runs, chosen, after=keeper.wake)


def registry() -> JobRegistry:
    """The live jobs as this visitor sees them: what is started here is the visitor's own."""
    return common_registry().of(visitor())


def store() -> RunStore:
    """The run store."""
    return common_registry().store


@st.cache_resource
def activation_cache() -> ActivationCache:
    """The activations read so far."""
    return open_cache()


def owner(model_name: str) -> ModelOwner:
    """The owner of a model, which is loaded at the first call.

    Raises:
        ModelError: The model cannot be loaded.
    """
    if model_name.startswith(SERVED):
        return ndif_owner(model_name)
    # What is shipped with a model was computed in float32 and belongs to no other format.
    dtype = "float32" if model_name in (DEMO_NAME, SMOLLM2) else app_settings().dtype
    known = shipped_card(model_name)
    if known is not None:  # what is finished shows at once, while the weights load behind it
        found = owner_of(model_name, dtype, known=known)
        if found.fault is not None:
            raise found.fault
        found.load_soon(_DRAWN_FIRST)
        return found
    with st.spinner(f"Loading the model {model_name}", show_time=True):
        place = st.empty()
        return owner_of(model_name, dtype, lambda what, share: place.caption(f"{what} ..."))


def ask_once(model_owner: ModelOwner, key: str, wanted: object, job: Job[T]) -> T:
    """The result of `ask`; the model is asked again only where something else is wanted than at the last click.

    While a run is at work, every question waits for the step that it is at.

    Args:
        model_owner: Of the model.
        key: Of the session, under which the last answer stays.
        wanted: All that the answer depends on beside the model.
        job: The question.

    Raises:
        EmotionCoreError: As `ask`.
    """
    now, name = (model_owner.info.fingerprint, wanted), f"answer {key}"
    if st.session_state.get(name, (None,))[0] != now:
        st.session_state[name] = now, ask(model_owner, job)
    found: T = st.session_state[name][1]
    return found


def ask(model_owner: ModelOwner, job: Job[T], timeout: float = 60.0) -> T:
    """The result of a job that takes a moment only; longer ones belong into a run.

    Raises:
        EmotionCoreError: What the job raised, or that the model is too busy.
    """
    try:
        return model_owner.submit(job, at_once=True).result(timeout)
    except TimeoutError as error:
        raise BusyError("The model is busy with other jobs", remedy="Wait for them or try again") from error
