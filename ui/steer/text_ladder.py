"""The texts of a sweep, strength by strength, each beside the unsteered one: where it leaves it is marked.

A Streamlit component (version 2); generated text is set with `textContent` only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from emotion_core.charts.palette import COOL, WARM

_SMALL = 0.25  # standard deviations

_HTML = '<div class="ladder" role="list"></div>'

_CSS = """
.ladder { display: flex; flex-direction: column; gap: 6px; color: var(--st-text-color); }
.rung { display: grid; grid-template-columns: 7.5rem 1fr; gap: 0 1rem; padding: 0.55rem 0.8rem; border-radius: 8px;
  border: 1px solid var(--st-border-color); border-left-width: 4px; }
.rung.unsteered { background: var(--st-secondary-background-color); }
.rung.outside { opacity: 0.92; border-style: dashed; border-left-style: solid; }
.mark { font-family: var(--st-font); font-size: 0.86rem; line-height: 1.45; }
.mark b { font-size: 1rem; display: block; }
.text { font-family: "Source Serif Pro", "Source Serif", Georgia, serif; font-size: 1.03rem; line-height: 1.55;
  overflow-wrap: anywhere; white-space: pre-wrap; }
.same { opacity: 0.7; }
.new { text-decoration: underline; text-decoration-thickness: 1px; text-underline-offset: 3px;
  text-decoration-color: var(--st-primary-color); }
@media (max-width: 640px) { .rung { grid-template-columns: 1fr; } .mark b { display: inline; margin-right: 0.5rem; } }
"""

_JS = """
const piece = (parent, tag, name, text) => {
  const item = document.createElement(tag);
  item.className = name;
  item.textContent = text;
  parent.appendChild(item);
  return item;
};
export default function (component) {
  const { data, parentElement } = component;
  const ladder = parentElement.querySelector('.ladder');
  ladder.replaceChildren();
  ladder.setAttribute('aria-label', data.label);
  data.rungs.forEach((rung) => {
    const name = 'rung' + (rung.unsteered ? ' unsteered' : '') + (rung.usable ? '' : ' outside');
    const item = piece(ladder, 'div', name, '');
    item.setAttribute('role', 'listitem');
    if (rung.colour) item.style.borderLeftColor = rung.colour;
    const mark = piece(item, 'div', 'mark', '');
    piece(mark, 'b', '', rung.strength);
    rung.notes.forEach((note) => piece(mark, 'div', '', note));
    const text = piece(item, 'div', 'text', '');
    piece(text, 'span', rung.unsteered ? '' : 'same', rung.same);
    piece(text, 'span', rung.unsteered ? '' : 'new', rung.rest);
  });
}
"""

_component = st.components.v2.component("emotion_text_ladder", html=_HTML, css=_CSS, js=_JS)


@dataclass(frozen=True)
class Rung:
    """One text.

    Attributes:
        strength: As shown.
        notes: Short lines under the strength.
        same: Beginning that equals the unsteered text.
        rest: What comes after.
        colour: Of the edge, empty for none.
        unsteered: Whether this is the unsteered text.
        usable: Whether the strength lies in the usable window.
    """

    strength: str
    notes: tuple[str, ...]
    same: str
    rest: str
    colour: str
    unsteered: bool
    usable: bool


def text_ladder(rungs: Sequence[Rung], *, label: str, key: str) -> None:
    """Shows the texts in the order given."""
    _component(data={"rungs": [asdict(rung) for rung in rungs], "label": label}, key=key)


def edge_colour(moved: float | None) -> str:
    """Colour of a text's edge by how far its reading moved, in standard deviations; none where it hardly did."""
    if moved is None or abs(moved) < _SMALL:
        return ""
    return WARM if moved > 0 else COOL


def split_at_difference(text: str, other: str) -> tuple[str, str]:
    """The beginning a text shares with another one, up to a word's end, and the rest."""
    if text == other:
        return text, ""
    length = 0
    for a, b in zip(text, other, strict=False):
        if a != b:
            break
        length += 1
    cut = text.rfind(" ", 0, length) + 1 if length < len(text) else length
    return text[:cut], text[cut:]
