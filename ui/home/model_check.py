"""The self-check of the chosen model: one line where all is well, and what to do where it is not."""

from __future__ import annotations

import streamlit as st

from emotion_core.runs.doctors import KIND, Examination, load_examination, start_doctor, start_dry_run
from emotion_core.tracing.doctor import Check
from ui.errors import shown_errors
from ui.linked import part_run
from ui.plain import plain
from ui.run_panel import may_start, run_panel
from ui.services import app_settings, registry, store
from ui.working import Working


def model_check(working: Working) -> None:
    """Checks the model once, and shows what was found; a model elsewhere has no weights here to check."""
    if not working.owner.loaded:
        st.caption(f"{plain(working.info.name)} is checked when its weights are there.")
        return
    if working.owner.model.remote is not None:
        info = working.info
        st.caption(
            f"{plain(info.name)} runs on NDIF: {info.layers} layers of width {info.width:,}, from its configuration. "
            "Its weights are not here, so the self-check is not made. The dry run tries the traces on a small random "
            "model of the same class before anything is sent."
        )
        _dry_run(working)
        return
    name = f"self-check of {working.info.fingerprint}"
    with shown_errors():
        if name not in st.session_state:
            st.session_state[name] = start_doctor(registry(), working.owner)
        run = run_panel(st.session_state[name], key="doctor", shared=True)
        if run is not None:
            _findings(load_examination(store(), run.id), working)


def _findings(found: Examination, working: Working) -> None:
    good = len(found.checks) - len(found.failed)
    for check in found.failed:
        st.warning(
            f"**{plain(working.info.name)}, {plain(check.name)}**: {plain(check.detail)}  \n{plain(check.remedy)}.",
            icon=":material/warning:",
        )
    label = f"Self-check of {plain(working.info.name)}: {good} of {len(found.checks)} checks passed"
    with st.expander(label, icon=":material/health_and_safety:"):
        st.caption("Whether this model can be read and steered as these pages assume; made once a model.")
        st.markdown("\n".join(_line(check) for check in found.checks))
        if not app_settings().hosted:
            _dry_run(working)


def _dry_run(working: Working) -> None:
    """Offers to try the traces as NDIF would get them."""
    name = f"dry run of {working.info.fingerprint}"
    part_run(name, KIND, name="dry-run")
    run = run_panel(st.session_state[name], key="dry-run-panel", started=name) if name in st.session_state else None
    if may_start(name):
        if st.button(
            "Dry run for NDIF",
            key="dry-run",
            icon=":material/flight_takeoff:",
            help="Sends the traces of build, read, sweep and behave through the serialiser and runs them here, in a "
            "process of their own. It loads the model once more.",
        ):
            with shown_errors():
                st.session_state[name] = start_dry_run(registry(), working.owner)
                st.rerun()
        return
    if run is not None:
        with shown_errors():
            st.markdown("\n".join(_line(check) for check in load_examination(store(), run.id).checks))


def _line(check: Check) -> str:
    icon = ":material/check:" if check.passed else ":material/close:"
    remedy = f" {plain(check.remedy)}." if check.remedy else ""
    return f"- {icon} **{plain(check.name)}**: {plain(check.detail)}{remedy}"
