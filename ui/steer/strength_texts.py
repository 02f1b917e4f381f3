"""The texts of one strength, each under the unsteered one of the same noise, token by token."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.numbers import finite
from emotion_core.charts.dose_response import shown_name
from emotion_core.steering.finding import change, signed
from emotion_core.steering.sweep import Sweep, SweepRow, TokenValues
from ui.charts import new_click
from ui.linked import first_choice, keep_in_link
from ui.tokens import Token, shade, token_strip

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
    st.subheader("The texts at one strength", anchor="one-strength")
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
