"""Who is visiting, without knowing who: enough to share a machine fairly and to let owners delete their runs."""

from __future__ import annotations

import hashlib
import secrets

import streamlit as st

# Streamlit gives every browser a random token of its own in this cookie.
_COOKIE = "_streamlit_xsrf"
_KEY = "visitor"


def visitor() -> str:
    """The same for all tabs of a browser, and nobody else's; a browser without cookies is one visitor a tab.

    Only a hash is kept, so the run store does not hold what would let somebody pass for the visitor.
    """
    if _KEY not in st.session_state:
        cookie = st.context.cookies.get(_COOKIE)
        token = (_token(cookie) if isinstance(cookie, str) else "") or secrets.token_hex(16)
        st.session_state[_KEY] = hashlib.sha256(b"visitor" + token.encode()).hexdigest()[:32]
    return str(st.session_state[_KEY])


def _token(cookie: str) -> str:
    """The token under the mask, which the server may renew: `2|mask|masked token|time`."""
    parts = cookie.strip('"').split("|")
    try:
        mask, masked = bytes.fromhex(parts[1]), bytes.fromhex(parts[2])
    except (IndexError, ValueError):
        return ""
    token = bytes(byte ^ mask[i % len(mask)] for i, byte in enumerate(masked)) if mask else masked
    return token.hex() if len(token) >= 16 else ""
