"""Build vectors: texts in, a direction for every emotion and layer out, tested on texts it was not built from."""

from functools import partial

import streamlit as st

from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.runs.builds import KIND as BUILD
from emotion_core.runs.builds import start_build
from emotion_core.runs.limits import build_cost, require_texts, where_it_computes
from emotion_core.vectors.emotion_vectors import BuildSettings
from ui.build.form import build_form, without_long
from ui.build.prompts import choose_prompts, preview
from ui.build.result import build_result, token_audit
from ui.errors import shown_errors
from ui.page import begin
from ui.page_run import shown_run
from ui.run_button import limit_note, run_button
from ui.run_panel import run_panel
from ui.services import activation_cache, app_settings, registry
from ui.vector_sets import choose_next, put_on_shelf
from ui.working import Working

PAGE = "build"


def texts() -> tuple[PromptSet, ...]:
    """Step 1: where the texts come from, and what was read of them."""
    st.header("1. Texts", anchor=False)
    prompt_sets = choose_prompts()
    preview(prompt_sets)
    return prompt_sets


def settings_and_button(working: Working, prompt_sets: tuple[PromptSet, ...]) -> None:
    """Step 2: how they are read; starts a build at a click."""
    st.header("2. Settings", anchor=False)
    label, start = "Build vectors", None
    with shown_errors():
        settings = build_form()
        prompt_sets = without_long(working.owner, prompt_sets, settings.reading.chat)
        require_texts(app_settings(), prompt_sets)
        if prompt_sets:
            with st.expander("Which tokens are read", icon=":material/format_ink_highlighter:"):
                token_audit(working.owner, prompt_sets, settings.reading, key="before")
            n_texts = sum(len(one.texts) for one in prompt_sets)
            characters = sum(len(t.text) for one in prompt_sets for t in one.texts)
            label += f": {n_texts:,} texts, {build_cost(working.info, n_texts, characters)}"
            start = partial(_start, working, prompt_sets, settings)
    limit_note("build")
    st.caption(
        f"{where_it_computes(working.info)}. About 200 neutral texts and those of the confounds are "
        "read with the first set of a model; texts that were read before cost nothing."
    )
    run_button(label, PAGE, start, key="build")


def _start(working: Working, prompt_sets: tuple[PromptSet, ...], settings: BuildSettings) -> str:
    run_id = start_build(registry(), working.owner, prompt_sets, settings, activation_cache())
    st.session_state["fresh build"] = run_id
    return run_id


def result(working: Working, *, ready: bool) -> None:
    """Step 3: the page's run, as far as it is."""
    st.header("3. Result", anchor=False)
    run_id = shown_run(PAGE, working.info.fingerprint, BUILD)
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
