"""The one-line beginning of every page: set-up, look, way around, and what we are working with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ui.working import Working, link_of_choices, working_card

_STYLE = Path(__file__).with_name("style.css")
_ICON = Path(__file__).with_name("icon.png")


@dataclass(frozen=True)
class PageInfo:
    """How a page is called.

    Attributes:
        file: Relative to the app.
        name: In the sidebar.
        icon: A Material symbol.
        title: At its top.
        question: One sentence on what can be found out here.
    """

    file: str
    name: str
    icon: str
    title: str
    question: str


PAGES = {
    "home": PageInfo(
        "app.py",
        "Home",
        ":material/home:",
        "What fear looks like inside a language model",
        "Emotion directions in open language models: find them, test whether they are real, and steer with them.",
    ),
    "talk": PageInfo(
        "pages/11_Talk.py",
        "Talk",
        ":material/forum:",
        "Talk",
        "Converse with the model: its words coloured by what it reads in them, the steered reply beside the plain one.",
    ),
    "build": PageInfo(
        "pages/1_Build_vectors.py",
        "Build vectors",
        ":material/construction:",
        "Build vectors",
        "Do your texts define a direction inside the model that also holds for texts it was not built from?",
    ),
    "explore": PageInfo(
        "pages/2_Explore_emotions.py",
        "Explore emotions",
        ":material/scatter_plot:",
        "Explore emotions",
        "How well does each direction separate texts it has not seen, and how do the emotions lie next to each other?",
    ),
    "steer": PageInfo(
        "pages/3_Steer.py",
        "Steer",
        ":material/tune:",
        "Steer",
        "What happens to the text a model writes when a direction is added while it writes, and is it more than noise?",
    ),
    "read": PageInfo(
        "pages/4_Read.py",
        "Read",
        ":material/menu_book:",
        "Read",
        "Where along a text, a conversation or a growing number does the model move along an emotion's direction?",
    ),
    "behave": PageInfo(
        "pages/5_Behave.py",
        "Behave",
        ":material/balance:",
        "Behave",
        "Do choices follow the directions: what is preferred, and how often a model cheats, flatters or gives up?",
    ),
    "replicate": PageInfo(
        "pages/10_Replicate.py",
        "Replicate",
        ":material/fact_check:",
        "Replicate",
        "Which published findings hold in this model, each against its own null?",
    ),
    "runs": PageInfo(
        "pages/8_Runs.py",
        "Runs",
        ":material/inventory_2:",
        "Runs",
        "What has been computed so far, and how do several results compare?",
    ),
    "glossary": PageInfo(
        "pages/6_Glossary.py",
        "Glossary",
        ":material/dictionary:",
        "Glossary",
        "What do the words on these pages mean?",
    ),
}

# They answer no question about a model: under the card, in one line.
_AT_HAND = ("runs", "glossary")


def contents(**places: str) -> None:
    """A line of links to the parts of a long page.

    Args:
        **places: Anchor of each part with `_` for `-`, and what the link says.
    """
    links = " · ".join(f"[{words}](#{anchor.replace('_', '-')})" for anchor, words in places.items())
    st.markdown(f"Further down: {links}")  # a caption is too pale for links


def begin(page: str) -> Working:
    """Sets a page up and draws what stands on all of them; the first call of every page.

    Args:
        page: Key of `PAGES`.

    Returns:
        The model, vector set and emotion chosen in the sidebar.
    """
    info = PAGES[page]
    st.set_page_config(
        page_title=f"{info.name} · Emotion directions",
        page_icon=_ICON,  # a file: symbols and emoji are fetched from the network
        layout="wide",
        menu_items={"about": "Functional emotion directions in language models. Not a claim about experience."},
    )
    st.html(_STYLE)
    chosen = link_of_choices()
    with st.sidebar:
        for key, one in PAGES.items():
            if key not in _AT_HAND:
                st.page_link(one.file, label=one.name, icon=one.icon, query_params=chosen)
    st.title(info.title, anchor=False)
    with st.container(key="question"):
        st.markdown(info.question)
    working = working_card()
    with st.sidebar, st.container(horizontal=True, key="at-hand"):
        for key in _AT_HAND:
            st.page_link(PAGES[key].file, label=PAGES[key].name, icon=PAGES[key].icon, width="content")
    return working
