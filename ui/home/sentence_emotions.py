"""The emotions of the visitor's sentence, out of all that the map knows."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from emotion_core.charts.ranking import ranking_chart
from emotion_core.experiments.ship import MAP_SET, PLANTED_SET
from emotion_core.geometry.emotion_map import FEWEST_EMOTIONS
from emotion_core.models.owner import ModelOwner
from emotion_core.reading.ranking import ranking
from emotion_core.reading.text import TokenReading, read_text
from emotion_core.runs.progress import Job
from emotion_core.runs.readings import known_baseline
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.charts import show_chart
from ui.downloads import downloads
from ui.plain import plain
from ui.services import ask
from ui.vector_sets import run_of, vectors_of
from ui.verdict import shows
from ui.working import Working


def sentence_emotions(working: Working, text: str) -> None:
    """Bars of the emotions at both ends; nothing where no set with several emotions is at hand."""
    found = _many(working)
    if found is None:
        return
    name, run_id, vectors = found
    table, layer = _ranked(run_id, text, working.owner, vectors)
    chart = ranking_chart(table, len(vectors.emotions))
    show_chart(chart, alt_text=str(chart.title.text), key="sentence-emotions")
    shows(
        "Which functional directions the sentence lies furthest along, and furthest against, beside neutral texts at "
        "the same place in a text.",
        "That the model or the writer has the emotion: directions that are alike move together, some emotion is always "
        "the highest, and the lines are about this sentence's tokens alone.",
    )
    st.caption(f"Vectors: {plain(name)}, layer {layer}.")
    downloads("sentence-emotions", chart=chart, table=table, key="sentence-emotions")


@st.cache_resource(max_entries=64, show_spinner=False)
def _ranked(run_id: str, text: str, _owner: ModelOwner, _vectors: EmotionVectors) -> tuple[pd.DataFrame, int]:
    """The ranking and the layer it was read at; remembered, since every click on the page runs it again."""
    reading = ask(_owner, _read(_owner, _vectors, text))
    return ranking(reading), reading.layer


def _read(owner: ModelOwner, vectors: EmotionVectors, text: str) -> Job[TokenReading]:
    baseline = yield from known_baseline(owner.model, vectors, None)
    return (yield from read_text(owner.model, baseline, text))


def _many(working: Working) -> tuple[str, str, EmotionVectors] | None:
    """The chosen set where it has several emotions, else a built-in one that is ready for this model."""
    if working.vectors is not None and len(working.vectors.emotions) >= FEWEST_EMOTIONS:
        return "the chosen set", str(working.run_id), working.vectors
    for name in (PLANTED_SET, MAP_SET):
        run_id = run_of(name, working.info)
        if run_id is not None:
            return name, run_id, vectors_of(run_id)
    return None
