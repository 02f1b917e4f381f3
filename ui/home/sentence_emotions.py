"""The emotions of the visitor's sentence, out of all that the map knows."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.jobs import Job
from emotion_core.charts.reading import ranking_chart, ranking_table
from emotion_core.experiments.experiment import Bench, find
from emotion_core.experiments.reading import ZERO_POINT, ZeroPointSettings, known_baseline
from emotion_core.experiments.ship import CORE_SET, MAP_SET, PLANTED_SET, STORIES_SET
from emotion_core.geometry.emotion_map import FEWEST_EMOTIONS
from emotion_core.models.owner import ModelOwner
from emotion_core.reading.text import Ranking, ranking, ranking_controls, sentence_means
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.figure import downloads, show_chart, shows
from ui.plain import plain
from ui.services import activation_cache, ask, store
from ui.vector_sets import run_of, vectors_of
from ui.working import Working


def sentence_emotions(working: Working, text: str) -> None:
    """Bars of the emotions at both ends; nothing where no set with several emotions is at hand."""
    found = _many(working)
    if found is None:
        return
    name, run_id, vectors = found
    ranked = _ranked(run_id, text, working.owner, vectors)
    chart = ranking_chart(ranked)
    show_chart(chart, alt_text=str(chart.title.text), key="sentence-emotions")
    beyond = ", ".join(plain(emotion) for emotion in ranked.beyond)
    shows(
        "Which functional directions the sentence lies furthest along, and furthest against, beside neutral texts at "
        f"the same place in a text. Beyond the dashed lines, further than any of {ranked.of} random directions gets on "
        f"these words in 95 of 100 draws: {beyond or 'none'}.",
        "That the model or the writer has the emotion: directions that are alike move together, and some emotion is "
        "always the highest. Mixes of neutral texts, which other pages hold directions against as well, are not among "
        "these random ones.",
    )
    st.caption(f"Vectors: {plain(name)}, layer {ranked.layer}.")
    downloads("sentence-emotions", chart=chart, table=ranking_table(ranked), key="sentence-emotions")


def zero_points_at_hand(working: Working) -> bool:
    """Whether the neutral texts were read before, here or where the app's own results were made."""
    if working.vectors is None:
        return False
    wanted = [(working.vectors, ZeroPointSettings())]
    found = _many(working)
    if found is not None:
        wanted.append((found[2], _zero_point(found[2])))
    return all(find(store(), vectors, ZERO_POINT, settings) for vectors, settings in wanted)


@st.cache_resource(max_entries=64, show_spinner=False)
def _ranked(run_id: str, text: str, _owner: ModelOwner, _vectors: EmotionVectors) -> Ranking:
    """The ranking; remembered, since every click on the page runs it again."""
    return ask(_owner, _read(_owner, _vectors, text))


def _read(owner: ModelOwner, vectors: EmotionVectors, text: str) -> Job[Ranking]:
    bench = Bench(owner.model, vectors, activation_cache(), store=store())
    baseline = yield from known_baseline(bench, _zero_point(vectors))
    return ranking(baseline, (yield from sentence_means(owner.model, baseline, text)))


def _zero_point(vectors: EmotionVectors) -> ZeroPointSettings:
    return ZeroPointSettings(each=ranking_controls(len(vectors.emotions)))


def _many(working: Working) -> tuple[str, str, EmotionVectors] | None:
    """The chosen set where it has several emotions, else a built-in one that is ready for this model."""
    if working.vectors is not None and len(working.vectors.emotions) >= FEWEST_EMOTIONS:
        return "the chosen set", str(working.run_id), working.vectors
    for name in (PLANTED_SET, MAP_SET, STORIES_SET, CORE_SET):
        run_id = run_of(name, working.info)
        if run_id is not None:
            return name, run_id, vectors_of(run_id)
    return None
