"""A text that was read token by token: coloured tokens, the course of one emotion, the strongest of all."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from emotion_core.base.activations import FloatArray
from emotion_core.charts import reading as charts
from emotion_core.charts.reading import token_table
from emotion_core.reading.text import TokenReading
from ui.figure import downloads, show_chart, shows
from ui.linked import first_choice, keep_in_link
from ui.plain import plain
from ui.tokens import FULL_COLOUR, Token, shade, token_strip

# The coloured tokens of a reading, and the ranking of all emotions at the token that was clicked.

# A strip of more tokens would make a browser slow; the charts and the table have all of them.
MOST_SHOWN = 1500


def reading_strip(
    found: TokenReading,
    emotion: str,
    *,
    key: str,
    breaks: frozenset[int] = frozenset(),
    marked: frozenset[int] = frozenset(),
) -> None:
    """Coloured tokens; a click on one shows the ranking of all emotions there. A long text is shown in parts.

    Args:
        found: The reading.
        emotion: Whose reading colours the tokens.
        key: Unique on the page.
        breaks: Tokens before which a new line begins.
        marked: Tokens that are underlined.
    """
    chosen = value_strip(
        found.tokens, found.content, found.of(emotion), emotion, key=key, breaks=breaks, marked=marked, ranked=True
    )
    if chosen is not None:
        _ranking(found, chosen)


def value_strip(
    pieces: Sequence[str],
    content: Sequence[bool],
    values: FloatArray,
    emotion: str,
    *,
    key: str,
    breaks: frozenset[int] = frozenset(),
    marked: frozenset[int] = frozenset(),
    ranked: bool = False,
) -> int | None:
    """Tokens coloured by one emotion; returns the chosen token where it is among those shown.

    Args:
        pieces: The tokens as they are spelled.
        content: Whether each belongs to the text.
        values: float32 [tokens], in standard deviations of neutral tokens.
        emotion: Whose values.
        key: Unique on the page.
        breaks: Tokens before which a new line begins.
        marked: Tokens that are underlined.
        ranked: Whether a click shows something.
    """
    start = _part(len(pieces), key)
    end = min(len(pieces), start + MOST_SHOWN)
    remembered = f"token of {key}"
    tokens = [
        Token(
            ("\n" if i in breaks and i > start else "") + pieces[i],
            shade(float(values[i])) if content[i] else None,
            f"{emotion} {values[i]:+.1f} SD" if content[i] else "not part of the text",
            ("read" if i in marked else "") if content[i] else "unread",
        )
        for i in range(start, end)
    ]
    first_choice(f"token-{key}", range(len(pieces)), remembered)
    chosen = st.session_state.get(remembered)
    if ranked:
        keep_in_link(f"token-{key}", chosen)
    shown = chosen - start if chosen is not None and start <= chosen < end else None
    clicked = token_strip(tokens, label=f"Tokens coloured by {emotion}", key=f"strip-{key}", chosen=shown)
    if ranked and clicked is not None and clicked != shown:
        st.session_state[remembered] = start + clicked
        st.rerun()
    st.caption(
        f"Warm: more {plain(emotion)} than neutral text at this place; cool: less; full colour at {FULL_COLOUR:g} "
        "standard deviations." + (" Click a token to rank all emotions there." if ranked else "")
    )
    return None if shown is None else start + shown


def _part(tokens: int, key: str) -> int:
    """First token of the part of a long text that is shown."""
    if tokens <= MOST_SHOWN:
        return 0
    starts = list(range(0, tokens, MOST_SHOWN))
    chosen = st.selectbox(
        "Part of the text shown here",
        starts,
        format_func=lambda one: f"tokens {one:,} to {min(tokens, one + MOST_SHOWN) - 1:,} of {tokens:,}",
        key=f"part-{key}",
        help="The charts and the files have the whole text.",
    )
    return int(chosen or 0)


def _ranking(found: TokenReading, token: int) -> None:
    names = ", ".join(f"{plain(name)} {value:+.1f}" for name, value in found.extremes(token))
    one = found.single
    low, high = one.band_low[token, 0], one.band_high[token, 0]
    st.markdown(
        f"At **{plain(found.tokens[token].strip() or 'this token')}**: {names} (chance: {low:+.1f} to {high:+.1f})"
    )


def text_result(found: TokenReading, emotion: str) -> None:
    """Everything about one text."""
    if found.n_windows > 1:
        st.caption(
            f"{len(found.tokens):,} tokens are more than the model takes at once: read in {found.n_windows} windows, "
            "each token with at least half a context before it."
        )
    one = found.single
    reading_strip(one, emotion, key="text")
    chart = charts.course(one, emotion)
    show_chart(chart, alt_text=f"{emotion} along the text; the table has the same.", key="course")
    shows(
        "How far each token lies along the direction, compared with neutral texts at the same place in a text. The "
        "grey band holds 95 % of random directions at that token.",
        "That a single token outside the band means something: of a hundred, five are outside by chance. Nor that the "
        "text is about the emotion: a direction that comes from stories leaves the band on any narrative, often at a "
        "third of its tokens, so hold it against a harmless text of the same kind.",
    )
    downloads(f"reading-{emotion}", chart=chart, table=lambda: token_table(one), key="course", parquet=True)
    if len(found.layers) > 1:
        layers = charts.layer_heat(found, emotion)
        show_chart(layers, alt_text=f"{emotion} along the text at every layer", key="layers")
        downloads(
            f"reading-{emotion}-layers", chart=layers, table=lambda: token_table(found), key="layers", parquet=True
        )
        shows(
            "Where in the model the direction shows along the text: each layer beside its own neutral tokens, so that "
            "deep layers, which have longer vectors, do not look stronger.",
            "That the strongest layer is the one that matters to what is written: steering tests that. Of many cells "
            "some are far out by chance.",
        )
    if len(found.emotions) > 1:
        movers = charts.top_movers(one)
        heat = charts.heat(one, movers)
        show_chart(heat, alt_text="Readings of the strongest emotions along the text", key="heat")
        downloads("reading-heat", chart=heat, table=lambda: charts.heat_table(one, movers), key="heat", parquet=True)
        shows(
            "The emotions that move most along this text, each in standard deviations of neutral tokens.",
            "That each moves by itself: directions that are alike rise together, and these are the strongest of "
            f"{len(found.emotions)}.",
        )
