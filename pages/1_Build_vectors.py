"""Build vectors: texts in, a direction for every emotion and layer out, tested on texts it was not built from."""

import streamlit as st

from emotion_core.errors import EmotionCoreError
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.runs.builds import start_build
from emotion_core.runs.cost import build_cost, where_it_computes
from emotion_core.runs.limits import require_texts
from emotion_core.vectors.settings import BuildSettings
from ui.build.form import build_form
from ui.build.prompt_preview import preview
from ui.build.prompt_source import choose_prompts
from ui.build.result import build_result
from ui.build.token_audit import token_audit
from ui.errors import show_error, shown_errors
from ui.limits import limit_note
from ui.page import begin
from ui.run_panel import current_run, remember_run, run_panel
from ui.services import activation_cache, app_settings, registry
from ui.vector_sets import choose_next, put_on_shelf
from ui.working import Working

PAGE = "build"


def texts() -> tuple[PromptSet, ...]:
    """Step 1: where the texts come from, and what was read of them."""
    st.subheader("1. Texts", anchor=False)
    prompt_sets = choose_prompts()
    preview(prompt_sets)
    return prompt_sets


def settings_and_button(working: Working, prompt_sets: tuple[PromptSet, ...]) -> None:
    """Step 2: how they are read; starts a build at a click."""
    st.subheader("2. Settings", anchor=False)
    settings: BuildSettings | None = None
    n_texts = sum(len(one.texts) for one in prompt_sets)
    try:
        settings = build_form()
        require_texts(app_settings(), prompt_sets)
    except EmotionCoreError as error:
        show_error(error)
        settings = None
    if settings is not None and prompt_sets:
        with st.expander("Which tokens are read", icon=":material/format_ink_highlighter:"):
            token_audit(working.owner, prompt_sets, settings.reading, key="before")
    label = "Build vectors"
    if prompt_sets:
        label += f": {n_texts:,} texts, {build_cost(working.info, n_texts)}"
    ready = settings is not None and bool(prompt_sets)
    limit_note("build")
    st.caption(f"{where_it_computes(working.info)}. Texts that were read before cost nothing.")
    pressed = st.button(label, type="primary", disabled=not ready, key="build", icon=":material/play_arrow:")
    if pressed and settings is not None:
        with shown_errors():
            run_id = start_build(registry(), working.owner, prompt_sets, settings, activation_cache())
            remember_run(PAGE, run_id)
            st.session_state["fresh build"] = run_id
            st.rerun()


def result(working: Working, *, ready: bool) -> None:
    """Step 3: the page's run, as far as it is."""
    st.subheader("3. Result", anchor=False)
    run_id = current_run(PAGE)
    if run_id is None:
        first = "Press the button above" if ready else "Choose some texts above, then press the button"
        st.info(f"{first}: the verdict for every emotion and the vector file appear here.", icon=":material/info:")
        return
    run = run_panel(run_id, key=PAGE)
    if run is None:
        return
    if st.session_state.pop("fresh build", None) == run.id:
        put_on_shelf(run.id)
        choose_next(run.id)
        st.rerun()
    build_result(run.id, working)


working = begin(PAGE)
prompt_sets = texts()
settings_and_button(working, prompt_sets)
result(working, ready=bool(prompt_sets))
