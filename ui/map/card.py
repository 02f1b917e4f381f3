"""The card of the chosen emotion: neighbours, tokens, texts, evidence, and the ways on; held emotions side by side."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts.checkup import held_table
from emotion_core.geometry.similarity import farthest
from ui.map.choices import held, toggle_held
from ui.map.data import Mapped
from ui.page import PAGES
from ui.plain import plain
from ui.vector_sets import build_of
from ui.verdict import emotion_verdict
from ui.working import chosen_link

_SHOWN = 5


def card(mapped: Mapped) -> None:
    """Everything about the chosen emotion at the map's layer."""
    found, emotion = mapped.found, mapped.emotion
    at = found.emotions.index(emotion)
    compared = held(found.emotions)
    with st.container(border=True, key="emotion-card"):
        st.markdown(f"#### {plain(emotion)}")
        st.button(
            "Let go" if emotion in compared else "Hold for comparison",
            key="hold",
            icon=":material/keep_off:" if emotion in compared else ":material/keep:",
            on_click=toggle_held,
            args=(emotion,),
        )
        near = [f"{found.emotions[i]} {_cosine(found.cosines[at, i])}" for i in found.neighbours[at]]
        far = [f"{found.emotions[i]} {_cosine(found.cosines[at, i])}" for i in farthest(found.cosines, _SHOWN)[at]]
        st.markdown(f"**Nearest** (cosine, full space): {plain(', '.join(near))}")
        st.markdown(f"**Farthest**: {plain(', '.join(far))}")
        _checked(mapped, at)
        _evidence(mapped)
        _ways_on(mapped)


def compare_held(mapped: Mapped) -> None:
    """The held emotions and the chosen one, side by side."""
    compared = held(mapped.found.emotions)
    names = tuple(dict.fromkeys((mapped.emotion, *compared)))
    if len(names) < 2:
        return
    lens = mapped.checks.lens if mapped.checks is not None else None
    tokens = None
    if lens is not None:
        tokens = {
            name: ", ".join(
                lens.pieces[i].strip() or "space" for i in lens.promoted[mapped.layer, _at(mapped, name)][:5]
            )
            for name in names
        }
    st.markdown("**Held for comparison**: cosines in the full space")
    st.dataframe(held_table(mapped.found, names, tokens), hide_index=True)


def _checked(mapped: Mapped, at: int) -> None:
    checks, layer = mapped.checks, mapped.layer
    if checks is None:
        st.caption("Tokens, texts and stability appear once the map is checked: see Trust below.")
        return
    if checks.stability is not None:
        st.markdown(
            f"**Place**: reliability {checks.stability.place[layer, at]:.2f} of 1; with its cluster mates in "
            f"{_share(float(checks.stability.mates[layer, at]))} of rebuilds from other texts"
        )
    if checks.lens is not None:
        lens = checks.lens
        for word, ids in (("Promotes", lens.promoted), ("Suppresses", lens.suppressed)):
            st.markdown(f"**{word}** (logit lens)")
            st.code("  ".join(_token(lens.pieces[i]) for i in ids[layer, at]), language=None, wrap_lines=True)
    elif "lens" in checks.reasons:
        st.caption(plain(checks.reasons["lens"]))
    if checks.examples is not None:
        with st.expander("Texts at both ends", icon=":material/article:"):
            st.caption("Held-out texts, and what each was written for. z: standard deviations from their mean.")
            ends = checks.examples
            for title, index, z in (("Most", ends.most, ends.z_most), ("Least", ends.least, ends.z_least)):
                st.markdown(f"**{title}**")
                for i, size in zip(index[layer, at], z[layer, at], strict=True):
                    st.caption(f"{plain(ends.labels[i])}, z = {size:.1f}")
                    st.text(ends.texts[i])


def _evidence(mapped: Mapped) -> None:
    scores = build_of(mapped.source.run_id).scores
    if scores is None or mapped.emotion not in scores.emotions:
        st.caption("No held-out texts for this emotion: whether its direction is real was not tested.")
        return
    emotion_verdict(scores, mapped.emotion, key="card")


def _ways_on(mapped: Mapped) -> None:
    link = chosen_link(mapped.working.info.name, mapped.source.set_id, mapped.emotion)
    for key, words in (("steer", "Steer with it"), ("read", "Read with it")):
        st.page_link(PAGES[key].file, label=words, icon=PAGES[key].icon, query_params=link)


def _at(mapped: Mapped, name: str) -> int:
    return mapped.found.emotions.index(name)


def _cosine(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _share(value: float) -> str:
    return f"{value:.0%}" if value == value else "none (it is alone)"


def _token(piece: str) -> str:
    """A token with its leading space made visible."""
    return piece.replace(" ", "·").replace("\n", "⏎")
