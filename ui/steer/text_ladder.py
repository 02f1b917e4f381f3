"""The texts of a sweep, strength by strength, each beside the unsteered one: where it leaves it is marked.

A Streamlit component (version 2); generated text is set with `textContent` only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from emotion_core.base.numbers import finite
from emotion_core.charts.dose_response import shown_name
from emotion_core.charts.palette import COOL, WARM
from emotion_core.steering.finding import change, signed
from emotion_core.steering.sweep import Sweep, SweepRow, TokenValues
from ui.figure import new_click
from ui.linked import first_choice, keep_in_link
from ui.tokens import Token, shade, token_strip

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


# The texts of one strength, each under the unsteered one of the same noise, token by token.

_SURPRISE = "Surprise"


def strength_texts(sweep: Sweep, clicked: str | None, *, key: str) -> None:
    """The pickers, and the texts.

    Args:
        sweep: The sweep.
        clicked: The strength that a click on the chart chose, None without one.
        key: Unique on the page.
    """
    steered = [one.strength for one in sweep.strengths if one.strength]
    if sweep.tokens is None or not steered:
        return
    st.header("The texts at one strength", anchor="one-strength")
    first_choice(f"at-{key}", steered, f"at-{key}")
    _follow_click(clicked, steered, key)
    one, two, three, four = st.columns([1, 2, 1, 1])
    strength = one.selectbox(
        "Strength", steered, format_func=signed, key=f"at-{key}", help="The same as a click on a point of the chart."
    )
    prompt = two.selectbox(
        "Prompt", list(dict.fromkeys(r.prompt for r in sweep.rows)), key=f"at-prompt-{key}", bind="query-params"
    )
    directions = list(dict.fromkeys(r.direction for r in sweep.rows))
    direction = three.selectbox(
        "Direction",
        directions,
        format_func=lambda name: sweep.settings.emotion if name == "emotion" else shown_name(name),
        key=f"at-direction-{key}",
        bind="query-params",
    )
    keep_in_link(f"at-{key}", strength, next((s for s in steered if s > 0), steered[0]))
    colour = four.segmented_control(
        "Colour",
        [_SURPRISE, sweep.settings.emotion],
        default=_SURPRISE,
        required=True,
        key=f"at-colour-{key}",
        bind="query-params",
    )
    st.caption(
        "Coloured by how unlikely the unsteered model finds a token: warm where it is more surprised than usual."
        if colour == _SURPRISE
        else "Coloured by the reading of the emotion at a token, against tokens of unsteered texts."
    )
    pairs = [
        (i, row)
        for i, row in enumerate(sweep.rows)
        if row.prompt == prompt and row.strength == strength and row.direction == direction
    ]
    unsteered = {(r.prompt, r.sample): (i, r) for i, r in enumerate(sweep.rows) if not r.strength}
    for i, row in pairs:
        if (row.prompt, row.sample) in unsteered:
            zero, plain_row = unsteered[row.prompt, row.sample]
            with st.container(border=True, key=f"pair-{key}-{row.sample}"):
                _strip(sweep.tokens, zero, plain_row, None, f"Sample {row.sample + 1}, unsteered", str(colour), key)
                moved = change(row, plain_row)
                size = "" if moved is None else f": {sweep.settings.emotion} {signed(moved, 1)} SD"
                broken = ", numbers not finite" if row.broken else ""
                label = f"At {signed(row.strength)}{size}{broken}; underlined from where it differs"
                _strip(sweep.tokens, i, row, row.differs_at, label, str(colour), key)


def _follow_click(clicked: str | None, steered: list[float], key: str) -> None:
    """A new click moves the picker."""
    strength = new_click(None if clicked is None else float(clicked), f"dose-{key}")
    if strength in steered:
        st.session_state[f"at-{key}"] = strength
    if st.session_state.get(f"at-{key}") not in steered:
        st.session_state[f"at-{key}"] = next((s for s in steered if s > 0), steered[0])


def _strip(
    values: TokenValues, text: int, row: SweepRow, differs_at: int | None, label: str, colour: str, key: str
) -> None:
    pieces, surprise, readings = values.of(text)
    mean, spread = values.usual
    tokens = []
    for t, piece in enumerate(pieces):
        nats, reading = finite(surprise[t]), finite(readings[t])
        size = (None if nats is None else (nats - mean) / max(spread, 1e-6)) if colour == _SURPRISE else reading
        note = "" if nats is None or reading is None else f"surprise {nats:.1f} nats, reading {signed(reading, 1)} SD"
        state = "read" if differs_at is not None and t >= differs_at else ""
        tokens.append(Token(piece, None if size is None else shade(size), note, state))
    st.caption(label)
    if tokens:
        name = f"strip-{key}-{row.sample}-{'steered' if row.strength else 'plain'}"
        token_strip(tokens, label=label, key=name, hint=row.sample == 0 and not row.strength)
    else:
        st.caption("(nothing written)")
