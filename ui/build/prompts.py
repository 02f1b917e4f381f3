"""Prompt sets to build from: where they come from, and what is in them."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from emotion_core.base.errors import PromptSetError
from emotion_core.evaluation.sample_size import power_sentences
from emotion_core.prompts.builtin import BUILTIN, builtin_bytes, builtin_description, builtin_names, load_prompts
from emotion_core.prompts.checks import Finding, check
from emotion_core.prompts.files import read_prompt_bytes, to_csv
from emotion_core.prompts.prompt_set import PromptSet, n_units, spelled_alike
from ui.errors import show_error, shown_errors
from ui.figure import download
from ui.plain import plain
from ui.prompt_upload import prompt_uploader

# Where the texts of a build come from: built-in sets, files of the visitor, or a table typed here.

SOURCES = ("Built-in", "Upload", "Write here")
_OWN = "own prompt sets"
_WRITTEN = "written-here.csv"  # as which the table is read
_EXAMPLE = pd.DataFrame(
    {
        "emotion": ["pride", "pride", "pride", "pride", "pride", "pride"],
        "positive": [
            "After nine years of night classes, she carries her diploma across the stage herself.",
            "The bench he built stands in the square now, with his initials under the seat.",
            "Her name is the first one on the list of people who made it to the final.",
            "The orchestra plays the piece that he wrote at the kitchen table.",
            "For the first time, all of the seedlings she planted have come through the winter.",
            "The stranger praises the repair without knowing that the boy beside him did it.",
        ],
        "negative": [
            "After nine years of night classes, she carries her chair across the room herself.",
            "The bench they delivered stands in the square now, with a number under the seat.",
            "Her name is the fourth one on the list of people who signed for the parcel.",
            "The orchestra plays the piece that they play on most Sundays.",
            "For the first time, all of the boxes she ordered have come in one van.",
            "The stranger mentions the repair without knowing when the shop did it.",
        ],
        "topic": ["study", "craft", "contest", "music", "garden", "craft"],
    }
)


def choose_prompts() -> tuple[PromptSet, ...]:
    """Draws the source picker and returns the sets in use; empty while there is nothing usable."""
    source = st.segmented_control(
        "Texts", SOURCES, default=SOURCES[0], required=True, key="source", persist_state="session", bind="query-params"
    )
    chosen = {"Upload": _uploaded, "Write here": _written}.get(str(source), _built_in)
    return spelled_alike(chosen())


def _built_in() -> tuple[PromptSet, ...]:
    known = builtin_names(present_only=True)
    linked = [name for name in st.query_params.get("sets", "").split(",") if name in known]
    if linked:
        st.session_state["built_in"] = linked
    st.query_params.pop("sets", None)  # it would go stale at the first change
    names = st.multiselect(
        "Built-in sets",
        known,
        default=["fear-calm"],
        key="built_in",
        persist_state="session",
        help="Several sets are built together. Labelled emotions are measured against each other.",
    )
    for name in names:
        _about(name)
    found = []
    for name in names:
        with shown_errors():
            found.append(load_prompts(name))
    if not names:
        st.info("Choose at least one set.", icon=":material/arrow_upward:")
    return tuple(found)


def _about(name: str) -> None:
    """What a set is, how it was made and what it is not, and its file to start one's own from."""
    st.caption(f"**{plain(name)}**: {plain(BUILTIN[name])}.")
    with st.expander(f"How {name} was made, and a copy to edit", icon=":material/menu_book:"):
        st.markdown(plain(builtin_description(name)))
        download("Edit a copy", builtin_bytes(name), f"{name}.csv", "text/csv", key=f"copy-{name}")
        st.caption("Change the file in an editor or spreadsheet, save it as CSV UTF-8, and bring it back under Upload.")


def _uploaded() -> tuple[PromptSet, ...]:
    own = prompt_uploader(
        _OWN,
        key="prompt_files",
        help_text="Contrast pairs (positive, negative) or labelled texts (emotion, text). Layouts of public data sets "
        "are known; for any other, name the columns. Optional: topic, split. Without a split, a fifth is held out.",
    )
    _formats()
    if not own:
        return ()
    chosen = st.multiselect(
        "Files in use",
        list(own),
        default=list(own),
        key=f"own_sets_{len(own)}",
        help="Files you uploaded in this session; they are kept when you go to another page.",
    )
    return tuple(own[name] for name in chosen)


def _formats() -> None:
    with st.expander("What a file looks like", icon=":material/table:"):
        st.markdown(
            "**Contrast pairs**: one row holds two texts of the same situation, `positive` with the emotion and "
            "`negative` without it. Name no emotion in the texts: the direction should come from the situations.\n\n"
            "**Labelled texts**: one row holds an `emotion` and a `text` that shows it."
        )
        st.dataframe(_EXAMPLE, hide_index=True, height=150)
        with st.container(horizontal=True):
            download("Example file", _EXAMPLE.to_csv(index=False), "example_pairs.csv", "text/csv", key="example")
            download("fear-calm as a file", builtin_bytes("fear-calm"), "fear-calm.csv", "text/csv", key="fear-file")


