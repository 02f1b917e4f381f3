"""What one visitor may ask for, said beside the button where it counts."""

from __future__ import annotations

import streamlit as st

from ui.services import app_settings


def limit_note(what: str) -> None:
    """One line under a form of a hosted app; nothing on one's own computer.

    Args:
        what: `build`, `sweep` or `read`.
    """
    limits = app_settings()
    if not limits.hosted:
        return
    sizes = {
        "build": [(limits.max_texts, "texts"), (limits.max_tokens, "tokens"), (limits.upload_mb, "MB a file")],
        "sweep": [(limits.max_sweep_texts, "texts"), (limits.max_sweep_tokens, "tokens written in all")],
        "read": [(limits.max_tokens, "tokens")],
    }[what]
    parts = [f"up to {number:,} {unit}" for number, unit in sizes if number]
    if limits.visitor_running:
        parts.append("one job at a time works for you" if limits.visitor_running == 1 else "")
    if limits.expire_hours:
        parts.append(f"results that nobody opens for {days(limits.expire_hours)} are removed")
    st.caption(":material/groups: Shared demo: " + "; ".join(part for part in parts if part) + ".")


def days(hours: int) -> str:
    """Hours as a person says them, such as "7 days"."""
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"
