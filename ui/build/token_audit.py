"""What becomes of every token of a text: chosen row or own text in, marked strip and legend out."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.activations import ReadingPosition
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.reading.audit import AuditedToken, Kind, audit_tokens, counts, short_sentence, short_texts
from ui.errors import shown_errors
from ui.plain import plain
from ui.services import ask
from ui.tokens import Token, token_strip

_SHORT = 90
_MOST_SINKS = 3
_WORDS: dict[Kind, tuple[str, str]] = {
    "read": ("read", "underlined"),
    "skipped": ("of the text, but skipped", "faint"),
    "special": ("special tokens of the tokenizer", "in a box"),
    "template": ("added by the chat template", "in a dashed box"),
    "truncated": ("beyond the model's context", "struck through"),
}


def token_audit(owner: ModelOwner, prompt_sets: tuple[PromptSet, ...], reading: ReadingPosition, *, key: str) -> None:
    """Lets the visitor pick a text of the sets or type one, and shows what becomes of its tokens."""
    if not owner.loaded:
        st.caption("The tokens show when the model's weights are there.")
        return
    texts = [t for one in prompt_sets for t in one.texts]
    if reading.pooling == "mean" and reading.start:
        with shown_errors():
            short = ask(owner, short_texts(owner.model, [t.text for t in texts], reading))
            if short:
                st.warning(plain(short_sentence(short, reading)), icon=":material/short_text:")
    chosen = None
    if texts:
        chosen = st.selectbox(
            "Text",
            range(len(texts)),
            format_func=lambda i: f"{texts[i].row}, {texts[i].side}: {texts[i].text[:_SHORT]}",
            key=f"audit-{key}",
            help="Row of the file and side of the pair.",
        )
    own = st.text_area(
        "Or a text of your own",
        key=f"audit-own-{key}",
        height=68,
        placeholder="Paste any text",
        help="Shows which of its tokens would be read; nothing is stored.",
    )
    text = (own or "").strip() or (texts[chosen or 0].text if texts else "")
    if not text:
        return
    with shown_errors():
        _strip(ask(owner, audit_tokens(owner.model, text, reading)), owner.info.context, key)


def _strip(tokens: tuple[AuditedToken, ...], context: int, key: str) -> None:
    found = counts(tokens)
    too_many = found.get("truncated", 0)
    if too_many:
        st.warning(
            f"The text has {len(tokens)} tokens and the model takes {context}: it is refused, not read cut off. "
            f"Shorten it by {too_many} tokens.",
            icon=":material/content_cut:",
        )
    strip = [Token(token.text, state=token.kind, note=_note(token)) for token in tokens]
    token_strip(strip, label="Tokens of the text", key=f"strip-{key}")
    legend = ", ".join(f"{n} {_WORDS[kind][0]} ({_WORDS[kind][1]})" for kind, n in found.items())
    told = "" if too_many else " The mean over those read stands for the text."
    st.caption(f"{len(tokens)} tokens: {legend}.{told}{_sinks(tokens)}")


def _note(token: AuditedToken) -> str:
    """What becomes of a token, and how long it is where that stands out."""
    long = f", {token.times:.3g} times as long as the median at layer {token.longest_at}" if token.sink else ""
    return _WORDS[token.kind][0] + long


def _sinks(tokens: tuple[AuditedToken, ...]) -> str:
    """Which tokens are attention sinks, and whether they are read."""
    sinks = [token for token in tokens if token.sink]
    if not sinks:
        return ""
    named = ", ".join(
        f"{plain(repr(token.text))} ({token.times:.3g} times as long as the median, layer {token.longest_at}, "
        f"{'read' if token.read else 'left out'})"
        for token in sorted(sinks, key=lambda one: -one.times)[:_MOST_SINKS]
    )
    return f" Attention sinks, whose length says nothing of the text: {named}."