def _written() -> tuple[PromptSet, ...]:
    st.caption("Six pairs to start from. Change them, add rows at the end, or paste from a spreadsheet.")
    if "written_table" not in st.session_state:
        # The editor forgets itself on a page switch; its last content becomes the new start.
        st.session_state["written start"] = st.session_state.get("written content", _EXAMPLE)
    content = st.data_editor(
        st.session_state["written start"],
        num_rows="dynamic",
        hide_index=True,
        key="written_table",
        column_config={
            "positive": st.column_config.TextColumn("positive (with the emotion)", width="large"),
            "negative": st.column_config.TextColumn("negative (without it)", width="large"),
        },
        alt="Editable table of contrast pairs",
    )
    st.session_state["written content"] = content
    rows = content.fillna("").map(str.strip)
    rows[(rows["positive"] == "") & (rows["negative"] == "")] = ""  # left out, and counted as a row of the table
    try:
        return (read_prompt_bytes(_WRITTEN, rows.to_csv(index=False).encode()),)
    except PromptSetError as error:
        show_error(_of_the_table(error))
        return ()


def _of_the_table(error: PromptSetError) -> PromptSetError:
    """The error of the file that a table is read as, in words for the table."""
    return PromptSetError(
        error.what.replace("The file", "The table"),
        where=error.where.replace(_WRITTEN, "the table"),
        expected=error.expected,
        found=error.found,
        remedy=error.remedy.replace(" and upload it again", ""),
    )


# What was read: counts, the rows with their split, and what the checks found, row by row.

_ICONS = {"error": ":material/error:", "warning": ":material/warning:", "note": ":material/info:"}
_SHOWN_ROWS = 12


def preview(prompt_sets: Sequence[PromptSet]) -> None:
    """Shows every set: its counts in a line, its findings, its rows; of all together what they can show."""
    for number, one in enumerate(prompt_sets):
        with st.container(border=True, key=f"preview-{number}"):
            st.markdown(f"**{plain(one.name)}** · {counts(one)}")
            if one.dropped:
                told = one.dropped[:_SHOWN_ROWS]
                st.caption(plain(" ".join(sentence if sentence.endswith(".") else f"{sentence}." for sentence in told)))
            if len(prompt_sets) == 1:
                _power(prompt_sets)
            # Sets of one content may come from files whose rows are numbered otherwise.
            rows = hash((one.dropped, tuple(text.row for text in one.texts)))
            _findings(findings_of(f"{one.sha256} {rows}", one))
            with st.expander(
                "Rows",
                expanded=len(prompt_sets) == 1 and not one.name.startswith("written"),
                icon=":material/table_rows:",
            ):
                st.dataframe(table_of(one.sha256, one), hide_index=True, height=230)
    if len(prompt_sets) > 1:
        _power(prompt_sets)


def _power(prompt_sets: Sequence[PromptSet]) -> None:
    with shown_errors():
        for sentence in power_sentences(prompt_sets):
            st.caption(sentence)


def counts(one: PromptSet) -> str:
    """How much of what is in a set, in words."""
    unit = "pairs" if one.form == "pairs" else "texts"
    train, heldout = n_units(one.part("train")), n_units(one.part("heldout"))
    topics = len({t.topic for t in one.texts if t.topic})
    how = "held out by topic" if any(t.topic for t in one.texts) else "drawn"
    drawn = f", {how} with seed {one.seed}" if one.seed is not None else ""
    emotions = f"{len(one.emotions)} emotions" if len(one.emotions) > 1 else plain(one.emotions[0])
    return f"{emotions} · {train} training and {heldout} held-out {unit}{drawn}" + (
        f" · {topics} topics" if topics else ""
    )


def _findings(findings: Sequence[Finding]) -> None:
    if not findings:
        st.caption(":material/check: The checks found nothing to change.")
        return
    for one in findings:
        rows = ", ".join(str(row) for row in one.rows[:_SHOWN_ROWS]) + (" …" if len(one.rows) > _SHOWN_ROWS else "")
        place = f" (row{'s' if len(one.rows) > 1 else ''} {rows})" if one.rows else ""
        remedy = f" → {plain(one.remedy)}" if one.remedy else ""
        st.markdown(f"{_ICONS[one.severity]} **{one.severity.capitalize()}**{place}: {plain(one.detail)}{remedy}")
    if any(one.severity == "error" for one in findings):
        st.caption("This stops no build; it says what will make the result mean less.")


@st.cache_data(max_entries=64, show_spinner=False)
def findings_of(key: str, _prompt_set: PromptSet) -> tuple[Finding, ...]:
    """The checks of a set; remembered by its content and its row numbers."""
    return tuple(check(_prompt_set))


@st.cache_data(max_entries=64, show_spinner=False)
def table_of(sha256: str, _prompt_set: PromptSet) -> pd.DataFrame:
    """The rows of a set as a table."""
    return pd.read_csv(io.StringIO(to_csv(_prompt_set)), keep_default_na=False, dtype=str)
