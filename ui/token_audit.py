"""Which tokens of a row are read: chosen row in, coloured strip out."""

from __future__ import annotations

import streamlit as st

from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.reading.audit import audit_tokens
from emotion_core.tracing.activations import ReadingPosition
from ui.errors import shown_errors
from ui.services import ask
from ui.tokens import Token, token_strip

_SHORT = 90


def token_audit(owner: ModelOwner, prompt_sets: tuple[PromptSet, ...], reading: ReadingPosition, *, key: str) -> None:
    """Lets the visitor pick any text of the sets and shows what of it is read."""
    texts = [t for one in prompt_sets for t in one.texts]
    if not texts:
        return
    chosen = st.selectbox(
        "Text",
        range(len(texts)),
        format_func=lambda i: f"{texts[i].row}, {texts[i].side}: {texts[i].text[:_SHORT]}",
        key=f"audit-{key}",
        help="Row of the file and side of the pair.",
    )
    with shown_errors():
        tokens = ask(owner, audit_tokens(owner.model, texts[chosen or 0].text, reading))
        read = sum(token.read for token in tokens)
        st.caption(f"{read} of {len(tokens)} tokens are read (underlined). Their mean stands for the text.")
        strip = [
            Token(
                token.text,
                state="read" if token.read else "unread",
                note=("read" if token.read else "not read") + ("" if token.content else ", not part of the text"),
            )
            for token in tokens
        ]
        token_strip(strip, label="Tokens of the text", key=f"strip-{key}")
