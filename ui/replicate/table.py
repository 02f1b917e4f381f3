"""The table of all rows, and the one that is open."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from emotion_core.base.errors import SettingsError
from emotion_core.charts.replication import figure_chart, figure_table
from emotion_core.experiments.replication.book import book, row_numbers
from emotion_core.experiments.replication.report import figure_of, parts_of, report
from emotion_core.experiments.replication.rows import ROWS
from emotion_core.experiments.replication.table import KIND, Line, Table, newest_table, runnable, start_table
from emotion_core.runs.limits import about
from emotion_core.runs.recipes import origin
from ui.figure import download, downloads, json_download, show_chart, shows
from ui.page_run import view_run
from ui.plain import minus, plain
from ui.run_button import run_button
from ui.run_panel import run_panel
from ui.services import activation_cache, registry, store
from ui.working import Working

# Starts rows of the table, and shows how far they are.


def replication_run(working: Working) -> None:
    """The choice of rows with its cost, the button, and the panel of what is under way."""
    st.caption(
        "The paper found emotion vectors in one large model. Here its experiments are run on the chosen model. What "
        "counts as the same finding was fixed before: half of the published effect, beyond what the row's null "
        "gives, and over all rows that are run at most 5 % false discoveries. A row that cannot be tested on this "
        "model says so and is no failure."
    )
    with st.expander("Run rows", icon=":material/play_arrow:"):
        text = st.text_input(
            "Rows",
            value="1-22",
            key="replicate-rows",
            help="Such as 1-22 or 5, 17. Each row is kept when it is done; after a stop the rest goes on.",
        )
        try:
            numbers = runnable(row_numbers(text))
            fault = "" if numbers else "None of these rows is built yet."
        except SettingsError as error:
            numbers, fault = (), error.message
        if fault:
            st.warning(fault)
        else:
            took = about(60 * sum(one.minutes for one in book() if one.row in numbers))
            st.caption(
                f"{took.capitalize()} for a model of 135 million parameters on two cores; the demo model takes a "
                "fraction of it. What was done before is found again and costs nothing."
            )
        start = (lambda: start_table(registry(), working.owner, numbers, activation_cache())) if numbers else None
        run_button("Run these rows", "replicate", start, key="run-rows")
    run_id = view_run("replicate", KIND)
    if run_id is not None:
        run_panel(run_id, key="replicate")


_SIGNS = {
    "replicates": "● replicates",
    "does not": "○ does not",
    "cannot be told": "◒ cannot be told",
    "not testable here": "◌ not testable here",
    "not run": "not run",
    "not built": "not built",
}


def replication_table(working: Working) -> None:
    """The table with its count of verdicts, the chosen row under it, and the downloads."""
    table = newest_table(store(), working.info) or Table(working.info)
    lines = table.lines()
    _count(lines)
    part = st.segmented_control(
        "Part of the paper",
        list(dict.fromkeys(line.book.part for line in lines)),
        key="replicate-part",
        help="None: all parts",
    )
    shown = [line for line in lines if part in (None, line.book.part)]
    st.dataframe(
        pd.DataFrame(
            {
                "Row": [line.book.row for line in shown],
                "Experiment": [line.book.name for line in shown],
                "Verdict": [_SIGNS[line.verdict] for line in shown],
                "The paper": [line.book.paper for line in shown],
                "This model (95 %)": [minus(parts_of(line)[0]) for line in shown],
                "Null (95 %)": [minus(parts_of(line)[1]) for line in shown],
            }
        ),
        hide_index=True,
        height=min(640, 38 + 35 * len(shown)),
        column_config={
            "Row": st.column_config.NumberColumn(width=44),
            "Experiment": st.column_config.TextColumn(width=190),
            "Verdict": st.column_config.TextColumn(width=130),
            "The paper": st.column_config.TextColumn(width=190),
        },
    )
    by_row = {line.book.row: line for line in shown}
    linked = st.query_params.get("row", "")
    numbers = list(by_row)
    places = {str(number): place for place, number in enumerate(numbers)}
    row = st.selectbox(
        "Open a row",
        numbers,
        index=places.get(linked, 0),
        format_func=lambda number: f"{number}. {by_row[number].book.name}",
        key=f"replicate-row-{part}",
        help="What the paper did, what came out here, and the texts.",
    )
    if row is not None and str(row) != linked:
        st.query_params["row"] = str(row)
    if row is not None:
        _row(by_row[row], working)
    if table.findings:
        name = f"replication-{working.info.name}"
        with st.container(horizontal=True):
            download(
                "Report (HTML)",
                lambda: report(table, html=True).encode(),
                f"{name}.html",
                "text/html",
                key="report-html",
            )
            download(
                "Report (Markdown)", lambda: report(table).encode(), f"{name}.md", "text/markdown", key="report-md"
            )
            json_download("JSON", table.to_json, f"{name}.json", key="report-json")


def _count(lines: tuple[Line, ...]) -> None:
    counts = pd.Series([line.verdict for line in lines]).value_counts()
    words = [f"{sign}: {counts[verdict]}" for verdict, sign in _SIGNS.items() if verdict in counts.index]
    st.markdown(" · ".join(words))


def _row(line: Line, working: Working) -> None:
    """What the paper did, what came out here, and what it means."""
    st.header(f"{line.book.row}. {plain(line.book.name)}", anchor=False)
    st.markdown(f"**{_SIGNS[line.verdict]}**" + (f" · {plain(minus(line.why))}" if line.why else ""))
    finding = line.finding
    paper, here = st.columns(2)
    paper.markdown(f"**The paper**: {plain(line.book.paper)}")
    paper.caption(plain(f"{line.book.did} ({line.book.where})"))
    paper.markdown(f"**Replications**: {plain(line.book.replications)}")
    figure = figure_of(line)
    here.markdown(f"**{plain(working.info.name)}**: {plain(minus(figure)) or 'no figure'}")
    if finding is not None and finding.statistic:
        here.caption(plain(f"The figure: {finding.statistic}; {finding.n} units ({line.book.unit})."))
    here.markdown(f"**What decides**: {plain(line.book.decides)}")
    source = origin(working.info.name, working.info.fingerprint)
    if finding is not None:
        for k, one in enumerate(finding.figures):
            show_chart(figure_chart(one), alt_text=one.title, key=f"replicate-figure-{line.book.row}-{k}")
            downloads(
                f"row-{line.book.row}",
                chart=figure_chart(one),
                table=figure_table(one),
                key=f"replicate-{line.book.row}-{k}",
                notes=(f"{line.book.row}. {line.book.name}: {line.verdict}. {line.why}", source),
            )
        if finding.facts:
            st.dataframe(
                pd.DataFrame(finding.facts, columns=["Beside it", "Figure"]).map(minus),
                hide_index=True,
                height=38 + 35 * len(finding.facts),
            )
    shows(plain(line.book.shows), plain(line.book.shows_not))
    took = "" if math.isnan(line.seconds) else f" This result took {line.seconds:.0f} s to compute."
    if line.book.row in ROWS:
        cost = f"{about(60 * line.book.minutes).capitalize()} at 135 million parameters on two cores.{took}"
        st.caption(plain(f"Texts: {', '.join(line.book.texts)}. {cost}"))
        st.code(
            f"python -m emotion_core replicate --model {working.info.name} --rows {line.book.row} --json", language="sh"
        )
    elif line.book.today:
        st.caption(plain(f"Not built yet. Today: {line.book.today}"))
