"""A conversation on the page: a strip a turn, the replies side by side, and all about a token that was clicked."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts.palette import COOL, WARM
from emotion_core.charts.reading import by_layer_chart
from emotion_core.reading.talk import Talk, to_html, to_jsonl
from ui.figure import download, show_chart, shows
from ui.plain import plain
from ui.tokens import FULL_COLOUR, Token, shade, token_strip

_ICONS = {"user": ":material/person:", "assistant": ":material/smart_toy:", "system": ":material/tune:"}
_CHOSEN = "talk token"
_FULL_SURPRISE = 6.0  # nats at which a token has its full colour


def _legend(emotion: str) -> None:
    """What the colours mean, once, above the conversation."""
    st.html(
        '<div style="display:flex;align-items:center;gap:.6rem;font-size:.9rem"><span>less '
        f'</span><span style="flex:0 0 9rem;height:.7rem;border-radius:4px;background:linear-gradient(90deg,'
        f'{COOL}99,transparent,{WARM}99)"></span><span>more than neutral text</span></div>'
    )
    st.caption(
        f"Every token is coloured by how far it lies along **{plain(emotion)}** inside the model that is not steered: "
        f"white is the average of neutral text, full red {FULL_COLOUR:g} standard deviations (SD) above it or more."
    )


def said_before(talk: Talk, emotion: str) -> None:
    """What the colours mean, and the turns up to the replies, each a strip."""
    _legend(emotion)
    own = talk.prompt_values[:, talk.emotions.index(emotion)].tolist()
    for number, (turn, (start, end)) in enumerate(zip(talk.settings.turns, talk.spans, strict=True)):
        with st.chat_message(turn.role, avatar=_ICONS.get(turn.role)):
            tokens = [
                Token(talk.prompt[i], shade(own[i]) if i else None, f"{emotion} {own[i]:+.1f} SD")
                for i in range(start, end)
            ]
            token_strip(tokens, label=f"{turn.role}, coloured by {emotion}", key=f"talk-turn-{number}", hint=False)


def replies(talk: Talk, emotion: str, *, key: str, live: bool = False) -> None:
    """The replies side by side; a click on a token opens its card.

    Args:
        talk: The turn, finished or as far as it is.
        emotion: That colours the tokens.
        key: Unique on the page.
        live: Whether it is still being written.
    """
    colours = "emotion"
    if not live:
        colours = (
            st.segmented_control(
                "Colours",
                ["emotion", "surprise"],
                default="emotion",
                key=f"{key}-colours",
                label_visibility="collapsed",
                format_func=lambda one: emotion if one == "emotion" else "surprise of the unsteered model",
            )
            or "emotion"
        )
    if colours == "surprise":
        st.caption(
            "In the replies: by how little the unsteered model expected the token, full red at "
            f"{_FULL_SURPRISE:g} nats or more."
        )
    columns = st.columns(len(talk.replies))
    for number, (column, reply) in enumerate(zip(columns, talk.replies, strict=True)):
        with column.container(border=True, key=f"text-{key}-{number}", height="stretch"):
            st.markdown(f"**{plain(talk.title(number))}**")
            _strip(talk, number, emotion, colours, key=key, live=live)
            if reply.broken:
                st.error("At this strength the model's numbers are not finite.", icon=":material/error:")
            st.caption(plain(talk.line(number, emotion)))
    if not live:
        _card(talk, emotion, key)


def _strip(talk: Talk, number: int, emotion: str, colours: str, *, key: str, live: bool) -> None:
    reply = talk.replies[number]
    if not reply.tokens:
        st.markdown(":gray[…]" if live else ":gray[The model ended its turn at once.]")
        return
    values, fires = talk.colour(reply, emotion).tolist(), talk.fires(reply, emotion)
    surprise = reply.surprise.tolist()
    tokens = [
        Token(
            text,
            shade(values[i]) if colours == "emotion" else shade(surprise[i] / _FULL_SURPRISE * FULL_COLOUR),
            f"{emotion} {values[i]:+.1f} SD, surprise {surprise[i]:.1f} nats",
            "read" if i in fires else "",
        )
        for i, text in enumerate(reply.tokens)
    ]
    chosen = st.session_state.get(_CHOSEN)
    shown = chosen[1] if chosen is not None and chosen[0] == number and chosen[1] < len(tokens) and not live else None
    label = f"{talk.title(number)}, coloured by {emotion}"
    clicked = token_strip(tokens, label=label, key=f"{key}-strip-{number}", chosen=shown, hint=False)
    if clicked is not None and clicked != shown and not live:
        st.session_state[_CHOSEN] = (number, clicked)
        st.rerun()


def _card(talk: Talk, emotion: str, key: str) -> None:
    """Readings by emotion and layer, and the alternatives, of the token that was clicked."""
    st.caption(
        plain(
            f"Underlined: the alarm. {talk.alarm(emotion).sentence} One reply shows what steering can do; whether it "
            "does more than random directions is counted over many texts on Steer."
        )
    )
    chosen = st.session_state.get(_CHOSEN)
    if chosen is None or chosen[0] >= len(talk.replies) or chosen[1] >= len(talk.replies[chosen[0]].tokens):
        st.caption("Click a token for its readings by emotion and layer, and for what else was likely.")
        return
    number, token = chosen
    with st.container(border=True, key=f"{key}-card"):
        left, right = st.columns([2, 3])
        with left:
            for line in talk.token_lines(number, token):
                st.markdown(plain(line))
            if st.button("Close", key=f"{key}-close", icon=":material/close:"):
                st.session_state.pop(_CHOSEN, None)
                st.rerun()
        with right:
            chart = by_layer_chart(talk, number, token, emotion)
            show_chart(chart, key=f"{key}-layers")
            shows(
                "The reading of this one token at every layer, in standard deviations of neutral tokens.",
                "A finding: some token always reads highest, along a random direction too.",
            )


def take_along(talk: Talk, emotion: str) -> None:
    """The conversation as files."""
    download("JSONL", lambda: to_jsonl(talk).encode(), "conversation.jsonl", "application/jsonl", key="talk-jsonl")
    page = lambda: to_html(talk, emotion, WARM, COOL, FULL_COLOUR).encode()  # noqa: E731
    download("HTML", page, "conversation.html", "text/html", key="talk-html")
